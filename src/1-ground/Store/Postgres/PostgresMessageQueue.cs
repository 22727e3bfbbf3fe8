using System.Text.Json;
using Kumiki.Queues;

namespace Kumiki.Store.Postgres;

/// <summary>Queues in the tables <c>queue_…</c> of the metadata's schema. Whoever takes passes over the rows that another is taking just now.</summary>
sealed class PostgresMessageQueue(PostgresMetadataStore store, QueueSettings settings, TimeProvider clock) : TableQueue(store, settings, clock)
{
    protected override Task<DateTimeOffset?> FirstVisibleAsync(QueueName queue, CancellationToken stop) => store.ReadAsync<DateTimeOffset?>(async db =>
    {
        var now = Clock.GetUtcNow();
        if (await db.AnyAsync("SELECT 1 FROM queue_messages WHERE queue = $1 AND visible_at <= $2 LIMIT 1", queue.ToString(), now)) return now;
        return await db.NumberAsync("SELECT min(visible_at) FROM queue_messages WHERE queue = $1", queue.ToString()) is { } ticks ? Time(ticks) : null;
    }, stop);

    protected override Task<(IReadOnlyList<Delivery> Taken, bool More)> TakeNowAsync(QueueName queue, int most, TimeSpan hidden, CancellationToken stop) =>
        store.AppendAsync<(IReadOnlyList<Delivery>, bool)>(async db =>
        {
            var now = Clock.GetUtcNow();
            var front = await db.AllAsync(
                """
                SELECT id, deliveries, octet_length(body) FROM queue_messages WHERE queue = $1 AND visible_at <= $2 ORDER BY id LIMIT $3
                FOR UPDATE SKIP LOCKED
                """, row => (row.GetInt64(0), row.GetInt32(1), (long)row.GetInt32(2)), queue.ToString(), now, most);
            var (chosen, dead) = Choose(front, most);
            if (dead.Count > 0) await BuryAsync(db, dead, [.. dead.Select(_ => NeverSettled)], now);
            var taken = chosen.Count == 0 ? [] : await db.AllAsync(
                """
                UPDATE queue_messages SET visible_at = $2, deliveries = deliveries + 1, lease = deliveries + 1 WHERE id = ANY($1)
                RETURNING id, key, body, put_at, deliveries
                """, row => new Delivery(queue, row.GetInt64(0), row.GetString(1), row.GetFieldValue<byte[]>(2), Time(row.GetInt64(3)), row.GetInt32(4),
                    IsLast(row.GetInt32(4)), now + hidden), chosen.ToArray(), now + hidden);
            taken.Sort((a, b) => a.Number.CompareTo(b.Number));
            var counts = new SortedDictionary<string, QueueCounts>(StringComparer.Ordinal);
            Add(counts, queue, new(0, taken.Count, 0, 0, dead.Count));
            await CountAsync(db, counts);
            return (taken, taken.Count == 0 && dead.Count > 0);
        }, stop);

    protected override Task<int> PutAllAsync(IReadOnlyList<(QueueName Queue, QueueMessage Message)> puts, CancellationToken stop) =>
        store.AppendAsync(async db =>
        {
            var counts = new SortedDictionary<string, QueueCounts>(StringComparer.Ordinal);
            var added = await PutAsync(db, puts, Clock.GetUtcNow(), counts);
            await CountAsync(db, counts);
            return added;
        }, stop);

    static async Task<int> PutAsync(
        Connection db, IReadOnlyList<(QueueName Queue, QueueMessage Message)> puts, DateTimeOffset now, SortedDictionary<string, QueueCounts> counts)
    {
        if (puts.Count == 0) return 0;
        var distinct = puts.DistinctBy(p => (p.Queue, p.Message.Key)).ToList();
        string[] queues = [.. distinct.Select(p => p.Queue.ToString())], keys = [.. distinct.Select(p => p.Message.Key)];
        // Keys in one order, so that two who put the same do not wait for each other for ever.
        var added = await db.AllAsync(
            """
            INSERT INTO queue_keys (queue, key, at) SELECT q, k, $3 FROM unnest($1::text[], $2::text[]) AS p (q, k) ORDER BY 1, 2
            ON CONFLICT DO NOTHING RETURNING queue, key
            """, row => (row.GetString(0), row.GetString(1)), queues, keys, now);
        if (added.Count == 0) return 0;
        var isNew = added.ToHashSet();
        var fresh = distinct.Where(p => isNew.Contains((p.Queue.ToString(), p.Message.Key))).ToList();
        await db.RunAsync(
            """
            INSERT INTO queue_messages (queue, key, body, put_at, visible_at, deliveries, lease)
            SELECT q, k, b, $4, $4, 0, 0 FROM unnest($1::text[], $2::text[], $3::bytea[]) WITH ORDINALITY AS p (q, k, b, n) ORDER BY n
            """, fresh.Select(p => p.Queue.ToString()).ToArray(), fresh.Select(p => p.Message.Key).ToArray(),
            fresh.Select(p => p.Message.Body.ToArray()).ToArray(), now);
        foreach (var one in fresh) Add(counts, one.Queue, new(1, 0, 0, 0, 0));
        return fresh.Count;
    }

