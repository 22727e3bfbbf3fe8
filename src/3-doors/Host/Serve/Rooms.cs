using System.Globalization;
using System.Text.Json;

namespace Kumiki.Hosting;

/// <summary>One room of the lifecycle and what is in it.</summary>
/// <param name="Name">plan, collect, analyze, prepare, preprocess, train, test, release, deploy, operate.</param>
/// <param name="Count">How many items it has; a family is one.</param>
/// <param name="Items">At most 12 of them, those that need a hand first.</param>
sealed record Room(int Number, string Name, int Count, IReadOnlyList<RoomItem> Items);

/// <summary>An asset in a room, or a family of them.</summary>
/// <param name="Name">The asset's, or the family's.</param>
/// <param name="Members">1; of a family, how many it has.</param>
/// <param name="Version">The version in use; null for a family, or where none was made.</param>
/// <param name="Stale">Members whose version in use is out of date; likewise the other counts.</param>
/// <param name="Verdict">GO or NO-GO, of a test report.</param>
/// <param name="Says">What it is about, in the words of the project: a goal's measure, what rows are split by, an endpoint's decision.</param>
sealed record RoomItem(
    string Name, bool IsFamily, AssetKind Kind, int Members, VersionName? Version, bool InProduction, int Stale, int NeverMade, int Running, int FailedChecks,
        string? Verdict, string? Says,
    IReadOnlyList<RoomFigure> Figures);

/// <param name="Name">rows, rows.rejected, findings, target, features, threshold, or a metric's own name.</param>
sealed record RoomFigure(string Name, double Value);

/// <summary>What stands in which room.</summary>
static class Rooms
{
    const int MostItems = 12;

    static readonly string[] Names = ["plan", "collect", "analyze", "prepare", "preprocess", "train", "test", "release", "deploy", "operate"];

    /// <summary>The room of a kind; reports are told apart by what they report.</summary>
    public static int Of(AssetKind kind) => kind switch
    {
        AssetKind.Goal => 1,
        AssetKind.Dataset => 2,
        AssetKind.Labels or AssetKind.Other => 4,
        AssetKind.Features => 5,
        AssetKind.Model => 6,
        AssetKind.Threshold or AssetKind.Report => 7,
        AssetKind.Endpoint or AssetKind.Predictions or AssetKind.SearchIndex => 9,
        _ => throw new System.Diagnostics.UnreachableException($"Give {kind} a room."),
    };

    /// <summary>Rooms 1 to 10; what is released and the runs of 8 and 10 stand in the answer beside them.</summary>
    public static IReadOnlyList<Room> Of(Shelf shelf, IReadOnlyDictionary<VersionName, VersionRecord> live)
    {
        var models = shelf.InUse.Values.Where(v => v.Kind == AssetKind.Model).Select(v => v.Asset).ToHashSet(StringComparer.Ordinal);
        var inputs = shelf.Edges.ToLookup(e => e.To, e => e.From, StringComparer.Ordinal);
        var items = shelf.Assets.Where(a => a.Declared).ToLookup(RoomOf);
        return [.. Names.Select((name, i) => RoomWith(i + 1, name, i + 1 is 4 or 5 ? items[i + 1].Concat(items[6]) : items[i + 1]))];

        int RoomOf(AssetStatus asset)
        {
            if (asset.Kind != AssetKind.Report) return Of(asset.Kind);
            var version = shelf.InUse.GetValueOrDefault(asset.Name);
            return version is not null && TestedModels.IsTestReport(version) ? 7
                : version?.Metrics.ContainsKey("findings") == true || !inputs[asset.Name].Any(models.Contains) ? 3 : 7;
        }

        Room RoomWith(int number, string name, IEnumerable<AssetStatus> assets)
        {
            List<RoomItem> all =
            [
                .. assets.GroupBy(a => a.Family ?? a.Name, StringComparer.Ordinal).Select(g => Item(number, g.Key, [.. g]))
                    .Where(i => (number is not (4 or 5)) || i.Kind != AssetKind.Model || i.Figures.Count > 0)
                    .OrderByDescending(i => i.FailedChecks > 0 || i.Verdict == "NO-GO").ThenByDescending(i => i.Stale > 0),
            ];
            return new(number, name, all.Count, [.. all.Take(MostItems)]);
        }

        RoomItem Item(int room, string name, IReadOnlyList<AssetStatus> members)
        {
            var first = members[0];
            var version = first.Family is null ? shelf.InUse.GetValueOrDefault(first.Name) : null;
            // A split and its features belong to a model; what is wrong with the model is said once, in its own room.
            var own = room is not (4 or 5) || first.Kind != AssetKind.Model;
            return new(
                name, first.Family is not null, first.Kind, members.Count, version?.Name, members.Any(m => m.Production is not null && m.Production == m.InUse),
                own ? members.Count(m => m.Freshness == Freshness.Stale) : 0,
                members.Count(m => m.Freshness == Freshness.NeverMade),
                own ? members.Sum(m => m.Running.Count) : 0,
                own ? members.Sum(m => m.FailedChecks) : 0,
                room == 7 ? version?.Facts.GetValueOrDefault("verdict") : null,
                version is null ? null : SaysOf(room, version),
                version is null ? [] : [.. FiguresOf(room, version)]);
        }
    }

    static string? SaysOf(int room, VersionRecord version) => room switch
    {
        1 => version.Facts.GetValueOrDefault("measure") ?? version.Facts.GetValueOrDefault("metric"),
        4 => version.Facts.GetValueOrDefault("split.by"),
        6 => version.Facts.GetValueOrDefault("algorithm"),
        7 => version.Facts.GetValueOrDefault("model"),
        9 => version.Facts.GetValueOrDefault("decision"),
        _ => null,
    };

    static IEnumerable<RoomFigure> FiguresOf(int room, VersionRecord version) => room switch
    {
        2 => [.. Fact(version, "rows", "rows"), .. Fact(version, "rows.rejected", "rejected")],
        3 => Metrics(version, "findings", "rows"),
        4 when version.Kind == AssetKind.Model => Metrics(version, "rows.train", "rows.validation", "rows.test"),
        5 when version.Kind == AssetKind.Model => Features(version),
        6 => Metrics(version, [.. version.Metrics.Keys.Where(IsOnTestRows).Order(StringComparer.Ordinal).Take(2)]),
        7 when version.Kind == AssetKind.Threshold => Fact(version, "threshold", "at"),
        9 => Fact(version, "rows", "rows"),
        _ => [],
    };

    /// <summary><c>mae.test</c>, and not <c>mae.test.mean</c> of a baseline nor <c>rows.test</c>.</summary>
    static bool IsOnTestRows(string metric) =>
        metric.Split('.') is [var figure, "test"] ? figure != "rows" : metric.Split('.') is ["test", var named] && named != "rows";

    static IEnumerable<RoomFigure> Metrics(VersionRecord version, params IReadOnlyList<string> names) =>
        names.Where(version.Metrics.ContainsKey).Select(n => new RoomFigure(n, version.Metrics[n]));

    static IEnumerable<RoomFigure> Features(VersionRecord model) =>
        model.Schema is { ValueKind: JsonValueKind.Object } schema && schema.TryGetProperty("features", out var features)
            && features.ValueKind == JsonValueKind.Array
            ? [new("features", features.GetArrayLength())]
            : [];

    static IEnumerable<RoomFigure> Fact(VersionRecord version, string name, string olderName) =>
        double.TryParse(version.Facts.GetValueOrDefault(name) ?? version.Facts.GetValueOrDefault(olderName), CultureInfo.InvariantCulture, out var value)
            ? [new(name, value)]
            : [];
}
