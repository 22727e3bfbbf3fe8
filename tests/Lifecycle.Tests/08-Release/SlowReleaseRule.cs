namespace Kumiki.Releasing.Tests;

/// <summary>The rule of DESIGN §3, read off the page with nested loops: slow, obvious, and sharing no code with <see cref="ReleaseCheck"/>.</summary>
/// <param name="all">Every version there is.</param>
sealed class SlowReleaseRule(IEnumerable<VersionRecord> all)
{
    readonly List<VersionRecord> all = [.. all];

    /// <summary>Whether a release may go.</summary>
    public bool MayGo(Production production, ReleaseRequest request)
    {
        var set = new Dictionary<string, int>();
        foreach (var (asset, number) in production.Set) set[asset] = number;
        foreach (var asset in request.Without)
        {
            if (!production.Set.ContainsKey(asset)) return false;
            if (request.Set.Any(v => v.Asset == asset)) return false;
            set.Remove(asset);
        }
        foreach (var version in request.Set)
        {
            if (request.Set.Any(o => o.Asset == version.Asset && o.Number != version.Number)) return false;
            set[version.Asset] = version.Number;
        }
        var changes = set.Any(s => !production.Set.TryGetValue(s.Key, out var n) || n != s.Value) || production.Set.Any(s => !set.ContainsKey(s.Key));
        return changes && Fits(set) && (!request.Gates || Gates(production, request));
    }

    /// <summary>Whether a production may stand: everything but the gates.</summary>
    public bool Fits(IReadOnlyDictionary<string, int> set)
    {
        var held = new List<VersionRecord>();
        foreach (var (asset, number) in set)
        {
            if (Find(new(asset, number)) is not { } version) return false;
            held.Add(version);
        }

        // every input is there and was declared, all the way up
        foreach (var version in held)
            if (!IsSound(version)) return false;

        // fit edges hold exactly
        foreach (var version in held)
            foreach (var input in version.Inputs)
                if (input.Edge == EdgeKind.Fit && !held.Any(h => Stands(input, h))) return false;

        // all models that share a source were trained on the same version of it, wherever they are used
        foreach (var source in all.Where(IsData).Select(v => v.Asset).Distinct())
        {
            var models = held.Where(h => h.Kind == AssetKind.Model && !h.Apart.Any(a => a.Source == source)).ToList();
            var trainedOn = models.SelectMany(m => TrainedOn(m, source, held)).Distinct().ToList();
            if (trainedOn.Count > 0 && !trainedOn.Any(version => models.All(m => CouldBeFrom(m, Find(version)!, held)))) return false;
        }
        return true;
    }

    bool IsSound(VersionRecord version) =>
        version.Outside.All(o => o.Declared) && version.Inputs.All(i => i.Declared && Find(i.Version) is { } input && IsSound(input));

    /// <summary>The versions of a source that a version was trained on, here or further up. A model in production is asked itself.</summary>
    IEnumerable<VersionName> TrainedOn(VersionRecord version, string source, List<VersionRecord> held)
    {
        if (version.Kind == AssetKind.Model && version.Apart.Any(a => a.Source == source)) yield break;
        foreach (var input in version.Inputs)
        {
            if (input.Edge == EdgeKind.Scored || input.Read.Count == 0) continue;
            if (held.Any(h => h.Kind == AssetKind.Model && Stands(input, h))) continue;
            if (input.Version.Asset == source) yield return input.Version;
            foreach (var further in TrainedOn(Find(input.Version)!, source, held)) yield return further;
        }
    }

    /// <summary>Whether making a version again from <paramref name="source"/> would give the same: it, and all before it that stands on the source, would
    /// read the same bytes.</summary>
    bool CouldBeFrom(VersionRecord version, VersionRecord source, List<VersionRecord> held)
    {
        if (version.Kind == AssetKind.Model && version.Apart.Any(a => a.Source == source.Asset)) return true;
        foreach (var input in version.Inputs)
        {
            if (input.Edge == EdgeKind.Scored || input.Read.Count == 0) continue;
            if (held.Any(h => h.Kind == AssetKind.Model && Stands(input, h))) continue;
            if (input.Version.Asset == source.Asset)
            {
                if (!Stands(input, source)) return false;
            }
            else if (!all.Any(other => Stands(input, other) && CouldBeFrom(other, source, held))) return false;
        }
        return true;
    }

    /// <summary>Whether a version is what an input was, or has the bytes that were read of it.</summary>
    static bool Stands(InputUse input, VersionRecord version)
    {
        if (input.Version == version.Name) return true;
        if (input.Version.Asset != version.Asset || input.Read.Count == 0) return false;
        foreach (var part in input.Read)
            if (!version.Parts.ContainsKey(part.Key) || version.Parts[part.Key] != part.Value) return false;
        return true;
    }

    bool Gates(Production production, ReleaseRequest request)
    {
        var needed = new List<(VersionName, string)>();
        foreach (var asked in request.Set)
        {
            if (production.Set.TryGetValue(asked.Asset, out var n) && n == asked.Number) continue;
            foreach (var check in Find(asked)!.Checks)
                if (!check.Held) needed.Add((asked, check.Name));
            foreach (var above in Above(Find(asked)!))
                foreach (var check in above.Checks)
                    if (!check.Held && check.Kind == CheckKind.Expectation) needed.Add((above.Name, check.Name));
        }
        return needed.All(n => request.Waivers.Any(w => (w.Version, w.Check) == n && w.Because.Trim().Length > 0))
            && request.Waivers.All(w => Find(w.Version) is { } version && version.Checks.Any(c => c.Name == w.Check));
    }

    IEnumerable<VersionRecord> Above(VersionRecord version)
    {
        foreach (var input in version.Inputs)
        {
            var above = Find(input.Version)!;
            yield return above;
            foreach (var further in Above(above)) yield return further;
        }
    }

    static bool IsData(VersionRecord version) =>
        version.Kind == AssetKind.Dataset || version.Kind == AssetKind.Labels || version.Kind == AssetKind.Features || version.Kind == AssetKind.Goal;

    VersionRecord? Find(VersionName name)
    {
        foreach (var version in all)
            if (version.Name == name) return version;
        return null;
    }
}
