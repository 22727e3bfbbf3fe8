using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public enum Grade { Poor, Fair, Good }

public sealed record Batch(DateOnly Day, string Line, double? Heat, int Speed, int Units, bool Spoilt, Grade Grade, string Risk, double Weight);

public sealed class Batches : Dataset<Batch>
{
    /// <summary>200 days of 30 batches on three lines; units follow heat, speed and the day of the week.</summary>
    public override Query Query => $"""
        WITH draws AS (SELECT i, hash(i * 7) % 1000 / 1000.0 AS a, hash(i * 11) % 1000 / 1000.0 AS b, hash(i * 13) % 1000 / 1000.0 AS c, hash(i * 17) % 1000 / 1000.0 AS d FROM range(6000) t(i)),
        made AS (SELECT *, DATE '2024-01-01' + (i // 30)::INTEGER AS day, 10 + 30 * a + 8 * b + (i // 30) % 7 * 2 + 10 * (c - 0.5) AS sum FROM draws)
        SELECT day, 'line-' || (i % 3) AS line, CASE WHEN i % 11 > 0 THEN a END AS heat, (b * 100)::INTEGER AS speed, sum::INTEGER AS units, sum + 20 * d > 50 AS spoilt,
               CASE WHEN sum > 40 THEN 'Good' WHEN sum + 10 * d > 33 THEN 'Fair' ELSE 'Poor' END AS grade, CASE WHEN sum + 30 * d > 45 THEN 'low' ELSE 'high' END AS risk, (1 + i % 3)::DOUBLE AS weight
        FROM made ORDER BY i
        """;
}

public abstract class BatchModel(Batches batches) : Model<Batch>
{
    public override Split Split => Split.ByTime(batches, b => b.Day, validation: 30, test: 40);

    protected static Features<Batch> Plain => Features.Number(b => b.Heat).Number(b => b.Speed).OneHot(b => b.Line);

    protected static Features<Batch> Filled => Features.Impute(b => b.Heat, Impute.Median).Scale(b => b.Heat).Scale(b => b.Speed).OneHot(b => b.Line);
}

public sealed class UnitsModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Plain.Then(Trees.Regression(b =>
        b.Units, 200, 4) with
    { EarlyStopping = 10, Interval = 0.8, Weights = Column(b => b.Weight), Subsample = 0.8 });

    protected override IReadOnlyList<Baseline<Batch>> Baselines =>
        [Baseline<Batch>.SeasonalNaive("last-week", b => b.Day, 7, b => b.Line), Baseline<Batch>.Of("speed", b => b.Speed)];
}

public sealed class RangeModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Plain.Then(Trees.Quantiles(b => b.Units, [0.1, 0.5, 0.9], 60, 4) with { Interval = 0.8 });
}

public sealed class GradeModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Plain.Then(Trees.MultiClass(b => b.Grade, 40, 4) with { Balanced = true });
}

public sealed class RiskModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Filled.Then(Linear.Logistic(b => b.Risk, 0.5, 0.5, positive: "high"));
}

public sealed class NetModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Filled.Then(Linear.ElasticNet(b => b.Units, 0.05) with { Interval = 0.9 });
}

public sealed class PriorModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Plain.Then(ZeroRule.Prior(b => b.Grade));
}

public sealed class Ranges(RangeModel model, Batches batches) : BatchPrediction<Batch>
{
    public override string ToString() => $"{model.Name} of {batches.Name}";
}

public sealed class SlipModel(Batches batches) : BatchModel(batches)
{
    public override Learner Learner => Plain.Then(Trees.MultiClass(b => b.Grade, rounds: 0));

    protected override IReadOnlyList<Baseline<Batch>> Baselines => [Baseline<Batch>.SeasonalNaive("week", b => b.Day, 0)];
}

public sealed class UnwatchedModel(Batches batches) : Model<Batch>
{
    public override Split Split => Split.ByTime(batches, b => b.Day, validation: 0, test: 40);

    public override Learner Learner => Features.Number(b => b.Speed).Then(Trees.Regression(b => b.Units) with { EarlyStopping = 5 });
}

