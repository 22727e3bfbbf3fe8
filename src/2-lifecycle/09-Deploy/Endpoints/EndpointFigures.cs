using System.Collections.Concurrent;

namespace Kumiki.Serving;

/// <summary>What was counted of one endpoint since the server began, whichever release answered.</summary>
sealed class EndpointFigures
{
    const int MostAnswers = 64;

    readonly long[] faults = new long[Enum.GetValues<InferenceFault>().Length];
    readonly ConcurrentDictionary<string, long> fallbacks = new(StringComparer.Ordinal), answers = new(StringComparer.Ordinal);
    long answered, rows, remembered;

    public Histogram Total { get; } = new(ModelFigures.Seconds);

    /// <summary>Rows that were looked up among those computed before, which are none of the counts above.</summary>
    public PrecomputedFigures Precomputed { get; } = new();

    public long Answered => Interlocked.Read(ref answered);
    public long Rows => Interlocked.Read(ref rows);

    /// <summary>Rows that a session had been answered before.</summary>
    public long Remembered => Interlocked.Read(ref remembered);

    /// <summary>Rows by what answered in the model's place.</summary>
    public IReadOnlyDictionary<string, long> Fallbacks => fallbacks;

    /// <summary>Rows by their answer, of the first sixty-four that came.</summary>
    public IReadOnlyDictionary<string, long> Answers => answers;

    public long Of(InferenceFault fault) => Interlocked.Read(ref faults[(int)fault]);

    public void Answer(EndpointAnswer answer)
    {
        Interlocked.Increment(ref answered);
        Interlocked.Add(ref rows, answer.Rows.Length);
        Total.Add(answer.Took.TotalSeconds);
        foreach (var row in answer.Rows)
        {
            if (row.Remembered) Interlocked.Increment(ref remembered);
            if (row.Fallback is { } fallback) fallbacks.AddOrUpdate(fallback, 1, static (_, count) => count + 1);
            if (row.Decided.Answer is { } text && (answers.Count < MostAnswers || answers.ContainsKey(text))) answers.AddOrUpdate(text, 1, static (_, count) => count + 1);
        }
    }

    public void Fail(InferenceFault fault) => Interlocked.Increment(ref faults[(int)fault]);
}
