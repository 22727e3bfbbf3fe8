using Kumiki.Store.Sqlite;
using Kumiki.Tracking;

namespace Kumiki.Store.Tests.Tracking;

public sealed class SqliteTrackingStoreContract : TrackingStoreContract
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-store-").FullName;

    protected override Task<(IMetadataStore, ITrackingStore)> OpenAsync(TimeProvider clock)
    {
        var store = SqliteMetadataStore.Open(Path.Combine(folder, "store.db"), new(), clock);
        return Task.FromResult<(IMetadataStore, ITrackingStore)>((store, store.Tracking));
    }

    protected override Task RemoveAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    protected override Task SqlAsync(string sql)
    {
        using var db = Connection.ToWrite(Path.Combine(folder, "store.db"), TimeSpan.FromSeconds(30));
        db.Run(sql);
        return Task.CompletedTask;
    }
}
