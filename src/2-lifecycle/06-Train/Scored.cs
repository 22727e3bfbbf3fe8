using Kumiki.Tables;

namespace Kumiki;

/// <summary>Scores and truths of rows a model was not trained on.</summary>
/// <param name="Scores">[n] as the model gave them.</param>
/// <param name="Truth">[n] the target; 1 and 0 for a flag.</param>
public sealed record Scored(double[] Scores, double[] Truth);

/// <summary>Scored rows as a Parquet file: score, truth.</summary>
static class ScoredRows
{
    /// <summary>The file of a model version.</summary>
    public const string Validation = "scored/validation.parquet";

    sealed record Row(double Score, double Truth);

    static readonly RowSchema Schema = RowSchema.Of<Row>();

    public static void Write(TableEngine engine, Scored rows, string path, CancellationToken stop)
    {
        using var writer = new TableWriter(engine, Schema, stop);
        var block = new TableBlock(Schema);
        block.Set<double>("score", rows.Scores);
        block.Set<double>("truth", rows.Truth);
        writer.Append(block);
        writer.Complete(path);
    }

    public static Scored Read(TableEngine engine, string path, CancellationToken stop)
    {
        var (scores, truths) = (new List<double>(), new List<double>());
        using var reader = new TableReader(engine, [path], ["score", "truth"], cancellation: stop);
        while (reader.Next())
        {
            scores.AddRange(reader.Batch[0].Values<double>());
            truths.AddRange(reader.Batch[1].Values<double>());
        }
        return new([.. scores], [.. truths]);
    }
}
