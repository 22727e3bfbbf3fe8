using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>What to make, and how.</summary>
public sealed record MakeOrder(string Asset)
{
    /// <summary>Further assets to make in the same call, independent ones at the same time.</summary>
    public IReadOnlyList<string> And { get; init; } = [];

    /// <summary>Also make everything it depends on that is out of date, first.</summary>
    public bool Upstream { get; init; }

    /// <summary>Also make everything that depends on it, after it.</summary>
    public bool Downstream { get; init; }

    /// <summary>Inputs in these versions instead of the staging ones.</summary>
    public IReadOnlyList<VersionName> Use { get; init; } = [];

    /// <summary>Inputs in their newest version instead of the staging one; recorded with the run.</summary>
    public bool UseNewest { get; init; }

    /// <value>0 by default.</value>
    public long Seed { get; init; }

    /// <summary>Make it even where a version could be reused.</summary>
    public bool Anew { get; init; }

    /// <summary>Why it is made so, recorded with the run beside the notes on its inputs.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Take inputs whose expectations failed; recorded with the run.</summary>
    public bool DespiteChecks { get; init; }

    /// <summary>Override what the asset says of its running.</summary>
    public TimeSpan? Limit { get; init; }
    public int? Retries { get; init; }
    public bool? OwnProcess { get; init; }

    /// <summary>Makings at one time.</summary>
    /// <value>The number of processors by default.</value>
    public int Parallel { get; init; } = Environment.ProcessorCount;
}

/// <summary>Where a maker works.</summary>
/// <param name="ProjectFolder">Where the project's relative paths start.</param>
/// <param name="CheckpointFolder">Where finished pieces of long makings wait.</param>
/// <param name="Engines">Versions of the engines in this program, by name.</param>
/// <param name="StepCommand">The command that runs one run of this program in a process of its own; the run's id is appended.</param>
public sealed record Workplace(IMetadataStore Metadata, IArtifactStore Artifacts, ProgramClosure Program, string ProjectFolder, string CheckpointFolder, IReadOnlyDictionary<string, string> Engines, IReadOnlyList<string> StepCommand, TimeProvider Clock);
