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
