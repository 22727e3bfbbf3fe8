using MathNet.Numerics;
using Distributions = MathNet.Numerics.Distributions;

namespace Kumiki.Statistics;

/// <summary>Tail chances without the loss of digits that 1 − CDF has; the special functions are Math.NET's. DistributionTests agrees with scipy to
/// 1e-9.</summary>
static class Tails
{
    /// <summary>Chance of |Z| ≥ |z| for a standard normal Z.</summary>
    internal static double Normal(double z) => SpecialFunctions.Erfc(Math.Abs(z) / Math.Sqrt(2));

    /// <summary>Chance of |T| ≥ |t| for Student's T.</summary>
    internal static double Student(double t, double degrees)
    {
        if (double.IsInfinity(t)) return 0;
        var squared = t * t;        // the side that is not close to 1 is computed
        return squared < 1
            ? 1 - SpecialFunctions.BetaRegularized(0.5, degrees / 2, squared / (degrees + squared))
            : SpecialFunctions.BetaRegularized(degrees / 2, 0.5, degrees / (degrees + squared));
    }

    /// <summary>Chance of a chi-squared number of one degree of freedom, or more.</summary>
    internal static double ChiSquaredOne(double value) => SpecialFunctions.Erfc(Math.Sqrt(value / 2));

    /// <summary>Chance of as uneven a split of n fair coins, two-sided.</summary>
    internal static double Coins(double fewer, double n) => 2 * fewer >= n ? 1 : Math.Min(1, 2 * SpecialFunctions.BetaRegularized(n - fewer, fewer + 1, 0.5));

    /// <summary>The normal deviate that |Z| stays below with this chance.</summary>
    internal static double NormalDeviate(double level) => -Distributions.Normal.InvCDF(0, 1, (1 - level) / 2);

    /// <summary>The deviate that |T| stays below with this chance; Math.NET's own inverse errs by 1e-9 of it at one degree of freedom.</summary>
    internal static double StudentDeviate(double level, double degrees)
    {
        var high = 1.0;
        while (Student(high, degrees) > 1 - level) high *= 2;
        return Bisect(t => Student(t, degrees) > 1 - level, high);
    }

    /// <summary>The share below which a beta number lies with this chance.</summary>
    internal static double Beta(double a, double b, double chance) => Bisect(x => SpecialFunctions.BetaRegularized(a, b, x) < chance, 1);

    /// <summary>Where "below" turns false between 0 and <paramref name="high"/>, to the last digit: no shape of a rising function is a hard case.</summary>
    static double Bisect(Func<double, bool> below, double high)
    {
        var low = 0.0;
        while (true)
        {
            var middle = (low + high) / 2;
            if (middle <= low || middle >= high) return middle;
            if (below(middle)) low = middle;
            else high = middle;
        }
    }
}
