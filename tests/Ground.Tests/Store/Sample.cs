using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>Small records to fill stores with.</summary>
static class Sample
{
    public static RunPlan Plan(string key) => new()
    {
        Parameters = new Dictionary<string, string> { ["rounds"] = "300" },
        Seed = 7,
        RecipeKey = Digest.Of($"recipe {key}"),
        MakingKey = Digest.Of($"making {key}"),
        Recipe = new Dictionary<string, string> { ["code"] = "abc" },
        Inputs = [new("sales", 3)],
        Code = new(Digest.Of("project"), Digest.Of("closure"), "Beans.dll", "0123abc", true),
        Environment = new("Debian 12", "x86-64", 2, 1 << 30, ".NET 10",
            Packages: new Dictionary<string, string> { ["Npgsql"] = "10.0.0" }, Engines: new Dictionary<string, string> { ["DuckDB"] = "1.5.6" }),
        Notes = ["sales@3 is the newest, as asked"],
    };

    public static VersionRecord Version(string asset, string content, params IReadOnlyList<VersionName> inputs) => new()
    {
        Name = new(asset, 0),
        Kind = AssetKind.Dataset,
        Content = Digest.Of(content),
        Files = [new("rows/all.parquet", Digest.Of($"file {content}"), 123)],
        Parts = new Dictionary<string, Digest> { [""] = Digest.Of(content) },
        Inputs = [.. inputs.Select(i => new InputUse(i, EdgeKind.Source, new Dictionary<string, Digest> { [""] = Digest.Of(i.ToString()) }))],
        Metrics = new Dictionary<string, double> { ["mae"] = 0.1, ["lost"] = double.NaN },
        Checks = [new("unique", CheckKind.Expectation, true, Message.Of("store.no-run", ("run", "run-1")))],
        Facts = new Dictionary<string, string> { ["rows"] = "12" },
        RecipeKey = Digest.Of($"recipe {asset}"),
        MadeBy = new(1),
        MadeAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(9)),
    };

    public static RunCost Cost { get; } = new(Wall: TimeSpan.FromSeconds(2), Cpu: TimeSpan.FromSeconds(3), PeakMemoryBytes: 1_000_000,
        Steps: new Dictionary<string, TimeSpan> { ["train"] = TimeSpan.FromSeconds(1.5) });

    /// <summary>How a trial ended that began at the epoch.</summary>
    public static TrialOutcome Outcome(params IEnumerable<(string Name, double Value)> figures) =>
        new(DateTimeOffset.UnixEpoch, figures.ToDictionary(f => f.Name, f => f.Value), null, Cost, [new(new("sales", 3), EdgeKind.Source, new Dictionary<string, Digest>())], []);

    /// <summary>A process that does not live: this one's number, started at another time.</summary>
    public static ProcessIdentity Dead { get; } = LivingProcess.Current with { StartTicks = LivingProcess.Current.StartTicks + 1 };

    /// <summary>Begins a run.</summary>
    public static async Task<RunBegun.Started> BeginAsync(IMetadataStore store, string asset, string key, ProcessIdentity? owner = null) =>
        Assert.IsType<RunBegun.Started>(await store.BeginRunAsync(asset, Plan(key), owner ?? LivingProcess.Current, CancellationToken.None));

    /// <summary>Begins a run and commits it.</summary>
    public static async Task<VersionRecord> MakeAsync(IMetadataStore store, string asset, string content, params IReadOnlyList<VersionName> inputs)
    {
        var started = await BeginAsync(store, asset, $"{asset} {content}");
        var generation = (await store.CollectionAsync(CancellationToken.None)).Generation;
        var end = await store.CommitAsync(started.Run, started.Fence, new(Version(asset, content, inputs)), Cost, generation, CancellationToken.None);
        return Assert.IsType<CommitEnd.Made>(end).Version;
    }

    public static ReleaseRecord Draft(Production now, params IReadOnlyList<VersionName> set) => new()
    {
        Number = 0,
        State = ReleaseState.Checked,
        Asked = set,
        Set = now.Overlaid(set, []),
        Base = now.Revision,
        Before = now.Release,
        Author = "mika",
        Reason = "better beans",
        At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
    };
}
