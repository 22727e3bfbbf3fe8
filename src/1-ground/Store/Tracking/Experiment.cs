namespace Kumiki.Tracking;

/// <summary>A key with its value: a parameter or a tag.</summary>
public readonly record struct Entry(string Key, string Value);

/// <summary>What of the living and the deleted to look at.</summary>
public enum ViewType
{
    ActiveOnly = 1,
    DeletedOnly = 2,
    All = 3,
}

/// <summary>A group of runs; 0 is <c>Default</c>, which is there from the start.</summary>
/// <param name="Location">Where its runs keep their artifacts: a URI.</param>
/// <param name="CreatedMs">Milliseconds since 1970.</param>
/// <param name="UpdatedMs">Milliseconds since 1970.</param>
/// <param name="Tags">By key.</param>
public sealed record Experiment(long Id, string Name, string Location, bool Deleted, long CreatedMs, long UpdatedMs, IReadOnlyList<Entry> Tags);
