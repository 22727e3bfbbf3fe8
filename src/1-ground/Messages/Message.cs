using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>One sentence to a user: an entry of the <see cref="Catalogue"/> and the values of its holes; kept as data, read in either language.</summary>
public sealed record Message
{
    /// <summary>For reading a stored message back; code uses <see cref="Of"/>.</summary>
    [JsonConstructor]
    public Message(string id, IReadOnlyDictionary<string, string> values) => (Id, Values) = (id, values);

    /// <summary>The entry, <c>area.what</c>.</summary>
    public string Id { get; }

    /// <summary>The holes by name, already written in the invariant culture.</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>A message of the catalogue.</summary>
    public static Message Of(string id, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var written = new Dictionary<string, string>(values.Length, StringComparer.Ordinal);
        foreach (var (name, value) in values) written[name] = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return new(id, written);
    }

    /// <summary>The sentence in <paramref name="language"/>.</summary>
    public string In(string language)
    {
        var text = Catalogue.Text(Id, language);
        var result = new StringBuilder(text.Length + 64);
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            var close = open < 0 ? -1 : text.IndexOf('}', open);
            if (close < 0) return result.Append(text, at, text.Length - at).ToString();
            result.Append(text, at, open - at);
            var name = text[(open + 1)..close];
            result.Append(Values.TryGetValue(name, out var value) ? value : $"{{{name}}}");
            at = close + 1;
        }
        return result.ToString();
    }

    /// <summary>The sentence in the language of this process.</summary>
    public override string ToString() => In(Catalogue.ProcessLanguage);

    public bool Equals(Message? other) =>
        other is not null && Id == other.Id && Values.Count == other.Values.Count && Values.All(v => other.Values.TryGetValue(v.Key, out var o) && o == v.Value);

    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);
}

/// <summary>An error a user can understand and mend; its text is a <see cref="Kumiki.Message"/> of the catalogue.</summary>
public class KumikiException(Message message, Exception? inner = null) : Exception(message.ToString(), inner)
{
    /// <summary>What to say, in any language.</summary>
    public Message Says { get; } = message;
}
