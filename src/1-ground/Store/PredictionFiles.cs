namespace Kumiki.Store;

/// <summary>What a file of the prediction log holds.</summary>
public enum PredictionKind
{
    Predictions,
    Outcomes,
}

/// <summary>A Parquet file of the prediction log: what one endpoint logged within one hour.</summary>
/// <param name="Number">Given by the store, rising; 0 before that.</param>
/// <param name="Hour">Its start.</param>
/// <param name="First">The time of its first row, and <paramref name="Last"/> that of its last: both are in it.</param>
public sealed record PredictionFile(
    long Number, string Endpoint, PredictionKind Kind, DateTimeOffset Hour, Digest Blob, long Bytes, long Rows, DateTimeOffset First, DateTimeOffset Last);

/// <summary>A segment whose records are in Parquet files now, or the end of the process that wrote it.</summary>
/// <param name="Name"><c>WRITER/000001</c>; <c>WRITER/end</c> for the end.</param>
/// <param name="Records">Predictions and outcomes that were in it.</param>
/// <param name="Lost">Records that were taken by a process that was killed before it had written them.</param>
/// <param name="Dropped">Records that it had no room for.</param>
public sealed record PredictionSegment(string Name, long Records, long Lost, long Dropped, DateTimeOffset At);

/// <summary>One step of the prediction log's files, all or nothing.</summary>
/// <param name="Segment">The segment that the added files take the place of; null where files take the place of files.</param>
/// <param name="Removed">Numbers of the files that go.</param>
public sealed record PredictionChange(PredictionSegment? Segment, IReadOnlyList<PredictionFile> Added, IReadOnlyList<long> Removed)
{
    /// <summary>Segments that ended before are forgotten.</summary>
    public DateTimeOffset? ForgetBefore { get; init; }

    /// <summary>The writer whose end <see cref="Segment"/> is: its segments are forgotten, for they are on no disk any more.</summary>
    public string? EndOf { get; init; }
}

/// <summary>How such a step ended.</summary>
public abstract record PredictionsKept
{
    PredictionsKept() { }

    public sealed record Kept : PredictionsKept;

    /// <summary>Another did it before: the segment is listed, or a file that should go is gone. Nothing changed.</summary>
    public sealed record Before : PredictionsKept;

    /// <summary>A collection began since the blobs were put, as with <see cref="CommitEnd.Collected"/>. Nothing changed.</summary>
    public sealed record Collected(Collection Now) : PredictionsKept;
}

public partial interface IMetadataStore
{
    // ── the prediction log ──

    /// <summary>Lists files of the prediction log, and takes others off the list.</summary>
    /// <param name="generation">As for <see cref="CommitAsync"/>.</param>
    Task<PredictionsKept> KeepPredictionsAsync(PredictionChange change, long generation, CancellationToken stop);

    /// <summary>The files of one endpoint (or of all: null), by the time of their last row, newest first; and, of the segments that are named, those whose
    /// records are in files: both at one moment.</summary>
    Task<(IReadOnlyList<PredictionFile> Files, IReadOnlySet<string> Listed)> PredictionFilesAsync(string? endpoint, IReadOnlyCollection<string> segments,
        CancellationToken stop);

    /// <summary>The segments that became files, by name.</summary>
    /// <param name="writer">Those of one writer; null: all.</param>
    Task<IReadOnlyList<PredictionSegment>> PredictionSegmentsAsync(string? writer, CancellationToken stop);
}
