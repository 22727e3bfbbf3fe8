using System.Globalization;
using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Testing;
using OnnxKind = Kumiki.Onnx.ColumnKind;
using TableKind = Kumiki.Tables.ColumnKind;

namespace Kumiki;

public abstract partial class TestReport<TRow>
{
    PartedRows Rows(MakingRun making, Read read, Scorer scorer, IReadOnlyList<SlicePlan> slices, CancellationToken stop)
    {
        var (algorithm, split) = (model.Learner.Algorithm, model.Split);
        var wanted = scorer.Columns.ToDictionary(c => c.Name, c => c.Kind, StringComparer.Ordinal);
        var exact = new HashSet<string>(StringComparer.Ordinal);
        if (split.Column is { } by) wanted.TryAdd(by.Name, split.IsTime ? OnnxKind.Date : Frame.KindOf(by, category: true));
        foreach (var plan in slices)
            if ((plan as SlicePlan.Values)?.Column is { } column) wanted.TryAdd(column.Name, Frame.KindOf(column, category: false));
            else if (plan is SlicePlan.Edges edges) wanted.TryAdd(edges.Column.Name, OnnxKind.Number);
        Want(algorithm.Target.Name, Frame.KindOf(algorithm.Target, category: false));
        if (Weights is { } weights) Want(weights.Name, OnnxKind.Number);
        foreach (var (name, kind) in model.DeclaredBaselines.SelectMany(b => b.Wanted)) Want(name, kind);
        var frame = Frame.Read(making.Tables(), read.Files, wanted, stop, exact);

        var part = new bool[frame.Rows];
        foreach (var row in read.Test.Rows.Concat(read.Validation?.Rows ?? [])) part[row] = true;
        var target = frame.IsText(algorithm.Target.Name) ? Array.ConvertAll(frame.Coded(algorithm.Target.Name).Codes, c => c < 0 ? double.NaN : c) : frame.Numbers(algorithm.Target.Name);
        int[] train = [.. Enumerable.Range(0, frame.Rows).Where(r => !part[r] && !double.IsNaN(target[r]))];
        return new(frame, train, read.Validation?.Rows ?? [], read.Test.Rows, [.. scorer.Columns.Select(c => c.Name)], algorithm.Target.Name, split.Column?.Name, split.IsTime,
            ByGroup: read.Model.Record.Facts.GetValueOrDefault("split.by", "").StartsWith("groups of ", StringComparison.Ordinal));

        void Want(string name, OnnxKind kind)
        {
            if (wanted.TryAdd(name, kind)) exact.Add(name);
        }
    }

    /// <summary>[training rows] numbers, or the numbers of classes in the version's own order.</summary>
    static double[] Targets(PartedRows rows, Algorithm algorithm, IReadOnlyList<string> classes)
    {
        if (!algorithm.IsClasses) return Frame.Gather(rows.Frame.Numbers(rows.Target), rows.Train);
        if (rows.Frame.IsText(rows.Target))
        {
            var (codes, texts) = rows.Frame.Coded(rows.Target);
            var places = texts.Select(t => (double)classes.ToList().IndexOf(t)).ToArray();
            return Array.ConvertAll(rows.Train, r => Math.Max(0, places[codes[r]]));
        }
        var numbers = rows.Frame.Numbers(rows.Target);
        var isFlag = algorithm.Target.Kind == TableKind.Bool;
        var known = new Dictionary<double, double>();
        foreach (var (number, name) in classes.Index()) known[isFlag ? name == "true" ? 1 : 0 : double.Parse(name, CultureInfo.InvariantCulture)] = number;
        return Array.ConvertAll(rows.Train, r => known.GetValueOrDefault(numbers[r]));
    }

    double[]? WeightsOf(Frame frame, int[] rows)
    {
        if (Weights is not { } column) return null;
        var weights = Frame.Gather(frame.Numbers(column.Name), rows);
        for (var i = 0; i < weights.Length; i++)
            if (!(weights[i] >= 0 && double.IsFinite(weights[i]))) throw new KumikiException(Message.Of("report.weight", ("report", Name), ("column", column.Name), ("row", rows[i] + 1), ("value", weights[i])));
        if (weights.Length > 0 && !(weights.Sum() > 0)) throw new KumikiException(Message.Of("report.weights-zero", ("report", Name), ("column", column.Name), ("rows", rows.Length)));
        return weights;
    }

