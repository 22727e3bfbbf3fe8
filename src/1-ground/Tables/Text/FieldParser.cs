using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Turns the text of a field into a value of its column, exactly or not at all.</summary>
/// <remarks>DuckDB's own casts are not used: they round 1.5 to 2, read 1_000 and 0x1F as numbers and "infinity" as a date.</remarks>
abstract class FieldParser
{
    /// <summary>The column being filled.</summary>
    protected DuckDbVectorWriter To { get; private set; }

    /// <summary>Turns to the column of a new chunk.</summary>
    internal virtual void Begin(DuckDbVectorWriter to) => To = to;

    internal void SetNull(int row) => To.SetNull(row);

    /// <summary>Writes the value of <paramref name="text"/>, which is not empty, into a row.</summary>
    internal abstract FieldFault Parse(ReadOnlySpan<byte> text, int row);

    internal static FieldParser Of(ColumnSchema column, string? dateFormat) => column.Kind switch
    {
        ColumnKind.Bool => new BoolParser(),
        ColumnKind.SByte => new WholeParser<sbyte>(column),
        ColumnKind.Byte => new WholeParser<byte>(column),
        ColumnKind.Short => new WholeParser<short>(column),
        ColumnKind.UShort => new WholeParser<ushort>(column),
        ColumnKind.Int => new WholeParser<int>(column),
        ColumnKind.UInt => new WholeParser<uint>(column),
        ColumnKind.Long => new WholeParser<long>(column),
        ColumnKind.ULong => new WholeParser<ulong>(column),
        ColumnKind.Float => new RealParser(column, single: true),
        ColumnKind.Double => new RealParser(column, single: false),
        ColumnKind.Decimal => new DecimalParser(column),
        ColumnKind.String => new TextParser(),
        ColumnKind.Enum => new NameParser(column),
        ColumnKind.DateOnly => new DateParser(column, dateFormat),
        ColumnKind.DateTime or ColumnKind.DateTimeOffset => new TimeParser(column, dateFormat),
        ColumnKind.TimeSpan => new SpanParser(column),
        ColumnKind.Vector => column.Element switch
        {
            ColumnKind.Float => new RealVectorParser<float>(column),
            ColumnKind.Double => new RealVectorParser<double>(column),
            ColumnKind.Int => new WholeVectorParser<int>(column),
            _ => new WholeVectorParser<long>(column),
        },
        _ => throw new System.Diagnostics.UnreachableException($"Give {column.Kind} a parser."),
    };
}

sealed class TextParser : FieldParser
{
    /// <summary>For a text that does not lie in the part's buffer.</summary>
    internal void Copy(ReadOnlySpan<byte> text, int row) => To.SetText(row, text);

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        To.SetTextInPlace(row, text);
        return FieldFault.None;
    }
}

/// <summary>true, t, yes, y, 1 and their opposites, in any case.</summary>
sealed class BoolParser : FieldParser
{
    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        Span<byte> low = stackalloc byte[5];
        if (text.Length > 5) return FieldFault.NotBool;
        low = low[..text.Length];
        for (var i = 0; i < text.Length; i++) low[i] = (byte)(text[i] | (text[i] >= 'A' ? 0x20 : 0));
        bool value;
        if (low.SequenceEqual("true"u8) || low.SequenceEqual("t"u8) || low.SequenceEqual("yes"u8) || low.SequenceEqual("y"u8) || low.SequenceEqual("1"u8))
            value = true;
        else if (low.SequenceEqual("false"u8) || low.SequenceEqual("f"u8) || low.SequenceEqual("no"u8) || low.SequenceEqual("n"u8) || low.SequenceEqual("0"u8))
            value = false;
        else return FieldFault.NotBool;
        To.Set(row, value ? (byte)1 : (byte)0);
        return FieldFault.None;
    }
}

/// <summary>The names of an enum; case, spaces, <c>_</c> and <c>-</c> do not count.</summary>
sealed class NameParser(ColumnSchema column) : FieldParser
{
    readonly Dictionary<string, byte[]> names = column.Names!.ToDictionary(Plain, System.Text.Encoding.UTF8.GetBytes, StringComparer.OrdinalIgnoreCase);

    static string Plain(string name) => string.Concat(name.Where(c => c is not ('_' or '-' or ' ')));

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        if (!names.TryGetValue(Plain(System.Text.Encoding.UTF8.GetString(text)), out var name)) return FieldFault.NotAName;
        To.SetText(row, name);
        return FieldFault.None;
    }
}
