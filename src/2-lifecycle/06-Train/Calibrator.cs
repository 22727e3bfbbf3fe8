using Kumiki.Onnx;
using Kumiki.Training;

namespace Kumiki;

/// <summary>How a model's probabilities are made to say the share of rows that turn out so.</summary>
public enum Calibrator
{
    /// <summary>Two numbers: a scale of the log odds and a shift. Of two classes. Platt 1999, "Probabilistic outputs for support vector machines"; targets are
    /// smoothed as there.</summary>
    Platt,

    /// <summary>Any rising curve, by as many points as the rows call for. Of two classes; wants some thousand validation rows. Zadrozny and Elkan 2002,
    /// "Transforming classifier scores into accurate multiclass probability estimates".</summary>
    Isotonic,

    /// <summary>One number, the scale of the log odds: which class is the likeliest never changes. Guo et al. 2017, "On calibration of modern neural
    /// networks".</summary>
    Temperature,
}

/// <summary>Learns from rows that were not trained on what probabilities mean.</summary>
static class ProbabilityCalibration
{
    /// <summary>Probabilities at 0 and 1 have no logarithm.</summary>
    const double Least = 1e-7;

    /// <summary>The learner with calibrated probabilities.</summary>
    /// <param name="scores">[rows × width] of the calibration rows: the probability of the positive one of two classes, or one for each class.</param>
    /// <param name="truth">[rows] numbers of classes.</param>
    /// <param name="weights">[rows] or null.</param>
    /// <exception cref="KumikiException">All rows are of one class.</exception>
    public static OnnxModel Of(Calibrator by, OnnxModel learner, ReadOnlySpan<float> scores, int width, double[] truth, double[]? weights, string column,
        TrainingCourse course)
    {
        if (truth.Where((_, row) => weights?[row] is not 0).Distinct().Count() < 2) throw new KumikiException(Message.Of("training.calibrate-class", ("column", column), ("rows", truth.Length)));
        if (by == Calibrator.Isotonic)
        {
            var (from, to) = Isotonic(scores, truth, weights);
            course.Metric("calibration.points", from.Length, 0);
            return Learners.Through(learner, from, to);
        }
        var (power, factor) = by == Calibrator.Platt ? Platt(scores, truth, weights) : (Temperature(scores, width, truth, weights), 1);
        course.Metric("calibration.power", power, 0);
        if (by == Calibrator.Platt) course.Metric("calibration.factor", factor, 0);
        return width == 1 ? Learners.WithOdds(learner, (float)power, (float)factor) : Learners.Sharpened(learner, (float)power);
    }

    /// <summary>The power and the factor of the odds against the positive class under which the smoothed truths are likeliest.</summary>
    /// <remarks>Newton's method with halved steps: Lin, Lin and Weng 2007, "A note on Platt's probabilistic outputs for support vector machines".</remarks>
    public static (double Power, double Factor) Platt(ReadOnlySpan<float> scores, double[] truth, double[]? weights)
    {
        var odds = new double[scores.Length];
        for (var row = 0; row < odds.Length; row++) odds[row] = LogOdds(scores[row]);
        var (positive, negative) = (0.0, 0.0);
        for (var row = 0; row < truth.Length; row++)
        {
            if (truth[row] > 0) positive += weights?[row] ?? 1;
            else negative += weights?[row] ?? 1;
        }
        var (high, low) = ((positive + 1) / (positive + 2), 1 / (negative + 2));

        var (slope, shift) = (0.0, Math.Log((positive + 1) / (negative + 1)));
        var loss = Loss(slope, shift);
        for (var step = 0; step < 100; step++)
        {
            var (gSlope, gShift, hSlope, hBoth, hShift) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
            for (var row = 0; row < odds.Length; row++)
            {
                var (weight, p) = (weights?[row] ?? 1, 1 / (1 + Math.Exp(-(slope * odds[row] + shift))));
                var (miss, curve) = (weight * (p - (truth[row] > 0 ? high : low)), weight * p * (1 - p));
                (gSlope, gShift) = (gSlope + miss * odds[row], gShift + miss);
                (hSlope, hBoth, hShift) = (hSlope + curve * odds[row] * odds[row], hBoth + curve * odds[row], hShift + curve);
            }
            if (Math.Max(Math.Abs(gSlope), Math.Abs(gShift)) < 1e-10 * odds.Length) break;
            var determinant = hSlope * hShift - hBoth * hBoth;
            var (dSlope, dShift) = (-(hShift * gSlope - hBoth * gShift) / determinant, -(hSlope * gShift - hBoth * gSlope) / determinant);
            var length = 1.0;
            double next;
            while ((next = Loss(slope + length * dSlope, shift + length * dShift)) > loss && length > 1e-10) length /= 2;
            if (next >= loss) break;
            (slope, shift, loss) = (slope + length * dSlope, shift + length * dShift, next);
        }
        return (slope, Math.Exp(-shift));

        double Loss(double slope, double shift)
        {
            var sum = 0.0;
            for (var row = 0; row < odds.Length; row++)
            {
                var z = slope * odds[row] + shift;
                // log(1 + e^z) − t·z, without overflow
                sum += (weights?[row] ?? 1) * (Math.Max(z, 0) + Math.Log(1 + Math.Exp(-Math.Abs(z))) - (truth[row] > 0 ? high : low) * z);
            }
            return sum;
        }
    }

