using Kumiki.Tables;

namespace Kumiki;

/// <summary>Where a dataset's rows come from.</summary>
public abstract record Source
{
    private protected Source() { }

    /// <summary>Text files with a header and one record a row.</summary>
    /// <param name="pattern">A path from the project's folder; <c>*</c> and <c>?</c> match within a name, <c>**</c> any folders. Files are read in ordinal
    /// order of their paths.</param>
    /// <param name="delimiter">One ASCII character between fields.</param>
    /// <param name="encoding">The name of the files' encoding, such as <c>shift_jis</c>; null: UTF-8, or UTF-16 by its byte order mark.</param>
    /// <param name="missing">Texts that mean "no value", besides the empty field; quoted texts never do.</param>
    /// <param name="dateFormat">A .NET format for the dates and times in the files, such as <c>dd/MM/yyyy</c>; null: year, month, day.</param>
    public static CsvSource Csv(string pattern, char delimiter = ',', string? encoding = null, IReadOnlyList<string>? missing = null,
        string? dateFormat = null) =>
        new(pattern) { Delimiter = delimiter, Encoding = encoding, Missing = missing ?? [], DateFormat = dateFormat };
}

/// <summary>CSV files; see <see cref="Source.Csv"/>.</summary>
public sealed record CsvSource(string Pattern) : Source
{
    /// <summary>The files there are now, full paths in ordinal order.</summary>
    /// <exception cref="KumikiException">There is none.</exception>
    public IReadOnlyList<string> Files(string root) => CsvFiles.Find(Pattern, root);

    /// <value>A comma.</value>
    public char Delimiter { get; init; } = ',';

    /// <value>Null: UTF-8, or UTF-16 by its byte order mark.</value>
    public string? Encoding { get; init; }

    /// <value>None but the empty field.</value>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <value>Null: year, month, day, with <c>-</c> or <c>/</c> between.</value>
    public string? DateFormat { get; init; }
}
