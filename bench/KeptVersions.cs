using Kumiki.Store;

namespace Kumiki.Bench;

/// <summary>Versions put into a data folder as a making would, without making anything.</summary>
static class KeptVersions
{
    /// <param name="inputs">What it must fit.</param>
    public static async Task<VersionRecord> KeepAsync(this DataFolder data, string name, AssetKind kind, string file, byte[] bytes, IReadOnlyList<VersionRecord> inputs, CancellationToken stop)
    {
        var blob = await data.Artifacts.PutAsync(new MemoryStream(bytes), stop);
        var content = Digest.OfParts([name, blob.Content.Hex, .. inputs.Select(i => i.Name.ToString())]);
        var plan = new RunPlan
        {
            Parameters = new Dictionary<string, string>(),
            Seed = 0,
            RecipeKey = Digest.Of(name),
            MakingKey = content,
            Recipe = new Dictionary<string, string>(),
            Inputs = [.. inputs.Select(i => i.Name)],
            Code = new(Digest.Of("bench"), Digest.Of("bench"), "bench", null, false),
            Environment = new("", "", 1, 0, "", new Dictionary<string, string>(), new Dictionary<string, string>()),
        };
        if (await data.Metadata.BeginRunAsync(name, plan, LivingProcess.Current, stop) is not RunBegun.Started { Run: var run }) throw new BenchmarkException($"{name} was begun before.");
        var record = new VersionRecord
        {
            Name = new(name, 1),
            Kind = kind,
            Content = content,
            Files = [new(file, blob.Content, blob.Bytes)],
            Inputs = [.. inputs.Select(i => new InputUse(i.Name, EdgeKind.Fit, i.Parts))],
            Parts = new Dictionary<string, Digest> { [""] = content },
            RecipeKey = Digest.Of(name),
            MadeBy = run,
            MadeAt = DateTimeOffset.UnixEpoch,
        };
        return await data.Metadata.CommitAsync(run, 1, new(record), new(TimeSpan.Zero, TimeSpan.Zero, 0, new Dictionary<string, TimeSpan>()),
            (await data.Metadata.CollectionAsync(stop)).Generation, stop) is CommitEnd.Made { Version: var made } ? made : throw new BenchmarkException($"{name} could not be kept.");
    }
}
