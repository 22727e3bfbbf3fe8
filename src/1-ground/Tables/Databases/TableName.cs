namespace Kumiki.Tables;

/// <summary>What an author gave as rows: a table's name, or a SELECT.</summary>
static class TableName
{
    internal static bool IsQuery(string rows) => rows.Trim().AsSpan().IndexOfAny(" \t\r\n") >= 0 && !rows.Contains('"', StringComparison.Ordinal)
        || rows.TrimStart().StartsWith("select", StringComparison.OrdinalIgnoreCase) || rows.TrimStart().StartsWith("with ", StringComparison.OrdinalIgnoreCase);

    /// <summary>Quoted part by part, <c>"public"."sales"</c>; names that are quoted already stay as they are.</summary>
    internal static string Quoted(string table) =>
        table.Contains('"', StringComparison.Ordinal) ? table : string.Join('.', table.Trim().Split('.').Select(SqlText.Name));

    /// <summary>Whether a SELECT says in which order its rows come, as far as its words tell.</summary>
    internal static bool IsOrdered(string query) => query.Contains("order by", StringComparison.OrdinalIgnoreCase);

    internal static string WithoutEnd(string query) => query.TrimEnd().TrimEnd(';');
}
