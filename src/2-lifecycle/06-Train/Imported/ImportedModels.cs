using Kumiki.Onnx;
using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki.Importing;

/// <summary>What became of a registered version.</summary>
public abstract record ImportEnd
{
    ImportEnd() { }

    /// <summary>It is a version of an asset, now or since before.</summary>
    public sealed record Taken(VersionName Version) : ImportEnd;

    /// <summary>Files that it names are not there yet.</summary>
    public sealed record Waits : ImportEnd;

    /// <summary>It never becomes one: its files are elsewhere, or it is a prompt, or shows what Kumiki made.</summary>
    public sealed record NotOurs : ImportEnd;
}

/// <summary>Makes registered versions of clients into versions of imported model assets.</summary>
/// <remarks>
/// <code>
/// registered model ──tag kumiki.asset──► asset
///   version 3 ─────tag kumiki.version──► asset@3     files: the same blobs, paths below the registered folder
///      └─ run, logged model, datasets ──► Imported    schema: the graph's own inputs and outputs, and the client's signature
/// </code>
/// 1. The files are listed and MLmodel is read; 2. the ONNX file is looked over; 3. the asset's name is settled and written down; 4. a run begins, which two
/// processes share; 5. a child opens the file; 6. the version is committed; 7. the registered version is told. A kill after any of them is made up for by
/// doing it again: the content of the version names the registered one, so that it is committed once. What is found wrong with a model is kept on its
/// version, which can be looked at and staged, but not released.
/// </remarks>
/// <param name="declared">Whether the project declares an asset of a name; those are not given to imported models.</param>
public sealed partial class ImportedModels(
    IMetadataStore metadata, IArtifactStore artifacts, ITrackingStore tracking, ModelCheck check, RunEnvironment environment,
    Func<string, CancellationToken, Task<bool>> declared, TimeProvider clock)
{
    /// <summary>The tag of a registered model that names its asset, and that of a registered version that names the asset's. Clients cannot write
    /// them.</summary>
    public const string AssetTag = "kumiki.asset", VersionTag = "kumiki.version";

    const string PromptTag = "mlflow.prompt.is_prompt";

    /// <summary>Takes a registered version in.</summary>
    /// <param name="asItIs">Whether files that are missing will not come any more.</param>
    /// <exception cref="KumikiException">The stores cannot be read or written; nothing is lost, and another try goes on.</exception>
    public async Task<ImportEnd> TakeAsync(ModelVersion registered, bool asItIs, CancellationToken stop)
    {
        if (registered.Tags.FirstOrDefault(t => t.Key == VersionTag) is { Value: { } told } && VersionName.TryParse(told, null, out var known))
            return new ImportEnd.Taken(known);
        if (TrackedPath.OfUri(registered.Storage) is not { IsTop: false } folder) return new ImportEnd.NotOurs();
        var model = await tracking.ModelAsync(registered.Model, stop);
        if (model.Tags.Any(t => t is { Key: PromptTag, Value: "true" }) || await ShowsMadeAsync(registered, stop)) return new ImportEnd.NotOurs();

        var generation = (await metadata.CollectionAsync(stop)).Generation;
        var files = await FilesAsync(folder, "", stop);
        if (files.Find(f => f.Path == MlModelFile.Name) is not { } description) return new ImportEnd.Waits();
        var (said, refused) = await ReadAsync(description, stop);
        ForeignModel? looked = null;
        if (said?.OnnxFile is { } onnx)
        {
            if (files.TrueForAll(f => f.Path != onnx)) refused = Message.Of("imported.no-onnx-file", ("file", onnx));
            else
            {
                try
                {
                    looked = await check.LookAsync(onnx, files, stop);
                }
                catch (RefusedModelException e)
                {
                    refused = e.Says;
                }
            }
            if (!asItIs && refused?.Id is "imported.no-onnx-file" or "onnx.external-missing") return new ImportEnd.Waits();
        }
        return new ImportEnd.Taken(await TakeAsync(new(registered, files, said, looked, refused, generation), model, stop));
    }

    /// <summary>A registered version, and what was found of it.</summary>
    /// <param name="Files">Below its folder.</param>
    /// <param name="Said">What MLmodel says; null where it cannot be read.</param>
    /// <param name="Looked">Its ONNX file; null where it has none that may be opened.</param>
    /// <param name="Refused">What is wrong with it, as far as that is known.</param>
    /// <param name="Generation">The collection's when the files were listed.</param>
    sealed record Found(ModelVersion Registered, List<VersionFile> Files, MlModelFile? Said, ForeignModel? Looked, Message? Refused, long Generation);

    /// <summary>Steps 3 to 7.</summary>
    async Task<VersionName> TakeAsync(Found found, RegisteredModel model, CancellationToken stop)
    {
        var (registered, files) = (found.Registered, found.Files);
        var asset = await AssetAsync(model, stop);
        var logged = await LoggedAsync(registered, stop);
        var run = await RunAsync(registered.Run ?? logged?.Run, stop);
        var content = Digest.OfParts(["imported model", $"{registered.CreatedMs}", $"{registered.Number}", registered.Storage,
            .. files.SelectMany(f => new[] { f.Path, f.Content.Hex })]);
        var plan = PlanOf(registered, run, logged, content, files);
        var begun = await metadata.BeginRunAsync(asset, plan, LivingProcess.Current, stop);
        VersionName version;
        if (begun is RunBegun.Joined joined) version = await JoinAsync(joined.Run, asset, stop);
        else
        {
            var started = (RunBegun.Started)begun;
            try
            {
                version = await CommitAsync(started, asset, found, new(run, logged), content, stop);
            }
            catch (Exception e)
            {
                var (state, why) = e is OperationCanceledException
                    ? (RunState.Cancelled, Message.Of("making.cancelled", ("asset", asset)))
                    : (RunState.Failed, (e as KumikiException)?.Says ?? Message.Of("imported.failed", ("asset", asset), ("reason", e.Message)));
                await metadata.EndRunAsync(started.Run, started.Fence, state, why, null, CancellationToken.None);
                throw;
            }
        }
        await tracking.TagVersionAsync(registered.Model, registered.Number, VersionTag, version.ToString(), stop);
        return version;
    }

    /// <summary>What the client logged of a version.</summary>
    sealed record Origin(TrackedRun? Run, LoggedModel? Logged);

    /// <summary>Steps 5 and 6.</summary>
    async Task<VersionName> CommitAsync(RunBegun.Started started, string asset, Found found, Origin origin, Digest content, CancellationToken stop)
    {
        var (registered, files, said, looked, refused, generation) = found;
        var (run, logged) = origin;
        var began = clock.GetTimestamp();
        string? by = null;
        if (looked is not null)
        {
            switch (await check.OpenAsync(looked, said!.OnnxFile!, files, stop))
            {
                case CheckEnd.Sound sound: by = sound.By; break;
                case CheckEnd.Refused no: refused = no.Why; break;
            }
        }
        else refused ??= Flavors.Refusal(said!.Named, asset);
        List<InputUse> inputs = [];
        foreach (var data in run?.Datasets ?? [])
            if (await MadeHereAsync(data, stop) is { } input && inputs.TrueForAll(i => i.Version != input.Version)) inputs.Add(input);
        var imported = new ImportedFrom(registered.Model, registered.Number, said?.Named ?? [])
        {
            Run = run?.Info.Id,
            LoggedModel = registered.LoggedModel,
            Data = [.. (run?.Datasets ?? []).Select(d => new ImportedData(d.Name, d.Digest, d.Tags.FirstOrDefault(t => t.Key == "mlflow.data.context").Value))],
            Onnx = looked is null ? null : said!.OnnxFile,
            CheckedBy = by,
            Refused = refused,
        };
        var version = new VersionRecord
        {
            Name = new(asset, 1),
            Kind = AssetKind.Model,
            Content = content,
            Files = files,
            Parts = new Dictionary<string, Digest> { [""] = content },
            Inputs = inputs,
            Metrics = Metrics(run, logged),
            Checks = by is null ? [] : [new("onnx", CheckKind.Test, Held: true, Message.Of("imported.sound",
                ("engine", by), ("inputs", looked!.Inputs.Count), ("outputs", looked.Outputs.Count)))],
            Schema = SchemaOf(said, looked),
            Facts = FactsOf(imported, looked),
            RawKey = registered.Model,
            Imported = imported,
            RecipeKey = content,
            MadeBy = started.Run,
            MadeAt = clock.GetUtcNow(),
        };
        var cost = new RunCost(clock.GetElapsedTime(began), TimeSpan.Zero, 0, new Dictionary<string, TimeSpan>());
        while (true)
        {
            switch (await metadata.CommitAsync(started.Run, started.Fence, new(version, registered.Number), cost, generation, stop))
            {
                case CommitEnd.Made made: return made.Version.Name;
                case CommitEnd.Existing existing: return existing.Version.Name;
                case CommitEnd.Fenced: throw new KumikiException(Message.Of("making.fenced", ("asset", asset), ("run", started.Run)));
                case CommitEnd.Collected:
                    var settled = await GarbageCollection.SettleAsync(metadata, artifacts, [.. files.Select(f => f.Content)], new(), clock, stop);
                    if (settled.Missing.Count > 0) throw new KumikiException(Message.Of("making.collected", ("asset", asset)));
                    generation = settled.Generation;
                    break;
            }
        }
    }

    /// <summary>Another process takes it in at this moment.</summary>
    async Task<VersionName> JoinAsync(RunId run, string asset, CancellationToken stop)
    {
        await foreach (var _ in metadata.ChangesAsync(-1, stop))
        {
            var now = await metadata.RunAsync(run, stop);
            if (now is not { State: RunState.Running })
                return now?.Result ?? throw new KumikiException(now?.Error ?? Message.Of("making.no-run", ("run", run)));
        }
        throw new OperationCanceledException(stop);
    }

    async Task<(MlModelFile? Said, Message? Refused)> ReadAsync(VersionFile description, CancellationToken stop)
    {
        if (description.Bytes > MlModelFile.MostBytes)
            return (null, Message.Of("imported.mlmodel-long", ("bytes", description.Bytes), ("most", MlModelFile.MostBytes)));
        var bytes = new byte[description.Bytes];
        await using (var stream = artifacts.Open(description.Content)) await stream.ReadExactlyAsync(bytes, stop);
        try
        {
            return (MlModelFile.Read(bytes), null);
        }
        catch (KumikiException e)
        {
            return (null, e.Says);
        }
    }

    /// <summary>All files below a folder, by path.</summary>
    async Task<List<VersionFile>> FilesAsync(TrackedPath folder, string below, CancellationToken stop)
    {
        var files = new List<VersionFile>();
        foreach (var entry in await tracking.ArtifactsAsync(folder, stop))
        {
            var path = folder.Below(entry.Name)!.Value;
            if (entry.Bytes is null) files.AddRange(await FilesAsync(path, $"{below}{entry.Name}/", stop));
            else if (await tracking.ArtifactAsync(path, stop) is { } blob) files.Add(new(below + entry.Name, blob.Content, blob.Bytes));
        }
        return files;
    }
}
