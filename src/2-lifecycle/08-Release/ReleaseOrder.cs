namespace Kumiki.Releasing;

/// <summary>What someone asks to release.</summary>
public sealed record ReleaseOrder
{
    /// <summary>Each <c>demand-model@7</c>, <c>demand-model@champion</c> (an alias), or <c>demand-model</c> for its staging version.</summary>
    /// <value>Empty: everything staged that differs from production, unless something is taken out by <see cref="Without"/>.</value>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Assets to take out of production.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Gates passed over by name.</summary>
    public IReadOnlyList<Waiver> Waivers { get; init; } = [];

    /// <summary>Why, for the history.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who asks.</summary>
    /// <value>Null: whoever uses this <see cref="Releases"/>.</value>
    public string? Author { get; init; }

    /// <summary>Only says what would happen.</summary>
    public bool DryRun { get; init; }
}

/// <summary>How a release ended.</summary>
public abstract record ReleaseEnd
{
    ReleaseEnd() { }

    /// <summary>It is production now.</summary>
    /// <param name="Notes">What it was let through with: waivers, opt-outs.</param>
    public sealed record Live(ReleaseRecord Release, IReadOnlyList<ReleaseChange> Changes, IReadOnlyList<Finding> Notes) : ReleaseEnd;

    /// <summary>A dry run that found nothing against it.</summary>
    /// <param name="Set">The whole production it would make.</param>
    public sealed record WouldGoLive(IReadOnlyDictionary<string, int> Set, IReadOnlyList<ReleaseChange> Changes, IReadOnlyList<Finding> Notes) : ReleaseEnd;

    /// <summary>Production is as it was.</summary>
    /// <param name="Findings">At least one refusal; notes beside them.</param>
    public sealed record Refused(IReadOnlyList<Finding> Findings) : ReleaseEnd;
}

/// <summary>What a release changes of one asset; null: not in production.</summary>
public sealed record ReleaseChange(string Asset, int? From, int? To)
{
    /// <summary>From one production to another, by asset.</summary>
    public static IReadOnlyList<ReleaseChange> Between(IReadOnlyDictionary<string, int> from, IReadOnlyDictionary<string, int> to) =>
        [.. from.Keys.Union(to.Keys).Order(StringComparer.Ordinal).Select(a => new ReleaseChange(a, Of(from, a), Of(to, a))).Where(c => c.From != c.To)];

    static int? Of(IReadOnlyDictionary<string, int> set, string asset) => set.TryGetValue(asset, out var number) ? number : null;
}
