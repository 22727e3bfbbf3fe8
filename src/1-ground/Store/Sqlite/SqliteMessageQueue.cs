using System.Text.Json;
using Kumiki.Queues;

namespace Kumiki.Store.Sqlite;

/// <summary>Queues in the tables <c>queue_…</c> of the metadata's file; their writes share the commits of all others.</summary>
sealed class SqliteMessageQueue(SqliteMetadataStore store, QueueSettings settings, TimeProvider clock) : TableQueue(store, settings, clock)
{
    const string Columns = "m.id, m.key, m.body, m.put_at, m.deliveries";

    protected override Task<DateTimeOffset?> FirstVisibleAsync(QueueName queue, CancellationToken stop) => store.ReadAsync<DateTimeOffset?>(db =>
    {
        var now = Clock.GetUtcNow();
        using (var any = db.Query("SELECT 1 FROM queue_messages WHERE queue = ?1 AND visible_at <= ?2 LIMIT 1").Add(queue.ToString()).Add(now.UtcTicks))
            if (any.Next()) return now;
        using var next = db.Query("SELECT min(visible_at) FROM queue_messages WHERE queue = ?1").Add(queue.ToString());
        return next.Next() && next.WholeOrNull(0) is { } ticks ? Time(ticks) : null;
    }, stop);

    protected override Task<(IReadOnlyList<Delivery> Taken, bool More)> TakeNowAsync(QueueName queue, int most, TimeSpan hidden, CancellationToken stop) =>
        store.WriteAsync<(IReadOnlyList<Delivery>, bool)>(db =>
        {
            var now = Clock.GetUtcNow();
            var front = new List<(long, int, long)>();
            using (var rows = db.Query(
                "SELECT id, deliveries, length(body) FROM queue_messages WHERE queue = ?1 AND visible_at <= ?2 ORDER BY id LIMIT ?3"))
            {
                rows.Add(queue.ToString()).Add(now.UtcTicks).Add(most);
                while (rows.Next()) front.Add((rows.Whole(0), (int)rows.Whole(1), rows.Whole(2)));
            }
            var (chosen, dead) = Choose(front, most);
            foreach (var number in dead) Bury(db, number, NeverSettled, now);
            var taken = new List<Delivery>(chosen.Count);
            foreach (var number in chosen)
            {
                db.Query("UPDATE queue_messages SET visible_at = ?2, deliveries = deliveries + 1, lease = deliveries + 1 WHERE id = ?1")
                    .Add(number).Add((now + hidden).UtcTicks).Run();
                using var row = db.Query($"SELECT {Columns} FROM queue_messages m WHERE m.id = ?1").Add(number);
                row.Next();
                var deliveries = (int)row.Whole(4);
                taken.Add(new(queue, number, row.Text(1), row.Bytes(2), Time(row.Whole(3)), deliveries, IsLast(deliveries), now + hidden));
            }
            Count(db, queue.ToString(), new(0, taken.Count, 0, 0, dead.Count));
            return (taken, taken.Count == 0 && dead.Count > 0);
        }, stop);

    protected override Task<int> PutAllAsync(IReadOnlyList<(QueueName Queue, QueueMessage Message)> puts, CancellationToken stop) =>
        store.WriteAsync(db =>
        {
            var counts = new SortedDictionary<string, QueueCounts>(StringComparer.Ordinal);
            var added = Put(db, puts, Clock.GetUtcNow(), counts);
            Count(db, counts);
            return added;
        }, stop);

    static int Put(
        Connection db, IReadOnlyList<(QueueName Queue, QueueMessage Message)> puts, DateTimeOffset now, SortedDictionary<string, QueueCounts> counts)
    {
        var added = 0;
        foreach (var (queue, message) in puts)
        {
            var isNew = db.Query("INSERT OR IGNORE INTO queue_keys (queue, key, at) VALUES (?1, ?2, ?3)")
                .Add(queue.ToString()).Add(message.Key).Add(now.UtcTicks).Run() == 1;
            if (!isNew) continue;
            db.Query("INSERT INTO queue_messages (queue, key, body, put_at, visible_at, deliveries, lease) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0)")
                .Add(queue.ToString()).Add(message.Key).Add(message.Body.Span).Add(now.UtcTicks).Add(now.UtcTicks).Run();
            Add(counts, queue, new(1, 0, 0, 0, 0));
            added++;
        }
        return added;
    }

