using System.Globalization;
using System.Text;
using Kumiki.Queues;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>What every message queue does. An implementation inherits this and says how it is opened.</summary>
public abstract class MessageQueueContract : IAsyncLifetime
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly TimeSpan Hidden = TimeSpan.FromMinutes(1), Now = TimeSpan.Zero, Patient = TimeSpan.FromSeconds(30);

    /// <summary>Long enough for what a broker still has to send, where nothing shall come.</summary>
    protected virtual TimeSpan Soon => TimeSpan.Zero;

    private protected QueueName In { get; } = QueueName.Of($"in-{Guid.NewGuid():N}");

    private protected QueueName Out { get; } = QueueName.Of($"out-{Guid.NewGuid():N}");

    /// <summary>Opens the queues of this test; opened again, they are the same queues seen by another process.</summary>
    protected abstract Task<IMessageQueue> OpenAsync(QueueSettings settings, TimeProvider clock);

    /// <summary>Removes the queues of this test.</summary>
    protected abstract Task RemoveAsync();

    private protected HandClock Clock { get; } = new();

    protected IMessageQueue Queue { get; private set; } = null!;

    public async Task InitializeAsync() => Queue = await OpenAsync(new(), Clock);

    public async Task DisposeAsync()
    {
        await Queue.DisposeAsync();
        await RemoveAsync();
    }

    static QueueMessage Message(string key, string? body = null) => new(key, Encoding.UTF8.GetBytes(body ?? $"body of {key}"));

    Task<int> PutAsync(params string[] keys) => Queue.PutAsync(In, [.. keys.Select(k => Message(k))], Go);

    /// <summary>Takes until it has as many as there must be.</summary>
    async Task<List<Delivery>> TakeAsync(IMessageQueue queue, int count, QueueName? from = null)
    {
        var all = new List<Delivery>();
        while (all.Count < count)
        {
            var some = await queue.TakeAsync(from ?? In, count - all.Count, Hidden, Patient, Go);
            Assert.True(some.Count > 0, $"{all.Count} of {count} messages came.");
            all.AddRange(some);
        }
        return all;
    }

    async Task<Delivery> OneAsync() => Assert.Single(await TakeAsync(Queue, 1));

    async Task NothingComesAsync(QueueName? from = null) => Assert.Empty(await Queue.TakeAsync(from ?? In, 10, Hidden, Soon, Go));

    static Settlement Done(Delivery delivery) => new Settlement.Done(delivery);

    [Fact]
    public async Task Messages_are_taken_in_the_order_they_were_put_and_go_when_they_are_done()
    {
        Assert.Equal(3, await PutAsync("a", "b", "c"));

        var taken = await TakeAsync(Queue, 3);

        Assert.Equal(["a", "b", "c"], taken.Select(t => t.Key));
        Assert.Equal("body of b", Encoding.UTF8.GetString(taken[1].Body.Span));
        Assert.All(taken, t => Assert.Equal((1, false), (t.Deliveries, t.IsLast)));
        Assert.All(taken, t => Assert.Equal(Clock.Now, t.PutAt));
        Assert.Equal([true, true, true], await Queue.SettleAsync([.. taken.Select(Done)], Go));
        Clock.Now += Hidden * 2;
        await NothingComesAsync();
    }

    [Fact]
    public async Task Bytes_and_keys_of_every_kind_come_as_they_were_put()
    {
        var bytes = Enumerable.Range(0, 70_000).Select(i => (byte)i).ToArray();
        await Queue.PutAsync(In, [new("豆 🫘 '\"; DROP TABLE", bytes), new(new string('k', 200), new byte[] { 0 })], Go);

        var taken = await TakeAsync(Queue, 2);

        Assert.Equal("豆 🫘 '\"; DROP TABLE", taken[0].Key);
        Assert.Equal(bytes, taken[0].Body.ToArray());
        Assert.Equal([0], taken[1].Body.ToArray());
    }

    [Fact]
    public async Task A_key_that_is_put_twice_is_one_message_before_and_after_it_is_done()
    {
        await PutAsync("a", "a", "b");
        await PutAsync("a");

        var seen = new List<string>();
        await DoAllAsync();
        await PutAsync("a");
        await DoAllAsync();

        Assert.Equal(["a", "b"], seen.Order());

        async Task DoAllAsync()
        {
            while (await Queue.TakeAsync(In, 1, Hidden, Soon > Now ? Soon : Now, Go) is [var one])
            {
                seen.Add(one.Key);
                Assert.Equal([true], await Queue.SettleAsync([Done(one)], Go));
            }
        }
    }

    [Fact]
    public async Task One_key_in_two_queues_is_two_messages()
    {
        await Queue.PutAsync(In, [Message("a")], Go);
        await Queue.PutAsync(Out, [Message("a")], Go);

        Assert.Equal("a", (await TakeAsync(Queue, 1))[0].Key);
        Assert.Equal("a", (await TakeAsync(Queue, 1, Out))[0].Key);
    }

    [Fact]
    public async Task A_message_is_hidden_from_others_until_its_time_is_over_and_then_the_late_acknowledgement_is_refused()
    {
        await PutAsync("a");
        var first = await OneAsync();
        await NothingComesAsync();

        Clock.Now += Hidden + TimeSpan.FromSeconds(1);
        var second = await OneAsync();

        Assert.Equal(2, second.Deliveries);
        Assert.Equal([false], await Queue.SettleAsync([new Settlement.Done(first, (Out, Message("late")))], Go));
        Assert.Equal([true], await Queue.SettleAsync([new Settlement.Done(second, (Out, Message("in time")))], Go));
        Assert.Equal("in time", Assert.Single(await TakeAsync(Queue, 1, Out)).Key);
        await NothingComesAsync(Out);
    }

    [Fact]
    public async Task Whoever_asks_in_time_gets_more_of_it()
    {
        await PutAsync("a");
        var taken = await OneAsync();
        Clock.Now += Hidden / 2;
        Assert.Equal([true], await Queue.ExtendAsync([taken], Hidden, Go));
        Clock.Now += Hidden - TimeSpan.FromSeconds(1);
        await NothingComesAsync();
        Assert.Equal([true], await Queue.ExtendAsync([taken], TimeSpan.FromSeconds(10), Go));
        Clock.Now += TimeSpan.FromSeconds(11);

        Assert.Equal([false], await Queue.ExtendAsync([taken], Hidden, Go));
        Assert.Equal(2, (await OneAsync()).Deliveries);
    }

    [Fact]
    public async Task An_acknowledgement_after_the_time_is_refused_even_where_nobody_has_taken_it_again()
    {
        await PutAsync("a");
        var late = await OneAsync();

        Clock.Now += Hidden + TimeSpan.FromSeconds(1);

        Assert.Equal([false], await Queue.SettleAsync([Done(late)], Go));
        Assert.Equal("a", (await OneAsync()).Key);
    }

    [Fact]
    public async Task A_message_that_is_given_back_comes_again_when_its_pause_is_over()
    {
        await PutAsync("a");
        var first = await OneAsync();

        Assert.Equal([true], await Queue.SettleAsync([new Settlement.Back(first, TimeSpan.FromSeconds(10))], Go));
        await NothingComesAsync();
        Assert.Equal([false], await Queue.SettleAsync([Done(first)], Go));
        Clock.Now += TimeSpan.FromSeconds(11);

        Assert.Equal(2, (await OneAsync()).Deliveries);
    }

    [Fact]
    public async Task A_message_that_nobody_settles_is_a_dead_letter_after_its_last_delivery()
    {
        await using var queue = await OpenAsync(new() { MostDeliveries = 3 }, Clock);
        await PutAsync("poison");
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            var taken = Assert.Single(await TakeAsync(queue, 1));
            Assert.Equal((delivery, delivery == 3), (taken.Deliveries, taken.IsLast));
            Clock.Now += Hidden + TimeSpan.FromSeconds(1);
        }
        await PutAsync("good");

        Assert.Equal("good", Assert.Single(await TakeAsync(queue, 1)).Key);
        Assert.Empty(await queue.TakeAsync(In, 1, Hidden, Soon, Go));
        var dead = Assert.Single(await queue.DeadAsync(In, 10, Go));
        Assert.Equal(("poison", 3), (dead.Key, dead.Deliveries));
        Assert.StartsWith("It was taken 3 times", dead.Reason.In("en"));
        Assert.Equal("body of poison", Encoding.UTF8.GetString(dead.Body.Span));
    }

    [Fact]
    public async Task A_message_that_was_delivered_before_comes_alone()
    {
        await PutAsync("a", "b", "c", "d");
        var taken = await TakeAsync(Queue, 2);
        await Queue.SettleAsync([.. taken.Select(t => new Settlement.Back(t, Now))], Go);

        var sizes = new List<int>();
        for (var count = 0; count < 4; count += sizes[^1])
        {
            var some = await Queue.TakeAsync(In, 10, Hidden, Patient, Go);
            if (some.Count > 1) Assert.All(some, s => Assert.Equal(1, s.Deliveries));
            sizes.Add(some.Count);
        }

        Assert.True(sizes.Count(s => s == 1) >= 2, string.Join(' ', sizes));
    }

    [Fact]
    public async Task A_message_that_is_given_up_is_kept_with_its_reason_and_can_be_put_back_or_dropped()
    {
        await PutAsync("a", "b", "c");
        foreach (var taken in await TakeAsync(Queue, 3))
            Assert.Equal([true], await Queue.SettleAsync([new Settlement.Dead(taken, Kumiki.Message.Of("queue.deliveries", ("found", taken.Key)))], Go));
        await NothingComesAsync();
        Clock.Now += TimeSpan.FromHours(1);

        var dead = await Queue.DeadAsync(In, 10, Go);
        Assert.Equal(["a", "b", "c"], dead.Select(d => d.Key));
        Assert.All(dead, d => Assert.Contains($"not {d.Key};", d.Reason.In("en"), StringComparison.Ordinal));
        Assert.All(dead, d => Assert.Equal(Clock.Now - TimeSpan.FromHours(1), d.DiedAt));
        Assert.Equal(2, (await Queue.DeadAsync(In, 2, Go)).Count);

        Assert.Equal(1, await Queue.ReviveAsync(In, ["b", "unknown"], Go));
        Assert.Equal(1, await Queue.DropAsync(In, ["a"], Go));

        Assert.Equal(["c"], (await Queue.DeadAsync(In, 10, Go)).Select(d => d.Key));
        var again = await OneAsync();
        Assert.Equal(("b", 1), (again.Key, again.Deliveries));
        Assert.Equal([true], await Queue.SettleAsync([Done(again)], Go));
        Assert.Equal(1, await Queue.DropAsync(In, null, Go));
        Assert.Empty(await Queue.DeadAsync(In, 10, Go));
    }

    [Fact]
    public async Task What_came_of_a_message_is_put_once_with_its_acknowledgement()
    {
        await PutAsync("a", "b");
        var taken = await TakeAsync(Queue, 2);

        Assert.Equal([true, true], await Queue.SettleAsync([.. taken.Select(t => new Settlement.Done(t, (Out, Message(t.Key, "answer"))))], Go));
        Assert.Equal([false, false], await Queue.SettleAsync([.. taken.Select(t => new Settlement.Done(t, (Out, Message("again " + t.Key))))], Go));

        var answers = await TakeAsync(Queue, 2, Out);
        Assert.Equal(["a", "b"], answers.Select(a => a.Key).Order());
        await NothingComesAsync(Out);
    }

    [Fact]
    public async Task Whoever_waits_is_answered_when_another_process_puts()
    {
        await using var other = await OpenAsync(new(), Clock);
        await NothingComesAsync();

        var waiting = Queue.TakeAsync(In, 10, Hidden, Patient, Go);
        await other.PutAsync(In, [Message("a")], Go);

        Assert.Equal("a", Assert.Single(await waiting).Key);
    }

    [Fact]
    public async Task Whoever_waits_can_stop_waiting()
    {
        using var stop = new CancellationTokenSource();
        var waiting = Queue.TakeAsync(In, 10, Hidden, TimeSpan.FromHours(1), stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Several_consumers_share_a_queue_and_each_message_is_done_by_one()
    {
        await using var other = await OpenAsync(new(), Clock);
        var keys = Enumerable.Range(0, 600).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        await PutAsync(keys);

        var done = await Task.WhenAll(new[] { Queue, other, Queue }.Select(ConsumeAsync));

        Assert.Equal(keys.Order(), done.SelectMany(d => d).Order());

        async Task<List<string>> ConsumeAsync(IMessageQueue queue)
        {
            var mine = new List<string>();
            while (await queue.TakeAsync(In, 16, Hidden, Soon, Go) is { Count: > 0 } some)
            {
                Assert.All(await queue.SettleAsync([.. some.Select(Done)], Go), Assert.True);
                mine.AddRange(some.Select(s => s.Key));
            }
            return mine;
        }
    }

    [Fact]
    public async Task A_queue_says_how_full_it_is_and_shows_its_front()
    {
        await PutAsync("a", "b", "c");
        Clock.Now += TimeSpan.FromMinutes(5);
        var taken = await OneAsync();

        var figures = Assert.Single(await Queue.FiguresAsync([In], Go));
        Assert.Equal((In, 0L), (figures.Queue, figures.Dead));
        Assert.True(figures.Held is null or 1);
        await Queue.SettleAsync([new Settlement.Dead(taken, Kumiki.Message.Of("queue.deliveries", ("found", 1)))], Go);
        Assert.Equal(1, Assert.Single(await Queue.FiguresAsync([In], Go)).Dead);
        Assert.True(figures.Oldest is null || figures.Oldest == Clock.Now - TimeSpan.FromMinutes(5));
        var front = await Queue.PeekAsync(In, 1, Go);
        Assert.Equal(["b"], front.Select(m => m.Key));
        Assert.Equal(["b", "c"], (await TakeAsync(Queue, 2)).Select(m => m.Key).Order());
    }

    [Fact]
    public async Task Wrong_keys_and_bodies_are_refused_and_nothing_of_them_is_put()
    {
        foreach (var key in new[] { "", "a\nb", new string('豆', 70), "\ud800" })
            Assert.Contains("is no key", await RefusedAsync(Message("ok"), Message(key)), StringComparison.Ordinal);
        foreach (var bytes in new[] { 0, QueueMessage.MostBytes + 1 })
            Assert.Contains($"has {bytes} bytes", await RefusedAsync(Message("ok"), new("big", new byte[bytes])), StringComparison.Ordinal);
        await NothingComesAsync();

        async Task<string> RefusedAsync(params QueueMessage[] messages) =>
            (await Assert.ThrowsAsync<KumikiException>(() => Queue.PutAsync(In, messages, Go))).Says.In("en");
    }
}
