using System.Globalization;
using System.Text.Json;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Predictions;

/// <summary>What a stranger's SQL may use.</summary>
sealed record SqlLimits
{
    /// <summary>Rows of the answer; what is beyond them is cut.</summary>
    public int Rows { get; init; } = 1000;

    /// <summary>Bytes of the answer's texts, likewise.</summary>
    public int Bytes { get; init; } = 8 << 20;

    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of memory, and of the disk for what does not fit in it.</summary>
    public long Memory { get; init; } = 256L << 20;

    public long Spill { get; init; } = 1L << 30;

    /// <summary>Characters of the SQL itself.</summary>
    public const int LongestSql = 20_000;
}

/// <param name="Type">As DuckDB writes it.</param>
sealed record SqlColumn(string Name, string Type, bool IsNumber);

/// <param name="Rows">Each a text by column, written in the invariant culture; null where there is none.</param>
/// <param name="IsCut">Whether there were more rows than these.</param>
sealed record SqlAnswer(IReadOnlyList<SqlColumn> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows, bool IsCut);

/// <summary>Runs SQL that anybody may have written over the views of a <see cref="LogDatabase"/>: one SELECT that reaches nothing else.</summary>
/// <remarks>Four fences, each enough by itself against most: 1. DuckDB's parser reads the text, which must be one SELECT over our views, without functions that
/// read files, settings or the environment; 2. the database is confined to the views' files, and its configuration locked; 3. it has little memory and disk;
/// 4. it is interrupted when its time is over, or nobody waits for it.</remarks>
static class PredictionSql
{
    static readonly HashSet<string> TableFunctions = new(StringComparer.OrdinalIgnoreCase) { "range", "generate_series", "unnest", "json_each", "json_tree" };

