using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

public sealed class ClassificationTests
{
    [Fact]
    public void Figures_and_curves_of_flags_are_scikit_learns()
    {
        foreach (var given in Golden.Of("binary").EnumerateArray())
        {
            var name = given.GetProperty("name").GetString()!;
            double[] scores = given.Numbers("scores"), truth = given.Numbers("truth"), weights = given.Numbers("weights");
            var ranked = RankedScores.Of(scores, truth, weights);

            Golden.Same(given.Number("auc"), Classification.RocAuc(scores, truth, weights), $"{name} auc");
            Golden.Same(given.Number("ap"), Classification.AveragePrecision(scores, truth, weights), $"{name} ap");
            Golden.Same(given.Number("logLoss"), Classification.LogLoss(scores, truth, weights), $"{name} log loss");
            Golden.Same(given.Number("brier"), Classification.Brier(scores, truth, weights), $"{name} brier");
            Golden.Same(given.Number("logLoss"), ranked.LogLoss(), $"{name} ranked log loss");
            Golden.Same(given.Number("brier"), ranked.Brier(), $"{name} ranked brier");
            Golden.Same(given.Number("ks"), ranked.KolmogorovSmirnov(), $"{name} ks");

            foreach (var cells in new[] { Classification.At(0.5, scores, truth, weights), ranked.At(0.5) })
            {
                Golden.Same(given.Numbers("cells"), [cells.TruePositive, cells.FalsePositive, cells.FalseNegative, cells.TrueNegative], $"{name} cells");
                Golden.Same(given.Number("accuracy"), cells.Accuracy, $"{name} accuracy");
                Golden.Same(given.Number("balanced"), cells.BalancedAccuracy, $"{name} balanced accuracy");
                Golden.Same(given.Number("precision"), cells.Precision, $"{name} precision");
                Golden.Same(given.Number("recall"), cells.Recall, $"{name} recall");
                Golden.Same(given.Number("specificity"), cells.Specificity, $"{name} specificity");
                Golden.Same(given.Number("f1"), cells.F1, $"{name} f1");
                Golden.Same(given.Number("f2"), cells.FBeta(2), $"{name} f2");
                Golden.Same(given.Number("fHalf"), cells.FBeta(0.5), $"{name} f half");
                Golden.Same(given.Number("mcc"), cells.MatthewsCorrelation, $"{name} mcc");
                Golden.Same(given.Number("kappa"), cells.CohenKappa, $"{name} kappa");
            }

            var roc = ranked.RocCurve();
            Golden.Same([double.PositiveInfinity, .. given.Numbers("thresholds")], roc.Thresholds, $"{name} thresholds");
            Golden.Same([0, .. given.Numbers("fpr")], roc.FalsePositiveRate, $"{name} fpr");
            Golden.Same([0, .. given.Numbers("tpr")], roc.TruePositiveRate, $"{name} tpr");
            var curve = ranked.PrecisionRecallCurve();
            Golden.Same([1, .. given.Numbers("prPrecision")], curve.Precision, $"{name} precisions");
            Golden.Same([0, .. given.Numbers("prRecall")], curve.Recall, $"{name} recalls");
        }
    }

    [Fact]
    public void A_curve_of_many_scores_keeps_few_points_and_strays_no_further_than_it_says()
    {
        var random = new Random(5);
        var truth = Enumerable.Range(0, 20_000).Select(_ => random.Next(3) == 0 ? 1.0 : 0).ToArray();
        var scores = Array.ConvertAll(truth, t => t + 2 * random.NextDouble());
        var ranked = RankedScores.Of(scores, truth);

        var (few, all) = (ranked.RocCurve(100), ranked.RocCurve(int.MaxValue));

        Assert.InRange(few.Thresholds.Count, 90, 102);
        Assert.Equal((1.0, 1.0), (few.FalsePositiveRate[^1], few.TruePositiveRate[^1]));
        Assert.Equal(20_001, all.Thresholds.Count);
        var kept = 0;
        for (var i = 0; i < all.Thresholds.Count; i++)
        {
            while (kept + 1 < few.Thresholds.Count && few.Thresholds[kept + 1] >= all.Thresholds[i]) kept++;
            Assert.InRange(all.FalsePositiveRate[i] - few.FalsePositiveRate[kept], 0, 2.0 / 99 + 1e-12);
            Assert.InRange(all.TruePositiveRate[i] - few.TruePositiveRate[kept], 0, 2.0 / 99 + 1e-12);
        }
        Assert.InRange(ranked.PrecisionRecallCurve(100).Thresholds.Count, 90, 102);
        Assert.Equal(1, ranked.PrecisionRecallCurve(100).Recall[^1]);
    }

