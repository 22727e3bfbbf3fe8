using System.Text.Json;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

/// <summary>What scikit-learn, scipy and statsmodels made of the same numbers; written by golden/figures.py.</summary>
static class Golden
{
    static readonly JsonElement Root =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Checkout(), "tests", "Ground.Tests", "Statistics", "golden", "figures.json"))).RootElement;

    internal static JsonElement Of(string name) => Root.GetProperty(name);

    internal static double[] Numbers(this JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    internal static int[] Integers(this JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    internal static bool[] Flags(this JsonElement element, string name) => [.. element.Integers(name).Select(v => v == 1)];

    internal static double Number(this JsonElement element, string name) => element.GetProperty(name).GetDouble();

    /// <summary>Equal to 1e-9 of the greater of 1 and the number expected.</summary>
    internal static void Same(double expected, double found, string what) =>
        Assert.True(
            expected == found || Math.Abs(expected - found) <= 1e-9 * Math.Max(1, Math.Abs(expected)),
            $"{what}: expected {expected:R}, found {found:R}.");

    internal static void Same(double[] expected, IReadOnlyList<double> found, string what)
    {
        Assert.Equal(expected.Length, found.Count);
        for (var i = 0; i < expected.Length; i++) Same(expected[i], found[i], $"{what}[{i}]");
    }

    /// <summary>Equal to 1e-9 of itself, however small.</summary>
    internal static void SameShare(double expected, double found, string what) =>
        Assert.True(Math.Abs(expected - found) <= 1e-9 * Math.Abs(expected), $"{what}: expected {expected:R}, found {found:R}.");

    static string Checkout()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) return up.FullName;
        throw new InvalidOperationException("These tests run from a checkout.");
    }
}
