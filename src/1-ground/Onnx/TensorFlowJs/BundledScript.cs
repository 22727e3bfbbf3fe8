using System.Text;

namespace Kumiki.Onnx;

/// <summary>What a script exports that some packages keep their models in: an object, or a text in base64. It is read, never run.</summary>
/// <remarks>Bundlers write <c>module.exports=</c> and a literal: names without quotes, <c>!0</c> for true, <c>.5</c> for 0.5.</remarks>
static class BundledScript
{
    /// <summary>The object as JSON.</summary>
    /// <exception cref="FormatException">The script exports none.</exception>
    public static byte[] Json(ReadOnlySpan<byte> script)
    {
        var literal = Exported(script);
        var (json, depth) = (new MemoryStream(literal.Length + (literal.Length / 8)), 0);
        for (var at = 0; at < literal.Length;)
        {
            var c = (char)literal[at];
            if (c == '"')
            {
                var end = at + 1;
                while (end < literal.Length && literal[end] != '"') end += literal[end] == '\\' ? 2 : 1;
                if (end >= literal.Length) break;
                json.Write(literal[at..(end + 1)]);
                at = end + 1;
            }
            else if (char.IsAsciiLetter(c) || c is '_' or '$')
            {
                var end = at;
                while (end < literal.Length && (char.IsAsciiLetterOrDigit((char)literal[end]) || literal[end] is (byte)'_' or (byte)'$')) end++;
                var isName = end < literal.Length && literal[end] == ':';
                if (isName) json.WriteByte((byte)'"');
                json.Write(literal[at..end]);
                if (isName) json.WriteByte((byte)'"');
                at = end;
            }
            else if (c == '!')
            {
                json.Write(at + 1 < literal.Length && literal[at + 1] == '0' ? "true"u8 : "false"u8);
                at += 2;
            }
            else if (c is '-' or '.' || char.IsAsciiDigit(c))
            {
                if (c == '-') json.WriteByte(literal[at++]);
                if (at < literal.Length && literal[at] == '.') json.WriteByte((byte)'0');
                while (at < literal.Length && (char.IsAsciiDigit((char)literal[at]) || literal[at] is (byte)'.' or (byte)'e' or (byte)'+' or (byte)'-'))
                    json.WriteByte(literal[at++]);
            }
            else
            {
                depth += c is '{' or '[' ? 1 : c is '}' or ']' ? -1 : 0;
                json.WriteByte(literal[at++]);
                if (depth == 0) return json.ToArray();
            }
        }
        throw new FormatException("The script's object breaks off.");
    }

    /// <summary>The bytes that the text stands for.</summary>
    /// <exception cref="FormatException">The script exports no text in base64.</exception>
    public static byte[] Bytes(ReadOnlySpan<byte> script)
    {
        var literal = Exported(script);
        var end = literal.Length > 0 && literal[0] == '"' ? literal[1..].IndexOf((byte)'"') : -1;
        return end >= 0 ? Convert.FromBase64String(Encoding.ASCII.GetString(literal.Slice(1, end))) : throw new FormatException("The script exports no text.");
    }

    static ReadOnlySpan<byte> Exported(ReadOnlySpan<byte> script)
    {
        // The first one of these stands in the bundler's own frame, without a literal behind it.
        for (var at = 0; script[at..].IndexOf(".exports="u8) is >= 0 and var found; at += found + 9)
            if (at + found + 9 < script.Length && script[at + found + 9] is (byte)'{' or (byte)'"') return script[(at + found + 9)..];
        throw new FormatException("The script exports no literal.");
    }
}
