using System.Globalization;
using System.Runtime.ExceptionServices;
using Kumiki.Making;

namespace Kumiki.Tuning;

/// <summary>A search for an asset's best parameters. Every trial is a run; one that ended with figures is never repeated, neither by this study started again nor by another.</summary>
/// <remarks>1. Space, figure and inputs are looked at, 2. what to try is drawn or laid out, 3. each rung: trials that were tried before are taken as they
/// are, the others run, some at the same time, 4. of halving, the best go on to the next rung, 5. nested: 2 to 4 again within each outer fold, and the best
/// of each judged
/// there. Which trials there are and which is best does not depend on how many run at once or on how often the study was interrupted.</remarks>
public sealed class Study
{
    /// <summary>Trials that are laid out and looked up at once.</summary>
    const int Chunk = 1000;

    /// <summary>Trials whose end is being written while others compute.</summary>
    const int Writing = 256;

    readonly StudyOrder order;
    readonly Trials trials;
    readonly SearchSpace space;
    readonly TrialFigure by;
    readonly Action<MakingProgress>? tell;
    readonly OuterFold? outer;
    readonly string name;
    readonly Lock gate = new();
    readonly List<StudyTrial> ended = [];
    int expected;
    StudyTrial? best;

    /// <param name="outer">The outer fold it is confined to; null: none.</param>
    Study(StudyOrder order, Trials trials, SearchSpace space, TrialFigure by, Action<MakingProgress>? tell, OuterFold? outer)
    {
        (this.order, this.trials, this.space, this.by, this.tell, this.outer) = (order, trials, space, by, tell, outer);
        name = Digest.OfParts("study", order.Asset, order.Method.ToString(), order.Method == SearchMethod.Halving ? Text(order.Trials) : "", by.Name,
            Text(order.Folds ?? 0), Text(order.Seed), space.ToString(), string.Join(' ', trials.Inputs), trials.Code.Hex).Short;
    }

