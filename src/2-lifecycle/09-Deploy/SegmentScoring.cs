using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>The columns of predictions beside the rows of a table: <c>prediction</c>, and where a model has more outputs, <c>prediction_</c> and the output's
/// name.</summary>
static class PredictedRows
{
    const string Prediction = "prediction";

    /// <summary>One column for each output; a name's letters and digits stay, what else it has becomes an underscore.</summary>
    public static IReadOnlyList<ColumnSchema> Columns(ModelOutputs outputs)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. outputs.Names.Select(output =>
        {
            var plain = output == Learners.Score ? Prediction
                : $"{Prediction}_{string.Concat(output.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_'))}";
            var name = plain;
            for (var number = 2; !taken.Add(name); number++) name = $"{plain}_{number}";
            return new ColumnSchema { Name = name, Property = output == Learners.Score ? "Prediction" : output, Kind = Tables.ColumnKind.Float };
        })];
    }

    public static RowSchema SchemaOf(RowSchema rows, ModelOutputs outputs) => new(rows.Record, [.. rows.Columns, .. Columns(outputs)]);
}

/// <summary>Scores segments of a table and writes each as a file of its own.</summary>
sealed class SegmentScoring(TableEngine engine, Scorer scorer, IReadOnlyList<string> files, int segmentRows)
{
    readonly RowSchema predictions = new("Prediction", PredictedRows.Columns(ModelOutputs.Of(scorer)));
    readonly SortedDictionary<string, long> unknown = new(StringComparer.Ordinal);

    /// <summary>Rows with a category the model never saw, by column.</summary>
    public IReadOnlyDictionary<string, long> Unknown => unknown;

    /// <summary>Scores one segment: its rows are read once as the model's columns and scored in blocks on all processors.</summary>
    /// <returns>[rows × the model's outputs] row by row.</returns>
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
        using var writer = new TableWriter(engine, predictions, stop);
        var block = new TableBlock(predictions);
        var width = predictions.Columns.Count;
        for (var column = 0; column < width; column++)
        {
            var one = width == 1 ? scores : new float[scores.Length / width];
            for (var row = 0; width > 1 && row < one.Length; row++) one[row] = scores[row * width + column];
            block.Set<float>(predictions.Columns[column].Name, one);
        }
        writer.Append(block);
        writer.CompleteBeside(files, From(segment), path);
    }

    long From(int segment) => (long)segment * segmentRows;
}
