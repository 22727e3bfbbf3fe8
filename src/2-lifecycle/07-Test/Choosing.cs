namespace Kumiki;

/// <summary>Ways to choose a threshold on scored rows.</summary>
public static class Choosing
{
    /// <summary>The threshold with the lowest cost; of equal ones the highest.</summary>
    /// <param name="rows">Truths are 0 and 1.</param>
    /// <param name="precisionAtLeast">Only thresholds with at least this share of high rows above them; in [0, 1].</param>
    /// <exception cref="KumikiException">No rows, a truth that is neither 0 nor 1, a score that is NaN.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A precision outside [0, 1].</exception>
    /// <remarks>Every distinct score is a candidate, and one above all, which needs no precision: then nothing is decided as high. O(n log n).</remarks>
    public static Choice Cheapest(this Scored rows, CostMatrix costs, double precisionAtLeast = 0)
    {
        if (precisionAtLeast is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(precisionAtLeast), precisionAtLeast, "A precision is in [0, 1].");
        if (rows.Truth.Length == 0) throw new KumikiException(Message.Of("threshold.no-rows"));
        if (Array.FindIndex(rows.Truth, t => t is not (0 or 1)) is var odd and >= 0) throw new KumikiException(Message.Of("threshold.not-a-flag", ("row", odd + 1), ("value", rows.Truth[odd])));
        if (Array.FindIndex(rows.Scores, double.IsNaN) is var nan and >= 0) throw new KumikiException(Message.Of("threshold.nan", ("row", nan + 1)));

        int[] order = [.. Enumerable.Range(0, rows.Scores.Length).OrderByDescending(i => rows.Scores[i])];
        var highs = rows.Truth.Count(t => t == 1);
        var lows = rows.Truth.Length - highs;
        // Nothing is above: every row is decided as low.
        var cost = highs * costs.Of(isHigh: true, isAbove: false) + lows * costs.Of(isHigh: false, isAbove: false);
        var best = new Choice(Math.BitIncrement(rows.Scores[order[0]]), 0, cost, 1, 0, rows.Scores.Length);
        var (above, aboveHigh) = (0, 0);
        for (var at = 0; at < order.Length;)
        {
            var score = rows.Scores[order[at]];
            for (; at < order.Length && rows.Scores[order[at]] == score; at++)
            {
                var isHigh = rows.Truth[order[at]] == 1;
                (above, aboveHigh) = (above + 1, aboveHigh + (isHigh ? 1 : 0));
                cost += costs.Of(isHigh, isAbove: true) - costs.Of(isHigh, isAbove: false);
            }
            var precision = (double)aboveHigh / above;
            if (precision >= precisionAtLeast && cost < best.Cost) best = new(score, score, cost, precision, highs == 0 ? 0 : (double)aboveHigh / highs, rows.Scores.Length);
        }
        return best with { GreyFrom = best.Value };
    }
}
