namespace Kumiki;

/// <summary>What a release asks for.</summary>
/// <param name="Set">The versions to release.</param>
/// <param name="Without">Assets to take out of production.</param>
/// <param name="Waivers">Gates passed over by name.</param>
/// <param name="Gates">False for a rollback: gates are skipped, integrity never.</param>
public sealed record ReleaseRequest(IReadOnlyList<VersionName> Set, IReadOnlyList<string> Without, IReadOnlyList<Waiver> Waivers, bool Gates = true)
{
    public static ReleaseRequest Of(params IReadOnlyList<VersionName> set) => new(set, [], []);
}

/// <summary>The rule of synchronized release, from records to findings. It looks at the production that would result: today's overlaid with the set.</summary>
/// <remarks>
/// 1. Every version named exists, each asset is named once, and something changes. Nothing that production would hold, nor its lineage, is lost.
/// 2. Nothing was read that was not declared, in production or its lineage.
/// 3. Models that share a source (dataset, labels, features, goal), wherever in their lineage, read the same version of it: see <see cref="SharedSources"/>. What was only
///    scored is exempt, and so is a model declared apart from that source.
/// 4. Fit edges hold exactly: a threshold's model, an endpoint's model, threshold and index, an ensemble's parts are the versions production would hold, or have the
///    same bytes in all that was read of them.
/// 5. Gates, for what enters production: every check of it, and the expectations of the data it was made from, held or are waived by name.
/// No findings of severity <see cref="Severity.Refusal"/>: the release may go.
/// </remarks>
public static class ReleaseCheck
{
    /// <param name="shelf">Every version of the resulting production and everything in its lineage. More than that may be there, and can only help: see <see cref="SharedSources"/>.</param>
    public static IReadOnlyList<Finding> Of(IReadOnlyDictionary<VersionName, VersionRecord> shelf, Production production, ReleaseRequest request)
    {
        var findings = new List<Finding>();
        var set = production.Overlaid(request.Set, request.Without);
        Named(shelf, production, request, set, findings);
        if (findings.Count > 0) return findings;    // the rules below need a set that can be read

        var versions = set.Select(s => shelf[new(s.Key, s.Value)]).ToList();
        var sources = SharedSources.Of(shelf, versions.Where(v => v.Kind == AssetKind.Model));
        var mends = new ReleaseMends(shelf, set, request, sources);
        Declared(Lineage.Of(versions.Select(v => v.Name), shelf), findings);
        Sources(sources, mends, findings);          // before fit: a model that must be made again is then fitted once
        Fit(versions, shelf, set, request, mends, findings);
        if (request.Gates) Gates(shelf, production, request, mends, findings);
        return findings;
    }

    /// <summary>Whether these findings keep a release back.</summary>
    public static bool Refuses(IEnumerable<Finding> findings) => findings.Any(f => f.Severity == Severity.Refusal);

    static void Named(IReadOnlyDictionary<VersionName, VersionRecord> shelf, Production production, ReleaseRequest request, IReadOnlyDictionary<string, int> set, List<Finding> findings)
    {
        foreach (var version in request.Set.Distinct().Where(v => !shelf.ContainsKey(v)))
            findings.Add(Refuse("unknown", Message.Of("release.unknown", ("version", version), ("asset", version.Asset))));
        foreach (var twice in request.Set.Distinct().GroupBy(v => v.Asset).Where(g => g.Count() > 1))
            findings.Add(Refuse("twice", Message.Of("release.twice", ("asset", twice.Key), ("versions", string.Join(", ", twice.Order())))));
        foreach (var both in request.Without.Distinct().Where(a => request.Set.Any(v => v.Asset == a)))
            findings.Add(Refuse("in-and-out", Message.Of("release.in-and-out", ("asset", both))));
        foreach (var absent in request.Without.Distinct().Where(a => !production.Set.ContainsKey(a) && request.Set.All(v => v.Asset != a)))
            findings.Add(Refuse("not-in-production", Message.Of("release.not-in-production", ("asset", absent)), ReleaseMends.Release(request with { Without = [.. request.Without.Where(a => a != absent)] })));
        if (findings.Count > 0) return;

        foreach (var version in set.Select(s => new VersionName(s.Key, s.Value)).Where(v => !shelf.ContainsKey(v)))
            findings.Add(Refuse("lost", Message.Of("release.lost", ("version", version))));
        foreach (var version in Lineage.Of(set.Select(s => new VersionName(s.Key, s.Value)), shelf))
            foreach (var input in version.Inputs.Where(i => !shelf.ContainsKey(i.Version)))
                findings.Add(Refuse("lost", Message.Of("release.lost-input", ("version", version.Name), ("input", input.Version))));
        if (findings.Count > 0) return;

        if (set.Count == production.Set.Count && set.All(s => production.Set.TryGetValue(s.Key, out var held) && held == s.Value))
            findings.Add(Refuse("nothing", request.Set.Count == 0 ? Message.Of("release.nothing-asked") : Message.Of("release.nothing")));
    }

