namespace Kumiki.Tuning;

/// <summary>A rung of successive halving: so many candidates are tried at a share of the whole effort.</summary>
sealed record Rung(int Candidates, double Share);

/// <summary>Successive halving: many are tried a little, the best third of them three times as much, and so on to the whole.</summary>
/// <remarks>Jamieson and Talwalkar 2016, "Non-stochastic best arm identification"; the factor 3 of Li et al. 2018, "Hyperband". The rungs depend on the number of trials alone.</remarks>
static class Halving
{
    const int Factor = 3;

    /// <summary>The smallest share is 1 / 3³.</summary>
    const int MostRungs = 3;

    /// <param name="trials">Candidates of the first rung, 1 or more.</param>
    public static IReadOnlyList<Rung> Rungs(int trials)
    {
        var steps = 0;
        for (var left = trials; left >= Factor && steps < MostRungs; left /= Factor) steps++;
        var rungs = new List<Rung>();
        for (var (step, left, part) = (0, trials, (int)Math.Pow(Factor, steps)); step <= steps; step++, left /= Factor, part /= Factor) rungs.Add(new(left, 1.0 / part));
        return rungs;
    }
}
