using Kumiki.Tables;
using OnnxColumn = Kumiki.Onnx.Column;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki.Preprocessing;

/// <summary>Columns of a dataset in memory, as narrow as the adapter takes them: float for numbers, days for dates, bool for flags, and for texts a number into
/// the distinct ones.</summary>
/// <remarks>4 bytes a value (1 for a flag, 8 for a column read exactly), and a bit where a date or flag may be missing.</remarks>
sealed class Frame
{
    readonly Dictionary<string, FrameColumn> columns;
    int[]? numbers;     // of a copy of some rows: where each stands in the dataset

    Frame(Dictionary<string, FrameColumn> columns, int rows) => (this.columns, Rows) = (columns, rows);

    public int Rows { get; }

    /// <summary>What a column is to a model.</summary>
    /// <param name="category">Whether a whole number is a name.</param>
    public static OnnxKind KindOf(ColumnSchema column, bool category) => column.Kind switch
    {
        ColumnKind.String or ColumnKind.Enum => OnnxKind.Text,
        ColumnKind.Bool => OnnxKind.Flag,
        ColumnKind.DateOnly => OnnxKind.Date,
        _ when category && column.IsWhole => OnnxKind.Text,
        _ => OnnxKind.Number,
    };

    /// <summary>Reads columns of Parquet files.</summary>
    /// <param name="wanted">Column names, and what each is to the model.</param>
    /// <param name="exact">Names of numbers to keep as doubles: targets, weights, whatever is no feature.</param>
    public static Frame Read(TableEngine engine, IReadOnlyList<string> files, IReadOnlyDictionary<string, OnnxKind> wanted, CancellationToken stop,
        IReadOnlySet<string>? exact = null) =>
        Read(engine, files, wanted, 0, null, stop, exact);

    /// <inheritdoc cref="Read(TableEngine, IReadOnlyList{string}, IReadOnlyDictionary{string, OnnxKind}, CancellationToken, IReadOnlySet{string}?)"/>
    /// <param name="from">Rows to pass over.</param>
    /// <param name="count">The most rows to read; null: all.</param>
    public static Frame Read(
        TableEngine engine, IReadOnlyList<string> files, IReadOnlyDictionary<string, OnnxKind> wanted, long from, long? count, CancellationToken stop,
            IReadOnlySet<string>? exact = null)
    {
        // Room for all rows at once: a list that grows would hold them two or three times.
        var rows = checked((int)Math.Clamp(TableReader.Count(engine, files, stop) - from, 0, count ?? long.MaxValue));
        var names = wanted.Keys.ToList();
        var columns = names.Select(n => FrameColumn.Of(n, wanted[n], exact?.Contains(n) == true, rows)).ToList();
        var at = 0;
        using var reader = new TableReader(engine, files, names, from, count, stop);
        while (reader.Next())
        {
            stop.ThrowIfCancellationRequested();
            for (var column = 0; column < names.Count; column++) columns[column].Add(reader.Batch, column, at);
            at += reader.Batch.Rows;
        }
        return new(columns.ToDictionary(c => c.Name, StringComparer.Ordinal), rows);
    }

    /// <summary>A column of numbers, dates (days since 1970-01-01) or flags (1 and 0); missing is NaN.</summary>
    public double[] Numbers(string name) => columns[name] switch
    {
        FrameColumn.Exact exact => exact.Values,
        FrameColumn.Numbers numbers => Array.ConvertAll(numbers.Values, v => (double)v),
        FrameColumn.Days days => Converted(days, d => (double)d, double.NaN),
        FrameColumn.Flags flags => Converted(flags, f => f ? 1.0 : 0, double.NaN),
        _ => throw new InvalidOperationException($"{name} holds no numbers."),
    };

    /// <summary>Some rows of a column of numbers, dates or flags.</summary>
    public double[] Numbers(string name, int[] rows)
    {
        var taken = new double[rows.Length];
        Numbers(name, rows, taken);
        return taken;
    }

