using System.Collections.Frozen;
using System.Text;

namespace Kumiki.Onnx;

/// <summary>The fields of an endpoint, ready to be found by their names in JSON: a column's own, or the same in camelCase.</summary>
public sealed class EndpointSchema
{
    readonly byte[][] names;
    readonly FrozenDictionary<string, int> places;

    public EndpointSchema(IReadOnlyList<EndpointField> fields)
    {
        Fields = [.. fields];
        names = [.. fields.Select(f => Encoding.UTF8.GetBytes(f.Name))];
        var known = fields.Index().ToDictionary(f => f.Item.Name, f => f.Index, StringComparer.Ordinal);
        foreach (var (place, field) in fields.Index()) known.TryAdd(CamelOf(field.Name), place);
        places = known.ToFrozenDictionary(StringComparer.Ordinal);
        Choices = [.. fields.Select(f => f.Choices?.Select(Encoding.UTF8.GetBytes).ToArray())];
    }

    public IReadOnlyList<EndpointField> Fields { get; }

    /// <summary>Whether rows may hold pictures.</summary>
    public bool HasPictures => Fields.Any(f => f.Kind == FieldKind.Picture);

    /// <summary>[fields] the texts of a choice in UTF-8; null for others.</summary>
    internal byte[][]?[] Choices { get; }

    /// <summary>The place of a field; −1 where there is none.</summary>
    public int Place(string name) => places.GetValueOrDefault(name, -1);

    /// <param name="hint">Where to look first: rows mostly name their fields in order.</param>
    internal int Place(ReadOnlySpan<byte> name, int hint)
    {
        if ((uint)hint < (uint)names.Length && name.SequenceEqual(names[hint])) return hint;
        if (name.Length > 512) return -1;
        Span<char> text = stackalloc char[512];
        return Encoding.UTF8.TryGetChars(name, text, out var length) && places.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out var place)
            ? place : -1;
    }

    /// <summary><c>employed_years</c> → <c>employedYears</c>.</summary>
    public static string CamelOf(string snake)
    {
        var camel = new StringBuilder(snake.Length);
        for (var i = 0; i < snake.Length; i++)
        {
            if (snake[i] == '_' && i + 1 < snake.Length && camel.Length > 0) camel.Append(char.ToUpperInvariant(snake[++i]));
            else camel.Append(snake[i]);
        }
        return camel.ToString();
    }
}
