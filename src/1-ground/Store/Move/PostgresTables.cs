using System.Globalization;
using Kumiki.Store.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Kumiki.Store.Moving;

/// <summary>The tables of a PostgreSQL schema. One that is filled has a table <c>moving</c>, with which no store opens, until it is whole.</summary>
sealed class PostgresTables : IFilledTables
{
    /// <summary>A schema counts its writes apart; to every other store their sum is the revision.</summary>
    const string StoreRow =
        """
        (SELECT only_row, revision + (SELECT sum(writes)::bigint FROM revisions) AS revision, production_revision, live_release, generation, collector
        FROM store) s
        """;

    readonly PostgresAddress address;
    readonly NpgsqlConnection db;
    readonly Dictionary<string, NpgsqlDbType[]> types = new(StringComparer.Ordinal);

    PostgresTables(PostgresAddress address, NpgsqlConnection db) => (this.address, this.db) = (address, db);

    /// <param name="filling">Whether it is to be filled; else it is only read.</param>
    internal static PostgresTables Of(PostgresAddress address, StoreSettings settings, bool filling)
    {
        var db = new NpgsqlConnection(address.Connecting(settings.Patience));
        try
        {
            db.Open();
            PostgresSchema.Raise(db, address, filling);
            return new(address, db);
        }
        catch (Exception e)
        {
            db.Dispose();
            if (e is NpgsqlException refused && PostgresTrouble.Of(refused, address, settings.Patience) is { } said) throw said;
            throw;
        }
    }

    /// <summary>Whether a move into it has begun and not ended.</summary>
    internal Task<bool> IsBegunAsync(CancellationToken stop) =>
        On(stop).FirstAsync("SELECT to_regclass($1) IS NOT NULL", row => row.GetBoolean(0), none: false, $"{address.Schema}.moving");

    public async Task<IReadOnlyList<string>> UnknownAsync(CancellationToken stop)
    {
        var known = RecordTable.All.Select(t => t.Name).Concat(["revisions", "kumiki_format", "moving"]).ToHashSet(StringComparer.Ordinal);
        var unknown = new List<string>();
        foreach (var name in await On(stop).AllAsync("SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1", row => row.GetString(0),
            address.Schema))
            if (!known.Contains(name) && await On(stop).AnyAsync($"SELECT 1 FROM \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\" LIMIT 1"))
                unknown.Add(name);
        return unknown;
    }

    public async Task<IReadOnlyList<object?[]>> PageAsync(RecordTable table, object?[]? after, int limit, CancellationToken stop) =>
        await On(stop).AllAsync(table.PageSql(after is not null, Parameter, table.Name == "store" ? StoreRow : null), Values, [.. after ?? [], limit]);

