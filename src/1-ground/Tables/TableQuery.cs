using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>An author's SQL, ready to run.</summary>
/// <param name="Sql">One SELECT; its holes are already <c>$1 …</c>, or <see cref="SqlText.Rows"/> of Parquet files.</param>
/// <param name="Values">For <c>$1 …</c>.</param>
/// <param name="Files">All Parquet files it may read; it can reach nothing else.</param>
public sealed record TableQuery(string Sql, IReadOnlyList<object?> Values, IReadOnlyList<string> Files)
{
    /// <summary>Threads of the query; with more than 1 the order of rows and the last digits of sums may change from run to run.</summary>
    /// <value>1.</value>
    public int Threads { get; init; } = 1;

    /// <summary>Runs the query and writes its rows, cast to the record's types, as one Parquet file.</summary>
    /// <param name="path">A temporary path of the caller's, which must not exist.</param>
    /// <exception cref="KumikiException">
    /// The SQL is wrong (DuckDB's words are kept) or reaches for other files; a column is missing, is too many or has a type that cannot become the record's; a
    /// value does not fit, is missing, NaN or out of range
    /// (column and value are named); disk or memory ran out.
    /// </exception>
    public TableFile Write(TableEngine engine, RowSchema schema, string path, CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(Files);
        path = Path.GetFullPath(path);
        long rows = 0;
        TableFailure.Guard(engine, path, () =>
        {
            using var database = engine.OpenSingle(cancellation);
            if (Threads > 1) database.Connection.Execute($"SET threads = {Threads}", cancellation);
            Confine(database, [.. Files, path], cancellation);
            try
            {
                rows = Run(database.Connection, schema, path, cancellation);
            }
            catch (DuckDbException e) when (!e.DiskFull && e.Type != DuckDbErrorType.OutOfMemory)
            {
                throw Explained(e, schema);
            }
        });
        return new(path, rows, new FileInfo(path).Length);
    }

    // The author's SQL reads its inputs and nothing else, and can undo none of this.
    static void Confine(SingleDatabase database, IReadOnlyList<string> files, CancellationToken cancellation)
    {
        var c = database.Connection;
        Directory.CreateDirectory(database.SpillFolder);
        c.Execute($"SET allowed_directories = [{SqlText.Quote(database.SpillFolder + "/")}]", cancellation);
        c.Execute($"SET allowed_paths = [{string.Join(", ", files.Select(SqlText.Quote))}]", cancellation);
        c.Execute("SET enable_external_access = false", cancellation);
        c.Execute("SET lock_configuration = true", cancellation);
    }

    long Run(DuckDbConnection connection, RowSchema schema, string path, CancellationToken cancellation)
    {
        if (connection.CountStatements(Sql) is not 1 and var count)
            throw new KumikiException(Message.Of("tables.query-one", ("count", count), ("sql", DuckDbConnection.Shown(Sql))));
        var text = Sql.TrimEnd().TrimEnd(';');
        IReadOnlyList<DuckDbColumn> columns;
        using (var author = connection.Prepare(text))
        {
            if (author.Type != DuckDbStatementType.Select) throw new KumikiException(Message.Of("tables.query-select", ("sql", DuckDbConnection.Shown(Sql))));
            if (author.ParameterCount != Values.Count)
                throw new ArgumentException($"The query has {author.ParameterCount} parameters, but {Values.Count} values were given.");
            // A parameter's type is known only once it is bound, and some columns' types with it.
            columns = Values.Count == 0 ? author.Columns() : Described(author, cancellation);
        }
        var checkedColumns = ResultCheck.Columns(schema, columns);
        using var copy = connection.Prepare($"""
            COPY (SELECT {string.Join(", ", checkedColumns)} FROM (
            {text}
            ) AS q) TO {SqlText.Quote(path)} ({ParquetForm.Options})
            """);
        Bind(copy);
        using var result = copy.Execute(cancellation);
        result.Next();
        return result.Chunk[0].Values<long>()[0];
    }

    IReadOnlyList<DuckDbColumn> Described(DuckDbStatement author, CancellationToken cancellation)
    {
        Bind(author);
        using var rows = author.Stream(cancellation);
        return rows.Columns;
    }

    void Bind(DuckDbStatement statement)
    {
        for (var i = 0; i < Values.Count; i++) statement.Bind(i + 1, Values[i]);
    }

    KumikiException Explained(DuckDbException e, RowSchema schema)
    {
        if (ResultCheck.Fault(e.Reason, schema) is { } fault) return new(fault, e);
        if (TableFailure.Reading(Files, e) is not DuckDbException and var broken) return broken;
        return e.Type == DuckDbErrorType.Permission
            ? new(Message.Of("tables.query-outside", ("reason", TableFailure.FirstLine(e.Reason))), e)
            : new(Message.Of("tables.query-failed", ("sql", DuckDbConnection.Shown(Sql)), ("reason", e.Reason.Trim())), e);
    }
}

/// <summary>Casts a query's columns to a record's types; where a value does not fit, the query ends with an error that names column and value.</summary>
static class ResultCheck
{
    const string Mark = "kumiki-fault\u001f";

