using Kumiki.Ground.Tests.Tables;
using Kumiki.Store.Postgres;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>A schema of its own for each test, on one server.</summary>
public sealed class PostgresMetadataStoreContract(PostgresServer server) : MetadataStoreContract, IClassFixture<PostgresServer>
{
    readonly PostgresAddress address = server.Store();

    protected override Task<IMetadataStore> OpenAsync(TimeProvider clock) => Task.FromResult<IMetadataStore>(PostgresMetadataStore.Open(address, new(), clock));

    protected override Task RemoveAsync() => server.SqlAsync($"DROP SCHEMA {address.Schema} CASCADE");
}

static class PostgresStores
{
    static int stores;

    /// <summary>A schema that nothing is in yet.</summary>
    public static PostgresAddress Store(this PostgresServer server) => PostgresAddress.Parse(server.NewStore());

    public static string NewStore(this PostgresServer server) =>
        $"postgres://postgres@127.0.0.1:{server.Port}/postgres?schema=s{Interlocked.Increment(ref stores)}";
}
