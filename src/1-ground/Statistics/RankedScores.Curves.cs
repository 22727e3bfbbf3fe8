namespace Kumiki.Statistics;

/// <summary>A ROC curve from (0, 0) to (1, 1): at each threshold, falling from +∞, the share of each class that scores as high.</summary>
public sealed record RocCurve(IReadOnlyList<double> Thresholds, IReadOnlyList<double> FalsePositiveRate, IReadOnlyList<double> TruePositiveRate);

/// <summary>Precision against recall at each threshold, falling from +∞ (recall 0, precision 1 by convention) to the lowest score.</summary>
public sealed record PrecisionRecallCurve(IReadOnlyList<double> Thresholds, IReadOnlyList<double> Precision, IReadOnlyList<double> Recall);

public sealed partial class RankedScores
{
    /// <summary>Every distinct score (of weight above zero) as a threshold, falling, with what deciding "positive" from it upwards does. O(n) for all of
    /// them.</summary>
    public IEnumerable<(double Threshold, Confusion Confusion)> Cuts()
    {
        var (positives, negatives) = weights.Length == 0 ? Classes(new EqualWeights(), 0) : Classes(new GivenWeights(weights), 0);
        double hits = 0, alarms = 0, before = 0;
        for (var i = rows.Length - 1; i >= 0; i--)
        {
            var w = weights.Length == 0 ? 1 : weights[i];
            if (rows[i] >= Positive) hits += w;
            else alarms += w;
            if ((i > 0 && scores[i - 1] == scores[i]) || hits + alarms == before) continue;
            before = hits + alarms;
            yield return (scores[i], new(hits, alarms, Math.Max(0, positives - hits), Math.Max(0, negatives - alarms)));
        }
    }

    /// <summary>The ROC curve for plotting.</summary>
    /// <param name="points">At most about this many points, 2 or more. Where there are more distinct scores, a left-out point is at most 2 / (points − 1) from
    /// the kept one before it in either direction.</param>
    /// <exception cref="UndefinedFigureException">Only one class is present.</exception>
    public RocCurve RocCurve(int points = 500)
    {
        Given.AtLeast(points, 2, nameof(points));
        var (_, all) = Cuts().Last();
        if (all.TruePositive == 0) throw Given.OneClass("The ROC curve", 1);
        if (all.FalsePositive == 0) throw Given.OneClass("The ROC curve", 0);
        List<double> thresholds = [double.PositiveInfinity], alarms = [0], hits = [0];
        Sample(points, c => (c.FalsePositive / all.FalsePositive + c.TruePositive / all.TruePositive) / 2, (threshold, c) =>
        {
            thresholds.Add(threshold);
            alarms.Add(c.FalsePositive / all.FalsePositive);
            hits.Add(c.TruePositive / all.TruePositive);
        });
        return new(thresholds, alarms, hits);
    }

    /// <summary>The precision–recall curve for plotting.</summary>
    /// <param name="points">At most about this many points, 2 or more. Where there are more distinct scores, kept points are spread evenly over the share of
    /// rows decided positive and over recall.</param>
    /// <exception cref="UndefinedFigureException">There are no positives.</exception>
    public PrecisionRecallCurve PrecisionRecallCurve(int points = 500)
    {
        Given.AtLeast(points, 2, nameof(points));
        var (_, all) = Cuts().Last();
        if (all.TruePositive == 0) throw Given.OneClass("The precision-recall curve", 1);
        List<double> thresholds = [double.PositiveInfinity], precisions = [1], recalls = [0];
        Sample(points, c => ((c.FalsePositive + c.TruePositive) / all.Total + c.TruePositive / all.TruePositive) / 2, (threshold, c) =>
        {
            thresholds.Add(threshold);
            precisions.Add(c.Precision);
            recalls.Add(c.TruePositive / all.TruePositive);
        });
        return new(thresholds, precisions, recalls);
    }

    /// <summary>Keeps all cuts where they are few, else one for each step of <paramref name="along"/>, which rises from 0 to 1; always the last.</summary>
    void Sample(int points, Func<Confusion, double> along, Action<double, Confusion> keep)
    {
        var distinct = 1;
        for (var i = 1; i < scores.Length && distinct < points; i++)
            if (scores[i] != scores[i - 1]) distinct++;
        var step = distinct < points ? 0 : 1.0 / (points - 1);
        var next = step;
        (double Threshold, Confusion Confusion)? last = null;
        foreach (var cut in Cuts())
        {
            last = cut;
            var at = along(cut.Confusion);
            if (at < next) continue;
            keep(cut.Threshold, cut.Confusion);
            last = null;
            if (step > 0) next = (Math.Floor(at / step + 1e-9) + 1) * step;
        }
        if (last is { } end) keep(end.Threshold, end.Confusion);
    }
}