    /// <summary>One SQL expression a column of the schema, over a table <c>q</c>.</summary>
    /// <exception cref="KumikiException">Columns are missing or too many, or a type can never become the record's.</exception>
    internal static IReadOnlyList<string> Columns(RowSchema schema, IReadOnlyList<DuckDbColumn> result)
    {
        var twice = result.GroupBy(c => c.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null) throw new KumikiException(Message.Of("tables.query-twice", ("column", twice.Key)));
        var missing = schema.Columns.Where(c => !result.Any(r => Same(r.Name, c.Name))).Select(c => c.Name).ToArray();
        var extra = result.Where(r => !schema.Columns.Any(c => Same(r.Name, c.Name))).Select(r => r.Name).ToArray();
        if (missing.Length + extra.Length > 0)
            throw new KumikiException(Message.Of("tables.query-columns", ("record", schema.Record),
                ("missing", missing.Length == 0 ? "-" : string.Join(", ", missing)), ("extra", extra.Length == 0 ? "-" : string.Join(", ", extra)),
                ("expected", string.Join(", ", schema.Columns.Select(c => c.Name)))));
        return [.. schema.Columns.Select(c => Checked(c, result.First(r => Same(r.Name, c.Name)).Type))];
    }

    static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    static string Checked(ColumnSchema column, DuckDbType from)
    {
        var value = $"q.{column.Sql}";
        var cases = new List<(string When, string Fault)>();
        if (!column.Nullable) cases.Add(($"{value} IS NULL", "missing"));
        var cast = Cast(column, from, value, cases);
        if (column.Range is { } range) cases.Add((Bounds.OutsideSql(column, range, cast), "range"));
        string Told(string fault) => $"error(concat({SqlText.Quote($"{Mark}{column.Name}\u001f{fault}\u001f")}, CAST({value} AS VARCHAR)))";
        var chosen = cases.Count == 0 ? cast : $"CASE {string.Concat(cases.Select(c => $"WHEN {c.When} THEN {Told(c.Fault)} "))}ELSE {cast} END";
        return $"CAST({chosen} AS {column.Type}) AS {column.Sql}";
    }

    static string Cast(ColumnSchema column, DuckDbType from, string value, List<(string, string)> cases)
    {
        var to = column.Type;
        var attempt = $"TRY_CAST({value} AS {to})";
        var isWhole = from.Kind is >= DuckDbKind.TinyInt and <= DuckDbKind.UBigInt or DuckDbKind.HugeInt or DuckDbKind.UHugeInt;
        var isReal = from.Kind is DuckDbKind.Float or DuckDbKind.Double;
        var isNumber = isWhole || isReal || from.Kind == DuckDbKind.Decimal;
        if (from.Kind == DuckDbKind.SqlNull) return $"CAST({value} AS {to})";
        if (isReal && column.IsNumber) cases.Add(($"NOT isfinite({value})", "finite"));
        switch (column.Kind)
        {
            case var _ when column.IsWhole && isNumber:
                if (from != to) cases.Add(($"{value} IS NOT NULL AND {attempt} IS NULL", "overflow"));
                if (!isWhole) cases.Add(($"{attempt} <> {value}", "whole"));
                return attempt;
            case var _ when column.IsNumber && isNumber:
                var infinite = column.Kind == ColumnKind.Float ? $" OR NOT isfinite({attempt})" : "";
                if (from != to) cases.Add(($"{value} IS NOT NULL AND ({attempt} IS NULL{infinite})", "overflow"));
                return attempt;
            case ColumnKind.Bool when from.Kind == DuckDbKind.Boolean:
            case ColumnKind.String when from.Kind is DuckDbKind.Varchar or DuckDbKind.Enum or DuckDbKind.Uuid:
            case ColumnKind.DateTime when from.Kind is DuckDbKind.Timestamp or DuckDbKind.Date:
            case ColumnKind.DateOnly when from.Kind == DuckDbKind.Date:
                if (column.Kind is ColumnKind.DateTime or ColumnKind.DateOnly) cases.Add(($"NOT isfinite({value})", "finite"));
                return attempt;
            case ColumnKind.DateOnly when from.Kind == DuckDbKind.Timestamp:
                cases.Add(($"CAST({attempt} AS TIMESTAMP) <> {value}", "midnight"));
                return attempt;
            case ColumnKind.Enum when from.Kind is DuckDbKind.Varchar or DuckDbKind.Enum:
                cases.Add(($"CAST({value} AS VARCHAR) NOT IN ({string.Join(", ", column.Names!.Select(SqlText.Quote))})", "name"));
                return attempt;
            default:
                throw new KumikiException(Message.Of("tables.query-type", ("column", column.Name), ("found", from), ("type", column.TypeName), ("sql", to)));
        }
    }

    /// <summary>The sentence for an error that one of our checks raised; null when it was another.</summary>
    internal static Message? Fault(string reason, RowSchema schema)
    {
        var at = reason.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0) return null;
        var parts = reason[(at + Mark.Length)..].Split('\u001f', 3);
        var column = schema.Find(parts[0])!;
        var says = parts[1] switch
        {
            "missing" => FieldFaults.Says(FieldFault.Missing, column),
            "finite" => FieldFaults.Says(FieldFault.NotFinite, column),
            "overflow" => FieldFaults.Says(FieldFault.Overflow, column),
            "whole" => FieldFaults.Says(FieldFault.NotWhole, column),
            "midnight" => FieldFaults.Says(FieldFault.NotDate, column),
            "name" => FieldFaults.Says(FieldFault.NotAName, column),
            _ => FieldFaults.Says(FieldFault.OutOfRange, column),
        };
        return Message.Of("tables.query-value", ("column", column.Name), ("value", TableFailure.FirstLine(parts[2])), ("reason", says),
            ("record", schema.Record));
    }
}
