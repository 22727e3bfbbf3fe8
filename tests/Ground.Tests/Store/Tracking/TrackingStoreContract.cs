using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

/// <summary>What every tracking store does. An implementation inherits this and says how it is opened.</summary>
public abstract partial class TrackingStoreContract : IAsyncLifetime
{
    const string Astral = "🫘𝔘", Wide = "豆";

    static readonly CancellationToken Go = CancellationToken.None;

    /// <summary>Opens the store of this test; opened again, it is the same store seen by another process.</summary>
    protected abstract Task<(IMetadataStore Metadata, ITrackingStore Tracking)> OpenAsync(TimeProvider clock);

    /// <summary>Removes the store of this test.</summary>
    protected abstract Task RemoveAsync();

    /// <summary>Runs a statement that both databases read alike.</summary>
    protected abstract Task SqlAsync(string sql);

    private protected HandClock Clock { get; } = new();

    protected IMetadataStore Metadata { get; private set; } = null!;
    protected ITrackingStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => (Metadata, Store) = await OpenAsync(Clock);

    public async Task DisposeAsync()
    {
        await Metadata.DisposeAsync();
        await RemoveAsync();
    }

    long Now => Clock.Now.ToUnixTimeMilliseconds();

    async Task<string> NewRunAsync(long experiment = 0, string name = "run", long? started = 1, params IReadOnlyList<Entry> tags) =>
        (await Store.CreateRunAsync(new(experiment, name, null, started, tags), Go)).Info.Id;

    Task LogAsync(string run, params IReadOnlyList<LoggedMetric> metrics) => Store.LogAsync(run, new(metrics, [], []), Go);

    Task ParamsAsync(string run, params IReadOnlyList<Entry> entries) => Store.LogAsync(run, new([], entries, []), Go);

    Task TagsAsync(string run, params IReadOnlyList<Entry> tags) => Store.LogAsync(run, new([], [], tags), Go);

    static LoggedMetric Point(string key, double value, long timestamp = 1, long step = 0) => new(key, value, timestamp, step);

    static async Task<string> RefusedAsync(TrackingFault fault, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<TrackingException>(call);
        Assert.Equal(fault, refused.Fault);
        return refused.Says.In("en");
    }

    /// <summary>The names of the runs found, in order.</summary>
    async Task<string> FoundAsync(IReadOnlyList<long> experiments, string filter, IReadOnlyList<string> order, ViewType view = ViewType.ActiveOnly,
        Page? page = null) =>
        string.Join(' ', (await Store.SearchRunsAsync(experiments, SearchSubject.Runs.Read(filter, order), view, page ?? new(0, 1000), Go))
            .Select(r => r.Info.Name));
}
