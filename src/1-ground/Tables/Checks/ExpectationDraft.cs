using System.Globalization;
using System.Text;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Expectations that hold of rows at hand, as C# to begin from: an author keeps what is meant to hold, widens what happened
/// to, and removes the rest.</summary>
public static class ExpectationDraft
{
    const int MostValues = 20;
    const int MostKeyColumns = 3;

    // The narrowest first; each is RE2's and C#'s alike.
    static readonly string[] Shapes =
    [
        "^[0-9]+$", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        "^[a-z_]+$", "^[A-Z]+$", "^[a-z0-9_-]+$", "^[A-Z0-9_-]+$", "^[^@ ]+@[^@ ]+[.][^@ ]+$", "^https?://",
    ];

    /// <summary>Looks at rows and writes an override of <c>Expect</c>.</summary>
    /// <param name="files">Parquet files of one version, at least one row in all.</param>
    /// <remarks>Not null, ranges, categories of at most 20 values that each come five times on average, shapes of texts, freshness by twice the largest gap between
    /// days, half the number of rows, and the shortest key of up to three columns. Three scans, and one more for each key that is tried.</remarks>
    /// <exception cref="KumikiException">A file is missing or broken.</exception>
    public static string CSharp(TableEngine engine, RowSchema schema, IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(files);
        using var connection = engine.Connect();
        try
        {
            return new Drafting(connection, schema, SqlText.Rows(files), cancellation).Text();
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading(files, e);
        }
    }

    sealed class Drafting(DuckDbConnection connection, RowSchema schema, string from, CancellationToken cancellation)
    {
        sealed record Seen(ColumnSchema Column, long Nulls, object? Min, object? Max, long Distinct);

        internal string Text()
        {
            var (rows, all) = Look();
            var lines = new List<string> { $".Rows(min: {Number(Math.Max(1, rows / 2))})" };
            if (Key(rows, all) is { } key) lines.Add($".Unique({key})");
            foreach (var seen in all)
            {
                var (column, selector) = (seen.Column, $"r => r.{seen.Column.Property}");
                if (column.Nullable && seen.Nulls == 0) lines.Add($".NotNull({selector})");
                if (seen.Nulls == rows) continue;
                if (column.IsTime) lines.Add($".NoOlderThan({selector}, days: {Days(column)})");
                if (column.IsNumber && column.Range is null && seen is { Min: not null, Max: not null })
                    lines.Add($".Range({selector}, {Bound(column, seen.Min, up: false)}, {Bound(column, seen.Max, up: true)})");
                if (column.Kind == ColumnKind.String && !column.Content) lines.AddRange(OfTexts(seen, rows, selector));
            }
            return $"public override void Expect(Expectations<{schema.Record}> rows) => rows\n    {string.Join("\n    ", lines)};\n";
        }

        (long Rows, List<Seen> All) Look()
        {
            var asked = schema.Columns.Select(c => c.Kind == ColumnKind.Vector ? $"count({c.Sql})"
                : $"count({c.Sql}), min({c.Sql}), max({c.Sql}), approx_count_distinct({c.Sql})");
            var found = Row($"SELECT count(*){string.Concat(asked.Select(a => $", {a}"))} FROM {from}");
            var (rows, at) = ((long)found[0]!, 1);
            var all = new List<Seen>();
            foreach (var column in schema.Columns)
            {
                var nulls = rows - (long)found[at++]!;
                if (column.Kind == ColumnKind.Vector) all.Add(new(column, nulls, null, null, 0));
                else all.Add(new(column, nulls, found[at++], found[at++], (long)found[at++]!));
            }
            return (rows, all);
        }

        // The shortest key, in the order of the columns; combinations that cannot be one by their distinct values are not tried.
        string? Key(long rows, List<Seen> all)
        {
            var usable = all.Where(s => s.Nulls == 0 && s.Distinct > 1
                && (s.Column.Kind is ColumnKind.String or ColumnKind.Enum || s.Column.IsWhole || s.Column.IsTime)).Take(8).ToList();
            for (var size = 1; size <= MostKeyColumns; size++)
                foreach (var key in Choices(usable, size))
                {
                    if (key.Aggregate(1.0, (product, s) => product * s.Distinct) < rows * 0.9) continue;
                    var columns = string.Join(", ", key.Select(s => s.Column.Sql));
                    if ((long)Row($"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {from})")[0]! != rows) continue;
                    var parts = key.Select(s => $"r.{s.Column.Property}");
                    return size == 1 ? $"r => {parts.First()}" : $"r => ({string.Join(", ", parts)})";
                }
            return null;
        }

