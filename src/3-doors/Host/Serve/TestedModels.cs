using System.Collections.Concurrent;
using System.Text.Json;

namespace Kumiki.Hosting;

/// <summary>A test report with what it says of the goal.</summary>
/// <param name="InProduction">Whether the model it is of is in production.</param>
/// <param name="Figure">The goal's figure on the test rows; null where the report holds no goal that is worked out from a figure.</param>
sealed record TestedModel(VersionRecord Report, VersionName Model, bool InProduction, ReportedGoal? Figure)
{
    public bool Go => Report.Facts.GetValueOrDefault("verdict") == "GO";
}

/// <summary><c>goalCheck</c> of a report.json, as docs/formats/test-report.md has it.</summary>
sealed record ReportedGoal(string Measure, string? Unit, double Value, double? Low, double? High, double? Target, double? Today, bool LowerIsBetter);

/// <summary>The newest test report of every model in production, and those in use.</summary>
static class TestedModels
{
    const int MostUsers = 40;

    /// <summary>What report.json said, by its digest: a blob never changes.</summary>
    static readonly ConcurrentDictionary<Digest, ReportedGoal?> Read = [];

    public static bool IsTestReport(VersionRecord version) => version.Kind == AssetKind.Report && version.Facts.ContainsKey("verdict");

    public static async Task<IReadOnlyList<TestedModel>> ReadAsync(Served served, Shelf shelf, IReadOnlyDictionary<VersionName, VersionRecord> live,
        CancellationToken stop)
    {
        var reports = new Dictionary<VersionName, VersionRecord>();
        foreach (var model in live.Values.Where(v => v.Kind == AssetKind.Model))
            foreach (var newest in (await served.Metadata.UsersOfAsync(model.Name, MostUsers, stop)).Where(IsTestReport)
                .GroupBy(r => r.Asset, StringComparer.Ordinal).Select(g => g.First()))
                reports[newest.Name] = newest;
        foreach (var used in shelf.InUse.Values.Where(IsTestReport)) reports[used.Name] = used;

        var tested = new List<TestedModel>();
        foreach (var report in reports.Values.OrderBy(r => r.Name))
            if (await OfAsync(served, report, live, stop) is { } one) tested.Add(one);
        return tested;
    }

    /// <summary>What one report says; null where it does not name its model.</summary>
    public static async Task<TestedModel?> OfAsync(
        Served served, VersionRecord report, IReadOnlyDictionary<VersionName, VersionRecord> live, CancellationToken stop) =>
        VersionName.TryParse(report.Facts.GetValueOrDefault("model"), null, out var model)
            ? new(report, model, live.ContainsKey(model), await GoalOfAsync(served, report, stop))
            : null;

    static async Task<ReportedGoal?> GoalOfAsync(Served served, VersionRecord report, CancellationToken stop)
    {
        if (report.Files.FirstOrDefault(f => f.Path == "report.json") is not { } file || !served.Artifacts.Contains(file.Content)) return null;
        if (Read.TryGetValue(file.Content, out var known)) return known;
        await using var bytes = served.Artifacts.Open(file.Content);
        using var json = await JsonDocument.ParseAsync(bytes, cancellationToken: stop);
        return Read[file.Content] = json.RootElement.TryGetProperty("goalCheck", out var check) && check.ValueKind == JsonValueKind.Object ? Goal(check) : null;
    }

    static ReportedGoal? Goal(JsonElement check) =>
        !check.TryGetProperty("figure", out var figure) || Number(figure, "value") is not { } value
            ? null
            : new(Text(check, "measure") ?? "", Text(check, "unit"), value, Number(figure, "low"), Number(figure, "high"), Number(check, "target"),
                Number(check, "today"), Text(figure, "better") == "lower");

    static double? Number(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        ? value.GetDouble()
        : null;

    static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()
        : null;
}

/// <summary>A goal and what the reports say of it.</summary>
/// <param name="Target">What the measure was to reach; null where no version of the goal is kept.</param>
/// <param name="Readings">Of the models in production first.</param>
sealed record GoalState(string Asset, VersionName? Version, string? Problem, string? Measure, string? Unit, double? Target, IReadOnlyList<GoalReading> Readings)
{
    public static async Task<IReadOnlyList<GoalState>> OfAsync(Served served, Shelf shelf, IReadOnlyList<TestedModel> tested, CancellationToken stop)
    {
        var goals = new List<GoalState>();
        foreach (var status in shelf.Assets.Where(a => a.Kind == AssetKind.Goal))
        {
            var version = shelf.InUse.GetValueOrDefault(status.Name);
            List<GoalReading> readings =
            [
                .. tested.Where(t => t.Report.Inputs.Any(i => i.Version.Asset == status.Name)).OrderByDescending(t => t.InProduction).ThenBy(t => t.Report.Name)
                    .Select(GoalReading.Of),
            ];
            goals.Add(new(
                status.Name, version?.Name, version?.Facts.GetValueOrDefault("problem"),
                    version?.Facts.GetValueOrDefault("measure") ?? version?.Facts.GetValueOrDefault("metric"),
                version is null ? null : await PartAsync<string?>(served, version, "unit", stop), version is null ? null
                    : await PartAsync<double?>(served, version, "target", stop), readings));
        }
        return goals;
    }

    static async Task<T?> PartAsync<T>(Served served, VersionRecord goal, string part, CancellationToken stop)
    {
        if (goal.Files.FirstOrDefault(f => f.Path == $"parts/{part}.json") is not { } file || !served.Artifacts.Contains(file.Content)) return default;
        await using var bytes = served.Artifacts.Open(file.Content);
        return await JsonSerializer.DeserializeAsync<T>(bytes, JsonSerializerOptions.Web, stop);
    }
}

/// <summary>What one report says of a goal.</summary>
/// <param name="Met">Whether the target is reached by the interval's worse end; null where the report does not say.</param>
/// <param name="Value">The measure on the test rows, with its interval, in the goal's unit.</param>
sealed record GoalReading(VersionName Report, VersionName Model, bool InProduction, bool Go, bool? Met, double? Value, double? Low, double? High,
    double? Target)
{
    public static GoalReading Of(TestedModel tested) => new(
        tested.Report.Name, tested.Model, tested.InProduction, tested.Go, tested.Report.Checks.FirstOrDefault(c => c.Name == "target")?.Held,
        tested.Figure?.Value, tested.Figure?.Low, tested.Figure?.High, tested.Figure?.Target);
}
