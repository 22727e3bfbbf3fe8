using System.Text;
using System.Text.Json;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>A data folder with a history: two releases and a rollback, a version that is out of date, a failed run, and one that still runs.</summary>
/// <remarks>
/// sales ─→ weekly-demand ─→ demand-model ─→ reorder-threshold ─→ reorder-endpoint
///                │   demand-goal ─┘   └→ demand-forecast, reorder-endpoint      stock-report.* (a family) ← weekly-demand
///                └────────────────────────→ demand-forecast (only scored)
/// sales@3 is staged, but weekly-demand@2, the one in use, was made from sales@2.
/// </remarks>
sealed class DemoWorld : IAsyncDisposable
{
    public const string Failure = "making.too-long";

    readonly TurnedClock clock;
    readonly DataFolder data;

    DemoWorld(DataFolder data, TurnedClock clock) => (this.data, this.clock) = (data, clock);

    public string Folder => data.Path;
    public IMetadataStore Metadata => data.Metadata;
    public IArtifactStore Artifacts => data.Artifacts;
    public Kumiki.Tracking.ITrackingStore Tracking => data.Tracking;
    public RunId Running { get; private set; }
    public RunId Failed { get; private set; }

    public static async Task<DemoWorld> EmptyAsync(string folder, StoreSettings? stores = null)
    {
        await Task.CompletedTask;
        var clock = new TurnedClock(new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        return new(DataFolder.Open(folder, clock, stores), clock);
    }

    public static async Task<DemoWorld> FilledAsync(string folder, StoreSettings? stores = null)
    {
        var world = await EmptyAsync(folder, stores);
        await world.FillAsync();
        return world;
    }

    /// <summary>A model in production with a test report of it, GO or NO-GO.</summary>
    public static async Task<DemoWorld> TestedAsync(string folder, bool go)
    {
        var world = await EmptyAsync(folder);
        var target = go ? 13 : 11;
        var goal = await world.MakeAsync("demand-goal", AssetKind.Goal, facts: new() { ["measure"] = "mean absolute error" },
            texts: [("parts/target.json", $"{target}"), ("parts/unit.json", "\"units\"")]);
        // no Parquet at all: a damaged file
        var weekly = await world.MakeAsync("weekly-demand", AssetKind.Dataset, facts: Rows(27_456, 0), files: [("rows/00001.parquet", 512)]);
        var model = await world.MakeAsync("demand-model", AssetKind.Model, [(weekly, EdgeKind.Source), (goal, EdgeKind.Source)], metrics: Mae(11.5));
        var check = $$"""{"goalCheck": {"measure": "mean absolute error", "unit": "units", "target": {{target}}, "figure": {"name": "mae", "value": 11.5, "low": 10.75, "high": 12.25, "better": "lower"} } }""";
        await world.MakeAsync("demand-report", AssetKind.Report, [(model, EdgeKind.Fit), (goal, EdgeKind.Source)],
            facts: new() { ["verdict"] = go ? "GO" : "NO-GO", ["model"] = "demand-model@1" },
            texts: [("report.json", check)],
            checks: [new("target", CheckKind.Goal, go, Message.Of("stale.setting", ("name", "mae"), ("from", "11.5"), ("to", $"{target}")))]);
        await world.ReleaseAsync([weekly, goal, model], "The first", []);
        return world;
    }

    async Task FillAsync()
    {
        var goal = await MakeAsync("demand-goal", AssetKind.Goal, facts: new() { ["owner"] = "supply", ["metric"] = "mae ≤ 12 units" });
        var sales1 = await MakeAsync("sales", AssetKind.Dataset, facts: Rows(190_238, 12), files: [("rows/2025.csv", 1_400_000), ("rejects.csv", 4_120)],
            checks: [Held("unique")]);
        var weekly1 = await MakeAsync("weekly-demand", AssetKind.Dataset, [(sales1, EdgeKind.Source)], facts: Rows(27_456, 0));
        var model1 = await MakeAsync("demand-model", AssetKind.Model, [(weekly1, EdgeKind.Source), (goal, EdgeKind.Source)], metrics: Mae(14.31), curve: true, checks: [Missed("goal")]);
        await MoveAsync("staging", model1, "first try");
        clock.Turn(TimeSpan.FromDays(7));

        var sales2 = await MakeAsync("sales", AssetKind.Dataset, facts: Rows(194_871, 12),
            files: [("rows/2025.csv", 1_400_000), ("rows/2026-W10.csv", 91_204), ("rejects.csv", 4_120)], checks: [Held("unique")]);
        var weekly2 = await MakeAsync("weekly-demand", AssetKind.Dataset, [(sales2, EdgeKind.Source)], facts: Rows(28_110, 0), checks: [Held("no-gaps")]);
        var model2 = await MakeAsync("demand-model", AssetKind.Model, [(weekly2, EdgeKind.Source), (goal, EdgeKind.Source)], metrics: Mae(11.872), curve: true, checks: [Held("goal"), Held("better-than-two-weeks-ago")]);
        var threshold1 = await MakeAsync("reorder-threshold", AssetKind.Threshold, [(model2, EdgeKind.Fit)], facts: new() { ["at"] = "0.62" });
        var endpoint1 = await MakeAsync("reorder-endpoint", AssetKind.Endpoint, [(model2, EdgeKind.Fit), (threshold1, EdgeKind.Fit)]);
        var forecast1 = await MakeAsync("demand-forecast", AssetKind.Predictions, [(model2, EdgeKind.Fit), (weekly2, EdgeKind.Scored)], facts: Rows(1_144, 0),
            files: [("rows/part-0.csv", 48_230)]);
        foreach (var key in new[] { "東京", "Osaka" })
            await MakeAsync(AssetName.Member("stock-report", key), AssetKind.Report, [(weekly2, EdgeKind.Source)], family: ("stock-report", key), files: [("report.json", 2_048)]);
        await MoveAsync("staging", goal, "agreed");
        await MoveAsync("staging", sales2, "looks right");
        await MoveAsync("staging", weekly2, "looks right");
        await MoveAsync("staging", model2, "better than two weeks ago");
        await ReleaseAsync([sales2, weekly2, goal, model2, threshold1, endpoint1], "First release of reordering", [new(endpoint1.Name, "load-test", "no traffic yet")]);
        clock.Turn(TimeSpan.FromDays(6));

        var threshold2 = await MakeAsync("reorder-threshold", AssetKind.Threshold, [(model2, EdgeKind.Fit)], facts: new() { ["at"] = "0.58" });
        var endpoint2 = await MakeAsync("reorder-endpoint", AssetKind.Endpoint, [(model2, EdgeKind.Fit), (threshold2, EdgeKind.Fit)]);
        await ReleaseAsync([threshold2, endpoint2, forecast1], "Reorder earlier, and publish the forecast", []);
        await RollBackAsync(1, "Too many orders for fresh goods");
        var sales3 = await MakeAsync("sales", AssetKind.Dataset, facts: Rows(199_480, 31),
            files: [("rows/2025.csv", 1_400_000), ("rows/2026-W10.csv", 91_204), ("rows/2026-W11.csv", 90_377)], checks: [Held("unique")]);
        await MoveAsync("staging", sales3, "");
        await MoveAsync("audit", model1, "kept for the auditors");

        Failed = await BeginAsync("demand-model", [weekly2, goal], []);
        await Metadata.AppendLogAsync(Failed, [new(0, clock.GetUtcNow(), "info", "reading 28,110 rows"), new(0, clock.GetUtcNow(), "error", "stopped after 5 min")], default);
        clock.Turn(TimeSpan.FromMinutes(5));
        await Metadata.EndRunAsync(Failed, 1, RunState.Failed, Message.Of("making.too-long", ("asset", "demand-model"), ("limit", "00:05:00")), new(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(9), 1 << 30, new Dictionary<string, TimeSpan>()), default);
        clock.Turn(TimeSpan.FromMinutes(1));
        Running = await BeginAsync("demand-model", [weekly2, goal], new() { ["rounds"] = "500" });
        await Metadata.AppendLogAsync(Running, [new(0, clock.GetUtcNow(), "info", "reading 28,110 rows"), new(0, clock.GetUtcNow(), "info", "training 500 rounds")], default);
        await Metadata.AppendMetricsAsync(Running, [.. Curve(120)], default);
        clock.Turn(TimeSpan.FromSeconds(42));
    }

    public async Task<VersionRecord> MakeAsync(
        string asset, AssetKind kind, (VersionRecord Version, EdgeKind Edge)[]? inputs = null, Dictionary<string, double>? metrics = null, Dictionary<string, string>? facts = null,
        (string Path, int Bytes)[]? files = null, CheckResult[]? checks = null, bool curve = false, (string Family, string RawKey)? family = null,
        (string Path, string Text)[]? texts = null, (string Path, byte[] Bytes)[]? contents = null, JsonElement? schema = null)
    {
        var run = await BeginAsync(asset, [.. (inputs ?? []).Select(i => i.Version)], kind == AssetKind.Model ? new() { ["rounds"] = "300", ["depth"] = "6" } : []);
        await Metadata.AppendLogAsync(run, [new(0, clock.GetUtcNow(), "info", $"making {asset}")], default);
        if (curve) await Metadata.AppendMetricsAsync(run, [.. Curve(300)], default);
        clock.Turn(TimeSpan.FromSeconds(37.4));

        var stored = new List<VersionFile>();
        foreach (var (path, bytes) in files ?? [])
        {
            var content = new byte[bytes];
            Encoding.UTF8.GetBytes($"{asset} {path}\n").CopyTo(content, 0);
            var blob = await Artifacts.PutAsync(new MemoryStream(content), default);
            stored.Add(new(path, blob.Content, blob.Bytes));
        }
        foreach (var (path, text) in texts ?? [])
        {
            var blob = await Artifacts.PutAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), default);
            stored.Add(new(path, blob.Content, blob.Bytes));
        }
        foreach (var (path, bytes) in contents ?? [])
        {
            var blob = await Artifacts.PutAsync(new MemoryStream(bytes), default);
            stored.Add(new(path, blob.Content, blob.Bytes));
        }
        var content1 = Digest.OfParts([asset, run.ToString()]);
        var record = new VersionRecord
        {
            Name = new(asset, 1),
            Kind = kind,
            Content = content1,
            Files = stored,
            Parts = new Dictionary<string, Digest> { [""] = content1 },
            Inputs = [.. (inputs ?? []).Select(i => new InputUse(i.Version.Name, i.Edge, i.Version.Parts))],
            Outside = asset == "sales" ? [new("data/sales/2026-W10.csv", 2_400_112, 638_763_840_000_000_000, 1, content1)] : [],
            Metrics = metrics ?? [],
            Facts = facts ?? [],
            Checks = checks ?? [],
            Family = family?.Family,
            RawKey = family?.RawKey,
            Schema = schema ?? (kind == AssetKind.Dataset ? JsonSerializer.SerializeToElement(new { columns = new object[] { new { name = "week", type = "date" }, new { name = "store", type = "text" }, new { name = "units", type = "int32", nullable = true } } }) : null),
            RecipeKey = Digest.Of(asset),
            MadeBy = run,
            MadeAt = clock.GetUtcNow(),
        };
        var steps = new Dictionary<string, TimeSpan> { ["read"] = TimeSpan.FromSeconds(2.1), ["fit"] = TimeSpan.FromSeconds(31.9), ["write"] = TimeSpan.FromSeconds(0.38) };
        var end = await Metadata.CommitAsync(run, 1, new(record), new(TimeSpan.FromSeconds(37.4), TimeSpan.FromSeconds(61.2), 734_003_200, steps), (await Metadata.CollectionAsync(default)).Generation, default);
        return Assert.IsType<CommitEnd.Made>(end).Version;
    }

    public async Task<RunId> BeginAsync(string asset, VersionRecord[] inputs, Dictionary<string, string> parameters, ProcessIdentity? owner = null)
    {
        var plan = new RunPlan
        {
            Parameters = parameters,
            Seed = 7,
            RecipeKey = Digest.Of(asset),
            MakingKey = Digest.OfParts([asset, clock.GetUtcNow().ToString("O")]),
            Recipe = new Dictionary<string, string> { ["code"] = Digest.Of("code").Hex, ["seed"] = "7" },
            Inputs = [.. inputs.Select(i => i.Name)],
            Code = new(Digest.Of("code"), Digest.Of("closure"), "Beverages", "3f1c9a77d0e85b2264aa10c2b9f4e0d37c5518aa", true),
            Environment = new("Debian GNU/Linux 12 (bookworm)", "AMD EPYC 7B13", 2, 25_282_977_792, ".NET 10.0.12", new Dictionary<string, string> { ["Dapper"] = "2.1.86" }, new Dictionary<string, string> { ["XGBoost"] = "1.7.4", ["ONNX Runtime"] = "1.23.2" }),
            Notes = asset == "demand-model" ? ["--use newest"] : [],
        };
        return Assert.IsType<RunBegun.Started>(await Metadata.BeginRunAsync(asset, plan, owner ?? LivingProcess.Current, default)).Run;
    }

    public async Task MoveAsync(string stage, VersionRecord version, string reason)
    {
        clock.Turn(TimeSpan.FromMinutes(3));
        Assert.Null(await Metadata.MoveStagesAsync([(version.Asset, stage, version.Name.Number)], "mika", reason, default));
    }

    public async Task<ReleaseRecord> ReleaseAsync(VersionRecord[] set, string reason, Waiver[] waivers)
    {
        clock.Turn(TimeSpan.FromMinutes(20));
        var production = await Metadata.ProductionAsync(default);
        return await LiveAsync(new()
        {
            Number = 0,
            State = ReleaseState.Checked,
            Asked = [.. set.Select(v => v.Name)],
            Set = production.Overlaid(set.Select(v => v.Name), []),
            Base = production.Revision,
            Before = production.Release,
            Waivers = waivers,
            Author = "mika",
            Reason = reason,
            At = clock.GetUtcNow(),
        });
    }

    async Task RollBackAsync(int to, string reason)
    {
        clock.Turn(TimeSpan.FromHours(5));
        var production = await Metadata.ProductionAsync(default);
        var old = (await Metadata.ReleaseAsync(to, default))!;
        await LiveAsync(new()
        {
            Number = 0,
            State = ReleaseState.Checked,
            Asked = [],
            Set = old.Set,
            Base = production.Revision,
            Before = production.Release,
            Restores = to,
            Author = "kenji",
            Reason = reason,
            At = clock.GetUtcNow(),
        });
    }

    async Task<ReleaseRecord> LiveAsync(ReleaseRecord draft)
    {
        var release = await Metadata.AddReleaseAsync(draft, default);
        clock.Turn(TimeSpan.FromSeconds(4));
        Assert.True(await Metadata.MoveReleaseAsync(release.Number, ReleaseState.Live, default));
        return release;
    }

    IEnumerable<MetricPoint> Curve(int rounds)
    {
        for (var round = 1; round <= rounds; round++)
        {
            yield return new("train.mae", round, 4 + 30 * Math.Exp(-round / 55.0), clock.GetUtcNow());
            yield return new("validation.mae", round, 11.5 + 24 * Math.Exp(-round / 40.0) + 0.25 * Math.Sin(round / 6.0), clock.GetUtcNow());
        }
    }

    static Dictionary<string, string> Rows(int rows, int rejected) => new() { ["rows"] = $"{rows}", ["rejected"] = $"{rejected}" };

    static Dictionary<string, double> Mae(double mae) => new() { ["test.mae"] = mae, ["test.two-weeks-ago.mae"] = 13.9, ["test.rows"] = 8320 };

    static CheckResult Held(string name) => new(name, name == "goal" ? CheckKind.Goal : CheckKind.Expectation, true, Message.Of("making.reused", ("version", name)));

    static CheckResult Missed(string name) => new(name, CheckKind.Goal, false, Message.Of("stale.setting", ("name", "mae"), ("from", "14.31"), ("to", "12")));

    public ValueTask DisposeAsync() => data.DisposeAsync();
}

/// <summary>A clock that stands still until it is turned.</summary>
sealed class TurnedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;

    public void Turn(TimeSpan by) => now += by;
}
