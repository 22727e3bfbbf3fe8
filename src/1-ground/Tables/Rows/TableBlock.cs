using System.Runtime.InteropServices;
using System.Text;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Columns to be written: set every column of the schema to the same number of rows.</summary>
public sealed class TableBlock(RowSchema schema)
{
    readonly Array?[] values = new Array?[schema.Columns.Count];
    readonly bool[]?[] nulls = new bool[]?[schema.Columns.Count];

    public RowSchema Schema { get; } = schema;

    /// <summary>Rows of the columns set last.</summary>
    public int Rows { get; private set; }

    /// <summary>Sets a column of numbers, truths, dates, times or lengths of time.</summary>
    /// <typeparam name="T">The record's type, without its question mark: int, double, decimal, DateOnly, DateTime, TimeSpan …</typeparam>
    /// <param name="isNull">[n] true where there is no value; empty: every row has one.</param>
    public void Set<T>(string column, ReadOnlySpan<T> rows, ReadOnlySpan<bool> isNull = default) where T : unmanaged =>
        Keep(column, rows.ToArray(), isNull.IsEmpty ? null : isNull.ToArray());

    /// <summary>Sets a column of texts or enum names; null is no value.</summary>
    public void Set(string column, ReadOnlySpan<string?> texts)
    {
        var copy = texts.ToArray();
        Keep(column, copy, Array.ConvertAll(copy, t => t is null));
    }

    /// <summary>Sets a column of vectors; null is no value.</summary>
    /// <typeparam name="T">The elements: float, double, int or long.</typeparam>
    public void SetVectors<T>(string column, ReadOnlySpan<T[]?> vectors) where T : unmanaged
    {
        var copy = vectors.ToArray();
        Keep(column, copy, Array.ConvertAll(copy, v => v is null));
    }

    void Keep(string column, Array of, bool[]? isNull)
    {
        var at = Schema.Columns.ToList().FindIndex(c => c.Name == column);
        if (at < 0)
            throw new KumikiException(Message.Of("tables.no-column", ("record", Schema.Record), ("column", column),
                ("columns", string.Join(", ", Schema.Columns.Select(c => c.Name)))));
        var element = of.GetType().GetElementType()!;
        if (element != ElementOf(Schema.Columns[at]))
            throw new ArgumentException($"{column} is {Schema.Columns[at].TypeName}, not {element.Name}.", nameof(column));
        if (isNull is not null && isNull.Length != of.Length)
            throw new ArgumentException($"{column} has {of.Length} values and {isNull.Length} nulls.", nameof(column));
        (values[at], nulls[at], Rows) = (of, isNull, of.Length);
    }

    static Type ElementOf(ColumnSchema column) => column.Kind switch
    {
        ColumnKind.DateTimeOffset => typeof(DateTimeOffset),
        ColumnKind.TimeSpan => typeof(TimeSpan),
        ColumnKind.Vector => column.Element switch
        {
            ColumnKind.Float => typeof(float[]),
            ColumnKind.Double => typeof(double[]),
            ColumnKind.Int => typeof(int[]),
            _ => typeof(long[]),
        },
        ColumnKind.Bool => typeof(bool),
        ColumnKind.SByte => typeof(sbyte),
        ColumnKind.Byte => typeof(byte),
        ColumnKind.Short => typeof(short),
        ColumnKind.UShort => typeof(ushort),
        ColumnKind.Int => typeof(int),
        ColumnKind.UInt => typeof(uint),
        ColumnKind.Long => typeof(long),
        ColumnKind.ULong => typeof(ulong),
        ColumnKind.Float => typeof(float),
        ColumnKind.Double => typeof(double),
        ColumnKind.Decimal => typeof(decimal),
        ColumnKind.DateOnly => typeof(DateOnly),
        ColumnKind.DateTime => typeof(DateTime),
        _ => typeof(string),
    };

