namespace Kumiki;

/// <summary>What each decision costs under each truth, by their names in the business, in one currency or unit.</summary>
/// <param name="Unit">Such as "JPY" or "complaints".</param>
/// <param name="Truths">Of two: the one that a high score means, then the other. Of more: the names of the target's classes, in any order.</param>
/// <param name="Decisions">Of two truths: the one taken above the threshold, then the one below. Else any number of them.</param>
/// <param name="Costs">[truth][decision], each finite; a gain is negative.</param>
public sealed record CostMatrix(string Unit, IReadOnlyList<string> Truths, IReadOnlyList<string> Decisions, IReadOnlyList<IReadOnlyList<double>> Costs)
{
    /// <summary>Whom each cell hurts, [truth][decision], such as "the applicant"; empty where nobody is.</summary>
    /// <value>Empty: not said.</value>
    public IReadOnlyList<IReadOnlyList<string>> Hurts { get; init; } = [];

    /// <summary>A matrix for two truths and two decisions.</summary>
    /// <param name="costs">Rows are truths, columns decisions, in the order named.</param>
    /// <param name="hurts">Whom each cell hurts, in the same places.</param>
    /// <exception cref="ArgumentException">Not two by two, or a cost is not finite.</exception>
    public static CostMatrix Of(string unit, (string High, string Low) truths, (string Above, string Below) decisions, double[,] costs, string[,]? hurts = null) =>
        Of(unit, [truths.High, truths.Low], [decisions.Above, decisions.Below], costs, hurts);

    /// <summary>A matrix of any size: for many classes the decision taken is the one whose expected cost is least.</summary>
    /// <inheritdoc cref="Of(string, ValueTuple{string, string}, ValueTuple{string, string}, double[,], string[,])"/>
    /// <exception cref="ArgumentException">The costs are not one for each truth and decision, or one is not finite.</exception>
    public static CostMatrix Of(string unit, IReadOnlyList<string> truths, IReadOnlyList<string> decisions, double[,] costs, string[,]? hurts = null)
    {
        Fits(costs.GetLength(0), costs.GetLength(1), nameof(costs));
        if (hurts is not null) Fits(hurts.GetLength(0), hurts.GetLength(1), nameof(hurts));
        foreach (var cost in costs)
            if (!double.IsFinite(cost)) throw new ArgumentException($"A cost of {cost} cannot be counted with; give a finite number.", nameof(costs));
        return new(unit, truths, decisions, Rows(costs)) { Hurts = hurts is null ? [] : Rows(hurts) };

        void Fits(int rows, int columns, string name)
        {
            if (rows != truths.Count || columns != decisions.Count) throw new ArgumentException($"The {name} are {rows} × {columns}; give {truths.Count} truths × {decisions.Count} decisions.", name);
        }
        static IReadOnlyList<IReadOnlyList<T>> Rows<T>(T[,] cells) => [.. Enumerable.Range(0, cells.GetLength(0)).Select(t => (IReadOnlyList<T>)[.. Enumerable.Range(0, cells.GetLength(1)).Select(d => cells[t, d])])];
    }

    /// <summary>The cost of one decision of two.</summary>
    public double Of(bool isHigh, bool isAbove) => Costs[isHigh ? 0 : 1][isAbove ? 0 : 1];

    /// <summary>The least that any decision costs under a truth of two: what a person who decides rightly leaves.</summary>
    internal double Right(bool isHigh) => Costs[isHigh ? 0 : 1].Min();

    internal bool IsTwo => Truths.Count == 2 && Decisions.Count == 2;

    /// <summary>What is wrong with it; null: nothing.</summary>
    internal Message? Fault(string goal)
    {
        if (Truths.Distinct().Count() < 2) return Message.Of("goal.costs-truths", ("goal", goal), ("truths", string.Join(", ", Truths)));
        if (Decisions.Distinct().Count() < 2) return Message.Of("goal.costs-decisions", ("goal", goal), ("decisions", string.Join(", ", Decisions)));
        return Costs.Count == Truths.Count && Costs.All(row => row.Count == Decisions.Count && row.All(double.IsFinite)) ? null
            : Message.Of("goal.costs-cells", ("goal", goal), ("truths", Truths.Count), ("decisions", Decisions.Count));
    }
}
