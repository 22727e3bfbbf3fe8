namespace Kumiki.Store;

/// <summary>How a store behaves towards other processes.</summary>
public sealed record StoreSettings
{
    /// <summary>How long a write waits while another process holds the database.</summary>
    /// <value>30 s.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often to look for what others committed.</summary>
    /// <value>100 ms.</value>
    public TimeSpan Look { get; init; } = TimeSpan.FromMilliseconds(100);
}