    /// <summary>Some rows of a column of numbers, dates or flags, for a caller that has room for them.</summary>
    /// <param name="taken">[rows]</param>
    public void Numbers(string name, int[] rows, double[] taken)
    {
        switch (columns[name])
        {
            case FrameColumn.Exact exact: for (var i = 0; i < rows.Length; i++) taken[i] = exact.Values[rows[i]]; break;
            case FrameColumn.Numbers numbers: for (var i = 0; i < rows.Length; i++) taken[i] = numbers.Values[rows[i]]; break;
            case FrameColumn.Days days: for (var i = 0; i < rows.Length; i++) taken[i] = days.IsMissing(rows[i]) ? double.NaN : days.Values[rows[i]]; break;
            case FrameColumn.Flags flags: for (var i = 0; i < rows.Length; i++) taken[i] = flags.IsMissing(rows[i]) ? double.NaN : flags.Values[rows[i]] ? 1 : 0; break;
            default: throw new InvalidOperationException($"{name} holds no numbers.");
        }
    }

    static TTo[] Converted<T, TTo>(FrameColumn.Typed<T> column, Func<T, TTo> convert, TTo missing)
    {
        var values = new TTo[column.Values.Length];
        for (var row = 0; row < values.Length; row++) values[row] = column.IsMissing(row) ? missing : convert(column.Values[row]);
        return values;
    }

    /// <summary>A column of texts; missing is null, equal texts are one string.</summary>
    public string?[] Texts(string name)
    {
        var (codes, texts) = Coded(name);
        return Array.ConvertAll(codes, c => c < 0 ? null : texts[c]);
    }

    /// <summary>A column of texts as places in the list of the distinct ones, which stand in the order they were met; −1 is missing.</summary>
    public (int[] Codes, IReadOnlyList<string> Texts) Coded(string name) =>
        columns[name] is FrameColumn.Coded coded ? (coded.Values, coded.Distinct) : throw new InvalidOperationException($"{name} holds no texts.");

    public bool IsText(string name) => columns[name] is FrameColumn.Coded;

    /// <summary>A column as what rows are told apart or ordered by: days since 1970-01-01 of dates, else a number for each distinct value; −1 where there is none.</summary>
    public int[] Keys(string name)
    {
        switch (columns[name])
        {
            case FrameColumn.Days days: return Converted(days, d => d, -1);
            case FrameColumn.Flags flags: return Converted(flags, f => f ? 1 : 0, -1);
            case FrameColumn.Coded coded: return coded.Values;
            default:
                var numbers = Numbers(name);
                var codes = new Dictionary<double, int>();
                return Array.ConvertAll(numbers, n => double.IsNaN(n) ? -1 : codes.TryGetValue(n, out var code) ? code : codes[n] = codes.Count);
        }
    }

    /// <summary>Every row of every column, for a scorer; nothing is copied.</summary>
    public IReadOnlyList<OnnxColumn> All() => [.. columns.Values.Where(c => c is not FrameColumn.Exact).Select(c => c.All())];

    /// <summary>A place to bring some rows together for a scorer, again and again; one thread at a time.</summary>
    /// <param name="names">The columns to bring.</param>
    /// <param name="capacity">The most rows at once.</param>
    public FrameWindow Window(IEnumerable<string> names, int capacity) => new([.. names.Select(n => columns[n].Window(capacity))]);

    /// <summary>A copy of some rows, which know where they stand in the dataset.</summary>
    public Frame Only(int[] rows) =>
        new(columns.ToDictionary(c => c.Key, c => c.Value.Only(rows), StringComparer.Ordinal), rows.Length) { numbers = Array.ConvertAll(rows, RowNumber) };

    /// <summary>Where a row stands in the dataset, from 0.</summary>
    public int RowNumber(int row) => numbers?[row] ?? row;

    /// <summary>Lets go of all columns but these: whoever owns the frame needs the others no more.</summary>
    public void Keep(IReadOnlyCollection<string> names)
    {
        foreach (var name in columns.Keys.Except(names).ToList()) columns.Remove(name);
    }

    public static T[] Gather<T>(T[] values, int[] rows)
    {
        var taken = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++) taken[i] = values[rows[i]];
        return taken;
    }
}

/// <summary>Some rows of a frame, brought together.</summary>
sealed class FrameWindow(IReadOnlyList<Func<ReadOnlySpan<int>, OnnxColumn>> columns)
{
    /// <summary>These rows, until the next call.</summary>
    public IReadOnlyList<OnnxColumn> Of(ReadOnlySpan<int> rows)
    {
        var taken = new OnnxColumn[columns.Count];
        for (var c = 0; c < taken.Length; c++) taken[c] = columns[c](rows);
        return taken;
    }
}
