using System.Collections.Concurrent;

namespace Kumiki.Making;

/// <summary>A figure that the trials of an asset yield.</summary>
public sealed record TrialFigure(string Name, bool HigherIsBetter = false);

/// <summary>An outer fold of a nested cross-validation. What is searched sees the rows that the fold trains on and no others; what was found there is judged on
/// the rows that it tries.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Of">Folds there are.</param>
/// <param name="Judges">Whether this trial judges what was found; else it is one of the search.</param>
public sealed record OuterFold(int Number, int Of, bool Judges)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"outer fold {Number} of {Of}");
}

/// <summary>How an asset is to try its parameters, and what its trials have in common.</summary>
/// <remarks>A trial is a run that ends with figures and no version: what it tells by <see cref="MakingRun.Metric"/> is kept, files are not.</remarks>
public sealed class Trial
{
    readonly TrialShelf shelf;

    readonly OuterFold? outer;

    internal Trial(TrialShelf shelf, TrialPlan plan, int threads) =>
        (this.shelf, outer, Folds, Share, Threads) = (shelf, plan.Outer, plan.Folds, plan.Share, threads);

    /// <summary>Folds of a cross-validation to judge by, 2 or more; null: by rows kept aside for it.</summary>
    public int? Folds { get; }

    /// <summary>The share of the whole effort to spend, in (0, 1]: of rounds, or of the rows to learn from.</summary>
    public double Share { get; }

    /// <summary>The outer fold it is confined to; null: it may look at all rows that train and validate.</summary>
    public OuterFold? Outer
    {
        get
        {
            LookedAtOuter = true;
            return outer;
        }
    }

    /// <summary>Whether it was asked for: a trial that did not ask has looked at rows it must not see.</summary>
    internal bool LookedAtOuter { get; private set; }

    /// <summary>Threads to compute with, 1 or more: trials that run at the same time divide the processors.</summary>
    public int Threads { get; }

    /// <summary>What all trials of a study need alike, worked out by the first that asks for it.</summary>
    /// <param name="key">Tells apart what depends on parameters.</param>
    /// <param name="work">A <see cref="KumikiException"/> of it ends the whole study, since no other trial would fare better.</param>
    public T Shared<T>(string key, Func<CancellationToken, T> work)
        where T : class => shelf.Get(key, work);
}

/// <summary>What the trials of one study share.</summary>
/// <param name="stop">Ends the study.</param>
sealed class TrialShelf(CancellationToken stop)
{
    readonly ConcurrentDictionary<string, Lazy<object>> shared = new(StringComparer.Ordinal);

    public T Get<T>(string key, Func<CancellationToken, T> work)
        where T : class
    {
        try
        {
            return (T)shared.GetOrAdd(key, _ => new(() => work(stop))).Value;
        }
        catch (KumikiException e) when (e is not StudyEndedException)
        {
            throw new StudyEndedException(e);
        }
    }
}

/// <summary>No trial of a study can be tried, for a reason that has nothing to do with parameters.</summary>
sealed class StudyEndedException(KumikiException why) : KumikiException(why.Says, why);

/// <summary>A trial that has not run yet: the asset with the parameters to try, and what the run is to record.</summary>
/// <param name="Node">Of the graph's asset with other parameters.</param>
/// <param name="Plan">Its making key says what is tried: two trials with one key are one trial.</param>
public sealed record TrialPlan(AssetNode Node, RunPlan Plan, int? Folds, double Share, OuterFold? Outer);

/// <summary>How a trial ended.</summary>
/// <param name="Why">Why it failed; null where it has figures.</param>
public sealed record TrialEnd(RunId Run, IReadOnlyDictionary<string, double> Figures, Message? Why);
