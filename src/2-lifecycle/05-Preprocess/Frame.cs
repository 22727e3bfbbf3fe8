using Kumiki.Native.DuckDb;
using Kumiki.Tables;
using OnnxColumn = Kumiki.Onnx.Column;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki.Preprocessing;

/// <summary>Columns of a dataset in memory, in the types the adapter takes: double for numbers, days for dates, bool for flags, string for texts and categories.</summary>
/// <remarks>8 bytes a value; equal texts are one string.</remarks>
sealed class Frame
{
    readonly Dictionary<string, Array> columns;

    Frame(Dictionary<string, Array> columns, int rows) => (this.columns, Rows) = (columns, rows);

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
    public static Frame Read(TableEngine engine, IReadOnlyList<string> files, IReadOnlyDictionary<string, OnnxKind> wanted, CancellationToken stop) =>
        Read(engine, files, wanted, 0, null, stop);

    /// <inheritdoc cref="Read(TableEngine, IReadOnlyList{string}, IReadOnlyDictionary{string, OnnxKind}, CancellationToken)"/>
    /// <param name="from">Rows to pass over.</param>
    /// <param name="count">The most rows to read; null: all.</param>
    public static Frame Read(TableEngine engine, IReadOnlyList<string> files, IReadOnlyDictionary<string, OnnxKind> wanted, long from, long? count, CancellationToken stop)
    {
        var names = wanted.Keys.ToList();
        using var reader = new TableReader(engine, files, names, from, count, stop);
        var lists = names.Select(n => Filler.Of(wanted[n])).ToList();
        var rows = 0;
        while (reader.Next())
        {
            stop.ThrowIfCancellationRequested();
            for (var column = 0; column < names.Count; column++) lists[column].Add(reader.Batch, column);
            rows += reader.Batch.Rows;
        }
        return new(names.Zip(lists).ToDictionary(c => c.First, c => c.Second.ToArray(), StringComparer.Ordinal), rows);
    }

    public double[] Numbers(string name) => columns[name] switch
    {
        double[] numbers => numbers,
        int?[] days => Array.ConvertAll(days, d => d ?? double.NaN),
        bool?[] flags => Array.ConvertAll(flags, f => f is { } flag ? flag ? 1.0 : 0.0 : double.NaN),
        _ => throw new InvalidOperationException($"{name} holds no numbers."),
    };

    public string?[] Texts(string name) => (string?[])columns[name];

    /// <summary>Days since 1970-01-01; the column has no nulls.</summary>
    public int[] Days(string name) => Array.ConvertAll((int?[])columns[name], d => d ?? throw new InvalidOperationException($"{name} has a missing date."));

    /// <summary>Every row of every column, for a scorer; nothing is copied.</summary>
    public IReadOnlyList<OnnxColumn> All() => [.. columns.Select(c => ColumnOf(c.Key, c.Value, null))];

    /// <summary>Some rows of every column, for a scorer.</summary>
    public IReadOnlyList<OnnxColumn> Take(int[] rows) => [.. columns.Select(c => ColumnOf(c.Key, c.Value, rows))];

    static OnnxColumn ColumnOf(string name, Array values, int[]? rows) => values switch
    {
        double[] a => OnnxColumn.Of(name, rows is null ? a : Gather(a, rows)),
        int?[] a => OnnxColumn.Of(name, rows is null ? a : Gather(a, rows)),
        bool?[] a => OnnxColumn.Of(name, rows is null ? a : Gather(a, rows)),
        string?[] a => OnnxColumn.Of(name, rows is null ? a : Gather(a, rows)),
        _ => throw new System.Diagnostics.UnreachableException($"{name} is a {values.GetType().Name}."),
    };

    public static T[] Gather<T>(T[] values, int[] rows)
    {
        var taken = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++) taken[i] = values[rows[i]];
        return taken;
    }

    /// <summary>Grows one column, batch by batch.</summary>
    abstract class Filler
    {
        public static Filler Of(OnnxKind kind) => kind switch
        {
            OnnxKind.Text => new TextFiller(),
            OnnxKind.Flag => new ValueFiller<bool?>(static (vector, row) => vector.IsNull(row) ? null : vector.Values<byte>()[row] != 0),
            OnnxKind.Date => new ValueFiller<int?>(static (vector, row) => vector.IsNull(row) ? null : vector.Values<int>()[row]),
            _ => new NumberFiller(),
        };

        public abstract void Add(TableBatch batch, int column);
        public abstract Array ToArray();
    }

    sealed class NumberFiller : Filler
    {
        readonly List<double> values = [];

        public override void Add(TableBatch batch, int column)
        {
            var start = values.Count;
            System.Runtime.InteropServices.CollectionsMarshal.SetCount(values, start + batch.Rows);
            batch.CopyDoubles(column, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values)[start..]);
        }

        public override Array ToArray() => values.ToArray();
    }

    delegate T Pick<T>(DuckDbVector vector, int row);

    sealed class ValueFiller<T>(Pick<T> pick) : Filler
    {
        readonly List<T> values = [];

        public override void Add(TableBatch batch, int column)
        {
            var vector = batch[column];
            for (var row = 0; row < batch.Rows; row++) values.Add(pick(vector, row));
        }

        public override Array ToArray() => values.ToArray();
    }

    sealed class TextFiller : Filler
    {
        readonly List<string?> values = [];
        readonly TextDictionary dictionary = new();

        public override void Add(TableBatch batch, int column)
        {
            var vector = batch[column];
            if (vector.Type.Kind == DuckDbKind.Varchar)
            {
                var start = values.Count;
                System.Runtime.InteropServices.CollectionsMarshal.SetCount(values, start + batch.Rows);
                batch.CopyTexts(column, dictionary, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values)[start..]);
            }
            else
                for (var row = 0; row < batch.Rows; row++) values.Add(Convert.ToString(vector.Value(row), System.Globalization.CultureInfo.InvariantCulture));
        }

        public override Array ToArray() => values.ToArray();
    }
}
