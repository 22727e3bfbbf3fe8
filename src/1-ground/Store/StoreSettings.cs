namespace Kumiki.Store;

/// <summary>Where the stores are, and how they behave towards other processes.</summary>
public sealed record StoreSettings
{
    /// <summary>Where the metadata are: <c>postgres://USER@HOST:5432/DATABASE</c>.</summary>
    /// <value>Null: SQLite in the data folder.</value>
    public string? Metadata { get; init; }

    /// <summary>Where the artifacts are: <c>s3://BUCKET/PREFIX</c>, or another folder of this machine.</summary>
    /// <value>Null: in the data folder.</value>
    public string? Artifacts { get; init; }

    /// <summary>How long a write waits while another process holds the database, or while the connection to it is lost.</summary>
    /// <value>30 s.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often to look for what others committed, where they cannot tell.</summary>
    /// <value>100 ms.</value>
    public TimeSpan Look { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What <c>KUMIKI_METADATA</c> and <c>KUMIKI_ARTIFACTS</c> say.</summary>
    public static StoreSettings OfEnvironment() => new() { Metadata = Named(MetadataVariable), Artifacts = Named(ArtifactsVariable) };

    public const string MetadataVariable = "KUMIKI_METADATA", ArtifactsVariable = "KUMIKI_ARTIFACTS";

    static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? named : null;
}