    static void Fit(List<VersionRecord> versions, IReadOnlyDictionary<VersionName, VersionRecord> shelf, IReadOnlyDictionary<string, int> set, ReleaseRequest request, ReleaseMends mends, List<Finding> findings)
    {
        var misfits = new List<Misfit>();
        foreach (var version in versions)
        {
            foreach (var input in version.Inputs.Where(i => i.Edge == EdgeKind.Fit))
            {
                if (!set.TryGetValue(input.Version.Asset, out var number)) misfits.Add(new(version, input, null));
                else if (number != input.Version.Number && !input.IsReadingOf(shelf[new(input.Version.Asset, number)])) misfits.Add(new(version, input, new(input.Version.Asset, number)));
            }
        }
        mends.Gather(misfits);
        findings.AddRange(misfits.Select(m => Refuse("fit", Says(m, request), mends.For(m))));
    }

    static Message Says(Misfit misfit, ReleaseRequest request)
    {
        var (version, needs, held) = (misfit.Version.Name, misfit.Needs, misfit.Held);
        if (held is null)
            return request.Without.Contains(needs.Asset)
                ? Message.Of("release.fit-leaves", ("version", version), ("needs", needs))
                : Message.Of("release.fit-missing", ("version", version), ("needs", needs));
        if (misfit.Input.Read.Count == 0) return Message.Of("release.fit-unread", ("version", version), ("needs", needs), ("held", held));
        return request.Set.Contains(held.Value)
            ? Message.Of("release.fit-asked", ("version", version), ("needs", needs), ("held", held))
            : Message.Of("release.fit-other", ("version", version), ("needs", needs), ("held", held));
    }

    static void Sources(SharedSources sources, ReleaseMends mends, List<Finding> findings)
    {
        foreach (var (model, apart) in sources.Apart())
            findings.Add(new("apart", Severity.Note, Message.Of("release.apart", ("model", model.Name), ("source", apart.Source), ("because", apart.Because)), []));
        foreach (var (model, read, through, other, target) in sources.Conflicts)
        {
            var says = model.Name != other.Name
                ? Message.Of("release.source", ("model", model.Name), ("read", read), ("other", other.Name), ("target", target))
                : Message.Of("release.source-within", ("model", model.Name), ("read", read), ("through", through), ("target", target));
            findings.Add(Refuse("source", says, mends.Make(model)));
        }
    }

    static void Declared(IEnumerable<VersionRecord> versions, List<Finding> findings)
    {
        foreach (var version in versions)
        {
            foreach (var input in version.Inputs.Where(i => !i.Declared))
                findings.Add(Refuse("undeclared", Message.Of("release.undeclared-version", ("version", version.Name), ("read", input.Version))));
            foreach (var file in version.Outside.Where(o => !o.Declared))
                findings.Add(Refuse("undeclared", Message.Of("release.undeclared-file", ("version", version.Name), ("file", file.Path))));
        }
    }

    static void Gates(IReadOnlyDictionary<VersionName, VersionRecord> shelf, Production production, ReleaseRequest request, ReleaseMends mends, List<Finding> findings)
    {
        var entering = request.Set.Where(v => production.Set.GetValueOrDefault(v.Asset) != v.Number).ToHashSet();
        var used = new HashSet<Waiver>();
        foreach (var version in Lineage.Of(entering.Order(), shelf))
        {
            var enters = entering.Contains(version.Name);
            foreach (var check in version.Checks.Where(c => !c.Held && (enters || c.Kind == CheckKind.Expectation)))
            {
                var waiver = request.Waivers.FirstOrDefault(w => w.Version == version.Name && w.Check == check.Name);
                if (waiver is not null) used.Add(waiver);
                if (waiver is null)
                    findings.Add(Refuse("gate", Message.Of("release.gate", ("version", version.Name), ("check", check.Name), ("says", check.Says)), mends.Waive(version.Name, check.Name)));
                else if (string.IsNullOrWhiteSpace(waiver.Because))
                    findings.Add(Refuse("waiver", Message.Of("release.waiver-reason", ("version", version.Name), ("check", check.Name)), mends.Waive(version.Name, check.Name)));
                else
                    findings.Add(new("gate", Severity.Note, Message.Of("release.waived", ("version", version.Name), ("check", check.Name), ("because", waiver.Because)), []));
            }
        }
        foreach (var idle in request.Waivers.Where(w => !used.Contains(w)))
        {
            if (shelf.TryGetValue(idle.Version, out var version) && version.Checks.Any(c => c.Name == idle.Check))
                findings.Add(new("waiver", Severity.Note, Message.Of("release.waiver-idle", ("version", idle.Version), ("check", idle.Check)), []));
            else
                findings.Add(Refuse("waiver", Message.Of("release.waiver-unknown", ("version", idle.Version), ("check", idle.Check)), mends.WithoutWaiver(idle)));
        }
    }

    static Finding Refuse(string rule, Message says, params IReadOnlyList<string> mends) => new(rule, Severity.Refusal, says, mends);
}

/// <summary>A version that was cut for another than production would hold.</summary>
/// <param name="Held">What production would hold; null: nothing of that asset.</param>
sealed record Misfit(VersionRecord Version, InputUse Input, VersionName? Held)
{
    public VersionName Needs => Input.Version;
}
