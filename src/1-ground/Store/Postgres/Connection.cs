using System.Text;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>One of several statements of a round trip.</summary>
/// <param name="Values">Of the marks <c>$1, $2, …</c>, in order.</param>
/// <param name="Read">Called for each row; null where the statement gives none.</param>
sealed record PostgresStatement(string Sql, object?[] Values, Action<NpgsqlDataReader>? Read = null);

/// <summary>A connection of the pool while one read or write has it. Values fill <c>$1, $2, …</c> in order; the driver keeps what is run often
/// prepared.</summary>
sealed class Connection(NpgsqlConnection inner, CancellationToken stop)
{
    /// <summary>Whether a statement inserted, changed or deleted rows.</summary>
    internal bool Changed { get; private set; }

    /// <returns>Rows changed.</returns>
    internal async Task<int> RunAsync(string sql, params object?[] values)
    {
        await using var command = Filled(sql, values);
        var rows = await command.ExecuteNonQueryAsync(stop);
        if (rows > 0) Changed = true;
        return Math.Max(rows, 0);
    }

    internal async Task<List<T>> AllAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object?[] values)
    {
        var all = new List<T>();
        await using var command = Filled(sql, values);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) all.Add(read(rows));
        await rows.CloseAsync();
        if (rows.RecordsAffected > 0) Changed = true;
        return all;
    }

    /// <summary>The first row; <paramref name="none"/> where there is no row.</summary>
    internal async Task<T> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> read, T none, params object?[] values) =>
        await AllAsync(sql, read, values) is [var first, ..] ? first : none;

    /// <summary>The number in the first column of the first row; null where there is none.</summary>
    internal Task<long?> NumberAsync(string sql, params object?[] values) => FirstAsync(sql, row => row.IsDBNull(0) ? (long?)null : row.GetInt64(0), null,
        values);

    internal Task<bool> AnyAsync(string sql, params object?[] values) => FirstAsync(sql, _ => true, none: false, values);

    /// <summary>Runs several statements in one round trip, one after another.</summary>
    internal async Task RunAllAsync(IReadOnlyList<PostgresStatement> statements)
    {
        await using var batch = new NpgsqlBatch(inner);
        foreach (var statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement.Sql);
            foreach (var value in statement.Values) command.Parameters.Add(new NpgsqlParameter { Value = Stored(value) });
            batch.BatchCommands.Add(command);
        }
        await using var rows = await batch.ExecuteReaderAsync(stop);
        foreach (var statement in statements)
        {
            if (statement.Read is not { } read) continue;           // the driver passes over what gives no rows
            while (await rows.ReadAsync(stop)) read(rows);
            await rows.NextResultAsync(stop);
        }
        await rows.CloseAsync();
        if (rows.RecordsAffected > 0) Changed = true;
    }

    NpgsqlCommand Filled(string sql, object?[] values)
    {
        var command = new NpgsqlCommand(sql, inner);
        foreach (var value in values) command.Parameters.Add(new() { Value = Stored(value) });
        return command;
    }

    static object Stored(object? value) => value switch
    {
        null => DBNull.Value,
        string text => Kept(text),
        Digest digest => digest.Hex,
        RunId run => run.Number,
        DateTimeOffset at => at.UtcTicks,
        Enum name => name.ToString(),
        IEnumerable<string?> texts => texts.Select(text => text is null ? null : Kept(text)).ToArray(),
        IEnumerable<Digest> digests => digests.Select(d => d.Hex).ToArray(),
        _ => value,
    };

    /// <summary>Text as PostgreSQL can keep it: it takes neither a null character nor half of a surrogate pair, which a program's log may hold.</summary>
    internal static string Kept(string text)
    {
        if (text.Contains('\0')) text = text.Replace('\0', '\uFFFD');
        return text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
    }
}
