using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>Units again, by features of many kinds, and only of batches whose heat is known.</summary>
public sealed class PreparedModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Features
        .DropWhereMissing(b => b.Heat).Power(b => b.Heat).Discretise(b => b.Speed, 5, Bins.Tree).TargetMean(b => b.Line)
        .Hash(b => Cross.Of(b.Line, b.Grade), 8).Number(b => Cross.Ratio(b.Weight, b.Speed, 0)).Date(b => b.Day, DatePart.DayOfWeek, DatePart.IsoWeek)
        .Then(Linear.ElasticNet(b => b.Units, 0.01));
}

public sealed class PreparedForecast(PreparedModel model, Batches batches) : BatchPrediction<Batch>
{
    public override string ToString() => $"{model.Name} of {batches.Name}";
}

public sealed class TransformsThroughModelsTests
{
    [Fact]
    public async Task A_model_of_many_transforms_leaves_rows_out_and_predicts_the_others()
    {
        await using var world = new MakingWorld([typeof(Batches), typeof(PreparedModel), typeof(PreparedForecast)]);

        var ends = await world.MakeAsync(new MakeOrder("prepared-forecast") { Upstream = true });

        Assert.All(ends, e => Assert.True(e.Result is not null, e is MakingEnd.Failed f ? f.Why.In("en") : e.ToString()));
        var model = ends.Single(e => e.Asset == "prepared-model").Result!;
        var missing = Enumerable.Range(0, 6000).Count(i => i % 11 == 0);
        Assert.Equal(missing, model.Metrics["rows.dropped.heat"]);
        Assert.Equal(6000 - missing, model.Metrics["rows.train"] + model.Metrics["rows.validation"] + model.Metrics["rows.test"]);
        Assert.True(model.Metrics["mae.test"] < 0.5 * model.Metrics["mae.test.mean"], $"{model.Metrics["mae.test"]} against {model.Metrics["mae.test.mean"]}");

        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        var forecast = ends.Single(e => e.Asset == "prepared-forecast").Result!;
        var files = await Task.WhenAll(forecast.Files.Select(f => world.Artifacts.PathAsync(f.Content, default)));
        using var reader = new TableReader(engine, files, ["heat", "prediction"]);
        var (rows, without) = (0, 0);
        while (reader.Next())
            for (var i = 0; i < reader.Batch.Rows; i++, rows++)
            {
                Assert.Equal(reader.Batch[0].IsNull(i), reader.Batch[1].IsNull(i));
                if (reader.Batch[1].IsNull(i)) without++;
            }
        Assert.Equal((6000, missing), (rows, without));
    }
}
