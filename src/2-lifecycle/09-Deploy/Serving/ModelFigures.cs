using System.Diagnostics;

namespace Kumiki.Serving;

/// <summary>What was counted of one version since the server began; kept when the model leaves the memory.</summary>
sealed class ModelFigures
{
    long requests, runs, rows, failed, queueNs, runNs, totalNs, loads, loadsFailed, lastUsed;

    /// <summary>Upper bounds of the histograms of times, in seconds.</summary>
    public static IReadOnlyList<double> Seconds { get; } = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Upper bounds of the histogram of batches, in rows.</summary>
    public static IReadOnlyList<double> BatchRows { get; } = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024];

    public Histogram Total { get; } = new(Seconds);
    public Histogram Queue { get; } = new(Seconds);
    public Histogram Run { get; } = new(Seconds);
    public Histogram Batches { get; } = new(BatchRows);

    readonly long[] faults = new long[Enum.GetValues<InferenceFault>().Length];

    /// <summary>Requests that were answered.</summary>
    public long Answered => Interlocked.Read(ref requests);

    /// <summary>Requests that were not, of any fault.</summary>
    public long Failed => Interlocked.Read(ref failed);

    /// <summary>Rows of the requests that were answered; a request without rows counts as one.</summary>
    public long Rows => Interlocked.Read(ref rows);
    public long Runs => Interlocked.Read(ref runs);
    public long QueueNs => Interlocked.Read(ref queueNs);
    public long RunNs => Interlocked.Read(ref runNs);
    public long TotalNs => Interlocked.Read(ref totalNs);

    /// <summary>How often it came into the memory, and how often that failed.</summary>
    public long Loads => Interlocked.Read(ref loads);
    public long LoadsFailed => Interlocked.Read(ref loadsFailed);

    /// <summary>When something was counted last, in milliseconds of the machine's own clock.</summary>
    public long LastUsed => Interlocked.Read(ref lastUsed);

    public long Of(InferenceFault fault) => Interlocked.Read(ref faults[(int)fault]);

    public void Loaded(bool succeeded)
    {
        Interlocked.Increment(ref succeeded ? ref loads : ref loadsFailed);
        Used();
    }

    void Used() => Volatile.Write(ref lastUsed, Environment.TickCount64);

    /// <param name="example">Where a trace was written of this request.</param>
    public void Answer(int rowsOfOne, TimeSpan queued, TimeSpan total, Exemplar? example = null)
    {
        Used();
        Interlocked.Increment(ref requests);
        Interlocked.Add(ref rows, Math.Max(1, rowsOfOne));
        Interlocked.Add(ref queueNs, queued.Ticks * 100);
        Interlocked.Add(ref totalNs, total.Ticks * 100);
        Queue.Add(queued.TotalSeconds);
        Total.Add(total.TotalSeconds, example);
    }

    public void Ran(int rowsOfAll, TimeSpan took)
    {
        Interlocked.Increment(ref runs);
        Interlocked.Add(ref runNs, took.Ticks * 100);
        Run.Add(took.TotalSeconds);
        Batches.Add(Math.Max(1, rowsOfAll));
    }

    public void Fail(InferenceFault fault)
    {
        Used();
        Interlocked.Increment(ref failed);
        Interlocked.Increment(ref faults[(int)fault]);
    }
}

/// <summary>A request of which a trace was written, as an example of a bucket.</summary>
/// <param name="Value">What was measured of it.</param>
sealed record Exemplar(ActivityTraceId Trace, double Value, DateTimeOffset At);

/// <summary>Counts of values up to each of some bounds, and of all.</summary>
sealed class Histogram(IReadOnlyList<double> bounds)
{
    readonly long[] counts = new long[bounds.Count + 1];
    readonly Exemplar?[] examples = new Exemplar?[bounds.Count + 1];
    double sum;

    public IReadOnlyList<double> Bounds => bounds;

    /// <summary>Values above the bound before and not above this one; the last: above all bounds.</summary>
    public long this[int bound] => Interlocked.Read(ref counts[bound]);

    public double Sum => Volatile.Read(ref sum);

    /// <summary>The last request of a bucket of which a trace was written.</summary>
    public Exemplar? ExampleOf(int bound) => Volatile.Read(ref examples[bound]);

    public void Add(double value, Exemplar? example = null)
    {
        var at = 0;
        while (at < bounds.Count && value > bounds[at]) at++;
        Interlocked.Increment(ref counts[at]);
        if (example is not null) Volatile.Write(ref examples[at], example);
        for (var before = sum; ;)
        {
            var now = Interlocked.CompareExchange(ref sum, before + value, before);
            if (now.Equals(before)) return;
            before = now;
        }
    }
}
