using Kumiki.Making;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using OnnxColumn = Kumiki.Onnx.Column;

namespace Kumiki.Bench;

/// <summary>A batch prediction (rows read from Parquet, scored, written with their scores to Parquet, hashed, durable, committed), beside bare ONNX Runtime: the same graph, rows, blocks
/// and threads, on tensors that were ready before the clock started, in the same process, by turns.</summary>
/// <remarks>The model is that of the demo: 300 trees of depth 5, two columns of texts one-hot, six of numbers.</remarks>
static class BatchOverOnnx
{
    const int Rows = 1_000_000, Rounds = 3;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await using var world = new World(folder, typeof(Past), typeof(Coming), typeof(Demand), typeof(Forecasts));
        var graph = world.Graph();
        var ends = await world.Maker(graph).MakeAsync(new MakeOrder("forecasts") { Upstream = true }, null, stop);     // warms up too
        if (ends.FirstOrDefault(e => e is not MakingEnd.Made) is { } other) throw World.Unexpected(other);
        var (model, coming) = (Version("demand"), Version("coming"));
        var bytes = await File.ReadAllBytesAsync(await world.Artifacts.PathAsync(model.Files.Single(f => f.Path == "model.onnx").Content, stop), stop);
        var files = await Task.WhenAll(coming.Files.Where(f => f.Path.StartsWith("rows/", StringComparison.Ordinal)).Select(f => world.Artifacts.PathAsync(f.Content, stop)));

        var options = new ScorerOptions();
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        using var scorer = Scorer.Open(bytes, options);
        using var session = OnnxSession.Open(bytes);
        var rows = Frame.Read(engine, files, scorer.Columns.ToDictionary(c => c.Name, c => c.Kind), stop).All();
        var ready = Enumerable.Range(0, (Rows + options.BlockRows - 1) / options.BlockRows).Select(b => Prepare(scorer, rows, b * options.BlockRows, Math.Min(options.BlockRows, Rows - b * options.BlockRows))).ToList();
        List<Spent> batch = [], scored = [], bare = [];
        var steps = new List<RunCost>();
        try
        {
            for (var round = 0; round <= Rounds; round++)
            {
                var (again, whole) = await Spent.OfAsync(() => world.Maker(graph).MakeAsync(new MakeOrder("forecasts") { Anew = true, UseNewest = true }, null, stop));
                var cost = (await world.RunOfAsync(again[^1], stop)).Cost!;
                var (_, onlyScored) = await Spent.OfAsync(() => Task.Run(() => scorer.Score(rows, stop), stop));
                var (_, onnx) = await Spent.OfAsync(() => Task.Run(() => Parallel.ForEach(ready, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, b => session.Run(b.Inputs, b.Output)), stop));
                if (round == 0) continue;       // warms up
                batch.Add(whole);
                scored.Add(onlyScored);
                bare.Add(onnx);
                steps.Add(cost);
            }
        }
        finally
        {
            foreach (var tensor in ready.SelectMany(b => b.Inputs.Concat(b.Output))) tensor.Dispose();
        }
        figures.Print("rows", Rows, "");
        figures.Print("threads", options.Threads, "");
        figures.Print("batch", [.. batch.Select(s => Rows / s.Wall)], "rows/s");
        figures.Print("scorer", [.. scored.Select(s => Rows / s.Wall)], "rows/s, from columns in memory to scores in memory");
        figures.Print("onnx", [.. bare.Select(s => Rows / s.Wall)], "rows/s");
        figures.Print("ratio", [.. bare.Zip(batch, (b, k) => b.Wall / k.Wall)], "x");
        figures.Print("ratio.cpu", [.. bare.Zip(batch, (b, k) => b.Cpu / k.Cpu)], "x");
        figures.Print("scorer.ratio", [.. bare.Zip(scored, (b, k) => b.Wall / k.Wall)], "x");
        figures.Print("scorer.ratio.cpu", [.. bare.Zip(scored, (b, k) => b.Cpu / k.Cpu)], "x");
        figures.Print("batch.cpu", [.. batch.Select(s => s.Cpu)], "s");
        figures.Print("scorer.cpu", [.. scored.Select(s => s.Cpu)], "s");
        figures.Print("onnx.cpu", [.. bare.Select(s => s.Cpu)], "s");
        foreach (var step in steps[0].Steps.Keys) figures.Print($"step.{step}", [.. steps.Select(c => c.Steps[step].TotalSeconds)], "s");

