using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Deploying;

/// <summary>One source of a batch's rows: the files of a path or pattern, or a query over a database.</summary>
/// <remarks>By the end of its name a path is CSV (<c>.csv</c>, <c>.tsv</c>, also with <c>.gz</c>), JSON lines (<c>.jsonl</c>, <c>.ndjson</c>), Parquet
/// (<c>.parquet</c>) or SQLite (<c>.sqlite</c>, <c>.sqlite3</c>, <c>.db</c>); a folder stands for its Parquet files, else its CSV files. A password never
/// stands on a command line: a PostgreSQL database is named by the environment variable that holds its address.</remarks>
/// <param name="Stamps">Its files as they are now: path, bytes and time of the last change.</param>
sealed record BatchInput(Source Source, IReadOnlyList<string> Stamps)
{
    const string Postgres = "postgres:";

    /// <summary>The sources an order names, in its order.</summary>
    /// <exception cref="KumikiException">One of them is not there or of no known kind, or a query has no database or a database no query.</exception>
    public static IReadOnlyList<BatchInput> Of(BatchOrder order)
    {
        if (order.In.Count == 0) throw new KumikiException(Message.Of("predict.no-input"));
        var inputs = order.In.Select(named => Of(named, order)).ToList();
        if (order.Sql is not null && inputs.All(i => i.Source is not (PostgresSource or SqliteSource)))
            throw new KumikiException(Message.Of("predict.sql-without", ("in", string.Join(' ', order.In))));
        return inputs;
    }

    static BatchInput Of(string named, BatchOrder order)
    {
        if (named.StartsWith("postgres://", StringComparison.Ordinal) || named.StartsWith("postgresql://", StringComparison.Ordinal))
            throw new KumikiException(Message.Of("predict.address-shown"));
        if (named.StartsWith(Postgres, StringComparison.Ordinal)) return new(Source.Postgres(named[Postgres.Length..], Query(named, order)), []);
        if (Directory.Exists(named)) named = Path.Combine(named, Directory.EnumerateFiles(named, "*.parquet").Any() ? "*.parquet" : "*.csv");
        Source source = Ending(named) switch
        {
            ".csv" => Source.Csv(named, order.Delimiter ?? ',', order.Encoding) with { Optional = true },
            ".tsv" => Source.Csv(named, order.Delimiter ?? '\t', order.Encoding) with { Optional = true },
            ".jsonl" or ".ndjson" => Source.JsonLines(named, encoding: order.Encoding),
            ".parquet" => Source.Parquet(named),
            ".sqlite" or ".sqlite3" or ".db" => Source.Sqlite(named, Query(named, order)),
            _ => throw new KumikiException(Message.Of("predict.input-kind", ("in", named))),
        };
        var files = source.Files(Environment.CurrentDirectory);
        if (files.Count == 0) throw new KumikiException(Message.Of("tables.files-none", ("pattern", named), ("root", Environment.CurrentDirectory)));
        return new(source, [.. files.Select(Stamp)]);
    }

    static string Query(string named, BatchOrder order) =>
        order.Sql is { Length: > 0 } sql ? sql : throw new KumikiException(Message.Of("predict.no-sql", ("in", named)));

    static string Ending(string path)
    {
        var plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return Path.GetExtension(plain).ToLowerInvariant();
    }

    static string Stamp(string path)
    {
        var file = new FileInfo(path);
        return FormattableString.Invariant($"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}");
    }

    /// <summary>What a column is that the model's data do not know: of Parquet as the file has it, else a text.</summary>
    /// <exception cref="KumikiException">A Parquet file has it as a type that no column here has.</exception>
    public ColumnSchema Other(string column, TableEngine engine, CancellationToken stop)
    {
        var text = new ColumnSchema { Name = column, Property = column, Kind = ColumnKind.String, Nullable = true };
        if (Source is not ParquetSource || Source.Files(Environment.CurrentDirectory) is not [var first, ..]) return text;
        using var reader = new TableReader(engine, [first], count: 0, cancellation: stop);
        var at = ColumnName.Match(column, [.. reader.Columns.Select(c => c.Name)]);
        if (at < 0) return text;        // the load says which columns there are
        var type = reader.Columns[at].Type;
        return type.Kind switch
        {
            DuckDbKind.Varchar or DuckDbKind.Uuid or DuckDbKind.Enum => text,
            DuckDbKind.Boolean => text with { Kind = ColumnKind.Bool },
            DuckDbKind.TinyInt => text with { Kind = ColumnKind.SByte },
            DuckDbKind.UTinyInt => text with { Kind = ColumnKind.Byte },
            DuckDbKind.SmallInt => text with { Kind = ColumnKind.Short },
            DuckDbKind.USmallInt => text with { Kind = ColumnKind.UShort },
            DuckDbKind.Integer => text with { Kind = ColumnKind.Int },
            DuckDbKind.UInteger => text with { Kind = ColumnKind.UInt },
            DuckDbKind.BigInt => text with { Kind = ColumnKind.Long },
            DuckDbKind.UBigInt => text with { Kind = ColumnKind.ULong },
            DuckDbKind.Float => text with { Kind = ColumnKind.Float },
            DuckDbKind.Double => text with { Kind = ColumnKind.Double },
            DuckDbKind.Decimal when type.Width <= 28 => text with { Kind = ColumnKind.Decimal, Precision = type.Width, Scale = type.Scale },
            DuckDbKind.Date => text with { Kind = ColumnKind.DateOnly },
            DuckDbKind.Timestamp or DuckDbKind.TimestampTz or DuckDbKind.TimestampSeconds or DuckDbKind.TimestampMillis =>
                text with { Kind = ColumnKind.DateTime },
            _ => throw new KumikiException(Message.Of("predict.key-type", ("column", column), ("file", first), ("type", type))),
        };
    }
}
