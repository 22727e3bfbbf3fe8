using Kumiki.Serving;
using Microsoft.Extensions.Hosting;

namespace Kumiki.Hosting;

/// <summary>Lets what models were asked be answered before the server stops listening; what comes meanwhile is told to ask elsewhere.</summary>
sealed class InferenceDrain(ModelShelf shelf) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await shelf.DrainAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the time to stop in is over: the rest is cut off
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