    /// <summary>The version in production, on the same test rows; else why it is not there.</summary>
    (Existing? Existing, string? Why) Earlier(Read read, PartedRows rows, Scorer scorer, CancellationToken stop)
    {
        if (read.Production is not { } live) return (null, null);
        using var older = Scorer.Open(live.Graph);
        var (ours, theirs) = (ModelOutputs.Of(scorer), ModelOutputs.Of(older));
        if (!ours.Names.SequenceEqual(theirs.Names) || !ours.Classes.SequenceEqual(theirs.Classes)) return (null, Message.Of("report.existing-outputs", ("existing", live.Name)).In(Language));
        var lacking = older.Columns.FirstOrDefault(c => scorer.Columns.All(o => o.Name != c.Name || o.Kind != c.Kind));
        if (lacking is not null) return (null, Message.Of("report.existing-column", ("existing", live.Name), ("column", lacking.Name)).In(Language));
        var scores = older.Score(rows.Frame.Window(older.Columns.Select(c => c.Name), rows.Test.Length).Of(rows.Test), stop);
        return (new(live.Name.ToString(), read.Test with { Scores = Array.ConvertAll(scores, s => (double)s) }, live.Choice), null);
    }

    static SlicesData Cut(MakingRun making, Read read, PartedRows rows, Subject subject, Scorer scorer, IReadOnlyList<SlicePlan> plans, CancellationToken stop)
    {
        var (name, losses) = subject.Losses(subject.Test);
        var view = new SliceView(name, subject.Test.Rows, losses, subject.Test.Truth, subject.Predicted(subject.Test), CostsOf(read, subject));
        var conditions = plans.OfType<SlicePlan.Where>().ToList();
        var held = conditions.Count == 0 ? null : Conditions(making, read, conditions, stop);
        var declared = new List<(string, bool[])>();
        foreach (var plan in plans)
        {
            if (plan is SlicePlan.Where where)
            {
                var flags = held!.Numbers($"holds_{conditions.IndexOf(where)}");
                declared.Add((where.Name, Array.ConvertAll(rows.Test, r => flags[r] == 1)));
                continue;
            }
            var cut = plan is SlicePlan.Edges edges ? SliceView.Cut(edges.Column.Name, Numbers(rows.Frame, edges.Column.Name), rows.Test, edges.At) : SliceView.ColumnOf(rows.Frame, ((SlicePlan.Values)plan).Column.Name, rows.Test);
            if (cut is not null) declared.AddRange(cut.Values.Select((_, value) => (cut.NameOf(value), Array.ConvertAll(cut.Codes, c => c == value))));
        }
        var searched = scorer.Columns.Select(c => c.Name).Concat(plans.OfType<SlicePlan.Values>().Select(p => p.Column.Name)).Distinct().Select(c => SliceView.ColumnOf(rows.Frame, c, rows.Test)).OfType<SearchColumn>().ToList();
        return view.Of(declared, searched, stop);

        // A whole number that the model takes as a name is text in the frame.
        static double[] Numbers(Frame frame, string column) => frame.IsText(column)
            ? [.. frame.Texts(column).Select(t => t is null ? double.NaN : double.Parse(t, CultureInfo.InvariantCulture))]
            : frame.Numbers(column);
    }

    /// <summary>Conditions are worked out by the engine that knows what they mean, in the order of the rows.</summary>
    static Frame Conditions(MakingRun making, Read read, IReadOnlyList<SlicePlan.Where> conditions, CancellationToken stop)
    {
        var schema = new RowSchema("Slices", [.. conditions.Select((_, i) => new ColumnSchema { Name = $"holds_{i}", Property = $"Holds{i}", Kind = TableKind.Bool })]);
        var sql = $"SELECT {string.Join(", ", conditions.Select((c, i) => $"{c.Sql} AS holds_{i}"))} FROM {SqlText.Rows(read.Files)}";
        var file = new TableQuery(sql, [], read.Files).Write(making.Tables(), schema, making.Scratch.File("slices.parquet"), stop);
        return Frame.Read(making.Tables(), [file.Path], schema.Columns.ToDictionary(c => c.Name, _ => OnnxKind.Flag, StringComparer.Ordinal), stop);
    }

    /// <summary>What the decision on a test row cost; null: nothing is decided or nothing costs.</summary>
    static Func<int, double>? CostsOf(Read read, Subject subject)
    {
        if (subject.Task != LearningTask.Binary || read.Choice is not { } choice || read.Goal?.Costs is not { IsTwo: true } costs) return null;
        var review = choice.ReviewCost > 0 ? choice.ReviewCost : read.Goal.PersonCost ?? 0;
        var (scores, truth) = (subject.Test.Scores, subject.Test.Truth);
        return row => scores[row] >= choice.Value ? costs.Of(truth[row] == 1, true) : scores[row] >= choice.GreyFrom ? review + costs.Right(truth[row] == 1) : costs.Of(truth[row] == 1, false);
    }
}
