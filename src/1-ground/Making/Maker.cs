using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>Makes versions of assets.</summary>
/// <remarks>
/// A call goes in steps: 1. the graph is sound, 2. the inputs of everything to be made are chosen and there, 3. assets are made, inputs first and independent ones at the same
/// time; each: 4. its recipe is written down, 5. a version that was made so before is reused, 6. a run begins, or the same running one is joined, 7. it runs here or in a process of
/// its own, again if it may, 8. its result is committed under its fence.
/// </remarks>
public sealed partial class Maker(ProjectGraph graph, Workplace at)
{
    /// <summary>Makes one asset, and what the order adds to it.</summary>
    /// <returns>How each making ended, in the order of the graph.</returns>
    /// <exception cref="KumikiException">The graph is not sound, or an input has no version: nothing ran.</exception>
    public async Task<IReadOnlyList<MakingEnd>> MakeAsync(MakeOrder order, Action<MakingProgress>? progress, CancellationToken stop)
    {
        graph.Sound();
        HashSet<AssetNode> targets = [graph[order.Asset], .. order.And.Select(a => graph[a])];
        if (targets.FirstOrDefault(t => t.IsBroughtIn) is { } imported) throw new KumikiException(Message.Of("imported.brought-in", ("asset", imported.Name)));
        var given = order.Use.ToDictionary(u => u.Asset, StringComparer.Ordinal);
        var nodes = new List<AssetNode>();
        if (order.Upstream) nodes.AddRange(Of(targets, graph.Upstream).Where(n => targets.Contains(n) || !given.ContainsKey(n.Name)));
        else nodes.AddRange(Of(targets, t => [graph[t]]));
        if (order.Downstream) nodes.AddRange(Of(targets, graph.Downstream).Where(n => !targets.Contains(n) && !nodes.Contains(n)));
        if (order.Upstream) nodes = Needed(nodes, targets, order, given);
        nodes.RemoveAll(n => n.IsBroughtIn);

        var shelf = await InputShelf.ReadAsync(at.Metadata, order, stop);
        await shelf.LoadAsync(nodes, stop);
        var missing = nodes.SelectMany(n => shelf.Missing(n, nodes)).ToList();
        if (missing.Count > 0) throw new InputsMissingException(missing);

        var code = await at.Program.KeepAsync(at.Metadata, at.Artifacts, at.ProjectFolder, stop);
        var environment = at.Program.Environment(at.Engines);
        using var places = new SemaphoreSlim(Math.Max(1, order.Parallel));
        var makings = new Dictionary<string, Task<MakingEnd>>(StringComparer.Ordinal);
        foreach (var (place, node) in nodes.Index())
        {
            var inputs = node.Inputs.Where(i => makings.ContainsKey(i.Asset)).Select(i => makings[i.Asset]).ToList();
            makings[node.Name] = Task.Run(() => AfterAsync(place + 1, node, inputs), CancellationToken.None);
        }
        return await Task.WhenAll(nodes.Select(n => makings[n.Name]));

        async Task<MakingEnd> AfterAsync(int place, AssetNode node, List<Task<MakingEnd>> inputs)
        {
            foreach (var input in await Task.WhenAll(inputs))
            {
                if (input.Result is { } made) shelf.Made(made);
                else return Told(new MakingEnd.Skipped(node.Name, Message.Of("making.skipped", ("asset", node.Name), ("input", input.Asset))));
            }
            try
            {
                await places.WaitAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return Told(new MakingEnd.Failed(node.Name, RunState.Cancelled, Message.Of("making.cancelled", ("asset", node.Name)), null));
            }
            try
            {
                var one = new OneMaking(node, shelf.Of(node), order, code, environment, place, nodes.Count, progress);
                return Told(await MakeOneAsync(one, stop));
            }
            finally
            {
                places.Release();
            }
        }

        MakingEnd Told(MakingEnd end)
        {
            progress?.Invoke(new MakingProgress.Ended(end.Asset, end));
            return end;
        }
    }

