using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>What a server tells of itself while it runs. The app that holds it disposes it last, so that the last requests are told too.</summary>
sealed class Operations : IAsyncDisposable
{
    readonly OtlpExport? spans;

    /// <exception cref="KumikiException">The access log cannot be written.</exception>
    public Operations(OperatingSettings settings, TimeProvider clock, ILogger log)
    {
        Connections = new(settings.MostConnections);
        AccessLog = AccessLog.Begin(settings, clock, log);
        spans = OtlpExport.Begin(settings);
    }

    public Connections Connections { get; }
    public AccessLog? AccessLog { get; }

    public async ValueTask DisposeAsync()
    {
        spans?.Dispose();
        if (AccessLog is not null) await AccessLog.DisposeAsync();
    }
}
