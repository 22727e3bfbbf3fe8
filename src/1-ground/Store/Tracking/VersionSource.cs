using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kumiki.Tracking;

/// <summary>What a client named as the source of a version.</summary>
abstract record VersionSource
{
    VersionSource() { }     // closed: these four and no fifth

    /// <summary>A place by itself.</summary>
    internal sealed record Place(string Uri) : VersionSource;

    /// <summary><c>runs:/RUN/model</c>: below a run's artifacts.</summary>
    internal sealed record OfRun(string Run, string Below) : VersionSource;

    /// <summary><c>models:/m-…</c>.</summary>
    internal sealed record OfLoggedModel(string Id) : VersionSource;

    /// <summary><c>models:/NAME/3</c>.</summary>
    internal sealed record OfVersion(string Name, int Number) : VersionSource;

    /// <exception cref="TrackingException">It begins with <c>models:/</c> and goes on otherwise.</exception>
    internal static VersionSource Read(string source)
    {
        if (source.StartsWith("runs:/", StringComparison.OrdinalIgnoreCase) && source["runs:/".Length..].Trim('/').Split('/', 2) is [var run, var below])
            return new OfRun(run, below);
        if (!source.StartsWith("models:/", StringComparison.OrdinalIgnoreCase)) return new Place(source);
        return source["models:/".Length..].Trim('/').Split('/') switch
        {
            [var id] => new OfLoggedModel(id),
            [var name, var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => new OfVersion(name, number),
            _ => throw Refusal.BadSource(source),
        };
    }

    /// <summary>The one spelling of a place that this server keeps, by which its files are found.</summary>
    internal static string Spelled(string storage) => TrackedPath.OfUri(storage) is { IsTop: false } kept ? TrackedPath.Root + kept : storage;

    /// <summary>The tag of a logged model that lists which versions it became, with one more.</summary>
    /// <param name="before">The tag as it is; a client may have written anything into it, and then the list begins anew.</param>
    internal static string Listed(string? before, string name, long number)
    {
        var list = List(before);
        list.Add((JsonNode)new JsonObject { ["name"] = name, ["version"] = (int)number });
        return list.ToJsonString();
    }

    static JsonArray List(string? tag)
    {
        try
        {
            return tag is null ? [] : JsonNode.Parse(tag) as JsonArray ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
