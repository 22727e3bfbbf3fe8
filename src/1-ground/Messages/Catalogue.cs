using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;

namespace Kumiki;

/// <summary>Every sentence Kumiki says to a user, in English and Japanese: the files of <c>texts/</c>, one an area.</summary>
/// <remarks>An entry is <c>"area.what": { "en": "… {hole} …", "ja": "… {hole} …" }</c>; both have the same holes, which a rule test checks.</remarks>
public static class Catalogue
{
    static readonly Lazy<FrozenDictionary<string, FrozenDictionary<string, string>>> Texts = new(Read);

    /// <summary>The languages every entry has, the default first.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["en", "ja"];

    /// <summary>The language of this process: <c>KUMIKI_LANG</c>, else <c>LANG</c>, else English.</summary>
    public static string ProcessLanguage { get; set; } = Known(Environment.GetEnvironmentVariable("KUMIKI_LANG") ?? Environment.GetEnvironmentVariable("LANG"));

    /// <summary>All ids, sorted.</summary>
    public static IEnumerable<string> Ids => Texts.Value.Keys.Order(StringComparer.Ordinal);

    /// <summary>The text of an entry with its holes open.</summary>
    /// <exception cref="KeyNotFoundException">No such entry, or not in that language.</exception>
    public static string Text(string id, string language) =>
        Texts.Value.TryGetValue(id, out var entry)
            ? entry[language]
            : throw new KeyNotFoundException($"The catalogue has no entry '{id}'. Add it to src/1-ground/Messages/texts/{id.Split('.')[0]}.json.");

    /// <summary>The best of our languages for a name such as <c>ja_JP.UTF-8</c> or an Accept-Language header.</summary>
    public static string Known(string? wanted)
    {
        foreach (var part in (wanted ?? "").Split(',', ';'))
        {
            var name = part.Trim();
            foreach (var language in Languages)
                if (name.StartsWith(language, StringComparison.OrdinalIgnoreCase)) return language;
        }
        return Languages[0];
    }

    static FrozenDictionary<string, FrozenDictionary<string, string>> Read()
    {
        var all = new Dictionary<string, FrozenDictionary<string, string>>(StringComparer.Ordinal);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames())
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            foreach (var (id, entry) in JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(stream)!)
                all.Add(id, entry.ToFrozenDictionary(StringComparer.Ordinal));
        }
        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
