using Kumiki.Tables;

namespace Kumiki;

/// <summary>CSV files; see <see cref="Source.Csv"/>.</summary>
public sealed record CsvSource(string Pattern) : Source
{
    /// <value>A comma.</value>
    public char Delimiter { get; init; } = ',';

    /// <value>Null: UTF-8, or UTF-16 by its byte order mark.</value>
    public string? Encoding { get; init; }

    /// <value>None but the empty field.</value>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <value>Null: year, month, day, with <c>-</c> or <c>/</c> between.</value>
    public string? DateFormat { get; init; }

    /// <summary>Whether there may be no file, or files without rows: the dataset then has no rows.</summary>
    /// <value>False: that is refused.</value>
    public bool Optional { get; init; }

    public override IReadOnlyList<string> Files(string root) => FilePattern.Find(Pattern, root, Optional);

    public override KeyValuePair<string, string> Recipe => new("csv-load", "1");

    internal override LoadResult Load(Loading loading)
    {
        if (!char.IsAscii(Delimiter) || Delimiter is '"' or '\n' or '\r')
            throw new KumikiException(Message.Of("tables.csv-bad-delimiter", ("delimiter", Delimiter)));
        return TextLoad.Run(loading, Files(loading.Root), Optional, new CsvFormat(this, loading.Schema, loading.Options.LongestField));
    }
}

/// <summary>JSON lines; see <see cref="Source.JsonLines"/>.</summary>
public sealed record JsonLinesSource(string Pattern) : Source
{
    /// <value>False: a JSON type that is not the column's sets the row aside.</value>
    public bool LooseTypes { get; init; }

    /// <value>Null: UTF-8, or UTF-16 by its byte order mark.</value>
    public string? Encoding { get; init; }

    public override IReadOnlyList<string> Files(string root) => FilePattern.Find(Pattern, root);

    public override KeyValuePair<string, string> Recipe => new("json-load", "1");

    internal override LoadResult Load(Loading loading) => TextLoad.Run(loading, Files(loading.Root), mayBeEmpty: false, new JsonLinesFormat(this, loading.Schema));
}

/// <summary>Parquet files; see <see cref="Source.Parquet"/>.</summary>
public sealed record ParquetSource(string Pattern) : Source
{
    public override IReadOnlyList<string> Files(string root) => FilePattern.Find(Pattern, root);

    public override KeyValuePair<string, string> Recipe => new("parquet-load", "1");

    internal override LoadResult Load(Loading loading) => ParquetLoad.Run(loading, FilePattern.Find(Pattern, loading.Root));
}

/// <summary>Files as rows; see <see cref="Source.Folder"/>.</summary>
public sealed record FolderSource(string Pattern) : Source
{
    public override IReadOnlyList<string> Files(string root) => FilePattern.Find(Pattern, root);

    public override KeyValuePair<string, string> Recipe => new("folder-load", "1");

    internal override LoadResult Load(Loading loading) => FolderLoad.Run(loading, Pattern, FilePattern.Find(Pattern, loading.Root));
}
