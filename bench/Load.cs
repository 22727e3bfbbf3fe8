using System.Diagnostics;

namespace Kumiki.Bench;

/// <summary>What some clients got from a server.</summary>
/// <param name="PerSecond">Answers a second, of all clients.</param>
/// <param name="Median">Milliseconds from asking to the whole answer.</param>
/// <param name="P99">Milliseconds that one in a hundred takes longer than.</param>
/// <param name="Asked">Questions in all, those of the warm-up too.</param>
readonly record struct Loaded(double PerSecond, double Median, double P99, int Asked)
{
    /// <summary>Some clients at once, each asking again as soon as it has its answer, for a while; what the first tenth of the time brought is not counted.</summary>
    /// <param name="ask">One question, until its answer is read whole; from the client's number and its questions so far.</param>
    public static Task<Loaded> OfAsync(int clients, TimeSpan time, Func<int, int, Task> ask, CancellationToken stop) =>
        OfAsync(clients, time, (client, i) => (client, i), asked => ask(asked.client, asked.i), stop);

    /// <param name="prepare">What to send; a client's own work, which its clock does not count.</param>
    public static async Task<Loaded> OfAsync<T>(int clients, TimeSpan time, Func<int, int, T> prepare, Func<T, Task> ask, CancellationToken stop)
    {
        var start = Stopwatch.GetTimestamp();
        var warm = time / 10;
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var (took, asks) = (new List<double>(), 0);
            for (var i = 0; Stopwatch.GetElapsedTime(start) < time || took.Count == 0; i++)
            {
                stop.ThrowIfCancellationRequested();
                var question = prepare(client, i);
                var asked = Stopwatch.GetTimestamp();
                await ask(question);
                asks++;
                if (Stopwatch.GetElapsedTime(start, asked) >= warm) took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
            return (Took: took, Asks: asks);
        }, stop)));
        var seconds = (Stopwatch.GetElapsedTime(start) - warm).TotalSeconds;
        var sorted = all.SelectMany(t => t.Took).Order().ToArray();
        return new(sorted.Length / seconds, sorted.Median(t => t), sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(sorted.Length * 0.99) - 1)], all.Sum(t => t.Asks));
    }

    public void Print(Figures figures, string figure)
    {
        figures.Print($"{figure}.rate", PerSecond, "/s");
        figures.Print($"{figure}.median", Median, "ms");
        figures.Print($"{figure}.p99", P99, "ms");
    }
}
