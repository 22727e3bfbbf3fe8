using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki;

/// <summary>One opened model.</summary>
/// <param name="Key">The key of a family's member; null for the only model, or the one for all other keys.</param>
sealed record Predictor(string? Key, VersionName Version, Scorer Scorer);

/// <summary>Scores of rows, and by which version where that is asked.</summary>
/// <param name="Scores">[rows × outputs] row by row.</param>
sealed record Predicted(float[] Scores, string?[]? By);

/// <summary>The models of one batch prediction: one for all rows, or one for each key of a column and perhaps one for the keys that have none.</summary>
sealed class Predictors : IDisposable
{
    readonly string asset;
    readonly IReadOnlyList<Predictor> all;
    readonly ColumnSchema? keyColumn;
    readonly Dictionary<string, Predictor> members;
    readonly Predictor? global;
    readonly SortedDictionary<string, long> unknown = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, long> unscored = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, long> rowsOf = new(StringComparer.Ordinal);

    /// <param name="keyColumn">The column with a row's key; null where one model predicts all rows.</param>
    public Predictors(string asset, IReadOnlyList<Predictor> all, ColumnSchema? keyColumn, bool namesModel = false)
    {
        (this.asset, this.all, this.keyColumn, NamesModel) = (asset, all, keyColumn, namesModel || keyColumn is not null);
        members = all.Where(p => p.Key is not null).ToDictionary(p => p.Key!, StringComparer.Ordinal);
        global = all.FirstOrDefault(p => p.Key is null);
        Outputs = ModelOutputs.Of(all[0].Scorer);
        if (all.FirstOrDefault(p => !ModelOutputs.Of(p.Scorer).Names.SequenceEqual(Outputs.Names)) is { } other)
            throw new KumikiException(Message.Of("prediction.outputs", ("asset", asset), ("one", all[0].Version), ("outputs", string.Join(", ", Outputs.Names)), ("other", other.Version),
                ("others", string.Join(", ", ModelOutputs.Of(other.Scorer).Names))));
    }

    /// <summary>What every one of the models answers with.</summary>
    public ModelOutputs Outputs { get; }

    bool OfFamily => keyColumn is not null;

    /// <summary>Whether each row names the version that predicted it.</summary>
    public bool NamesModel { get; }

    /// <summary>Whether a text that a model never saw is refused.</summary>
    /// <value>False: the row is scored without it, and counted.</value>
    public bool RefusesUnknown { get; init; }

    /// <summary>Rows with a category their model never saw, by column.</summary>
    public IReadOnlyDictionary<string, long> Unknown => unknown;

    /// <summary>Rows without a prediction, by the required column that they lack.</summary>
    public IReadOnlyDictionary<string, long> Unscored => unscored;

    /// <summary>Whether a row may have no prediction, because it lacks a column that its model requires.</summary>
    public bool MayLack => all.Any(p => p.Scorer.Required.Count > 0);

    /// <summary>Rows each version predicted; empty where one predicts all.</summary>
    public IReadOnlyDictionary<string, long> RowsOf => rowsOf;

    /// <summary>What to record of who predicts.</summary>
    public string Says => OfFamily ? string.Join(' ', all.Select(p => p.Version)) : global!.Version.ToString();

    /// <summary>Predicts rows of Parquet files.</summary>
    /// <param name="from">Rows to pass over.</param>
    /// <param name="count">The most rows to read.</param>
    /// <exception cref="KumikiException">A key has no member and there is no model for all others.</exception>
    public Predicted Score(TableEngine engine, IReadOnlyList<string> files, long from, int count, CancellationToken stop)
    {
        if (keyColumn is null)
        {
            var rows = Read(global!).All();
            Count(global!, rows, from);
            var all = global!.Scorer.Score(rows, stop);
            return new(all, NamesModel ? Enumerable.Repeat<string?>(global.Version.ToString(), all.Length / Outputs.Names.Count).ToArray() : null);
        }

        var keys = Frame.Read(engine, files, new Dictionary<string, OnnxKind> { [keyColumn.Name] = Frame.KindOf(keyColumn, category: true) }, from, count, stop).Texts(keyColumn.Name);
        var width = Outputs.Names.Count;
        var scores = new float[keys.Length * width];
        var by = new string?[keys.Length];
        var rowsOfOne = new Dictionary<Predictor, List<int>>();
        for (var row = 0; row < keys.Length; row++)
        {
            var predictor = (keys[row] is { } key ? members.GetValueOrDefault(key) : null) ?? global
                ?? throw new KumikiException(Message.Of("prediction.no-member", ("asset", asset), ("row", from + row + 1), ("column", keyColumn.Name), ("key", keys[row] ?? "-")));
            if (!rowsOfOne.TryGetValue(predictor, out var list)) rowsOfOne[predictor] = list = [];
            list.Add(row);
        }
        // What reads the same columns in the same way reads them once: mostly the whole family, and the global model.
        foreach (var alike in rowsOfOne.GroupBy(p => string.Join('\n', p.Key.Scorer.Columns.Select(c => $"{c.Name}\t{c.Kind}").Order(StringComparer.Ordinal))))
        {
            var frame = Read(alike.First().Key);
            foreach (var (predictor, list) in alike)
            {
                int[] rows = [.. list];
                var columns = frame.Window(predictor.Scorer.Columns.Select(c => c.Name), rows.Length).Of(rows);
                var own = predictor.Scorer.Score(columns, stop);
                Count(predictor, columns, from);
                var name = predictor.Version.ToString();
                for (var i = 0; i < rows.Length; i++)
                {
                    own.AsSpan(i * width, width).CopyTo(scores.AsSpan(rows[i] * width));
                    by[rows[i]] = name;
                }
                rowsOf[name] = rowsOf.GetValueOrDefault(name) + rows.Length;
            }
        }
        return new(scores, by);

        Frame Read(Predictor predictor) => Frame.Read(engine, files, predictor.Scorer.Columns.ToDictionary(c => c.Name, c => c.Kind, StringComparer.Ordinal), from, count, stop);
    }

    /// <summary>What was counted since this was asked last.</summary>
    public (IReadOnlyDictionary<string, long> Unknown, IReadOnlyDictionary<string, long> Unscored) TakeCounts()
    {
        var taken = (new Dictionary<string, long>(unknown), new Dictionary<string, long>(unscored));
        unknown.Clear();
        unscored.Clear();
        return taken;
    }

    void Count(Predictor predictor, IReadOnlyList<Column> rows, long from)
    {
        if (RefusesUnknown && predictor.Scorer.FirstUnknown(rows) is { } first)
            throw new KumikiException(Message.Of("predict.unknown", ("column", first.Column), ("row", from + first.Row + 1), ("value", first.Text), ("model", predictor.Version)));
        foreach (var (column, count) in predictor.Scorer.CountUnknown(rows))
            if (count > 0) unknown[column] = unknown.GetValueOrDefault(column) + count;
        foreach (var (column, count) in predictor.Scorer.CountUnscored(rows))
            if (count > 0) unscored[column] = unscored.GetValueOrDefault(column) + count;
    }

    public void Dispose()
    {
        foreach (var predictor in all) predictor.Scorer.Dispose();
    }
}