    /// <summary>Copies rows of a column into DuckDB's chunk, checking them.</summary>
    internal void Fill(int column, int start, int count, DuckDbVectorWriter to, long rowsBefore)
    {
        var kind = Schema.Columns[column];
        var of = values[column];
        var used = 0;       // elements of this chunk's vectors
        if (of is null || of.Length != Rows) throw new InvalidOperationException($"{kind.Name} has {of?.Length ?? 0} rows, other columns {Rows}.");
        for (var i = 0; i < count; i++)
        {
            var row = start + i;
            if (nulls[column] is { } missing && missing[row])
            {
                if (!kind.Nullable) throw new KumikiException(Message.Of("tables.write-null", ("column", kind.Name), ("row", rowsBefore + i + 1)));
                to.SetNull(i);
            }
            else
                switch (of)
                {
                    case bool[] a: to.Set(i, a[row] ? (byte)1 : (byte)0); break;
                    case float[] a: to.Set(i, Finite(a[row], kind, rowsBefore + i)); break;
                    case double[] a: to.Set(i, Finite(a[row], kind, rowsBefore + i)); break;
                    case decimal[] a: SetDecimal(to, i, a[row], kind, rowsBefore + i); break;
                    case DateOnly[] a: to.Set(i, a[row].DayNumber - DuckDbVector.Epoch.DayNumber); break;
                    case DateTime[] a: to.Set(i, (a[row].Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond); break;
                    case DateTimeOffset[] a: to.Set(i, (a[row].UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond); break;
                    case TimeSpan[] a: to.Set(i, a[row].Ticks / TimeSpan.TicksPerMicrosecond); break;
                    case float[]?[] a:
                        foreach (var value in a[row]!) Finite(value, kind, rowsBefore + i);
                        SetVector(to, i, a[row]!, ref used, kind, rowsBefore + i);
                        break;
                    case double[]?[] a:
                        foreach (var value in a[row]!) Finite(value, kind, rowsBefore + i);
                        SetVector(to, i, a[row]!, ref used, kind, rowsBefore + i);
                        break;
                    case int[]?[] a: SetVector(to, i, a[row]!, ref used, kind, rowsBefore + i); break;
                    case long[]?[] a: SetVector(to, i, a[row]!, ref used, kind, rowsBefore + i); break;
                    case string?[] a: to.SetText(i, Encoding.UTF8.GetBytes(a[row]!)); break;
                    default: SetWhole(to, i, of, row); break;
                }
        }
    }

    static T Finite<T>(T value, ColumnSchema column, long row) where T : System.Numerics.IFloatingPoint<T> =>
        T.IsFinite(value) ? value : throw new KumikiException(Message.Of("tables.write-finite", ("column", column.Name), ("row", row + 1), ("value", value)));

    static void SetVector<T>(DuckDbVectorWriter to, int i, T[] vector, ref int used, ColumnSchema column, long row) where T : unmanaged
    {
        if (column.Length > 0 && vector.Length != column.Length)
            throw new KumikiException(Message.Of("tables.write-length", ("column", column.Name), ("row", row + 1), ("found", vector.Length),
                ("length", column.Length)));
        vector.CopyTo(to.SetList<T>(i, used, vector.Length));
        used += vector.Length;
    }

    static void SetWhole(DuckDbVectorWriter to, int i, Array of, int row)
    {
        switch (Marshal.SizeOf(of.GetType().GetElementType()!))
        {
            case 1: to.Set(i, ((byte[])of)[row]); break;
            case 2: to.Set(i, ((ushort[])of)[row]); break;
            case 4: to.Set(i, ((uint[])of)[row]); break;
            default: to.Set(i, ((ulong[])of)[row]); break;
        }
    }

    static void SetDecimal(DuckDbVectorWriter to, int i, decimal value, ColumnSchema column, long row)
    {
        var scaled = (Int128)decimal.Truncate(value);
        for (var p = 0; p < column.Scale; p++) scaled *= 10;
        var rest = decimal.Round((value - decimal.Truncate(value)) * Power(column.Scale), MidpointRounding.AwayFromZero);
        scaled += (Int128)rest;
        if (scaled >= Whole(column.Precision) || scaled <= -Whole(column.Precision))
            throw new KumikiException(Message.Of("tables.write-overflow", ("column", column.Name), ("row", row + 1), ("value", value),
                ("type", column.TypeName)));
        switch (column.Type.Size)
        {
            case 2: to.Set(i, (short)scaled); break;
            case 4: to.Set(i, (int)scaled); break;
            case 8: to.Set(i, (long)scaled); break;
            default: to.Set(i, scaled); break;
        }
    }

    static decimal Power(int ten) => (decimal)Whole(ten);

    static Int128 Whole(int ten)
    {
        Int128 power = 1;
        for (var p = 0; p < ten; p++) power *= 10;
        return power;
    }
}