        VersionRecord Version(string asset) => ends.Single(e => e.Asset == asset).Result!;
    });

    static (OnnxTensor[] Inputs, OnnxTensor[] Output) Prepare(Scorer scorer, IReadOnlyList<OnnxColumn> rows, int from, int count)
    {
        using var block = scorer.NewBlock(count);
        block.Begin(count);
        for (var c = 0; c < scorer.Columns.Count; c++) rows.First(r => r.Name == scorer.Columns[c].Name).Fill(block, c, from, count);
        return (block.TakeInputs(), [OnnxTensor.Of(TensorType.Float, count, scorer.Width)]);
    }

    internal sealed record DemandRow(DateOnly Week, string Store, string Item, int Units, double Price, int Season, double? TwoWeeksAgo, double? ThreeWeeksAgo, double? LastYear, double? EightWeekMean);

    /// <summary>Weeks of an invented chain of shops; each figure a hash, units a sum of what the model sees and noise.</summary>
    internal static Query Invented(int rows, int seed) => $"""
        WITH draws AS (
          SELECT i, hash(i * 7 + {seed}) AS a, hash(i * 11 + {seed}) AS b, hash(i * 13 + {seed}) AS c, hash(i * 17 + {seed}) AS d, hash(i * 19 + {seed}) AS e FROM range({rows}) t(i))
        SELECT DATE '2024-01-01' + 7 * (i % 104)::INTEGER AS week, 'shop-' || (a % 10) AS store, 'item-' || (b % 10) AS item,
               (a % 10 * 8 + b % 10 * 5 + c % 60 + d % 20)::INTEGER AS units, (80 + b % 10 * 20 + e % 15)::DOUBLE AS price, (1 + i % 52)::INTEGER AS season,
               CASE WHEN c % 50 > 0 THEN (a % 10 * 8 + b % 10 * 5 + c % 60)::DOUBLE END AS two_weeks_ago, (c % 90)::DOUBLE AS three_weeks_ago,
               CASE WHEN i % 104 >= 52 THEN (d % 150)::DOUBLE END AS last_year, (c % 60 + e % 400 / 8.0)::DOUBLE AS eight_week_mean
        FROM draws ORDER BY i
        """;

    internal sealed class Past : Dataset<DemandRow>
    {
        public override Query Query => Invented(100_000, 1);
    }

    internal sealed class Coming : Dataset<DemandRow>
    {
        public override Query Query => Invented(Rows, 2);
    }

    internal sealed class Demand(Past past) : Model<DemandRow>
    {
        public override Split Split => Split.ByTime(past, r => r.Week, validation: 4, test: 8);

        public override Learner Learner => Features
            .OneHot(r => r.Store).OneHot(r => r.Item)
            .Number(r => r.Price).Number(r => r.Season)
            .Impute(r => r.TwoWeeksAgo, Impute.Median).Impute(r => r.ThreeWeeksAgo, Impute.Median).Impute(r => r.LastYear, Impute.Median, indicator: true).Impute(r => r.EightWeekMean, Impute.Median)
            .Then(Trees.Regression(r => r.Units, 300, 5, 0.05));
    }

    sealed class Forecasts(Demand model, Coming coming) : BatchPrediction<DemandRow>
    {
        public override string ToString() => $"{model.Name} of {coming.Name}";
    }
}
