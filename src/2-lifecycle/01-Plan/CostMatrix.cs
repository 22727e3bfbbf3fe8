namespace Kumiki;

/// <summary>What each decision costs under each truth, by their names in the business, in one currency or unit.</summary>
/// <param name="Unit">Such as "JPY" or "complaints".</param>
/// <param name="Truths">The one that a high score means, then the other.</param>
/// <param name="Decisions">The one taken above the threshold, then the one below.</param>
/// <param name="Costs">[truth][decision], none negative infinite or NaN; a gain is negative.</param>
public sealed record CostMatrix(string Unit, IReadOnlyList<string> Truths, IReadOnlyList<string> Decisions, IReadOnlyList<IReadOnlyList<double>> Costs)
{
    /// <summary>A matrix for two truths and two decisions.</summary>
    /// <param name="costs">Rows are truths, columns decisions, in the order named.</param>
    /// <exception cref="ArgumentException">Not two by two, or a cost is not finite.</exception>
    public static CostMatrix Of(string unit, (string High, string Low) truths, (string Above, string Below) decisions, double[,] costs)
    {
        if (costs.GetLength(0) != 2 || costs.GetLength(1) != 2) throw new ArgumentException($"The costs are {costs.GetLength(0)} × {costs.GetLength(1)}; give 2 truths × 2 decisions.", nameof(costs));
        foreach (var cost in costs)
            if (!double.IsFinite(cost)) throw new ArgumentException($"A cost of {cost} cannot be counted with; give a finite number.", nameof(costs));
        return new(unit, [truths.High, truths.Low], [decisions.Above, decisions.Below], [[costs[0, 0], costs[0, 1]], [costs[1, 0], costs[1, 1]]]);
    }

    /// <summary>The cost of one decision.</summary>
    public double Of(bool isHigh, bool isAbove) => Costs[isHigh ? 0 : 1][isAbove ? 0 : 1];
}
