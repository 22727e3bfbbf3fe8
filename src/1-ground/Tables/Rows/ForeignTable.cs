using System.Globalization;
using System.Text;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What kind of table a foreign file is.</summary>
public enum ForeignForm
{
    Parquet,

    /// <summary>Texts between commas, semicolons, tabs or bars, whichever the first row has most of; the first row has the names.</summary>
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
        if (form != ForeignForm.Parquet) return ReadText(connection, path, form, from, count, cancellation);
        var rows = SqlText.Rows([path]);
        IReadOnlyList<DuckDbColumn> all;
        using (var whole = connection.Prepare($"SELECT * FROM {rows}")) all = whole.Columns();
        var number = (long)connection.Scalar($"SELECT count(*) FROM {rows}", cancellation)!;
        var shown = all.Take(MostColumns).ToList();
        var found = Take(connection, rows, [.. shown.Select(c => c.Name)], from, count, cancellation);
        return new([.. shown.Select(c => new ForeignColumn(c.Name, c.Type.ToString(), IsNumber(c.Type.Kind)))], number, all.Count == shown.Count, found);
    }

    /// <summary>Texts as they are written: neither a leading zero nor a date's form is lost to a guess at its type, and a row that does not fit is no row of
    /// another form.</summary>
    static ForeignTable ReadText(DuckDbConnection connection, string path, ForeignForm form, long from, int count, CancellationToken cancellation)
    {
        var head = ForeignHead.Of(path, form == ForeignForm.Tsv ? '\t' : null);
        List<string> inside = [.. head.Names.Select((_, i) => $"c{i}")];
        var columns = string.Join(", ", inside.Select(name => $"{SqlText.Quote(name)}: 'VARCHAR'"));
        var rows = $"read_csv([{SqlText.Quote(SqlText.Literal(path))}], auto_detect = false, header = true, delim = {SqlText.Quote($"{head.Delimiter}")}, "
            + $"quote = '\"', escape = '\"', strict_mode = true, hive_partitioning = false, compression = 'none', columns = {{{columns}}})";
        var number = (long)connection.Scalar($"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {MostTextRows})", cancellation)!;
        var most = (int)Math.Clamp(MostTextRows - from, 0, count);
        var found = most == 0 ? [] : Take(connection, rows, [.. inside.Take(MostColumns)], from, most, cancellation);
        foreach (var row in found)
            for (var i = 0; i < row.Length; i++) row[i] ??= "";     // nothing between two commas is an empty text
        return new(
            [.. head.Names.Take(MostColumns).Select((name, i) => new ForeignColumn(name, "TEXT", IsNumbers(found, i)))], number,
            head.Names.Count <= MostColumns && number < MostTextRows, found);
    }

    static List<string?[]> Take(DuckDbConnection connection, string rows, IReadOnlyList<string> columns, long from, int count, CancellationToken cancellation)
    {
        var into = new List<string?[]>();
        var texts = columns.Select((name, i) => $"left(CAST({SqlText.Name(name)} AS VARCHAR), {LongestCell + 1}) AS t{i}");
        using var statement = connection.Prepare($"SELECT {string.Join(", ", texts)} FROM {rows}{SqlText.Range(from, count)}");
        using var found = statement.Stream(cancellation);
        while (found.Next())
            for (var row = 0; row < found.Chunk.Rows; row++)
            {
                var cells = new string?[columns.Count];
                for (var i = 0; i < cells.Length; i++) cells[i] = found.Chunk[i].IsNull(row) ? null : Cut((string)found.Chunk[i].Value(row)!);
                into.Add(cells);
            }
        return into;
    }

    static bool IsNumber(DuckDbKind kind) =>
        kind is >= DuckDbKind.TinyInt and <= DuckDbKind.Double or DuckDbKind.HugeInt or DuckDbKind.UHugeInt or DuckDbKind.Decimal;

    /// <summary>Whether every cell that holds something holds a number.</summary>
    static bool IsNumbers(List<string?[]> rows, int column)
    {
        var written = rows.Select(row => row[column]!).Where(text => text.Length > 0).ToList();
        return written.Count > 0 && written.TrueForAll(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
    }

    static string Cut(string text) => text.Length <= LongestCell ? text : string.Concat(text.AsSpan(0, LongestCell), "…");

    /// <summary>Where and what, of DuckDB's words: without the line itself, which may be long, and without its advice on options that nobody here could
    /// set.</summary>
    static string Reason(DuckDbException e, string path, string name)
    {
        var said = e.Reason.Replace(path, name, StringComparison.Ordinal).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .TakeWhile(line => !line.StartsWith("Possible", StringComparison.Ordinal) && !line.StartsWith("LINE ", StringComparison.Ordinal)
                && !line.StartsWith("file =", StringComparison.Ordinal)).ToList();
        if (said.Count > 0 && said[0].IndexOf(" Error: ", StringComparison.Ordinal) is > 0 and < 30 and var kind)
            said[0] = said[0][(kind + " Error: ".Length)..];
        var text = (said.Count < 2 ? said.FirstOrDefault() ?? e.Type.ToString() : $"{said[0]}; {said[^1]}").TrimEnd('.', ' ');
        return Cut(text);
    }
}

/// <summary>The first row of a text file of another program's: what divides its cells, and what they say.</summary>
readonly record struct ForeignHead(char Delimiter, IReadOnlyList<string> Names)
{
    const int MostBytes = 1 << 20;

    /// <param name="delimiter">Null finds it: of comma, semicolon, tab and bar the one that is there most often, outside of quotes.</param>
    internal static ForeignHead Of(string path, char? delimiter)
    {
        var bytes = new byte[MostBytes];
        using var file = File.OpenRead(path);
        var text = Encoding.UTF8.GetString(bytes.AsSpan(0, file.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false))).TrimStart('\uFEFF');
        var between = delimiter ?? ",;\t|".MaxBy(mark => Count(text, mark));
        var names = new List<string>();
        var (cell, isQuoted) = (new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' && isQuoted && i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[i++]);
            else if (text[i] == '"') isQuoted = !isQuoted;
            else if (!isQuoted && text[i] is '\r' or '\n') break;
            else if (!isQuoted && text[i] == between) Add();
            else cell.Append(text[i]);
        }
        Add();
        return new(between, names);

        void Add()
        {
            names.Add(cell.Length == 0 ? $"column {names.Count + 1}" : cell.ToString());
            cell.Clear();
        }
    }

    static int Count(string text, char mark)
    {
        var (count, isQuoted) = (0, false);
        foreach (var c in text)
            if (c == '"') isQuoted = !isQuoted;
            else if (!isQuoted && c is '\r' or '\n') break;
            else if (!isQuoted && c == mark) count++;
        return count;
    }
}
