using Kumiki.Preparing;
using Kumiki.Preprocessing;
using Kumiki.Statistics;

namespace Kumiki.Training;

/// <summary>What came of a cross-validation.</summary>
/// <param name="OutOfFold">The rows of the first repetition, each scored by the fit that did not see it.</param>
/// <param name="Figures">By name, one value a fold, of all repetitions.</param>
/// <param name="TrainRows">Rows a fold trains on, on average.</param>
/// <param name="TryRows">Rows a fold tries on, on average.</param>
sealed record FoldRuns(Scored OutOfFold, IReadOnlyDictionary<string, IReadOnlyList<double>> Figures, long TrainRows, long TryRows)
{
    /// <param name="rows">Rows that train and validate, each with a target.</param>
    /// <param name="keys">[rows of the frame] what the split tells rows apart by.</param>
    public static FoldRuns Of(string model, Learner learner, Split split, CrossValidation plan, Frame frame, TargetColumn target, int[] rows, int[] keys, Random random, TrainingCourse course)
    {
        var repeats = split.IsTime ? 1 : plan.Repeats;
        var (done, all) = (0, repeats * plan.Folds);
        var figures = new SortedDictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        var parts = new List<Scored>();
        var (trained, tried) = (0L, 0L);
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            foreach (var fold in split.Folds(rows, keys, plan.Folds, random))
            {
                // What stops early must not be what is tried: a sixth of the training rows is cut off in the same way, the last one where time orders them.
                var inner = learner.Algorithm.NeedsValidation ? split.Folds(fold.Train, keys, 6, random)[^1] : new Fold(fold.Train, []);
                var quiet = course with { Metric = (_, _, _) => { }, Fact = (_, _) => { }, Progress = (_, _) => { }, Step = _ => null };
                var fitted = ModelFit.Of(model, learner, frame, target, inner.Train, inner.Try, quiet);
                var scored = fitted.Score(frame, target, fold.Try, course);
                foreach (var (name, value) in Figure.Of(learner.Algorithm, scored))
                {
                    if (!figures.TryGetValue(name, out var values)) figures[name] = values = new List<double>();
                    ((List<double>)values).Add(value);
                }
                if (repeat == 0) parts.Add(scored);
                (trained, tried) = (trained + inner.Train.Length, tried + fold.Try.Length);
                course.Progress(++done, all);
            }
        }
        return new(Together(parts), figures, trained / all, tried / all);
    }

    /// <summary>The mean of a figure with its interval.</summary>
    public (double Mean, Interval Interval) Of(string figure)
    {
        var values = Figures[figure];
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
        var half = MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, values.Count - 1, 0.975) * deviation * Math.Sqrt(1.0 / values.Count + (double)TryRows / TrainRows);
        return (mean, new(mean - half, mean + half, 0.95));
    }

    static Scored Together(List<Scored> parts)
    {
        int[] rows = [.. parts.SelectMany(p => p.Rows)];
        double[] scores = [.. parts.SelectMany(p => p.Scores)], truth = [.. parts.SelectMany(p => p.Truth)];
        var (width, order) = (parts[0].Width, Enumerable.Range(0, rows.Length).ToArray());
        Array.Sort([.. rows], order);
        return new([.. order.SelectMany(i => scores.AsSpan(i * width, width).ToArray())], [.. order.Select(i => truth[i])]) { Names = parts[0].Names, Rows = [.. order.Select(i => rows[i])] };
    }
}
