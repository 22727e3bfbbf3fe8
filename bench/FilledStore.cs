using Kumiki.Store;

namespace Kumiki.Bench;

/// <summary>A store as years of work leave it: pipelines of ten assets, made again and again, staged and released, with trials and failed runs
/// between.</summary>
static class FilledStore
{
    /// <summary>Each with its kind, what it is made from, and how.</summary>
    static readonly (string Name, AssetKind Kind, (int From, EdgeKind Edge)[] Inputs)[] Pipeline =
    [
        ("goal", AssetKind.Goal, []),
        ("sales", AssetKind.Dataset, []),
        ("prices", AssetKind.Dataset, []),
        ("weekly", AssetKind.Dataset, [(1, EdgeKind.Source), (2, EdgeKind.Source)]),
        ("features", AssetKind.Features, [(3, EdgeKind.Source)]),
        ("model", AssetKind.Model, [(4, EdgeKind.Source), (0, EdgeKind.Source)]),
        ("threshold", AssetKind.Threshold, [(5, EdgeKind.Fit)]),
        ("report", AssetKind.Report, [(5, EdgeKind.Fit), (6, EdgeKind.Fit)]),
        ("endpoint", AssetKind.Endpoint, [(5, EdgeKind.Fit), (6, EdgeKind.Fit)]),
        ("forecast", AssetKind.Predictions, [(5, EdgeKind.Fit), (3, EdgeKind.Scored)]),
    ];

    /// <summary>Weeks of releases, each of every asset's next version; the newest version is only staged.</summary>
    public const int Releases = 30;

    static readonly RunEnvironment Machine = new("Debian GNU/Linux 12 (bookworm)", "AMD EPYC", 2, 25_282_977_792, ".NET 10", new Dictionary<string, string>(),
        new Dictionary<string, string>());

