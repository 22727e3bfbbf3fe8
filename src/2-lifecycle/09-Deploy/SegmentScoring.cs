using Kumiki.Tables;

namespace Kumiki;

/// <summary>The rows of a table with their predictions.</summary>
static class PredictedRows
{
    /// <summary>The column with the prediction.</summary>
    public const string Prediction = "prediction";

    /// <summary>The column with the version that predicted a row, where models of a family did.</summary>
    public const string By = "predicted_by";

    /// <summary>What is written beside the rows.</summary>
    public static RowSchema Beside(bool ofFamily) => new("Prediction", ofFamily ? [Number, Version] : [Number]);

    public static RowSchema SchemaOf(RowSchema rows, bool ofFamily) => new(rows.Record, [.. rows.Columns, .. Beside(ofFamily).Columns]);

    static ColumnSchema Number { get; } = new() { Name = Prediction, Property = "Prediction", Kind = ColumnKind.Float };

    static ColumnSchema Version { get; } = new() { Name = By, Property = "PredictedBy", Kind = ColumnKind.String };
}

/// <summary>Scores segments of a table and writes each as a file of its own.</summary>
sealed class SegmentScoring(TableEngine engine, Predictors predictors, IReadOnlyList<string> files, int segmentRows)
{
    readonly RowSchema beside = PredictedRows.Beside(predictors.OfFamily);

    /// <summary>Scores one segment: its rows are read once as the models' columns and scored in blocks on all processors.</summary>
    public Predicted Score(int segment, CancellationToken stop) => predictors.Score(engine, files, From(segment), segmentRows, stop);

    /// <summary>Writes a segment's scores beside its rows as they are, on one thread; the next segment may be scored meanwhile.</summary>
    public void Write(int segment, Predicted predicted, string path, CancellationToken stop)
    {
        using var writer = new TableWriter(engine, beside, stop);
        var block = new TableBlock(beside);
        block.Set<float>(PredictedRows.Prediction, predicted.Scores);
        if (predicted.By is { } by) block.Set(PredictedRows.By, by);
        writer.Append(block);
        writer.CompleteBeside(files, From(segment), path);
    }

    long From(int segment) => (long)segment * segmentRows;
}
