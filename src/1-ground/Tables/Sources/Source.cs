using Kumiki.Tables;

namespace Kumiki;

/// <summary>Where a dataset's rows come from.</summary>
/// <remarks>Every source is held to the same: values are exact or refused, and a row that is not of the record's type is kept aside with its place, column, value
/// and reason. <c>Source.Csv("…") with { Licence = "CC-BY-4.0" }</c> records what people must know of the data.</remarks>
public abstract record Source
{
    private protected Source() { }

    /// <summary>Under which licence the data may be used; a fact of every version.</summary>
    public string? Licence { get; init; }

    /// <summary>Who made the data, how, and how it came to be here; a fact of every version.</summary>
    public string? Provenance { get; init; }

    /// <summary>What the people in the data agreed to; a fact of every version.</summary>
    public string? Consent { get; init; }

    /// <summary>Text files with a header and one record a row.</summary>
    /// <param name="pattern">A path from the project's folder; <c>*</c> and <c>?</c> match within a name, <c>**</c> any folders. Files are read in ordinal
    /// order of their paths; those compressed with gzip are unpacked first.</param>
    /// <param name="delimiter">One ASCII character between fields.</param>
    /// <param name="encoding">The name of the files' encoding, such as <c>shift_jis</c>; null: UTF-8, or UTF-16 by its byte order mark.</param>
    /// <param name="missing">Texts that mean "no value", besides the empty field; quoted texts never do.</param>
    /// <param name="dateFormat">A .NET format for the dates and times in the files, such as <c>dd/MM/yyyy</c>; null: year, month, day.</param>
    public static CsvSource Csv(string pattern, char delimiter = ',', string? encoding = null, IReadOnlyList<string>? missing = null,
        string? dateFormat = null) =>
        new(pattern) { Delimiter = delimiter, Encoding = encoding, Missing = missing ?? [], DateFormat = dateFormat };

    /// <summary>Text files with one JSON object a line. A record within the record is a nested object; <c>[Path("user.name")]</c> reaches any other place.</summary>
    /// <param name="pattern">As for <see cref="Csv"/>.</param>
    /// <param name="looseTypes">Whether a number or truth written as a text is taken as one, and a number, truth or nested value as a text where the record
    /// has one; otherwise such a row is kept aside.</param>
    /// <param name="encoding">As for <see cref="Csv"/>.</param>
    public static JsonLinesSource JsonLines(string pattern, bool looseTypes = false, string? encoding = null) =>
        new(pattern) { LooseTypes = looseTypes, Encoding = encoding };

    /// <summary>Parquet files. Columns of nested types that are no vectors, and columns the record does not ask for, are ignored with a note.</summary>
    /// <param name="pattern">As for <see cref="Csv"/>.</param>
    public static ParquetSource Parquet(string pattern) => new(pattern);

    /// <summary>A table of a SQLite file.</summary>
    /// <param name="path">A path from the project's folder.</param>
    /// <param name="rows">A table's name, whose rows are read in the order of its primary key, or a SELECT; end it with ORDER BY, else the order may change
    /// from making to making.</param>
    public static SqliteSource Sqlite(string path, string rows) => new(path, rows);

    /// <summary>A table of a PostgreSQL database, read within one read-only transaction.</summary>
    /// <param name="variable">The environment variable that holds the connection string, <c>postgres://user:password@host/database</c> or
    /// <c>Host=…;Username=…</c>; it is read at making time, and never stored or shown.</param>
    /// <param name="rows">As for <see cref="Sqlite"/>.</param>
    public static PostgresSource Postgres(string variable, string rows) => new(variable, rows);

    /// <summary>Files as rows: <c>path</c> (from the pattern's folder, with forward slashes), <c>sha256</c> and <c>bytes</c>, those of them the record asks
    /// for. <see cref="ContentAttribute"/> keeps the files in the version.</summary>
    /// <param name="pattern">As for <see cref="Csv"/>.</param>
    public static FolderSource Folder(string pattern) => new(pattern);

    /// <summary>The files it would read now, full paths in ordinal order; none for a database that is no file.</summary>
    /// <exception cref="KumikiException">There is none.</exception>
    public abstract IReadOnlyList<string> Files(string root);

    /// <summary>What it would read now that is no file.</summary>
    /// <returns>Empty for files; null where only reading tells whether it changed.</returns>
    /// <exception cref="KumikiException">It cannot be reached.</exception>
    public virtual Task<IReadOnlyList<SourceRead>?> StatesAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<SourceRead>?>([]);

    /// <summary>Name and number of how it is read; the number is raised when the same input gives other rows.</summary>
    public abstract KeyValuePair<string, string> Recipe { get; }

    internal abstract LoadResult Load(Loading loading);
}
