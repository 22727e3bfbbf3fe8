using Npgsql;

namespace Kumiki.Bench;

/// <summary>PostgreSQL itself with the tracking server's tables and indexes, called by one client with prepared statements, one round trip and one durable
/// transaction a question.</summary>
sealed class BarePostgres : IAsyncDisposable
{
    readonly NpgsqlDataSource source;
    readonly NpgsqlConnection db;
    long runs, points;

    BarePostgres(NpgsqlDataSource source, NpgsqlConnection db) => (this.source, this.db) = (source, db);

    /// <summary>Makes a database of its own with the tables that the server's database has.</summary>
    public static async Task<BarePostgres> OpenAsync(PostgresCluster cluster, CancellationToken stop)
    {
        await using (var first = cluster.Open())
        {
            await using var make = first.CreateCommand("CREATE DATABASE bare");
            await make.ExecuteNonQueryAsync(stop);
        }
        var source = cluster.Open("bare");
        var db = await source.OpenConnectionAsync(stop);
        var tables = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "src", "1-ground", "Store", "Postgres", "migrations", "0002-tracking.pgsql"), stop);
        await using var command = new NpgsqlCommand(tables, db);
        await command.ExecuteNonQueryAsync(stop);
        return new(source, db);
    }

    public async Task CreateRunAsync(CancellationToken stop)
    {
        var uuid = Guid.NewGuid().ToString("N");
        runs++;
        await RunAsync(stop,
            ("INSERT INTO tracked_runs (uuid, experiment, name, \"user\", status, started, location) VALUES ($1, 0, $2, 'bench', 1, $3, $4)",
                [uuid, "able-crane-1", runs, $"mlflow-artifacts:/0/{uuid}/artifacts"]),
            ("INSERT INTO tracked_tags (run, key, experiment, value) VALUES ($1, 'mlflow.runName', 0, 'able-crane-1')", [runs]));
    }

    public Task LogMetricsAsync(string[] keys, long step, CancellationToken stop)
    {
        var values = new double[keys.Length];
        Array.Fill(values, step * 0.5);
        var block = points / 4096;
        points += keys.Length;
        return RunAsync(stop,
            ("""
             INSERT INTO tracked_points (run, block, key, timestamp, step, value, is_nan)
             SELECT 1, $4, k, $3, $3, v, 0 FROM unnest($1::text[], $2::float8[]) given (k, v)
             """, [keys, values, step, block]),
            ("""
             INSERT INTO tracked_latest (run, key, experiment, value, is_nan, timestamp, step)
             SELECT 1, k, 0, v, 0, $3, $3 FROM unnest($1::text[], $2::float8[]) given (k, v)
             ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step
             """, [keys, values, step]));
    }

    async Task RunAsync(CancellationToken stop, params (string Sql, object[] Values)[] statements)
    {
        await using var batch = new NpgsqlBatch(db);
        foreach (var (sql, values) in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values) command.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(command);
        }
        await batch.PrepareAsync(stop);
        await batch.ExecuteNonQueryAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        await db.DisposeAsync();
        await source.DisposeAsync();
    }
}
