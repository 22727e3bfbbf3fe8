using System.Reflection;
using System.Text.Json;
using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>The keys that families take from data: each dataset version keeps the distinct values of the columns that families ask for, with their rows.</summary>
public static class FamilyKeys
{
    /// <returns>By <c>dataset/column</c>, from the version in use (staging, else production, else the newest).</returns>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>> ReadAsync(Project project, IMetadataStore metadata, IArtifactStore artifacts, CancellationToken stop)
    {
        var wanted = project.Types.Select(t => t.GetCustomAttribute<KeysFromAttribute>()).OfType<KeysFromAttribute>().Select(k => (Dataset: AssetName.Of(k.Dataset.Name), k.Column)).Distinct().ToList();
        var found = new Dictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal);
        if (wanted.Count == 0) return found;
        var newest = await metadata.NewestAsync(stop);
        var production = await metadata.ProductionAsync(stop);
        var staged = (await metadata.StagesAsync(stop)).Where(s => s.Stage == "staging").ToDictionary(s => s.Asset, s => s.Number);
        foreach (var (dataset, column) in wanted)
        {
            if (!(staged.TryGetValue(dataset, out var number) || production.Set.TryGetValue(dataset, out number) || newest.TryGetValue(dataset, out number))) continue;
            var version = await metadata.VersionAsync(new(dataset, number), stop);
            if (version?.Files.FirstOrDefault(f => f.Path == $"keys/{column}.json") is not { } file) continue;
            await using var stream = artifacts.Open(file.Content);
            found[$"{dataset}/{column}"] = (await JsonSerializer.DeserializeAsync<SortedDictionary<string, long>>(stream, cancellationToken: stop))!;
        }
        return found;
    }
}