    protected override Task<IReadOnlyList<bool>> SettleAllAsync(IReadOnlyList<Settlement> settlements, CancellationToken stop) =>
        store.AppendAsync<IReadOnlyList<bool>>(async db =>
        {
            // One message is settled once, even where it stands twice in one call.
            var now = Clock.GetUtcNow();
            var first = settlements.DistinctBy(s => s.Delivery.Number).ToHashSet(ReferenceEqualityComparer.Instance);
            var mine = (await db.AllAsync(
                """
                SELECT m.id FROM queue_messages m JOIN unnest($1::bigint[], $2::integer[]) AS h (id, lease) ON h.id = m.id AND h.lease = m.lease
                WHERE m.visible_at > $3 ORDER BY m.id FOR UPDATE OF m
                """, row => row.GetInt64(0), settlements.Select(s => s.Delivery.Number).ToArray(), settlements.Select(s => s.Delivery.Deliveries).ToArray(),
                now)).ToHashSet();
            var held = settlements.Where(s => first.Contains(s) && mine.Contains(s.Delivery.Number)).ToList();

            var done = held.OfType<Settlement.Done>().ToList();
            if (done.Count > 0) await db.RunAsync("DELETE FROM queue_messages WHERE id = ANY($1)", done.Select(d => d.Delivery.Number).ToArray());
            var counts = CountsOf(held);
            await PutAsync(db, [.. done.SelectMany(d => d.Puts)], now, counts);
            var back = held.OfType<Settlement.Back>().ToList();
            if (back.Count > 0)
                await db.RunAsync(
                    "UPDATE queue_messages m SET lease = 0, visible_at = b.at FROM unnest($1::bigint[], $2::bigint[]) AS b (id, at) WHERE m.id = b.id",
                    back.Select(b => b.Delivery.Number).ToArray(), back.Select(b => (now + b.After).UtcTicks).ToArray());
            var dead = held.OfType<Settlement.Dead>().ToList();
            if (dead.Count > 0) await BuryAsync(db, [.. dead.Select(d => d.Delivery.Number)], [.. dead.Select(d => d.Reason)], now);
            await CountAsync(db, counts);
            var settled = held.ToHashSet<object>(ReferenceEqualityComparer.Instance);
            return [.. settlements.Select(settled.Contains)];
        }, stop);

    protected override Task<IReadOnlyList<bool>> ExtendAllAsync(IReadOnlyList<Delivery> deliveries, TimeSpan hidden, CancellationToken stop) =>
        store.AppendAsync<IReadOnlyList<bool>>(async db =>
        {
            var now = Clock.GetUtcNow();
            var mine = (await db.AllAsync(
                """
                UPDATE queue_messages m SET visible_at = $4 FROM unnest($1::bigint[], $2::integer[]) AS h (id, lease)
                WHERE m.id = h.id AND m.lease = h.lease AND m.visible_at > $3 RETURNING m.id
                """, row => row.GetInt64(0), deliveries.Select(d => d.Number).ToArray(), deliveries.Select(d => d.Deliveries).ToArray(), now, now + hidden))
                .ToHashSet();
            return [.. deliveries.Select(d => mine.Contains(d.Number))];
        }, stop);

    /// <summary>In how many parts counts are kept: two who write at once seldom take the same.</summary>
    const int Parts = 8;

