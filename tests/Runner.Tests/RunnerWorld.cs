using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Journeys;
using Kumiki.Onnx;
using Kumiki.Packages;
using Xunit;

namespace Kumiki.Runner.Tests;

/// <summary>A folder with a key, and packages of the shop: its model, and a decision at a threshold.</summary>
sealed class RunnerWorld : IDisposable
{
    readonly PackageKey key;

    public RunnerWorld()
    {
        KeyId = PackageKey.Make(PathOf("packages.key"));
        key = PackageKey.Open(PathOf("packages.key"));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("kumiki-runner-").FullName;

    public string KeyId { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public static byte[] Model { get; } = Ground.Tests.Onnx.World.Model.ToBytes();

    public static EndpointPlan PlanAt(double threshold) => new()
    {
        Input = "Sale",
        Output = "Order",
        Fields =
        [
            new() { Name = "price", Kind = FieldKind.Number, Optional = true, IsRead = true, Min = 0 },
            new() { Name = "units", Kind = FieldKind.Integer, Optional = true, IsRead = true },
            new() { Name = "day", Kind = FieldKind.Date, IsRead = true },
            new() { Name = "discount", Kind = FieldKind.Flag, IsRead = true },
            new() { Name = "store", Kind = FieldKind.Text, Optional = true, IsRead = true },
            new() { Name = "clerk", Kind = FieldKind.Text, Optional = true, Personal = true },
        ],
        Decision = new("shop-model", "order-above", new DecisionRule.AtThreshold(threshold, threshold - 1, "Order", "Ask", "Wait")),
    };

    /// <summary>Writes a package.</summary>
    /// <param name="name">A file's name ending with .kpkg, or a folder's.</param>
    /// <param name="decision">Null: at the threshold.</param>
    public async Task<string> PackageAsync(string name, int release = 1, double threshold = 0.5, string endpoint = "shop-order", PlannedDecision? decision = null)
    {
        var plan = decision is null ? PlanAt(threshold) : PlanAt(threshold) with { Decision = decision };
        var content = PackagedEndpoint.Files(plan, new Dictionary<string, byte[]> { ["shop-model"] = Model })
            .ToDictionary(f => f.Key, f => (Func<Stream>)(() => new MemoryStream(f.Value)));
        var manifest = new PackageManifest
        {
            Format = "",
            Name = endpoint,
            Release = release,
            ReleasedAt = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero),
            Versions = [new($"{endpoint}@{release}", "endpoint", new('a', 64)), new("shop-model@7", "model", new('b', 64)),
                new($"order-above@{release}", "threshold", new('c', 64))],
            Adapter = Adapter.Name,
            Engine = "ONNX Runtime",
            Key = "",
            Files = [],
        };
        await EdgePackage.WriteAsync(PathOf(name), manifest, content, key, default);
        return PathOf(name);
    }

    public static string Program => Checkout.PathOf("artifacts/bin/Kumiki.Runner/debug_linux-x64/kumiki-runner.dll");

    /// <summary>Runs a verb to its end.</summary>
    public async Task<(int Code, string Out, string Error)> RunAsync(IReadOnlyList<(string Name, string Value)> environment,
        params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder
        };
        start.Environment["KUMIKI_LANG"] = "en";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said, await error);
    }

    public Task<(int Code, string Out, string Error)> RunAsync(params IReadOnlyList<string> arguments) => RunAsync([], arguments);

    /// <summary>Runs a verb that takes the trusted key, and has to succeed.</summary>
    public async Task MustAsync(params IReadOnlyList<string> arguments)
    {
        var (code, _, error) = await RunAsync([.. arguments, "--trust", PathOf("packages.key.pub")]);
        if (code != 0) throw new InvalidOperationException($"{string.Join(' ', arguments)}: {error}");
    }

    public Task<RunnerProcess> ServeAsync(params IReadOnlyList<string> arguments) =>
        RunnerProcess.StartAsync(Folder, [Program, .. arguments, "--trust", PathOf("packages.key.pub"), "--port", "0"]);

    /// <summary>Random rows of the shop: as they are asked, and as columns.</summary>
    public static (JsonArray Json, Column[] Columns) Rows(int count, int seed)
    {
        var random = new Random(seed);
        var (price, units, day, discount, store) = (new double?[count], new int?[count], new DateOnly[count], new bool[count], new string?[count]);
        var json = new JsonArray();
        for (var row = 0; row < count; row++)
        {
            price[row] = random.Next(5) == 0 ? null : random.NextDouble() * 7;
            units[row] = random.Next(9) == 0 ? null : random.Next(300);
            day[row] = new DateOnly(2024, 1, 1).AddDays(random.Next(700));
            discount[row] = random.Next(2) == 0;
            store[row] = random.Next(4) == 0 ? null : Ground.Tests.Onnx.World.Stores[random.Next(3)];
            json.Add(new JsonObject
            {
                ["price"] = price[row],
                ["units"] = units[row],
                ["day"] = day[row].ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                ["discount"] = discount[row],
                ["store"] = store[row],
            });
        }
        return (json, [Column.Of<double?>("price", price), Column.Of<int?>("units", units), Column.Of<DateOnly>("day", day),
            Column.Of<bool>("discount", discount), Column.Of<string?>("store", store)]);
    }

    public void Dispose()
    {
        key.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>A runner that serves a sound package, for tests that change nothing of it.</summary>
public sealed class ServedShop : IAsyncLifetime
{
    internal RunnerWorld World { get; } = new();
    internal RunnerProcess Runner { get; private set; } = null!;

    public async Task InitializeAsync() => Runner = await World.ServeAsync(await World.PackageAsync("shop.kpkg"));

    public async Task DisposeAsync()
    {
        await Runner.DisposeAsync();
        World.Dispose();
    }
}

/// <summary>A runner that serves.</summary>
sealed class RunnerProcess : IAsyncDisposable
{
    readonly StringBuilder errors = new();

    RunnerProcess(Process process, int port)
    {
        (Process, Port) = (process, port);
        Http = new() { BaseAddress = new($"http://127.0.0.1:{port}") };
        process.ErrorDataReceived += (_, e) => { lock (errors) errors.AppendLine(e.Data); };
        process.BeginErrorReadLine();
    }

    public Process Process { get; }
    public int Port { get; }
    public HttpClient Http { get; }

    public string Errors
    {
        get { lock (errors) return errors.ToString(); }
    }

    public static async Task<RunnerProcess> StartAsync(string folder, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["KUMIKI_LANG"] = "en";
        var process = Process.Start(start)!;
        if (await process.StandardOutput.ReadLineAsync() is { } line) return new(process,
            int.Parse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    public async Task<(int Status, JsonNode Body)> PostAsync(string path, string json)
    {
        using var answer = await Http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, Process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await Process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }
        Process.Dispose();
    }
}
