using System.Runtime.Intrinsics;

namespace Kumiki.Statistics;

/// <summary>Logarithms of probabilities, a block at once; probabilities are kept 2⁻⁵² away from 0 and 1, as scikit-learn keeps those in double
/// precision.</summary>
static class Logs
{
    internal const double Epsilon = 2.220446049250313e-16;
    internal const int Block = 512;

    /// <summary>The probability given to what happened.</summary>
    internal static double OfTruth(double probability, bool positive)
    {
        var p = Math.Clamp(probability, Epsilon, 1 - Epsilon);
        return positive ? p : 1 - p;
    }

    /// <summary>ln(1 + value) without the loss of digits near 0 that adding 1 first has. Kahan's way.</summary>
    internal static double OnePlus(double value)
    {
        var sum = 1 + value;
        return sum == 1 ? value : Math.Log(sum) * (value / (sum - 1));
    }

    internal static void LogInPlace(Span<double> values)
    {
        var i = 0;
        for (; i + Vector256<double>.Count <= values.Length; i += Vector256<double>.Count)
            Vector256.Log(Vector256.Create<double>(values[i..])).CopyTo(values[i..]);
        for (; i < values.Length; i++) values[i] = Math.Log(values[i]);
    }
}
