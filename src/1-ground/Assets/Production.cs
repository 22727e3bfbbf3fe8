using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>What is in production, as one consistent unit.</summary>
/// <param name="Revision">Rises by one with each switch; a release compares and swaps on it.</param>
/// <param name="Release">The live release; 0 before the first.</param>
/// <param name="Set">The version of each released asset.</param>
public sealed record Production(long Revision, int Release, IReadOnlyDictionary<string, int> Set)
{
    public static Production Empty { get; } = new(0, 0, new Dictionary<string, int>());

    /// <summary>Today's set overlaid with a release's.</summary>
    public IReadOnlyDictionary<string, int> Overlaid(IEnumerable<VersionName> set, IEnumerable<string> without)
    {
        var result = new SortedDictionary<string, int>(Set.ToDictionary(), StringComparer.Ordinal);
        foreach (var asset in without) result.Remove(asset);
        foreach (var version in set) result[version.Asset] = version.Number;
        return result;
    }
}

/// <summary>Where a release stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReleaseState>))]
public enum ReleaseState { Checked, Rolling, Live, Withdrawn }

/// <summary>A gate that was passed over by name, written <c>demand-model@7:beats-baseline=the baseline had a bad week</c>.</summary>
/// <param name="Because">Why, for everyone who looks at the release later.</param>
public sealed record Waiver(VersionName Version, string Check, string Because)
{
    public override string ToString() => $"{Version}:{Check}={Because}";

    /// <exception cref="KumikiException">It is not written as VERSION:CHECK=REASON, or a part is empty.</exception>
    public static Waiver Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var colon = equals < 0 ? -1 : text.LastIndexOf(':', equals);
        if (colon < 0 || !VersionName.TryParse(text[..colon], null, out var version) || colon + 1 == equals || string.IsNullOrWhiteSpace(text[(equals + 1)..]))
            throw new KumikiException(Message.Of("release.waiver-written", ("text", text)));
        return new(version, text[(colon + 1)..equals], text[(equals + 1)..].Trim());
    }
}

/// <summary>An immutable candidate and its way through the states.</summary>
public sealed record ReleaseRecord
{
    public required int Number { get; init; }
    public required ReleaseState State { get; init; }

    /// <summary>What was asked for.</summary>
    public required IReadOnlyList<VersionName> Asked { get; init; }

    /// <summary>Assets that leave production with it.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>The whole production it makes.</summary>
    public required IReadOnlyDictionary<string, int> Set { get; init; }

    /// <summary>The production revision it was checked against.</summary>
    public required long Base { get; init; }

    /// <summary>Where a rollback from it goes: the release that was live before it, and for a rollback what was live before the release it brings back, so
    /// that a second rollback goes one further. 0: nowhere.</summary>
    public required int Before { get; init; }

    /// <summary>The release whose set it brings back, if it is a rollback; that may be a rollback itself.</summary>
    public int? Restores { get; init; }
    public IReadOnlyList<Waiver> Waivers { get; init; } = [];
    public required string Author { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset At { get; init; }
    public DateTimeOffset? LiveAt { get; init; }
    public DateTimeOffset? WithdrawnAt { get; init; }
}

/// <summary>A movable pointer from an asset to a version: <c>staging</c> or an alias of the user's; <c>production</c> is read from the live release.</summary>
public sealed record StagePointer(string Asset, string Stage, int Number, DateTimeOffset At, string By);

/// <summary>One move of a pointer. <paramref name="Number"/> is null where it was taken away.</summary>
public sealed record StageMove(string Asset, string Stage, int? From, int? Number, DateTimeOffset At, string By, string Reason);