public sealed class LearnersThroughModelsTests
{
    static MakingWorld World() => new(typeof(Batches), typeof(UnitsModel), typeof(RangeModel), typeof(GradeModel), typeof(RiskModel), typeof(NetModel),
        typeof(PriorModel), typeof(Ranges), typeof(UnwatchedModel));

    static async Task<VersionRecord> MakeAsync(MakingWorld world, string asset)
    {
        var ends = await world.MakeAsync(new MakeOrder(asset) { Upstream = true });
        Assert.All(ends, e => Assert.True(e.Result is not null, e is MakingEnd.Failed f ? f.Why.In("en") : e.ToString()));
        return ends[^1].Result!;
    }

    static async Task<string> PathAsync(MakingWorld world, VersionRecord version, string file) =>
        await world.Artifacts.PathAsync(version.Files.Single(f => f.Path == file).Content, default);

    [Fact]
    public async Task A_regression_stops_early_has_an_interval_beats_its_baselines_and_is_the_same_again()
    {
        await using var world = World();

        var model = await MakeAsync(world, "units-model");

        Assert.Equal(["booster.ubj", "model.onnx", "scored/test.parquet", "scored/validation.parquet"],
            model.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Equal(("Number", "score, lower, upper"), (model.Facts["task"], model.Facts["outputs"]));
        Assert.InRange(int.Parse(model.Facts["rounds.best"], System.Globalization.CultureInfo.InvariantCulture), 5, 190);
        Assert.InRange(model.Metrics["coverage.test"], 0.75, 0.85);
        Assert.True(model.Metrics["mae.test"] < 0.8 * model.Metrics["mae.test.mean"]);
        Assert.All(model.Checks, c => Assert.True(c.Held));
        Assert.Equal(["beats-last-week", "beats-speed"], model.Checks.Select(c => c.Name).Order());
        var again = await world.Maker().RepeatAsync(model.MadeBy, null, default);
        Assert.Equal(model.Files, again.Files);

        // Each scored row is the row of the dataset it says it is.
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        var scored = ScoredRows.Read(engine, await PathAsync(world, model, "scored/test.parquet"), default);
        Assert.Equal(Enumerable.Range(160 * 30, 1200), scored.Rows);
        Assert.Equal(["score", "lower", "upper"], scored.Names);
        var data = (await world.Store.VersionAsync(new("batches", 1), default))!;
        using var reader = new TableReader(engine,
            [.. await Task.WhenAll(data.Files.Where(f => f.Path.StartsWith("rows/", StringComparison.Ordinal)).Select(f =>
            world.Artifacts.PathAsync(f.Content, default)))], ["units"], from: 160 * 30);
        for (var at = 0; reader.Next(); at += reader.Batch.Rows)
            for (var row = 0; row < reader.Batch.Rows; row++) Assert.Equal(reader.Batch[0].Values<int>()[row], scored.Truth[at + row]);

        // The kept booster explains the very scores.
        using var booster = Booster.Load(await File.ReadAllBytesAsync(await PathAsync(world, model, "booster.ubj")));
        Assert.Equal(model.Facts["rounds.best"], $"{booster.Rounds}");
    }

    [Fact]
    public async Task Quantiles_have_columns_of_their_own_in_the_scored_rows_and_in_a_batch_prediction()
    {
        await using var world = World();

        var predicted = await MakeAsync(world, "ranges");

        var model = (await world.Store.VersionAsync(new("range-model", 1), default))!;
        Assert.Equal("q0.1, q0.5, q0.9, lower, upper", model.Facts["outputs"]);
        Assert.InRange(model.Metrics["coverage.test"], 0.74, 0.86);
        Assert.True(model.Metrics["pinball.q0.1.test"] > 0);
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        using var scorer = Scorer.Open(await File.ReadAllBytesAsync(await PathAsync(world, model, "model.onnx")));
        Assert.Equal(["q0.1", "q0.5", "q0.9", "lower", "upper"], ModelOutputs.Of(scorer).Names);
        string[] names = ["prediction_q0_1", "prediction_q0_5", "prediction_q0_9", "prediction_lower", "prediction_upper"];
        Assert.Equal(names, RowSchema.FromJson(predicted.Schema!.Value).Columns.Select(c => c.Name).TakeLast(5));
        using var reader = new TableReader(engine, [await PathAsync(world, predicted, "rows/00001.parquet")], names);
        var rows = 0;
        for (; reader.Next(); rows += reader.Batch.Rows)
            for (var row = 0; row < reader.Batch.Rows; row++)
            {
                Assert.True(reader.Batch[0].Values<float>()[row] <= reader.Batch[1].Values<float>()[row]
                    && reader.Batch[1].Values<float>()[row] <= reader.Batch[2].Values<float>()[row]);
                Assert.True(reader.Batch[3].Values<float>()[row] <= reader.Batch[4].Values<float>()[row]);
            }
        Assert.Equal(6000, rows);
    }

    [Fact]
    public async Task Classes_are_named_in_facts_metadata_and_scored_rows()
    {
        await using var world = World();

        var (grade, risk, prior) = (await MakeAsync(world, "grade-model"), await MakeAsync(world, "risk-model"), await MakeAsync(world, "prior-model"));

        Assert.Equal(("Classes", """["Poor","Fair","Good"]"""), (grade.Facts["task"], grade.Facts["classes"]));
        Assert.True(grade.Metrics["accuracy.test"] > grade.Metrics["accuracy.test.most-frequent"] + 0.1);
        Assert.True(grade.Metrics["log_loss.test"] < grade.Metrics["log_loss.test.prior"]);
        Assert.Equal(("Binary", """["low","high"]""", "high"), (risk.Facts["task"], risk.Facts["classes"], risk.Facts["positive"]));
        Assert.True(risk.Metrics["roc_auc.test"] > 0.8);
        Assert.Equal(prior.Metrics["log_loss.test.prior"], prior.Metrics["log_loss.test"], 1e-6);
        Assert.DoesNotContain(prior.Files, f => f.Path == "booster.ubj");
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        var scored = ScoredRows.Read(engine, await PathAsync(world, grade, ScoredRows.Validation), default);
        Assert.Equal(["Poor", "Fair", "Good"], scored.Names);
        Assert.All(Enumerable.Range(0, scored.Count), r => Assert.Equal(1, scored.Scores.AsSpan(r * 3, 3).ToArray().Sum(), 1e-5));
        Assert.Equal([0.0, 1, 2], scored.Truth.Distinct().Order());
    }

    [Fact]
    public async Task A_linear_model_has_an_interval_too()
    {
        await using var world = World();

        Assert.InRange((await MakeAsync(world, "net-model")).Metrics["coverage.test"], 0.85, 0.95);
    }

    [Fact]
    public async Task What_needs_validation_rows_says_so_and_settings_are_refused_with_the_graph()
    {
        await using var world = World();
        var ends = await world.MakeAsync(new MakeOrder("unwatched-model") { Upstream = true });
        await using var slip = new MakingWorld(typeof(Batches), typeof(SlipModel));

        Assert.Equal("unwatched-model: EarlyStopping needs validation rows, but the split gives none; give the split some, or take EarlyStopping away.",
            Assert.IsType<MakingEnd.Failed>(ends[^1]).Why.In("en"));
        Assert.Equal(
        [
            "BoostedTrees: Rounds is 0, but has to be in [1, 100000]; give it a value in that range.",
            "SeasonalNaive: season is 0, but has to be in [1, ∞); give it a value in that range.",
            "slip-model: the baseline week guesses a number, which does not fit the target grade; take it away, or train a regression on numbers.",
        ], slip.Graph().Findings.Where(f => f.Severity == Severity.Refusal).Select(f => f.Says.In("en")));
    }

    [Fact]
    public async Task Training_tells_its_rounds_and_can_be_cancelled_between_two()
    {
        await using var world = World();
        await MakeAsync(world, "batches");
        using var stop = new CancellationTokenSource();
        var rounds = new List<long>();

        var ends = await world.Maker().MakeAsync(new MakeOrder("units-model") { UseNewest = true }, p =>
        {
            if (p is not MakingProgress.Moved { Unit: "rounds" } moved) return;
            rounds.Add(moved.Done);
            if (moved.Done == 7) stop.Cancel();
        }, stop.Token);

        Assert.IsType<MakingEnd.Failed>(ends[0]);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], rounds);
    }
}
