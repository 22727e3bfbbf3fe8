using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Kumiki.Lifecycle.Tests;

/// <summary>What scikit-learn made of the same numbers; written by make-golden.py.</summary>
static class Golden
{
    public static JsonElement Root { get; } = File("golden/golden.json");

    /// <summary>A golden file by its path below these tests.</summary>
    public static JsonElement File(string path) =>
        JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", path))).RootElement;

    public static double[] Numbers(JsonElement array) =>
        [.. array.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? double.NaN : v.GetDouble())];

    /// <summary>The source path, whose root the build writes as /kumiki/.</summary>
    static string ThisFile([CallerFilePath] string path = "") => path.Replace("/kumiki/", Checkout() + "/", StringComparison.Ordinal);

    public static string Checkout()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (System.IO.File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) return up.FullName;
        throw new InvalidOperationException("These tests run from a checkout.");
    }
}
