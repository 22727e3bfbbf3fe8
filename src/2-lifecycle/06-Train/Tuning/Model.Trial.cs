using Kumiki.Making;
using Kumiki.Preparing;
using Kumiki.Preprocessing;
using Kumiki.Training;
using Kumiki.Tuning;

namespace Kumiki;

public abstract partial class Model<TRow>
{
    protected sealed override IReadOnlyList<TrialFigure> TrialFigures =>
        [.. Figure.Names(Learner.Algorithm).Select(name => new TrialFigure(name, Figure.HigherIsBetter.Contains(name)))];

    /// <remarks>1. The rows are read and split once for all trials that need the same columns, and cut once for all trials of an outer fold, 2. the learner
    /// is fitted on training rows, 3. it is judged on validation rows; or both by cross-validation of the rows that train and validate.
    /// A learner that stops early or calibrates does so on rows cut off from the training rows, in the way of the split, so that it is judged on rows it has
    /// not seen. Less effort is fewer rounds of boosted trees, or fewer training rows.</remarks>
    protected sealed override async Task TryAsync(MakingRun making, Trial trial, CancellationToken stop)
    {
        var learner = Learner;
        var files = await making.Input(Split.Data).PathsAsync("rows", stop);
        var (wanted, exact) = Wanted(learner);
        var columns = string.Join(' ', wanted.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => $"{w.Key}:{w.Value}:{exact.Contains(w.Key)}"));
        var key = $"rows by {Split.Cut} of {columns}";
        var rows = trial.Shared(key, halt => Read(making, learner, files, trial, halt));
        if (trial.Outer is { } outer)
            rows = trial.Shared($"{outer}, {outer.Judges}, {trial.Folds is null}, {key}",
                _ => rows.Within(outer, trial.Folds is not null, Split, learner.Algorithm, making.RandomFor));
        making.Log(Message.Of("tune.threads", ("threads", trial.Threads), ("all", Environment.ProcessorCount)).ToString());
        Try(making, learner, trial, rows, stop);
    }

    TrialRows Read(MakingRun making, Learner learner, IReadOnlyList<string> files, Trial trial, CancellationToken stop)
    {
        var frame = Read(making, learner, files, stop);
        var keys = Split.Column is null ? new int[frame.Rows] : frame.Keys(Split.Column.Name);
        var split = Split.Of(keys, making.RandomFor("split"));
        if (trial.Folds is null && trial.Outer is null && split.Validation.Length == 0)
            throw new KumikiException(Message.Of("tune.no-validation", ("asset", Name)));
        return new(frame, keys, split.Train, split.Validation);
    }

    void Try(MakingRun making, Learner learner, Trial trial, TrialRows rows, CancellationToken stop)
    {
        var target = TargetColumn.Of(learner.Algorithm, rows.Frame, rows.Train);
        var (train, validation) = (Usable(rows.Train), Usable(rows.Validation));
        if (trial.Share < 1 && learner.Algorithm is BoostedTrees trees)
            learner = new(learner.Features, trees with { Rounds = Math.Max(1, (int)Math.Round(trees.Rounds * trial.Share)) });
        else if (trial.Share < 1) train = Some(train, target, trial.Share);
        var course = new TrainingCourse(making.Seed, stop) { Threads = trial.Threads, Warn = says => making.Log("warn", says.ToString()), Step = making.Step };

        if (trial.Folds is { } count)
        {
            int[] both = [.. train.Concat(validation).Order()];
            var folds = FoldRuns.Of(Name, learner, Split, new(count), rows.Frame, target, both, rows.Keys, making.RandomFor("folds"), course);
            foreach (var figure in folds.Figures.Keys) making.Metric(figure, folds.Of(figure).Mean);
            return;
        }
        if (validation.Length == 0)
            throw new KumikiException(Message.Of("training.no-rows", ("model", Name), ("data", Split.Data.Name), ("part", "validation"),
                ("column", learner.Algorithm.Target.Name)));
        var inner = learner.Algorithm.NeedsValidation ? Split.Folds(train, rows.Keys, 6, making.RandomFor("inner"))[^1] : new Fold(train, []);
        var fitted = ModelFit.Of(Name, learner, rows.Frame, target, inner.Train, inner.Try, course);
        foreach (var (figure, value) in Figure.Of(learner.Algorithm, fitted.Score(rows.Frame, target, validation, course))) making.Metric(figure, value);

        int[] Usable(int[] some) => Fitting.Keep(learner.Features, rows.Frame, Array.FindAll(some, r => !double.IsNaN(target.Values[r]))).Rows;
    }

    /// <summary>A share of rows over the whole span of the target, so that classes keep their shares and a rare one stays; equal shares are equal rows.</summary>
    static int[] Some(int[] rows, TargetColumn target, double share)
    {
        int[] order = [.. rows.OrderBy(r => target.Values[r])];
        var count = Math.Max(1, (int)Math.Round(order.Length * share));
        return [.. Enumerable.Range(0, count).Select(i => order[(int)((i + 0.5) * order.Length / count)]).Order()];
    }
}
