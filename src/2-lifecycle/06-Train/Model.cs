using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Statistics;
using Kumiki.Tables;
using Kumiki.Training;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki;

/// <summary>A model over rows of a type: fitted transforms and a trained learner in one ONNX graph.</summary>
/// <remarks>Making one: 1. the rows are split, 2. transforms are fitted on training rows, 3. the transforms' own graph computes the features, 4. the learner is trained on them, 5. both are
/// joined to one graph, 6. that graph scores the validation and test rows, beside the baselines. A version holds <c>model.onnx</c> and the scored rows.</remarks>
public abstract class Model<TRow> : Asset
{
    public sealed override AssetKind Kind => AssetKind.Model;

    /// <summary>Which rows train, validate and test.</summary>
    public abstract Split Split { get; }

    /// <summary>Features and algorithm: <c>Features.OneHot(r => r.Store).Then(Trees.Regression(r => r.Units))</c>.</summary>
    public abstract Learner Learner { get; }

    /// <summary>What the model has to beat on the test rows; by default nothing is declared, and the mean of the training rows is shown.</summary>
    protected virtual IReadOnlyList<Baseline<TRow>> Baselines => [];

    /// <summary>The features to name columns for.</summary>
    protected static Features<TRow> Features { get; } = new([]);

    /// <summary>Tree learners.</summary>
    protected static Trees<TRow> Trees { get; } = new();

    /// <summary>Linear learners.</summary>
    protected static Linear<TRow> Linear { get; } = new();

    protected override EdgeKind EdgeTo(Asset input) => input.Kind == AssetKind.Model ? EdgeKind.Fit : EdgeKind.Source;

    protected override IEnumerable<KeyValuePair<string, string>> Recipe =>
        [new("fitting", Fitting.Recipe), new("adapter", Adapter.Name), Learner.Algorithm.Recipe, new("xgboost", "1.7.4")];

    protected override IEnumerable<Finding> Check()
    {
        if (Node.Inputs.All(i => i.Asset != Split.Data.Name))
            yield return new("split", Severity.Refusal, Message.Of("model.split-of-other", ("model", Name), ("data", Split.Data.Name)), []);
        foreach (var plan in Learner.Features.Where(p => p.Column.Name == Learner.Algorithm.Target.Name))
            yield return new("leak", Severity.Refusal, Message.Of("model.target-is-feature", ("model", Name), ("column", plan.Column.Name)), []);
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var learner = Learner;
        var target = learner.Algorithm.Target.Name;
        var files = await making.Input(Split.Data).PathsAsync("rows", stop);
        var (model, scored) = await Task.Run(() => Train(making, learner, files, stop), stop);

        var path = making.Scratch.File("model.onnx");
        var bytes = model.ToBytes();
        await File.WriteAllBytesAsync(path, bytes, stop);
        await making.AddFileAsync("model.onnx", path, stop);
        foreach (var (part, rows) in scored)
        {
            var file = making.Scratch.File(part + ".parquet");
            ScoredRows.Write(making.Tables(), rows, file, stop);
            await making.AddFileAsync($"scored/{part}.parquet", file, stop);
        }
        making.Fact("target", target);
        making.Fact("algorithm", learner.Algorithm.GetType().Name);
        using var scorer = Scorer.Open(bytes);
        making.Schema(JsonSerializer.SerializeToElement(new { inputs = scorer.Columns, features = scorer.Features }, JsonSerializerOptions.Web));
    }

