using Kumiki.Queues;

namespace Kumiki.Streaming;

/// <summary>Writes down every few seconds what a stream has done, so that servers over the same store can show it.</summary>
/// <param name="signs">Where.</param>
/// <param name="broker">The broker's host whose queues it works on; null: the store's own.</param>
/// <param name="told">Of a sign that could not be written; the stream goes on, and the next one is tried.</param>
sealed class StreamSigns(IStoreQueue signs, string endpoint, StreamSettings settings, string? broker, TimeProvider clock, Action<Message> told)
    : IProgress<StreamFigures>, IAsyncDisposable
{
    /// <summary>Between two signs.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    readonly string id = Guid.NewGuid().ToString("N");
    readonly DateTimeOffset began = clock.GetUtcNow();
    readonly CancellationTokenSource stopping = new();
    StreamFigures figures = new(0, 0, 0, 0, null);
    Task writing = Task.CompletedTask;

    public void Report(StreamFigures value) => Volatile.Write(ref figures, value);

    /// <summary>Begins to write them; the first is there when this ends.</summary>
    public async Task BeginAsync()
    {
        await WriteAsync(ended: false);
        writing = Task.Run(WorkAsync);
    }

    async Task WorkAsync()
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token)) await WriteAsync(ended: false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // the stream ends
        }
    }

    async Task WriteAsync(bool ended)
    {
        var now = Volatile.Read(ref figures);
        try
        {
            await signs.SignAsync(new(id, endpoint, settings.From.ToString(), settings.To.ToString(), broker, Environment.MachineName, Environment.ProcessId,
                began, clock.GetUtcNow(), now.Answered, now.Dead, now.Again, now.Lost, now.Waits, now.Failure, ended), CancellationToken.None);
        }
        catch (KumikiException e)
        {
            told(e.Says);
        }
    }

    /// <summary>Says that the stream came to its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await writing;
        await WriteAsync(ended: true);
        stopping.Dispose();
    }
}
