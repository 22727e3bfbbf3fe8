using SQLitePCL;

namespace Kumiki.Bench;

/// <summary>SQLite itself with the tracking server's tables, indexes and pragmas, called by one thread with prepared statements, one durable transaction a
/// question: what the server's writes cost where nothing else is done.</summary>
sealed class BareSqlite : IDisposable
{
    readonly sqlite3 db;
    readonly sqlite3_stmt begin, commit, run, tag, point, latest;
    long runs, points;

    public BareSqlite(string folder)
    {
        Batteries_V2.Init();
        Check(raw.sqlite3_open(Path.Combine(folder, "bare.db"), out db));
        foreach (var pragma in (string[])["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY", "cache_size = -16000", "wal_autocheckpoint = 4000"])
            Run($"PRAGMA {pragma}");
        foreach (var migration in (string[])["0006-tracking.sql", "0007-point-blocks.sql"])
            Run(File.ReadAllText(Path.Combine(Checkout.Root, "src", "1-ground", "Store", "migrations", migration)));
        begin = Prepared("BEGIN IMMEDIATE");
        commit = Prepared("COMMIT");
        run = Prepared("INSERT INTO tracked_runs (uuid, experiment, name, user, status, started, location) VALUES (?1, 0, ?2, 'bench', 1, ?3, ?4)");
        tag = Prepared("INSERT INTO tracked_tags (run, key, experiment, value) VALUES (?1, ?2, 0, ?3)");
        point = Prepared("INSERT INTO tracked_points (run, block, key, timestamp, step, value, is_nan) VALUES (?1, ?6, ?2, ?3, ?4, ?5, 0)");
        latest = Prepared(
            """
            INSERT INTO tracked_latest (run, key, experiment, value, is_nan, timestamp, step) VALUES (?1, ?2, 0, ?5, 0, ?3, ?4)
            ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step
            """);
    }

    /// <summary>A run with its name as a tag, as a client's create-run writes it.</summary>
    public void CreateRun()
    {
        Step(begin);
        var uuid = Guid.NewGuid().ToString("N");
        runs++;
        Text(run, 1, uuid);
        Text(run, 2, "able-crane-1");
        Whole(run, 3, runs);
        Text(run, 4, $"mlflow-artifacts:/0/{uuid}/artifacts");
        Step(run);
        Whole(tag, 1, runs);
        Text(tag, 2, "mlflow.runName");
        Text(tag, 3, "able-crane-1");
        Step(tag);
        Step(commit);
    }

    /// <summary>One point of each of some metrics, and that they are the newest.</summary>
    public void LogMetrics(IReadOnlyList<string> keys, long step)
    {
        Step(begin);
        foreach (var key in keys)
            foreach (var statement in (ReadOnlySpan<sqlite3_stmt>)[point, latest])
            {
                Whole(statement, 1, 1);
                Text(statement, 2, key);
                Whole(statement, 3, 1_700_000_000_000 + step);
                Whole(statement, 4, step);
                raw.sqlite3_bind_double(statement, 5, step * 0.5);
                if (statement == point) Whole(statement, 6, points++ / 4096);
                Step(statement);
            }
        Step(commit);
    }

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<sqlite3_stmt>)[begin, commit, run, tag, point, latest]) statement.Dispose();
        db.Dispose();
    }

    void Run(string sql) => Check(raw.sqlite3_exec(db, sql));

    sqlite3_stmt Prepared(string sql)
    {
        Check(raw.sqlite3_prepare_v2(db, sql, out var statement));
        return statement;
    }

    static void Text(sqlite3_stmt statement, int at, string value) => raw.sqlite3_bind_text(statement, at, value);

    static void Whole(sqlite3_stmt statement, int at, long value) => raw.sqlite3_bind_int64(statement, at, value);

    void Step(sqlite3_stmt statement)
    {
        Check(raw.sqlite3_step(statement));
        raw.sqlite3_reset(statement);
    }

    void Check(int answer)
    {
        if (answer is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW)) throw new BenchmarkException($"Bare SQLite: {raw.sqlite3_errmsg(db).utf8_to_string()}.");
    }
}