    (OnnxModel Model, IReadOnlyList<(string Part, Scored Rows)> Scored) Train(MakingRun making, Learner learner, IReadOnlyList<string> files, CancellationToken stop)
    {
        var target = learner.Algorithm.Target.Name;
        Frame frame;
        using (making.Step("read"))
        {
            var wanted = learner.Features.ToDictionary(f => f.Column.Name, f => Frame.KindOf(f.Column, f.Steps.Any(s => s is StepPlan.OneHot)), StringComparer.Ordinal);
            wanted[target] = Frame.KindOf(learner.Algorithm.Target, category: false);
            wanted[Split.Column] = OnnxKind.Date;
            foreach (var baseline in Baselines) wanted.TryAdd(baseline.Column.Name, OnnxKind.Number);
            frame = Frame.Read(making.Tables(), files, wanted, stop);
        }

        var split = Split.Of(frame.Days(Split.Column));
        foreach (var (name, value) in split.Facts) making.Fact(name, value);
        var truth = frame.Numbers(target);
        var (train, validation, test) = (WithTarget(split.Train), WithTarget(split.Validation), WithTarget(split.Test));
        foreach (var (part, rows) in new[] { ("train", train), ("test", test) })
            if (rows.Length == 0) throw new KumikiException(Message.Of("training.no-rows", ("model", Name), ("data", Split.Data.Name), ("part", part), ("column", target)));
        making.Metric("rows.train", train.Length);
        making.Metric("rows.validation", validation.Length);
        making.Metric("rows.test", test.Length);

        OnnxModel transforms;
        float[] features, watched;
        int width;
        using (making.Step("fit transforms"))
        {
            transforms = TransformGraph.Of(Fitting.Of(learner.Features, frame, train));
            using var scorer = Scorer.Open(transforms.ToBytes());
            width = scorer.Width;
            features = scorer.Score(frame.Take(train), stop);
            watched = validation.Length == 0 ? [] : scorer.Score(frame.Take(validation), stop);
        }

        OnnxModel model;
        using (making.Step("train"))
            model = transforms.Append(Trainer.Train(learner.Algorithm, features, width, Frame.Gather(truth, train), (watched, Frame.Gather(truth, validation)), making, stop));

        using (making.Step("test"))
        {
            using var scorer = Scorer.Open(model.ToBytes());
            var scored = new List<(string, Scored)>();
            if (validation.Length > 0) scored.Add(("validation", ScoreOf(validation)));
            scored.Add(("test", ScoreOf(test)));
            Compare(making, learner.Algorithm, frame, train, test, scored[^1].Item2);
            return (model, scored);

            Scored ScoreOf(int[] rows) => new(Array.ConvertAll(scorer.Score(frame.Take(rows), stop), s => (double)s), Frame.Gather(truth, rows));
        }

        int[] WithTarget(int[] rows) => Array.FindAll(rows, r => !double.IsNaN(truth[r]));
    }

    /// <summary>The figures on the test rows, beside what needs no model.</summary>
    void Compare(MakingRun making, Algorithm algorithm, Frame frame, int[] train, int[] test, Scored scored)
    {
        var truth = frame.Numbers(algorithm.Target.Name);
        if (algorithm.IsBinary)
        {
            making.Metric("log_loss.test", Classification.LogLoss(scored.Scores, scored.Truth));
            if (scored.Truth.Distinct().Count() == 2) making.Metric("roc_auc.test", Classification.RocAuc(scored.Scores, scored.Truth));
            return;
        }
        var mae = Regression.MeanAbsoluteError(scored.Truth, scored.Scores);
        making.Metric("mae.test", mae);
        making.Metric("rmse.test", Regression.RootMeanSquaredError(scored.Truth, scored.Scores));
        var mean = Frame.Gather(truth, train).Average();
        making.Metric("mae.test.mean", Regression.MeanAbsoluteError(scored.Truth, Array.ConvertAll(scored.Truth, _ => mean)));
        foreach (var baseline in Baselines)
        {
            var guesses = Frame.Gather(frame.Numbers(baseline.Column.Name), test);
            var both = Enumerable.Range(0, test.Length).Where(i => !double.IsNaN(guesses[i])).ToArray();
            if (both.Length == 0) throw new KumikiException(Message.Of("model.baseline-missing", ("model", Name), ("baseline", baseline.Name), ("column", baseline.Column.Name)));
            var (theirs, ours) = (MaeOf(guesses), MaeOf(scored.Scores));
            making.Metric("mae.test." + baseline.Name, theirs);
            making.Check(new CheckResult("beats-" + baseline.Name, CheckKind.Test, ours < theirs, ours < theirs
                ? Message.Of("model.beats", ("model", Name), ("baseline", baseline.Name), ("mae", Written(ours)), ("theirs", Written(theirs)), ("rows", both.Length))
                : Message.Of("model.does-not-beat", ("model", Name), ("baseline", baseline.Name), ("mae", Written(ours)), ("theirs", Written(theirs)), ("rows", both.Length))));

            double MaeOf(double[] values) => Regression.MeanAbsoluteError(Frame.Gather(scored.Truth, both), Frame.Gather(values, both));
        }

        static string Written(double value) => value.ToString("G5", CultureInfo.InvariantCulture);
    }
}

/// <summary>A guess without a model: the value of a column.</summary>
/// <param name="Name">A slug, such as <c>two-weeks-ago</c>.</param>
public sealed record Baseline<TRow>(string Name, ColumnSchema Column)
{
    /// <summary>"As it was then": the value of a column of the same row.</summary>
    public static Baseline<TRow> Of<TValue>(string name, Expression<Func<TRow, TValue>> column) => new(name, RowSchema.Of<TRow>().ColumnOf(column));
}
