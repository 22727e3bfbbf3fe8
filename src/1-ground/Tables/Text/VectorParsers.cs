using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Vectors: numbers with commas, semicolons or spaces between, in <c>[ ]</c>, <c>{ }</c> or nothing, as JSON, Python, PostgreSQL and spreadsheets write
/// them.</summary>
abstract class VectorParser<T>(ColumnSchema column) : FieldParser where T : unmanaged
{
    static readonly System.Buffers.SearchValues<byte> Between = System.Buffers.SearchValues.Create(" ,;\t\r\n"u8);

    readonly List<T> elements = [];
    int used;

    internal override void Begin(DuckDbVectorWriter to)
    {
        base.Begin(to);
        used = 0;
    }

    /// <summary>One element, exactly or not at all.</summary>
    protected abstract FieldFault Element(ReadOnlySpan<byte> text, out T value);

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        if (text is [(byte)'[', .., (byte)']'] or [(byte)'{', .., (byte)'}']) text = text[1..^1];
        elements.Clear();
        text = text.Trim(" \t\r\n"u8);
        while (!text.IsEmpty)
        {
            var length = text.IndexOfAny(Between);
            var fault = Element(length < 0 ? text : text[..length], out var value);
            if (fault != FieldFault.None) return fault;
            elements.Add(value);
            if (length < 0) break;
            var rest = text[length..].TrimStart(" \t\r\n"u8);
            if (rest is [(byte)',' or (byte)';', ..])
            {
                rest = rest[1..].TrimStart(" \t\r\n"u8);
                if (rest.IsEmpty) return FieldFault.NotVector;
            }
            text = rest;
        }
        if (column.Length > 0 && elements.Count != column.Length) return FieldFault.WrongLength;
        CollectionsMarshal.AsSpan(elements).CopyTo(To.SetList<T>(row, used, elements.Count));
        used += elements.Count;
        return FieldFault.None;
    }
}

sealed class RealVectorParser<T>(ColumnSchema column) : VectorParser<T>(column) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    protected override FieldFault Element(ReadOnlySpan<byte> text, out T value)
    {
        if (T.TryParse(text, RealParser.Form, CultureInfo.InvariantCulture, out value) && T.IsFinite(value)) return FieldFault.None;
        if (text.IsEmpty) return FieldFault.NotVector;
        return RealParser.IsNotFinite(text) ? FieldFault.NotFinite : T.IsFinite(value) ? FieldFault.NotVector : FieldFault.Overflow;
    }
}

sealed class WholeVectorParser<T>(ColumnSchema column) : VectorParser<T>(column) where T : unmanaged, IBinaryInteger<T>
{
    protected override FieldFault Element(ReadOnlySpan<byte> text, out T value) =>
        T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) ? FieldFault.None : FieldFault.NotVector;
}
