using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Kumiki.Importing;

/// <summary>Reads YAML as clients write it into <c>MLmodel</c>: mappings and lists in blocks, texts plain, quoted or as blocks. Every value is a text; no
/// tag makes anything else of it, and an anchor is passed over.</summary>
/// <remarks>yaml.org/spec/1.2.2, chapters 7 and 8, without flow collections other than empty ones: those are kept as their text.</remarks>
sealed class BlockYaml
{
    const int Deepest = 32;

    readonly List<(int Number, int Indent, string Text)> lines = [];
    int at;

    BlockYaml(string text)
    {
        foreach (var (number, line) in text.Split('\n').Index())
        {
            var written = line.TrimEnd('\r');
            lines.Add((number + 1, written.Length - written.TrimStart(' ').Length, written.TrimEnd()));
        }
    }

    /// <returns>Objects, arrays and texts; null for nothing.</returns>
    /// <exception cref="KumikiException">It is no such YAML; the sentence names the line.</exception>
    public static JsonNode? Read(string text)
    {
        var reader = new BlockYaml(text);
        if (!reader.Here()) return null;
        var root = reader.Block(0);
        return reader.Here() ? throw reader.Bad() : root;
    }

    /// <summary>Goes to the next line that says something; false at the end.</summary>
    bool Here()
    {
        while (at < lines.Count && (lines[at].Text.TrimStart() is "" or "---" or "..." || lines[at].Text.TrimStart().StartsWith('#'))) at++;
        return at < lines.Count;
    }

    JsonNode? Block(int depth)
    {
        if (depth > Deepest) throw Bad();
        var (_, indent, text) = lines[at];
        return IsItem(text.AsSpan(indent)) ? Items(indent, depth) : Mapping(indent, depth);
    }

    static bool IsItem(ReadOnlySpan<char> text) => text is "-" || text.StartsWith("- ");

    JsonArray Items(int indent, int depth)
    {
        var items = new JsonArray();
        while (Here() && lines[at].Indent == indent && IsItem(lines[at].Text.AsSpan(indent)))
        {
            var (number, _, text) = lines[at];
            var rest = text[(indent + 1)..].TrimStart();
            if (rest.Length == 0)
            {
                at++;
                items.Add(Here() && lines[at].Indent > indent ? Block(depth + 1) : null);
            }
            else if (KeyEnd(rest) > 0 || IsItem(rest))
            {
                var inner = text.Length - rest.Length;      // the item's own block begins behind its dash
                lines[at] = (number, inner, new string(' ', inner) + rest);
                items.Add(Block(depth + 1));
            }
            else items.Add(Scalar(rest, indent));
        }
        return items;
    }

    JsonObject Mapping(int indent, int depth)
    {
        var mapping = new JsonObject();
        while (Here() && lines[at].Indent == indent && !IsItem(lines[at].Text.AsSpan(indent)))
        {
            var text = lines[at].Text[indent..];
            var end = KeyEnd(text);
            if (end <= 0) throw Bad();
            var key = Key(text[..end].Trim());
            if (mapping.ContainsKey(key)) throw Bad();
            var rest = text[(end + 1)..].TrimStart();
            if (rest.StartsWith('&')) rest = rest.IndexOf(' ') is > 0 and var space ? rest[space..].TrimStart() : "";
            if (rest.Length > 0 && !rest.StartsWith('#'))
            {
                mapping[key] = Scalar(rest, indent);
                continue;
            }
            at++;
            // a list may stand as far left as the key it belongs to
            var goesOn = Here() && (lines[at].Indent > indent || (lines[at].Indent == indent && IsItem(lines[at].Text.AsSpan(indent))));
            mapping[key] = goesOn ? Block(depth + 1) : null;
        }
        return Here() && lines[at].Indent > indent ? throw Bad() : mapping;
    }

    /// <summary>Where the colon behind a key is; 0 or less where the line has none.</summary>
    static int KeyEnd(string text)
    {
        if (text is ['"' or '\'', ..])
        {
            var close = 1;
            while (close < text.Length && text[close] != text[0]) close += text[close] == '\\' && text[0] == '"' ? 2 : 1;
            return close + 1 < text.Length && text[close + 1] == ':' && (close + 2 == text.Length || text[close + 2] == ' ') ? close + 1 : -1;
        }
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 && text.EndsWith(':') ? text.Length - 1 : colon;
    }

