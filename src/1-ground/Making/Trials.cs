using System.Globalization;
using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>Trials of one asset's parameters on the same inputs; several may run at the same time.</summary>
/// <remarks>A trial that is over within a moment is begun and ended in one write, which many share; a longer one is begun in the store, so that a later start finds it crashed if this process dies.
/// A trial stays when it ends, cancelled ones excepted that were not begun yet.</remarks>
public sealed class Trials
{
    /// <summary>How long a trial runs before it is begun in the store.</summary>
    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    readonly ProjectGraph graph;
    readonly Workplace at;
    readonly Maker.OneMaking one;
    readonly TrialShelf shelf;

    internal Trials(ProjectGraph graph, Workplace at, Maker.OneMaking one, CancellationToken stop) => (this.graph, this.at, this.one, shelf) = (graph, at, one, new(stop));

    /// <summary>The asset as it stands in the graph.</summary>
    public AssetNode Node => one.Node;

    /// <summary>The figures a trial yields, the one it is judged by first.</summary>
    public IReadOnlyList<TrialFigure> Figures => one.Node.Instance!.TrialFigures;

    /// <summary>The input versions all trials take.</summary>
    public IReadOnlyList<VersionName> Inputs => [.. one.Inputs.Values.Select(v => v.Name).Order()];

    /// <summary>The digest of the program's own code.</summary>
    public Digest Code => one.Code.ProjectDigest;

    /// <summary>Lays out a trial.</summary>
    /// <param name="values">The parameters to try; the others stay as they are.</param>
    /// <param name="folds">See <see cref="Trial.Folds"/>.</param>
    /// <param name="share">See <see cref="Trial.Share"/>.</param>
    /// <param name="outer">See <see cref="Trial.Outer"/>.</param>
    /// <param name="note">Recorded with the run; no part of what makes two trials one.</param>
    /// <exception cref="KumikiException">See <see cref="ProjectGraph.Variant"/>; or the author's declaration throws with these values.</exception>
    public TrialPlan Plan(IReadOnlyDictionary<string, string> values, int? folds, double share, string note, OuterFold? outer = null)
    {
        var node = graph.Variant(one.Node.Name, values);
        RunPlan plan;
        try
        {
            plan = Maker.PlanOf(one with { Node = node }, Recipe.Of(node, one.Code.ProjectDigest, one.Order.Seed));
        }
        catch (Exception e) when (e is not KumikiException)
        {
            throw new KumikiException(Message.Of("making.threw", ("asset", Node.Name), ("type", e.GetType().Name), ("reason", e.Message), ("where", Maker.Place(e))), e);
        }
        var key = Digest.OfParts(
        [
            "trial", plan.MakingKey.Hex, folds?.ToString(CultureInfo.InvariantCulture) ?? "", share.ToString("R", CultureInfo.InvariantCulture),
            .. outer is null ? Array.Empty<string>() : [outer.ToString(), outer.Judges ? "judges" : "searches"],
        ]);
        return new(node, plan with { MakingKey = key, Notes = [note, .. plan.Notes] }, folds, share, outer);
    }

    /// <summary>Those that ended with figures before, in this study or another, by making key.</summary>
    public Task<IReadOnlyDictionary<Digest, RunRecord>> TriedAsync(IReadOnlyCollection<TrialPlan> plans, CancellationToken stop) =>
        at.Metadata.TriedAsync(Node.Name, [.. plans.Select(p => p.Plan.MakingKey)], stop);

