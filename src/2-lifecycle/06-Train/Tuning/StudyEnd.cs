using Kumiki.Making;

namespace Kumiki.Tuning;

/// <summary>A trial of a study.</summary>
/// <param name="Number">Its number in the study, from 1.</param>
/// <param name="Parameters">What was searched.</param>
/// <param name="Share">The share of the whole effort it took; below 1 in the lower rungs of halving.</param>
/// <param name="Figure">What it is judged by; NaN where it has none.</param>
/// <param name="Figures">All it measured.</param>
/// <param name="Before">Whether it was taken from an earlier search.</param>
/// <param name="Why">Why it has no figure; null where it has.</param>
public sealed record StudyTrial(int Number, RunId Run, IReadOnlyDictionary<string, string> Parameters, double Share, double Figure, IReadOnlyDictionary<string, double> Figures, bool Before, Message? Why)
{
    /// <summary>As people write parameters: <c>depth=5 rounds=300</c>.</summary>
    public string Written => string.Join(' ', Parameters.Select(p => $"{p.Key}={p.Value}"));
}

/// <summary>How a study ended.</summary>
public enum StudyState
{
    /// <summary>All was tried.</summary>
    Whole,

    /// <summary>Its time was over.</summary>
    OutOfTime,

    /// <summary>It was cancelled; what was tried is kept.</summary>
    Cancelled,
}

/// <summary>What came of a study.</summary>
/// <param name="Study">A short digest of what is searched, how, and on which inputs.</param>
/// <param name="Inputs">The versions all trials took.</param>
/// <param name="Trials">Best first: those with more effort before those with less, those without a figure last.</param>
public sealed record StudyEnd(string Study, string Asset, StudyState State, TrialFigure By, IReadOnlyList<VersionName> Inputs, IReadOnlyList<StudyTrial> Trials)
{
    /// <summary>What the search is worth on rows that took no part in it; null: it was not asked for, or did not come to its end.</summary>
    public NestedEnd? Nested { get; init; }

    /// <summary>The best trial; null where none has a figure.</summary>
    public StudyTrial? Best => Trials is [{ Why: null } best, ..] ? best : null;
}
