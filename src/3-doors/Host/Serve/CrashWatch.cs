using Kumiki.Store;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>Marks runs whose process died as crashed while the server runs: no page shows a dead run as running for longer than a few seconds.</summary>
static partial class CrashWatch
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Served served, ILogger logger, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, served.Clock);
        try
        {
            do
            {
                try
                {
                    if ((await served.Metadata.RunsAsync(null, RunState.Running, 1, null, stop)).Count > 0)
                        await served.Metadata.EndCrashedAsync(LivingProcess.IsAlive, stop);
                }
                catch (KumikiException e)
                {
                    NotLooked(logger, e.Says.ToString());     // the store cannot be written just now: the next look may
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops
        }
    }

    [LoggerMessage(LogLevel.Warning, "Runs of dead processes could not be marked: {Reason}")]
    static partial void NotLooked(ILogger logger, string reason);
}
