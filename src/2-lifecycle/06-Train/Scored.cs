using Kumiki.Tables;

namespace Kumiki;

/// <summary>Scores and truths of rows a model was not trained on.</summary>
/// <param name="Scores">[n × <see cref="Width"/>] row by row, as the model gave them.</param>
/// <param name="Truth">[n] the target; of classes their number: 1 and 0 of two, 1 the positive one.</param>
public sealed record Scored(double[] Scores, double[] Truth)
{
    /// <summary>What each score of a row is: <c>score</c>, or the classes' names, or quantiles (<c>q0.1</c>), and <c>lower</c> and <c>upper</c> of an
    /// interval.</summary>
    public IReadOnlyList<string> Names { get; init; } = ["score"];

    /// <summary>[n] each row's number in the dataset, from 0 in the order of its files; empty where it is not known.</summary>
    public int[] Rows { get; init; } = [];

    public int Width => Names.Count;

    public int Count => Truth.Length;

    /// <summary>One of the scores, alone.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public Scored Only(string name)
    {
        var at = Names.ToList().IndexOf(name);
        if (at < 0) throw new ArgumentException($"There is no score '{name}', only {string.Join(", ", Names)}.", nameof(name));
        if (Width == 1) return this;
        var scores = new double[Count];
        for (var row = 0; row < scores.Length; row++) scores[row] = Scores[row * Width + at];
        return this with { Scores = scores, Names = [name] };
    }
}

/// <summary>Scored rows as a Parquet file: score (or score.NAME for each), truth, row.</summary>
static class ScoredRows
{
    /// <summary>The files of a model version.</summary>
    public const string Validation = "scored/validation.parquet", Test = "scored/test.parquet", OutOfFold = "scored/out-of-fold.parquet";

    const string Score = "score", Truth = "truth", Row = "row";

    static string ColumnOf(string name) => name == Score ? Score : $"{Score}.{name}";

    public static void Write(TableEngine engine, Scored rows, string path, CancellationToken stop)
    {
        var schema = new RowSchema("Scored",
        [
            .. rows.Names.Select(n => new ColumnSchema { Name = ColumnOf(n), Property = n, Kind = ColumnKind.Double }),
            new() { Name = Truth, Property = nameof(Truth), Kind = ColumnKind.Double },
            .. rows.Rows.Length == 0 ? (ColumnSchema[])[] : [new() { Name = Row, Property = nameof(Row), Kind = ColumnKind.Int }],
        ]);
        using var writer = new TableWriter(engine, schema, stop);
        const int piece = 1 << 18;
        for (var from = 0; from < Math.Max(1, rows.Count); from += piece)
        {
            var count = Math.Min(piece, rows.Count - from);
            var block = new TableBlock(schema);
            var one = new double[count];
            for (var column = 0; column < rows.Width; column++)
            {
                for (var row = 0; row < count; row++) one[row] = rows.Scores[(from + row) * rows.Width + column];
                block.Set<double>(ColumnOf(rows.Names[column]), one);
            }
            block.Set<double>(Truth, rows.Truth.AsSpan(from, count));
            if (rows.Rows.Length > 0) block.Set<int>(Row, rows.Rows.AsSpan(from, count));
            writer.Append(block);
        }
        writer.Complete(path);
    }

    public static Scored Read(TableEngine engine, string path, CancellationToken stop)
    {
        var count = checked((int)TableReader.Count(engine, [path], stop));
        using var reader = new TableReader(engine, [path], cancellation: stop);
        var columns = reader.Columns.Select(c => c.Name).ToList();
        int[] of = [.. Enumerable.Range(0, columns.Count).Where(c => columns[c] == Score || columns[c].StartsWith(Score + ".", StringComparison.Ordinal))];
        var (truthAt, rowAt) = (reader.IndexOf(Truth), columns.IndexOf(Row));
        var (scores, truths, rows) = (new double[count * of.Length], new double[count], rowAt < 0 ? [] : new int[count]);
        for (var at = 0; reader.Next(); at += reader.Batch.Rows)
        {
            foreach (var (place, column) in of.Index())
            {
                var values = reader.Batch[column].Values<double>();
                for (var row = 0; row < values.Length; row++) scores[(at + row) * of.Length + place] = values[row];
            }
            reader.Batch[truthAt].Values<double>().CopyTo(truths.AsSpan(at));
            if (rowAt >= 0) reader.Batch[rowAt].Values<int>().CopyTo(rows.AsSpan(at));
        }
        return new(scores, truths) { Names = [.. of.Select(c => columns[c] == Score ? Score : columns[c][(Score.Length + 1)..])], Rows = rows };
    }
}
