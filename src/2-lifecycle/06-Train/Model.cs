using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using System.Text.Json.Serialization;
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
public abstract partial class Model<TRow> : Asset
{
    public sealed override AssetKind Kind => AssetKind.Model;

    /// <summary>Which rows train, validate and test.</summary>
    public abstract Split Split { get; }

    /// <summary>Features and algorithm: <c>Features.OneHot(r => r.Store).Then(Trees.Regression(r => r.Units))</c>.</summary>
    public abstract Learner Learner { get; }

    /// <summary>What the model has to beat on the test rows; by default nothing is declared, and the mean of the training rows is shown.</summary>
    protected virtual IReadOnlyList<Baseline<TRow>> Baselines => [];

    /// <summary>The baselines, for the report.</summary>
    internal IReadOnlyList<Baseline<TRow>> DeclaredBaselines => Baselines;

    /// <summary>Whether the learner is also tried by cross-validation on the rows that train and validate; its figures stand beside those of the test rows as <c>mae.folds</c>.</summary>
    /// <value>Null: it is not.</value>
    protected virtual CrossValidation? CrossValidation => null;

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
        making.Schema(JsonSerializer.SerializeToElement(new { inputs = scorer.Columns, features = scorer.Features }, Written));
    }

    sealed record MadeModel(OnnxModel Graph, byte[]? Booster, IReadOnlyList<(string Part, Scored Rows)> Scored);

    MadeModel Train(MakingRun making, Learner learner, IReadOnlyList<string> files, CancellationToken stop)
    {
        var algorithm = learner.Algorithm;
        Frame frame;
        using (making.Step("read")) frame = Read(making, learner, files, stop);

        var (target, keys, train, validation, test) = Cut(making, learner, frame);
        var guesses = Baselines.Select(b => (Baseline: b, Guesses: b.Guess(frame, target.Values, test))).Where(b => !(b.Baseline.MayMiss && Array.TrueForAll(b.Guesses, double.IsNaN)))
            .Select(b => (b.Baseline.Name, b.Baseline.Column.Name, b.Guesses)).ToList();
        var (tried, validated, tested) = (frame, validation, test);
        // Of a large table only what the learner needs is kept, and while it trains on its own form of that, only the rows that it will be tried on.
        var isLarge = ModelFit.IsLarge(learner, frame);
        var letsGo = isLarge && CrossValidation is null && algorithm is { Interval: null, Calibrated: null };
        if (isLarge) making.Tables().GiveBack();
        if (letsGo) frame.Keep([.. Fitting.Reads(learner.Features).Keys, .. new[] { algorithm.Weights, algorithm.Offset, algorithm.Spread }.OfType<ColumnSchema>().Select(c => c.Name)]);
        var course = new TrainingCourse(making.Seed, stop)
        {
            Metric = making.Metric,
            Progress = (done, of) => making.Progress(done, of, "rounds"),
            Warn = says => making.Log("warn", says.ToString()),
            Fact = making.Fact,
            Step = making.Step,
            Taken = () =>
            {
                if (!letsGo) return;
                tried = frame.Only([.. validation, .. test]);
                (validated, tested) = ([.. Enumerable.Range(0, validation.Length)], [.. Enumerable.Range(validation.Length, test.Length)]);
                frame.Keep([]);
                ProcessMemory.GiveBack();
            },
        };
        var fitted = ModelFit.Of(Name, learner, frame, target, train, validation, course);
        making.Fact("task", algorithm.Task.ToString());
        if (fitted.Outputs.Names.Count > 1) making.Fact("outputs", string.Join(", ", fitted.Outputs.Names));
        if (fitted.Outputs.Classes.Count > 0) making.Fact("classes", JsonSerializer.Serialize(fitted.Outputs.Classes, Readable));
        if (algorithm.IsBinary) making.Fact("positive", fitted.Outputs.Classes[^1]);

        using (making.Step("test"))
        {
            var scored = new List<(string, Scored)>();
            if (validation.Length > 0) scored.Add(("validation", fitted.Score(tried, target, validated, course)));
            scored.Add(("test", fitted.Score(tried, target, tested, course)));
            Comparison.Of(making, learner.Algorithm, target, train, scored[^1].Item2, guesses);
            if (CrossValidation is { } plan) scored.Add(("out-of-fold", CrossValidate(plan)));
            return new(fitted.Graph, fitted.Booster, scored);
        }

        Scored CrossValidate(CrossValidation plan)
        {
            int[] rows = [.. train.Concat(validation).Order()];
            var telling = course with { Progress = (done, of) => making.Progress(done, of, "folds") };
            var folds = FoldRuns.Of(Name, learner, Split, plan, frame, target, rows, keys, making.RandomFor("folds"), telling);
            foreach (var (figure, values) in folds.Figures)
            {
                var (mean, interval) = folds.Of(figure);
                making.Metric($"{figure}.folds", mean);
                making.Metric($"{figure}.folds.low", interval.Low);
                making.Metric($"{figure}.folds.high", interval.High);
                making.Fact($"folds.{figure}", string.Join(' ', values.Select(v => v.ToString("G6", CultureInfo.InvariantCulture))));
            }
            return folds.OutOfFold;
        }
    }

    /// <summary>What is learnt, and the rows of each part that have it and what the features require.</summary>
    /// <param name="Keys">[rows] what they are cut by; empty where nobody needs it again.</param>
    sealed record Parts(TargetColumn Target, int[] Keys, int[] Train, int[] Validation, int[] Test);

    Parts Cut(MakingRun making, Learner learner, Frame frame)
    {
        var algorithm = learner.Algorithm;
        var keys = Split.Column is null ? new int[frame.Rows] : frame.Keys(Split.Column.Name);
        var split = Split.Of(keys, making.RandomFor("split"));
        foreach (var (name, value) in split.Facts) making.Fact(name, value);
        var target = TargetColumn.Of(algorithm, frame, split.Train);
        if (target.UnknownRows > 0)
            making.Log("warn", Message.Of("training.unknown-class", ("model", Name), ("rows", target.UnknownRows), ("column", algorithm.Target.Name)).ToString());
        var lacking = new Dictionary<string, long>(StringComparer.Ordinal);
        var (train, validation, test) = (Usable("train", split.Train), Usable("validation", split.Validation), Usable("test", split.Test));
        foreach (var (part, rows) in new[] { ("train", train), ("test", test) })
            if (rows.Length == 0)
                throw new KumikiException(Message.Of("training.no-rows", ("model", Name), ("data", Split.Data.Name), ("part", part), ("column", algorithm.Target.Name)));
        making.Metric("rows.train", train.Length);
        making.Metric("rows.validation", validation.Length);
        making.Metric("rows.test", test.Length);
        return new(target, CrossValidation is null ? [] : keys, train, validation, test);

        int[] Usable(string part, int[] rows)
        {
            var (kept, dropped) = Fitting.Keep(learner.Features, frame, Array.FindAll(rows, r => !double.IsNaN(target.Values[r])));
            foreach (var (column, count) in dropped.Where(d => d.Value > 0))
            {
                making.Metric($"rows.dropped.{column}", lacking[column] = lacking.GetValueOrDefault(column) + count);
                making.Log(Message.Of("model.rows-dropped", ("model", Name), ("part", part), ("column", column), ("rows", count)).ToString());
            }
            return kept;
        }
    }

    /// <summary>As pages and programs read it: a column's kind by its name.</summary>
    static readonly JsonSerializerOptions Written = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    Frame Read(MakingRun making, Learner learner, IReadOnlyList<string> files, CancellationToken stop)
    {
        var (wanted, exact) = Wanted(learner);
        return Frame.Read(making.Tables(), files, wanted, stop, exact);
    }

    /// <summary>The columns it needs and what each is, and those that are read as doubles.</summary>
    (Dictionary<string, OnnxKind> Wanted, HashSet<string> Exact) Wanted(Learner learner)
    {
        var algorithm = learner.Algorithm;
        var wanted = new Dictionary<string, OnnxKind>(Fitting.Reads(learner.Features), StringComparer.Ordinal);
        var exact = new HashSet<string>(StringComparer.Ordinal);
        if (Split.Column is { } by) wanted.TryAdd(by.Name, Split.IsTime ? OnnxKind.Date : Frame.KindOf(by, category: true));
        Want(algorithm.Target.Name, Frame.KindOf(algorithm.Target, category: false));
        // As what serving reads, so that training subtracts the very number that is added there.
        foreach (var shift in new[] { algorithm.Offset, algorithm.Spread }.OfType<ColumnSchema>())
            if (!wanted.TryAdd(shift.Name, OnnxKind.Number) && wanted[shift.Name] != OnnxKind.Number) throw new KumikiException(Message.Of("features.mixed", ("column", shift.Name)));
        if (algorithm.Weights is { } weights) Want(weights.Name, OnnxKind.Number);
        foreach (var (name, kind) in Baselines.SelectMany(b => b.Wanted)) Want(name, kind);
        return (wanted, exact);

        void Want(string name, OnnxKind kind)
        {
            if (wanted.TryAdd(name, kind)) exact.Add(name);
        }
    }
}
