using System.Diagnostics;
using System.Globalization;
using System.Text;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Packages;

namespace Kumiki.Bench;

/// <summary>The offline runner with a packaged model of 100 trees of 28 numbers: from its start to its first answer, eleven times; what it takes of the memory
/// then and after 20,000 predictions; single rows a second over one connection.</summary>
static class EdgeRunner
{
    const int Runs = 11, Columns = 28, Trees = 100, Rows = 20_000;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        // The build, or the folder for a device that KUMIKI_RUNNER names.
        var named = Environment.GetEnvironmentVariable("KUMIKI_RUNNER");
        var program = Path.Combine(named ?? Path.Combine(Checkout.Root, "artifacts/bin/Kumiki.Runner/release_linux-x64"), "kumiki-runner.dll");
        if (!File.Exists(program)) throw new BenchmarkException($"{program} is not there. Run ./kumiki build, then this again.");
        var package = await PackageAsync(folder, stop);
        figures.Print("package", new FileInfo(package).Length / 1024.0, "KiB");
        using var http = new HttpClient();
        List<double> starts = [], works = [], atRest = [];
        for (var run = 0; run < Runs; run++)
        {
            var began = Stopwatch.GetTimestamp();
            string[] arguments = [program, package, "--trust", Path.Combine(folder, "key.pub"), "--port", "0"];
            using var runner = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
            try
            {
                var line = await runner.StandardOutput.ReadLineAsync(stop) ?? throw new BenchmarkException("The runner ended before it answered.");
                var address = new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Split(' ')[0]);
                await AskAsync(http, address, 0, stop);
                starts.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                works.Add(runner.TotalProcessorTime.TotalMilliseconds);
                atRest.Add(AnonymousMiB(runner));
                if (run < Runs - 1) continue;
                began = Stopwatch.GetTimestamp();
                for (var row = 0; row < Rows; row++) await AskAsync(http, address, row, stop);
                figures.Print("single-rows", Rows / Stopwatch.GetElapsedTime(began).TotalSeconds, "predictions/s");
                figures.Print("anonymous.after", AnonymousMiB(runner), "MiB");
            }
            finally
            {
                runner.Kill();
                await runner.WaitForExitAsync(CancellationToken.None);
            }
        }
        figures.Print("start", starts, "ms");
        figures.Print("start.processor", works, "ms");
        figures.Print("anonymous", atRest, "MiB");
    });

    static async Task AskAsync(HttpClient http, Uri address, int row, CancellationToken stop)
    {
        var random = new Random(row);
        var json = new StringBuilder("{");
        for (var column = 0; column < Columns; column++)
            json.Append(column == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"\"c{column}\":{random.NextDouble()}");
        using var content = new StringContent(json.Append('}').ToString(), Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(address, "/predict"), content, stop);
        if (!answer.IsSuccessStatusCode) throw new BenchmarkException(await answer.Content.ReadAsStringAsync(stop));
    }

    static double AnonymousMiB(Process process)
    {
        var line = File.ReadLines($"/proc/{process.Id}/smaps_rollup").First(l => l.StartsWith("Anonymous:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    static async Task<string> PackageAsync(string folder, CancellationToken stop)
    {
        var random = new Random(1);
        var values = new float[Rows * Columns];
        var labels = new float[Rows];
        for (var i = 0; i < values.Length; i++) values[i] = random.NextSingle();
        for (var row = 0; row < Rows; row++) labels[row] = values[row * Columns] + values[(row * Columns) + 1] > 1 ? 1 : 0;
        using var train = DMatrix.Of(values, Columns).WithLabels(labels);
        using var booster = Booster.Of([("objective", "binary:logistic"), ("max_depth", "6"), ("tree_method", "hist"), ("nthread", "1")]);
        booster.Train(train, Trees, [], cancel: stop);
        var transform = TransformGraph.Of([.. Enumerable.Range(0, Columns).Select(c => new FittedColumn($"c{c}", ColumnKind.Number))]);
        var model = transform.Append(Learners.XGBoost(booster.Save())).ToBytes();
        var plan = new EndpointPlan
        {
            Input = "Row",
            Output = "Answer",
            Fields = [.. Enumerable.Range(0, Columns)
                .Select(c => new EndpointField { Name = $"c{c}", Kind = FieldKind.Number, IsRead = true, Min = 0, Max = 1 })],
            Decision = new("trees", null, new DecisionRule.AtThreshold(0.6, 0.4, "yes", "ask", "no")),
        };
        PackageKey.Make(Path.Combine(folder, "key"));
        using var key = PackageKey.Open(Path.Combine(folder, "key"));
        var files = PackagedEndpoint.Files(plan, new Dictionary<string, byte[]> { ["trees"] = model });
        var path = Path.Combine(folder, "bench.kpkg");
        var manifest = new PackageManifest
        {
            Format = "",
            Name = "bench",
            Release = 1,
            ReleasedAt = DateTimeOffset.UnixEpoch,
            Versions = [new("bench@1", "endpoint", ""), new("trees@1", "model", "")],
            Adapter = Adapter.Name,
            Engine = "",
            Key = "",
            Files = [],
        };
        await EdgePackage.WriteAsync(path, manifest, files.ToDictionary(f => f.Key, f => (Func<Stream>)(() => new MemoryStream(f.Value))), key, stop);
        return path;
    }
}
