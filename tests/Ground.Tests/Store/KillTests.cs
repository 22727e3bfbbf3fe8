using System.Globalization;
using Kumiki.Ground.Tests.Tables;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Store.Tests;

public sealed class KillTests(ITestOutputHelper output) : KillContract(output)
{
    protected override StoreSettings NewStores() => new();

    protected override IReadOnlyList<string> Kinds =>
    [
        "schema.commit", "blob.written", "blob.synced", "blob.renamed", "blob.durable", "database.commit", "database.committed",
        "blob.remove", "blob.away", "blob.removed",
    ];
}

/// <summary>The same where the metadata are in PostgreSQL and the artifacts in S3.</summary>
[Collection(S3Collection.Name)]
public sealed class KillElsewhereTests(ITestOutputHelper output, PostgresServer database, S3Server bucket) : KillContract(output), IClassFixture<PostgresServer>
{
    protected override StoreSettings NewStores() => new() { Metadata = database.NewStore(), Artifacts = bucket.NewStore() };

    protected override IReadOnlyList<string> Kinds =>
        ["schema.commit", "blob.written", "blob.durable", "blob.upload", "blob.uploaded", "database.commit", "database.committed", "blob.remove",
            "blob.removed"];

    protected override int Steps => 5;
}

/// <summary>A process is killed at a durable step, or at any instant; then the store is opened again.</summary>
/// <remarks>About 20 kills run always; <c>KUMIKI_ALL_KILLS=1</c> kills at every step and at 300 random instants.</remarks>
public abstract class KillContract(ITestOutputHelper output)
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly bool All = Environment.GetEnvironmentVariable("KUMIKI_ALL_KILLS") == "1";

    /// <summary>Stores that nothing is in yet.</summary>
    protected abstract StoreSettings NewStores();

    /// <summary>The steps there have to be.</summary>
    protected abstract IReadOnlyList<string> Kinds { get; }

    /// <summary>How many of them kill.</summary>
    protected virtual int Steps => 18;

    static Dictionary<string, string> Of(StoreSettings stores, params (string Name, string Value)[] also)
    {
        var environment = also.ToDictionary(a => a.Name, a => a.Value);
        environment[StoreSettings.MetadataVariable] = stores.Metadata ?? "";
        environment[StoreSettings.ArtifactsVariable] = stores.Artifacts ?? "";
        return environment;
    }

    [Fact]
    public async Task Killed_at_a_durable_step_the_old_state_or_the_new_is_found_and_the_work_goes_on()
    {
        using var whole = new TestFolder();
        var (code, said) = await Probe.RunAsync(["life", whole["data"]], Of(NewStores(), ("KUMIKI_STEPS", whole["steps"])));
        Assert.Equal((0, "done"), (code, said[^1]));
        var steps = (await File.ReadAllLinesAsync(whole["steps"])).Select(line => line.Split(' ')[1]).ToList();
        Assert.Empty(Kinds.Except(steps));

        // Spread evenly, the first and the last among them.
        var kills = All ? Enumerable.Range(1, steps.Count) : Enumerable.Range(0, Steps).Select(i => 1 + (i * (steps.Count - 1) / (Steps - 1)));
        foreach (var kill in kills.Distinct())
        {
            using var folder = new TestFolder();
            var stores = NewStores();
            var at = Of(stores, ("KUMIKI_KILL_AT", kill.ToString(CultureInfo.InvariantCulture)));
            var (killed, done) = await Probe.RunAsync(["life", folder["data"]], at);
            Assert.Equal(Probe.Killed, killed);
            await CheckAsync(folder["data"], stores, done, $"killed at step {kill} ({steps[kill - 1]})");

            var (again, saidAgain) = await Probe.RunAsync(["life", folder["data"]], Of(stores));
            Assert.Equal((0, "done"), (again, saidAgain[^1]));
            await CheckAsync(folder["data"], stores, [.. done, .. saidAgain], $"run again after a kill at step {kill}");
            await CheckEndAsync(folder["data"], stores);
        }
        output.WriteLine($"{kills.Distinct().Count()} of {steps.Count} steps");
    }

    [Fact]
    public async Task Killed_at_any_instant_nothing_that_was_acknowledged_is_lost()
    {
        var random = new Random(20260301);
        using var folder = new TestFolder();
        var (stores, acknowledged) = (NewStores(), new List<string>());
        for (var i = 0; i < (All ? 300 : 4); i++)
        {
            using var probe = Probe.Start(["forever", folder["data"]], Of(stores));
            Assert.Equal("open", await probe.LineAsync());
            acknowledged.Add((await probe.LineAsync())!);
            await Task.Delay(random.Next(120));
            probe.Kill();
            var (_, said) = await probe.EndAsync();
            acknowledged.AddRange(said);
            if (i % 25 == 0) await CheckAsync(folder["data"], stores, acknowledged, $"kill {i}");
        }
        await CheckAsync(folder["data"], stores, acknowledged, "all kills");
        output.WriteLine($"{acknowledged.Count} acknowledged");
    }

    /// <summary>What must hold at any time.</summary>
    static async Task CheckAsync(string folder, StoreSettings stores, IReadOnlyList<string> done, string when)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, stores);
        await data.Metadata.EndCrashedAsync(LivingProcess.IsAlive, Go);
        Assert.Empty(await data.Metadata.RunsAsync(null, RunState.Running, 10, null, Go));

        // No half blob can be seen.
        foreach (var blob in data.Artifacts.List())
            Assert.True(blob.Content == await data.Artifacts.RehashAsync(blob.Content, Go), $"{when}: {blob.Content} is not whole");

        // Versions are numbered without gaps, and each has its blobs.
        var versions = await data.Metadata.VersionsAsync(null, int.MaxValue, null, Go);
        foreach (var asset in versions.GroupBy(v => v.Asset)) Assert.Equal(Enumerable.Range(1, asset.Count()), asset.Select(v => v.Name.Number).Order());
        foreach (var version in versions) Assert.True(data.Artifacts.Contains(version.Files[0].Content), $"{when}: {version.Name} has lost its file");
        Assert.Equal(versions.Count, (await data.Metadata.RunsAsync(null, RunState.Made, int.MaxValue, null, Go)).Count);

        // Production is the live release's set.
        var production = await data.Metadata.ProductionAsync(Go);
        var releases = await data.Metadata.ReleasesAsync(100, null, Go);
        var live = releases.SingleOrDefault(r => r.State == ReleaseState.Live);
        Assert.Equal(live?.Number ?? 0, production.Release);
        Assert.Equal(live?.Set ?? new Dictionary<string, int>(), production.Set);

        // All that was said has been done.
        var removed = done.Where(d => d.StartsWith("removed ", StringComparison.Ordinal)).Select(d => d["removed ".Length..]).ToHashSet();
        var stages = (await data.Metadata.StagesAsync(Go)).ToDictionary(s => s.Asset, s => s.Number);
        var all = versions.Select(v => v.Name).ToHashSet();
        foreach (var line in done)
        {
            if (line.Split(' ') is not [var what, var thing]) continue;
            var held = what switch
            {
                "put" => data.Artifacts.Contains(Digest.Parse(thing)) || removed.Contains(thing) || MayBeCollected(thing),
                "made" => all.Contains(VersionName.Parse(thing)),
                "staged" => stages[VersionName.Parse(thing).Asset] >= VersionName.Parse(thing).Number,
                "live" => production.Set["beans"] >= VersionName.Parse(thing).Number,
                "removed" => true,
                _ => throw new InvalidOperationException($"The probe said: {line}"),
            };
            Assert.True(held, $"{when}: the probe said '{line}', which is not so");
        }

        // The collection removes the two blobs that no version holds before it says so.
        bool MayBeCollected(string blob) => done.Contains("live beans@2") && !versions.Any(v => v.Files.Any(f => f.Content.Hex == blob));
    }

    /// <summary>What a run to its end leaves.</summary>
    static async Task CheckEndAsync(string folder, StoreSettings stores)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, stores);
        Assert.Equal(new Dictionary<string, int> { ["beans"] = 2 }, await data.Metadata.NewestAsync(Go));
        Assert.Equal(new Dictionary<string, int> { ["beans"] = 2 }, (await data.Metadata.ProductionAsync(Go)).Set);
        Assert.Equal(2, data.Artifacts.List().Count());
        Assert.Empty((await data.Metadata.CollectionAsync(Go)).Doomed);
        data.Artifacts.CollectPartial();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder, stores.Artifacts is null ? "artifacts" : "cache", "tmp")));
    }
}
