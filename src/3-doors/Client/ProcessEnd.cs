using System.Collections.Concurrent;

namespace Kumiki.Client;

/// <summary>Runs that were not ended are flushed when the process ends.</summary>
static class ProcessEnd
{
    static readonly ConcurrentDictionary<ActiveRun, TimeSpan> Open = [];

    static ProcessEnd() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Flush();

    internal static void Add(ActiveRun run, TimeSpan within) => Open[run] = within;

    internal static void Remove(ActiveRun run) => Open.TryRemove(run, out _);

    internal static IReadOnlyList<ActiveRun> Of(TrackingHttp client) => [.. Open.Keys.Where(run => run.IsOf(client))];

    static void Flush()
    {
        if (Open.IsEmpty) return;
        using var limit = new CancellationTokenSource(Open.Values.Max());
        try
        {
            Task.WhenAll(Open.Keys.Select(run => Task.Run(() => run.FlushAsync(limit.Token)))).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is NotLoggedException or OperationCanceledException)
        {
            // Nobody is left to throw to.
            Console.Error.WriteLine(e is NotLoggedException ? e.Message : Message.Of("client.exit", ("seconds", Open.Values.Max().TotalSeconds)).ToString());
        }
    }
}
