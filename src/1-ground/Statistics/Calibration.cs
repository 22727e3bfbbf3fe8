namespace Kumiki.Statistics;

/// <summary>How probabilities are put into bins.</summary>
public enum Binning
{
    /// <summary>Equal steps from 0 to 1.</summary>
    EqualWidth,

    /// <summary>About as many rows each, cut at quantiles (of weight, where there are weights); equal probabilities stay together.</summary>
    EqualCount,
}

/// <summary>Rows whose probability is above <paramref name="Above"/> and at most <paramref name="UpTo"/>; the first bin holds its lower end too.</summary>
/// <param name="Weight">Of its rows; their count where no weights were given.</param>
/// <param name="Predicted">Their mean probability.</param>
/// <param name="Observed">The share of them that is positive.</param>
public readonly record struct ReliabilityBin(double Above, double UpTo, double Weight, double Predicted, double Observed);

/// <summary>What makes up a Brier score: Reliability − Resolution + Uncertainty + WithinBins. Murphy 1973; Stephenson, Coelho and Jolliffe 2008.</summary>
/// <param name="Reliability">Mean squared distance of bins from the diagonal; lower is better.</param>
/// <param name="Resolution">Mean squared distance of the bins' shares from the overall share; higher is better.</param>
/// <param name="Uncertainty">Share · (1 − share) of the truth; the model cannot help it.</param>
/// <param name="WithinBins">What differing probabilities inside bins add; 0 where each bin holds one.</param>
public readonly record struct BrierParts(double Reliability, double Resolution, double Uncertainty, double WithinBins);

/// <summary>Probabilities against what happened, bin by bin.</summary>
/// <param name="Bins">Bins that hold rows, rising.</param>
/// <param name="ExpectedError">Mean distance of the bins from the diagonal by weight (ECE). Naeini, Cooper and Hauskrecht 2015. Depends on the bins.</param>
/// <param name="MaxError">The greatest distance (MCE).</param>
public sealed record Reliability(IReadOnlyList<ReliabilityBin> Bins, double ExpectedError, double MaxError, BrierParts Brier);

/// <summary>The logistic line of the truth on the log odds of the probabilities. Cox 1958; Van Calster et al. 2019.</summary>
/// <param name="Slope">1 is calibrated; below 1 the probabilities are too extreme.</param>
/// <param name="Intercept">0 is calibrated, where the slope is 1.</param>
/// <param name="InterceptAtSlopeOne">With the slope held at 1 (calibration in the large): above 0 the probabilities are too low.</param>
public readonly record struct CalibrationLine(double Slope, double Intercept, double InterceptAtSlopeOne);

/// <summary>Whether probabilities mean what they say.</summary>
/// <remarks>CalibrationTests agrees with scikit-learn's calibration_curve, and a logistic fit in scipy, to 1e-9.</remarks>
public static class Calibration
{
    /// <summary>The reliability diagram, its errors and the parts of the Brier score.</summary>
    /// <param name="probabilities">[n] in [0, 1].</param>
    /// <param name="truth">[n] 1 or 0.</param>
    /// <param name="bins">How many bins, 1 or more; empty ones are left out.</param>
    /// <param name="weights">[n] zero or more, or none at all.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are no bins.</exception>
    /// <exception cref="KumikiException">No rows, a probability outside [0, 1], a truth that is not 0 or 1, or weights that are negative or sum to
    /// zero.</exception>
    /// <remarks>O(n log bins), with sorting for equal counts.</remarks>
    public static Reliability Reliability(
        ReadOnlySpan<double> probabilities, ReadOnlySpan<double> truth, int bins = 10, Binning by = Binning.EqualWidth, ReadOnlySpan<double> weights = default)
    {
        Given.AtLeast(bins, 1, nameof(bins));
        var total = Check("Reliability", probabilities, truth, weights);
        var edges = by == Binning.EqualWidth ? Steps(bins) : Quantiles(probabilities, weights, bins);
        var (all, predicted, observed) = (new double[bins], new double[bins], new double[bins]);
        var brier = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            var w = weights.IsEmpty ? 1 : weights[i];
            var bin = BinOf(edges, probabilities[i]);
            all[bin] += w;
            predicted[bin] += w * probabilities[i];
            observed[bin] += w * truth[i];
            brier += w * (probabilities[i] - truth[i]) * (probabilities[i] - truth[i]);
        }

