using System.Globalization;
using System.Text.Json;

namespace Kumiki.Making;

/// <summary>One difference between two versions; a side that lacks it is null.</summary>
/// <param name="Section">files, schema, facts, metrics, parameters, recipe, inputs, checks or environment.</param>
public sealed record Difference(string Section, string Name, string? Left, string? Right);

/// <summary>Two versions side by side.</summary>
public static class VersionDiff
{
    public static IReadOnlyList<Difference> Of(VersionRecord left, RunRecord? leftRun, VersionRecord right, RunRecord? rightRun)
    {
        var all = new List<Difference>();
        Compare("files", left.Files.ToDictionary(f => f.Path, f => $"{f.Content.Short} {f.Bytes} B"), right.Files.ToDictionary(f => f.Path, f => $"{f.Content.Short} {f.Bytes} B"));
        Compare("schema", Flat(left.Schema), Flat(right.Schema));
        Compare("facts", left.Facts, right.Facts);
        Compare("metrics", Written(left.Metrics), Written(right.Metrics));
        Compare("checks", left.Checks.ToDictionary(c => c.Name, c => c.Held ? "held" : "failed"), right.Checks.ToDictionary(c => c.Name, c => c.Held ? "held" : "failed"));
        Compare("inputs", left.Inputs.ToDictionary(i => i.Version.Asset, i => i.Version.ToString()), right.Inputs.ToDictionary(i => i.Version.Asset, i => i.Version.ToString()));
        if (leftRun is not null && rightRun is not null)
        {
            Compare("recipe", leftRun.Plan.Recipe, rightRun.Plan.Recipe);
            Compare("environment", Environment(leftRun.Plan), Environment(rightRun.Plan));
        }
        return all;

        void Compare(string section, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
        {
            foreach (var name in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
            {
                var (l, r) = (before.GetValueOrDefault(name), after.GetValueOrDefault(name));
                if (l != r) all.Add(new(section, name, l, r));
            }
        }
    }

    static Dictionary<string, string> Written(IReadOnlyDictionary<string, double> metrics) => metrics.ToDictionary(m => m.Key, m => m.Value.ToString("R", CultureInfo.InvariantCulture));

    static Dictionary<string, string> Environment(RunPlan plan)
    {
        var all = new Dictionary<string, string>
        {
            ["os"] = plan.Environment.Os,
            ["cpu"] = plan.Environment.Cpu,
            ["runtime"] = plan.Environment.Runtime,
            ["git commit"] = plan.Code.GitCommit ?? "-",
            ["git dirty"] = plan.Code.GitDirty?.ToString() ?? "-",
        };
        foreach (var (name, version) in plan.Environment.Engines) all["engine " + name] = version;
        foreach (var (name, version) in plan.Environment.Packages) all["package " + name] = version;
        return all;
    }

    static Dictionary<string, string> Flat(JsonElement? schema)
    {
        var all = new Dictionary<string, string>();
        if (schema is { } element) Walk("", element);
        return all;

        void Walk(string path, JsonElement at)
        {
            if (at.ValueKind == JsonValueKind.Object)
                foreach (var property in at.EnumerateObject()) Walk(path.Length == 0 ? property.Name : $"{path}.{property.Name}", property.Value);
            else if (at.ValueKind == JsonValueKind.Array)
            {
                var i = 0;
                foreach (var item in at.EnumerateArray())
                    Walk($"{path}[{(item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name", out var name) ? name.GetString() : (i++).ToString(CultureInfo.InvariantCulture))}]", item);
            }
            else all[path] = at.ToString();
        }
    }
}
