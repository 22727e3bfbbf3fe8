using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Kumiki.Serving;

/// <summary>What was counted of one endpoint since the server began, whichever release answered.</summary>
sealed class EndpointFigures
{
    const int MostAnswers = 64;

    readonly long[] faults = new long[Enum.GetValues<InferenceFault>().Length];
    readonly ConcurrentDictionary<string, StrongBox<long>> fallbacks = new(StringComparer.Ordinal), answers = new(StringComparer.Ordinal);
    long answered, rows, remembered;

    public Histogram Total { get; } = new(ModelFigures.Seconds);

    /// <summary>Rows that were looked up among those computed before, which are none of the counts above.</summary>
    public PrecomputedFigures Precomputed { get; } = new();

    public long Answered => Interlocked.Read(ref answered);
    public long Rows => Interlocked.Read(ref rows);

    /// <summary>Rows that a session had been answered before.</summary>
    public long Remembered => Interlocked.Read(ref remembered);

    /// <summary>Rows by what answered in the model's place.</summary>
    public IReadOnlyDictionary<string, long> Fallbacks => CountsOf(fallbacks);

    /// <summary>Rows by their answer, of the first sixty-four that came.</summary>
    public IReadOnlyDictionary<string, long> Answers => CountsOf(answers);

    public long Of(InferenceFault fault) => Interlocked.Read(ref faults[(int)fault]);

    public void Answer(EndpointAnswer answer)
    {
        Interlocked.Increment(ref answered);
        Interlocked.Add(ref rows, answer.Rows.Length);
        Total.Add(answer.Took.TotalSeconds);
        foreach (ref readonly var row in answer.Rows.AsSpan())
        {
            if (row.Remembered) Interlocked.Increment(ref remembered);
            if (row.Fallback is { } fallback) Count(fallbacks, fallback, int.MaxValue);
            if (row.Decided.Answer is { } text) Count(answers, text, MostAnswers);
        }
    }

    /// <summary>Counts one more of a name. Names that are known, as most are, are counted without a lock; how many there are is asked only for a new one, for
    /// that takes every lock there is.</summary>
    static void Count(ConcurrentDictionary<string, StrongBox<long>> counts, string name, int most)
    {
        if (!counts.TryGetValue(name, out var count))
        {
            if (counts.Count >= most) return;
            count = counts.GetOrAdd(name, static _ => new());
        }
        Interlocked.Increment(ref count.Value);
    }

    static Dictionary<string, long> CountsOf(ConcurrentDictionary<string, StrongBox<long>> counts) =>
        counts.ToDictionary(c => c.Key, c => Interlocked.Read(ref c.Value.Value), StringComparer.Ordinal);

    public void Fail(InferenceFault fault) => Interlocked.Increment(ref faults[(int)fault]);
}