    protected override Task<IReadOnlyList<bool>> SettleAllAsync(IReadOnlyList<Settlement> settlements, CancellationToken stop) =>
        store.WriteAsync<IReadOnlyList<bool>>(db =>
        {
            var (now, puts) = (Clock.GetUtcNow(), new SortedDictionary<string, QueueCounts>(StringComparer.Ordinal));
            bool[] settled = [.. settlements.Select(s => Settle(db, s, now, puts))];
            Count(db, CountsOf(settlements.Where((_, i) => settled[i])));
            Count(db, puts);
            return settled;
        }, stop);

    static void Count(Connection db, SortedDictionary<string, QueueCounts> counts)
    {
        foreach (var (queue, more) in counts) Count(db, queue, more);
    }

    static void Count(Connection db, string queue, QueueCounts more)
    {
        if (more == default) return;
        db.Query("""
            INSERT INTO queue_counts (queue, part, put, taken, done, back, dead) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (queue, part) DO UPDATE SET put = put + excluded.put, taken = taken + excluded.taken, done = done + excluded.done,
              back = back + excluded.back, dead = dead + excluded.dead
            """).Add(queue).Add(more.Put).Add(more.Taken).Add(more.Done).Add(more.Back).Add(more.Dead).Run();
    }

    public override Task<IReadOnlyList<(QueueName Queue, QueueCounts Counts)>> CountsAsync(CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<(QueueName, QueueCounts)>>(db => db.All(
            "SELECT queue, sum(put), sum(taken), sum(done), sum(back), sum(dead) FROM queue_counts GROUP BY queue ORDER BY queue", row =>
            (QueueName.Of(row.GetString(0)), new QueueCounts(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)))), stop);

    public override Task SignAsync(StreamSign sign, CancellationToken stop) => store.WriteAsync(db =>
    {
        db.Query("""
            INSERT INTO queue_streams (stream, seen, record) VALUES (?1, ?2, ?3)
            ON CONFLICT (stream) DO UPDATE SET seen = excluded.seen, record = excluded.record
            """).Add(sign.Id).Add(sign.Seen.UtcTicks).Add(JsonSerializer.Serialize(sign, RecordsJson.Default.StreamSign)).Run();
        db.Query("DELETE FROM queue_streams WHERE seen < ?1").Add((sign.Seen - KeepSigns).UtcTicks).Run();
    }, stop);