    /// <param name="versions">All together; ten assets a pipeline.</param>
    /// <param name="runs">All together: each version has one; of the others, one in nine failed and the rest are trials.</param>
    /// <param name="generations">Versions of each asset.</param>
    public static async Task FillAsync(IMetadataStore store, int versions, int runs, int generations, CancellationToken stop)
    {
        var pipelines = versions / generations / Pipeline.Length;
        var others = (runs - versions) / pipelines;
        await Parallel.ForEachAsync(Enumerable.Range(0, pipelines), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = stop },
            async (pipeline, until) =>
        {
            for (var generation = 0; generation < generations; generation++)
            {
                var made = new VersionRecord[Pipeline.Length];
                for (var i = 0; i < Pipeline.Length; i++) made[i] = await MakeAsync(store, pipeline, i, made, until);
                for (var i = 0; i < others / generations; i++) await TryAsync(store, pipeline, $"{pipeline} {generation} {i}", failed: i % 9 == 0, until);
            }
        });
        List<VersionName> newest = [.. (await store.NewestAsync(stop)).Select(v => new VersionName(v.Key, v.Value))];
        await store.MoveStagesAsync([.. newest.Select(v => (v.Asset, "staging", (int?)v.Number))], "bench", "looks right", stop);
        var releases = Math.Min(Releases, generations - 1);
        for (var release = 0; release < releases; release++)
        {
            var production = await store.ProductionAsync(stop);
            var draft = new ReleaseRecord
            {
                Number = 0,
                State = ReleaseState.Checked,
                Asked = newest,
                Set = newest.ToDictionary(v => v.Asset, v => v.Number - releases + release),
                Base = production.Revision,
                Before = production.Release,
                Author = "bench",
                Reason = $"week {release + 1}",
                At = DateTimeOffset.UnixEpoch.AddDays(7 * release),
            };
            if (!await store.MoveReleaseAsync((await store.AddReleaseAsync(draft, stop)).Number, ReleaseState.Live, stop))
                throw new BenchmarkException("A release of the filled store did not go live.");
        }
    }

    static string NameOf(int pipeline, int place) => $"{Pipeline[place].Name}-{pipeline:00}";

    static async Task<VersionRecord> MakeAsync(IMetadataStore store, int pipeline, int place, VersionRecord[] made, CancellationToken stop)
    {
        var (name, kind, from) = Pipeline[place];
        var asset = NameOf(pipeline, place);
        var plan = Plan(asset, [.. from.Select(f => made[f.From].Name)], Digest.Of(Guid.NewGuid().ToString()));
        if (await store.BeginRunAsync(asset, plan, LivingProcess.Current, stop) is not RunBegun.Started begun)
            throw new BenchmarkException($"{asset} was being made already.");
        if (kind == AssetKind.Model)
            await store.AppendMetricsAsync(begun.Run,
                [.. Enumerable.Range(1, 300).Select(i => new MetricPoint("mae.train", i, 4 + 30 * Math.Exp(-i / 55.0), DateTimeOffset.UnixEpoch))], stop);
        await store.AppendLogAsync(begun.Run, [new(0, DateTimeOffset.UnixEpoch, "info", $"making {asset}")], stop);
        var content = Digest.Of($"{asset} {begun.Run}");
        var version = new VersionRecord
        {
            Name = new(asset, 1),
            Kind = kind,
            Content = content,
            Files = kind is AssetKind.Dataset or AssetKind.Predictions
                ? [.. Enumerable.Range(1, 12).Select(i => new VersionFile($"rows/{i:00000}.bin", Digest.Of($"{asset} {begun.Run} {i}"), 1_000_000 + i))] : [],
            Parts = new Dictionary<string, Digest> { [""] = content },
            Inputs = [.. from.Select(f => new InputUse(made[f.From].Name, f.Edge, made[f.From].Parts))],
            Metrics = kind == AssetKind.Model
                ? new() { ["mae.test"] = 12 + pipeline / 10.0, ["rmse.test"] = 19, ["rows.train"] = 30_000, ["rows.test"] = 4_000 }
                : new Dictionary<string, double>(),
            Facts = kind == AssetKind.Report
                ? new() { ["verdict"] = "GO", ["model"] = made[5].Name.ToString() }
                : new Dictionary<string, string> { ["rows"] = "30000" },
            Checks = [new("unique", CheckKind.Expectation, true, Message.Of("making.reused", ("version", name)))],
            RecipeKey = Digest.Of(asset),
            MadeBy = begun.Run,
            MadeAt = DateTimeOffset.UtcNow,
        };
        var generation = (await store.CollectionAsync(stop)).Generation;
        return await store.CommitAsync(begun.Run, begun.Fence, new(version),
            new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5), 200_000_000, new Dictionary<string, TimeSpan>()), generation, stop) is CommitEnd.Made done
            ? done.Version
            : throw new BenchmarkException($"{asset} was not committed.");
    }

    static async Task TryAsync(IMetadataStore store, int pipeline, string key, bool failed, CancellationToken stop)
    {
        var asset = NameOf(pipeline, 5);
        var end = new TrialOutcome(
            DateTimeOffset.UtcNow, failed ? new Dictionary<string, double>() : new() { ["mae.validation"] = 12.5 },
            failed ? Message.Of("making.too-long", ("asset", asset), ("limit", "00:05:00")) : null,
            new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 100_000_000, new Dictionary<string, TimeSpan>()), [], []);
        await store.AddTrialAsync(asset, Plan(asset, [], Digest.Of(key)), LivingProcess.Current, end, [], [], stop);
    }

    static RunPlan Plan(string asset, IReadOnlyList<VersionName> inputs, Digest makingKey) => new()
    {
        Parameters = new Dictionary<string, string> { ["rounds"] = "300", ["depth"] = "5" },
        Seed = 0,
        RecipeKey = Digest.Of(asset),
        MakingKey = makingKey,
        Recipe = new Dictionary<string, string> { ["code"] = Digest.Of("code").Hex },
        Inputs = inputs,
        Code = new(Digest.Of("code"), Digest.Of("closure"), "Bench", null, null),
        Environment = Machine,
    };
}
