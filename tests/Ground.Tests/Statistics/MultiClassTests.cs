using System.Text.Json;
using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

public sealed class MultiClassTests
{
    static readonly Average[] Averages = [Average.Macro, Average.Micro, Average.Weighted];

    [Fact]
    public void Figures_of_classes_are_scikit_learns()
    {
        foreach (var given in Golden.Of("multiclass").EnumerateArray())
        {
            var name = given.GetProperty("name").GetString()!;
            var classes = given.GetProperty("classes").GetInt32();
            int[] truth = given.Integers("truth"), decided = given.Integers("decided");
            double[] probabilities = given.Numbers("probabilities"), weights = given.Numbers("weights");

            var matrix = ConfusionMatrix.Of(truth, decided, classes, weights);
            Golden.Same(given.Numbers("cells"), [.. Enumerable.Range(0, classes * classes).Select(i => matrix[i / classes, i % classes])], $"{name} cells");
            Golden.Same(given.Number("accuracy"), matrix.Accuracy, $"{name} accuracy");
            Golden.Same(given.Number("balanced"), matrix.BalancedAccuracy, $"{name} balanced accuracy");
            Golden.Same(given.Numbers("precision"), Array.ConvertAll(Averages, matrix.Precision), $"{name} precision");
            Golden.Same(given.Numbers("recall"), Array.ConvertAll(Averages, matrix.Recall), $"{name} recall");
            Golden.Same(given.Numbers("f1"), Array.ConvertAll(Averages, matrix.F1), $"{name} f1");
            Golden.Same(given.Number("mcc"), matrix.MatthewsCorrelation, $"{name} mcc");
            Disagreement[] kinds = [Disagreement.Plain, Disagreement.Linear, Disagreement.Quadratic];
            Golden.Same(given.Numbers("kappa"), Array.ConvertAll(kinds, matrix.CohenKappa), $"{name} kappa");

            Golden.Same(given.Number("top2"), MultiClass.TopK(truth, probabilities, classes, 2, weights), $"{name} top 2");
            Golden.Same(given.Number("logLoss"), MultiClass.LogLoss(truth, probabilities, classes, weights), $"{name} log loss");
            if (given.GetProperty("ovr").ValueKind == JsonValueKind.Null)
            {
                Refused.Undefined("ROC AUC, one class against the rest compares", () => MultiClass.RocAucOneVsRest(truth, probabilities, classes));
                Refused.Undefined("ROC AUC, one class against one compares", () => MultiClass.RocAucOneVsOne(truth, probabilities, classes));
                continue;
            }
            Average[] two = [Average.Macro, Average.Weighted];
            Golden.Same(given.Numbers("ovr"), Array.ConvertAll(two, a => MultiClass.RocAucOneVsRest(truth, probabilities, classes, a, weights)), $"{name} ovr");
            Golden.Same(given.Numbers("ovo"), Array.ConvertAll(two, a => MultiClass.RocAucOneVsOne(truth, probabilities, classes, a)), $"{name} ovo");
        }
    }

    [Fact]
    public void A_confusion_matrix_of_two_classes_says_what_flags_say()
    {
        var matrix = ConfusionMatrix.Of([0, 1, 1, 0, 1], [0, 1, 0, 1, 1], 2);

        Assert.Equal(new Confusion(2, 1, 1, 1), matrix.Of(1));
        Assert.Equal(matrix.Of(1).MatthewsCorrelation, matrix.MatthewsCorrelation, 1e-15);
        Assert.Equal(matrix.Of(1).CohenKappa, matrix.CohenKappa(), 1e-15);
        Assert.Equal(double.NaN, ConfusionMatrix.Of([1, 1], [1, 1], 2).CohenKappa());
    }

    [Fact]
    public void Bad_rows_are_refused_in_a_sentence_that_names_the_figure()
    {
        Refused.Because(
            "The confusion matrix found 3 among the truths, in row 2, but they must be class numbers from 0 to 2",
            () => ConfusionMatrix.Of([0, 3], [0, 0], 3));
        Refused.Because("The confusion matrix found -1 among the decisions, in row 1", () => ConfusionMatrix.Of([0, 1], [-1, 0], 3));
        Refused.Because(
            "Log loss needs the probabilities of a row to sum to 1, but those of row 2 sum to 0.9",
            () => MultiClass.LogLoss([0, 1], [0.5, 0.5, 0.4, 0.5], 2));
        Refused.Because("Log loss found -0.5 among the probabilities, in row 1", () => MultiClass.LogLoss([0], [-0.5, 1.5], 2));
        Refused.Because("Top-k accuracy found NaN among the scores, in row 2", () => MultiClass.TopK([0, 1], [0.5, 0.5, double.NaN, 0.5], 2, 1));
        Refused.Undefined("The confusion matrix cannot be measured because the weights", () => ConfusionMatrix.Of([0], [0], 1, [0]));
        Refused.Undefined("The confusion matrix needs at least one row", () => ConfusionMatrix.Of([], [], 2));
        Refused.Undefined("ROC AUC, one class against the rest compares", () => MultiClass.RocAucOneVsRest([0, 1], [1, 0, 0, 1], 2, Average.Macro, [1, 0]));

        Assert.Throws<ArgumentOutOfRangeException>(() => MultiClass.TopK([0], [0.5, 0.5], 2, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => MultiClass.TopK([0], [0.5, 0.5], 2, 0));
        Assert.Throws<ArgumentException>(() => MultiClass.LogLoss([0, 1], [0.5, 0.5], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => MultiClass.RocAucOneVsOne([0, 1], [1, 0, 0, 1], 2, Average.Micro));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfusionMatrix.Of([0], [0], 0));
    }
}

public sealed class MultiLabelTests
{
    [Fact]
    public void Figures_of_labels_are_scikit_learns()
    {
        foreach (var given in Golden.Of("multilabel").EnumerateArray())
        {
            bool[] truth = given.Flags("truth"), decided = given.Flags("decided");
            var weights = given.Numbers("weights");
            Average[] averages = [Average.Macro, Average.Micro, Average.Weighted];

            Golden.Same(given.Number("hamming"), MultiLabel.HammingLoss(truth, decided, 5, weights), "hamming");
            Golden.Same(given.Number("subset"), MultiLabel.SubsetAccuracy(truth, decided, 5, weights), "subset");
            Golden.Same(given.Numbers("f1"), Array.ConvertAll(averages, a => MultiLabel.F1(truth, decided, 5, a, weights)), "f1");
            Golden.Same(given.Numbers("jaccard"), Array.ConvertAll(averages, a => MultiLabel.Jaccard(truth, decided, 5, a, weights)), "jaccard");
            Golden.Same(given.Number("lrap"), MultiLabel.RankingAveragePrecision(truth, given.Numbers("scores"), 5, weights), "lrap");
        }
    }

    [Fact]
    public void Bad_rows_are_refused()
    {
        Refused.Because(
            "Label ranking average precision found NaN among the scores, in row 2",
            () => MultiLabel.RankingAveragePrecision([true, false], [1, double.NaN], 1));
        Refused.Undefined("Hamming loss needs at least one row", () => MultiLabel.HammingLoss([], [], 3));
        Refused.Undefined("Subset accuracy cannot be measured because the weights", () => MultiLabel.SubsetAccuracy([true], [true], 1, [0]));
        Assert.Throws<ArgumentException>(() => MultiLabel.HammingLoss([true, true, false], [true, true, false], 2));
        Assert.Throws<ArgumentException>(() => MultiLabel.HammingLoss([true], [true, false], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MultiLabel.HammingLoss([], [], 0));
    }
}
