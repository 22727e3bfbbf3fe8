using Kumiki.Store.Sqlite;

namespace Kumiki.Store.Tests;

public sealed class SqliteMetadataStoreContract : MetadataStoreContract
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-store-").FullName;

    protected override Task<IMetadataStore> OpenAsync(TimeProvider clock) =>
        Task.FromResult<IMetadataStore>(SqliteMetadataStore.Open(Path.Combine(folder, "store.db"), new(), clock));

    protected override Task RemoveAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }
}
