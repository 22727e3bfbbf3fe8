using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>What every metadata store does. An implementation inherits this and says how it is opened.</summary>
public abstract partial class MetadataStoreContract : IAsyncLifetime
{
    static readonly CancellationToken Go = CancellationToken.None;

    /// <summary>Opens the store of this test; opened again, it is the same store seen by another process.</summary>
    protected abstract Task<IMetadataStore> OpenAsync(TimeProvider clock);

    /// <summary>Removes the store of this test.</summary>
    protected abstract Task RemoveAsync();

    private protected HandClock Clock { get; } = new();

    protected IMetadataStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync(Clock);

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
    }

    [Fact]
    public async Task The_revision_rises_with_every_write_that_changes_something_and_no_other()
    {
        var before = await Store.RevisionAsync(Go);

        await Sample.MakeAsync(Store, "beans", "a");
        var made = await Store.RevisionAsync(Go);
        await Store.MoveStagesAsync([("beans", "staging", 1)], "mika", "good", Go);
        var moved = await Store.RevisionAsync(Go);
        await Store.MoveStagesAsync([("beans", "staging", 1)], "mika", "again", Go);

        Assert.True(made > before);
        Assert.True(moved > made);
        Assert.Equal(moved, await Store.RevisionAsync(Go));
    }

    [Fact]
    public async Task Changes_of_this_process_and_of_others_are_noticed()
    {
        await using var other = await OpenAsync(Clock);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var start = await Store.RevisionAsync(Go);
        await using var changes = Store.ChangesAsync(start, limit.Token).GetAsyncEnumerator(limit.Token);

        var next = changes.MoveNextAsync().AsTask();
        await Sample.BeginAsync(Store, "beans", "mine");
        Assert.True(await next);
        var mine = changes.Current;

        next = changes.MoveNextAsync().AsTask();
        await Sample.BeginAsync(other, "beans", "theirs");
        Assert.True(await next);

        Assert.True(mine > start);
        Assert.True(changes.Current > mine);
        Assert.Equal(await Store.RevisionAsync(Go), changes.Current);
    }

    [Fact]
    public async Task Changes_that_came_before_are_yielded_at_once_and_end_only_when_cancelled()
    {
        await Sample.BeginAsync(Store, "beans", "a");
        using var limit = new CancellationTokenSource();
        await using var changes = Store.ChangesAsync(0, limit.Token).GetAsyncEnumerator(limit.Token);

        Assert.True(await changes.MoveNextAsync());
        var next = changes.MoveNextAsync().AsTask();
        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task A_cancelled_write_writes_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Store.BeginRunAsync("beans", Sample.Plan("a"), LivingProcess.Current, new CancellationToken(canceled: true)));

        Assert.Empty(await Store.RunsAsync(null, null, 10, null, Go));
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing_and_number_without_gaps()
    {
        await using var other = await OpenAsync(Clock);

        var made = await Task.WhenAll(Enumerable.Range(0, 60).Select(i =>
            Sample.MakeAsync(i % 2 == 0 ? Store : other, i % 3 == 0 ? "beans" : "rice", $"content {i}")));

        Assert.Equal(Enumerable.Range(1, 20), made.Where(v => v.Asset == "beans").Select(v => v.Name.Number).Order());
        Assert.Equal(Enumerable.Range(1, 40), made.Where(v => v.Asset == "rice").Select(v => v.Name.Number).Order());
    }
}
