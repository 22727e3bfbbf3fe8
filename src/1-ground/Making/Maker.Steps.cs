using Kumiki.Store;

namespace Kumiki.Making;

public sealed partial class Maker
{
    /// <summary>Exit code of a step that failed and left its run open for another attempt.</summary>
    public const int StepFailedMayRepeat = 75;

    /// <summary>Runs one begun run in this process, taking it over from the process that began it.</summary>
    /// <returns>How it ended, and whether the run was left open for another attempt.</returns>
    public async Task<(MakingEnd End, bool LeftOpen)> RunStepAsync(RunId run, TimeSpan? limit, bool keepOpen, Action<MakingProgress>? progress, CancellationToken stop)
    {
        var (record, node, inputs) = await RecordedAsync(run, stop);
        var recipe = Recipe.Of(node, at.Program.ProjectDigest, record.Plan.Seed);
        if (recipe.Key != record.Plan.RecipeKey)
            throw new KumikiException(Message.Of("making.other-program", ("run", run), ("planned", record.Plan.RecipeKey.Short), ("here", recipe.Key.Short)));
        if (await at.Metadata.BeginAttemptAsync(run, LivingProcess.Current, stop) is not { } fence)
            throw new KumikiException(Message.Of("making.ended-already", ("run", run), ("state", record.State)));
        return await ExecuteAsync(node, run, fence, record.Plan, inputs, limit, keepOpen, progress, stop);
    }

    /// <summary>Makes what a run made once more, with its inputs, parameters and seed, and commits nothing.</summary>
    /// <returns>The version as it would be now; its blobs are in the store.</returns>
    public async Task<VersionRecord> RepeatAsync(RunId run, Action<MakingProgress>? progress, CancellationToken stop)
    {
        var (record, node, inputs) = await RecordedAsync(run, stop);
        using var journal = new RunJournal(null, run, at.Clock);
        using var scratch = at.Artifacts.NewScratch();
        var making = new MakingRun(node, run, record.Plan, inputs, at, scratch, journal, progress);
        await RunAssetAsync(node, making, stop);
        await journal.EndAsync();
        return making.Result();
    }

    async Task<(RunRecord Run, AssetNode Node, IReadOnlyDictionary<string, VersionRecord> Inputs)> RecordedAsync(RunId run, CancellationToken stop)
    {
        var record = await at.Metadata.RunAsync(run, stop) ?? throw new KumikiException(Message.Of("making.no-run", ("run", run)));
        var node = graph.Sound()[record.Asset];
        var inputs = await at.Metadata.VersionsAsync(record.Plan.Inputs, stop);
        foreach (var input in record.Plan.Inputs)
            if (!inputs.ContainsKey(input)) throw new KumikiException(Message.Of("making.no-version", ("version", input)));
        return (record, node, inputs.Values.ToDictionary(v => v.Asset, StringComparer.Ordinal));
    }

    /// <summary>Why the version of an asset that is in use (else its newest) is out of date; nothing is made.</summary>
    /// <returns>The version looked at, null where there is none, and the causes; none means it is up to date.</returns>
    public async Task<(VersionRecord? Version, IReadOnlyList<StaleCause> Causes)> WhyAsync(string asset, CancellationToken stop) =>
        (await StatusAsync([graph.Sound()[asset]], stop))[asset];

    /// <summary>The state of every asset.</summary>
    public Task<IReadOnlyDictionary<string, (VersionRecord? Version, IReadOnlyList<StaleCause> Causes)>> StatusAsync(CancellationToken stop) => StatusAsync(graph.Sound().Nodes, stop);

    async Task<IReadOnlyDictionary<string, (VersionRecord? Version, IReadOnlyList<StaleCause> Causes)>> StatusAsync(IReadOnlyList<AssetNode> asked, CancellationToken stop)
    {
        var nodes = asked.Count == graph.Nodes.Count ? asked : [.. asked.SelectMany(a => graph.Upstream(a.Name)).Distinct()];
        var shelf = await InputShelf.ReadAsync(at.Metadata, new MakeOrder(""), stop);
        var newest = await at.Metadata.NewestAsync(stop);
        await shelf.LoadAsync(nodes, stop);
        var own = await shelf.InUseAsync(nodes, newest, stop);
        var result = new Dictionary<string, (VersionRecord?, IReadOnlyList<StaleCause>)>(StringComparer.Ordinal);
        foreach (var node in graph.Nodes.Where(nodes.Contains))
        {
            if (!own.TryGetValue(node.Name, out var version))
            {
                result[node.Name] = (null, [new StaleCause.Never()]);
                continue;
            }
            if (node.IsBroughtIn)
            {
                result[node.Name] = (version, []);
                continue;
            }
            var run = (await at.Metadata.RunAsync(version.MadeBy, stop))!;
            var recipe = Recipe.Of(node, at.Program.ProjectDigest, run.Plan.Seed);
            if (recipe.Key != run.Plan.RecipeKey && (await at.Metadata.MakingsAsync(node.Name, recipe.Key, 20, stop)).FirstOrDefault(m => m.Result == version.Name) is { } later)
                run = later;    // made again since by the present recipe, with an identical result
            var inputs = node.Inputs.Select(i => own.GetValueOrDefault(i.Asset)).OfType<VersionRecord>().ToList();
            var causes = Staleness.Of(run, recipe, inputs, await OutsideNowOrNoneAsync(node, stop)).ToList();
            foreach (var input in node.Inputs.Where(i => result.TryGetValue(i.Asset, out var state) && state.Item2.Count > 0))
                if (own.ContainsKey(input.Asset)) causes.Add(new StaleCause.Upstream(input.Asset));
            result[node.Name] = (version, causes);
        }
        return result;
    }

    /// <summary>A source that cannot be looked at makes nothing stale: its making will say what is wrong.</summary>
    async Task<IReadOnlyList<OutsideRead>?> OutsideNowOrNoneAsync(AssetNode node, CancellationToken stop)
    {
        try
        {
            return await OutsideNowAsync(node, stop);
        }
        catch (KumikiException)
        {
            return null;
        }
    }
}
