using System.Globalization;
using Kumiki.Onnx;
using Kumiki.Serving;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Deploying;

/// <summary>The versions that predict a batch, opened.</summary>
/// <param name="Model">The model's version.</param>
/// <param name="Endpoint">The endpoint's version, where one was named.</param>
/// <param name="Data">The schema of the rows that the model was trained on; null where no one knows it.</param>
sealed record BatchTarget(VersionRecord Model, VersionRecord? Endpoint, RowSchema? Data, Scorer Scorer) : IDisposable
{
    /// <summary>What decides on the scores, where an endpoint was named.</summary>
    public Deciding? Deciding { get; private init; }

    /// <summary>Finds and opens what a name means: a number, a stage, or without either production's version, else the staging one, else the newest.</summary>
    /// <exception cref="KumikiException">There is none such, it is neither model nor endpoint, or its model was trained elsewhere.</exception>
    public static async Task<BatchTarget> OpenAsync(string named, IMetadataStore metadata, IArtifactStore artifacts, CancellationToken stop)
    {
        var pointers = await Pointers.ReadAsync(metadata, stop);
        var record = await FindAsync(named, pointers, metadata, stop);
        var (endpoint, plan) = record.Kind == AssetKind.Endpoint ? (record, await PlanOfAsync(record, artifacts, stop)) : (null, null);
        if (plan is { Decision.Parts.Count: > 1 }) throw new KumikiException(Message.Of("predict.parts", ("version", record.Name), ("models", plan.Decision.Parts.Count)));
        var model = record.Kind switch
        {
            AssetKind.Model => record,
            AssetKind.Endpoint => await ModelOfAsync(record, plan!, metadata, stop),
            _ => throw new KumikiException(Message.Of("predict.kind", ("version", record.Name), ("kind", record.Kind))),
        };
        if (model.Imported is not null) throw new KumikiException(Message.Of("predict.imported", ("version", model.Name)));
        var file = model.Files.FirstOrDefault(f => f.Path == "model.onnx") ?? throw new KumikiException(Message.Of("predict.no-file", ("version", model.Name)));
        var scorer = Scorer.Open(await File.ReadAllBytesAsync(await artifacts.PathAsync(file.Content, stop), stop));
        try
        {
            return new(model, endpoint, await DataOfAsync(model, scorer, metadata, stop), scorer)
            {
                Deciding = plan is null ? null : new(record.Name, plan.Decision.Rule, ModelOutputs.Of(scorer)),
            };
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    static async Task<VersionRecord> FindAsync(string named, Pointers pointers, IMetadataStore metadata, CancellationToken stop)
    {
        var (asset, version) = named.Split('@', 2) is [var before, var after] ? (before, after) : (named, "");
        if (!pointers.Assets.Contains(asset))
            throw new KumikiException(ColumnName.Nearest(asset, pointers.Assets) is { } near
                ? Message.Of("predict.no-asset-near", ("asset", asset), ("near", near)) : Message.Of("predict.no-asset", ("asset", asset)));
        var name = version.Length == 0 ? pointers.Default(asset)
            : int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new VersionName(asset, number)
            : pointers.Staged(asset, version);
        return name is { } found && await metadata.VersionAsync(found, stop) is { } record ? record
            : throw new KumikiException(Message.Of("predict.no-version", ("asset", asset), ("version", version)));
    }

    static async Task<EndpointPlan> PlanOfAsync(VersionRecord endpoint, IArtifactStore artifacts, CancellationToken stop)
    {
        var file = endpoint.Files.FirstOrDefault(f => f.Path == EndpointPlan.FileName)
            ?? throw new KumikiException(Message.Of("endpoint.old", ("endpoint", endpoint.Name), ("asset", endpoint.Asset)));
        return EndpointPlan.Read(await File.ReadAllBytesAsync(await artifacts.PathAsync(file.Content, stop), stop));
    }

    /// <summary>The version of the model that an endpoint's version was made for.</summary>
    static async Task<VersionRecord> ModelOfAsync(VersionRecord endpoint, EndpointPlan plan, IMetadataStore metadata, CancellationToken stop) =>
        endpoint.Inputs.FirstOrDefault(i => i.Version.Asset == plan.Decision.Model) is { } use
            && await metadata.VersionAsync(use.Version, stop) is { } model ? model
            : throw new KumikiException(Message.Of("predict.endpoint-model", ("version", endpoint.Name), ("model", plan.Decision.Model)));

    /// <summary>The schema of the dataset among a model's inputs that has every column the model reads.</summary>
    static async Task<RowSchema?> DataOfAsync(VersionRecord model, Scorer scorer, IMetadataStore metadata, CancellationToken stop)
    {
        var inputs = await metadata.VersionsAsync([.. model.Inputs.Select(i => i.Version)], stop);
        foreach (var use in model.Inputs)
            if (inputs.GetValueOrDefault(use.Version) is { Kind: AssetKind.Dataset, Schema: { } schema }
                && RowSchema.FromJson(schema) is var rows && scorer.Columns.All(c => rows.Find(c.Name) is not null)) return rows;
        return null;
    }

    /// <summary>What is read of the input: the keys, then what else the model reads, each as the model's data have it.</summary>
    /// <param name="other">What a key is that those data do not have.</param>
    /// <exception cref="KumikiException">A key is named twice, or as what is written beside it.</exception>
    public RowSchema Reads(IReadOnlyList<string> keys, IEnumerable<string> beside, Func<string, ColumnSchema> other)
    {
        var written = beside.ToList();
        List<string> carried = keys.Count > 0 ? [.. keys] : [.. Scorer.Columns.Select(c => c.Name)];
        foreach (var key in carried)
        {
            if (carried.Count(c => c.Equals(key, StringComparison.OrdinalIgnoreCase)) > 1)
                throw new KumikiException(Message.Of("predict.key-twice", ("column", key)));
            if (written.Contains(key, StringComparer.OrdinalIgnoreCase))
                throw new KumikiException(Message.Of("predict.key-taken", ("column", key), ("columns", string.Join(", ", written))));
        }
        return new("Row", [.. carried.Concat(Scorer.Columns.Select(c => c.Name)).Distinct(StringComparer.Ordinal).Select(Column)]);

        ColumnSchema Column(string name)
        {
            if (Data?.Find(name) is { } known) return known with { Path = null, SourceFile = false, Content = false };
            if (Scorer.Columns.FirstOrDefault(c => c.Name == name) is not { } read) return other(name);
            return new()
            {
                Name = name,
                Property = name,
                Nullable = true,
                Kind = read.Kind switch
                {
                    Onnx.ColumnKind.Text => Tables.ColumnKind.String,
                    Onnx.ColumnKind.Date => Tables.ColumnKind.DateOnly,
                    Onnx.ColumnKind.Flag => Tables.ColumnKind.Bool,
                    _ => Tables.ColumnKind.Double,
                },
            };
        }
    }

    public void Dispose() => Scorer.Dispose();
}
