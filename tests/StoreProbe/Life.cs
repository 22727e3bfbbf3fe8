using System.Text;
using Kumiki.Store;

namespace Kumiki.StoreProbe;

/// <summary>What a project does to its stores, in small.</summary>
static class Life
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly CollectionPolicy CollectAtOnce = new() { Grace = TimeSpan.Zero };

    /// <summary>1. Put; 2. take; 3. commit; 4. stage; 5. release; 6. collect. Run again after a kill, it does what is not done yet.</summary>
    internal static async Task LiveAsync(string folder)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, StoreSettings.OfEnvironment());
        await data.Metadata.EndCrashedAsync(LivingProcess.IsAlive, Go);
        data.Artifacts.CollectPartial();

        Say($"put {(await PutAsync(data, "lonely")).Content}");

        using (var scratch = data.Artifacts.NewScratch())
        {
            await File.WriteAllTextAsync(scratch.File("rows"), "taken");
            Say($"put {(await data.Artifacts.TakeAsync(scratch.File("rows"), Go)).Content}");
        }

        foreach (var content in new[] { "first", "second" })
        {
            var version = await MakeAsync(data, "beans", content);
            Say($"made {version}");
            await data.Metadata.MoveStagesAsync([("beans", "staging", version.Number)], "probe", "made", Go);
            Say($"staged {version}");

            var now = await data.Metadata.ProductionAsync(Go);
            if (now.Set.GetValueOrDefault("beans") >= version.Number) continue;
            var release = await data.Metadata.AddReleaseAsync(Draft(now, version), Go);
            var live = await data.Metadata.MoveReleaseAsync(release.Number, ReleaseState.Live, Go);
            if (!live) throw new InvalidOperationException($"Release {release.Number} did not go live.");
            Say($"live {version}");
        }

        var report = await GarbageCollection.RunAsync(data.Metadata, data.Artifacts, CollectAtOnce, dryRun: false, TimeProvider.System, Go);
        foreach (var blob in report.Removed) Say($"removed {blob}");
        Say("done");
    }

    internal static async Task MakeAsync(string folder, string asset, int count)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, StoreSettings.OfEnvironment());
        await Task.WhenAll(Enumerable.Range(0, count).Select(async i => Say($"made {await MakeAsync(data, asset, $"{asset} {Environment.ProcessId} {i}")}")));
    }

    internal static async Task MakeForeverAsync(string folder)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, StoreSettings.OfEnvironment());
        Say("open");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async lane =>
        {
            for (var i = 0; ; i++)
            {
                var version = await MakeAsync(data, $"beans-{lane}", $"{Environment.ProcessId} {lane} {i}");
                Say($"made {version}");
                await data.Metadata.MoveStagesAsync([(version.Asset, "staging", version.Number)], "probe", "made", Go);
                Say($"staged {version}");
            }
        }));
    }

    /// <summary>Begin, put one blob, metrics, commit.</summary>
    internal static async Task<VersionName> MakeAsync(DataFolder data, string asset, string content)
    {
        var begun = (RunBegun.Started)await data.Metadata.BeginRunAsync(asset, Plan(content), LivingProcess.Current, Go);
        var generation = (await data.Metadata.CollectionAsync(Go)).Generation;
        var file = await PutAsync(data, $"file {content}");
        await data.Metadata.AppendMetricsAsync(begun.Run, [new("loss", 1, 0.5, TimeProvider.System.GetUtcNow())], Go);
        for (; ; )
        {
            switch (await data.Metadata.CommitAsync(begun.Run, begun.Fence, new(Version(asset, content, file)), NoCost, generation, Go))
            {
                case CommitEnd.Made made: return made.Version.Name;
                case CommitEnd.Existing existing: return existing.Version.Name;
                case CommitEnd.Collected:
                    var settled = await GarbageCollection.SettleAsync(data.Metadata, data.Artifacts, [file.Content], CollectAtOnce, TimeProvider.System, Go);
                    if (settled.Missing.Count > 0) await PutAsync(data, $"file {content}");
                    generation = settled.Generation;
                    break;
                case var other: throw new InvalidOperationException($"The commit of {begun.Run} ended as {other}.");
            }
        }
    }

    internal static Task<Blob> PutAsync(DataFolder data, string text) => data.Artifacts.PutAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), Go);

    internal static RunCost NoCost { get; } = new(TimeSpan.Zero, TimeSpan.Zero, 0, new Dictionary<string, TimeSpan>());

    internal static RunPlan Plan(string content) => new()
    {
        Parameters = new Dictionary<string, string>(),
        Seed = 1,
        RecipeKey = Digest.Of("recipe"),
        MakingKey = Digest.Of(content),
        Recipe = new Dictionary<string, string>(),
        Inputs = [],
        Code = new(Digest.Of("project"), Digest.Of("closure"), "Probe.dll", null, null),
        Environment = new("Debian 12", "x86-64", 2, 1 << 30, ".NET 10", new Dictionary<string, string>(), new Dictionary<string, string>()),
    };

    internal static VersionRecord Version(string asset, string content, Blob file) => new()
    {
        Name = new(asset, 0),
        Kind = AssetKind.Dataset,
        Content = Digest.Of(content),
        Files = [new("rows.parquet", file.Content, file.Bytes)],
        Parts = new Dictionary<string, Digest> { [""] = file.Content },
        RecipeKey = Digest.Of("recipe"),
        MadeBy = new(1),
        MadeAt = TimeProvider.System.GetUtcNow(),
    };

    internal static ReleaseRecord Draft(Production now, VersionName version) => new()
    {
        Number = 0,
        State = ReleaseState.Checked,
        Asked = [version],
        Set = now.Overlaid([version], []),
        Base = now.Revision,
        Before = now.Release,
        Author = "probe",
        Reason = version.ToString(),
        At = TimeProvider.System.GetUtcNow(),
    };

    static void Say(string what)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(what);
            Console.Out.Flush();
        }
    }
}
