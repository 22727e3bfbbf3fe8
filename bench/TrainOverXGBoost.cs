using System.Diagnostics;
using System.Globalization;
using Kumiki.Making;
using Kumiki.Native.XGBoost;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki.Bench;

/// <summary>Preprocessing and training 1,000,000 rows of 28 floats (a model's making: read from Parquet, scaled, trees of depth 6 for 100 rounds), beside
/// XGBoost alone: the same training rows as one
/// array in memory, its own QuantileDMatrix, the same settings, in the same process, by turns. Peak memory is that of a process that makes the model and
/// nothing else.</summary>
static class TrainOverXGBoost
{
    const int Rows = 1_000_000, Days = 100, Columns = 28, Boosts = 100, Rounds = 3;

    /// <summary>Set in the child whose memory is measured, to the folder of its project.</summary>
    const string Alone = "KUMIKI_BENCH_TRAIN";

    public static async Task RunAsync(Figures figures, CancellationToken stop)
    {
        if (Environment.GetEnvironmentVariable(Alone) is { Length: > 0 } project)
        {
            await MakeAloneAsync(figures, project, stop);
            return;
        }
        await Checkout.InFolderAsync(folder => MeasureAsync(figures, folder, stop));
    }

    static World WorldOf(string folder) => new(folder, typeof(Events), typeof(Signal));

    static async Task MeasureAsync(Figures figures, string folder, CancellationToken stop)
    {
        List<Spent> ours = [], bare = [];
        List<RunCost> costs = [];
        await using (var world = WorldOf(folder))
        {
            var graph = world.Graph();
            var ends = await world.Maker(graph).MakeAsync(new MakeOrder("events"), null, stop);
            if (ends[^1] is not MakingEnd.Made { Result: var data }) throw World.Unexpected(ends[^1]);
            var files = await Task.WhenAll(data!.Files.Where(f => f.Path.StartsWith("rows/", StringComparison.Ordinal)).Select(f =>
                world.Artifacts.PathAsync(f.Content, stop)));
            var (features, labels) = Matrix(folder, files, stop);
            for (var round = 0; round <= Rounds; round++)
            {
                var (made, whole) = await Spent.OfAsync(() =>
                    world.Maker(graph).MakeAsync(new MakeOrder("signal") { Anew = true, UseNewest = true }, null, stop));
                var cost = (await world.RunOfAsync(made[^1], stop)).Cost!;
                var (_, alone) = await Spent.OfAsync(() => Task.Run(() => Bare(features, labels, stop), stop));
                if (round == 0) continue;       // warms up
                ours.Add(whole);
                costs.Add(cost);
                bare.Add(alone);
            }
        }
        figures.Print("rows", Rows, "");
        figures.Print("threads", Environment.ProcessorCount, "");
        figures.Print("kumiki", [.. costs.Select(Trained)], "s, read, fit transforms and train");
        figures.Print("xgboost", [.. bare.Select(b => b.Wall)], "s");
        figures.Print("ratio", [.. costs.Zip(bare, (c, b) => Trained(c) / b.Wall)], "x");
        figures.Print("xgboost.cpu", [.. bare.Select(b => b.Cpu)], "s");
        figures.Print("making.cpu", [.. ours.Select(o => o.Cpu)], "s");
        figures.Print("making.ratio.cpu", [.. ours.Zip(bare, (o, b) => o.Cpu / b.Cpu)], "x, the whole making: tested, written and committed too");
        foreach (var step in costs[0].Steps.Keys) figures.Print($"step.{step}", [.. costs.Select(c => c.Steps[step].TotalSeconds)], "s");
        await MeasureAloneAsync(figures, folder, stop);

        static double Trained(RunCost cost) => new[] { "read", "fit transforms", "train" }.Sum(s => cost.Steps[s].TotalSeconds);
    }

    /// <summary>The training rows as one array, and their labels.</summary>
    static (float[] Features, float[] Labels) Matrix(string folder, IReadOnlyList<string> files, CancellationToken stop)
    {
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        var names = Enumerable.Range(0, Columns).Select(c => $"f{c}").ToArray();
        var wanted = names.ToDictionary(n => n, _ => OnnxKind.Number);
        wanted["is_signal"] = OnnxKind.Flag;
        const int train = Rows / Days * (Days - 10);
        var frame = Frame.Read(engine, files, wanted, 0, train, stop);
        var features = new float[train * Columns];
        foreach (var (column, name) in names.Index())
        {
            var values = frame.Numbers(name);
            for (var row = 0; row < train; row++) features[row * Columns + column] = (float)values[row];
        }
        return (features, Array.ConvertAll(frame.Numbers("is_signal"), v => (float)v));
    }

