using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Kumiki.Statistics;

/// <summary>Tail chances without the loss of digits that 1 − CDF has; the special functions are Math.NET's. DistributionTests agrees with scipy to 1e-9.</summary>
static class Tails
{
    /// <summary>Chance of |Z| ≥ |z| for a standard normal Z.</summary>
    internal static double Normal(double z) => SpecialFunctions.Erfc(Math.Abs(z) / Math.Sqrt(2));

    /// <summary>Chance of |T| ≥ |t| for Student's T.</summary>
    internal static double Student(double t, double degrees) => double.IsInfinity(t) ? 0 : SpecialFunctions.BetaRegularized(degrees / 2, 0.5, degrees / (degrees + t * t));

    /// <summary>Chance of a chi-squared number of one degree of freedom, or more.</summary>
    internal static double ChiSquaredOne(double value) => SpecialFunctions.Erfc(Math.Sqrt(value / 2));

    /// <summary>Chance of as uneven a split of n fair coins, two-sided.</summary>
    internal static double Coins(double fewer, double n) => 2 * fewer >= n ? 1 : Math.Min(1, 2 * SpecialFunctions.BetaRegularized(n - fewer, fewer + 1, 0.5));

    /// <summary>The normal deviate that |Z| stays below with this chance.</summary>
    internal static double NormalDeviate(double level) => -MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, (1 - level) / 2);

    internal static double StudentDeviate(double level, double degrees) => -StudentT.InvCDF(0, 1, degrees, (1 - level) / 2);

    /// <summary>The share below which a beta number lies with this chance.</summary>
    internal static double Beta(double a, double b, double chance)
    {
        // bisection: 60 halvings of a function that rises, so that no shape of it is a hard case
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (SpecialFunctions.BetaRegularized(a, b, middle) < chance) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }
}
