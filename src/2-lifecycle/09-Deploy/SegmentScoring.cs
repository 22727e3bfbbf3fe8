using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>The rows of a table with their predictions.</summary>
static class PredictedRows
{
    /// <summary>The column with the prediction.</summary>
    public const string Prediction = "prediction";

    public static RowSchema SchemaOf(RowSchema rows) => new(rows.Record, [.. rows.Columns, Column]);

    public static ColumnSchema Column { get; } = new() { Name = Prediction, Property = "Prediction", Kind = Tables.ColumnKind.Float };
}

/// <summary>Scores segments of a table and writes each as a file of its own.</summary>
sealed class SegmentScoring(TableEngine engine, Scorer scorer, IReadOnlyList<string> files, int segmentRows)
{
    static readonly RowSchema Scores = new("Prediction", [PredictedRows.Column]);

    readonly SortedDictionary<string, long> unknown = new(StringComparer.Ordinal);

    /// <summary>Rows with a category the model never saw, by column.</summary>
    public IReadOnlyDictionary<string, long> Unknown => unknown;

    /// <summary>Scores one segment: its rows are read once as the model's columns and scored in blocks on all processors.</summary>
    /// <returns>One score a row.</returns>
    public float[] Score(int segment, CancellationToken stop)
    {
        var wanted = scorer.Columns.ToDictionary(c => c.Name, c => c.Kind, StringComparer.Ordinal);
        var rows = Frame.Read(engine, files, wanted, From(segment), segmentRows, stop).All();
        var scores = scorer.Score(rows, stop);
        foreach (var (column, count) in scorer.CountUnknown(rows))
            if (count > 0) unknown[column] = unknown.GetValueOrDefault(column) + count;
        return scores;
    }

    /// <summary>Writes a segment's scores beside its rows as they are, on one thread; the next segment may be scored meanwhile.</summary>
    public void Write(int segment, float[] scores, string path, CancellationToken stop)
    {
        using var writer = new TableWriter(engine, Scores, stop);
        var block = new TableBlock(Scores);
        block.Set<float>(PredictedRows.Prediction, scores);
        writer.Append(block);
        writer.CompleteBeside(files, From(segment), path);
    }

    long From(int segment) => (long)segment * segmentRows;
}
