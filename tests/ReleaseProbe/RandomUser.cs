using System.Text;
using Kumiki.Releasing;
using Kumiki.Store;

namespace Kumiki.ReleaseProbe;

/// <summary>Makes, stages, releases and rolls back at random in one small project; several may share a folder.</summary>
/// <param name="say">Told what was done, once it is durable.</param>
sealed class RandomUser(DataFolder data, int seed, Action<string> say)
{
    sealed record Plan(string Name, AssetKind Kind, (string Asset, EdgeKind Edge, string Part)[] Inputs, Apartness[] Apart);

    /// <summary>Two models on one source, one of them through derived data; an ensemble, a threshold, an endpoint, a forecast, and a model declared
    /// apart.</summary>
    static readonly Plan[] Project =
    [
        new("sales", AssetKind.Dataset, [], []),
        new("aim", AssetKind.Goal, [], []),
        new("weekly", AssetKind.Dataset, [("sales", EdgeKind.Source, "")], []),
        new("demand", AssetKind.Model, [("weekly", EdgeKind.Source, ""), ("aim", EdgeKind.Source, "cost")], []),
        new("price", AssetKind.Model, [("sales", EdgeKind.Source, "")], []),
        new("season", AssetKind.Model, [("sales", EdgeKind.Source, "")], [new("sales", "seasons are learned once a year")]),
        new("blend", AssetKind.Model, [("demand", EdgeKind.Fit, ""), ("price", EdgeKind.Fit, ""), ("weekly", EdgeKind.Source, "")], []),
        new("cut", AssetKind.Threshold, [("demand", EdgeKind.Fit, "")], []),
        new("forecast", AssetKind.Predictions, [("demand", EdgeKind.Fit, ""), ("weekly", EdgeKind.Scored, "")], []),
        new("shop", AssetKind.Endpoint, [("blend", EdgeKind.Fit, ""), ("cut", EdgeKind.Fit, "")], []),
    ];

    static readonly CancellationToken Go = CancellationToken.None;
    readonly Random random = new(seed);
    readonly Releases releases = new(data.Metadata, data.Artifacts, TimeProvider.System, $"user {seed}");

    public async Task WorkAsync(int steps)
    {
        for (var step = 0; step < steps; step++) await StepAsync();
    }

    async Task StepAsync()
    {
        switch (random.Next(12))
        {
            case < 5:
                await MakeSomethingAsync();
                break;
            case 5:
                await UnstageAsync();
                break;
            case 6:
                await RollBackAsync();
                break;
            case 7:
                await TakeOutAsync();
                break;
            default:
                await ReleaseAsync([]);
                break;
        }
    }

    /// <summary>Makes an asset, with what lies before it if it has no version yet, and mostly stages it.</summary>
    async Task MakeSomethingAsync()
    {
        var plan = Project[random.Next(Project.Length)];
        if (await MakeAsync(plan, new Dictionary<string, int>()) is not { } made || random.Next(5) == 0) return;
        await releases.StageAsync([made], "good enough", Go);
        say($"staged {made}");
    }

    async Task<VersionName?> MakeAsync(Plan plan, IReadOnlyDictionary<string, int> pins, bool upstream = false)
    {
        var staged = (await data.Metadata.StagesAsync(Go)).Where(s => s.Stage == Releases.Staging).ToDictionary(s => s.Asset, s => s.Number);
        var production = (await data.Metadata.ProductionAsync(Go)).Set;
        var newest = await data.Metadata.NewestAsync(Go);
        var inputs = new List<InputUse>();
        foreach (var (asset, edge, part) in plan.Inputs)
        {
            var input = Project.Single(p => p.Name == asset);
            VersionName? name = pins.TryGetValue(asset, out var pinned) ? new(asset, pinned)
                : upstream && input.Inputs.Length > 0 ? await MakeAsync(input, pins, upstream)
                : staged.TryGetValue(asset, out var s) ? new(asset, s)
                : production.TryGetValue(asset, out var p) ? new(asset, p)
                : newest.TryGetValue(asset, out var n) ? new(asset, n)
                : await MakeAsync(input, pins);
            if (name is null) return null;
            var version = (await data.Metadata.VersionAsync(name.Value, Go))!;
            inputs.Add(new(name.Value, edge, new Dictionary<string, Digest> { [part] = version.Parts[part] }));
        }
        return await CommitAsync(plan, inputs);
    }

