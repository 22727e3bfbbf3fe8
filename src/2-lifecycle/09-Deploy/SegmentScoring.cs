using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>The columns of predictions beside the rows of a table: <c>prediction</c>, and where a model has more outputs, <c>prediction_</c> and the output's
/// name.</summary>
static class PredictedRows
{
    /// <summary>The column with the version that predicted a row, where that is asked, or models of a family did.</summary>
    public const string By = "predicted_by";

    const string Prediction = "prediction";

    /// <summary>What is written beside the rows: one column for each output, of whose name letters and digits stay and what else it has becomes an underscore.</summary>
    /// <param name="mayLack">Whether a row may have no prediction, because it lacks a column that its model requires: then it is null.</param>
    public static RowSchema Beside(ModelOutputs outputs, bool namesModel, bool mayLack)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { By };
        var columns = outputs.Names.Select(output =>
        {
            var plain = output == Learners.Score ? Prediction
                : $"{Prediction}_{string.Concat(output.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_'))}";
            var name = plain;
            for (var number = 2; !taken.Add(name); number++) name = $"{plain}_{number}";
            return new ColumnSchema { Name = name, Property = output == Learners.Score ? "Prediction" : output, Kind = Tables.ColumnKind.Float, Nullable = mayLack };
        }).ToList();
        if (namesModel) columns.Add(new() { Name = By, Property = "PredictedBy", Kind = Tables.ColumnKind.String });
        return new("Prediction", columns);
    }

    public static RowSchema SchemaOf(RowSchema rows, Predictors predictors) => new(rows.Record, [.. rows.Columns, .. Beside(predictors.Outputs, predictors.NamesModel, predictors.MayLack).Columns]);
}

/// <summary>Scores segments of a table and writes each as a file of its own.</summary>
/// <remarks>A segment is found by its offset, which DuckDB skips by whole row groups: the last of 20 M rows takes as long as the first.</remarks>
sealed class SegmentScoring(TableEngine engine, Predictors predictors, IReadOnlyList<string> files, int segmentRows)
{
    readonly RowSchema beside = PredictedRows.Beside(predictors.Outputs, predictors.NamesModel, predictors.MayLack);

    /// <summary>Scores one segment: its rows are read once as the models' columns and scored in blocks on all processors.</summary>
    public Predicted Score(int segment, CancellationToken stop) => predictors.Score(engine, files, From(segment), segmentRows, stop);

    /// <summary>Writes a segment's scores beside its rows as they are, on one thread; the next segment may be scored meanwhile.</summary>
    public void Write(int segment, Predicted predicted, string path, CancellationToken stop)
    {
        using var writer = new TableWriter(engine, beside, stop);
        var block = new TableBlock(beside);
        var width = predictors.Outputs.Names.Count;
        for (var column = 0; column < width; column++)
        {
            var one = width == 1 ? predicted.Scores : new float[predicted.Scores.Length / width];
            for (var row = 0; width > 1 && row < one.Length; row++) one[row] = predicted.Scores[row * width + column];
            block.Set<float>(beside.Columns[column].Name, one, predictors.MayLack ? Array.ConvertAll(one, float.IsNaN) : []);
        }
        if (predicted.By is { } by) block.Set(PredictedRows.By, by);
        writer.Append(block);
        writer.CompleteBeside(files, From(segment), path);
    }

    long From(int segment) => (long)segment * segmentRows;
}
