using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>The fields of one object a client sent, read as the protocol reads them: names in snake or camel case, whole numbers also as decimal texts, doubles
/// also as texts, enums by name or number, null as not there, and what is not known passed over.</summary>
/// <param name="above">What goes before a field's name in a sentence: <c>dataset.</c>; of an object in a list, the list's own name.</param>
/// <param name="item">Which of the list it is; -1 where it is in none. A batch has a thousand objects and seldom a sentence, so names are put together late.</param>
readonly struct Fields(JsonElement json, string above, int item = -1)
{
    static readonly ConcurrentDictionary<string, string> Camels = new(StringComparer.Ordinal);

    /// <summary>How many fields there are, of whatever names.</summary>
    internal int Size => json.GetPropertyCount();

    internal string Path(string name) => item < 0 ? above + name : string.Create(CultureInfo.InvariantCulture, $"{above}[{item}].{name}");

    /// <exception cref="TrackingException">Not there, empty, or no text.</exception>
    internal string Text(string name) => TextOrNull(name) is { Length: > 0 } text ? text : throw Missing(name);

    internal string? TextOrNull(string name) => Find(name) is { } value ? TextOf(value, name) : null;

    internal long Whole(string name) => WholeOrNull(name) ?? throw Missing(name);

    internal long? WholeOrNull(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole)) return whole;
        var text = value.ValueKind switch { JsonValueKind.Number => value.GetRawText(), JsonValueKind.String => TextOf(value, name), _ => "" };
        // Some clients write large round numbers as 1.7e+12.
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number == decimal.Truncate(number)
            && number is >= long.MinValue and <= long.MaxValue
            ? (long)number
            : throw WrongType(value, name);
    }

    internal double Number(string name)
    {
        if (Find(name) is not { } value) throw Missing(name);
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        if (value.ValueKind != JsonValueKind.String) throw WrongType(value, name);
        var text = TextOf(value, name);
        return text switch
        {
            "NaN" => double.NaN,
            "Infinity" or "inf" => double.PositiveInfinity,
            "-Infinity" or "-inf" => double.NegativeInfinity,
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
                : throw WrongType(value, name),
        };
    }

    /// <summary>Texts in any case too: <c>TRUE</c>.</summary>
    internal bool? TruthOrNull(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when bool.TryParse(TextOf(text, name), out var truth) => truth,
        { } other => throw WrongType(other, name),
    };

    /// <summary>A list of texts; one text alone is a list of it, as a query gives it.</summary>
    internal IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is not { } list) return [];
        if (list.ValueKind == JsonValueKind.String) return [TextOf(list, name)];
        if (list.ValueKind != JsonValueKind.Array) throw WrongType(list, name);
        var all = new List<string>(list.GetArrayLength());
        foreach (var one in list.EnumerateArray()) all.Add(TextOf(one, name, all.Count));
        return all;
    }

    /// <summary>A list of objects.</summary>
    /// <param name="read">From the object's fields.</param>
    internal IReadOnlyList<T> Objects<T>(string name, Func<Fields, T> read)
    {
        if (Find(name) is not { } list) return [];
        if (list.ValueKind != JsonValueKind.Array) throw WrongType(list, name);
        var all = new List<T>(list.GetArrayLength());
        var listed = Path(name);
        foreach (var one in list.EnumerateArray())
            all.Add(one.ValueKind == JsonValueKind.Object ? read(new(one, listed, all.Count)) : throw WrongType(one, name, all.Count));
        return all;
    }

    /// <summary>How many a list has; 0 where it is not there or no list.</summary>
    internal int Count(string name) => Find(name) is { ValueKind: JsonValueKind.Array } list ? list.GetArrayLength() : 0;

    /// <exception cref="TrackingException">Not there, or no object.</exception>
    internal Fields Object(string name) =>
        Find(name) is not { } value ? throw Missing(name) : value.ValueKind == JsonValueKind.Object ? new(value, Path(name) + ".")
            : throw WrongType(value, name);

    /// <summary>One of an enum, by its name in the protocol or its number.</summary>
    internal T? NamedOrNull<T>(string name, params ReadOnlySpan<(string Name, T Value)> known) where T : struct, Enum
    {
        if (Find(name) is not { } value) return null;
        var text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => TextOf(value, name),
            _ =>
            throw WrongType(value, name)
        };
        foreach (var (word, one) in known)
            if (text == word || text == Convert.ToInt32(one, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)) return one;
        var words = new List<string>();
        foreach (var (word, _) in known) words.Add(word);
        throw Bad(Message.Of("tracking.not-among", ("value", Shown(value)), ("name", Path(name)), ("known", string.Join(", ", words))));
    }

    /// <summary>How many to give at most.</summary>
    /// <exception cref="TrackingException">Under 1 or over <paramref name="most"/>.</exception>
    internal int Most(string name, int otherwise, int most)
    {
        var asked = WholeOrNull(name) ?? otherwise;
        return asked >= 1 && asked <= most ? (int)asked : throw Bad(Message.Of("tracking.bad-limit", ("value", asked), ("name", Path(name)), ("most", most)));
    }

    internal TrackingException Missing(string name) => Bad(Message.Of("tracking.missing", ("name", Path(name))));

    internal static TrackingException Bad(Message says) => new(TrackingFault.InvalidValue, says);

    /// <summary>A JSON text that every store can keep.</summary>
    /// <param name="at">Which of a list of texts; -1 for a text that is in none.</param>
    internal string TextOf(JsonElement value, string name, int at = -1)
    {
        if (value.ValueKind != JsonValueKind.String) throw WrongType(value, name, at);
        var place = this;
        try
        {
            var text = value.GetString()!;
            return text.Contains('\0', StringComparison.Ordinal) ? throw Unkept() : text;
        }
        catch (InvalidOperationException)       // half of a pair of surrogates, or bytes that are no UTF-8
        {
            throw Unkept();
        }

        TrackingException Unkept() => Bad(Message.Of("tracking.bad-text", ("name", place.Path(name, at))));
    }

    JsonElement? Find(string name)
    {
        if (json.TryGetProperty(name, out var value) || (Camel(name) is var camel && camel != name && json.TryGetProperty(camel, out value))
            || (name == "run_id" && (json.TryGetProperty("run_uuid", out value) || json.TryGetProperty("runUuid", out value))))
            return value.ValueKind == JsonValueKind.Null ? null : value;
        return null;
    }

    /// <summary>The name in camel case; names are this program's own, so that they are few.</summary>
    static string Camel(string name) => Camels.GetOrAdd(name, static name =>
    {
        if (!name.Contains('_', StringComparison.Ordinal)) return name;
        return string.Create(name.Length - name.Count(c => c == '_'), name, static (letters, name) =>
        {
            var (at, upper) = (0, false);
            foreach (var c in name)
            {
                if (c != '_') letters[at++] = upper ? char.ToUpperInvariant(c) : c;
                upper = c == '_';
            }
        });
    });

    string Path(string name, int at) => at < 0 ? Path(name) : string.Create(CultureInfo.InvariantCulture, $"{Path(name)}[{at}]");

    TrackingException WrongType(JsonElement value, string name, int at = -1) =>
        Bad(Message.Of("tracking.wrong-type", ("value", Shown(value)), ("name", Path(name, at)), ("type", value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? "int" : "float",
            JsonValueKind.True or JsonValueKind.False => "bool",
            JsonValueKind.Array => "list",
            JsonValueKind.Object => "dict",
            _ => "str",
        })));

    static string Shown(JsonElement value) => value.GetRawText() is { Length: <= 200 } text ? text : value.GetRawText()[..200] + "…";
}
