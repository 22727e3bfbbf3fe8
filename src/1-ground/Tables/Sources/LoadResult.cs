namespace Kumiki.Tables;

/// <summary>One Parquet file of a table.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Partition">The partition's key, as in the file's name; null where the table has none.</param>
public sealed record TableFile(string Path, long Rows, long Bytes, string? Partition = null);

/// <summary>What was taken in, as it was then.</summary>
/// <param name="Path">A file's full path; of a database <c>postgres:VARIABLE/TABLE</c>.</param>
/// <param name="ModifiedTicks">UTC; 0 for a database.</param>
/// <param name="Content">Digest of exactly the bytes that were read; of a database that tells a change token, of that token.</param>
public sealed record SourceRead(string Path, long Bytes, long ModifiedTicks, Digest Content);

/// <summary>A file to be kept in the version beside its rows.</summary>
/// <param name="Path">In the version, <c>content/SHA256</c>.</param>
/// <param name="File">A copy in the load's folder.</param>
public sealed record KeptContent(string Path, string File);

/// <summary>What became of a source's rows.</summary>
public sealed record LoadResult
{
    /// <summary>Parquet files whose rows, in this order, are the good rows in the order of the input; of a partitioned table, one a partition, by
    /// key.</summary>
    public required IReadOnlyList<TableFile> Files { get; init; }

    public required long Rows { get; init; }

    /// <summary>Rows kept aside; each may have several reasons.</summary>
    public required long RejectedRows { get; init; }

    /// <summary>By column and reason, the most frequent first.</summary>
    public required IReadOnlyList<RejectCount> Rejects { get; init; }

    /// <summary>The rows kept aside, one JSON object a line, read by <see cref="Reject.Read"/>; null when there are none.</summary>
    public required string? RejectsPath { get; init; }

    /// <summary>What should be known, though nothing is wrong: ignored columns, other encodings, files without rows.</summary>
    public required IReadOnlyList<Message> Notes { get; init; }

    /// <summary>The files, or the database, that were read.</summary>
    public required IReadOnlyList<SourceRead> Reads { get; init; }

    /// <summary>Files that rows ask to keep.</summary>
    public IReadOnlyList<KeptContent> Content { get; init; } = [];
}

/// <summary>How a load is done, where the defaults are not right.</summary>
public sealed record LoadOptions
{
    /// <value>None: the rows stay in the order of the input.</value>
    public Partition? Partition { get; init; }

    /// <summary>Told the share of the input that is read, 0 to 1, now and then; not told where no one knows how much is to come.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Text that becomes one Parquet file.</summary>
    internal int PartBytes { get; init; } = 32 << 20;

    /// <summary>A quoted field longer than this has a broken quote; at most half of <see cref="PartBytes"/>.</summary>
    internal int LongestField { get; init; } = 16 << 20;

    /// <summary>Rows of a Parquet source that become one Parquet file.</summary>
    internal long PartRows { get; init; } = 122_880 * 16;
}
