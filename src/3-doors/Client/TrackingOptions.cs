namespace Kumiki.Client;

/// <summary>How a <see cref="TrackingClient"/> talks to its server.</summary>
public sealed record TrackingOptions
{
    /// <summary>How long a call is tried again while the server does not answer, or answers that it cannot now.</summary>
    /// <value>5 minutes: a server that is started anew is waited for.</value>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same as long as the server has never answered: then the address may be wrong.</summary>
    /// <value>15 seconds.</value>
    public TimeSpan ConnectFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long what is logged waits for more to be sent with it.</summary>
    /// <value>200 ms.</value>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How many values of a run may wait to be sent. Who logs one more waits until there is room, so that memory stays bounded.</summary>
    /// <value>50,000, about 5 MB.</value>
    public int MostWaiting { get; init; } = 50_000;

    /// <summary>Files of this many bytes and more are sent in parts, where the server takes parts.</summary>
    /// <value>64 MiB.</value>
    public long PartsFrom { get; init; } = 64L << 20;

    /// <summary>Bytes of a part; more where the server would get too many.</summary>
    /// <value>16 MiB.</value>
    public long PartBytes { get; init; } = 16L << 20;

    /// <summary>How many parts are sent at once.</summary>
    /// <value>4.</value>
    public int PartsAtOnce { get; init; } = 4;

    /// <summary>How long the end of the process waits for what runs that were not ended still have to send.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan ExitWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sent as <c>Authorization: Bearer</c>.</summary>
    /// <value><c>MLFLOW_TRACKING_TOKEN</c>.</value>
    public string? Token { get; init; } = Environment.GetEnvironmentVariable("MLFLOW_TRACKING_TOKEN");

    /// <summary>Sent with <see cref="Password"/> as <c>Authorization: Basic</c>, where there is no token.</summary>
    /// <value><c>MLFLOW_TRACKING_USERNAME</c>.</value>
    public string? UserName { get; init; } = Environment.GetEnvironmentVariable("MLFLOW_TRACKING_USERNAME");

    /// <value><c>MLFLOW_TRACKING_PASSWORD</c>.</value>
    public string? Password { get; init; } = Environment.GetEnvironmentVariable("MLFLOW_TRACKING_PASSWORD");

    /// <value>The system's clock.</value>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
