using MathNet.Numerics.Distributions;

namespace Kumiki.Statistics;

/// <summary>One figure on all rows and on each resample, and the intervals that follow.</summary>
/// <remarks>Quantiles of the resamples are linear between neighbours, as in numpy and scipy. Resamples in which the figure is not defined are left out and
/// counted.</remarks>
public sealed class BootstrapDraws
{
    readonly double[] values;           // by resample; NaN where undefined
    readonly double[] jackknife;        // empty where not accelerated
    readonly int[] strata;              // stratum of each jackknife value
    readonly Lazy<double[]> defined;

    internal BootstrapDraws(double estimate, double[] values, double[] jackknife, int[] strata)
    {
        (Estimate, this.values, this.jackknife, this.strata) = (estimate, values, jackknife, strata);
        defined = new(() =>
        {
            var sorted = Array.FindAll(values, v => !double.IsNaN(v));
            Array.Sort(sorted);
            return sorted;
        });
    }

    /// <summary>The figure on all rows.</summary>
    public double Estimate { get; }

    /// <summary>The figure of each resample; NaN where it is not defined.</summary>
    public IReadOnlyList<double> Values => values;

    /// <summary>In how many resamples the figure is not defined.</summary>
    public int Undefined => values.Length - defined.Value.Length;

    /// <summary>Standard deviation of the resamples.</summary>
    /// <exception cref="UndefinedFigureException">The figure is defined in fewer than half of the resamples.</exception>
    public double StandardError
    {
        get
        {
            var sorted = Enough();
            var mean = sorted.Average();
            return Math.Sqrt(sorted.Sum(v => (v - mean) * (v - mean)) / (sorted.Length - 1));
        }
    }

    /// <summary>The middle of the resamples.</summary>
    /// <param name="level">In (0, 1).</param>
    /// <exception cref="UndefinedFigureException">The figure is defined in fewer than half of the resamples, or (other intervals) not on all rows.</exception>
    /// <remarks>Efron and Tibshirani 1993, §13.3.</remarks>
    public Interval Percentile(double level = 0.95)
    {
        Given.Between(level, 0, 1, nameof(level));
        var sorted = Enough();
        return new(Sorted.Quantile(sorted, (1 - level) / 2), Sorted.Quantile(sorted, 1 - (1 - level) / 2), level);
    }

    /// <summary>The percentile interval mirrored at the estimate. Davison and Hinkley 1997, §5.2.</summary>
    /// <inheritdoc cref="Percentile"/>
    public Interval Basic(double level = 0.95)
    {
        var (low, high, _) = Percentile(level);
        if (double.IsNaN(Estimate)) throw TooFew();
        return new(2 * Estimate - high, 2 * Estimate - low, level);
    }

    /// <summary>The percentile interval corrected for bias and for a spread that depends on the figure (BCa). Efron and Tibshirani 1993, §14.3.</summary>
    /// <inheritdoc cref="Percentile"/>
    /// <exception cref="InvalidOperationException">The plan was not accelerated.</exception>
    /// <remarks>Where all leave-one-out values are alike the acceleration is 0; where no resample lies on one side of the estimate, half a one is taken
    /// to.</remarks>
    public Interval BiasCorrected(double level = 0.95)
    {
        Given.Between(level, 0, 1, nameof(level));
        if (jackknife.Length == 0) throw new InvalidOperationException("The bootstrap was run without acceleration. Run it with a plan that is Accelerated.");
        var sorted = Enough();
        if (double.IsNaN(Estimate)) throw TooFew();
        var (below, upTo) = (0, 0);
        foreach (var v in sorted)
        {
            if (v < Estimate) below++;
            if (v <= Estimate) upTo++;
        }
        var half = 0.5 / sorted.Length;
        var bias = Normal.InvCDF(0, 1, Math.Clamp((below + upTo) * half, half, 1 - half));
        var (acceleration, z) = (Acceleration(), Normal.InvCDF(0, 1, (1 - level) / 2));
        return new(Sorted.Quantile(sorted, Share(z)), Sorted.Quantile(sorted, Share(-z)), level);

        double Share(double at)
        {
            var shrunk = 1 - acceleration * (bias + at);        // not above 0 where a few rows decide everything
            return shrunk > 0 ? Normal.CDF(0, 1, bias + (bias + at) / shrunk) : at > 0 ? 1 : 0;
        }
    }

    internal double Acceleration()
    {
        double cubes = 0, squares = 0;
        foreach (var stratum in Enumerable.Range(0, jackknife.Length).Where(i => !double.IsNaN(jackknife[i])).GroupBy(i => strata[i], i => jackknife[i]))
        {
            var (left, mean, n) = (stratum.ToArray(), stratum.Average(), (double)stratum.Count());
            cubes += left.Sum(v => Math.Pow((n - 1) * (mean - v), 3)) / (n * n * n);
            squares += left.Sum(v => Math.Pow((n - 1) * (mean - v), 2)) / (n * n);
        }
        return squares > 0 ? cubes / Math.Pow(squares, 1.5) / 6 : 0;
    }

    /// <summary>The difference of two figures resample by resample: a paired comparison of two models on the same rows.</summary>
    /// <param name="other">Made with the same resampling, seed and number of resamples.</param>
    /// <exception cref="ArgumentException">The other has another number of resamples or leave-one-out values.</exception>
    public BootstrapDraws Minus(BootstrapDraws other)
    {
        if (values.Length != other.values.Length || jackknife.Length != other.jackknife.Length)
            throw new ArgumentException($"There are {values.Length} resamples, but {other.values.Length} others; run both with one plan.", nameof(other));
        return new(Estimate - other.Estimate, Difference(values, other.values), Difference(jackknife, other.jackknife), strata);

        static double[] Difference(double[] left, double[] right) => [.. left.Zip(right, (l, r) => l - r)];
    }

    /// <summary>Chance of an estimate as far from 0 as this one if the true figure were 0: of the resamples moved to 0, the share as far out, counting the
    /// data itself once.</summary>
    /// <returns>In (0, 1]; not below 1 / (resamples + 1).</returns>
    /// <exception cref="UndefinedFigureException">The figure is defined in fewer than half of the resamples, or not on all rows.</exception>
    /// <remarks>Two-sided. Efron and Tibshirani 1993, §16.4; Davison and Hinkley 1997, §4.2.</remarks>
    public double PValue()
    {
        var sorted = Enough();
        if (double.IsNaN(Estimate)) throw TooFew();
        return (1.0 + sorted.Count(v => Math.Abs(v - Estimate) >= Math.Abs(Estimate))) / (sorted.Length + 1);
    }

    double[] Enough() => defined.Value.Length >= 2 && defined.Value.Length * 2 >= values.Length ? defined.Value : throw TooFew();

    UndefinedFigureException TooFew() => new(Message.Of("statistics.resamples", ("defined", defined.Value.Length), ("resamples", values.Length)));
}
