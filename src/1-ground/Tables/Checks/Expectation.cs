using System.Globalization;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>One thing expected of a table.</summary>
abstract record Expectation
{
    Expectation() { }

    internal string Name { get; init; } = "";

    /// <summary>No row fulfils the SQL condition <paramref name="Fails"/>.</summary>
    internal sealed record Rows(string Fails) : Expectation;

    internal sealed record Unique(IReadOnlyList<ColumnSchema> Columns) : Expectation;

    internal sealed record Fresh(ColumnSchema Column, int Days) : Expectation;

    internal sealed record Size(long Min, long Max) : Expectation;
}

/// <summary>What came of one expectation.</summary>
/// <param name="Name">A slug, unique within the dataset: <c>unique-date-store-item</c>, <c>fresh-date</c>, or what the author called it.</param>
/// <param name="Failing">Rows that break it; of a key, rows that repeat an earlier one; 0 where the table as a whole is meant.</param>
/// <param name="Rows">All rows.</param>
/// <param name="Examples">Up to five failing rows, or repeated keys with their <c>rows</c>, by column name.</param>
/// <param name="Says">What was found, in one sentence.</param>
public sealed record ExpectationResult(string Name, bool Held, long Failing, long Rows, IReadOnlyList<IReadOnlyDictionary<string, object?>> Examples,
    Message Says);

/// <summary>Holds expectations against Parquet files.</summary>
public static class ExpectationCheck
{
    const int MostExamples = 5;

    /// <summary>Checks all: one scan for everything about single rows and the table's size and age, one for each key, and one more for the examples of each
    /// that failed.</summary>
    /// <param name="clock">Says what day it is, in its own time zone.</param>
    /// <exception cref="KumikiException">A file is missing or broken, or a condition cannot be computed (a bad regular expression, an overflow).</exception>
    public static IReadOnlyList<ExpectationResult> Check<T>(this Expectations<T> expectations, TableEngine engine, IReadOnlyList<string> files,
        TimeProvider clock, CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(files);
        using var connection = engine.Connect();
        try
        {
            return new Checking(connection, SqlText.Rows(files), clock, cancellation).All(expectations.All);
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading(files, e) is not DuckDbException and var broken
                ? broken
                : new KumikiException(Message.Of("tables.expect-failed", ("names", string.Join(", ", expectations.All.Select(x => x.Name))),
                    ("reason", TableFailure.FirstLine(e.Reason))), e);
        }
    }

    sealed class Checking(DuckDbConnection connection, string from, TimeProvider clock, CancellationToken cancellation)
    {
        internal IReadOnlyList<ExpectationResult> All(IReadOnlyList<Expectation> all)
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

        ExpectationResult OfRows(Expectation.Rows expected, long rows, long failing) => new(expected.Name, failing == 0, failing, rows,
            failing == 0 ? [] : Examples($"SELECT * FROM {from} WHERE {expected.Fails} LIMIT {MostExamples}"), Said(expected.Name, failing, rows));

        ExpectationResult OfKey(Expectation.Unique expected, long rows)
        {
            var key = string.Join(", ", expected.Columns.Select(c => c.Sql));
            var groups = $"SELECT {key}, count(*) AS rows FROM {from} GROUP BY {key} HAVING count(*) > 1";
            var repeats = Convert.ToInt64(connection.Scalar($"SELECT coalesce(sum(rows - 1), 0)::BIGINT FROM ({groups})", cancellation),
                CultureInfo.InvariantCulture);
            return new(expected.Name, repeats == 0, repeats, rows, repeats == 0 ? [] : Examples($"{groups} ORDER BY ALL LIMIT {MostExamples}"),
                Said(expected.Name, repeats, rows));
        }

        static Message Said(string name, long failing, long rows) => failing == 0
            ? Message.Of("tables.expect-held", ("name", name), ("rows", rows))
            : Message.Of("tables.expect-rows", ("name", name), ("failing", failing), ("rows", rows));

        ExpectationResult OfAge(Expectation.Fresh expected, long rows, object? newest)
        {
            var today = DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
            DateOnly? last = newest switch { DateOnly date => date, DateTime time => DateOnly.FromDateTime(time), _ => null };
            var held = last >= today.AddDays(-expected.Days);
            return new(expected.Name, held, 0, rows, [], held
                ? Message.Of("tables.expect-held", ("name", expected.Name), ("rows", rows))
                : Message.Of("tables.expect-old", ("name", expected.Name), ("column", expected.Column.Name),
                    ("newest", last?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-"), ("days", expected.Days),
                    ("today", today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))));
        }

        static ExpectationResult OfSize(Expectation.Size expected, long rows)
        {
            var held = rows >= expected.Min && rows <= expected.Max;
            return new(expected.Name, held, 0, rows, [], held
                ? Message.Of("tables.expect-held", ("name", expected.Name), ("rows", rows))
                : Message.Of("tables.expect-size", ("name", expected.Name), ("rows", rows), ("min", expected.Min),
                    ("max", expected.Max == long.MaxValue ? "∞" : expected.Max)));
        }

        List<IReadOnlyDictionary<string, object?>> Examples(string sql)
        {
            var examples = new List<IReadOnlyDictionary<string, object?>>();
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
