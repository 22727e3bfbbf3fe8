using System.Linq.Expressions;
using System.Text.Json;
using Kumiki.Making;
using Kumiki.Native;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Training;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki;

/// <summary>A model over rows of a type: fitted transforms and a trained learner in one ONNX graph.</summary>
/// <remarks>Making one: 1. the rows are split, 2. transforms are fitted on training rows, 3. the learner is trained on the features that the transforms' own
/// graph computes, block by block, 4. both are
/// joined to one graph, 5. an interval, if any, is calibrated on validation rows, 6. that graph scores the validation and test rows, beside the baselines. A
/// version holds <c>model.onnx</c>, the scored rows
/// and, of trees, <c>booster.ubj</c>.</remarks>
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

    /// <summary>Learners that look at no feature.</summary>
    protected static ZeroRules<TRow> ZeroRule { get; } = new();

    /// <summary>A column by its property, for settings of a learner: <c>with { Weights = Column(r => r.Weight) }</c>.</summary>
    protected static ColumnSchema Column<TValue>(Expression<Func<TRow, TValue>> column) => RowSchema.Of<TRow>().ColumnOf(column);

    protected override EdgeKind EdgeTo(Asset input) => input.Kind == AssetKind.Model ? EdgeKind.Fit : EdgeKind.Source;

    protected override IEnumerable<KeyValuePair<string, string>> Recipe =>
        [new("fitting", Fitting.Recipe), new("adapter", Adapter.Name), Learner.Algorithm.Recipe, new("xgboost", "1.7.4")];

    protected override IEnumerable<Finding> Check()
    {
        var (algorithm, found) = (Learner.Algorithm, new List<Finding>());
        if (Node.Inputs.All(i => i.Asset != Split.Data.Name)) Refuse("split", Message.Of("model.split-of-other", ("model", Name), ("data", Split.Data.Name)));
        foreach (var plan in Learner.Features.Where(p => p.Column.Name == algorithm.Target.Name)) Refuse("leak",
            Message.Of("model.target-is-feature", ("model", Name), ("column", plan.Column.Name)));
        foreach (var says in algorithm.Check()) Refuse("learner", says);
        foreach (var limit in Baselines.SelectMany(b => b.Limits()).Where(l => !l.Holds)) Refuse("baseline", limit.Says(nameof(Baseline<>.SeasonalNaive)));
        foreach (var baseline in Baselines.Where(b => algorithm.IsClasses || !b.IsNumber))
            Refuse("baseline", Message.Of("model.baseline-number", ("model", Name), ("baseline", baseline.Name), ("column", algorithm.Target.Name)));
        return found;

        void Refuse(string rule, Message says) => found.Add(new(rule, Severity.Refusal, says, []));
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var learner = Learner;
        var files = await making.Input(Split.Data).PathsAsync("rows", stop);
        var made = await Task.Run(() => Train(making, learner, files, stop), stop);

        var path = making.Scratch.File("model.onnx");
        var bytes = made.Graph.ToBytes();
        await File.WriteAllBytesAsync(path, bytes, stop);
        await making.AddFileAsync("model.onnx", path, stop);
        if (made.Booster is not null) await making.AddBytesAsync("booster.ubj", made.Booster, stop);
        foreach (var (part, rows) in made.Scored)
        {
            var file = making.Scratch.File(part + ".parquet");
            ScoredRows.Write(making.Tables(), rows, file, stop);
            await making.AddFileAsync($"scored/{part}.parquet", file, stop);
        }
        making.Fact("target", learner.Algorithm.Target.Name);
        making.Fact("algorithm", learner.Algorithm.GetType().Name);
        using var scorer = Scorer.Open(bytes);
        making.Schema(JsonSerializer.SerializeToElement(new { inputs = scorer.Columns, features = scorer.Features }, JsonSerializerOptions.Web));
    }

    sealed record MadeModel(OnnxModel Graph, byte[]? Booster, IReadOnlyList<(string Part, Scored Rows)> Scored);

    MadeModel Train(MakingRun making, Learner learner, IReadOnlyList<string> files, CancellationToken stop)
    {
        var algorithm = learner.Algorithm;
        Frame frame;
        using (making.Step("read")) frame = Read(making, learner, files, stop);

        var split = Split.Of(frame.Days(Split.Column));
        foreach (var (name, value) in split.Facts) making.Fact(name, value);
        var target = TargetColumn.Of(algorithm, frame, split.Train);
        if (target.UnknownRows > 0) making.Log("warn",
            Message.Of("training.unknown-class", ("model", Name), ("rows", target.UnknownRows), ("column", algorithm.Target.Name)).ToString());
        var (train, validation, test) = (WithTarget(split.Train), WithTarget(split.Validation), WithTarget(split.Test));
        target.Check(algorithm, train);
        foreach (var (part, rows) in new[] { ("train", train), ("test", test) })
            if (rows.Length == 0) throw new KumikiException(Message.Of("training.no-rows", ("model", Name), ("data", Split.Data.Name), ("part", part),
                ("column", algorithm.Target.Name)));
        if (algorithm.NeedsValidation && validation.Length == 0) throw new KumikiException(Message.Of("training.no-validation", ("model", Name),
            ("setting", algorithm.Interval is null ? "EarlyStopping" : "Interval")));
        var weights = target.Weights(algorithm, frame, train, validation);
        // What chose the best round cannot tell how far off it is.
        var share = algorithm is { Interval: not null } and BoostedTrees { EarlyStopping: not null };
        var (stopping, calibrating) = share ? (EveryOther(validation, 0), EveryOther(validation, 1)) : (validation, validation);
        making.Metric("rows.train", train.Length);
        making.Metric("rows.validation", validation.Length);
        making.Metric("rows.test", test.Length);

        OnnxModel transforms;
        using (making.Step("fit transforms")) transforms = TransformGraph.Of(Fitting.Of(learner.Features, frame, train));

        // Training is the peak: what reading and fitting left over is given back first, and what training leaves before the rows are scored.
        var isLarge = (long)frame.Rows * learner.Features.Count > LargeFrame;
        Trained trained;
        using (making.Step("train"))
        {
            if (isLarge) ProcessMemory.GiveBack();
            using var scorer = Scorer.Open(transforms.ToBytes());
            var course = new TrainingCourse(making.Seed, stop)
            {
                Metric = making.Metric,
                Progress = (done, of) => making.Progress(done, of, "rounds"),
                Warn = says => making.Log("warn", says.ToString()),
                Fact = making.Fact,
            };
            trained = Trainer.Train(algorithm, Rows(scorer, train), Rows(scorer, stopping), target.Classes.Count, course);
        }
        if (isLarge) ProcessMemory.GiveBack();

        var outputs = new ModelOutputs(algorithm.Task == LearningTask.Classes ? target.Classes : algorithm.Outputs, target.Classes);
        var graph = outputs.On(transforms.Append(trained.Learner));
        if (algorithm.Interval is { } held)
        {
            using (making.Step("calibrate"))
            using (var scorer = Scorer.Open(graph.ToBytes()))
            {
                var margin = Conformal.Margin(FeatureRows.Of(scorer, frame, calibrating, stop).ToArray(), scorer.Width,
                    Frame.Gather(target.Values, calibrating), held, algorithm.Target.Name);
                making.Metric("interval.margin", margin);
                outputs = outputs with { Names = [.. outputs.Names, "lower", "upper"] };
                graph = outputs.On(transforms.Append(Learners.Interval(trained.Learner, margin)));
            }
        }
        making.Fact("task", algorithm.Task.ToString());
        if (outputs.Names.Count > 1) making.Fact("outputs", string.Join(", ", outputs.Names));
        if (outputs.Classes.Count > 0) making.Fact("classes", JsonSerializer.Serialize(outputs.Classes, Readable));
        if (algorithm.IsBinary) making.Fact("positive", outputs.Classes[^1]);

        using (making.Step("test"))
        {
            using var scorer = Scorer.Open(graph.ToBytes());
            var scored = new List<(string, Scored)>();
            if (validation.Length > 0) scored.Add(("validation", ScoreOf(validation)));
            scored.Add(("test", ScoreOf(test)));
            Comparison.Of(making, learner.Algorithm, target, train, scored[^1].Item2,
                [.. Baselines.Select(b => (b.Name, b.Column.Name, b.Guess(frame, target.Values, test)))]);
            return new(graph, trained.Booster, scored);

            Scored ScoreOf(int[] rows) =>
                new(Array.ConvertAll(FeatureRows.Of(scorer, frame, rows, stop).ToArray(), s => (double)s),
                    Frame.Gather(target.Values, rows)) { Names = outputs.Names, Rows = rows };
        }

        int[] WithTarget(int[] rows) => Array.FindAll(rows, r => !double.IsNaN(target.Values[r]));
        TrainingRows Rows(Scorer scorer, int[] rows) =>
            new(FeatureRows.Of(scorer, frame, rows, stop), Frame.Gather(target.Values, rows), weights is null ? null : Frame.Gather(weights, rows));
        static int[] EveryOther(int[] rows, int first) => [.. rows.Where((_, i) => i % 2 == first)];
    }

    /// <summary>Values beside which it pays to give memory back.</summary>
    const long LargeFrame = 4_000_000;

    static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    Frame Read(MakingRun making, Learner learner, IReadOnlyList<string> files, CancellationToken stop)
    {
        var algorithm = learner.Algorithm;
        var wanted = learner.Features.ToDictionary(f => f.Column.Name, f =>
            Frame.KindOf(f.Column, f.Steps.Any(s => s is StepPlan.OneHot)), StringComparer.Ordinal);
        var exact = new HashSet<string>(StringComparer.Ordinal);
        wanted[Split.Column] = OnnxKind.Date;
        Want(algorithm.Target.Name, Frame.KindOf(algorithm.Target, category: false));
        if (algorithm.Weights is { } weights) Want(weights.Name, OnnxKind.Number);
        foreach (var (name, kind) in Baselines.SelectMany(b => b.Wanted)) Want(name, kind);
        return Frame.Read(making.Tables(), files, wanted, stop, exact);

        void Want(string name, OnnxKind kind)
        {
            if (wanted.TryAdd(name, kind)) exact.Add(name);
        }
    }
}
