using System.Text.Json.Serialization;

namespace Kumiki;

[JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
public enum Severity
{
    /// <summary>Shown; keeps nothing back.</summary>
    Note,

    /// <summary>Keeps back what was asked for.</summary>
    Refusal,
}

/// <summary>One thing a check found: what is wrong, and the commands that would mend it.</summary>
/// <param name="Rule">The rule's slug.</param>
/// <param name="Mends">Commands, best first; empty where only a person can decide.</param>
public sealed record Finding(string Rule, Severity Severity, Message Says, IReadOnlyList<string> Mends)
{
    public override string ToString() => Says.ToString();
}