    /// <summary>Adds to the counts, as the last step of a transaction and queue by queue in order, so that no two wait for each other for ever.</summary>
    static async Task CountAsync(Connection db, SortedDictionary<string, QueueCounts> counts)
    {
        var more = counts.Where(c => c.Value != default).ToList();
        if (more.Count == 0) return;
        await db.RunAsync(
            """
            INSERT INTO queue_counts AS c (queue, part, put, taken, done, back, dead)
            SELECT q, $2, p, t, d, b, x FROM unnest($1::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
              AS n (q, p, t, d, b, x) ORDER BY q COLLATE "C"
            ON CONFLICT (queue, part) DO UPDATE SET put = c.put + excluded.put, taken = c.taken + excluded.taken, done = c.done + excluded.done,
              back = c.back + excluded.back, dead = c.dead + excluded.dead
            """, more.Select(m => m.Key).ToArray(), Random.Shared.Next(Parts), Of(m => m.Put), Of(m => m.Taken), Of(m => m.Done), Of(m => m.Back),
            Of(m => m.Dead));

        long[] Of(Func<QueueCounts, long> count) => [.. more.Select(m => count(m.Value))];
    }

    public override Task<IReadOnlyList<(QueueName Queue, QueueCounts Counts)>> CountsAsync(CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<(QueueName, QueueCounts)>>(async db => await db.AllAsync(
            """
            SELECT queue, sum(put)::bigint, sum(taken)::bigint, sum(done)::bigint, sum(back)::bigint, sum(dead)::bigint
            FROM queue_counts GROUP BY queue ORDER BY queue
            """, row => (QueueName.Of(row.GetString(0)),
                new QueueCounts(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)))), stop);

    public override Task SignAsync(StreamSign sign, CancellationToken stop) => store.AppendAsync(async db =>
    {
        await db.RunAsync(
            """
            INSERT INTO queue_streams (stream, seen, record) VALUES ($1, $2, $3)
            ON CONFLICT (stream) DO UPDATE SET seen = excluded.seen, record = excluded.record
            """, sign.Id, sign.Seen, JsonSerializer.Serialize(sign, RecordsJson.Default.StreamSign));
        await db.RunAsync("DELETE FROM queue_streams WHERE seen < $1", sign.Seen - KeepSigns);
    }, stop);

