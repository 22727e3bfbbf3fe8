using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Kumiki.Predictions;

/// <summary>Puts <c>null</c> in the place of personal values in the JSON of a row. A name counts as personal in any case and with or without underscores,
/// at any
/// depth: <c>birthDate</c>, <c>birth_date</c>, and <c>{"birth": {"date": …}}</c>.</summary>
sealed class PersonalMask
{
    const int LongestPath = 512;

    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> names;

    public PersonalMask(IReadOnlyList<string> names) =>
        this.names = names.Select(Plain).ToHashSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a column of that name is personal.</summary>
    public bool Hides(string name) => names.Contains(Plain(name));

    static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    /// <summary>The text without personal values.</summary>
    /// <returns>Null where it is no JSON object: then nothing of it is kept, for nobody can tell what is in it.</returns>
    public byte[]? Apply(ReadOnlySpan<byte> json)
    {
        // The path of names to where the reader is, upper case and without separators, and where it was at each depth.
        Span<char> path = stackalloc char[LongestPath];
        Span<int> ends = stackalloc int[66];
        var buffer = new ArrayBufferWriter<byte>(json.Length + 16);
        var copied = 0;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            ends.Clear();
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartArray) ends[reader.CurrentDepth + 1] = ends[reader.CurrentDepth];
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                var from = reader.CurrentDepth == 1 ? 0 : ends[reader.CurrentDepth - 1];
                var end = Append(path, from, reader);
                if (end < 0) return null;       // longer than any name of ours: it cannot be told
                ends[reader.CurrentDepth] = end;
                if (!names.Contains(path[from..end]) && !names.Contains(path[..end])) continue;
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                buffer.Write(json[copied..start]);
                buffer.Write("null"u8);
                copied = (int)reader.BytesConsumed;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;        // no JSON, or a name that is no UTF-8
        }
        buffer.Write(json[copied..]);
        return buffer.WrittenSpan.ToArray();
    }

    static int Append(Span<char> path, int from, in Utf8JsonReader reader)
    {
        Span<char> name = stackalloc char[LongestPath];
        if (reader.ValueSpan.Length > LongestPath) return -1;
        var length = reader.ValueIsEscaped ? reader.CopyString(name) : Encoding.UTF8.GetChars(reader.ValueSpan, name);
        var at = from;
        foreach (var letter in name[..length])
        {
            if (!char.IsLetterOrDigit(letter)) continue;
            if (at == path.Length) return -1;
            path[at++] = char.ToUpperInvariant(letter);
        }
        return at;
    }
}
