using System.Diagnostics;
using Kumiki.Queues;
using Kumiki.Store;
using Kumiki.Streaming;
using SQLitePCL;

namespace Kumiki.Bench;

/// <summary>What a durable message costs in the data folder, beside bare SQLite with the same tables, rows and commits.</summary>
static class QueueLoad
{
    const int Messages = 20_000, Batch = 64, Clients = 8, Alone = 250;
    static readonly QueueName In = QueueName.Of("in"), Out = QueueName.Of("out");
    static readonly byte[] Body = [.. """{"income": 32000, "debt": 0.31, "years": 4, "region": "north", "purpose": "car", "amount": 8000}"""u8];

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await using var data = DataFolder.Open(Path.Combine(folder, "data"), TimeProvider.System);
        var queue = data.Queue(new());

        // Turn about, so that what else the machine does falls on both; once before, so that both have grown their log.
        using var beside = Opened(Path.Combine(folder, "bare.db"));
        Bare(beside, 0, stop);
        await ThroughAsync(queue, 0, stop);
        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = 1; round <= 5; round++)
        {
            bare.Add(Bare(beside, round, stop));
            ours.Add(await RateAsync(Messages, () => ThroughAsync(queue, round, stop)));
        }
        figures.Print("batch.rate", ours, "messages/s put, taken and done, 64 a commit");
        figures.Print("batch.bare", bare, "messages/s by bare SQLite, the same rows and commits");
        figures.Print("batch.share", ours.Median(v => v) / bare.Median(v => v), "of bare SQLite");

        figures.Print("single.rate", await RateAsync(Clients * Alone, () => Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < Alone; i++)
            {
                await queue.PutAsync(Out, [new($"{client} {i}", Body)], stop);
                var taken = await queue.TakeAsync(Out, 1, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), stop);
                await queue.SettleAsync([.. taken.Select(t => new Settlement.Done(t))], stop);
            }
        }))), "messages/s put, taken and done one by one by 8 clients");

        await PutAsync(queue, "stream", stop);
        var stream = new PredictionStream(queue, (message, _) => new(message.Body), new(In, Out) { UntilEmpty = true, Idle = TimeSpan.FromMilliseconds(1) }, null, TimeProvider.System);
        figures.Print("stream.rate", await RateAsync(Messages, async () =>
        {
            var done = await stream.RunAsync(stop);
            if (done.Answered != Messages) throw new BenchmarkException($"The stream answered {done.Answered} of {Messages} messages.");
        }), "answers/s by a stream whose model takes no time");
    });

    static async Task<double> RateAsync(int messages, Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return messages / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    static async Task PutAsync(IMessageQueue queue, string name, CancellationToken stop)
    {
        foreach (var chunk in Enumerable.Range(0, Messages).Chunk(Batch))
            await queue.PutAsync(In, [.. chunk.Select(i => new QueueMessage($"{name} {i}", Body))], stop);
    }

    static async Task ThroughAsync(IMessageQueue queue, int round, CancellationToken stop)
    {
        await PutAsync(queue, $"round {round}", stop);
        for (var done = 0; done < Messages;)
        {
            var taken = await queue.TakeAsync(In, Batch, TimeSpan.FromMinutes(1), TimeSpan.Zero, stop);
            var settled = await queue.SettleAsync([.. taken.Select(t => new Settlement.Done(t))], stop);
            if (taken.Count == 0 || !settled.All(mine => mine)) throw new BenchmarkException($"{done} of {Messages} messages came.");
            done += taken.Count;
        }
    }

    /// <summary>A database with the queue's tables, indexes and pragmas.</summary>
    static sqlite3 Opened(string path)
    {
        Batteries_V2.Init();
        Check(raw.sqlite3_open(path, out var db), db);
        foreach (var pragma in (string[])["journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY", "cache_size = -16000", "wal_autocheckpoint = 4000"])
            Check(raw.sqlite3_exec(db, $"PRAGMA {pragma}"), db);
        Check(raw.sqlite3_exec(db, File.ReadAllText(Path.Combine(Checkout.Root, "src", "1-ground", "Store", "migrations", "0008-queues.sql"))), db);
        return db;
    }

    /// <summary>The statements of the queue, called by one thread, one durable transaction a batch.</summary>
    /// <returns>Messages a second.</returns>
    static double Bare(sqlite3 db, int round, CancellationToken stop)
    {
        using var begin = Prepared("BEGIN IMMEDIATE");
        using var commit = Prepared("COMMIT");
        using var key = Prepared("INSERT OR IGNORE INTO queue_keys (queue, key, at) VALUES ('in', ?1, ?2)");
        using var put = Prepared("INSERT INTO queue_messages (queue, key, body, put_at, visible_at, deliveries, lease) VALUES ('in', ?1, ?3, ?2, ?2, 0, 0)");
        using var front = Prepared("SELECT id FROM queue_messages WHERE queue = 'in' AND visible_at <= ?1 ORDER BY id LIMIT ?2");
        using var take = Prepared("UPDATE queue_messages SET visible_at = ?2, deliveries = deliveries + 1, lease = deliveries + 1 WHERE id = ?1 RETURNING body");
        using var done = Prepared("DELETE FROM queue_messages WHERE id = ?1 AND lease = 1 AND visible_at > ?2");

        var began = Stopwatch.GetTimestamp();
        foreach (var chunk in Enumerable.Range(0, Messages).Chunk(Batch))
        {
            stop.ThrowIfCancellationRequested();
            Run(begin);
            foreach (var i in chunk)
                foreach (var statement in (ReadOnlySpan<sqlite3_stmt>)[key, put])
                {
                    Check(raw.sqlite3_bind_text(statement, 1, $"round {round} {i}"), db);
                    Check(raw.sqlite3_bind_int64(statement, 2, i), db);
                    if (statement == put) Check(raw.sqlite3_bind_blob(statement, 3, Body), db);
                    Run(statement);
                }
            Run(commit);
        }
        var taken = new List<long>(Batch);
        for (var left = Messages; left > 0; left -= taken.Count)
        {
            stop.ThrowIfCancellationRequested();
            taken.Clear();
            Run(begin);
            Check(raw.sqlite3_bind_int64(front, 1, Messages), db);
            Check(raw.sqlite3_bind_int64(front, 2, Batch), db);
            while (raw.sqlite3_step(front) == raw.SQLITE_ROW) taken.Add(raw.sqlite3_column_int64(front, 0));
            raw.sqlite3_reset(front);
            foreach (var id in taken) RunWith(take, id);
            Run(commit);
            Run(begin);
            foreach (var id in taken) RunWith(done, id);
            Run(commit);
            if (taken.Count == 0) throw new BenchmarkException($"Bare SQLite lost {left} messages.");
        }
        return Messages / Stopwatch.GetElapsedTime(began).TotalSeconds;

        sqlite3_stmt Prepared(string sql)
        {
            Check(raw.sqlite3_prepare_v2(db, sql, out var statement), db);
            return statement;
        }

        void RunWith(sqlite3_stmt statement, long id)
        {
            Check(raw.sqlite3_bind_int64(statement, 1, id), db);
            Check(raw.sqlite3_bind_int64(statement, 2, statement == take ? 2L * Messages : Messages), db);
            Run(statement);
        }

        void Run(sqlite3_stmt statement)
        {
            int answer;
            while ((answer = raw.sqlite3_step(statement)) == raw.SQLITE_ROW) { }
            Check(answer, db);
            raw.sqlite3_reset(statement);
        }
    }

    static void Check(int answer, sqlite3 db)
    {
        if (answer is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW)) throw new BenchmarkException($"Bare SQLite: {raw.sqlite3_errmsg(db).utf8_to_string()}.");
    }
}
