using System.Text;
using System.Text.Json;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>The rules of names and lengths that clients are held to. Lengths count characters as people do: one beyond the basic plane is one.</summary>
static class TrackingRules
{
    internal const int MostKey = 250, MostParam = 6000, MostTag = 8000, MostExperimentName = 500, MostExperimentTag = 5000, MostRegistryTag = 100_000;

    /// <summary>A key of these alone breaks no rule, as long as it is not too long.</summary>
    static readonly System.Buffers.SearchValues<char> PlainInKeys =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-: ");

    /// <summary>A key of a metric, parameter or tag.</summary>
    /// <param name="what">For the sentence on its length.</param>
    /// <param name="of">The object it is a field of.</param>
    /// <param name="field">The field it stands in.</param>
    internal static string Key(string key, string what, Fields of, string field)
    {
        if (key.Length <= MostKey && !key.AsSpan().ContainsAnyExcept(PlainInKeys)) return key;
        foreach (var rune in key.EnumerateRunes())
            if (!(Rune.IsLetterOrDigit(rune) || rune.Value is '_' or '/' or '.' or '-' or ':' or ' '
                || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.OtherNumber or System.Globalization.UnicodeCategory.LetterNumber))
                throw Fields.Bad(Message.Of("tracking.bad-key", ("value", Quoted(key)), ("name", of.Path(field))));
        if (key == "." || key.StartsWith("..", StringComparison.Ordinal) || key.StartsWith('/') || Normal(key) != key)
            throw Fields.Bad(Message.Of("tracking.bad-key-path", ("value", Quoted(key)), ("name", of.Path(field)), ("normal", Normal(key))));
        return Within(key, what, MostKey);
    }

    internal static string Within(string text, string what, int most) =>
        Length(text) <= most ? text : throw Fields.Bad(Message.Of("tracking.too-long", ("what", what), ("most", most)));

    internal static string? WithinOrNull(string? text, string what, int most) => text is null ? null : Within(text, what, most);

    /// <summary>The first <paramref name="most"/> characters.</summary>
    internal static string Cut(string text, int most)
    {
        if (text.Length <= most) return text;
        var at = 0;
        for (var count = 0; at < text.Length && count < most; count++) at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        return text[..at];
    }

    static int Length(string text)
    {
        var count = text.Length;
        foreach (var c in text)
            if (char.IsLowSurrogate(c)) count--;
        return count;
    }

    internal static Entry Tag(Fields tag, int most, bool cut)
    {
        var key = Key(tag.Text("key"), "Tag key", tag, "key");
        var value = tag.TextOrNull("value") ?? "";
        return new(key, cut ? Cut(value, most) : Length(value) <= most ? value : throw Fields.Bad(Message.Of("tracking.too-long", ("what", tag.Path("value")), ("most", most))));
    }

    internal static string RunId(string run) =>
        run.Length <= 256 && char.IsAsciiLetterOrDigit(run[0]) && run.All(c => char.IsLetterOrDigit(c) || c is '_' or '-')
            ? run
            : throw Fields.Bad(Message.Of("tracking.bad-run-id", ("run", run.Length <= 256 ? run : run[..256] + "…")));

    internal static long Experiment(string id, string name) =>
        long.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Fields.Bad(Message.Of("tracking.bad-experiment-id", ("value", Quoted(id)), ("name", name)));

    internal static string Quoted(string text) => JsonSerializer.Serialize(text.Length <= 300 ? text : text[..300] + "…", TextJson.Default.String);

    /// <summary>What POSIX makes of a path.</summary>
    static string Normal(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
            if (part is "" or ".") continue;
            else if (part == ".." && parts is [.., not ".."]) parts.RemoveAt(parts.Count - 1);
            else if (part != ".." || !path.StartsWith('/')) parts.Add(part);
        var normal = string.Join('/', parts);
        return path.StartsWith('/') ? "/" + normal : normal.Length == 0 ? "." : normal;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
sealed partial class TextJson : System.Text.Json.Serialization.JsonSerializerContext;
