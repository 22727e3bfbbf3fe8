namespace Kumiki.Statistics;

public sealed partial class RankedScores
{
    /// <summary>Mean negative log-likelihood of the truths where the scores are probabilities, kept 2⁻⁵² away from 0 and 1; NaN where no row counts.</summary>
    /// <exception cref="KumikiException">A score is not in [0, 1].</exception>
    public double LogLoss(ReadOnlySpan<byte> counts = default)
    {
        CheckProbabilities("Log loss");
        return Choose(counts) switch
        {
            Kind.Equal => LogLoss(new EqualWeights()),
            Kind.Drawn => LogLoss(new DrawnWeights(counts)),
            Kind.Given => LogLoss(new GivenWeights(weights)),
            _ => LogLoss(new DrawnGivenWeights(counts, weights)),
        };
    }

    double LogLoss<TWeights>(TWeights weight) where TWeights : IRowWeights, allows ref struct
    {
        Span<double> logs = stackalloc double[Logs.Block];     // the log of a block costs 2 ns a row; keeping one a row would cost 8 bytes
        double sum = 0, all = 0;
        for (var from = 0; from < rows.Length; from += Logs.Block)
        {
            var block = logs[..Math.Min(Logs.Block, rows.Length - from)];
            for (var i = 0; i < block.Length; i++)
            {
                var p = Math.Clamp(scores[from + i], Logs.Epsilon, 1 - Logs.Epsilon);
                var positive = (int)(rows[from + i] >> 31);
                block[i] = 1 - positive + (2 * positive - 1) * p;       // p where positive, else 1 - p; both exact
            }
            Logs.LogInPlace(block);
            double blockSum = 0, blockAll = 0;
            for (var i = 0; i < block.Length; i++)
            {
                var w = weight[from + i];
                blockAll += w;
                blockSum -= w * block[i];
            }
            sum += blockSum;
            all += blockAll;
        }
        return all > 0 ? sum / all : double.NaN;
    }

    /// <summary>Mean squared distance of the scores, which are probabilities, from the truths; in [0, 1]; NaN where no row counts. Brier 1950.</summary>
    /// <exception cref="KumikiException">A score is not in [0, 1].</exception>
    public double Brier(ReadOnlySpan<byte> counts = default)
    {
        CheckProbabilities("The Brier score");
        return Choose(counts) switch
        {
            Kind.Equal => Brier(new EqualWeights()),
            Kind.Drawn => Brier(new DrawnWeights(counts)),
            Kind.Given => Brier(new GivenWeights(weights)),
            _ => Brier(new DrawnGivenWeights(counts, weights)),
        };
    }

    double Brier<TWeights>(TWeights weight) where TWeights : IRowWeights, allows ref struct
    {
        double sum = 0, all = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var w = weight[i];
            var miss = scores[i] - (int)(rows[i] >> 31);
            all += w;
            sum += w * miss * miss;
        }
        return all > 0 ? sum / all : double.NaN;
    }

    void CheckProbabilities(string metric)
    {
        if (scores[0] < 0) throw Given.Outside(metric, scores[0], "scores", RowOf(0), "probabilities from 0 to 1");
        if (scores[^1] > 1) throw Given.Outside(metric, scores[^1], "scores", RowOf(scores.Length - 1), "probabilities from 0 to 1");
    }

    int RowOf(int rank) => (int)(rows[rank] & ~Positive);
}
