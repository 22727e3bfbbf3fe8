using System.Text;
using System.Text.Json;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What an author's SQL reaches for besides its inputs: the clock, chance, the machine, other files.</summary>
/// <remarks>DuckDB's own parser reads the text and its own catalogue says which functions are not the same every time, so names in texts, comments, quoted columns
/// and aliases do not count.</remarks>
static class QueryReach
{
    // Parsed as columns, and read as the clock where no column has that name.
    static readonly HashSet<string> ClockWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "session_user", "user", "current_catalog",
        "current_schema", "current_role",
    };

    // What the catalogue does not tell: functions of the session's clock and settings, and of the order of threads.
    static readonly HashSet<string> AlsoUnsteady = new(StringComparer.OrdinalIgnoreCase)
    {
        "current_localtime", "current_localtimestamp", "current_setting", "getvariable", "getenv", "version",
    };

    static readonly HashSet<string> Steady = new(StringComparer.OrdinalIgnoreCase) { "error", "stats" };

    static readonly HashSet<string> TableFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "read_parquet", "parquet_scan",
    };

    /// <summary>Refuses SQL that would not give the same rows in every making.</summary>
    /// <param name="connection">A database of its own: the text is only parsed.</param>
    /// <exception cref="KumikiException">It uses the clock, chance or the machine, or reads something that is no input.</exception>
    internal static void Check(DuckDbConnection connection, string sql, CancellationToken cancellation)
    {
        using var statement = connection.Prepare("SELECT json_serialize_sql($1::VARCHAR)");
        statement.Bind(1, sql);
        using var rows = statement.Execute(cancellation);
        rows.Next();
        using var tree = JsonDocument.Parse(rows.Chunk[0].Utf8(0).ToArray(), new() { MaxDepth = 2000 });
        // What is no SELECT, or does not parse, is refused in DuckDB's words where it is prepared.
        if (tree.RootElement.GetProperty("error").GetBoolean()) return;
        new Walk(Unsteady(connection, cancellation), Encoding.UTF8.GetBytes(sql)).See(tree.RootElement);
    }

    static HashSet<string> Unsteady(DuckDbConnection connection, CancellationToken cancellation)
    {
        var names = new HashSet<string>(AlsoUnsteady, StringComparer.OrdinalIgnoreCase);
        using var statement = connection.Prepare(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')");
        using var rows = statement.Execute(cancellation);
        while (rows.Next())
            for (var row = 0; row < rows.Chunk.Rows; row++) names.Add((string)rows.Chunk[0].Value(row)!);
        names.ExceptWith(Steady);
        return names;
    }

    sealed class Walk(HashSet<string> unsteady, byte[] sql)
    {
        internal void See(JsonElement at)
        {
            switch (at.ValueKind)
            {
                case JsonValueKind.Array:
                    foreach (var item in at.EnumerateArray()) See(item);
                    break;
                case JsonValueKind.Object:
                    Node(at);
                    foreach (var part in at.EnumerateObject()) See(part.Value);
                    break;
            }
        }

        void Node(JsonElement node)
        {
            switch (Text(node, "type"))
            {
                case "FUNCTION" when Text(node, "function_name") is { } name && (unsteady.Contains(name)
                    || (name.Equals("age", StringComparison.OrdinalIgnoreCase) && node.GetProperty("children").GetArrayLength() == 1)):
                    throw Clock($"{name}()");
                case "COLUMN_REF" when node.GetProperty("column_names") is var names && names.GetArrayLength() == 1 && names[0].GetString() is { } word
                    && ClockWords.Contains(word) && !IsQuoted(node):
                    throw Clock(word);
                case "TABLE_FUNCTION" when Text(node.GetProperty("function"), "function_name") is { } function && !TableFunctions.Contains(function):
                    throw new KumikiException(Message.Of("tables.query-outside", ("reason", $"{function}()")));
            }
            if (node.TryGetProperty("sample", out var sample) && sample.ValueKind == JsonValueKind.Object
                && !(sample.TryGetProperty("seed", out var seed) && seed.TryGetInt64(out var number) && number >= 0))
                throw Clock("SAMPLE");
        }

        static string? Text(JsonElement node, string name) =>
            node.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

        bool IsQuoted(JsonElement node) =>
            node.TryGetProperty("query_location", out var place) && place.TryGetInt64(out var at) && at < sql.Length && sql[at] == '"';

        static KumikiException Clock(string found) => new(Message.Of("tables.query-clock", ("found", found)));
    }
}