    public override Task<IReadOnlyList<StreamSign>> SignsAsync(CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<StreamSign>>(async db => await db.AllAsync("SELECT record FROM queue_streams ORDER BY seen DESC, stream LIMIT 1000",
            row => JsonSerializer.Deserialize(row.GetString(0), RecordsJson.Default.StreamSign)!), stop);

    static Task BuryAsync(Connection db, IReadOnlyList<long> numbers, IReadOnlyList<Message> reasons, DateTimeOffset now) => db.RunAsync(
        """
        WITH gone AS (DELETE FROM queue_messages m USING unnest($1::bigint[], $2::text[]) AS d (id, reason) WHERE m.id = d.id
          RETURNING m.id, m.queue, m.key, m.body, m.put_at, m.deliveries, d.reason)
        INSERT INTO queue_dead (queue, key, body, put_at, died_at, deliveries, reason)
        SELECT queue, key, body, put_at, $3, deliveries, reason FROM gone ORDER BY id
        """, numbers.ToArray(), reasons.Select(r => JsonSerializer.Serialize(r, RecordsJson.Default.Message)).ToArray(), now);

    protected override Task<int> ForgetAsync(DateTimeOffset before, CancellationToken stop) => store.AppendAsync(async db => Math.Max(
        await db.RunAsync("DELETE FROM queue_keys WHERE (queue, key) IN (SELECT queue, key FROM queue_keys WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            before, MostForgotten),
        await db.RunAsync(
            "DELETE FROM queue_claims WHERE (queue, key) IN (SELECT queue, key FROM queue_claims WHERE until < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            before, MostForgotten)), stop);

    protected override Task<IReadOnlyList<ClaimEnd>> ClaimAllAsync(
        QueueName queue, IReadOnlyList<string> keys, string owner, DateTimeOffset until, CancellationToken stop) =>
        store.AppendAsync<IReadOnlyList<ClaimEnd>>(async db =>
        {
            var asked = keys.Distinct().ToArray();
            var mine = (await db.AllAsync(
                """
                INSERT INTO queue_claims AS c (queue, key, owner, until, done) SELECT $1, k, $3, $4, 0 FROM unnest($2::text[]) AS k ORDER BY 2
                ON CONFLICT (queue, key) DO UPDATE SET owner = excluded.owner, until = excluded.until
                  WHERE c.done = 0 AND (c.until <= $5 OR c.owner = excluded.owner)
                RETURNING key
                """, row => row.GetString(0), queue.ToString(), asked, owner, until, Clock.GetUtcNow())).ToHashSet();
            var done = mine.Count == asked.Length ? [] : (await db.AllAsync("SELECT key FROM queue_claims WHERE queue = $1 AND key = ANY($2) AND done = 1",
                row => row.GetString(0), queue.ToString(), asked)).ToHashSet();
            return [.. keys.Select(k => mine.Contains(k) ? ClaimEnd.Claimed : done.Contains(k) ? ClaimEnd.Done : ClaimEnd.Held)];
        }, stop);

    public override Task FinishAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop) => store.AppendAsync(db =>
        db.RunAsync("UPDATE queue_claims SET done = 1, until = $4 WHERE queue = $1 AND key = ANY($2) AND owner = $3 AND done = 0",
            queue.ToString(), keys.ToArray(), owner, Clock.GetUtcNow()), stop);

    public override Task ReleaseAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop) => store.AppendAsync(db =>
        db.RunAsync("DELETE FROM queue_claims WHERE queue = $1 AND key = ANY($2) AND owner = $3 AND done = 0", queue.ToString(), keys.ToArray(), owner), stop);

    public override Task<IReadOnlyList<QueueFigures>> FiguresAsync(IReadOnlyList<QueueName> queues, CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<QueueFigures>>(async db => await db.AllAsync(
            """
            SELECT n.queue, coalesce(m.ready, 0), coalesce(m.held, 0), (SELECT count(*) FROM queue_dead d WHERE d.queue = n.queue),
              (SELECT put_at FROM queue_messages o WHERE o.queue = n.queue ORDER BY id LIMIT 1)
            FROM (SELECT queue, min(place) AS place FROM
              (SELECT q AS queue, place FROM unnest($1::text[]) WITH ORDINALITY AS a (q, place)
               UNION ALL SELECT queue, 0 FROM queue_messages WHERE cardinality($1::text[]) = 0
               UNION ALL SELECT queue, 0 FROM queue_dead WHERE cardinality($1::text[]) = 0) every GROUP BY queue) n
            LEFT JOIN (SELECT queue, count(*) FILTER (WHERE visible_at <= $2) AS ready, count(*) FILTER (WHERE visible_at > $2) AS held
              FROM queue_messages GROUP BY queue) m ON m.queue = n.queue
            ORDER BY n.place, n.queue
            """, row => new QueueFigures(QueueName.Of(row.GetString(0)), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3),
                row.IsDBNull(4) ? null : Time(row.GetInt64(4))), queues.Select(q => q.ToString()).ToArray(), Clock.GetUtcNow()), stop);

    public override Task<IReadOnlyList<WaitingMessage>> PeekAsync(QueueName queue, int most, CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<WaitingMessage>>(async db =>
        {
            var now = Clock.GetUtcNow();
            return await db.AllAsync("SELECT key, body, put_at, deliveries, visible_at FROM queue_messages WHERE queue = $1 ORDER BY id LIMIT $2", row =>
            {
                var visible = Time(row.GetInt64(4));
                return new WaitingMessage(row.GetString(0), row.GetFieldValue<byte[]>(1), Time(row.GetInt64(2)), row.GetInt32(3),
                    visible > now ? visible : null);
            }, queue.ToString(), most);
        }, stop);

    public override Task<IReadOnlyList<DeadLetter>> DeadAsync(QueueName queue, int most, CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<DeadLetter>>(async db => await db.AllAsync(
            "SELECT key, body, put_at, died_at, deliveries, reason FROM queue_dead WHERE queue = $1 ORDER BY id LIMIT $2",
            row => new DeadLetter(row.GetString(0), row.GetFieldValue<byte[]>(1), Time(row.GetInt64(2)), Time(row.GetInt64(3)), row.GetInt32(4),
                JsonSerializer.Deserialize(row.GetString(5), RecordsJson.Default.Message)!), queue.ToString(), most), stop);

    /// <summary>Those asked for: all where none are named.</summary>
    const string Which = "queue = $1 AND ($2 OR key = ANY($3))";

    public override Task<int> ReviveAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop) => store.AppendAsync(db => db.RunAsync(
        $"""
        WITH gone AS (DELETE FROM queue_dead WHERE {Which} RETURNING id, queue, key, body, put_at)
        INSERT INTO queue_messages (queue, key, body, put_at, visible_at, deliveries, lease)
        SELECT queue, key, body, put_at, $4, 0, 0 FROM gone ORDER BY id
        """, queue.ToString(), keys is null, keys?.ToArray() ?? [], Clock.GetUtcNow()), stop);

    public override Task<int> DropAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop) => store.AppendAsync(db =>
        db.RunAsync($"DELETE FROM queue_dead WHERE {Which}", queue.ToString(), keys is null, keys?.ToArray() ?? []), stop);

    static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}