    /// <summary>Runs a trial here and now, and keeps how it ended.</summary>
    /// <param name="threads">See <see cref="Trial.Threads"/>.</param>
    /// <param name="computed">Called once when only the writing is left, however it went: another trial may then compute.</param>
    /// <exception cref="KumikiException">Nothing of the study can be tried, or the store cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before it had its figures.</exception>
    public async Task<TrialEnd> TryAsync(TrialPlan plan, int threads, Action computed, CancellationToken stop)
    {
        var started = at.Clock.GetUtcNow();
        using var journal = new RunJournal(at.Metadata, null, at.Clock);
        using var scratch = at.Artifacts.NewScratch();
        var usage = new RunUsage();
        var making = new MakingRun(plan.Node, default, plan.Plan, one.Inputs, at, scratch, journal, null);
        using var over = new CancellationTokenSource();
        var beginning = BeginLaterAsync(plan, making, journal, over.Token);
        Message? why;
        try
        {
            why = await RunAsync(plan, threads, making, stop);
        }
        catch (Exception e) when (e is OperationCanceledException or StudyEndedException)
        {
            await over.CancelAsync();
            if (await beginning is { } begun)
            {
                await journal.EndAsync();
                var (state, says) = e is StudyEndedException study ? (RunState.Failed, study.Says) : (RunState.Cancelled, Message.Of("making.trial-cancelled", ("asset", Node.Name)));
                await at.Metadata.EndRunAsync(begun.Run, begun.Fence, state, says, usage.End(making.Steps), CancellationToken.None);
            }
            throw;
        }
        finally
        {
            computed();
        }

        await over.CancelAsync();
        var result = making.Result();
        var figures = why is null ? result.Metrics : new Dictionary<string, double>();
        var outcome = new TrialOutcome(started, figures, why, usage.End(making.Steps), result.Inputs, result.Outside);
        if (await beginning is { } lasting)
        {
            await journal.EndAsync();
            if (!await at.Metadata.EndTrialAsync(lasting.Run, lasting.Fence, outcome, CancellationToken.None)) throw new KumikiException(Message.Of("making.fenced", ("asset", Node.Name), ("run", lasting.Run)));
            return new(lasting.Run, figures, why);
        }
        var (points, lines) = journal.Take();
        return new(await at.Metadata.AddTrialAsync(Node.Name, plan.Plan, LivingProcess.Current, outcome, points, lines, CancellationToken.None), figures, why);
    }

    /// <returns>Why it failed; null where it did not.</returns>
    async Task<Message?> RunAsync(TrialPlan plan, int threads, MakingRun making, CancellationToken stop)
    {
        var limit = one.Order.Limit ?? plan.Node.Instance!.Running.Limit;
        using var timer = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, at.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timer.Token);
        try
        {
            if (plan.Node.Instance!.Check().FirstOrDefault(f => f.Severity == Severity.Refusal) is { } refusal) return refusal.Says;
            MakingRun.Current = making;
            var trial = new Trial(shelf, plan, threads);
            await plan.Node.Instance.TryAsync(making, trial, either.Token);
            if (plan.Outer is not null && !trial.LookedAtOuter)
                throw new StudyEndedException(new KumikiException(Message.Of("making.not-nested", ("asset", Node.Name))));
            return null;
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return Message.Of("making.trial-too-long", ("asset", Node.Name), ("limit", limit));
        }
        catch (KumikiException e) when (e is not StudyEndedException)
        {
            return e.Says;
        }
        catch (Exception e) when (e is not (OperationCanceledException or StudyEndedException))     // the author's code: whatever it throws is this trial's end, told with its place
        {
            making.Log("error", e.ToString());
            return Message.Of("making.threw", ("asset", Node.Name), ("type", e.GetType().Name), ("reason", e.Message), ("where", Maker.Place(e)));
        }
    }

    /// <returns>The run; null where the trial was over before, or where another process tries the same just now.</returns>
    async Task<RunBegun.Started?> BeginLaterAsync(TrialPlan plan, MakingRun making, RunJournal journal, CancellationToken over)
    {
        await Task.Delay(Moment, at.Clock, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (over.IsCancellationRequested) return null;
        if (await at.Metadata.BeginRunAsync(Node.Name, plan.Plan, LivingProcess.Current, CancellationToken.None) is not RunBegun.Started begun) return null;
        making.Run = begun.Run;
        journal.Begun(begun.Run);
        return begun;
    }
}
