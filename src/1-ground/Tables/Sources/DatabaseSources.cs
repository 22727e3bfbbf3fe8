using Kumiki.Tables;

namespace Kumiki;

/// <summary>A table of a SQLite file; see <see cref="Source.Sqlite"/>.</summary>
public sealed record SqliteSource(string Path, string Rows) : Source
{
    /// <summary>The file, and its write-ahead log where that holds anything.</summary>
    public override IReadOnlyList<string> Files(string root) => SqliteLoad.Files(Path, root);

    public override KeyValuePair<string, string> Recipe => new("sqlite-load", "1");

    internal override LoadResult Load(Loading loading) => SqliteLoad.Run(loading, this);
}

/// <summary>A table of a PostgreSQL database; see <see cref="Source.Postgres"/>.</summary>
public sealed record PostgresSource(string Variable, string Rows) : Source
{
    /// <summary>A SELECT of one value that changes whenever the rows do, such as <c>SELECT max(updated_at) FROM sales</c>. With it an unchanged table is not
    /// read again.</summary>
    /// <value>Null: the table is read on each making.</value>
    public string? ChangeToken { get; init; }

    public override IReadOnlyList<string> Files(string root) => [];

    public override Task<IReadOnlyList<SourceRead>?> StatesAsync(CancellationToken stop) => PostgresLoad.StatesAsync(this, stop);

    public override KeyValuePair<string, string> Recipe => new("postgres-load", "1");

    internal override LoadResult Load(Loading loading) => PostgresLoad.Run(loading, this);
}
