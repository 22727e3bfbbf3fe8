using System.Globalization;
using System.Linq.Expressions;
using System.Text;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>How a table's rows are cut into files: one sorted Parquet file a partition, the same bytes as long as its rows are the same, so that a new week
/// shares all older files.</summary>
public sealed record Partition
{
    /// <summary>What of the column's value is the key.</summary>
    public enum By { Value, Day, Week, Month, Year }

    Partition(string property, By unit) => (Property, Unit) = (property, unit);

    /// <summary>The record's property.</summary>
    public string Property { get; }

    public By Unit { get; }

    /// <summary>One file a value; for columns of few values.</summary>
    public static Partition ByValue<T>(Expression<Func<T, object?>> column) => new(Member.Of(column), By.Value);

    public static Partition ByDay<T>(Expression<Func<T, object?>> column) => new(Member.Of(column), By.Day);

    /// <summary>ISO weeks, <c>2021-W32</c>; the year is the week's, which differs from the calendar's at year ends.</summary>
    public static Partition ByWeek<T>(Expression<Func<T, object?>> column) => new(Member.Of(column), By.Week);

    public static Partition ByMonth<T>(Expression<Func<T, object?>> column) => new(Member.Of(column), By.Month);

    public static Partition ByYear<T>(Expression<Func<T, object?>> column) => new(Member.Of(column), By.Year);

    /// <summary>The most partitions of one table: more would be more files than rows deserve.</summary>
    public const int Most = 10_000;

    /// <summary>Sorts unpartitioned files into one file a partition and removes them.</summary>
    internal IReadOnlyList<TableFile> Sort(TableEngine engine, RowSchema schema, IReadOnlyList<TableFile> files, string folder, CancellationToken cancellation)
    {
        var column = schema.OfProperty(Property);
        if (Unit != By.Value && !column.IsTime)
            throw new KumikiException(Message.Of("tables.partition-unit", ("column", column.Name), ("type", column.TypeName),
                ("unit", Unit.ToString().ToLowerInvariant())));

        // 1 one sort over all, out of core if need be, by key and then every column: equal rows need no order among them
        var key = KeySql(column);
        var all = string.Join(", ", schema.Columns.Select(c => c.Sql));
        var sorted = Path.Combine(folder, "sorted.parquet");
        var counts = new List<(string Key, long Rows)>();
        using (var shared = engine.Connect())
        {
            shared.Execute($"""
                COPY (SELECT {key} AS "partition key", {all} FROM {SqlText.Rows([.. files.Select(f => f.Path)])} ORDER BY ALL)
                TO {SqlText.Quote(sorted)} (FORMAT parquet, COMPRESSION snappy)
                """, cancellation);
            using var statement = shared.Prepare($"SELECT \"partition key\", count(*) FROM {SqlText.Rows([sorted])} GROUP BY 1 ORDER BY 1 LIMIT {Most + 1}");
            using var rows = statement.Execute(cancellation);
            while (rows.Next())
                for (var row = 0; row < rows.Chunk.Rows; row++) counts.Add(((string)rows.Chunk[0].Value(row)!, rows.Chunk[1].Values<long>()[row]));
        }
        if (counts.Count > Most) throw new KumikiException(Message.Of("tables.partition-many", ("column", column.Name), ("most", Most)));
        foreach (var file in files) File.Delete(file.Path);

        // 2 one file a partition, each by one thread, so that its row groups start where it starts
        var names = FileNames(counts.Select(c => c.Key));
        var written = new TableFile[counts.Count];
        var next = -1;
        Parallel.For(0, Math.Min(engine.Threads, counts.Count),
            new ParallelOptions { MaxDegreeOfParallelism = engine.Threads, CancellationToken = cancellation }, _ =>
        {
            using var database = engine.OpenSingle(cancellation);
            for (int i; (i = Interlocked.Increment(ref next)) < counts.Count;)
            {
                var path = Path.Combine(folder, names[i]);
                database.Connection.Execute($"""
                    COPY (SELECT {all} FROM {SqlText.Rows([sorted])} WHERE "partition key" = {SqlText.Quote(counts[i].Key)})
                    TO {SqlText.Quote(path)} ({ParquetForm.Options})
                    """, cancellation);
                written[i] = new(path, counts[i].Rows, new FileInfo(path).Length, counts[i].Key);
            }
        });
        File.Delete(sorted);
        return written;
    }

    string KeySql(ColumnSchema column) => Unit switch
    {
        By.Value => $"coalesce(CAST({column.Sql} AS VARCHAR), '')",
        By.Day => $"coalesce(strftime({column.Sql}, '%Y-%m-%d'), '')",
        By.Week => $"coalesce(strftime({column.Sql}, '%G-W%V'), '')",
        By.Month => $"coalesce(strftime({column.Sql}, '%Y-%m'), '')",
        _ => $"coalesce(strftime({column.Sql}, '%Y'), '')",
    };

    // Keys become file names: letters, digits, - and _ stay, the rest is written as %XX of its UTF-8; a null key is "none".
    static string[] FileNames(IEnumerable<string> keys) => [.. keys.Select(key =>
    {
        if (key.Length == 0) return "none.parquet";
        var name = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(key))
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_') name.Append((char)b);
            else name.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        return key == "none" ? "%6Eone.parquet" : $"{name}.parquet";
    })];
}
