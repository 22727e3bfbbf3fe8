using Kumiki.Ground.Tests.Tables;
using Kumiki.Queues;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>What queues in tables do beside what all do.</summary>
public abstract class TableQueueContract : MessageQueueContract
{
    readonly List<DataFolder> opened = [];
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-queue-").FullName;

    protected abstract StoreSettings Stores { get; }

    protected override Task<IMessageQueue> OpenAsync(QueueSettings settings, TimeProvider clock)
    {
        var data = DataFolder.Open(folder, clock, Stores);
        opened.Add(data);
        return Task.FromResult(data.Queue(settings));
    }

    protected override async Task RemoveAsync()
    {
        foreach (var data in opened) await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task All_queues_that_hold_something_are_listed()
    {
        Assert.Empty(await Queue.FiguresAsync([], default));
        await Queue.PutAsync(Out, [QueueMessage.Of(new byte[] { 1 })], default);
        await Queue.PutAsync(In, [QueueMessage.Of(new byte[] { 1 }), QueueMessage.Of(new byte[] { 2 })], default);
        var taken = Assert.Single(await Queue.TakeAsync(Out, 1, TimeSpan.FromMinutes(1), default, default));
        await Queue.SettleAsync([new Settlement.Dead(taken, Message.Of("queue.never-settled", ("count", 1)))], default);

        Assert.Equal([new QueueFigures(In, 2, 0, 0, Clock.Now), new(Out, 0, 0, 1, null)], await Queue.FiguresAsync([], default));
    }

    [Fact]
    public async Task What_became_of_messages_is_counted_once_each_in_the_step_that_did_it()
    {
        var store = (IStoreQueue)Queue;
        var hidden = TimeSpan.FromMinutes(1);
        Assert.Empty(await store.CountsAsync(default));
        await Queue.PutAsync(In, [new("a", new byte[] { 1 }), new("b", new byte[] { 1 }), new("c", new byte[] { 1 }), new("a", new byte[] { 1 })], default);
        await Queue.PutAsync(In, [new("b", new byte[] { 2 })], default);        // known: not new
        var taken = await Queue.TakeAsync(In, 3, hidden, default, default);
        Settlement[] ends =
        [
            new Settlement.Done(taken[0], (Out, new QueueMessage("a", new byte[] { 9 }))), new Settlement.Back(taken[1], TimeSpan.Zero),
            new Settlement.Dead(taken[2], Message.Of("queue.never-settled", ("count", 1))),
        ];
        Assert.Equal([true, true, true], await Queue.SettleAsync(ends, default));
        Assert.Equal([false, false, false], await Queue.SettleAsync(ends, default));       // too late: counted no second time
        Assert.Single(await Queue.TakeAsync(In, 3, hidden, default, default));

        Assert.Equal([(In, new QueueCounts(3, 4, 1, 1, 1)), (Out, new QueueCounts(1, 0, 0, 0, 0))], await store.CountsAsync(default));
    }

    [Fact]
    public async Task Counts_of_several_who_work_at_once_add_up()
    {
        var store = (IStoreQueue)Queue;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(who => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                await Queue.PutAsync(who % 2 == 0 ? In : Out, [new($"{who}/{i}", new byte[] { 1 })], default);
                foreach (var one in await Queue.TakeAsync(In, 1, TimeSpan.FromMinutes(1), default, default))
                    await Queue.SettleAsync([new Settlement.Done(one, (Out, new QueueMessage($"of {one.Key}", new byte[] { 2 })))], default);
            }
        })));

        var counts = (await store.CountsAsync(default)).ToDictionary(c => c.Queue, c => c.Counts);
        var left = (await Queue.FiguresAsync([In], default))[0];
        Assert.Equal((50L, counts[In].Done, 50 - left.Ready), (counts[In].Put, counts[In].Taken, counts[In].Done));
        Assert.Equal(50 + counts[In].Done, counts[Out].Put);
    }

    [Fact]
    public async Task A_streams_sign_takes_the_place_of_its_last_one_and_is_forgotten_after_a_day()
    {
        var store = (IStoreQueue)Queue;
        StreamSign Of(string id, long answered) => new(id, "verdict", "in", "out", null, "here", 7, Clock.Now, Clock.Now, answered, 1, 2, 3,
            Message.Of("queue.never-settled", ("count", 1)), null, false);
        await store.SignAsync(Of("x", 1), default);
        Clock.Now += TimeSpan.FromMinutes(1);
        await store.SignAsync(Of("y", 5), default);
        Clock.Now += TimeSpan.FromMinutes(1);
        await store.SignAsync(Of("x", 2), default);

        var signs = await store.SignsAsync(default);
        Assert.Equal([("x", 2L), ("y", 5L)], signs.Select(s => (s.Id, s.Answered)));
        Assert.Equal(("queue.never-settled", "1", Clock.Now), (signs[0].Waits!.Id, signs[0].Waits!.Values["count"], signs[0].Seen));
        Clock.Now += TimeSpan.FromDays(1) - TimeSpan.FromSeconds(30);
        await store.SignAsync(Of("z", 0), default);
        Assert.Equal(["z", "x"], (await store.SignsAsync(default)).Select(s => s.Id));
    }

    [Fact]
    public async Task A_key_is_forgotten_when_its_time_is_over()
    {
        await Queue.PutAsync(In, [new("a", new byte[] { 1 })], default);
        Clock.Now += TimeSpan.FromDays(8);
        await using var later = await OpenAsync(new(), Clock);

        Assert.Equal(1, await later.PutAsync(In, [new("a", new byte[] { 2 })], default));
    }

    [Fact]
    public async Task A_claim_is_one_owners_until_its_time_is_over_and_done_for_all()
    {
        var claims = (IQueueClaims)Queue;
        var until = Clock.Now + TimeSpan.FromMinutes(1);
        Task<IReadOnlyList<ClaimEnd>> ClaimAsync(string owner, params string[] keys) => claims.ClaimAsync(In, keys, owner, until, default);

        Assert.Equal([ClaimEnd.Claimed, ClaimEnd.Claimed], await ClaimAsync("x", "a", "b"));
        Assert.Equal([ClaimEnd.Held, ClaimEnd.Claimed, ClaimEnd.Held], await ClaimAsync("y", "a", "c", "b"));
        Assert.Equal([ClaimEnd.Claimed], await ClaimAsync("x", "a"));
        await claims.FinishAsync(In, ["a"], "x", default);
        await claims.FinishAsync(In, ["b"], "y", default);
        await claims.ReleaseAsync(In, ["b", "a"], "x", default);
        Assert.Equal([ClaimEnd.Done, ClaimEnd.Claimed, ClaimEnd.Held], await ClaimAsync("z", "a", "b", "c"));
        Assert.Equal([ClaimEnd.Claimed], await claims.ClaimAsync(Out, ["a"], "z", until, default));

        Clock.Now = until;
        until += TimeSpan.FromMinutes(1);
        Assert.Equal([ClaimEnd.Claimed, ClaimEnd.Done], await ClaimAsync("x", "c", "a"));
    }
}

public sealed class SqliteMessageQueueContract : TableQueueContract
{
    protected override StoreSettings Stores { get; } = new();
}

public sealed class PostgresMessageQueueContract(PostgresServer server) : TableQueueContract, IClassFixture<PostgresServer>
{
    protected override StoreSettings Stores { get; } = new() { Metadata = server.NewStore() };
}