    /// <summary>Searches.</summary>
    /// <param name="maker">Over the graph whose parameters the trials change.</param>
    /// <exception cref="KumikiException">There is nothing to search as asked, no trial can be judged, or none has figures.</exception>
    public static async Task<StudyEnd> RunAsync(Maker maker, StudyOrder order, TimeProvider clock, Action<MakingProgress>? tell, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(order.Limit ?? Timeout.InfiniteTimeSpan, clock);
        using var broken = new CancellationTokenSource();
        using var halt = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token, broken.Token);
        var trials = await maker.TrialsAsync(order.Making, halt.Token);
        var by = trials.Figures.FirstOrDefault(f => order.By is null || f.Name == order.By) ?? throw new KumikiException(
            Message.Of("tune.figure", ("asset", order.Asset), ("figure", order.By), ("known", string.Join(", ", trials.Figures.Select(f => f.Name)))));
        var space = SearchSpace.Of(trials.Node, order.Search);
        var study = new Study(order, trials, space, by, tell, outer: null);
        var (state, nested) = (StudyState.Whole, default(NestedEnd));
        try
        {
            await study.SearchAsync(broken, halt.Token);
            if (order.Nested is { } folds && study.Best is { } plain)
            {
                var ended = new List<NestedFold>();
                for (var number = 1; number <= folds; number++)
                    ended.Add(await new Study(order, trials, space, by, tell, new(number, folds, Judges: false)).NestAsync(broken, halt.Token));
                nested = NestedEnd.Of(ended, by, plain.Figure);
            }
        }
        catch (OperationCanceledException) when (halt.IsCancellationRequested)
        {
            state = stop.IsCancellationRequested ? StudyState.Cancelled : StudyState.OutOfTime;
        }
        var end = new StudyEnd(study.name, order.Asset, state, by, trials.Inputs, study.Ranked()) { Nested = nested };
        if (end.Best is not null || state == StudyState.Cancelled) return end;
        throw new KumikiException(end.Trials is [var first, ..]
            ? Message.Of("tune.all-failed", ("asset", order.Asset), ("count", end.Trials.Count), ("run", first.Run), ("why", first.Why))
            : Message.Of("tune.all-late", ("asset", order.Asset), ("limit", order.Limit)));
    }

    async Task SearchAsync(CancellationTokenSource broken, CancellationToken halt)
    {
        var points = order.Method == SearchMethod.Grid ? space.GridPoints : 0;
        if (points > order.Trials)
            throw new KumikiException(Message.Of("tune.grid", ("names", string.Join(" × ", space.Ranges.Select(r => r.Parameter.Name))), ("points", points), ("trials", order.Trials)));
        List<Candidate> candidates = [.. (order.Method == SearchMethod.Grid ? space.Grid() : space.Draws(order.Seed, order.Trials)).Select((values, i) => new Candidate(i + 1, values))];
        IReadOnlyList<Rung> rungs = order.Method == SearchMethod.Halving ? Halving.Rungs(candidates.Count) : [new(candidates.Count, 1)];
        expected = rungs.Sum(r => r.Candidates);
        if (outer is null)
            Say(Message.Of("tune.begun", ("study", name), ("asset", order.Asset), ("trials", expected), ("method", order.Method.ToString().ToLowerInvariant()),
                ("space", space), ("figure", by.Name),
                ("judge", order.Folds is { } folds ? Message.Of("tune.by-folds", ("folds", folds)) : Message.Of("tune.by-validation"))));
        await TryAllAsync(candidates, rungs[0].Share, broken, halt);
        foreach (var (below, rung) in rungs.Zip(rungs.Skip(1)))
        {
            var goOn = Ranked().Where(t => t.Why is null && t.Share == below.Share).Take(rung.Candidates).Select(t => t.Number).ToHashSet();
            expected -= rung.Candidates - goOn.Count;
            await TryAllAsync([.. candidates.Where(c => goOn.Contains(c.Number))], rung.Share, broken, halt);
        }
    }

    /// <summary>Searches within the outer fold, and judges what was found there.</summary>
    async Task<NestedFold> NestAsync(CancellationTokenSource broken, CancellationToken halt)
    {
        var number = outer!.Number;
        await SearchAsync(broken, halt);
        var ranked = Ranked();
        if (ranked[0] is not { Why: null } winner) return new(number, null, null, double.NaN, new Dictionary<string, double>(), false, ranked[0].Why);

        var judging = outer with { Judges = true };
        var plan = trials.Plan(winner.Parameters, null, 1, $"study {name}, {judging}, judging trial {winner.Number}", judging);
        var before = (await trials.TriedAsync([plan], halt)).GetValueOrDefault(plan.Plan.MakingKey);
        var end = before is null ? await trials.TryAsync(plan, Environment.ProcessorCount, () => { }, halt) : new(before.Id, before.Figures, null);
        var value = end.Figures.GetValueOrDefault(by.Name, double.NaN);
        var why = end.Why ?? (double.IsNaN(value) ? Message.Of("tune.no-value", ("figure", by.Name)) : null);
        Say(why is null
            ? Message.Of("tune.outer", ("number", number), ("of", outer.Of), ("figure", by.Name), ("value", Written(value)), ("parameters", winner.Written))
            : Message.Of("tune.outer-failed", ("number", number), ("of", outer.Of), ("why", why)));
        return new(number, winner, end.Run, why is null ? value : double.NaN, end.Figures, before is not null, why);
    }

    /// <summary>What to try.</summary>
    sealed record Candidate(int Number, IReadOnlyDictionary<string, string> Values);

    async Task TryAllAsync(List<Candidate> candidates, double share, CancellationTokenSource broken, CancellationToken halt)
    {
        using var computing = new SemaphoreSlim(Math.Max(1, order.Parallel));
        using var under = new SemaphoreSlim(Math.Max(1, order.Parallel) + Writing);
        var processors = new ProcessorShares(Environment.ProcessorCount, Math.Max(1, order.Parallel));
        var running = new List<Task>();
        ExceptionDispatchInfo? fault = null;
        try
        {
            var later = candidates.Count;
            foreach (var chunk in candidates.Chunk(Chunk))
            {
                var plans = Array.ConvertAll(chunk, c => trials.Plan(c.Values, order.Folds, share, Note(c.Number, share), outer));
                var before = await trials.TriedAsync(plans, halt);
                later -= chunk.Length;
                var waiting = plans.Count(p => !before.ContainsKey(p.Plan.MakingKey));
                foreach (var (candidate, plan) in chunk.Zip(plans))
                {
                    if (before.TryGetValue(plan.Plan.MakingKey, out var run))
                    {
                        Ended(candidate, share, run.Id, run.Figures, null, before: true);
                        continue;
                    }
                    await under.WaitAsync(halt);
                    await computing.WaitAsync(halt);
                    var threads = processors.Take(later + waiting--);
                    running.Add(Task.Run(() => TryAsync(candidate, plan, threads), CancellationToken.None));
                }
            }
        }
        catch (OperationCanceledException) when (halt.IsCancellationRequested)
        {
            // Told below, when those that run have ended.
        }
        catch (KumikiException e)
        {
            lock (gate) fault ??= ExceptionDispatchInfo.Capture(e);
            await broken.CancelAsync();
        }
        await Task.WhenAll(running);
        fault?.Throw();
        halt.ThrowIfCancellationRequested();

        async Task TryAsync(Candidate candidate, TrialPlan plan, int threads)
        {
            try
            {
                var end = await trials.TryAsync(plan, threads, Computed, halt);
                Ended(candidate, share, end.Run, end.Figures, end.Why, before: false);
            }
            catch (OperationCanceledException) when (halt.IsCancellationRequested)
            {
                // It left nothing, or a cancelled run.
            }
            catch (Exception e)     // what one cannot do, no other can: the rest is not begun, and the first to find out is heard
            {
                lock (gate) fault ??= ExceptionDispatchInfo.Capture(e);
                await broken.CancelAsync();
            }
            finally
            {
                under.Release();
            }

            // The share comes back before the place is free, or the next to begin would find less than there is.
            void Computed()
            {
                processors.Return(threads);
                computing.Release();
            }
        }
    }

    string Note(int number, double share)
    {
        var within = outer is null ? "" : $", {outer}";
        var judged = order.Folds is { } folds ? string.Create(CultureInfo.InvariantCulture, $"over {folds} folds") : "on validation rows";
        var effort = share < 1 ? string.Create(CultureInfo.InvariantCulture, $", 1/{Math.Round(1 / share)} of the effort") : "";
        return string.Create(CultureInfo.InvariantCulture, $"study {name}{within}, trial {number}, by {by.Name} {judged}{effort}");
    }

    void Ended(Candidate candidate, double share, RunId run, IReadOnlyDictionary<string, double> figures, Message? why, bool before)
    {
        var value = figures.GetValueOrDefault(by.Name, double.NaN);
        if (why is null && double.IsNaN(value)) why = Message.Of("tune.no-value", ("figure", by.Name));
        var trial = new StudyTrial(candidate.Number, run, candidate.Values, share, why is null ? value : double.NaN, figures, before, why);
        lock (gate)
        {
            ended.Add(trial);
            var isBest = best is null ? why is null : Compare(trial, best) < 0;
            if (isBest) best = trial;
            if (isBest && outer is null)
                Say(Message.Of("tune.best", ("number", trial.Number), ("figure", by.Name), ("value", Written(value)), ("parameters", trial.Written)));
            var unit = outer is not null ? Message.Of("tune.unit-outer", ("number", outer.Number), ("of", outer.Of))
                : best is null ? Message.Of("tune.unit") : Message.Of("tune.unit-best", ("figure", by.Name), ("value", Written(best.Figure)));
            tell?.Invoke(new MakingProgress.Moved(order.Asset, ended.Count, expected, unit.ToString()));
        }
    }

    void Say(Message says) => tell?.Invoke(new MakingProgress.Said(order.Asset, "info", says.ToString()));

    /// <summary>The best so far; null where none has a figure.</summary>
    StudyTrial? Best => Ranked() is [{ Why: null } first, ..] ? first : null;

    List<StudyTrial> Ranked()
    {
        lock (gate) return [.. ended.Order(Comparer<StudyTrial>.Create(Compare))];
    }

    /// <summary>More effort before less, then by the figure, then by number; those without a figure last.</summary>
    int Compare(StudyTrial a, StudyTrial b)
    {
        if (a.Why is null != b.Why is null) return a.Why is null ? -1 : 1;
        if (a.Share != b.Share) return b.Share.CompareTo(a.Share);
        var figures = by.HigherIsBetter ? b.Figure.CompareTo(a.Figure) : a.Figure.CompareTo(b.Figure);
        return figures != 0 ? figures : a.Number.CompareTo(b.Number);
    }

    internal static string Written(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
