using System.Text;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Releasing.Tests;

/// <summary>A data folder of its own, filled with versions of a <see cref="Shelf"/> as if they had been made.</summary>
sealed class Bench
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-release-").FullName;
    readonly List<string> lines = [];
    readonly Dictionary<VersionName, VersionRecord> put = [];

    public Bench() => Data = DataFolder.Open(folder, TimeProvider.System);

    public DataFolder Data { get; }
    public Releases Releases => new(Data.Metadata, Data.Artifacts, TimeProvider.System, "mika");

    /// <summary>Commits versions as the shelf writes them; an asset's numbers rise from 1.</summary>
    public async Task PutAsync(params IEnumerable<string> more)
    {
        lines.AddRange(more);
        foreach (var version in Shelf.Of(lines).Versions.Values.Where(v => !put.ContainsKey(v.Name)).OrderBy(v => v.MadeBy.Number))
        {
            using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(version.Name.ToString()));
            var blob = await Data.Artifacts.PutAsync(bytes, CancellationToken.None);
            put[version.Name] = await CommitAsync(Data.Metadata, version with { Files = [new("it.bin", blob.Content, blob.Bytes)] });
            Assert.Equal(version.Name, put[version.Name].Name);
        }
    }

    public VersionRecord this[string version] => put[VersionName.Parse(version)];

    /// <summary>Runs and commits one making.</summary>
    public static async Task<VersionRecord> CommitAsync(IMetadataStore store, VersionRecord version)
    {
        var plan = new RunPlan
        {
            Parameters = new Dictionary<string, string>(),
            Seed = 1,
            RecipeKey = version.RecipeKey,
            MakingKey = Digest.OfParts(version.Asset, version.Content.Hex),
            Recipe = new Dictionary<string, string>(),
            Inputs = [.. version.Inputs.Select(i => i.Version)],
            Code = new(Digest.Of("project"), Digest.Of("closure"), "Project.dll", null, null),
            Environment = new("Debian 12", "x86-64", 2, 1 << 30, ".NET 10", new Dictionary<string, string>(), new Dictionary<string, string>()),
        };
        var run = Assert.IsType<RunBegun.Started>(await store.BeginRunAsync(version.Asset, plan, LivingProcess.Current, CancellationToken.None));
        var generation = (await store.CollectionAsync(CancellationToken.None)).Generation;
        var cost = new RunCost(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 1, new Dictionary<string, TimeSpan>());
        return Assert.IsType<CommitEnd.Made>(await store.CommitAsync(run.Run, run.Fence, new(version), cost, generation, CancellationToken.None)).Version;
    }

    public async Task StageAsync(params string[] versions) => await Releases.StageAsync([.. versions.Select(v => VersionName.Parse(v))]);

    /// <summary>Releases what is named and expects it to go live.</summary>
    public async Task<ReleaseRecord> LiveAsync(params string[] set) => Live(await Releases.ReleaseAsync(new() { Set = set }));

    public static ReleaseRecord Live(ReleaseEnd end)
    {
        if (end is ReleaseEnd.Refused refused) Assert.Fail(string.Join('\n', refused.Findings));
        return Assert.IsType<ReleaseEnd.Live>(end).Release;
    }

    public static IReadOnlyList<string> Refused(ReleaseEnd end) =>
        [.. Assert.IsType<ReleaseEnd.Refused>(end).Findings.Where(f => f.Severity == Severity.Refusal).Select(f => f.Says.In("en"))];

    public async Task<string> ProductionAsync() =>
        string.Join(' ',
            (await Data.Metadata.ProductionAsync(CancellationToken.None)).Set.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}@{s.Value}"));

    public async Task EndAsync()
    {
        await Data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
