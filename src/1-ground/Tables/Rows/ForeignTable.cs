using System.Globalization;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What kind of table a foreign file is.</summary>
public enum ForeignForm
{
    Parquet,

    /// <summary>Texts between commas, semicolons, tabs or bars, whichever divides the first rows alike; the first row has the names.</summary>
    Csv,

    /// <summary>Texts between tabs; the first row has the names.</summary>
    Tsv,
}

/// <param name="Type">As the file says: BIGINT; TEXT for all of a text file.</param>
/// <param name="IsNumber">Whether it is read as numbers; of a text file, whether all cells of these rows are.</param>
public sealed record ForeignColumn(string Name, string Type, bool IsNumber);

/// <summary>Some rows of a file that another program wrote, as texts. DuckDB can reach that file and nothing else while it reads.</summary>
/// <param name="Columns">The first <see cref="MostColumns"/>.</param>
/// <param name="Count">Rows of the file; of a text file at most <see cref="MostTextRows"/>, so that looking at a large one costs no more.</param>
/// <param name="IsWhole">Whether these are all columns and <paramref name="Count"/> all rows.</param>
/// <param name="Rows">Each a text by column, cut after <see cref="LongestCell"/> characters; null where there is none.</param>
public sealed record ForeignTable(IReadOnlyList<ForeignColumn> Columns, long Count, bool IsWhole, IReadOnlyList<IReadOnlyList<string?>> Rows)
{
    public const int MostColumns = 300, MostTextRows = 100_000, LongestCell = 300;

    /// <param name="path">Where its bytes are.</param>
    /// <param name="name">What a sentence calls it.</param>
    /// <param name="from">Rows to pass over first.</param>
    /// <param name="count">The most rows to read.</param>
    /// <exception cref="KumikiException">It is no such table, or broken within what was read; DuckDB's reason is kept.</exception>
    public static ForeignTable Read(TableEngine engine, string path, string name, ForeignForm form, long from, int count, CancellationToken cancellation)
    {
        TableFailure.RequireFiles([path]);
        ForeignTable? read = null;
        TableFailure.Guard(engine, path, () =>
        {
            using var database = engine.OpenSingle(cancellation);
            database.Confine([path], cancellation);
            try
            {
                read = Read(database.Connection, path, form, from, count, cancellation);
            }
            catch (DuckDbException e) when (!e.DiskFull && e.Type != DuckDbErrorType.OutOfMemory)
            {
                throw new KumikiException(Message.Of("tables.foreign-broken", ("name", name), ("reason", Reason(e, path, name))), e);
            }
        });
        return read!;
    }

    static ForeignTable Read(DuckDbConnection connection, string path, ForeignForm form, long from, int count, CancellationToken cancellation)
    {
        var rows = form == ForeignForm.Parquet ? SqlText.Rows([path]) : Text(path, form);
        IReadOnlyList<DuckDbColumn> all;
        using (var whole = connection.Prepare($"SELECT * FROM {rows}")) all = whole.Columns();
        var shown = all.Take(MostColumns).ToList();
        var counted = form == ForeignForm.Parquet ? $"SELECT count(*) FROM {rows}"
            : $"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {MostTextRows})";
        var number = (long)connection.Scalar(counted, cancellation)!;
        var most = form == ForeignForm.Parquet ? count : Math.Clamp(MostTextRows - from, 0, count);
        var found = new List<IReadOnlyList<string?>>();
        if (most > 0) Take(connection, rows, shown, from, most, found, isText: form != ForeignForm.Parquet, cancellation);
        return new([.. shown.Select((c, i) => Column(c, i))], number, all.Count == shown.Count && (form == ForeignForm.Parquet || number < MostTextRows), found);

        ForeignColumn Column(DuckDbColumn column, int at) => form == ForeignForm.Parquet
            ? new(column.Name, column.Type.ToString(), column.Type.Kind is >= DuckDbKind.TinyInt and <= DuckDbKind.Double or DuckDbKind.HugeInt
                or DuckDbKind.Decimal)
            : new(column.Name, "TEXT", found.Count > 0 && found.TrueForAll(row => IsNumber(row[at])) && found.Exists(row => row[at]!.Length > 0));
    }

    static void Take(DuckDbConnection connection, string rows, List<DuckDbColumn> columns, long from, long count, List<IReadOnlyList<string?>> into, bool isText,
        CancellationToken cancellation)
    {
        var texts = columns.Select((c, i) => $"left(CAST({SqlText.Name(c.Name)} AS VARCHAR), {LongestCell + 1}) AS c{i}");
        using var statement = connection.Prepare($"SELECT {string.Join(", ", texts)} FROM {rows}{SqlText.Range(from, count)}");
        using var found = statement.Stream(cancellation);
        while (found.Next())
            for (var row = 0; row < found.Chunk.Rows; row++)
            {
                var cells = new string?[columns.Count];
                for (var i = 0; i < cells.Length; i++)
                    cells[i] = found.Chunk[i].IsNull(row) ? isText ? "" : null : Cut((string)found.Chunk[i].Value(row)!);
                into.Add(cells);
            }
    }

    /// <summary>Texts as they are written: neither a leading zero nor a date's form is lost to a guess at its type.</summary>
    static string Text(string path, ForeignForm form) =>
        $"read_csv([{SqlText.Quote(SqlText.Literal(path))}], all_varchar = true, header = true, hive_partitioning = false, compression = 'none'"
            + $"{(form == ForeignForm.Tsv ? ", delim = '\t'" : "")})";

    static bool IsNumber(string? text) => text is null or "" || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    static string Cut(string text) => text.Length <= LongestCell ? text : string.Concat(text.AsSpan(0, LongestCell), "…");

    /// <summary>DuckDB's first lines, up to its advice on options that nobody here could set.</summary>
    static string Reason(DuckDbException e, string path, string name)
    {
        var said = e.Reason.Replace(path, name, StringComparison.Ordinal).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .TakeWhile((line, at) => at < 3 && !line.StartsWith("Possible", StringComparison.Ordinal) && !line.StartsWith("The search space", StringComparison.Ordinal));
        var text = string.Join("; ", said).TrimEnd('.', ' ');
        return text.Length <= LongestCell ? text : text[..LongestCell] + "…";
    }
}
