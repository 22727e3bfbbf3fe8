using System.Globalization;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;
using OnnxColumn = Kumiki.Onnx.Column;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki.Preprocessing;

/// <summary>One column of a frame, filled batch by batch.</summary>
abstract class FrameColumn(string name)
{
    public string Name { get; } = name;

    public static FrameColumn Of(string name, OnnxKind kind, bool exact, int rows) => kind switch
    {
        OnnxKind.Text => new Coded(name, rows),
        OnnxKind.Flag => new Flags(name, rows),
        OnnxKind.Date => new Days(name, rows),
        _ => exact ? new Exact(name, rows) : new Numbers(name, rows),
    };

    public abstract void Add(TableBatch batch, int column, int at);
    public abstract OnnxColumn All();
    public abstract Func<ReadOnlySpan<int>, OnnxColumn> Window(int capacity);

    /// <summary>A copy of some rows.</summary>
    public abstract FrameColumn Only(int[] rows);

    /// <summary>Values of one type, and where there are none.</summary>
    public abstract class Typed<T>(string name, int rows) : FrameColumn(name)
    {
        ulong[]? valid;     // null while every row has a value
        OnnxColumn? everyRow;

        public T[] Values { get; } = new T[rows];

        public bool HasMissing => valid is not null;

        public bool IsMissing(int row) => valid is not null && (valid[row >> 6] >> (row & 63) & 1) == 0;

        protected void Miss(int row)
        {
            if (valid is null) Array.Fill(valid = new ulong[(rows + 63) / 64], ulong.MaxValue);
            valid[row >> 6] &= ~(1UL << (row & 63));
        }

        public override OnnxColumn All() => Column(Values, valid);

        public override Func<ReadOnlySpan<int>, OnnxColumn> Window(int capacity)
        {
            T[]? taken = null;
            OnnxColumn? whole = null;
            var bits = valid is null ? null : new ulong[(capacity + 63) / 64];
            return rows =>
            {
                // Rows that lie side by side, as those of a split by time do, stay where they are.
                if (rows[^1] - rows[0] == rows.Length - 1 && IsRising(rows)) return (everyRow ??= All()).Slice(rows[0], rows.Length);
                whole ??= Column(taken = new T[capacity], bits);
                for (var i = 0; i < rows.Length; i++) taken![i] = Values[rows[i]];
                if (bits is not null)
                {
                    Array.Clear(bits);
                    for (var i = 0; i < rows.Length; i++)
                        if (!IsMissing(rows[i])) bits[i >> 6] |= 1UL << (i & 63);
                }
                return rows.Length == capacity ? whole : whole.Slice(0, rows.Length);
            };
        }

        protected TColumn Taking<TColumn>(int[] rows, TColumn into) where TColumn : Typed<T>
        {
            for (var i = 0; i < rows.Length; i++) into.Values[i] = Values[rows[i]];
            for (var i = 0; valid is not null && i < rows.Length; i++)
                if (IsMissing(rows[i])) into.Miss(i);
            return into;
        }

        static bool IsRising(ReadOnlySpan<int> rows)
        {
            for (var i = 1; i < rows.Length; i++)
                if (rows[i] != rows[i - 1] + 1) return false;
            return true;
        }

        protected virtual OnnxColumn Column(T[] values, ulong[]? bits) => OnnxColumn.Of(Name, (ReadOnlyMemory<T>)values, (ReadOnlyMemory<ulong>)bits);
    }

    /// <summary>Numbers as features are: missing is NaN.</summary>
    public sealed class Numbers(string name, int rows) : Typed<float>(name, rows)
    {
        public override FrameColumn Only(int[] rows) => Taking(rows, new Numbers(Name, rows.Length));

        readonly double[] wide = new double[DuckDbChunkWriter.Capacity];

        public override void Add(TableBatch batch, int column, int at)
        {
            batch.CopyDoubles(column, wide);
            var into = Values.AsSpan(at, batch.Rows);
            for (var row = 0; row < into.Length; row++) into[row] = (float)wide[row];
        }
    }

    /// <summary>Numbers that are no features: missing is NaN.</summary>
    public sealed class Exact(string name, int rows) : Typed<double>(name, rows)
    {
        public override FrameColumn Only(int[] rows) => Taking(rows, new Exact(Name, rows.Length));

        public override void Add(TableBatch batch, int column, int at) => batch.CopyDoubles(column, Values.AsSpan(at));
    }

    /// <summary>Days since 1970-01-01.</summary>
    public sealed class Days(string name, int rows) : Typed<int>(name, rows)
    {
        public override FrameColumn Only(int[] rows) => Taking(rows, new Days(Name, rows.Length));

        public override void Add(TableBatch batch, int column, int at)
        {
            var vector = batch[column];
            vector.Values<int>().CopyTo(Values.AsSpan(at));
            for (var row = 0; vector.MayHaveNulls && row < batch.Rows; row++)
                if (vector.IsNull(row)) Miss(at + row);
        }
    }

    public sealed class Flags(string name, int rows) : Typed<bool>(name, rows)
    {
        public override FrameColumn Only(int[] rows) => Taking(rows, new Flags(Name, rows.Length));

        public override void Add(TableBatch batch, int column, int at)
        {
            var vector = batch[column];
            var flags = vector.Values<byte>();
            for (var row = 0; row < flags.Length; row++)
            {
                if (vector.IsNull(row)) Miss(at + row);
                else Values[at + row] = flags[row] != 0;
            }
        }
    }

    /// <summary>Texts, and whole numbers that are names: places in the distinct ones, −1 where there is none.</summary>
    public sealed class Coded(string name, int rows) : Typed<int>(name, rows)
    {
        readonly TextDictionary texts = new();
        readonly Dictionary<object, int> codes = [];      // of whole numbers
        IReadOnlyList<string>? distinct;

        /// <summary>The texts, in the order they were met; nothing is added afterwards.</summary>
        public IReadOnlyList<string> Distinct => distinct ??= [.. Enumerable.Range(0, texts.Count).Select(c => texts[c])];

        public override void Add(TableBatch batch, int column, int at)
        {
            var vector = batch[column];
            var into = Values.AsSpan(at, batch.Rows);
            if (vector.Type.Kind == DuckDbKind.Varchar) batch.CopyCodes(column, texts, into);
            else
                for (var row = 0; row < into.Length; row++) into[row] = vector.Value(row) is { } value ? CodeOf(value) : -1;
        }

        public override FrameColumn Only(int[] rows) => Taking(rows, new Coded(Name, rows.Length) { distinct = Distinct });

        int CodeOf(object value)
        {
            if (codes.TryGetValue(value, out var code)) return code;
            return codes[value] = texts.Code(System.Text.Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture)!));
        }

        protected override OnnxColumn Column(int[] values, ulong[]? bits) => OnnxColumn.Of(Name, values, Distinct);
    }
}
