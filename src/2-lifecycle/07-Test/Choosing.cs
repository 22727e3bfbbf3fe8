using System.Globalization;

namespace Kumiki;

/// <summary>Ways to choose a threshold on scored rows. Every distinct score is a candidate, and one above all, where nothing is decided as high. O(n log n).</summary>
/// <remarks>Rows of equal score are decided alike; of thresholds that are equally good the highest is taken. Truths are 1 (what a high score means) and 0.
/// All refuse, as <see cref="KumikiException"/>, no rows, a truth that is neither 0 nor 1, a score that is NaN, and what no threshold reaches, naming what is reachable.</remarks>
public static class Choosing
{
    /// <summary>The threshold with the lowest cost.</summary>
    /// <param name="precisionAtLeast">Only thresholds with at least this share of high rows above them; in [0, 1]. One above all rows needs none.</param>
    /// <param name="recallAtLeast">Only thresholds with at least this share of the high rows above them; in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A share outside [0, 1].</exception>
    public static Choice Cheapest(this Scored rows, CostMatrix costs, double precisionAtLeast = 0, double recallAtLeast = 0)
    {
        Share(precisionAtLeast, nameof(precisionAtLeast));
        Share(recallAtLeast, nameof(recallAtLeast));
        var curve = CostCurve.Of(rows, costs);
        if (!(curve.Cuts[^1].Recall >= recallAtLeast)) throw Unreachable("recall", recallAtLeast, curve.Cuts[^1].Recall);
        return curve.Best("cheapest", c => c.Precision >= precisionAtLeast && c.Recall >= recallAtLeast, c => -c.Cost)
            ?? throw Unreachable("precision", precisionAtLeast, curve.Cuts.Where(c => c.Recall >= recallAtLeast).Max(c => c.Precision));
    }

    /// <summary>The threshold with the highest recall of those whose precision reaches <paramref name="precision"/>.</summary>
    /// <param name="costs">For the cost to show; null: a wrong decision costs 1.</param>
    public static Choice PrecisionAtLeast(this Scored rows, double precision, CostMatrix? costs = null)
    {
        Share(precision, nameof(precision));
        var curve = CostCurve.Of(rows, costs);
        return curve.Best(Rule("precision", precision), c => c.Above > 0 && c.Precision >= precision, c => c.Recall) ?? throw Unreachable("precision", precision, curve.Cuts.Skip(1).Max(c => c.Precision));
    }

    /// <summary>The threshold with the highest precision of those whose recall reaches <paramref name="recall"/>.</summary>
    /// <inheritdoc cref="PrecisionAtLeast"/>
    public static Choice RecallAtLeast(this Scored rows, double recall, CostMatrix? costs = null)
    {
        Share(recall, nameof(recall));
        var curve = CostCurve.Of(rows, costs);
        return curve.Best(Rule("recall", recall), c => c.Recall >= recall, c => c.Precision) ?? throw Unreachable("recall", recall, curve.Cuts[^1].Recall);
    }

    /// <summary>The threshold with the highest F: the harmonic mean of precision and recall in which recall counts <paramref name="beta"/> times as much.</summary>
    /// <inheritdoc cref="PrecisionAtLeast"/>
    /// <exception cref="ArgumentOutOfRangeException">Beta is not above 0.</exception>
    public static Choice BestF(this Scored rows, double beta = 1, CostMatrix? costs = null)
    {
        if (!(beta > 0 && double.IsFinite(beta))) throw new ArgumentOutOfRangeException(nameof(beta), beta, "Beta is above 0.");
        var curve = CostCurve.Of(rows, costs);
        var square = beta * beta;
        return curve.Best(Rule("f", beta), _ => true, c => c.Hits == 0 ? 0 : (1 + square) * c.Hits / (c.Above + square * curve.Highs))!;
    }