    // What tells of the machine or the session.
    static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        "getenv", "current_setting", "getvariable", "version", "current_database", "current_schemas", "pg_read_file", "read_text", "read_blob", "which_secret",
        "query", "query_table", "current_query", "in_search_path", "add_parquet_key",
    };

    /// <exception cref="KumikiException">It is no single SELECT over the views, is wrong, or takes more time, memory or disk than it may.</exception>
    public static SqlAnswer Run(LogDatabase log, string sql, SqlLimits limits, CancellationToken stop)
    {
        var connection = log.Connection;
        connection.Execute($"SET memory_limit = '{Kib(limits.Memory)}KiB'", stop);
        connection.Execute($"SET max_temp_directory_size = '{Kib(limits.Spill)}KiB'", stop);
        log.Confine(stop);
        var views = log.Endpoints.Select(LogDatabase.ViewOf).SelectMany(v => new[] { v, $"predictions_{v}",
            $"outcomes_{v}" }).ToHashSet(StringComparer.OrdinalIgnoreCase);
        using var over = new CancellationTokenSource(limits.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, over.Token);
        try
        {
            RequireReach(connection, sql, views, either.Token);
            return Answer(connection, sql, limits, either.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new KumikiException(Message.Of("predlog.sql-slow", ("seconds", limits.Time.TotalSeconds)));
        }
        catch (DuckDbException e) when (e.DiskFull || e.Type == DuckDbErrorType.OutOfMemory)
        {
            throw new KumikiException(Message.Of("predlog.sql-large", ("memory", limits.Memory >> 20), ("spill", limits.Spill >> 20)), e);
        }
        catch (DuckDbException e) when (e.Type == DuckDbErrorType.Permission)
        {
            throw Outside(TableFailure.FirstLine(e.Reason), e);
        }
        catch (DuckDbException e)
        {
            throw new KumikiException(Message.Of("predlog.sql-failed", ("reason", TableFailure.FirstLine(e.Reason))), e);
        }
    }

    static string Kib(long bytes) => (bytes / 1024).ToString(CultureInfo.InvariantCulture);

    static KumikiException Outside(string what, Exception? e = null) => new(Message.Of("predlog.sql-outside", ("what", what)), e);

    /// <summary>Refuses what is no SELECT over the views alone.</summary>
    static void RequireReach(DuckDbConnection connection, string sql, HashSet<string> views, CancellationToken stop)
    {
        using var statement = connection.Prepare("SELECT json_serialize_sql($1::VARCHAR)");
        statement.Bind(1, sql);
        using var rows = statement.Execute(stop);
        rows.Next();
        using var tree = JsonDocument.Parse(rows.Chunk[0].Utf8(0).ToArray(), new() { MaxDepth = 2000 });
        var root = tree.RootElement;
        if (root.GetProperty("error").GetBoolean())
        {
            var reason = root.TryGetProperty("error_message", out var said) ? TableFailure.FirstLine(said.GetString() ?? "") : "";
            throw new KumikiException(root.TryGetProperty("error_type", out var type) && type.GetString() == "not implemented"
                ? Message.Of("predlog.sql-select") : Message.Of("predlog.sql-failed", ("reason", reason)));
        }
        if (root.GetProperty("statements").GetArrayLength() != 1) throw new KumikiException(Message.Of("predlog.sql-select"));
        var named = new HashSet<string>(views, StringComparer.OrdinalIgnoreCase);
        Names(root, named);
        See(root, named);
    }

    /// <summary>The names that WITH gives.</summary>
    static void Names(JsonElement at, HashSet<string> into)
    {
        if (at.ValueKind == JsonValueKind.Array)
            foreach (var item in at.EnumerateArray()) Names(item, into);
        if (at.ValueKind != JsonValueKind.Object) return;
        foreach (var part in at.EnumerateObject())
        {
            if (part.NameEquals("cte_map") && part.Value.ValueKind == JsonValueKind.Object && part.Value.TryGetProperty("map", out var map)
                && map.ValueKind == JsonValueKind.Array)
                foreach (var entry in map.EnumerateArray())
                    if (entry.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String) into.Add(key.GetString()!);
            Names(part.Value, into);
        }
    }

    static void See(JsonElement at, HashSet<string> named)
    {
        if (at.ValueKind == JsonValueKind.Array)
            foreach (var item in at.EnumerateArray()) See(item, named);
        if (at.ValueKind != JsonValueKind.Object) return;
        switch (Text(at, "type"))
        {
            case "FUNCTION" when Text(at, "function_name") is { } function && (Forbidden.Contains(function)
                || Text(at, "schema") is not (null or "" or "main") || Text(at, "catalog") is not (null or "" or "system")):
                throw Outside($"{function}()");
            case "TABLE_FUNCTION" when Text(at.GetProperty("function"), "function_name") is var function && (function is null
                || !TableFunctions.Contains(function)):
                throw Outside($"{function}()");
            case "BASE_TABLE" when Text(at, "table_name") is var table && (table is null || !named.Contains(table) || Text(at,
                "catalog_name") is { Length: > 0 }
                || Text(at, "schema_name") is { Length: > 0 } and not "main"):
                throw new KumikiException(Message.Of("predlog.sql-no-view", ("table", table is { Length: > 80 } ? table[..80] + "…" : table)));
        }
        foreach (var part in at.EnumerateObject()) See(part.Value, named);
    }

    static string? Text(JsonElement node, string name) =>
        node.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    static SqlAnswer Answer(DuckDbConnection connection, string sql, SqlLimits limits, CancellationToken stop)
    {
        var text = sql.TrimEnd().TrimEnd(';');
        IReadOnlyList<DuckDbColumn> columns;
        using (var asked = connection.Prepare(text))
        {
            if (asked.Type != DuckDbStatementType.Select) throw new KumikiException(Message.Of("predlog.sql-select"));
            if (asked.ParameterCount > 0) throw new KumikiException(Message.Of("predlog.sql-parameters"));
            columns = asked.Columns();
        }
        // What has no plain form here is written as DuckDB writes it.
        var plain = columns.All(c => IsPlain(c.Type));
        var names = columns.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"c{i}")).ToList();
        var run = plain ? text
            : $"SELECT {string.Join(", ", columns.Select((c, i) => IsPlain(c.Type) ? names[i] : $"{names[i]}::VARCHAR"))} FROM (\n{text}\n) AS q({string.Join(", ", names)})";
        var answer = new List<IReadOnlyList<string?>>();
        var bytes = 0L;
        using var statement = connection.Prepare(run);
        using var rows = statement.Stream(stop);
        while (rows.Next())
            for (var row = 0; row < rows.Chunk.Rows; row++)
            {
                if (answer.Count == limits.Rows || bytes > limits.Bytes) return new(Shown(columns), answer, IsCut: true);
                var cells = new string?[columns.Count];
                for (var column = 0; column < cells.Length; column++)
                {
                    cells[column] = LogCells.Text(rows.Chunk[column], row);
                    bytes += cells[column]?.Length ?? 0;
                }
                answer.Add(cells);
            }
        return new(Shown(columns), answer, IsCut: false);
    }

    static IReadOnlyList<SqlColumn> Shown(IReadOnlyList<DuckDbColumn> columns) => [.. columns.Select(c => new SqlColumn(c.Name, c.Type.ToString(),
        IsNumber(c.Type.Kind)))];

    static bool IsNumber(DuckDbKind kind) => kind is (>= DuckDbKind.TinyInt and <= DuckDbKind.Double) or DuckDbKind.HugeInt or DuckDbKind.Decimal;

    static bool IsPlain(DuckDbType type) => type.Kind is (>= DuckDbKind.Boolean and <= DuckDbKind.Double) or DuckDbKind.Date or DuckDbKind.Timestamp
        or DuckDbKind.Varchar
        || (type.Kind == DuckDbKind.Decimal && type.Width <= 28);
}

/// <summary>Values of the log as texts.</summary>
static class LogCells
{
    public static string? Text(DuckDbVector vector, int row) => vector.IsNull(row) ? null : vector.Value(row) switch
    {
        string text => text,
        bool truth => truth ? "true" : "false",
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        float single => single.ToString("R", CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Array values => $"[{string.Join(", ", values.Cast<object>().Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)))}]",
        var value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
