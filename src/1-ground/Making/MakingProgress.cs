namespace Kumiki.Making;

/// <summary>What a making tells while it runs.</summary>
public abstract record MakingProgress(string Asset)
{
    /// <summary>A making begins; <paramref name="Place"/> of <paramref name="Of"/> in this call.</summary>
    public sealed record Started(string Asset, RunId Run, int Place, int Of) : MakingProgress(Asset);

    public sealed record Moved(string Asset, long Done, long Total, string Unit) : MakingProgress(Asset);

    public sealed record Said(string Asset, string Level, string Text) : MakingProgress(Asset);

    public sealed record Ended(string Asset, MakingEnd End) : MakingProgress(Asset);
}

/// <summary>How a making ended.</summary>
public abstract record MakingEnd(string Asset)
{
    public sealed record Made(string Asset, VersionRecord Version, RunId Run) : MakingEnd(Asset);

    /// <summary>Nothing had to be computed, or the output was identical; <paramref name="Run"/> is null for the former.</summary>
    public sealed record Reused(string Asset, VersionRecord Version, Message Because, RunId? Run) : MakingEnd(Asset);

    public sealed record Failed(string Asset, RunState State, Message Why, RunId? Run) : MakingEnd(Asset);

    /// <summary>Not begun, because an input's making failed.</summary>
    public sealed record Skipped(string Asset, Message Why) : MakingEnd(Asset);

    /// <summary>The version in hand; null where there is none.</summary>
    public VersionRecord? Result => this switch
    {
        Made made => made.Version,
        Reused reused => reused.Version,
        _ => null,
    };
}
