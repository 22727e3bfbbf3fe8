using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Serving;

/// <summary>A column of a table held in memory, as narrow as its type: whole numbers, dates and times by their own width, texts as numbers into the distinct
/// ones.</summary>
abstract class PrecomputedColumn(string name, int rows)
{
    readonly ulong[] missing = new ulong[(rows + 63) / 64];

    public string Name => name;

    /// <summary>About what it takes.</summary>
    public abstract long Bytes { get; }

    /// <summary>What its values are where somebody asks with them.</summary>
    public PrecomputedKind Kind { get; private init; } = PrecomputedKind.Other;

    /// <summary>A column of DuckDB's type.</summary>
    /// <exception cref="KumikiException">Of a type that no answer can hold.</exception>
    public static PrecomputedColumn Of(DuckDbColumn column, int rows, VersionName version) => column.Type.Kind switch
    {
        DuckDbKind.Boolean => new Values<byte>(column.Name, rows, static (json, value) => json.WriteBooleanValue(value != 0), static value => value, Flag)
        {
            Kind = PrecomputedKind.Flag,
        },
        DuckDbKind.TinyInt => Whole<sbyte>(column.Name, rows, static value => value),
        DuckDbKind.UTinyInt => Whole<byte>(column.Name, rows, static value => value),
        DuckDbKind.SmallInt => Whole<short>(column.Name, rows, static value => value),
        DuckDbKind.USmallInt => Whole<ushort>(column.Name, rows, static value => value),
        DuckDbKind.Integer => Whole<int>(column.Name, rows, static value => value),
        DuckDbKind.UInteger => Whole<uint>(column.Name, rows, static value => value),
        DuckDbKind.BigInt => Whole<long>(column.Name, rows, static value => value),
        DuckDbKind.Date => new Values<int>(column.Name, rows, WriteDay, static value => value, Day) { Kind = PrecomputedKind.Date },
        DuckDbKind.Timestamp => new Values<long>(column.Name, rows, WriteTime, null, null),
        DuckDbKind.Float => new Values<float>(column.Name, rows, static (json, value) => json.WriteNumberValue(value), null, null)
        {
            Number = static value => value,
        },
        DuckDbKind.Double => new Values<double>(column.Name, rows, static (json, value) => json.WriteNumberValue(value), null, null)
        {
            Number = static value => value,
        },
        DuckDbKind.Decimal => new Decimals(column.Name, rows),
        DuckDbKind.Varchar => new Texts(column.Name, rows) { Kind = PrecomputedKind.Text },
        _ => throw new KumikiException(Message.Of("precomputed.type", ("version", version), ("column", column.Name), ("type", column.Type))),
    };

    static Values<T> Whole<T>(string name, int rows, Func<T, long> key) where T : unmanaged =>
        new(name, rows, (json, value) => json.WriteNumberValue(key(value)), key, Whole)
        {
            Number = value => key(value),
            Kind = PrecomputedKind.Integer,
        };

