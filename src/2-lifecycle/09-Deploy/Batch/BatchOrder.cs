namespace Kumiki.Deploying;

/// <summary>What to predict, from what, and where to write it.</summary>
sealed record BatchOrder
{
    /// <summary>A model or an endpoint: <c>NAME</c>, <c>NAME@7</c>, <c>NAME@production</c>.</summary>
    public required string Of { get; init; }

    /// <summary>Files, patterns, folders, a SQLite file, or <c>postgres:VARIABLE</c>; see <see cref="BatchInput"/>.</summary>
    public required IReadOnlyList<string> In { get; init; }

    /// <summary>The table or SELECT of a database; null where rows come from files.</summary>
    public string? Sql { get; init; }

    /// <summary>A path that ends in <c>.csv</c> or <c>.parquet</c>, else a folder of Parquet files.</summary>
    public required string Out { get; init; }

    /// <summary>The columns that stand beside the scores.</summary>
    /// <value>Empty: all that the model reads.</value>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Whether a text that the model never saw ends the run; else the row is scored without it, and counted.</summary>
    public bool RefusesUnknown { get; init; }

    /// <summary>Whether what is at <see cref="Out"/> is replaced.</summary>
    public bool Overwrites { get; init; }

    /// <value>A comma, in .tsv files a tab.</value>
    public char? Delimiter { get; init; }

    /// <value>Null: UTF-8, or UTF-16 by its byte order mark.</value>
    public string? Encoding { get; init; }

    /// <summary>Rows that are scored and kept as one; what a kill loses at most.</summary>
    /// <value>200,000, and fewer of a model that reads very many columns.</value>
    public int? SegmentRows { get; init; }
}

/// <summary>How far a batch is.</summary>
/// <param name="Step"><c>read</c>, <c>score</c> or <c>write</c>.</param>
/// <param name="Total">0 where no one knows.</param>
sealed record BatchMoved(string Step, double Done, double Total);

/// <summary>What became of a batch.</summary>
/// <param name="Out">Full path of what was written.</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Rejected">Rows set aside, each with its reasons in <paramref name="RejectsFile"/>.</param>
/// <param name="Unscored">Rows without a score, by the required column that they lack.</param>
/// <param name="Unknown">Rows with a text the model never saw, by column.</param>
/// <param name="Decisions">Rows by answer; empty of a model.</param>
/// <param name="Resumed">Rows that an earlier, killed run had scored.</param>
sealed record BatchEnd(
    string Out, long Rows, long Rejected, string? RejectsFile, VersionName Model, VersionName? Endpoint, IReadOnlyDictionary<string, long> Unscored,
    IReadOnlyDictionary<string, long> Unknown, IReadOnlyDictionary<string, long> Decisions, IReadOnlyList<Message> Notes, long Resumed, long Bytes);
