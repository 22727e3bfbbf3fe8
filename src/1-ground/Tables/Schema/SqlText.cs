using System.Globalization;

namespace Kumiki.Tables;

/// <summary>Names, texts and file lists as SQL writes them.</summary>
public static class SqlText
{
    /// <summary>A quoted name.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A quoted text.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A value of a record, or a constant compared with one.</summary>
    public static string Value(object? value) => value switch
    {
        null => "NULL",
        bool truth => truth ? "true" : "false",
        string text => Quote(text),
        DateOnly date => string.Create(CultureInfo.InvariantCulture, $"DATE '{date:yyyy-MM-dd}'"),
        DateTime time => string.Create(CultureInfo.InvariantCulture, $"TIMESTAMP '{time:yyyy-MM-dd HH:mm:ss.ffffff}'"),
        DateTimeOffset instant => Value(instant.UtcDateTime),
        TimeSpan span => (span.Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture),
        float or double => string.Create(CultureInfo.InvariantCulture, $"'{value:R}'::DOUBLE"),
        Enum name => Quote(name.ToString()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>A condition over a row's columns, in brackets; true or false, never null, and meaning what it means in C#.</summary>
    /// <exception cref="KumikiException">It uses what SQL cannot say alike; the sentence names the part.</exception>
    public static string Condition<TRow>(System.Linq.Expressions.Expression<Func<TRow, bool>> holds) => new PredicateSql(RowSchema.Of<TRow>(), holds).Text;

    /// <summary>The rows of Parquet files, in their order, as something to select from.</summary>
    /// <param name="files">At least one path; nothing in it is taken as a pattern.</param>
    public static string Rows(IReadOnlyList<string> files) => Read(files, "");

    /// <summary>The same, with each row's number in its file from 0 as <c>file_row_number</c>.</summary>
    internal static string NumberedRows(IReadOnlyList<string> files) => Read(files, ", file_row_number = true");

    static string Read(IReadOnlyList<string> files, string options)
    {
        if (files.Count == 0) throw new ArgumentException("Rows come from at least one file.", nameof(files));
        return $"read_parquet([{string.Join(", ", files.Select(f => Quote(Literal(f))))}], hive_partitioning = false{options})";
    }

    // read_parquet takes * ? [ ] as a pattern; a bracket around one character makes it plain.
    internal static string Literal(string path) => string.Concat(path.Select(c => c is '*' or '?' or '[' ? $"[{c}]" : c.ToString()));

    /// <summary>Some rows of an ordered scan.</summary>
    internal static string Range(long from, long? count) =>
        (count is { } most ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {most}") : "")
            + (from > 0 ? string.Create(CultureInfo.InvariantCulture, $" OFFSET {from}") : "");
}
