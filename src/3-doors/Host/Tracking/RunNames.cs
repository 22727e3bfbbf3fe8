using System.Globalization;
using System.Security.Cryptography;

namespace Kumiki.Hosting;

/// <summary>Names for what a client gave none: <c>patient-heron-417</c>.</summary>
static class RunNames
{
    static readonly string[] Adjectives =
    [
        "amber", "bold", "brisk", "calm", "clever", "crisp", "eager", "early", "fair", "gentle", "golden", "grand", "handy", "honest",
        "keen", "kind", "lively", "lucky", "mellow", "merry", "mild", "neat", "noble", "patient", "plucky", "polite", "proud", "quick",
        "quiet", "rapid", "ripe", "silent", "smooth", "spry", "steady", "sunny", "swift", "tidy", "upright", "vivid", "warm", "wise",
        "witty", "zesty",
    ];

    static readonly string[] Nouns =
    [
        "ash", "badger", "birch", "cedar", "chisel", "crane", "crow", "deer", "dove", "elm", "falcon", "fern", "finch", "fox", "hare",
        "hawk", "heron", "ibis", "joint", "koi", "lark", "lynx", "maple", "marten", "mortise", "oak", "otter", "owl", "pine", "plane",
        "quail", "raven", "robin", "seal", "sparrow", "stork", "swan", "tenon", "thrush", "trout", "wedge", "willow", "wren", "yew",
    ];

    internal static string Next() => $"{OneOf(Adjectives)}-{OneOf(Nouns)}-{RandomNumberGenerator.GetInt32(1000).ToString(CultureInfo.InvariantCulture)}";

    static string OneOf(string[] words) => words[RandomNumberGenerator.GetInt32(words.Length)];
}
