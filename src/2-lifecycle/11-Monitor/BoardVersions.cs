using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Monitoring;

/// <summary>A version whose rows a board reads.</summary>
/// <param name="Columns">Names of the columns its rows have.</param>
sealed record BoardTable(VersionName Version, IReadOnlySet<string> Columns, IReadOnlyList<string> Files);

/// <summary>Which versions a board shows: production's by default, else the newest; and the earlier forecasts, for what has changed.</summary>
/// <param name="Actual">Null: none was made.</param>
/// <param name="Earlier">Forecasts made before <paramref name="Forecasts"/>, newest first, at most 8.</param>
sealed record BoardVersions(BoardPlan Plan, bool Newest, BoardTable? Actual, BoardTable? Forecasts, BoardTable? Accuracy, IReadOnlyList<BoardTable> Earlier)
{
    const int MostEarlier = 8;

    /// <param name="newest">The newest versions, whatever is in production.</param>
    public static async Task<BoardVersions> ReadAsync(BoardPlan plan, IMetadataStore metadata, IArtifactStore artifacts, bool newest, CancellationToken stop)
    {
        var production = newest ? new Dictionary<string, int>() : (await metadata.ProductionAsync(stop)).Set;
        var last = await metadata.NewestAsync(stop);
        var forecasts = await TableAsync(plan.Forecasts);
        var earlier = new List<BoardTable>();
        for (var number = forecasts?.Version.Number - 1 ?? 0; number > 0 && earlier.Count < MostEarlier; number--)
            if (await OfAsync(new(forecasts!.Version.Asset, number)) is { } older) earlier.Add(older);
        return new(plan, newest, await TableAsync(plan.Actual), forecasts, await TableAsync(plan.Accuracy), earlier);

        async Task<BoardTable?> TableAsync(Asset? asset)
        {
            if (asset is null || !(production.TryGetValue(asset.Name, out var number) || last.TryGetValue(asset.Name, out number))) return null;
            return await OfAsync(new(asset.Name, number));
        }

        async Task<BoardTable?> OfAsync(VersionName name)
        {
            if (await metadata.VersionAsync(name, stop) is not { Schema: { } schema } version) return null;
            var files = new List<string>();
            foreach (var file in version.Files.Where(f => f.Path.StartsWith("rows/",
                StringComparison.Ordinal))) files.Add(await artifacts.PathAsync(file.Content, stop));
            return files.Count == 0 ? null : new(name, RowSchema.FromJson(schema).Columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal), files);
        }
    }
}
