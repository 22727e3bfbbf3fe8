using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;

namespace Kumiki.Bench;

/// <summary>Transforms learnt from and computed for 1 M rows of 20 columns, beside scikit-learn's ColumnTransformer with the same steps on the same values:
/// both from columns in memory to one matrix in memory, by turns, scikit-learn in a process of its own with one job and with two.</summary>
static class TransformsOverSklearn
{
    const int Rows = 1_000_000, Rounds = 3, Numbers = 12, Texts = 8;

    static readonly int[] Categories = [10, 10, 10, 10, 200, 50, 50, 50];

    sealed record Row(
        double? N0, double? N1, double? N2, double? N3, double? N4, double? N5, double? N6, double? N7, double? N8, double? N9, double? N10, double? N11,
        string T0, string T1, string T2, string T3, string T4, string T5, string T6, string T7);

    static Features<Row> Features() => new Features<Row>([])
        .Impute(r => r.N0, Impute.Median).Scale(r => r.N0).Impute(r => r.N1, Impute.Median).Scale(r => r.N1).Impute(r => r.N2, Impute.Median).Scale(r => r.N2)
        .Impute(r => r.N3, Impute.Median).Scale(r => r.N3).Impute(r => r.N4, Impute.Median).Scale(r => r.N4).Impute(r => r.N5, Impute.Median).Scale(r => r.N5)
        .Impute(r => r.N6, Impute.Median).Scale(r => r.N6, Scale.Robust).Impute(r => r.N7, Impute.Median).Scale(r => r.N7, Scale.Robust)
        .Impute(r => r.N8, Impute.Median).Scale(r => r.N8, Scale.MinMax).Impute(r => r.N9, Impute.Median).Scale(r => r.N9, Scale.MinMax)
        .Impute(r => r.N10, Impute.Median).Power(r => r.N10).Impute(r => r.N11, Impute.Median).Discretise(r => r.N11, 10)
        .OneHot(r => r.T0).OneHot(r => r.T1).OneHot(r => r.T2).OneHot(r => r.T3).OneHot(r => r.T4, most: 20).Ordinal(r => r.T5).Ordinal(r => r.T6).Ordinal(r => r.T7);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var parquet = Invent(folder);
        var features = Features();
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        var frame = Frame.Read(engine, [parquet], Fitting.Reads(features.Plans), stop);
        int[] rows = [.. Enumerable.Range(0, frame.Rows)];
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [Path.Combine(Checkout.Root, "bench", "transforms-sklearn.py"), folder, Rows.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new BenchmarkException("/usr/bin/python3 does not start; apt-get install python3-sklearn python3-pandas");
        List<double> ours = [], fitting = [], one = [], two = [];
        (int Width, double Sum) found = default;
        try
        {
            for (var round = 0; round <= Rounds; round++)
            {
                var start = Stopwatch.GetTimestamp();
                var fitted = Fitting.Of(features.Plans, frame, rows, []);
                var model = TransformGraph.Of(fitted.Columns).ToBytes();
                var learnt = Stopwatch.GetElapsedTime(start).TotalSeconds;
                using var scorer = Scorer.Open(model);
                var matrix = scorer.Score(frame.All(), stop);
                var whole = Stopwatch.GetElapsedTime(start).TotalSeconds;
                found = (scorer.Width, matrix.Sum(v => (double)v));
                matrix = null;
                var (single, both) = (await AskAsync("1"), await AskAsync("2"));
                if (round == 0) continue;       // warms up
                ours.Add(whole);
                fitting.Add(learnt);
                one.Add(single);
                two.Add(both);
            }
            python.StandardInput.Close();
            var theirs = (await python.StandardOutput.ReadLineAsync(stop) ?? "").Split(' ');
            // The same figures in, the same matrix out, or the times compare nothing.
            if (theirs is not [_, var width, var sum] || int.Parse(width, CultureInfo.InvariantCulture) != found.Width
                || Math.Abs(double.Parse(sum, CultureInfo.InvariantCulture) - found.Sum) > 1e-5 * Math.Abs(found.Sum))
                throw new BenchmarkException($"scikit-learn's matrix is {string.Join(' ', theirs)}, ours {Rows} {found.Width} {found.Sum:R}.");
        }
        finally
        {
            if (!python.HasExited) python.Kill();
        }
        figures.Print("rows", Rows, "");
        figures.Print("features", found.Width, "");
        figures.Print("ours", ours, "s");
        figures.Print("ours.fit", fitting, "s");
        figures.Print("sklearn.one-job", one, "s");
        figures.Print("sklearn.two-jobs", two, "s");
        figures.Print("ratio", [.. ours.Zip(one.Zip(two, Math.Min), (k, s) => s / k)], "x, against the faster of the two");

        async Task<double> AskAsync(string jobs)
        {
            await python.StandardInput.WriteLineAsync(jobs.AsMemory(), stop);
            await python.StandardInput.FlushAsync(stop);
            return double.Parse(await python.StandardOutput.ReadLineAsync(stop) ?? throw new BenchmarkException("scikit-learn's side ended early; see what it wrote above."), CultureInfo.InvariantCulture);
        }
    });

    /// <summary>Invented columns, as Parquet for us and as bare values for Python.</summary>
    static string Invent(string folder)
    {
        var random = new Random(17);
        var schema = RowSchema.Of<Row>();
        var block = new TableBlock(schema);
        for (var i = 0; i < Numbers; i++)
        {
            var (values, missing) = (new double[Rows], new bool[Rows]);
            for (var r = 0; r < Rows; r++)
            {
                missing[r] = random.Next(20) == 0;
                values[r] = i == 10 ? Math.Exp(random.NextDouble() * 6) : (random.NextDouble() + random.NextDouble() + random.NextDouble()) * Math.Pow(10, i % 4);
            }
            block.Set<double>($"n{i}", values, missing);
            for (var r = 0; r < Rows; r++)
                if (missing[r]) values[r] = double.NaN;
            File.WriteAllBytes(Path.Combine(folder, $"n{i}.f64"), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }
        for (var i = 0; i < Texts; i++)
        {
            string[] names = [.. Enumerable.Range(0, Categories[i]).Select(c => $"category {c:D3} of {i}")];
            int[] codes = [.. Enumerable.Range(0, Rows).Select(_ => (int)(random.NextDouble() * random.NextDouble() * names.Length))];
            block.Set($"t{i}", Array.ConvertAll(codes, c => (string?)names[c]));
            File.WriteAllText(Path.Combine(folder, $"t{i}.txt"), string.Join('\n', names));
            File.WriteAllBytes(Path.Combine(folder, $"t{i}.i32"), MemoryMarshal.AsBytes(codes.AsSpan()).ToArray());
        }
        var path = Path.Combine(folder, "rows.parquet");
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "write") });
        using var writer = new TableWriter(engine, schema);
        writer.Append(block);
        writer.Complete(path);
        return path;
    }
}