    /// <summary>What is reached from the targets, in the order of the graph.</summary>
    IEnumerable<AssetNode> Of(HashSet<AssetNode> targets, Func<string, IReadOnlyList<AssetNode>> reach)
    {
        if (targets.Count == 1) return reach(targets.First().Name);
        var reached = targets.SelectMany(t => reach(t.Name)).ToHashSet();
        return graph.Nodes.Where(reached.Contains);
    }

    /// <summary>Upstream of the targets, without what is only upstream of inputs given by version.</summary>
    static List<AssetNode> Needed(List<AssetNode> nodes, HashSet<AssetNode> targets, MakeOrder order, Dictionary<string, VersionName> given)
    {
        if (given.Count == 0) return nodes;
        var users = nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        var needed = targets.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = nodes.Count - 1; i >= 0; i--)
            if (needed.Contains(nodes[i].Name) || (order.Downstream && nodes[i].Inputs.Any(x => needed.Contains(x.Asset))))
            {
                needed.Add(nodes[i].Name);
                foreach (var input in nodes[i].Inputs.Where(x => users.ContainsKey(x.Asset))) needed.Add(input.Asset);
            }
        return [.. nodes.Where(n => needed.Contains(n.Name))];
    }

    internal sealed record OneMaking(AssetNode Node, IReadOnlyDictionary<string, VersionRecord> Inputs, MakeOrder Order, CodeRevision Code, RunEnvironment Environment, int Place, int Of, Action<MakingProgress>? Progress);

    async Task<MakingEnd> MakeOneAsync(OneMaking one, CancellationToken stop)
    {
        RunId? run = null;
        try
        {
            var recipe = Recipe.Of(one.Node, one.Code.ProjectDigest, one.Order.Seed);
            if (!one.Order.DespiteChecks) RefuseFailedChecks(one);
            if (await at.Metadata.VersionsAsync(one.Node.Name, 1, null, stop) is [{ Imported: not null }])
                throw new KumikiException(Message.Of("imported.asset-taken", ("asset", one.Node.Name)));
            if (!one.Order.Anew && await ReusableAsync(one.Node, recipe, one.Inputs, stop) is { } reusable)
                return new MakingEnd.Reused(one.Node.Name, reusable, Message.Of("making.reused", ("version", reusable.Name)), null);

            var plan = PlanOf(one, recipe);
            switch (await at.Metadata.BeginRunAsync(one.Node.Name, plan, LivingProcess.Current, stop))
            {
                case RunBegun.Joined joined:
                    return await JoinAsync(one.Node, joined.Run, stop);
                case RunBegun.Started started:
                    run = started.Run;
                    one.Progress?.Invoke(new MakingProgress.Started(one.Node.Name, started.Run, one.Place, one.Of));
                    return await AttemptsAsync(one, plan, started, stop);
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new MakingEnd.Failed(one.Node.Name, RunState.Cancelled, Message.Of("making.cancelled", ("asset", one.Node.Name)), run);
        }
        catch (KumikiException e)
        {
            return new MakingEnd.Failed(one.Node.Name, RunState.Failed, e.Says, run);
        }
    }

    internal static RunPlan PlanOf(OneMaking one, Recipe recipe)
    {
        List<VersionName> inputs = [.. one.Inputs.Values.Select(v => v.Name).Order()];
        var notes = one.Order.Notes.ToList();
        if (one.Order.UseNewest) notes.Add("--use newest");
        notes.AddRange(one.Order.Use.Where(inputs.Contains).Select(u => $"--use {u}"));
        if (one.Order.DespiteChecks) notes.Add("--despite-checks");
        if (one.Order.Anew) notes.Add("--anew");
        return new()
        {
            Parameters = one.Node.Parameters.ToDictionary(p => p.Name, p => p.Value),
            Upstream = one.Node.SetUpstream.ToDictionary(p => p.Parameter, p => p.Value),
            Seed = one.Order.Seed,
            RecipeKey = recipe.Key,
            MakingKey = recipe.With(inputs),
            Recipe = recipe.Parts,
            Inputs = inputs,
            Code = one.Code,
            Environment = one.Environment,
            Notes = notes,
        };
    }

    static void RefuseFailedChecks(OneMaking one)
    {
        foreach (var input in one.Inputs.Values)
            if (input.Checks.FirstOrDefault(c => !c.Held && c.Kind == CheckKind.Expectation) is { } failed)
                throw new KumikiException(Message.Of("making.input-failed", ("asset", one.Node.Name), ("input", input.Name), ("check", failed.Name), ("says", failed.Says)));
    }

    /// <summary>A version made by the same recipe from inputs of which the same was read.</summary>
    async Task<VersionRecord?> ReusableAsync(AssetNode node, Recipe recipe, IReadOnlyDictionary<string, VersionRecord> inputs, CancellationToken stop)
    {
        var candidates = await at.Metadata.MakingsAsync(node.Name, recipe.Key, 20, stop);
        if (candidates.Count == 0) return null;
        var current = inputs.Values.ToList();
        IReadOnlyList<OutsideRead>? outside = null;
        foreach (var candidate in candidates.Where(c => !Staleness.Inputs(c, current).Any()))
        {
            outside ??= await OutsideNowAsync(node, stop);
            if (outside is null) return null;
            if (!Staleness.Outside(candidate.Outside, outside).Any()) return await at.Metadata.VersionAsync(candidate.Result!.Value, stop);
        }
        return null;
    }

    /// <summary>All it would read outside; null where only reading tells whether it changed.</summary>
    async Task<IReadOnlyList<OutsideRead>?> OutsideNowAsync(AssetNode node, CancellationToken stop)
    {
        if (await node.Instance!.OutsideStatesAsync(stop) is not { } states) return null;
        var files = new List<OutsideRead>(states);
        foreach (var path in node.Instance!.OutsideFiles(at.ProjectFolder)) files.Add(await OutsideFile.LookFromAsync(at.ProjectFolder, path, at.Metadata, stop));
        return files;
    }

    /// <summary>Waits for a run of another call or process to end, and takes its result as ours.</summary>
    async Task<MakingEnd> JoinAsync(AssetNode node, RunId run, CancellationToken stop)
    {
        var revision = await at.Metadata.RevisionAsync(stop);
        var record = await at.Metadata.RunAsync(run, stop);
        if (record!.State == RunState.Running)
        {
            await foreach (var _ in at.Metadata.ChangesAsync(revision, stop))
            {
                record = await at.Metadata.RunAsync(run, stop);
                if (record!.State != RunState.Running) break;
                await at.Metadata.EndCrashedAsync(LivingProcess.IsAlive, stop);
            }
        }
        return await EndOfAsync(node, record!, stop);
    }

    async Task<MakingEnd> EndOfAsync(AssetNode node, RunRecord record, CancellationToken stop)
    {
        if (record.Result is not { } result)
            return new MakingEnd.Failed(node.Name, record.State, record.Error ?? Message.Of("making.crashed", ("asset", node.Name), ("run", record.Id)), record.Id);
        var version = (await at.Metadata.VersionAsync(result, stop))!;
        return record.State == RunState.Made
            ? new MakingEnd.Made(node.Name, version, record.Id)
            : new MakingEnd.Reused(node.Name, version, Message.Of("making.identical", ("version", version.Name)), record.Id);
    }
}

/// <summary>Something has to be made or staged first; it holds every such input, each with its mends.</summary>
public sealed class InputsMissingException(IReadOnlyList<Finding> findings)
    : KumikiException(Kumiki.Message.Of("making.inputs-missing", ("findings", string.Join("\n", findings.Select(f => $"- {f.Says}")))))
{
    public IReadOnlyList<Finding> Findings { get; } = findings;
}
