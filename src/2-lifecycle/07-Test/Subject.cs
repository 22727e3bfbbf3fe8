namespace Kumiki.Testing;

/// <summary>What a report looks at: one version of a model with its scored rows, and the rows they came from.</summary>
/// <param name="Training">[training rows] targets: numbers, or the numbers of classes.</param>
sealed record Subject(string Model, Algorithm Algorithm, IReadOnlyList<string> Classes, Scored Test, Scored? Validation, Scored? OutOfFold, double[] Training, double[]? Weights, double[]? OutOfFoldWeights)
{
    public LearningTask Task => Algorithm.Task;

    /// <summary>The score that stands for the prediction of a number.</summary>
    public string Point => Kumiki.Training.Figure.Point(Algorithm);

    /// <summary>How wrong the model is on each row, for slices: log loss, pinball loss or absolute error.</summary>
    public (string Name, double[] Values) Losses(Scored rows)
    {
        switch (Task)
        {
            case LearningTask.Binary: return ("log_loss", [.. rows.Scores.Zip(rows.Truth, (p, t) => -Math.Log(Math.Clamp(t == 1 ? p : 1 - p, 1e-15, 1)))]);
            case LearningTask.Classes: return ("log_loss", [.. rows.Truth.Select((t, row) => -Math.Log(Math.Clamp(rows.Scores[row * rows.Width + (int)t], 1e-15, 1)))]);
            default:
                var point = rows.Only(Point).Scores;
                return ("absolute_error", [.. point.Zip(rows.Truth, (p, t) => Math.Abs(p - t))]);
        }
    }

    /// <summary>What the model expects of each row: the score of the positive class, or the prediction; empty for many classes.</summary>
    public double[] Predicted(Scored rows) => Task switch
    {
        LearningTask.Binary => rows.Scores,
        LearningTask.Classes => [],
        _ => rows.Only(Point).Scores,
    };
}

/// <summary>A model of an earlier release that scored the same rows.</summary>
sealed record Existing(string Name, Scored Rows, Choice? Choice);

/// <summary>Sets up the contest of a task.</summary>
static class Contests
{
    public static Contest Of(Subject subject, Scored rows, double[]? weights, Choice? choice, GoalStatement? goal, IReadOnlyList<(string Name, double[] Guesses)> rules, Existing? existing, Random random)
    {
        foreach (var (score, at) in rows.Scores.Select((s, at) => (s, at)))
            if (!double.IsFinite(score)) throw new KumikiException(Message.Of("report.score", ("model", subject.Model), ("score", rows.Names[at % rows.Width]), ("row", at / rows.Width + 1), ("value", score)));
        switch (subject.Task)
        {
            case LearningTask.Binary:
                (bool, double)? held = goal?.Figure switch
                {
                    GoalFigure.PrecisionAtRecall => (true, goal.At!.Value),
                    GoalFigure.RecallAtPrecision => (false, goal.At!.Value),
                    _ => null,
                };
                return new BinaryContest(rows, weights, subject.Training.Average(), choice, goal?.Costs, goal?.PersonCost, held, existing is null ? null : (existing.Name, existing.Rows.Scores, existing.Choice));
            case LearningTask.Classes:
                var prior = new double[subject.Classes.Count];
                foreach (var c in subject.Training) prior[(int)c] += 1.0 / subject.Training.Length;
                return new ClassContest(rows, subject.Classes, weights, prior, goal?.Costs, goal?.PersonCost, existing is null ? null : (existing.Name, existing.Rows.Scores), random);
            default:
                IReadOnlyList<(double, string)> quantiles = subject.Algorithm is BoostedTrees { Loss: TreeLoss.Quantile } trees ? [.. trees.Quantiles.Zip(trees.Outputs)] : [];
                return new NumberContest(rows, subject.Point, quantiles, weights, subject.Training, rules, subject.Algorithm.Interval, existing is null ? null : (existing.Name, existing.Rows), random);
        }
    }
}
