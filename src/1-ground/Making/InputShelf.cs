using System.Collections.Concurrent;
using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>Which version of each input a call uses: one given, else one made in this call, else (by default) the staging one, else production's.</summary>
sealed class InputShelf
{
    readonly IMetadataStore metadata;
    readonly Dictionary<string, VersionName> chosen = new(StringComparer.Ordinal);
    readonly IReadOnlyDictionary<string, int> newest;
    readonly HashSet<string> given;
    readonly ConcurrentDictionary<string, VersionRecord> records = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, VersionRecord> made = new(StringComparer.Ordinal);

    InputShelf(IMetadataStore metadata, IReadOnlyDictionary<string, int> newest, HashSet<string> given) => (this.metadata, this.newest, this.given) = (metadata, newest, given);

    public static async Task<InputShelf> ReadAsync(IMetadataStore metadata, MakeOrder order, CancellationToken stop)
    {
        var newest = await metadata.NewestAsync(stop);
        var shelf = new InputShelf(metadata, newest, [.. order.Use.Select(u => u.Asset)]);
        if (order.UseNewest)
            foreach (var (asset, number) in newest) shelf.chosen[asset] = new(asset, number);
        else
        {
            foreach (var (asset, number) in (await metadata.ProductionAsync(stop)).Set) shelf.chosen[asset] = new(asset, number);
            foreach (var staged in (await metadata.StagesAsync(stop)).Where(s => s.Stage == "staging")) shelf.chosen[staged.Asset] = new(staged.Asset, staged.Number);
        }
        foreach (var use in order.Use) shelf.chosen[use.Asset] = use;
        return shelf;
    }

    /// <summary>Reads the chosen versions of every input of <paramref name="nodes"/> at once.</summary>
    public async Task LoadAsync(IReadOnlyCollection<AssetNode> nodes, CancellationToken stop)
    {
        var names = nodes.SelectMany(n => n.Inputs).Select(i => i.Asset).Distinct().Where(chosen.ContainsKey).Select(a => chosen[a]).ToList();
        var found = await metadata.VersionsAsync(names, stop);
        foreach (var name in names)
        {
            if (found.TryGetValue(name, out var record)) records[name.Asset] = record;
            else throw new KumikiException(Message.Of("making.no-version", ("version", name)));
        }
    }

    /// <summary>Inputs of a node with no version to use, unless they are made in this call.</summary>
    public IEnumerable<Finding> Missing(AssetNode node, IReadOnlyCollection<AssetNode> making)
    {
        foreach (var input in node.Inputs.Where(i => !records.ContainsKey(i.Asset) && making.All(m => m.Name != i.Asset)))
        {
            yield return newest.TryGetValue(input.Asset, out var number)
                ? new("input", Severity.Refusal, Message.Of("making.input-unstaged", ("asset", node.Name), ("input", input.Asset), ("newest", new VersionName(input.Asset, number))),
                    [$"kumiki stage {input.Asset}@{number}", $"kumiki make {node.Name} --use newest"])
                : node.InputAssets.Any(a => a.Name == input.Asset && a.IsBroughtIn)
                    ? new("input", Severity.Refusal, Message.Of("imported.input-missing", ("asset", node.Name), ("input", input.Asset)),
                        [$"kumiki models import {input.Asset} FILE.onnx", $"kumiki stage {input.Asset}@1"])
                : new("input", Severity.Refusal, Message.Of("making.input-unmade", ("asset", node.Name), ("input", input.Asset)),
                    [$"kumiki make {node.Name} --upstream", $"kumiki make {input.Asset} --stage"]);
        }
    }

    public void Made(VersionRecord version) => made[version.Asset] = version;

    /// <summary>The inputs of a node, by asset.</summary>
    public IReadOnlyDictionary<string, VersionRecord> Of(AssetNode node) =>
        node.Inputs.ToDictionary(i => i.Asset, i => !given.Contains(i.Asset) && made.TryGetValue(i.Asset, out var fresh) ? fresh : records[i.Asset], StringComparer.Ordinal);

    /// <summary>The version of each asset that is in use now, else its newest.</summary>
    public async Task<IReadOnlyDictionary<string, VersionRecord>> InUseAsync(IEnumerable<AssetNode> nodes, IReadOnlyDictionary<string, int> newest, CancellationToken stop)
    {
        var names = nodes.Select(n => chosen.TryGetValue(n.Name, out var use) ? use : newest.TryGetValue(n.Name, out var number) ? new(n.Name, number) : default(VersionName?)).OfType<VersionName>().ToList();
        return (await metadata.VersionsAsync(names, stop)).Values.ToDictionary(v => v.Asset, StringComparer.Ordinal);
    }
}
