using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Kumiki.Statistics;

/// <summary>Measures one resample: how often each row was drawn, in the row order of the <see cref="Resampling"/>, and the figures to fill; NaN where one is
/// not defined.</summary>
/// <remarks>Called from several threads at once. An <see cref="UndefinedFigureException"/> makes all figures of that resample undefined.</remarks>
public delegate void CountedFigures(ReadOnlySpan<byte> counts, Span<double> figures);

/// <summary>As <see cref="CountedFigures"/>, with counts as weights (times the rows' own), as every figure of this project takes them.</summary>
public delegate void WeightedFigures(ReadOnlySpan<double> weights, Span<double> figures);

/// <summary>How many resamples, from which seed, on how many threads.</summary>
public sealed record BootstrapPlan
{
    /// <summary>How many resamples.</summary>
    /// <value>1000; for 1,000,000 rows 200 are enough for a 95 % percentile interval.</value>
    public int Resamples { get; init; } = 1000;

    /// <summary>Same seed, same resamples.</summary>
    /// <value>0.</value>
    public int Seed { get; init; }

    /// <summary>At most this many threads; results do not depend on it.</summary>
    /// <value>The processors of the machine.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Also measures what <see cref="BootstrapDraws.BiasCorrected"/> needs, up to 1,000 more passes over the rows, 100 where there are more than
    /// 1,000.</summary>
    /// <value>True.</value>
    public bool Accelerated { get; init; } = true;
}

/// <summary>Draws resamples and measures any figures on them.</summary>
/// <remarks>
/// Efron and Tibshirani 1993. Time is one pass of the measure a resample, memory one byte a row and thread: 200 resamples of 1,000,000 rows take about a
/// second a figure.
/// The cost is linear in rows times resamples, so above some 10 million rows ask for fewer resamples: 100 give the standard error to 7 %, and an interval from
/// it is then as good as a percentile one.
/// Two runs with the same resampling and seed draw the same rows, so their draws may be subtracted (<see cref="BootstrapDraws.Minus"/>): a paired comparison.
/// BootstrapTests plants a truth and counts how often intervals hold it, and agrees with scipy's intervals for the same resamples to 1e-9.
/// </remarks>
public static class Bootstrap
{
    const int OneByOne = 1000;
    const int Groups = 100;

    /// <summary>The figures on all rows, and on each resample.</summary>
    /// <param name="figures">How many figures <paramref name="measure"/> fills.</param>
    /// <returns>[figures]</returns>
    /// <exception cref="ArgumentException">The plan has no resamples, or there are no figures.</exception>
    public static BootstrapDraws[] Run(Resampling rows, int figures, CountedFigures measure, BootstrapPlan? plan = null, CancellationToken stop = default)
    {
        plan ??= new();
        Given.AtLeast(figures, 1, nameof(figures));
        Given.AtLeast(plan.Resamples, 2, nameof(plan));
        Given.AtLeast(plan.Threads, 1, nameof(plan));

        var all = new double[figures];
        var every = new byte[rows.Rows];
        Array.Fill(every, (byte)1);
        measure(every, all);
        // Rows' counts are used again and again: a loop hands its work to new tasks every so often.
        var idle = new ConcurrentBag<(byte[] Counts, double[] Values)> { (every, new double[figures]) };

        var drawn = Measured(rows, figures, measure, plan, idle, plan.Resamples, (resample, counts) => rows.Draw(plan.Seed, resample, counts), stop);
        var jackknife = plan.Accelerated ? Jackknife(rows, figures, measure, plan, idle, stop) : [];
        int[] strata = plan.Accelerated ? [.. jackknife[0].Select((_, unit) => rows.Units <= OneByOne ? rows.StratumOf(unit) : 0)] : [];
        return [.. Enumerable.Range(0, figures).Select(f => new BootstrapDraws(all[f], drawn[f], plan.Accelerated ? jackknife[f] : [], strata))];
    }

    /// <summary>As <see cref="Run"/>, for any figure that takes weights; costs 8 bytes a row and thread.</summary>
    /// <param name="weights">[n] the rows' own weights, or none at all.</param>
    /// <inheritdoc cref="Run"/>
    public static BootstrapDraws[] RunWeighted(
        Resampling rows, int figures, WeightedFigures measure, ReadOnlySpan<double> weights, BootstrapPlan? plan = null, CancellationToken stop = default)
    {
        Given.Weights("The bootstrap", weights, rows.Rows);
        var own = weights.ToArray();
        using var scratch = new ThreadLocal<double[]>(() => new double[rows.Rows]);
        return Run(rows, figures, Measure, plan, stop);

        void Measure(ReadOnlySpan<byte> counts, Span<double> found)
        {
            var weighted = scratch.Value!;
            for (var i = 0; i < weighted.Length; i++) weighted[i] = own.Length == 0 ? counts[i] : counts[i] * own[i];
            measure(weighted, found);
        }
    }

    /// <summary>The figures with one unit left out at a time, or a random hundredth (of each stratum) where there are many.</summary>
    /// <remarks>
    /// The acceleration of n leave-one-out values and of 100 leave-a-group-out values estimate the same number, skewness / (6 √n); the second with a standard
    /// error of 0.004,
    /// which moves the ends of a 95 % interval by less than 0.1 % of probability.
    /// </remarks>
    static double[][] Jackknife(Resampling rows, int figures, CountedFigures measure, BootstrapPlan plan, ConcurrentBag<(byte[] Counts, double[] Values)> idle, CancellationToken stop) => rows.Units <= OneByOne
        ? Measured(rows, figures, measure, plan, idle, rows.Units, (number, counts) => rows.LeaveOut(unit => unit == number, counts), stop)
        : Measured(rows, figures, measure, plan, idle, Groups, (number, counts) => rows.LeaveOut(unit => rows.GroupOf(unit, Groups) == number, counts), stop);

    delegate void Fill(int number, Span<byte> counts);

    static double[][] Measured(
        Resampling rows, int figures, CountedFigures measure, BootstrapPlan plan, ConcurrentBag<(byte[] Counts, double[] Values)> idle, int times, Fill fill, CancellationToken stop)
    {
        var found = new double[figures][];
        for (var f = 0; f < figures; f++) found[f] = new double[times];
        var options = new ParallelOptions { MaxDegreeOfParallelism = plan.Threads, CancellationToken = stop };
        try
        {
            Parallel.For(0, times, options, () => idle.TryTake(out var scratch) ? scratch : (new byte[rows.Rows], new double[figures]), Measure, idle.Add);
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);        // what the measure said, not that it was said on a thread
        }
        return found;

        (byte[], double[]) Measure(int number, ParallelLoopState _, (byte[] Counts, double[] Values) scratch)
        {
            fill(number, scratch.Counts);
            try
            {
                measure(scratch.Counts, scratch.Values);
            }
            catch (UndefinedFigureException)
            {
                Array.Fill(scratch.Values, double.NaN);     // counted by BootstrapDraws.Undefined
            }
            for (var f = 0; f < figures; f++) found[f][number] = scratch.Values[f];
            return scratch;
        }
    }
}