    [Fact]
    public void Every_cut_is_what_the_threshold_does()
    {
        var ranked = RankedScores.Of([0.1, 0.4, 0.4, 0.8, 0.8, 0.9], [0, 1, 0, 1, 1, 0], [1, 2, 1, 1, 0, 3]);

        Assert.All(ranked.Cuts(), cut => Assert.Equal(ranked.At(cut.Threshold), cut.Confusion));
        Assert.Equal([0.9, 0.8, 0.4, 0.1], ranked.Cuts().Select(c => c.Threshold));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Figures_of_a_resample_are_those_of_its_rows_written_out(bool weighted)
    {
        var random = new Random(11);
        const int n = 1300;     // more than two blocks of logs
        var truth = Enumerable.Range(0, n).Select(_ => random.Next(2) * 1.0).ToArray();
        var scores = Array.ConvertAll(truth, t => Math.Round(0.3 * t + 0.7 * random.NextDouble(), 2));
        double[] weights = weighted ? [.. truth.Select(_ => random.NextDouble())] : [];
        var ranked = RankedScores.Of(scores, truth, weights);
        var counts = new byte[n];
        for (var i = 0; i < n; i++) counts[random.Next(n)]++;
        var inRankOrder = new byte[n];
        ranked.ToRankOrder<byte>(counts, inRankOrder);
        var rows = Enumerable.Range(0, n).SelectMany(i => Enumerable.Repeat(i, counts[i])).ToArray();
        double[] Drawn(double[] values) => values.Length == 0 ? [] : [.. rows.Select(r => values[r])];
        var (s, t, w) = (Drawn(scores), Drawn(truth), Drawn(weights));

        Assert.Equal(Classification.RocAuc(s, t, w), ranked.RocAuc(inRankOrder), 1e-12);
        Assert.Equal(Classification.AveragePrecision(s, t, w), ranked.AveragePrecision(inRankOrder), 1e-12);
        Assert.Equal(Classification.LogLoss(s, t, w), ranked.LogLoss(inRankOrder), 1e-12);
        Assert.Equal(Classification.Brier(s, t, w), ranked.Brier(inRankOrder), 1e-12);
        Assert.Equal(RankedScores.Of(s, t, w).KolmogorovSmirnov(), ranked.KolmogorovSmirnov(inRankOrder), 1e-12);
        Assert.Equal(Classification.At(0.5, s, t, w).Precision, ranked.At(0.5, inRankOrder).Precision, 1e-12);
    }

    [Fact]
    public void The_area_is_that_of_counting_every_pair()
    {
        var random = new Random(2);
        for (var round = 0; round < 50; round++)
        {
            var n = random.Next(2, 30);
            var truth = Enumerable.Range(0, n).Select(i => i < 2 ? i : random.Next(2) * 1.0).ToArray();
            var scores = truth.Select(_ => (double)random.Next(6)).ToArray();
            double above = 0, pairs = 0;
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                    if (truth[i] == 1 && truth[j] == 0) (above, pairs) = (above + (scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0), pairs + 1);

            Assert.Equal(above / pairs, Classification.RocAuc(scores, truth), 1e-14);
        }
    }

    [Fact]
    public void Bad_rows_are_refused_in_a_sentence_that_names_the_figure()
    {
        Refused.Because("ROC AUC found NaN among the scores, in row 2", () => Classification.RocAuc([1, double.NaN], [0, 1]));
        Refused.Because("ROC AUC found Infinity among the scores, in row 1", () => Classification.RocAuc([double.PositiveInfinity, 1], [0, 1]));
        Refused.Because("ROC AUC found 2 among the truths, in row 1", () => Classification.RocAuc([1, 2], [2, 1]));
        Refused.Because("ROC AUC found -1 among the weights, in row 2", () => Classification.RocAuc([1, 2], [0, 1], [1, -1]));
        Refused.Because("Log loss found 1.5 among the probabilities, in row 2", () => Classification.LogLoss([0, 1.5], [0, 1]));
        Refused.Because("Log loss found NaN among the probabilities, in row 1", () => Classification.LogLoss([double.NaN], [0]));
        Refused.Because("Log loss found 7 among the scores, in row 1", () => RankedScores.Of([7, 1], [0, 1]).LogLoss());
        Refused.Because("The Brier score found -1 among the scores, in row 2", () => RankedScores.Of([0.5, -1], [0, 1]).Brier());

        Refused.Undefined(
            "ROC AUC compares rows of different classes, but no row (with a weight above zero) is of the class 0",
            () => Classification.RocAuc([1, 2], [1, 1]));
        Refused.Undefined(
            "ROC AUC compares rows of different classes, but no row (with a weight above zero) is of the class 1",
            () => Classification.RocAuc([1, 2], [1, 0], [0, 1]));
        Refused.Undefined("Average precision compares", () => Classification.AveragePrecision([1, 2], [0, 0]));
        Refused.Undefined("The ROC curve compares", () => RankedScores.Of([1, 2], [1, 1]).RocCurve());
        Refused.Undefined("ROC AUC cannot be measured because the weights of its 2 rows sum to zero", () => Classification.RocAuc([1, 2], [0, 1], [0, 0]));
        Refused.Undefined("Log loss needs at least one row", () => Classification.LogLoss([], []));
        Refused.Undefined("ROC AUC needs at least one row", () => Classification.RocAuc([], []));

        Assert.Throws<ArgumentException>(() => Classification.RocAuc([1], [0, 1]));
        Assert.Throws<ArgumentException>(() => Classification.Brier([1], [0, 1]));
        Assert.Throws<ArgumentException>(() => Classification.RocAuc([1, 2], [0, 1], [1]));
        Assert.Throws<ArgumentException>(() => RankedScores.Of([1, 2], [0, 1]).RocAuc([1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Classification.At(double.NaN, [1], [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Confusion(1, 1, 1, 1).FBeta(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RankedScores.Of([1, 2], [0, 1]).RocCurve(1));
    }

    [Fact]
    public void A_resample_of_one_class_has_no_figure_and_does_not_throw()
    {
        var ranked = RankedScores.Of([0.1, 0.2, 0.3], [0, 1, 1]);

        Assert.Equal(double.NaN, ranked.RocAuc([0, 2, 1]));
        Assert.Equal(double.NaN, ranked.AveragePrecision([3, 0, 0]));
        Assert.Equal(double.NaN, ranked.KolmogorovSmirnov([3, 0, 0]));
        Assert.Equal(double.NaN, ranked.LogLoss([0, 0, 0]));
    }
}
