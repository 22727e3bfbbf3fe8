using System.Buffers;

namespace Kumiki.Tables;

sealed partial class JsonRecords
{
    /// <summary>What ends a text as it stands: its quote; or what makes it one for the full reader: an escape, a control character.</summary>
    static readonly SearchValues<byte> TextEnds = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(c => (byte)c)]);

    /// <summary>Reads a flat object of texts without escapes, numbers, truths and nulls, all of which are values of their columns.</summary>
    /// <returns>False: it is something else, or something is wrong with it, and the full reader is to say what.</returns>
    bool Plain(ReadOnlySpan<byte> text, int row)
    {
        var at = Space(text, 0);
        if (at == text.Length || text[at++] != '{') return false;
        while (true)
        {
            at = Space(text, at);
            if (!Quoted(text, ref at, out var name)) return false;
            var place = names.Find(name);
            at = Space(text, at);
            if (at == text.Length || text[at++] != ':') return false;
            at = Space(text, at);
            if (at == text.Length) return false;
            if (place < 0)
            {
                if (place == JsonPaths.Lookup.New) Ignore(name);
                if (!Pass(text, ref at)) return false;
            }
            else if (names.Level(place) is not null || !Take(text, ref at, names.Column(place), row)) return false;

            at = Space(text, at);
            if (at == text.Length) return false;
            if (text[at] == ',') at++;
            else if (text[at] == '}') break;
            else return false;
        }
        if (Space(text, at + 1) != text.Length) return false;
        for (var column = 0; column < met.Length; column++)
            if (!met[column])
            {
                if (!Schema.Columns[column].Nullable) return false;
                Missing(column, null);
            }
        return true;
    }

    bool Take(ReadOnlySpan<byte> text, ref int at, int column, int row)
    {
        if (met[column]) return false;
        met[column] = true;
        var schema = Schema.Columns[column];
        var parser = Parsers[column];
        switch (text[at])
        {
            case (byte)'"':
                if (schema.IsNumber || schema.Kind is ColumnKind.Bool or ColumnKind.Vector || !Quoted(text, ref at, out var value)) return false;
                return (parser is TextParser || value is [> (byte)' ', .., > (byte)' ']) && parser.Parse(value, row) == FieldFault.None;
            case (byte)'t' or (byte)'f' when schema.Kind == ColumnKind.Bool:
                var truth = text[at] == 't' ? "true"u8 : "false"u8;
                if (!text[at..].StartsWith(truth)) return false;
                at += truth.Length;
                return parser.Parse(truth, row) == FieldFault.None;
            case (byte)'n':
                if (!schema.Nullable || !text[at..].StartsWith("null"u8)) return false;
                at += 4;
                Missing(column, null);
                return true;
            default:
                var length = Number(text[at..]);
                if (length == 0 || !schema.IsNumber) return false;
                at += length;
                return parser.Parse(text.Slice(at - length, length), row) == FieldFault.None;
        }
    }

    static bool Pass(ReadOnlySpan<byte> text, ref int at)
    {
        if (text[at] == '"') return Quoted(text, ref at, out _);
        var length = Number(text[at..]);
        if (length == 0) length = text[at..].StartsWith("true"u8) || text[at..].StartsWith("null"u8) ? 4 : text[at..].StartsWith("false"u8) ? 5 : 0;
        at += length;
        return length > 0;
    }

    static bool Quoted(ReadOnlySpan<byte> text, ref int at, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (at == text.Length || text[at] != '"') return false;
        var rest = text[(at + 1)..];
        var length = rest.IndexOfAny(TextEnds);
        if (length < 0 || rest[length] != '"') return false;
        value = rest[..length];
        at += length + 2;
        return true;
    }

    // A number by the grammar of JSON: no plus, no zeros in front, digits around the point.
    static int Number(ReadOnlySpan<byte> text)
    {
        var at = text[0] == '-' ? 1 : 0;
        var whole = Digits(text, at);
        if (whole == at || (text[at] == '0' && whole > at + 1)) return 0;
        at = whole;
        if (at < text.Length && text[at] == '.')
        {
            var fraction = Digits(text, at + 1);
            if (fraction == at + 1) return 0;
            at = fraction;
        }
        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            var from = at + 1 < text.Length && text[at + 1] is (byte)'+' or (byte)'-' ? at + 2 : at + 1;
            var exponent = Digits(text, from);
            if (exponent == from) return 0;
            at = exponent;
        }
        return at;
    }

    static int Digits(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && (uint)(text[at] - '0') <= 9) at++;
        return at;
    }

    static int Space(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t' or (byte)'\r') at++;
        return at;
    }
}
