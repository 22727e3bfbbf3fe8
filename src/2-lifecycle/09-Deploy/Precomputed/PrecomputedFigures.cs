namespace Kumiki.Serving;

/// <summary>What came of a row that was looked up among those computed before.</summary>
enum LookupEnd
{
    /// <summary>It was there, and no older than the endpoint holds for fresh.</summary>
    Fresh,

    /// <summary>It was there and older, and the answer said so.</summary>
    Stale,

    /// <summary>There was none.</summary>
    Missing,

    /// <summary>It was there, but so old that it was no answer.</summary>
    Refused,

    /// <summary>There was none, or it was too old; the model was asked instead.</summary>
    Model,

    /// <summary>The rows could not be asked at all.</summary>
    Unavailable,
}

/// <summary>Rows that were looked up since the server began, by what came of them.</summary>
sealed class PrecomputedFigures
{
    readonly long[] ends = new long[Enum.GetValues<LookupEnd>().Length];

    public long Of(LookupEnd end) => Interlocked.Read(ref ends[(int)end]);

    public void Count(LookupEnd end) => Interlocked.Increment(ref ends[(int)end]);
}