    static int Bare(float[] features, float[] labels, CancellationToken stop)
    {
        var threads = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
        using var matrix = DMatrix.Bins(labels.Length, Columns, labels.Length, (from, into) =>
            features.AsMemory(from * Columns, into.Length).CopyTo(into), threads: Environment.ProcessorCount).WithLabels(labels);
        using var booster = Booster.Of([("objective", "binary:logistic"), ("tree_method", "hist"), ("max_depth", "6"), ("eta", "0.1"), ("nthread", threads),
            ("base_score", "0.5"), ("verbosity", "0")]);
        booster.Train(matrix, Boosts, [], null, stop);
        return booster.Rounds;
    }

    static async Task MeasureAloneAsync(Figures figures, string folder, CancellationToken stop)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(TrainOverXGBoost).Assembly.Location, "train"]) { RedirectStandardOutput = true };
        start.Environment[Alone] = folder;
        using var child = Process.Start(start)!;
        var said = await child.StandardOutput.ReadToEndAsync(stop);
        await child.WaitForExitAsync(stop);
        if (child.ExitCode != 0) throw new BenchmarkException("The process that makes the model alone failed; its words stand above.");
        figures.Print("matrix", Rows * Columns * 4.0 / (1 << 20), "MiB");
        foreach (var line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries)) figures.Say(line);
    }

    static async Task MakeAloneAsync(Figures figures, string folder, CancellationToken stop)
    {
        await using var world = WorldOf(folder);
        var maker = world.Maker(world.Graph());
        var rest = MiB("VmRSS:");
        var ends = await maker.MakeAsync(new MakeOrder("signal") { Anew = true, UseNewest = true }, null, stop);
        if (ends[^1] is MakingEnd.Failed) throw World.Unexpected(ends[^1]);
        var (peak, code, matrix) = (MiB("VmHWM:"), MiB("RssFile:"), Rows * Columns * 4.0 / (1 << 20));
        figures.Print("memory.rest", rest, "MiB, before the making");
        figures.Print("memory.peak", peak, "MiB, of the whole making");
        figures.Print("memory.code", code, "MiB of that is the libraries' own code, which the system shares and may drop");
        figures.Print("memory.ratio", (peak - code) / matrix, "x the float matrix, without that code");
        figures.Print("memory.ratio.whole", peak / matrix, "x the float matrix, with it");
    }

    static double MiB(string field) =>
        double.Parse(File.ReadLines("/proc/self/status").First(l =>
            l.StartsWith(field, StringComparison.Ordinal))[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;

    internal sealed record Event(DateOnly Day, bool IsSignal, float F0, float F1, float F2, float F3, float F4, float F5, float F6, float F7, float F8,
        float F9, float F10, float F11, float F12, float F13, float F14, float F15, float F16, float F17, float F18, float F19, float F20, float F21, float F22,
        float F23, float F24, float F25, float F26, float F27);

    sealed class Events : Dataset<Event>
    {
        // Each figure a sum of hashes, the signal a sum of a few of them and noise.
        public override Query Query
        {
            get
            {
                var draws = string.Join(", ", Enumerable.Range(0, Columns).Select(c =>
                    $"((hash(i * {2 * c + 101}) % 1000003 + hash(i * {2 * c + 201}) % 1000003) / 1000003.0 - 1)::FLOAT AS f{c}"));
                var query = new Query(0, 0);
                query.AppendLiteral($"""
                    WITH draws AS (SELECT i, {draws} FROM range({Rows}) t(i))
                    SELECT DATE '2024-01-01' + (i // {Rows / Days})::INTEGER AS day, f0 * f1 + f2 - f3 * f3 + 0.5 * f4 * f5 + 0.3 * f6 + f7 / 4 + (hash(i * 31) % 1000 / 1000.0 - 0.6) > 0 AS is_signal,
                           {string.Join(", ", Enumerable.Range(0, Columns).Select(c => $"f{c}"))}
                    FROM draws ORDER BY i
                    """);
                return query;
            }
        }
    }

    sealed class Signal(Events events) : Model<Event>
    {
        public override Split Split => Split.ByTime(events, r => r.Day, validation: 5, test: 5);

        public override Learner Learner => Features
            .Scale(r => r.F0).Scale(r => r.F1).Scale(r => r.F2).Scale(r => r.F3).Scale(r => r.F4).Scale(r => r.F5).Scale(r => r.F6).Scale(r => r.F7)
            .Scale(r => r.F8).Scale(r => r.F9).Scale(r => r.F10).Scale(r => r.F11).Scale(r => r.F12).Scale(r => r.F13).Scale(r => r.F14)
            .Scale(r => r.F15).Scale(r => r.F16).Scale(r => r.F17).Scale(r => r.F18).Scale(r => r.F19).Scale(r => r.F20).Scale(r => r.F21)
            .Scale(r => r.F22).Scale(r => r.F23).Scale(r => r.F24).Scale(r => r.F25).Scale(r => r.F26).Scale(r => r.F27)
            .Then(Trees.Binary(r => r.IsSignal, Boosts, 6, 0.1));
    }
}