    public Task<object?[]?> LastAsync(RecordTable table, CancellationToken stop) => On(stop).FirstAsync<object?[]?>(
        $"SELECT {RecordTable.Quoted(table.Key)} FROM {table.Name} ORDER BY {string.Join(", ", table.Key.Select(k => $"\"{k}\" DESC"))} LIMIT 1", Values, null);

    public async Task<long> CountAsync(RecordTable table, CancellationToken stop) => (await On(stop).NumberAsync($"SELECT count(*) FROM {table.Name}"))!.Value;

    public async Task<long> GivenAsync(RecordTable table, CancellationToken stop) => (await On(stop).NumberAsync(
        $"SELECT greatest((SELECT coalesce(max(id), 0) FROM {table.Name}), coalesce(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')), 0))",
            $"{address.Schema}.{table.Name}"))!.Value;

    public async Task<long> RevisionAsync(CancellationToken stop) => (await On(stop).NumberAsync($"SELECT revision FROM {StoreRow}"))!.Value;

    public async Task BeginAsync(string source, long revision, CancellationToken stop)
    {
        await using var transaction = await db.BeginTransactionAsync(stop);
        await On(stop).RunAsync("CREATE TABLE IF NOT EXISTS moving (source text NOT NULL, revision bigint NOT NULL)");
        if (!await On(stop).AnyAsync("SELECT 1 FROM moving WHERE source = $1 AND revision = $2", source, revision))
        {
            await On(stop).RunAsync($"TRUNCATE {string.Join(", ", RecordTable.All.Where(t => t.Name != "store").Select(t => t.Name))}, moving");
            await On(stop).RunAsync("INSERT INTO moving (source, revision) VALUES ($1, $2)", source, revision);
        }
        await transaction.CommitAsync(stop);
    }

    public async Task AddAsync(RecordTable table, IReadOnlyList<object?[]> rows, CancellationToken stop)
    {
        var columns = await TypesAsync(table, stop);
        await using var transaction = await db.BeginTransactionAsync(stop);
        if (table.Name == "store") await On(stop).RunAsync("DELETE FROM store");
        await using (var copy = await db.BeginBinaryImportAsync($"COPY {table.Name} ({RecordTable.Quoted(table.Columns)}) FROM STDIN (FORMAT BINARY)", stop))
        {
            foreach (var row in rows)
            {
                await copy.StartRowAsync(stop);
                for (var i = 0; i < row.Length; i++) await WriteAsync(copy, row[i], columns[i], stop);
            }
            await copy.CompleteAsync(stop);
        }
        DurableStep.At("move.commit");
        await transaction.CommitAsync(stop);
        DurableStep.At("move.committed");
    }

    public async Task EndAsync(IReadOnlyDictionary<RecordTable, long> given, CancellationToken stop)
    {
        await using var transaction = await db.BeginTransactionAsync(stop);
        foreach (var (table, number) in given.Where(g => g.Value > 0))
            await On(stop).NumberAsync("SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", $"{address.Schema}.{table.Name}", number);
        await On(stop).RunAsync("DROP TABLE moving");
        DurableStep.At("move.commit");
        await transaction.CommitAsync(stop);
        DurableStep.At("move.committed");
        await On(stop).RunAsync("ANALYZE");
    }

    public ValueTask DisposeAsync() => db.DisposeAsync();

    Connection On(CancellationToken stop) => new(db, stop);

    async Task<NpgsqlDbType[]> TypesAsync(RecordTable table, CancellationToken stop)
    {
        if (types.TryGetValue(table.Name, out var known)) return known;
        var found = (await On(stop).AllAsync(
            "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
            row => (Name: row.GetString(0), Type: row.GetString(1)), address.Schema, table.Name))
            .ToDictionary(c => c.Name, c => c.Type, StringComparer.Ordinal);
        return types[table.Name] = [.. table.Columns.Select(c => found[c] switch
        {
            "integer" => NpgsqlDbType.Integer,
            "bigint" => NpgsqlDbType.Bigint,
            "double precision" => NpgsqlDbType.Double,
            "bytea" => NpgsqlDbType.Bytea,
            _ => NpgsqlDbType.Text,
        })];
    }

    static Task WriteAsync(NpgsqlBinaryImporter copy, object? value, NpgsqlDbType type, CancellationToken stop) => value switch
    {
        null => copy.WriteNullAsync(stop),
        long number when type == NpgsqlDbType.Integer => copy.WriteAsync((int)number, type, stop),
        long number when type == NpgsqlDbType.Double => copy.WriteAsync((double)number, type, stop),
        string text => copy.WriteAsync(Connection.Kept(text), type, stop),
        _ => copy.WriteAsync(value, type, stop),
    };

    static object?[] Values(NpgsqlDataReader row)
    {
        var values = new object?[row.FieldCount];
        for (var i = 0; i < values.Length; i++) values[i] = row.IsDBNull(i) ? null : row.GetValue(i) is int number ? (long)number : row.GetValue(i);
        return values;
    }

    static string Parameter(int number) => "$" + number.ToString(CultureInfo.InvariantCulture);
}
