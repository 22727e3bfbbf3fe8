using Kumiki.Making;

namespace Kumiki.Tuning;

/// <summary>What a search found within one outer fold, and what it is worth on the rows that the fold tries.</summary>
/// <param name="Number">Of the outer fold, from 1.</param>
/// <param name="Winner">The best trial of the search; its figure is the one it was chosen by. Null: none has a figure.</param>
/// <param name="Run">The run that judged it.</param>
/// <param name="Figure">On the rows that the fold tries; NaN where there is none.</param>
/// <param name="Figures">All that the judging run measured.</param>
/// <param name="Before">Whether it was judged by an earlier study.</param>
/// <param name="Why">Why it has no figure; null where it has.</param>
public sealed record NestedFold(
    int Number, StudyTrial? Winner, RunId? Run, double Figure, IReadOnlyDictionary<string, double> Figures, bool Before, Message? Why);

/// <summary>A nested cross-validation: how well a search does, choice included, on rows it has not seen.</summary>
/// <param name="Folds">One for each outer fold, in order.</param>
/// <param name="Mean">Of the folds' figures; NaN where a fold has none.</param>
/// <param name="StandardError">Their standard deviation over the root of their number; rather too small, because folds share most of what they are trained
/// on.</param>
/// <param name="Optimism">By how much the best figure of the plain search looks better than <see cref="Mean"/>, in the figure's unit: what choosing the best of
/// many on the very rows they are measured on has gained there, and, with folds, what fewer rows to train on have cost.</param>
/// <remarks>Stone 1974, "Cross-validatory choice and assessment of statistical predictions"; Varma and Simon 2006, "Bias in error estimation when using
/// cross-validation for model selection". scikit-learn's <c>cross_val_score(GridSearchCV(…))</c> gives the same figures (NestedTests, 1e-6).</remarks>
public sealed record NestedEnd(IReadOnlyList<NestedFold> Folds, double Mean, double StandardError, double Optimism)
{
    internal static NestedEnd Of(IReadOnlyList<NestedFold> folds, TrialFigure by, double plain)
    {
        var mean = folds.Average(f => f.Figure);
        var deviation = Math.Sqrt(folds.Sum(f => (f.Figure - mean) * (f.Figure - mean)) / (folds.Count - 1));
        return new(folds, mean, deviation / Math.Sqrt(folds.Count), by.HigherIsBetter ? plain - mean : mean - plain);
    }
}
