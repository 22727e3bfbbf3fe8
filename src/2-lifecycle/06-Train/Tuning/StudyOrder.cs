using Kumiki.Making;

namespace Kumiki.Tuning;

/// <summary>How a study chooses what to try.</summary>
public enum SearchMethod
{
    /// <summary>Seeded draws.</summary>
    Random,

    /// <summary>Every combination of listed values and of points of ranges.</summary>
    Grid,

    /// <summary>Seeded draws; only the best go on, with more effort each time.</summary>
    Halving,
}

/// <summary>What to tune, and how.</summary>
public sealed record StudyOrder(string Asset)
{
    /// <value>Random.</value>
    public SearchMethod Method { get; init; } = SearchMethod.Random;

    /// <summary>Combinations of parameters to try, 1 or more; of halving, those it begins with.</summary>
    /// <value>30.</value>
    public int Trials { get; init; } = 30;

    /// <summary>What to search; see <see cref="SearchSpace.Of"/>.</summary>
    public IReadOnlyList<string> Search { get; init; } = [];

    /// <summary>The figure that decides.</summary>
    /// <value>Null: the first that the asset's trials yield.</value>
    public string? By { get; init; }

    /// <summary>Folds of a cross-validation of the rows that train and validate, 2 or more.</summary>
    /// <value>Null: trials are judged on validation rows.</value>
    public int? Folds { get; init; }

    /// <summary>Outer folds of a nested cross-validation, 2 or more: the same search is done again within each, on the rows it trains on, and what it finds is
    /// judged on the rows it tries. The figure of that is what the search is worth on new rows; see <see cref="StudyEnd.Nested"/>.</summary>
    /// <value>Null: none.</value>
    public int? Nested { get; init; }

    /// <summary>Trials at one time; they divide the processors among them.</summary>
    /// <value>The number of processors.</value>
    public int Parallel { get; init; } = Environment.ProcessorCount;

    /// <summary>Seed of what is drawn to be tried, and of each trial's own draws.</summary>
    public long Seed { get; init; }

    /// <summary>Time for the whole search; the best of what was tried until then is taken.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>The inputs of every trial, as for a making.</summary>
    public IReadOnlyList<VersionName> Use { get; init; } = [];

    public bool UseNewest { get; init; }

    public bool DespiteChecks { get; init; }

    internal MakeOrder Making => new(Asset) { Seed = Seed, Use = Use, UseNewest = UseNewest, DespiteChecks = DespiteChecks };
}
