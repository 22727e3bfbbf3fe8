using Kumiki.Onnx;

namespace Kumiki.Serving;

sealed partial class ModelShelf
{
    /// <summary>Between the names of models that are asked together; no name has it.</summary>
    public const char Together = '+';

    /// <summary>More models than this are not asked together.</summary>
    public const int MostTogether = 32;

    /// <summary>Which of some versions share the greater part of their weights, and so are worth asking together; alone are those that cannot be read that far,
    /// and those that Kumiki made of tables, whose rows are held against their own columns.</summary>
    /// <returns>Each version once, groups in the order of their first.</returns>
    /// <exception cref="InferenceException">There is no such version.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<VersionName>>> GroupsAsync(IReadOnlyList<VersionName> versions, CancellationToken stop)
    {
        var (readable, groups) = (new List<(VersionName Version, OnnxModel Model)>(), new List<IReadOnlyList<VersionName>>());
        foreach (var version in versions)
        {
            try
            {
                var model = OnnxModel.Read(await ReadAsync((await FileAsync(version, stop)).File, stop));
                if (ModelInputs.IsMade(model)) groups.Add([version]);
                else readable.Add((version, model));
            }
            catch (KumikiException e) when (e is not InferenceException)
            {
                groups.Add([version]);      // it has parts that are not rewritten, such as sub-graphs
            }
        }
        foreach (var group in JoinedModels.Groups([.. readable.Select(r => r.Model)])) groups.Add([.. group.Select(at => readable[at].Version)]);
        return [.. groups.OrderBy(g => versions.Index().First(v => v.Item == g[0]).Index)];
    }

    /// <summary>Versions that share their beginning as one model to be asked, whose answer has a <see cref="InferenceAnswer.Part"/> for each, in their order:
    /// what they share runs once. Whoever takes it releases it.</summary>
    /// <exception cref="InferenceException">They share nothing, or give other answers together than alone; or one is not there or cannot be
    /// loaded.</exception>
    public async Task<LoadedModel> UseTogetherAsync(IReadOnlyList<VersionName> versions, CancellationToken stop)
    {
        if (versions.Count == 1) return await UseAsync(versions[0].Asset, $"{versions[0].Number}", stop);
        if (versions.Count > MostTogether || versions.Distinct().Count() < versions.Count)
            throw InferenceException.Bad(Message.Of("images.together", ("versions", string.Join(Together, versions)), ("most", MostTogether)));
        if (IsDraining) throw new InferenceException(InferenceFault.Unavailable, Message.Of("inference.stopping"));
        if (versions.FirstOrDefault(v => unloaded.ContainsKey(v.Asset)) is { Asset: not null } gone) throw Unloaded(gone.Asset);
        var name = WholeOf(versions);
        while (true)
        {
            var model = await InMemoryAsync(name, token => LoadTogetherAsync(name, versions, token), stop);
            if (!model.TryUse()) continue;
            model.LastUsed = clock.GetTimestamp();
            return model;
        }
    }

    /// <summary>Versions as one name among the others, so that they have their place in memory, their figures and their limits like them; said as <c>a@1+b@2</c>.</summary>
    public static VersionName WholeOf(IReadOnlyList<VersionName> versions)
    {
        var all = string.Join(Together, versions);
        return new(all[..all.LastIndexOf('@')], versions[^1].Number);
    }

    /// <summary>The versions that the names of models to be asked together mean.</summary>
    /// <param name="version">One for all, or as many as names with <see cref="Together"/> between.</param>
    async Task<LoadedModel> UseTogetherAsync(string assets, string? version, CancellationToken stop)
    {
        var names = assets.Split(Together);
        var texts = version?.Split(Together) is { Length: > 1 } many ? many : Enumerable.Repeat(version, names.Length).ToArray();
        if (names.Length > MostTogether || texts.Length != names.Length)
            throw InferenceException.Bad(Message.Of("images.together", ("versions", Cut(assets)), ("most", MostTogether)));
        var versions = new List<VersionName>();
        for (var at = 0; at < names.Length; at++) versions.Add(await ResolveAsync(names[at], texts[at], stop));
        return await UseTogetherAsync(versions, stop);
    }

    async Task<LoadedModel> LoadTogetherAsync(VersionName name, IReadOnlyList<VersionName> versions, CancellationToken stop)
    {
        var members = new List<(VersionName Version, byte[] Model)>();
        foreach (var version in versions) members.Add((version, await ReadAsync((await FileAsync(version, stop)).File, stop)));
        var models = members.ConvertAll(m => (Name: m.Version.Asset, Model: OnnxModel.Read(m.Model)));
        if (JoinedModels.Groups([.. models.Select(m => m.Model)]).Count > 1)
            throw InferenceException.Bad(Message.Of("images.not-shared", ("versions", string.Join(Together, versions))));
        var joined = JoinedModels.Of(models);
        var file = joined.Model.ToBytes();
        var bytes = LoadedModel.Estimate(file.Length);
        MakeRoom(name, bytes);
        try
        {
            return Shelve(LoadedModel.OpenJoined(name, file, members, bytes, Settings.Of(versions[0].Asset), FiguresOf(name), stop));
        }
        catch
        {
            Interlocked.Add(ref taken, -bytes);
            throw;
        }
    }
}