        var found = new List<ReliabilityBin>();
        double share = observed.Sum() / total, expected = 0, max = 0, reliability = 0, resolution = 0;
        for (var b = 0; b < bins; b++)
        {
            if (all[b] == 0) continue;
            var bin = new ReliabilityBin(edges[b], edges[b + 1], all[b], predicted[b] / all[b], observed[b] / all[b]);
            var off = Math.Abs(bin.Predicted - bin.Observed);
            expected += all[b] / total * off;
            max = Math.Max(max, off);
            reliability += all[b] / total * off * off;
            resolution += all[b] / total * (bin.Observed - share) * (bin.Observed - share);
            found.Add(bin);
        }
        var uncertainty = share * (1 - share);
        return new(found, expected, max, new(reliability, resolution, uncertainty, brier / total - (reliability - resolution + uncertainty)));
    }

    /// <summary>Slope and intercept of the logistic line.</summary>
    /// <inheritdoc cref="Reliability(ReadOnlySpan{double}, ReadOnlySpan{double}, int, Binning, ReadOnlySpan{double})"/>
    /// <exception cref="UndefinedFigureException">One class, probabilities all alike, or classes that they separate without overlap.</exception>
    /// <remarks>Newton's method to 1e-12; probabilities are kept 2⁻⁵² away from 0 and 1.</remarks>
    public static CalibrationLine Line(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights = default)
    {
        const string metric = "The calibration line";
        Check(metric, probabilities, truth, weights);
        double positives = 0, negatives = 0;
        var odds = new double[truth.Length];
        for (var i = 0; i < odds.Length; i++)
        {
            var p = Math.Clamp(probabilities[i], Logs.Epsilon, 1 - Logs.Epsilon);
            odds[i] = Math.Log(p / (1 - p));
            if (truth[i] == 1) positives += weights.IsEmpty ? 1 : weights[i];
            else negatives += weights.IsEmpty ? 1 : weights[i];
        }
        if (positives == 0) throw Given.OneClass(metric, 1);
        if (negatives == 0) throw Given.OneClass(metric, 0);
        var (_, alone) = Fit(metric, odds, truth, weights, sloped: false);
        var (slope, intercept) = Fit(metric, odds, truth, weights, sloped: true);
        return new(slope, intercept, alone);
    }

    static (double Slope, double Intercept) Fit(string metric, double[] odds, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights, bool sloped)
    {
        double slope = sloped ? 0 : 1, intercept = 0, loss = Loss(odds, truth, weights, slope, intercept);
        for (var round = 0; round < 100; round++)
        {
            double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
            for (var i = 0; i < odds.Length; i++)
            {
                var w = weights.IsEmpty ? 1 : weights[i];
                var p = 1 / (1 + Math.Exp(-(slope * odds[i] + intercept)));
                var (miss, spread) = (w * (truth[i] - p), w * p * (1 - p));
                (g0, g1) = (g0 + miss, g1 + miss * odds[i]);
                (h00, h01, h11) = (h00 + spread, h01 + spread * odds[i], h11 + spread * odds[i] * odds[i]);
            }
            var determinant = h00 * h11 - h01 * h01;
            if (!(h00 > 1e-12) || (sloped && !(determinant > 1e-12 * h00 * h11))) break;
            var (byIntercept, bySlope) = sloped ? ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant) : (g0 / h00, 0);
            for (var halvings = 0; halvings < 40; halvings++)
            {
                var next = Loss(odds, truth, weights, slope + bySlope, intercept + byIntercept);
                if (next <= loss + 1e-12 * Math.Abs(loss))
                {
                    loss = next;
                    break;
                }
                (byIntercept, bySlope) = (byIntercept / 2, bySlope / 2);
            }
            (slope, intercept) = (slope + bySlope, intercept + byIntercept);
            if (Math.Abs(bySlope) <= 1e-12 * (1 + Math.Abs(slope)) && Math.Abs(byIntercept) <= 1e-12 * (1 + Math.Abs(intercept))) return (slope, intercept);
        }
        throw new UndefinedFigureException(Message.Of("statistics.separated", ("metric", metric)));
    }

    static double Loss(double[] odds, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights, double slope, double intercept)
    {
        var sum = 0.0;
        for (var i = 0; i < odds.Length; i++)
        {
            var z = slope * odds[i] + intercept;
            sum += (weights.IsEmpty ? 1 : weights[i]) * (Math.Max(z, 0) - z * truth[i] + Logs.OnePlus(Math.Exp(-Math.Abs(z))));
        }
        return sum;
    }

    static double[] Steps(int bins)
    {
        var edges = new double[bins + 1];
        for (var i = 0; i < bins; i++) edges[i] = i * (1.0 / bins);     // numpy's linspace, to the last digit
        edges[bins] = 1;
        return edges;
    }

    static double[] Quantiles(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> weights, int bins)
    {
        var sorted = probabilities.ToArray();
        var by = weights.ToArray();
        if (weights.IsEmpty) Array.Sort(sorted);
        else Array.Sort(sorted, by);
        return Array.ConvertAll(Steps(bins), share => by.Length == 0 ? Sorted.Quantile(sorted, share) : Sorted.WeightedQuantile(sorted, by, share));
    }

    /// <summary>How many inner edges lie below the probability.</summary>
    static int BinOf(double[] edges, double probability)
    {
        int from = 1, to = edges.Length - 1;
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (edges[middle] < probability) from = middle + 1;
            else to = middle;
        }
        return from - 1;
    }

    static double Check(string metric, ReadOnlySpan<double> probabilities, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights)
    {
        Given.SameLength(truth.Length, probabilities.Length, nameof(probabilities));
        Given.Rows(metric, truth.Length);
        Given.Probabilities(metric, probabilities);
        Given.Flags(metric, truth);
        return Given.Weights(metric, weights, truth.Length);
    }
}
