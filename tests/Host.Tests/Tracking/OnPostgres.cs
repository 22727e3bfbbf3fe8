using Kumiki.Ground.Tests.Tables;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>As <see cref="TrackingWorld"/>, with the metadata in a PostgreSQL of its own.</summary>
public sealed class PostgresTrackingWorld : TrackingWorld
{
    readonly PostgresServer server = new();

    protected override StoreSettings? Stores => new() { Metadata = $"postgres://postgres@127.0.0.1:{server.Port}/postgres" };

    public override async Task InitializeAsync()
    {
        await server.InitializeAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await server.DisposeAsync();
    }
}

public sealed class ExperimentsOnPostgresTests(PostgresTrackingWorld world) : ExperimentTests(world), IClassFixture<PostgresTrackingWorld>;

public sealed class RunsOnPostgresTests(PostgresTrackingWorld world) : RunTests(world), IClassFixture<PostgresTrackingWorld>;

public sealed class RegistryOnPostgresTests(PostgresTrackingWorld world) : RegistryTests(world), IClassFixture<PostgresTrackingWorld>;

public sealed class ArtifactsOnPostgresTests(PostgresTrackingWorld world) : ArtifactTests(world), IClassFixture<PostgresTrackingWorld>;

public sealed class LimitsOnPostgresTests(PostgresTrackingWorld world) : LimitTests(world), IClassFixture<PostgresTrackingWorld>;

public sealed class PartUploadsOnPostgresTests(PostgresTrackingWorld world) : PartUploadTests(world), IClassFixture<PostgresTrackingWorld>;

public sealed class ImportedModelsOnPostgresTests(PostgresTrackingWorld world) : ImportedModelTests(world), IClassFixture<PostgresTrackingWorld>;

public sealed class ImportedNamesOnPostgresTests() : ImportedNameTests(new PostgresTrackingWorld());

public sealed class SearchedPostgresWorld : SearchedWorld
{
    protected override TrackingWorld NewWorld() => new PostgresTrackingWorld();
}

public sealed class RunSearchOnPostgresTests(SearchedPostgresWorld searched) : RunSearchTests(searched), IClassFixture<SearchedPostgresWorld>;

public sealed class MadeModelsOnPostgresTests(PostgresServer server) : MadeModelTests, IClassFixture<PostgresServer>
{
    static int tests;
    readonly int test = Interlocked.Increment(ref tests);

    protected override StoreSettings? Stores => new() { Metadata = $"postgres://postgres@127.0.0.1:{server.Port}/postgres?schema=made{test}" };
}

public sealed class TrackingRoutesOnPostgresTests(SearchedPostgresWorld searched) : TrackingRoutesTests(searched), IClassFixture<SearchedPostgresWorld>;
