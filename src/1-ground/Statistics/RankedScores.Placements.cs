namespace Kumiki.Statistics;

public sealed partial class RankedScores
{
    /// <summary>For each row, the share of the other class that it is on the right side of; ties count half. Their mean over either class is the AUC.</summary>
    /// <returns>How many rows are positive; at least 2, as are the negative ones. DeLong, DeLong and Clarke-Pearson 1988; ranks as in Sun and Xu
    /// 2014.</returns>
    internal int Placements(string metric, Span<double> byRow)
    {
        var (positives, negatives) = Classes(new EqualWeights(), 0);
        Given.Enough(metric, (int)positives, 2, "positive rows");
        Given.Enough(metric, (int)negatives, 2, "negative rows");
        double positivesBelow = 0, negativesBelow = 0;
        for (var from = 0; from < rows.Length;)
        {
            var (end, tiedPositives) = (from, 0);
            for (; end < rows.Length && scores[end] == scores[from]; end++) tiedPositives += (int)(rows[end] >> 31);
            var tiedNegatives = end - from - tiedPositives;
            var (ofPositive, ofNegative) = ((negativesBelow + tiedNegatives / 2.0) / negatives, (positives - positivesBelow - tiedPositives / 2.0) / positives);
            for (; from < end; from++) byRow[RowOf(from)] = rows[from] >= Positive ? ofPositive : ofNegative;
            positivesBelow += tiedPositives;
            negativesBelow += tiedNegatives;
        }
        return (int)positives;
    }
}
