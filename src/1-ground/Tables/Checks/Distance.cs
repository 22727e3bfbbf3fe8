using System.Globalization;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>How far a column's values moved from those of the version before.</summary>
static class Distance
{
    const int MostValues = 20;

    internal static ExpectationResult Of(Expectation.Near expected, DuckDbConnection connection, string from, long rows, ComparedRows compared,
        CancellationToken cancellation)
    {
        if (compared.Last is not { Count: > 0 } last)
            return new(expected.Name, true, 0, rows, [], Message.Of("tables.expect-first", ("name", expected.Name)));
        var before = SqlText.Rows(last);
        var bins = Bins(expected.Column, connection, before, cancellation);
        var (was, now) = (Counts(bins, connection, before, cancellation), Counts(bins, connection, from, cancellation));
        var parts = Parts(was, now);
        var index = parts.Sum();
        var held = index <= expected.Most;
        var shown = index.ToString("0.000", CultureInfo.InvariantCulture);
        var most = expected.Most.ToString("0.###", CultureInfo.InvariantCulture);
        return new(expected.Name, held, 0, rows, [], held
            ? Message.Of("tables.expect-near", ("name", expected.Name), ("column", expected.Column.Name), ("index", shown), ("most", most),
                ("version", compared.LastName))
            : Message.Of("tables.expect-moved", ("name", expected.Name), ("column", expected.Column.Name), ("index", shown), ("most", most),
                ("version", compared.LastName), ("where", bins[Array.IndexOf(parts, parts.Max())].Label)));
    }

    /// <summary>Each bin's part of the population stability index, of which the sum is the whole.</summary>
    internal static double[] Parts(IReadOnlyList<long> was, IReadOnlyList<long> now)
    {
        // Half a row in each bin, so that an empty one is no infinity.
        var (wasAll, nowAll) = (was.Sum() + was.Count * 0.5, now.Sum() + now.Count * 0.5);
        return [.. was.Zip(now, (w, n) => ((n + 0.5) / nowAll - (w + 0.5) / wasAll) * Math.Log((n + 0.5) / nowAll / ((w + 0.5) / wasAll)))];
    }

    static List<(string Condition, string Label)> Bins(ColumnSchema column, DuckDbConnection connection, string before, CancellationToken cancellation)
    {
        var bins = new List<(string, string)> { ($"{column.Sql} IS NULL", $"{column.Name} missing") };
        if (column.Kind is ColumnKind.String or ColumnKind.Enum or ColumnKind.Bool)
        {
            var values = Texts($"""
                SELECT CAST({column.Sql} AS VARCHAR) FROM {before} WHERE {column.Sql} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MostValues}
                """);
            foreach (var value in values) bins.Add(($"CAST({column.Sql} AS VARCHAR) = {SqlText.Quote(value)}", $"{column.Name} = {value}"));
            bins.Add((values.Count == 0 ? $"{column.Sql} IS NOT NULL"
                : $"CAST({column.Sql} AS VARCHAR) NOT IN ({string.Join(", ", values.Select(SqlText.Quote))})", $"{column.Name} another"));
            return bins;
        }
        var measure = column.Kind == ColumnKind.Vector ? $"len({column.Sql})" : column.Sql;
        var type = column.Kind == ColumnKind.Vector ? "BIGINT" : column.Type.ToString();
        var edges = Texts($"""
            SELECT CAST(edge AS VARCHAR)
            FROM (SELECT DISTINCT unnest(quantile_disc({measure}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])) AS edge FROM {before})
            WHERE edge IS NOT NULL ORDER BY edge
            """);
        string Sql(string edge) => $"CAST({SqlText.Quote(edge)} AS {type})";
        for (var i = 0; i <= edges.Count; i++)
        {
            var (low, high) = (i == 0 ? null : edges[i - 1], i == edges.Count ? null : edges[i]);
            var conditions = new[] { low is null ? null : $"{measure} > {Sql(low)}", high is null ? null : $"{measure} <= {Sql(high)}" }.OfType<string>();
            bins.Add((string.Join(" AND ", conditions.DefaultIfEmpty($"{measure} IS NOT NULL")), $"{low ?? "-∞"} < {column.Name} ≤ {high ?? "∞"}"));
        }
        return bins;

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

    static long[] Counts(List<(string Condition, string Label)> bins, DuckDbConnection connection, string from, CancellationToken cancellation)
    {
        using var statement = connection.Prepare($"SELECT {string.Join(", ", bins.Select(b => $"count(*) FILTER ({b.Condition})"))} FROM {from}");
        using var result = statement.Execute(cancellation);
        result.Next();
        var counts = new long[bins.Count];
        for (var i = 0; i < counts.Length; i++) counts[i] = (long)result.Chunk[i].Value(0)!;
        return counts;
    }
}