    public override Task<IReadOnlyList<StreamSign>> SignsAsync(CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<StreamSign>>(db => db.All("SELECT record FROM queue_streams ORDER BY seen DESC, stream LIMIT 1000",
            row => JsonSerializer.Deserialize(row.GetString(0), RecordsJson.Default.StreamSign)!), stop);

    static bool Settle(Connection db, Settlement settlement, DateTimeOffset now, SortedDictionary<string, QueueCounts> puts)
    {
        const string held = "id = ?1 AND lease = ?2 AND visible_at > ?3";
        var of = settlement.Delivery;
        switch (settlement)
        {
            case Settlement.Done done:
                if (db.Query($"DELETE FROM queue_messages WHERE {held}").Add(of.Number).Add(of.Deliveries).Add(now.UtcTicks).Run() == 0) return false;
                Put(db, done.Puts, now, puts);
                return true;
            case Settlement.Back back:
                return db.Query($"UPDATE queue_messages SET lease = 0, visible_at = ?4 WHERE {held}")
                    .Add(of.Number).Add(of.Deliveries).Add(now.UtcTicks).Add((now + back.After).UtcTicks).Run() == 1;
            case Settlement.Dead dead:
                using (var mine = db.Query($"SELECT 1 FROM queue_messages WHERE {held}").Add(of.Number).Add(of.Deliveries).Add(now.UtcTicks))
                    if (!mine.Next()) return false;
                Bury(db, of.Number, dead.Reason, now);
                return true;
            default:
                throw new System.Diagnostics.UnreachableException($"Say what {settlement.GetType().Name} does.");
        }
    }

    protected override Task<IReadOnlyList<bool>> ExtendAllAsync(IReadOnlyList<Delivery> deliveries, TimeSpan hidden, CancellationToken stop) =>
        store.WriteAsync<IReadOnlyList<bool>>(db =>
        {
            var now = Clock.GetUtcNow();
            return [.. deliveries.Select(d => db.Query("UPDATE queue_messages SET visible_at = ?4 WHERE id = ?1 AND lease = ?2 AND visible_at > ?3")
                .Add(d.Number).Add(d.Deliveries).Add(now.UtcTicks).Add((now + hidden).UtcTicks).Run() == 1)];
        }, stop);

    static void Bury(Connection db, long number, Message reason, DateTimeOffset now)
    {
        db.Query("""
            INSERT INTO queue_dead (queue, key, body, put_at, died_at, deliveries, reason)
            SELECT queue, key, body, put_at, ?2, deliveries, ?3 FROM queue_messages WHERE id = ?1
            """).Add(number).Add(now.UtcTicks).Add(JsonSerializer.Serialize(reason, RecordsJson.Default.Message)).Run();
        db.Query("DELETE FROM queue_messages WHERE id = ?1").Add(number).Run();
    }

    protected override Task<int> ForgetAsync(DateTimeOffset before, CancellationToken stop) => store.WriteAsync(db => Math.Max(
        db.Query("DELETE FROM queue_keys WHERE (queue, key) IN (SELECT queue, key FROM queue_keys WHERE at < ?1 LIMIT ?2)")
            .Add(before.UtcTicks).Add(MostForgotten).Run(),
        db.Query("DELETE FROM queue_claims WHERE (queue, key) IN (SELECT queue, key FROM queue_claims WHERE until < ?1 LIMIT ?2)")
            .Add(before.UtcTicks).Add(MostForgotten).Run()), stop);

    protected override Task<IReadOnlyList<ClaimEnd>> ClaimAllAsync(
        QueueName queue, IReadOnlyList<string> keys, string owner, DateTimeOffset until, CancellationToken stop) =>
        store.WriteAsync<IReadOnlyList<ClaimEnd>>(db =>
        {
            var now = Clock.GetUtcNow();
            return [.. keys.Select(key => Claim(db, key))];

            ClaimEnd Claim(Connection db, string key)
            {
                var mine = db.Query("""
                    INSERT INTO queue_claims (queue, key, owner, until, done) VALUES (?1, ?2, ?3, ?4, 0)
                    ON CONFLICT (queue, key) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE done = 0 AND (until <= ?5 OR owner = ?3)
                    """).Add(queue.ToString()).Add(key).Add(owner).Add(until.UtcTicks).Add(now.UtcTicks).Run() == 1;
                if (mine) return ClaimEnd.Claimed;
                using var row = db.Query("SELECT done FROM queue_claims WHERE queue = ?1 AND key = ?2").Add(queue.ToString()).Add(key);
                return row.Next() && row.Truth(0) ? ClaimEnd.Done : ClaimEnd.Held;
            }
        }, stop);

    public override Task FinishAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop) => store.WriteAsync(db =>
    {
        var now = Clock.GetUtcNow();
        foreach (var key in keys)
            db.Query("UPDATE queue_claims SET done = 1, until = ?4 WHERE queue = ?1 AND key = ?2 AND owner = ?3 AND done = 0")
                .Add(queue.ToString()).Add(key).Add(owner).Add(now.UtcTicks).Run();
    }, stop);

