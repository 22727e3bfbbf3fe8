using Kumiki.Statistics;

namespace Kumiki.Training;

/// <summary>The figures that tell how good scores are, by the task; the first one is what trials and folds are compared by, and lower is better for all but those named in <see cref="HigherIsBetter"/>.</summary>
static class Figure
{
    /// <summary>Figures of which more is better.</summary>
    public static IReadOnlySet<string> HigherIsBetter { get; } = new HashSet<string>(["roc_auc", "accuracy"], StringComparer.Ordinal);

    /// <summary>The names of all figures a task may have, the first one first.</summary>
    public static IReadOnlyList<string> Names(Algorithm algorithm) => algorithm.Task switch
    {
        LearningTask.Binary => ["log_loss", "roc_auc"],
        LearningTask.Classes => ["log_loss", "accuracy"],
        LearningTask.Quantiles => ["pinball", "mae", "rmse"],
        _ => ["mae", "rmse"],
    };

    /// <returns>Names and values; a figure that these rows do not define, such as the area under a curve of one class, is left out.</returns>
    public static IReadOnlyList<(string Name, double Value)> Of(Algorithm algorithm, Scored rows)
    {
        var figures = new List<(string, double)>();
        switch (algorithm.Task)
        {
            case LearningTask.Binary:
                figures.Add(("log_loss", Classification.LogLoss(rows.Scores, rows.Truth)));
                if (rows.Truth.Distinct().Count() == 2) figures.Add(("roc_auc", Classification.RocAuc(rows.Scores, rows.Truth)));
                break;
            case LearningTask.Classes:
                var truth = Array.ConvertAll(rows.Truth, t => (int)t);
                figures.Add(("log_loss", MultiClass.LogLoss(truth, rows.Scores, rows.Width)));
                figures.Add(("accuracy", MultiClass.TopK(truth, rows.Scores, rows.Width, 1)));
                break;
            default:
                var point = rows.Only(Point(algorithm)).Scores;
                if (algorithm is BoostedTrees { Loss: TreeLoss.Quantile } trees)
                    figures.Add(("pinball", trees.Quantiles.Zip(trees.Outputs).Average(q => Regression.Pinball(rows.Truth, rows.Only(q.Second).Scores, q.First))));
                figures.Add(("mae", Regression.MeanAbsoluteError(rows.Truth, point)));
                figures.Add(("rmse", Regression.RootMeanSquaredError(rows.Truth, point)));
                break;
        }
        return figures;
    }

    /// <summary>The output that stands for the prediction: of quantiles the one nearest to the median.</summary>
    public static string Point(Algorithm algorithm) => algorithm is BoostedTrees { Loss: TreeLoss.Quantile } trees ? trees.Outputs[trees.Quantiles.Index().MinBy(q => Math.Abs(q.Item - 0.5)).Index] : "score";
}