    static long? Whole(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;

    static long? Flag(string text) => bool.TryParse(text, out var flag) ? flag ? 1 : 0 : null;

    static void WriteDay(Utf8JsonWriter json, int day) =>
        json.WriteStringValue(DuckDbVector.Epoch.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    static void WriteTime(Utf8JsonWriter json, long microseconds) =>
        json.WriteStringValue(DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond));

    static long? Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.DayNumber - DuckDbVector.Epoch.DayNumber : null;

    public bool IsMissing(int row) => (missing[row >> 6] >> (row & 63) & 1) != 0;

    /// <summary>Copies a batch's rows.</summary>
    public void Add(TableBatch batch, int column, int at)
    {
        var vector = batch[column];
        Copy(vector, at);
        if (!vector.MayHaveNulls) return;
        for (var row = 0; row < vector.Rows; row++)
            if (vector.IsNull(row)) missing[(at + row) >> 6] |= 1UL << ((at + row) & 63);
    }

    protected abstract void Copy(DuckDbVector vector, int at);

    public void Write(Utf8JsonWriter json, int row)
    {
        if (IsMissing(row)) json.WriteNullValue();
        else WriteValue(json, row);
    }

    protected abstract void WriteValue(Utf8JsonWriter json, int row);

    /// <summary>Whether rows can be found by its values: texts, whole numbers, dates and truths are exact.</summary>
    public abstract bool CanBeKey { get; }

    /// <summary>A row's value as a number that no other value of the column has.</summary>
    public abstract long KeyOf(int row);

    /// <summary>The same of a text that somebody asks with.</summary>
    /// <param name="isOfType">False where the text is no value of the column's type.</param>
    /// <returns>Null where no row has it.</returns>
    public abstract long? KeyOf(string text, out bool isOfType);

    /// <summary>A number as an answer; null where it is missing, or no number.</summary>
    public abstract double? NumberOf(int row);

    /// <summary>A text as an answer; null where it is missing, or no text.</summary>
    public virtual string? TextOf(int row) => null;

    sealed class Values<T>(string name, int rows, Action<Utf8JsonWriter, T> write, Func<T, long>? key, Func<string, long?>? parse)
        : PrecomputedColumn(name, rows)
        where T : unmanaged
    {
        readonly T[] values = new T[rows];

        public Func<T, double>? Number { get; init; }

        public override long Bytes => (long)values.Length * Marshal.SizeOf<T>();

        protected override void Copy(DuckDbVector vector, int at) => vector.Values<T>().CopyTo(values.AsSpan(at));

        protected override void WriteValue(Utf8JsonWriter json, int row) => write(json, values[row]);

        public override bool CanBeKey => key is not null;

        public override long KeyOf(int row) => key!(values[row]);

        public override long? KeyOf(string text, out bool isOfType)
        {
            var value = parse!(text);
            isOfType = value is not null;
            return value;
        }

        public override double? NumberOf(int row) => IsMissing(row) ? null : Number?.Invoke(values[row]);
    }

    sealed class Decimals(string name, int rows) : PrecomputedColumn(name, rows)
    {
        readonly decimal[] values = new decimal[rows];

        public override long Bytes => (long)values.Length * sizeof(decimal);

        protected override void Copy(DuckDbVector vector, int at)
        {
            for (var row = 0; row < vector.Rows; row++)
                if (vector.Value(row) is decimal value) values[at + row] = value;
        }

        protected override void WriteValue(Utf8JsonWriter json, int row) => json.WriteNumberValue(values[row]);

        public override bool CanBeKey => false;

        public override long KeyOf(int row) => throw new InvalidOperationException($"{Name} is no key.");

        public override long? KeyOf(string text, out bool isOfType) => throw new InvalidOperationException($"{Name} is no key.");

        public override double? NumberOf(int row) => IsMissing(row) ? null : (double)values[row];
    }

    sealed class Texts(string name, int rows) : PrecomputedColumn(name, rows)
    {
        readonly int[] codes = new int[rows];
        readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
        readonly List<string> texts = [];
        readonly TextDictionary dictionary = new();
        long characters;

        public override long Bytes => (4L * codes.Length) + (2 * characters) + (90L * texts.Count);

        protected override void Copy(DuckDbVector vector, int at)
        {
            for (var row = 0; row < vector.Rows; row++)
            {
                if (vector.IsNull(row)) continue;
                var code = codes[at + row] = dictionary.Code(vector.Utf8(row));
                if (code < texts.Count) continue;
                texts.Add(dictionary[code]);
                places.Add(dictionary[code], code);
                characters += dictionary[code].Length;
            }
        }

        protected override void WriteValue(Utf8JsonWriter json, int row) => json.WriteStringValue(texts[codes[row]]);

        public override bool CanBeKey => true;

        public override long KeyOf(int row) => codes[row];

        public override long? KeyOf(string text, out bool isOfType)
        {
            isOfType = true;
            return places.TryGetValue(text, out var code) ? code : null;
        }

        public override double? NumberOf(int row) => null;

        public override string? TextOf(int row) => IsMissing(row) ? null : texts[codes[row]];
    }
}

/// <summary>What a column's values are.</summary>
enum PrecomputedKind
{
    /// <summary>Whole numbers.</summary>
    Integer,
    Flag,
    Date,
    Text,

    /// <summary>No key: numbers with a fraction, times.</summary>
    Other,
}
