using System.Runtime.Intrinsics;

namespace Kumiki.Statistics;

/// <summary>The log of a block of probabilities at once; probabilities are kept 2⁻⁵² away from 0 and 1, as scikit-learn keeps those in double precision.</summary>
static class LogLosses
{
    internal const double Epsilon = 2.220446049250313e-16;
    internal const int Block = 512;

    /// <summary>The probability given to what happened.</summary>
    internal static double OfTruth(double probability, bool positive)
    {
        var p = Math.Clamp(probability, Epsilon, 1 - Epsilon);
        return positive ? p : 1 - p;
    }

    internal static void LogInPlace(Span<double> values)
    {
        var i = 0;
        for (; i + Vector256<double>.Count <= values.Length; i += Vector256<double>.Count) Vector256.Log(Vector256.Create<double>(values[i..])).CopyTo(values[i..]);
        for (; i < values.Length; i++) values[i] = Math.Log(values[i]);
    }
}
