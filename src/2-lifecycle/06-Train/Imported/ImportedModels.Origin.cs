using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Onnx;
using Kumiki.Tracking;

namespace Kumiki.Importing;

public sealed partial class ImportedModels
{
    /// <summary>Whether a registered version shows one that Kumiki made.</summary>
    async Task<bool> ShowsMadeAsync(ModelVersion registered, CancellationToken stop) =>
        await RunAsync(registered.Run, stop) is { } run && run.Tags.FirstOrDefault(t => t.Key == VersionTag) is { Value: { } told }
            && VersionName.TryParse(told, null, out var made) && MadeModel.RunOf(made) == run.Info.Id;

    /// <summary>The asset of a registered model: what was written down for it, else the first free name, which is written down.</summary>
    /// <remarks>Free is a name that the project does not declare, of which nothing was made, and that no other registered model has. An asset whose
    /// registered model was deleted goes on under the next one of its name.</remarks>
    async Task<string> AssetAsync(RegisteredModel model, CancellationToken stop)
    {
        if (model.Tags.FirstOrDefault(t => t.Key == AssetTag) is { Value: { } known } && AssetName.IsValid(known)) return known;
        var slug = AssetName.Slug(model.Name);
        for (var tries = 1; ; tries++)
        {
            var name = tries switch { 1 => slug, 2 => $"{slug}-imported", _ => $"{slug}-imported-{tries - 1}" };
            if (await IsTakenAsync(name, stop)) continue;
            var owners = await OwnersAsync(name, stop);
            if (owners.Any(o => o.Name != model.Name)) continue;
            if (owners.Count == 0) await tracking.TagModelAsync(model.Name, AssetTag, name, stop);
            // Two models that wrote the same name at one moment both see it now, and give way; one that saw itself alone has it.
            if (owners.Count == 1 || await OwnersAsync(name, stop) is [var only] && only.Name == model.Name) return name;
        }
    }

    /// <summary>The registered models that have an asset's name: one, or none.</summary>
    Task<IReadOnlyList<RegisteredModel>> OwnersAsync(string asset, CancellationToken stop) =>
        tracking.SearchModelsAsync(new([new(SearchEntity.Tag, AssetTag, Comparison.Equal, asset)], []), prompts: false, new(0, 2), stop);

    /// <summary>Whether a name is that of an asset which is made here.</summary>
    public async Task<bool> IsTakenAsync(string asset, CancellationToken stop) =>
        await declared(asset, stop) || await metadata.VersionsAsync(asset, 1, null, stop) is [{ Imported: null }];

    async Task<TrackedRun?> RunAsync(string? run, CancellationToken stop)
    {
        if (run is null) return null;
        try
        {
            return await tracking.RunAsync(run, stop);
        }
        catch (TrackingException e) when (e.Fault == TrackingFault.NotThere)
        {
            return null;        // clients may name any run, also one of another server
        }
    }

    async Task<LoggedModel?> LoggedAsync(ModelVersion registered, CancellationToken stop)
    {
        if (registered.LoggedModel is not { } id) return null;
        try
        {
            return await tracking.LoggedModelAsync(id, deletedToo: true, stop);
        }
        catch (TrackingException e) when (e.Fault == TrackingFault.NotThere)
        {
            return null;
        }
    }

    /// <summary>What the client's run read, where that is a version of this store.</summary>
    async Task<InputUse?> MadeHereAsync(DatasetInput data, CancellationToken stop)
    {
        if (data.SourceType != "kumiki") return null;
        string? told;
        try
        {
            told = (JsonNode.Parse(data.Source) as JsonObject)?["version"]?.ToString();
        }
        catch (JsonException)
        {
            return null;        // a client's own use of the word
        }
        if (!VersionName.TryParse(told, null, out var name) || await metadata.VersionAsync(name, stop) is not { } version) return null;
        return version.Content.Hex.StartsWith(data.Digest, StringComparison.Ordinal)
            ? new(name, EdgeKind.Source, new Dictionary<string, Digest> { [""] = version.Part("") ?? version.Content })
            : null;
    }

    /// <summary>The program is the client's: what is known of it are its tags. In place of its files the run names those of the model.</summary>
    RunPlan PlanOf(ModelVersion registered, TrackedRun? run, LoggedModel? logged, Digest content, List<VersionFile> files)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in (run?.Params ?? []).Concat(logged?.Params ?? [])) parameters[entry.Key] = entry.Value;
        return new()
        {
            Parameters = parameters,
            Seed = 0,
            RecipeKey = content,
            MakingKey = content,
            Recipe = new Dictionary<string, string> { ["imported"] = $"{registered.Model} {registered.Number}" },
            Inputs = [],
            Code = new(content, files.First(f => f.Path == MlModelFile.Name).Content, Tag("mlflow.source.name") ?? "-", Tag("mlflow.source.git.commit"), null),
            Environment = environment,
        };

        string? Tag(string key) => run?.Tags.FirstOrDefault(t => t.Key == key) is { Value: { Length: > 0 } value } ? value : null;
    }

    /// <summary>The newest finite figures of the run, and those measured for the logged model.</summary>
    static SortedDictionary<string, double> Metrics(TrackedRun? run, LoggedModel? logged)
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var point in (run?.Metrics ?? []).Concat((logged?.Metrics ?? []).Select(m => m.Point)))
            if (double.IsFinite(point.Value)) metrics[point.Key] = point.Value;
        return metrics;
    }

    static JsonElement? SchemaOf(MlModelFile? said, ForeignModel? looked)
    {
        if (looked is null && said?.Signature is null) return null;
        var schema = new JsonObject();
        if (looked is not null)
        {
            schema["inputs"] = Values(looked.Inputs);
            schema["outputs"] = Values(looked.Outputs);
        }
        if (said?.Signature is { } signature) schema["signature"] = signature.DeepClone();
        return JsonSerializer.SerializeToElement(schema);

        static JsonArray Values(IEnumerable<ForeignValue> values) => new([.. values.Select(v => new JsonObject
        {
            ["name"] = v.Name,
            ["type"] = v.Type,
            ["shape"] = v.Shape is null ? null : new JsonArray([.. v.Shape.Select(d => JsonValue.Create(d))]),
        })]);
    }

    static SortedDictionary<string, string> FactsOf(ImportedFrom imported, ForeignModel? looked)
    {
        var facts = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["registered as"] = string.Create(CultureInfo.InvariantCulture, $"{imported.Model} {imported.Number}"),
            ["flavors"] = string.Join(", ", imported.Flavors),
        };
        if (imported.Run is { } run) facts["run"] = run;
        if (imported.LoggedModel is { } logged) facts["logged model"] = logged;
        if (looked is not null) facts["operators"] = string.Join(", ", looked.Opsets.Select(o => $"{o.Key} {o.Value}"));
        foreach (var data in imported.Data) facts[$"dataset {data.Name}"] = data.Context is null ? data.Digest : $"{data.Digest} ({data.Context})";
        return facts;
    }
}
