using Kumiki.Ground.Tests.Tables;
using Kumiki.Store.Postgres;
using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

/// <summary>A schema of its own for each test, on one server.</summary>
public sealed class PostgresTrackingStoreContract(PostgresServer server) : TrackingStoreContract, IClassFixture<PostgresServer>
{
    readonly PostgresAddress address = server.Store();

    protected override Task<(IMetadataStore, ITrackingStore)> OpenAsync(TimeProvider clock)
    {
        var store = PostgresMetadataStore.Open(address, new(), clock);
        return Task.FromResult<(IMetadataStore, ITrackingStore)>((store, store.Tracking));
    }

    protected override Task RemoveAsync() => server.SqlAsync($"DROP SCHEMA {address.Schema} CASCADE");

    protected override Task SqlAsync(string sql) => server.SqlAsync($"SET search_path = {address.Schema}; {sql}");
}