    /// <summary>The lowest threshold with at most a share of all rows above it.</summary>
    /// <param name="share">In [0, 1].</param>
    /// <inheritdoc cref="PrecisionAtLeast"/>
    public static Choice AtMost(this Scored rows, double share, CostMatrix? costs = null)
    {
        Share(share, nameof(share));
        var curve = CostCurve.Of(rows, costs);
        var choice = curve.Best(Rule("at-most", share), c => c.Above <= share * rows.Count + 1e-9, c => c.Above)!;
        // A group of equal scores may be larger than all the room there is.
        return choice.Above > 0 || share == 0 ? choice : throw Unreachable("capacity", share, (double)curve.Cuts[1].Above / rows.Count);
    }

    /// <summary>The lowest threshold with at most so many rows above it a period: what a team can look at in a day.</summary>
    /// <param name="most">Decisions above the threshold a period; 0 or more.</param>
    /// <param name="rowsPerPeriod">All decisions a period; above 0.</param>
    public static Choice AtMost(this Scored rows, int most, double rowsPerPeriod, CostMatrix? costs = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        if (!(rowsPerPeriod > 0 && double.IsFinite(rowsPerPeriod))) throw new ArgumentOutOfRangeException(nameof(rowsPerPeriod), rowsPerPeriod, "The decisions of a period are above 0.");
        return AtMost(rows, Math.Min(1, most / rowsPerPeriod), costs);
    }

    /// <summary>Two thresholds with the lowest cost: from <see cref="Choice.Value"/> up it is decided as high, below <see cref="Choice.GreyFrom"/> as low, between them a person decides, rightly.</summary>
    /// <param name="reviewCost">What a person's decision costs, in the unit of the matrix; 0 or more.</param>
    /// <remarks>The cost falls apart into a part of each threshold, so each is best by itself; where the two would cross, review never pays and the result is <see cref="Cheapest"/>'s. Chow 1970, "On optimum recognition error and
    /// reject tradeoff".</remarks>
    public static Choice WithReview(this Scored rows, CostMatrix costs, double reviewCost)
    {
        if (!(reviewCost >= 0 && double.IsFinite(reviewCost))) throw new ArgumentOutOfRangeException(nameof(reviewCost), reviewCost, "The cost of a review is 0 or more.");
        var curve = CostCurve.Of(rows, costs);
        var (highRight, lowRight) = (costs.Right(isHigh: true) + reviewCost, costs.Right(isHigh: false) + reviewCost);
        // Of the upper threshold: what deciding high from it upwards saves beside reviewing; of the lower: what reviewing from it upwards saves beside deciding low.
        var upper = Best(c => c.Hits * (highRight - costs.Of(true, true)) + c.Alarms * (lowRight - costs.Of(false, true)));
        var lower = Best(c => c.Hits * (costs.Of(true, false) - highRight) + c.Alarms * (costs.Of(false, false) - lowRight));
        if (lower.Cut.Value >= upper.Cut.Value) return Cheapest(rows, costs) with { Rule = "review", ReviewCost = reviewCost };
        var cost = curve.Cuts[0].Cost - upper.Saved - lower.Saved;
        return curve.Choice("review", upper.Cut) with { GreyFrom = lower.Cut.Value, Cost = cost, ReviewCost = reviewCost, Reviewed = lower.Cut.Above - upper.Cut.Above };

        (Cut Cut, double Saved) Best(Func<Cut, double> saved)
        {
            var best = (Cut: curve.Cuts[0], Saved: saved(curve.Cuts[0]));
            foreach (var cut in curve.Cuts)
                if (saved(cut) is var here && here > best.Saved) best = (cut, here);
            return best;
        }
    }

    static void Share(double value, string name)
    {
        if (value is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(name, value, "A share is in [0, 1].");
    }

    static string Rule(string name, double value) => string.Create(CultureInfo.InvariantCulture, $"{name} {value}");

    static KumikiException Unreachable(string what, double asked, double reachable) => what switch
    {
        "precision" => new(Message.Of("threshold.precision", ("asked", Text(asked)), ("reachable", Text(reachable)))),
        "recall" => new(Message.Of("threshold.recall", ("asked", Text(asked)), ("reachable", Text(reachable)))),
        _ => new(Message.Of("threshold.capacity", ("asked", Text(asked)), ("reachable", Text(reachable)))),
    };

    static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
