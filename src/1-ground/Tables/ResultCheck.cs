using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

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
        var (cast, faults) = CellCheck.Of(column, from, value)
            ?? throw new KumikiException(Message.Of("tables.query-type", ("column", column.Name), ("found", from),
                ("type", column.TypeName), ("sql", column.Type)));
        string Told(FieldFault fault) => $"error(concat({SqlText.Quote($"{Mark}{column.Name}\u001f{fault}\u001f")}, CAST({value} AS VARCHAR)))";
        var chosen = faults.Count == 0 ? cast : $"CASE {string.Concat(faults.Select(c => $"WHEN {c.When} THEN {Told(c.Fault)} "))}ELSE {cast} END";
        return $"CAST({chosen} AS {column.Type}) AS {column.Sql}";
    }

    /// <summary>The sentence for an error that one of our checks raised; null when it was another.</summary>
    internal static Message? Fault(string reason, RowSchema schema)
    {
        var at = reason.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0) return null;
        var parts = reason[(at + Mark.Length)..].Split('\u001f', 3);
        var column = schema.Find(parts[0])!;
        var says = FieldFaults.Says(Enum.Parse<FieldFault>(parts[1]), column);
        return Message.Of("tables.query-value", ("column", column.Name), ("value", TableFailure.FirstLine(parts[2])), ("reason", says),
            ("record", schema.Record));
    }
}
