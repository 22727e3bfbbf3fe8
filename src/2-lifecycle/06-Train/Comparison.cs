using System.Globalization;
using Kumiki.Making;
using Kumiki.Statistics;

namespace Kumiki.Training;

/// <summary>A model's figures on its test rows, beside what needs no model.</summary>
static class Comparison
{
    /// <param name="guesses">The declared baselines: name, column and guesses for the test rows.</param>
    public static void Of(MakingRun making, Algorithm algorithm, TargetColumn target, int[] train, Scored test,
        IReadOnlyList<(string Name, string Column, double[] Guesses)> guesses)
    {
        switch (algorithm.Task)
        {
            case LearningTask.Binary: Binary(making, target, train, test); break;
            case LearningTask.Classes: Classes(making, target, train, test); break;
            default: Numbers(making, algorithm, target, train, test, guesses); break;
        }
        if (!test.Names.Contains("lower")) return;
        var (lower, upper) = (test.Only("lower").Scores, test.Only("upper").Scores);
        making.Metric("coverage.test", Enumerable.Range(0, test.Count).Count(i => lower[i] <= test.Truth[i] && test.Truth[i] <= upper[i]) / (double)test.Count);
        making.Metric("width.test", upper.Zip(lower, (u, l) => u - l).Average());
    }

    static void Binary(MakingRun making, TargetColumn target, int[] train, Scored test)
    {
        making.Metric("log_loss.test", Classification.LogLoss(test.Scores, test.Truth));
        var prior = train.Average(r => target.Values[r]);
        making.Metric("log_loss.test.prior", Classification.LogLoss(Array.ConvertAll(test.Truth, _ => prior), test.Truth));
        if (test.Truth.Distinct().Count() == 2) making.Metric("roc_auc.test", Classification.RocAuc(test.Scores, test.Truth));
    }

    static void Classes(MakingRun making, TargetColumn target, int[] train, Scored test)
    {
        var counts = new double[target.Classes.Count];
        foreach (var row in train) counts[(int)target.Values[row]]++;
        var often = Array.IndexOf(counts, counts.Max());
        making.Metric("log_loss.test", LogLoss((row, c) => test.Scores[row * test.Width + c]));
        making.Metric("log_loss.test.prior", LogLoss((_, c) => counts[c] / train.Length));
        making.Metric("accuracy.test", Enumerable.Range(0, test.Count).Count(r =>
            Best(test.Scores.AsSpan(r * test.Width, test.Width)) == (int)test.Truth[r]) / (double)test.Count);
        making.Metric("accuracy.test.most-frequent", test.Truth.Count(t => (int)t == often) / (double)test.Count);

        double LogLoss(Func<int, int, double> probability) =>
            -Enumerable.Range(0, test.Count).Average(r => Math.Log(Math.Max(probability(r, (int)test.Truth[r]), 2.220446049250313e-16)));
    }

    static int Best(ReadOnlySpan<double> scores)
    {
        var best = 0;
        for (var c = 1; c < scores.Length; c++)
            if (scores[c] > scores[best]) best = c;
        return best;
    }

    static void Numbers(MakingRun making, Algorithm algorithm, TargetColumn target, int[] train, Scored test,
        IReadOnlyList<(string Name, string Column, double[] Guesses)> guesses)
    {
        var point = test.Only(Figure.Point(algorithm)).Scores;
        if (algorithm is BoostedTrees { Loss: TreeLoss.Quantile } trees)
            foreach (var (quantile, name) in trees.Quantiles.Zip(trees.Outputs))
                making.Metric($"pinball.{name}.test", test.Truth.Zip(test.Only(name).Scores, (t, s) => (t > s ? quantile : quantile - 1) * (t - s)).Average());
        var mae = Regression.MeanAbsoluteError(test.Truth, point);
        making.Metric("mae.test", mae);
        making.Metric("rmse.test", Regression.RootMeanSquaredError(test.Truth, point));
        var mean = train.Average(r => target.Values[r]);
        making.Metric("mae.test.mean", Regression.MeanAbsoluteError(test.Truth, Array.ConvertAll(test.Truth, _ => mean)));
        foreach (var (name, column, all) in guesses)
        {
            int[] both = [.. Enumerable.Range(0, test.Count).Where(i => !double.IsNaN(all[i]))];
            if (both.Length == 0) throw new KumikiException(Message.Of("model.baseline-missing", ("model", making.Node.Name), ("baseline", name),
                ("column", column)));
            var (theirs, ours) = (MaeOf(all), MaeOf(point));
            making.Metric("mae.test." + name, theirs);
            making.Check(new CheckResult("beats-" + name, CheckKind.Test, ours < theirs, ours < theirs
                ? Message.Of("model.beats", ("model", making.Node.Name), ("baseline", name), ("mae", Written(ours)), ("theirs", Written(theirs)),
                    ("rows", both.Length))
                : Message.Of("model.does-not-beat", ("model", making.Node.Name), ("baseline", name), ("mae", Written(ours)), ("theirs", Written(theirs)),
                    ("rows", both.Length))));

            double MaeOf(double[] values) => Regression.MeanAbsoluteError(Array.ConvertAll(both, i => test.Truth[i]), Array.ConvertAll(both, i => values[i]));
        }

        static string Written(double value) => value.ToString("G5", CultureInfo.InvariantCulture);
    }
}