    public override Task ReleaseAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop) => store.WriteAsync(db =>
    {
        foreach (var key in keys)
            db.Query("DELETE FROM queue_claims WHERE queue = ?1 AND key = ?2 AND owner = ?3 AND done = 0").Add(queue.ToString()).Add(key).Add(owner).Run();
    }, stop);

    public override Task<IReadOnlyList<QueueFigures>> FiguresAsync(IReadOnlyList<QueueName> queues, CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<QueueFigures>>(db =>
        {
            var now = Clock.GetUtcNow();
            var names = queues.Count > 0 ? queues
                : db.All("SELECT queue FROM queue_messages UNION SELECT queue FROM queue_dead ORDER BY 1", row => QueueName.Of(row.GetString(0)));
            return [.. names.Select(name => Figures(db, name, now))];
        }, stop);

    static QueueFigures Figures(Connection db, QueueName queue, DateTimeOffset now)
    {
        using var row = db.Query("""
            SELECT count(*) FILTER (WHERE visible_at <= ?2), count(*) FILTER (WHERE visible_at > ?2), (SELECT count(*) FROM queue_dead d WHERE d.queue = ?1),
              (SELECT put_at FROM queue_messages o WHERE o.queue = ?1 ORDER BY id LIMIT 1)
            FROM queue_messages WHERE queue = ?1
            """).Add(queue.ToString()).Add(now.UtcTicks);
        row.Next();
        return new(queue, row.Whole(0), row.Whole(1), row.Whole(2), row.WholeOrNull(3) is { } ticks ? Time(ticks) : null);
    }

    public override Task<IReadOnlyList<WaitingMessage>> PeekAsync(QueueName queue, int most, CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<WaitingMessage>>(db =>
        {
            var now = Clock.GetUtcNow();
            var found = new List<WaitingMessage>();
            using var rows = db.Query($"SELECT {Columns}, m.visible_at FROM queue_messages m WHERE m.queue = ?1 ORDER BY m.id LIMIT ?2");
            rows.Add(queue.ToString()).Add(most);
            while (rows.Next())
            {
                var visible = Time(rows.Whole(5));
                found.Add(new(rows.Text(1), rows.Bytes(2), Time(rows.Whole(3)), (int)rows.Whole(4), visible > now ? visible : null));
            }
            return found;
        }, stop);

    public override Task<IReadOnlyList<DeadLetter>> DeadAsync(QueueName queue, int most, CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<DeadLetter>>(db =>
        {
            var found = new List<DeadLetter>();
            using var rows = db.Query("SELECT key, body, put_at, died_at, deliveries, reason FROM queue_dead WHERE queue = ?1 ORDER BY id LIMIT ?2");
            rows.Add(queue.ToString()).Add(most);
            while (rows.Next())
                found.Add(new(rows.Text(0), rows.Bytes(1), Time(rows.Whole(2)), Time(rows.Whole(3)), (int)rows.Whole(4),
                    JsonSerializer.Deserialize(rows.Text(5), RecordsJson.Default.Message)!));
            return found;
        }, stop);

    /// <summary>Those asked for: all where the second value is null.</summary>
    const string Which = "queue = ?1 AND (?2 IS NULL OR key IN (SELECT value FROM json_each(?2)))";

    public override Task<int> ReviveAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop) => store.WriteAsync(db =>
    {
        db.Query($"""
            INSERT INTO queue_messages (queue, key, body, put_at, visible_at, deliveries, lease)
            SELECT queue, key, body, put_at, ?3, 0, 0 FROM queue_dead WHERE {Which} ORDER BY id
            """).Add(queue.ToString()).Add(Listed(keys)).Add(Clock.GetUtcNow().UtcTicks).Run();
        return db.Query($"DELETE FROM queue_dead WHERE {Which}").Add(queue.ToString()).Add(Listed(keys)).Run();
    }, stop);

    public override Task<int> DropAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop) =>
        store.WriteAsync(db => db.Query($"DELETE FROM queue_dead WHERE {Which}").Add(queue.ToString()).Add(Listed(keys)).Run(), stop);

    static string? Listed(IReadOnlyCollection<string>? keys) => keys is null ? null : JsonSerializer.Serialize(keys);

    static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}