        static IEnumerable<IReadOnlyList<Seen>> Choices(IReadOnlyList<Seen> of, int size) => size == 0 ? [[]]
            : of.SelectMany((first, i) => Choices([.. of.Skip(i + 1)], size - 1).Select(rest => (IReadOnlyList<Seen>)[first, .. rest]));

        IEnumerable<string> OfTexts(Seen seen, long rows, string selector)
        {
            var sql = seen.Column.Sql;
            if (seen.Distinct <= MostValues * 2)
            {
                var values = Texts($"SELECT DISTINCT {sql} FROM {from} WHERE {sql} IS NOT NULL ORDER BY 1 LIMIT {MostValues + 1}");
                if (values.Count <= MostValues && values.Count * 5 <= rows)
                {
                    yield return $".OneOf({selector}, {string.Join(", ", values.Select(Literal))})";
                    yield break;
                }
            }
            var others = Row($"SELECT {string.Join(", ", Shapes.Select(s => $"count_if(NOT regexp_matches({sql}, {SqlText.Quote(s)}))"))} FROM {from}");
            var shape = Array.FindIndex(others, o => Convert.ToInt64(o, CultureInfo.InvariantCulture) == 0);
            if (shape >= 0) yield return $".Matches({selector}, {Literal(Shapes[shape])})";
        }

        // Twice the largest gap between days that have rows, at least a week.
        long Days(ColumnSchema column)
        {
            var gap = Row($"""
                SELECT max(gap)
                FROM (SELECT day - lag(day) OVER (ORDER BY day) AS gap FROM (SELECT DISTINCT CAST({column.Sql} AS DATE) AS day FROM {from} WHERE {column.Sql} IS NOT NULL))
                """)[0];
            return Math.Max(7, 2 * Convert.ToInt64(gap ?? 0L, CultureInfo.InvariantCulture));
        }

        static string Bound(ColumnSchema column, object value, bool up) => column.Kind switch
        {
            ColumnKind.Decimal => string.Create(CultureInfo.InvariantCulture, $"{value:0.############################}m"),
            ColumnKind.Float => $"{Outward(Convert.ToDouble(value, CultureInfo.InvariantCulture), up)}f",
            ColumnKind.Double => Outward(Convert.ToDouble(value, CultureInfo.InvariantCulture), up),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

        // Three digits, rounded away from the values, so that the last digits of one day's data are no rule.
        static string Outward(double value, bool up)
        {
            if (value == 0) return "0";
            var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - 2);
            var steps = value / unit;
            var rounded = (up ? Math.Ceiling(steps) : Math.Floor(steps)) * unit;
            return double.Parse(rounded.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);
        }

        static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '_');

        static string Literal(string text)
        {
            var literal = new StringBuilder("\"");
            foreach (var c in text)
                literal.Append(c switch { '"' => "\\\"", '\\' => "\\\\", < ' ' or '\u007f' or '\u2028' or '\u2029' => $"\\u{(int)c:x4}", _ => c.ToString() });
            return literal.Append('"').ToString();
        }

        object?[] Row(string sql)
        {
            using var statement = connection.Prepare(sql);
            using var result = statement.Execute(cancellation);
            result.Next();
            var row = new object?[result.Columns.Count];
            for (var i = 0; i < row.Length; i++) row[i] = result.Chunk[i].Value(0);
            return row;
        }

        List<string> Texts(string sql)
        {
            var texts = new List<string>();
            using var statement = connection.Prepare(sql);
            using var result = statement.Execute(cancellation);
            while (result.Next())
                for (var row = 0; row < result.Chunk.Rows; row++) texts.Add((string)result.Chunk[0].Value(row)!);
            return texts;
        }
    }
}
