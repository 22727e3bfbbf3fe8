using System.Globalization;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What came of one expectation.</summary>
/// <param name="Name">A slug, unique within the dataset: <c>unique-date-store-item</c>, <c>fresh-date</c>, or what the author called it.</param>
/// <param name="Failing">Rows that break it; of a key, rows that repeat an earlier one; 0 where the table as a whole is meant.</param>
/// <param name="Rows">All rows.</param>
/// <param name="Examples">Up to five failing rows, or repeated keys with their <c>rows</c>, by column name.</param>
/// <param name="Says">What was found, in one sentence that names failing rows by number and key.</param>
public sealed record ExpectationResult(string Name, bool Held, long Failing, long Rows, IReadOnlyList<IReadOnlyDictionary<string, object?>> Examples,
    Message Says);

/// <summary>Other rows that expectations compare a table with.</summary>
public sealed record ComparedRows
{
    /// <summary>Parquet files of other tables, by the name <see cref="Expectations{T}.ExistsIn"/> gives them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Tables { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Parquet files of the version before.</summary>
    /// <value>Null: there is none.</value>
    public IReadOnlyList<string>? Last { get; init; }

    /// <summary>The version before, as people say it.</summary>
    public string LastName { get; init; } = "";
}

/// <summary>Holds expectations against Parquet files.</summary>
public static class ExpectationCheck
{
    internal const int MostExamples = 5;

    /// <summary>Checks all: one scan for everything about single rows and the table's size and age, one for each key and each distribution, and one more for the
    /// examples of each that failed.</summary>
    /// <param name="clock">Says what day it is, in its own time zone.</param>
    /// <param name="compared">What other rows there are.</param>
    /// <exception cref="KumikiException">A file is missing or broken, or a condition cannot be computed (a bad regular expression, an overflow).</exception>
    public static IReadOnlyList<ExpectationResult> Check<T>(this Expectations<T> expectations, TableEngine engine, IReadOnlyList<string> files,
        TimeProvider clock, ComparedRows? compared = null, CancellationToken cancellation = default)
    {
        compared ??= new();
        TableFailure.RequireFiles(files);
        using var connection = engine.Connect();
        try
        {
            return new Checking(connection, SqlText.Rows(files), expectations.All, compared, clock, cancellation).All();
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading([.. files, .. compared.Tables.Values.SelectMany(f => f), .. compared.Last ?? []], e) is not DuckDbException and var broken
                ? broken
                : new KumikiException(Message.Of("tables.expect-failed", ("names", string.Join(", ", expectations.All.Select(x => x.Name))),
                    ("reason", TableFailure.FirstLine(e.Reason))), e);
        }
    }

