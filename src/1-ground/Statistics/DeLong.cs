namespace Kumiki.Statistics;

/// <summary>Areas under two ROC curves over the same rows, with their covariance. DeLong, DeLong and Clarke-Pearson 1988.</summary>
static class DeLong
{
    internal static (double[] Areas, double[,] Covariance) Of(
        string metric, ReadOnlySpan<double> truth, ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var same = first == second;
        var a = new double[truth.Length];
        var positives = RankedScores.Of(metric, first, truth, default).Placements(metric, a);
        var b = same ? a : new double[truth.Length];
        if (!same) RankedScores.Of(metric, second, truth, default).Placements(metric, b);

        var negatives = truth.Length - positives;
        double meanA = 0, meanB = 0;        // over the positives; over the negatives the means are the same
        for (var i = 0; i < truth.Length; i++)
            if (truth[i] == 1) (meanA, meanB) = (meanA + a[i] / positives, meanB + b[i] / positives);
        double aa = 0, ab = 0, bb = 0;
        for (var i = 0; i < truth.Length; i++)
        {
            double size = truth[i] == 1 ? positives : negatives;
            var (da, db) = (a[i] - meanA, b[i] - meanB);
            aa += da * da / ((size - 1) * size);
            ab += da * db / ((size - 1) * size);
            bb += db * db / ((size - 1) * size);
        }
        return ([meanA, meanB], new[,] { { aa, ab }, { ab, bb } });
    }
}