    string Key(string written)
    {
        if (written is not ['"' or '\'', _, ..]) return written;
        if (written[0] == '\'') return written[1..^1];
        var key = new StringBuilder();
        for (var i = 1; i < written.Length - 1; i++)
            if (written[i] == '\\') i = Escaped(written, i + 1, key);
            else key.Append(written[i]);
        return key.ToString();
    }

    /// <summary>A text that begins here and may go on over lines that are indented deeper than <paramref name="indent"/>.</summary>
    JsonNode? Scalar(string text, int indent)
    {
        if (text[0] is '\'' or '"') return JsonValue.Create(Quoted(text));
        if (text[0] is '|' or '>') return JsonValue.Create(Literal(indent, folded: text[0] == '>'));
        at++;
        var whole = new StringBuilder(Plain(text));
        while (at < lines.Count && (lines[at].Text.Length == 0 || lines[at].Indent > indent))
        {
            if (lines[at].Text.Length > 0 && KeyEnd(lines[at].Text.TrimStart()) > 0) throw Bad();      // a block that hangs on a text
            if (lines[at].Text.Length > 0) whole.Append(' ').Append(Plain(lines[at].Text.TrimStart()));
            at++;
        }
        return whole.ToString() switch
        {
            "null" or "~" or "Null" or "NULL" => null,
            "{}" => new JsonObject(),
            "[]" => new JsonArray(),
            var said => JsonValue.Create(said),
        };

        static string Plain(string text) => text.IndexOf(" #", StringComparison.Ordinal) is > 0 and var comment ? text[..comment].TrimEnd() : text;
    }

    /// <summary>A quoted text: a line's end in it is a blank, an empty line a line's end.</summary>
    string Quoted(string first)
    {
        var (quote, whole, breaks) = (first[0], new StringBuilder(), 0);
        for (var (text, from) = (first, 1); ; from = 0)
        {
            if (breaks > 0 && text.Length > 0)
            {
                if (breaks == 1) whole.Append(' ');
                else whole.Append('\n', breaks - 1);
                breaks = 0;
            }
            for (var i = from; i < text.Length; i++)
            {
                if (text[i] == quote && quote == '\'' && i + 1 < text.Length && text[i + 1] == '\'') whole.Append(text[i++]);
                else if (text[i] == quote)
                {
                    at++;
                    return text[(i + 1)..].TrimStart() is "" or ['#', ..] ? whole.ToString() : throw Bad();
                }
                else if (text[i] == '\\' && quote == '"')
                {
                    if (i + 1 == text.Length) { breaks = -1; break; }       // the line goes on without a blank
                    i = Escaped(text, i + 1, whole);
                }
                else whole.Append(text[i]);
            }
            at++;
            breaks++;
            if (at >= lines.Count) throw Bad();
            text = lines[at].Text.TrimStart();
        }
    }

    int Escaped(string text, int i, StringBuilder whole)
    {
        var digits = text[i] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            if (i + digits >= text.Length
                || !int.TryParse(text.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                || code is < 0 or > 0x10FFFF) throw Bad();
            if (code < 0x10000) whole.Append((char)code);
            else whole.Append(char.ConvertFromUtf32(code));
            return i + digits;
        }
        const string Marks = "ntr0abefv_", Meant = "\n\t\r\0\a\b\e\f\v\u00a0";
        whole.Append(Marks.IndexOf(text[i], StringComparison.Ordinal) is >= 0 and var known ? Meant[known] : text[i]);
        return i;
    }

    string Literal(int indent, bool folded)
    {
        at++;
        var (whole, own) = (new StringBuilder(), -1);
        for (; at < lines.Count && (lines[at].Text.Length == 0 || lines[at].Indent > indent); at++)
        {
            if (own < 0 && lines[at].Text.Length > 0) own = lines[at].Indent;
            whole.Append(lines[at].Text.Length > own && own >= 0 ? lines[at].Text[Math.Min(own, lines[at].Indent)..] : "").Append(folded ? ' ' : '\n');
        }
        return whole.ToString().TrimEnd() + (folded ? "" : "\n");
    }

    KumikiException Bad() => new(Message.Of("imported.mlmodel-line", ("line", at < lines.Count ? lines[at].Number : lines.Count)));
}
