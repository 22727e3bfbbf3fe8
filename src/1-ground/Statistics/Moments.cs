namespace Kumiki.Statistics;

/// <summary>Mean and standard deviation (over n − 1) of a sample, in two passes.</summary>
static class Moments
{
    internal static (double Mean, double Deviation) Of(ReadOnlySpan<double> values)
    {
        double mean = 0, squares = 0;
        foreach (var v in values) mean += v;
        mean /= values.Length;
        foreach (var v in values) squares += (v - mean) * (v - mean);
        return (mean, Math.Sqrt(squares / (values.Length - 1)));
    }
}
