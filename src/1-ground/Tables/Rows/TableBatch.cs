using System.Numerics;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Up to 2,048 rows as columns, read where DuckDB has them.</summary>
public readonly ref struct TableBatch
{
    readonly DuckDbChunk chunk;

    internal TableBatch(DuckDbChunk chunk) => this.chunk = chunk;

    public int Rows => chunk.Rows;

    /// <summary>A column's values and nulls as they lie; see <see cref="DuckDbVector.Values{T}"/> for the C# type of each.</summary>
    public DuckDbVector this[int column] => chunk[column];

    /// <summary>A column of numbers, truths, dates (days since 1970) or times (seconds since 1970) as doubles; null is NaN.</summary>
    /// <param name="into">[Rows] or longer.</param>
    /// <exception cref="NotSupportedException">A column of texts.</exception>
    public void CopyDoubles(int column, Span<double> into)
    {
        var vector = chunk[column];
        switch (vector.Type.Kind)
        {
            case DuckDbKind.Boolean or DuckDbKind.UTinyInt: Widen<byte>(vector, into); break;
            case DuckDbKind.TinyInt: Widen<sbyte>(vector, into); break;
            case DuckDbKind.SmallInt: Widen<short>(vector, into); break;
            case DuckDbKind.USmallInt: Widen<ushort>(vector, into); break;
            case DuckDbKind.Integer or DuckDbKind.Date: Widen<int>(vector, into); break;
            case DuckDbKind.UInteger: Widen<uint>(vector, into); break;
            case DuckDbKind.BigInt: Widen<long>(vector, into); break;
            case DuckDbKind.UBigInt: Widen<ulong>(vector, into); break;
            case DuckDbKind.Float: Widen<float>(vector, into); break;
            case DuckDbKind.Double: vector.Values<double>().CopyTo(into); break;
            case DuckDbKind.HugeInt: Widen<Int128>(vector, into); break;
            case DuckDbKind.Timestamp or DuckDbKind.TimestampTz:
                Widen<long>(vector, into);
                Divide(into[..Rows], 1_000_000);
                break;
            case DuckDbKind.Decimal:
                switch (vector.Type.Size)
                {
                    case 2: Widen<short>(vector, into); break;
                    case 4: Widen<int>(vector, into); break;
                    case 8: Widen<long>(vector, into); break;
                    default: Widen<Int128>(vector, into); break;
                }
                Divide(into[..Rows], Math.Pow(10, vector.Type.Scale));
                break;
            default: throw new NotSupportedException($"A {vector.Type} is no number.");
        }
        if (!vector.MayHaveNulls) return;
        for (var row = 0; row < Rows; row++)
            if (vector.IsNull(row)) into[row] = double.NaN;
    }

    static void Widen<T>(DuckDbVector vector, Span<double> into) where T : unmanaged, INumberBase<T>
    {
        var values = vector.Values<T>();
        for (var row = 0; row < values.Length; row++) into[row] = double.CreateTruncating(values[row]);
    }

    // Division, not multiplication by 0.0001: it gives the double nearest to the decimal.
    static void Divide(Span<double> values, double by)
    {
        foreach (ref var value in values) value /= by;
    }

    /// <summary>A column of texts as numbers of <paramref name="dictionary"/>, which grows by the texts it has not met; null is -1.</summary>
    /// <param name="into">[Rows] or longer.</param>
    public void CopyCodes(int column, TextDictionary dictionary, Span<int> into)
    {
        var vector = Texts(column);
        for (var row = 0; row < Rows; row++) into[row] = vector.IsNull(row) ? -1 : dictionary.Code(vector.Utf8(row));
    }

    /// <summary>A column of texts; equal texts of one dictionary are one string.</summary>
    /// <param name="into">[Rows] or longer.</param>
    public void CopyTexts(int column, TextDictionary dictionary, Span<string?> into)
    {
        var vector = Texts(column);
        for (var row = 0; row < Rows; row++) into[row] = vector.IsNull(row) ? null : dictionary[dictionary.Code(vector.Utf8(row))];
    }

    DuckDbVector Texts(int column)
    {
        var vector = chunk[column];
        return vector.Type.Kind == DuckDbKind.Varchar ? vector : throw new NotSupportedException($"A {vector.Type} is no text.");
    }
}
