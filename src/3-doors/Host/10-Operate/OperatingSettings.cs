namespace Kumiki.Hosting;

/// <summary>What a server tells of itself while it runs, and how many may talk to it.</summary>
public sealed record OperatingSettings
{
    /// <summary>Where spans are sent, as OTLP: a collector's address, <c>http://127.0.0.1:4318</c>.</summary>
    /// <value>Null: nowhere, and none are made, unless OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names one.</value>
    public Uri? Otlp { get; init; }

    /// <summary>The file that has a line for each request; <c>-</c>: the standard output.</summary>
    /// <value>Null: none.</value>
    public string? AccessLog { get; init; }

    /// <summary>Bytes of the file, from which it is put aside for a new one.</summary>
    /// <value>64 MiB.</value>
    public long AccessLogBytes { get; init; } = 64 << 20;

    /// <summary>Files put aside that are kept: FILE.1, the newest, up to this number.</summary>
    /// <value>5.</value>
    public int AccessLogKept { get; init; } = 5;

    /// <summary>Connections at once; one more is closed as soon as it opens.</summary>
    /// <value>10,000.</value>
    public int MostConnections { get; init; } = 10_000;

    /// <summary>How long a client may take to send the head of a request.</summary>
    /// <value>10 s.</value>
    public TimeSpan SlowestHead { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From what a person wrote.</summary>
    /// <param name="logMiB">1 … 65,536.</param>
    /// <param name="connections">1 … 1,000,000.</param>
    /// <exception cref="KumikiException">No address of http or https, or a number out of range.</exception>
    internal static OperatingSettings Of(string? otlp, string? accessLog, int logMiB, int connections)
    {
        Uri? collector = null;
        if (otlp is not null && !(Uri.TryCreate(otlp, UriKind.Absolute, out collector) && collector.Scheme is "http" or "https"))
            throw new KumikiException(Message.Of("operate.bad-otlp", ("text", otlp)));
        if (logMiB is < 1 or > 65_536) throw new KumikiException(Message.Of("operate.bad-log-size", ("size", logMiB)));
        if (connections is < 1 or > 1_000_000) throw new KumikiException(Message.Of("operate.bad-connections", ("connections", connections)));
        return new() { Otlp = collector, AccessLog = accessLog, AccessLogBytes = (long)logMiB << 20, MostConnections = connections };
    }
}
