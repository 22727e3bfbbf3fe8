namespace Kumiki.Tracking;

/// <summary>What a clause looks at.</summary>
public enum SearchEntity
{
    Attribute,
    Metric,
    Parameter,
    Tag,
    Dataset,
}

public enum Comparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    LikeAnyCase,
    In,
    NotIn,
    IsNull,
    IsNotNull,
}

/// <summary>One condition of a search; all of them must hold.</summary>
/// <param name="Key">For an attribute, its name in <see cref="SearchSubject"/>.</param>
/// <param name="Text">Compared with, where <paramref name="Texts"/> and <paramref name="Number"/> are not.</param>
/// <param name="Number">Compared with; never not-a-number.</param>
/// <param name="Texts">For In and NotIn; one or more.</param>
public sealed record Clause(SearchEntity Entity, string Key, Comparison Comparison, string? Text = null, double? Number = null,
    IReadOnlyList<string>? Texts = null);

/// <summary>One item of an order. What lacks it comes last, and not-a-number before that, in both directions.</summary>
/// <param name="Dataset">Only a metric's points about this dataset; null for any. For logged models only.</param>
public sealed record SearchOrder(SearchEntity Entity, string Key, bool Descending, string? Dataset = null, string? DatasetDigest = null);

/// <summary>A search, read and checked by <see cref="SearchSubject"/>.</summary>
public sealed record Search(IReadOnlyList<Clause> Clauses, IReadOnlyList<SearchOrder> Order)
{
    public static Search All { get; } = new([], []);
}

/// <summary>A part of what is found.</summary>
/// <param name="Offset">How many to pass over.</param>
/// <param name="Most">How many to give at most.</param>
public readonly record struct Page(long Offset, int Most)
{
    public static Page Whole { get; } = new(0, int.MaxValue);
}
