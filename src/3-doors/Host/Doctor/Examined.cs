using System.Text.Json.Serialization;

namespace Kumiki.Doctor;

[JsonConverter(typeof(JsonStringEnumConverter<Health>))]
enum Health
{
    Well,

    /// <summary>Something will be worse than it could be; everything runs.</summary>
    Note,

    /// <summary>Something will not run before it is mended.</summary>
    Ill,
}

/// <summary>What one check found.</summary>
/// <param name="Name">The check, a slug.</param>
/// <param name="Found">What was found, and how to mend it where it is not well, in one sentence.</param>
/// <param name="Mend">The command that mends it, where there is one.</param>
sealed record Examined(string Name, Health Health, Message Found, string? Mend = null);