    async Task<VersionName?> CommitAsync(Plan plan, List<InputUse> inputs)
    {
        // weekly data comes out the same from every second version of sales; a goal's cost rarely changes, its owner often
        string[] read = [.. inputs.SelectMany(i => i.Read.Select(r => $"{i.Version.Asset} {r.Key} {r.Value}"))];
        var text = plan switch
        {
            { Name: "weekly" } => $"weekly {read[0][^1] % 2}",
            { Inputs.Length: 0 } => $"{plan.Name} {random.Next(6)}",
            _ => string.Join('\n', [plan.Name, .. read]),
        };
        using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var run = await data.Metadata.BeginRunAsync(plan.Name, RunOf(plan, inputs, text), LivingProcess.Current, Go);
        if (run is not RunBegun.Started started) return null;       // another user is making just this
        while (true)
        {
            var generation = (await data.Metadata.CollectionAsync(Go)).Generation;
            bytes.Position = 0;
            var blob = await data.Artifacts.PutAsync(bytes, Go);
            var version = new VersionRecord
            {
                Name = new(plan.Name, 1),
                Kind = plan.Kind,
                Content = Digest.OfParts([text, .. read]),
                Files = [new("it.txt", blob.Content, blob.Bytes)],
                Parts = new Dictionary<string, Digest> { [""] = Digest.Of(text), ["cost"] = Digest.Of(text[^1] < '4' ? "low" : "high") },
                Inputs = inputs,
                Apart = plan.Apart,
                RecipeKey = Digest.Of(plan.Name),
                MadeBy = started.Run,
                MadeAt = DateTimeOffset.UnixEpoch,
            };
            switch (await data.Metadata.CommitAsync(started.Run, started.Fence, new(version),
                new(TimeSpan.Zero, TimeSpan.Zero, 0, new Dictionary<string, TimeSpan>()), generation, Go))
            {
                case CommitEnd.Made(var made):
                    say($"made {made.Name}");
                    return made.Name;
                case CommitEnd.Existing(var made):
                    return made.Name;
                case CommitEnd.Fenced:
                    return null;
            }
        }
    }

    static RunPlan RunOf(Plan plan, List<InputUse> inputs, string text) => new()
    {
        Parameters = new Dictionary<string, string>(),
        Seed = 1,
        RecipeKey = Digest.Of(plan.Name),
        MakingKey = Digest.OfParts([plan.Name, text, .. inputs.Select(i => i.Version.ToString())]),
        Recipe = new Dictionary<string, string>(),
        Inputs = [.. inputs.Select(i => i.Version)],
        Code = new(Digest.Of("project"), Digest.Of("closure"), "Project.dll", null, null),
        Environment = new("", "", 1, 1, "", new Dictionary<string, string>(), new Dictionary<string, string>()),
    };

    async Task UnstageAsync()
    {
        var staged = (await data.Metadata.StagesAsync(Go)).Where(s => s.Stage == Releases.Staging).ToList();
        if (staged.Count == 0) return;
        try
        {
            await releases.UnstageAsync([staged[random.Next(staged.Count)].Asset], "not so good", Go);
        }
        catch (KumikiException e) when (e.Says.Id == "release.not-staged")
        {
            return;     // another user took it out meanwhile
        }
        say("unstaged");
    }

    async Task RollBackAsync()
    {
        if (await releases.RollbackAsync("worse", stop: Go) is ReleaseEnd.Live(var release, _, _)) say($"live {release.Number}");
    }

    async Task TakeOutAsync()
    {
        var held = (await data.Metadata.ProductionAsync(Go)).Set.Keys.Order(StringComparer.Ordinal).ToList();
        if (held.Count == 0) return;
        var end = await releases.ReleaseAsync(new() { Without = [held[random.Next(held.Count)]] }, Go);
        if (end is ReleaseEnd.Live(var release, _, _)) say($"live {release.Number}");
    }

    /// <summary>Releases what is staged, doing what the mends say as long as this user has patience.</summary>
    async Task ReleaseAsync(IReadOnlyList<string> set)
    {
        for (var patience = random.Next(8); patience >= 0; patience--)
        {
            switch (await releases.ReleaseAsync(new() { Set = set }, Go))
            {
                case ReleaseEnd.Live(var release, _, _):
                    say($"live {release.Number}");
                    return;
                case ReleaseEnd.Refused(var findings):
                    var words = (findings.FirstOrDefault(f => f.Mends.Count > 0)?.Mends[0] ?? "").Split(' ');
                    if (words is ["kumiki", "release", .. var rest] && !rest.Contains("--without")) set = rest;
                    else if (words is ["kumiki", "make", var asset, .. var options]) await MendAsync(asset, options);
                    else return;
                    break;
            }
        }
    }

    async Task MendAsync(string asset, string[] options)
    {
        var pins = options.Where(o => o.Contains('@', StringComparison.Ordinal)).Select(o => VersionName.Parse(o)).ToDictionary(v => v.Asset, v => v.Number);
        if (await MakeAsync(Project.Single(p => p.Name == asset), pins, options.Contains("--upstream")) is not { } made) return;
        await releases.StageAsync([made], "mended", Go);
        say($"staged {made}");
    }
}