    sealed class Checking(DuckDbConnection connection, string from, IReadOnlyList<Expectation> all, ComparedRows compared, TimeProvider clock,
        CancellationToken cancellation)
    {
        // Rows are named by the table's key where it has one.
        readonly IReadOnlyList<ColumnSchema> key = all.OfType<Expectation.Unique>().FirstOrDefault()?.Columns ?? [];

        internal IReadOnlyList<ExpectationResult> All()
        {
            var figures = Figures([.. all.Select(e => e switch
            {
                Expectation.Rows rows => $"count_if({rows.Fails})",
                Expectation.Fresh fresh => $"max({fresh.Column.Sql})",
                _ => "NULL",
            })]);
            var rows = (long)figures[^1]!;
            return [.. all.Select((e, i) => e switch
            {
                Expectation.Rows single => OfRows(single, rows, Convert.ToInt64(figures[i], CultureInfo.InvariantCulture)),
                Expectation.Fresh fresh => OfAge(fresh, rows, figures[i]),
                Expectation.Size size => OfSize(size, rows),
                Expectation.Unique unique => OfKey(unique, rows),
                Expectation.Foreign foreign => OfForeign(foreign, rows),
                Expectation.Near near => Distance.Of(near, connection, from, rows, compared, cancellation),
                _ => throw new System.Diagnostics.UnreachableException($"Check {e.GetType().Name}."),
            })];
        }

        object?[] Figures(IReadOnlyList<string> asked)
        {
            using var statement = connection.Prepare($"SELECT {string.Concat(asked.Select(a => $"{a}, "))}count(*) FROM {from}");
            using var result = statement.Execute(cancellation);
            result.Next();
            var figures = new object?[asked.Count + 1];
            for (var i = 0; i < figures.Length; i++) figures[i] = asked.Count > i && asked[i] == "NULL" ? null : result.Chunk[i].Value(0);
            return figures;
        }

        ExpectationResult OfRows(Expectation.Rows expected, long rows, long failing) =>
            failing == 0 ? Held(expected, rows) : Broken(expected, failing, rows, expected.Fails, expected.Shown);

        ExpectationResult OfForeign(Expectation.Foreign expected, long rows)
        {
            var others = compared.Tables.TryGetValue(expected.Table, out var files)
                ? SqlText.Rows(files) : throw new ArgumentException($"The check was given no rows of {expected.Table}.");
            var there = string.Join(" AND ", expected.Columns.Zip(expected.Others, (c, o) => $"o.{o.Sql} = t.{c.Sql}"));
            var fails = $"{string.Concat(expected.Columns.Select(c => $"t.{c.Sql} IS NOT NULL AND "))}NOT EXISTS (SELECT 1 FROM {others} AS o WHERE {there})";
            var failing = Convert.ToInt64(connection.Scalar($"SELECT count(*) FROM {from} AS t WHERE {fails}", cancellation), CultureInfo.InvariantCulture);
            return failing == 0 ? Held(expected, rows) : Broken(expected, failing, rows, fails, expected.Columns);
        }

        static ExpectationResult Held(Expectation expected, long rows) =>
            new(expected.Name, true, 0, rows, [], Message.Of("tables.expect-held", ("name", expected.Name), ("rows", rows)));

        ExpectationResult Broken(Expectation expected, long failing, long rows, string fails, IReadOnlyList<ColumnSchema> about)
        {
            const string Number = "kumiki row";
            var examples = Examples($"SELECT * FROM (SELECT row_number() OVER () AS \"{Number}\", * FROM {from}) AS t WHERE {fails} LIMIT {MostExamples}");
            var shown = examples.Select(e => $"row {e[Number]}{Values(e, key.Concat(about).Distinct(), " (", ")")}").ToList();
            foreach (var example in examples) example.Remove(Number);
            return new(expected.Name, false, failing, rows, examples, Message.Of("tables.expect-rows", ("name", expected.Name), ("failing", failing),
                ("rows", rows), ("examples", string.Join("; ", shown))));
        }

        ExpectationResult OfKey(Expectation.Unique expected, long rows)
        {
            var columns = string.Join(", ", expected.Columns.Select(c => c.Sql));
            var groups = $"SELECT {columns}, count(*) AS rows FROM {from} GROUP BY {columns} HAVING count(*) > 1";
            var repeats = Convert.ToInt64(connection.Scalar($"SELECT coalesce(sum(rows - 1), 0)::BIGINT FROM ({groups})", cancellation),
                CultureInfo.InvariantCulture);
            if (repeats == 0) return Held(expected, rows);
            var examples = Examples($"{groups} ORDER BY ALL LIMIT {MostExamples}");
            return new(expected.Name, false, repeats, rows, examples, Message.Of("tables.expect-rows", ("name", expected.Name), ("failing", repeats),
                ("rows", rows), ("examples", string.Join("; ", examples.Select(e => $"{Values(e, expected.Columns, "", "")} ×{e["rows"]}")))));
        }

        static string Values(Dictionary<string, object?> row, IEnumerable<ColumnSchema> columns, string open, string close)
        {
            var values = string.Join(", ", columns.Select(c => $"{c.Name}={Shown(row[c.Name])}"));
            return values.Length == 0 ? "" : $"{open}{values}{close}";
        }

        static string Shown(object? value)
        {
            var text = value switch
            {
                null => "-",
                DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
                Array elements => $"[{elements.Length}]",
                _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
            };
            return text.Length <= 60 ? text : $"{text[..60]}…";
        }

        ExpectationResult OfAge(Expectation.Fresh expected, long rows, object? newest)
        {
            var today = DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
            DateOnly? last = newest switch { DateOnly date => date, DateTime time => DateOnly.FromDateTime(time), _ => null };
            return last >= today.AddDays(-expected.Days)
                ? Held(expected, rows)
                : new(expected.Name, false, 0, rows, [], Message.Of("tables.expect-old", ("name", expected.Name), ("column", expected.Column.Name),
                    ("newest", last?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-"), ("days", expected.Days),
                    ("today", today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))));
        }

        static ExpectationResult OfSize(Expectation.Size expected, long rows) => rows >= expected.Min && rows <= expected.Max
            ? Held(expected, rows)
            : new(expected.Name, false, 0, rows, [], Message.Of("tables.expect-size", ("name", expected.Name), ("rows", rows), ("min", expected.Min),
                ("max", expected.Max == long.MaxValue ? "∞" : expected.Max)));

        List<Dictionary<string, object?>> Examples(string sql)
        {
            var examples = new List<Dictionary<string, object?>>();
            using var statement = connection.Prepare(sql);
            using var result = statement.Execute(cancellation);
            while (result.Next())
                for (var row = 0; row < result.Chunk.Rows; row++)
                {
                    var example = new Dictionary<string, object?>();
                    for (var column = 0; column < result.Columns.Count; column++) example[result.Columns[column].Name] = result.Chunk[column].Value(row);
                    examples.Add(example);
                }
            return examples;
        }
    }
}