    /// <summary>The power, 1 / T, under which the truths are likeliest; in [0.05, 20].</summary>
    public static double Temperature(ReadOnlySpan<float> scores, int width, double[] truth, double[]? weights)
    {
        var classes = Math.Max(2, width);
        var logs = new double[truth.Length * classes];
        for (var row = 0; row < truth.Length; row++)
        {
            if (width == 1) logs[row * 2 + 1] = LogOdds(scores[row]);
            else for (var c = 0; c < classes; c++) logs[row * classes + c] = Math.Log(Math.Max(scores[row * width + c], Least));
        }
        // The loss has one valley: its slope rises, and is 0 at the bottom.
        var (low, high) = (0.05, 20.0);
        while (high - low > 1e-12 * high)
        {
            var middle = (low + high) / 2;
            if (middle == low || middle == high) break;
            if (Slope(middle) > 0) high = middle;
            else low = middle;
        }
        return (low + high) / 2;

        double Slope(double power)
        {
            var slope = 0.0;
            for (var row = 0; row < truth.Length; row++)
            {
                var own = logs.AsSpan(row * classes, classes);
                var (most, all, mean) = (double.NegativeInfinity, 0.0, 0.0);
                foreach (var log in own) most = Math.Max(most, log * power);
                foreach (var log in own)
                {
                    var share = Math.Exp(log * power - most);
                    (all, mean) = (all + share, mean + share * log);
                }
                slope += (weights?[row] ?? 1) * (mean / all - own[(int)truth[row]]);
            }
            return slope;
        }
    }

    /// <summary>The rising curve nearest to the truths, by its corners.</summary>
    /// <returns>[corners] scores, each above the one before, and the probabilities there, none below the one before.</returns>
    /// <remarks>Pool adjacent violators; corners that lie on a level between others are left out, as scikit-learn's <c>IsotonicRegression</c> does.</remarks>
    public static (float[] From, float[] To) Isotonic(ReadOnlySpan<float> scores, double[] truth, double[]? weights)
    {
        var order = Enumerable.Range(0, truth.Length).ToArray();
        Array.Sort(scores.ToArray(), order);
        var (places, blocks) = (new List<float>(), new List<(double Sum, double Weight, int Places)>());
        foreach (var row in order)
        {
            var weight = weights?[row] ?? 1;
            if (weight == 0) continue;
            if (places.Count > 0 && places[^1] == scores[row])
            {
                var last = blocks[^1];
                blocks[^1] = (last.Sum + weight * truth[row], last.Weight + weight, last.Places);
            }
            else
            {
                places.Add(scores[row]);
                blocks.Add((weight * truth[row], weight, 1));
            }
        }
        var levels = new List<(double Sum, double Weight, int Places)>();
        foreach (var block in blocks)
        {
            levels.Add(block);
            while (levels.Count > 1 && levels[^2].Sum / levels[^2].Weight >= levels[^1].Sum / levels[^1].Weight)
            {
                levels[^2] = (levels[^2].Sum + levels[^1].Sum, levels[^2].Weight + levels[^1].Weight, levels[^2].Places + levels[^1].Places);
                levels.RemoveAt(levels.Count - 1);
            }
        }
        var (from, to) = (new List<float>(), new List<float>());
        var at = 0;
        foreach (var level in levels)
        {
            var probability = (float)(level.Sum / level.Weight);
            Corner(places[at], probability);
            if (level.Places > 1) Corner(places[at + level.Places - 1], probability);
            at += level.Places;
        }
        return ([.. from], [.. to]);

        void Corner(float place, float probability)
        {
            from.Add(place);
            to.Add(probability);
        }
    }

    static double LogOdds(float score)
    {
        var p = Math.Clamp(score, Least, 1 - Least);
        return Math.Log(p / (1 - p));
    }
}
