using System.Text.RegularExpressions;

namespace Kumiki.Releasing;

public sealed partial class Releases
{
    /// <summary>The stage that makings read from and releases take from.</summary>
    public const string Staging = "staging";

    /// <summary>Longest alias, in characters.</summary>
    const int LongestAlias = 40;

    /// <summary>Says that versions are good enough for others to build on. All are staged or none.</summary>
    /// <exception cref="KumikiException">A version does not exist, or two of one asset are named.</exception>
    public Task StageAsync(IReadOnlyList<VersionName> versions, string reason = "", CancellationToken stop = default)
    {
        if (versions.Distinct().GroupBy(v => v.Asset).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new KumikiException(Message.Of("release.twice", ("asset", twice.Key), ("versions", string.Join(", ", twice.Order()))));
        return MoveAsync([.. versions.Select(v => (v.Asset, Staging, (int?)v.Number))], reason, stop);
    }

    /// <summary>Takes assets out of staging; makings then read what is in production. All or none.</summary>
    /// <exception cref="KumikiException">One of them is not staged.</exception>
    public async Task UnstageAsync(IReadOnlyList<string> assets, string reason = "", CancellationToken stop = default)
    {
        var stages = await store.StagesAsync(stop);
        foreach (var asset in assets)
            if (!stages.Any(s => s.Asset == asset && s.Stage == Staging)) throw new KumikiException(Message.Of("release.not-staged", ("asset", asset)));
        await MoveAsync([.. assets.Select(a => (a, Staging, (int?)null))], reason, stop);
    }

    /// <summary>Points a name of the user's at a version: <c>demand-model@champion</c>.</summary>
    /// <exception cref="KumikiException">The version does not exist, or the alias is reserved or not a slug.</exception>
    public Task SetAliasAsync(string alias, VersionName version, string reason = "", CancellationToken stop = default)
    {
        CheckAlias(alias);
        return MoveAsync([(version.Asset, alias, version.Number)], reason, stop);
    }

    /// <exception cref="KumikiException">The asset has no such alias.</exception>
    public async Task RemoveAliasAsync(string alias, string asset, string reason = "", CancellationToken stop = default)
    {
        CheckAlias(alias);
        if (!(await store.StagesAsync(stop)).Any(s => s.Asset == asset && s.Stage == alias))
            throw new KumikiException(Message.Of("release.no-alias", ("asset", asset), ("alias", alias)));
        await MoveAsync([(asset, alias, null)], reason, stop);
    }

    /// <summary>Every move of staging, of an alias and of production, newest first.</summary>
    /// <param name="asset">Null: of all assets.</param>
    public Task<IReadOnlyList<StageMove>> StageHistoryAsync(string? asset = null, int limit = 50, CancellationToken stop = default) =>
        store.StageHistoryAsync(asset, limit, stop);

    async Task MoveAsync(IReadOnlyList<(string Asset, string Stage, int? Number)> moves, string reason, CancellationToken stop)
    {
        if (await store.MoveStagesAsync(moves, author, reason, stop) is { } absent)
            throw new KumikiException(Message.Of("release.unknown", ("version", absent), ("asset", absent.Asset)));
    }

    /// <summary>An alias begins with a letter, so that no alias looks like a version's number.</summary>
    static void CheckAlias(string alias)
    {
        if (alias is Staging or "production" or "newest") throw new KumikiException(Message.Of("release.alias-reserved", ("alias", alias)));
        if (alias.Length > LongestAlias || !Slug().IsMatch(alias))
            throw new KumikiException(Message.Of("release.alias-written", ("alias", alias), ("longest", LongestAlias)));
    }

    [GeneratedRegex(@"^[a-z]([a-z0-9-]*[a-z0-9])?\z")]
    private static partial Regex Slug();

    /// <summary>Step 1 of a release: what its names stand for.</summary>
    async Task NameAsync(ReleaseOrder order, List<VersionName> asked, List<Finding> unread, CancellationToken stop)
    {
        var stages = (await store.StagesAsync(stop)).ToDictionary(s => (s.Asset, s.Stage), s => new VersionName(s.Asset, s.Number));
        if (order.Set.Count == 0 && order.Without.Count == 0)
        {
            var production = await store.ProductionAsync(stop);
            var staged = stages.Where(s => s.Key.Stage == Staging).Select(s => s.Value);
            asked.AddRange(staged.Where(v => production.Set.GetValueOrDefault(v.Asset) != v.Number).Order());
        }
        foreach (var text in order.Set)
        {
            var (asset, stage) = text.LastIndexOf('@') is > 0 and var at ? (text[..at], text[(at + 1)..]) : (text, Staging);
            if (VersionName.TryParse(text, null, out var version) || stages.TryGetValue((asset, stage), out version)) asked.Add(version);
            else unread.Add(new("unknown", Severity.Refusal, Unread(text, asset, stage), []));
        }
    }

    static Message Unread(string text, string asset, string stage) =>
        !AssetName.IsValid(asset) ? Message.Of("release.not-a-name", ("text", text))
        : stage == Staging ? Message.Of("release.not-staged", ("asset", asset))
        : Message.Of("release.no-alias", ("asset", asset), ("alias", stage));
}
