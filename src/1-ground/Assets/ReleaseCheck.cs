namespace Kumiki;

/// <summary>What a release asks for.</summary>
/// <param name="Set">The versions to release.</param>
/// <param name="Without">Assets to take out of production.</param>
/// <param name="Waivers">Checks passed over by name.</param>
/// <param name="Gates">False for a rollback: gates are skipped, integrity never.</param>
public sealed record ReleaseRequest(IReadOnlyList<VersionName> Set, IReadOnlyList<string> Without, IReadOnlyList<Waiver> Waivers, bool Gates = true)
{
    public static ReleaseRequest Of(params IReadOnlyList<VersionName> set) => new(set, [], []);
}

/// <summary>The rule of synchronized release, from records to findings. It looks at the production that would result: today's overlaid with the set.</summary>
/// <remarks>
/// 1. Every version named exists, and each asset is named once.
/// 2. Fit edges hold exactly: a threshold's model, an endpoint's model, threshold and index, an ensemble's parts are the versions production would hold.
/// 3. Models that share a source (dataset, labels, features, goal), wherever in their lineage, read the same of it. What was only scored is exempt, and so is a
///    model declared apart from that source.
/// 4. Nothing was read that was not declared.
/// 5. Gates: every check of the versions asked for, and the expectations of the data they were made from, held or are waived by name.
/// No findings of severity <see cref="Severity.Refusal"/>: the release may go.
/// </remarks>
public static class ReleaseCheck
{
    /// <param name="shelf">Every version of the resulting production and everything in its lineage.</param>
    public static IReadOnlyList<Finding> Of(IReadOnlyDictionary<VersionName, VersionRecord> shelf, Production production, ReleaseRequest request)
    {
        var findings = new List<Finding>();
        Named(shelf, production, request, findings);
        if (findings.Count > 0) return findings;    // the rules below need a set that can be read

        var set = production.Overlaid(request.Set, request.Without);
        var versions = set.Select(s => shelf.GetValueOrDefault(new(s.Key, s.Value))).OfType<VersionRecord>().ToList();
        foreach (var version in versions) Fit(version, set, request, findings);
        Sources(shelf, versions, request, findings);
        Declared(versions, findings);
        if (request.Gates) Gates(shelf, request, findings);
        return findings;
    }

    static void Named(IReadOnlyDictionary<VersionName, VersionRecord> shelf, Production production, ReleaseRequest request, List<Finding> findings)
    {
        foreach (var version in request.Set.Where(v => !shelf.ContainsKey(v)))
            findings.Add(Refuse("unknown", Message.Of("release.unknown", ("version", version)), $"kumiki show {version.Asset}"));
        foreach (var twice in request.Set.GroupBy(v => v.Asset).Where(g => g.Distinct().Count() > 1))
            findings.Add(Refuse("twice", Message.Of("release.twice", ("asset", twice.Key), ("versions", string.Join(", ", twice.Order())))));
        foreach (var asset in request.Without.Where(a => !production.Set.ContainsKey(a)))
            findings.Add(Refuse("not-in-production", Message.Of("release.not-in-production", ("asset", asset)), "kumiki history"));
        foreach (var both in request.Without.Where(a => request.Set.Any(v => v.Asset == a)))
            findings.Add(Refuse("in-and-out", Message.Of("release.in-and-out", ("asset", both))));
        foreach (var (asset, number) in production.Set)
            if (!shelf.ContainsKey(new(asset, number)))
                findings.Add(Refuse("lost", Message.Of("release.lost", ("version", new VersionName(asset, number))), "kumiki verify"));
    }

    static void Fit(VersionRecord version, IReadOnlyDictionary<string, int> set, ReleaseRequest request, List<Finding> findings)
    {
        foreach (var input in version.Inputs.Where(i => i.Edge == EdgeKind.Fit))
        {
            var needs = input.Version;
            if (set.TryGetValue(needs.Asset, out var held) && held == needs.Number) continue;
            var rest = string.Join(' ', request.Set.Where(v => v.Asset != needs.Asset && v != version.Name).Append(version.Name).Append(needs).Order());
            if (held == 0)
                findings.Add(Refuse("fit", Message.Of("release.fit-missing", ("version", version.Name), ("needs", needs)), $"kumiki release {rest}"));
            else
                findings.Add(Refuse("fit", Message.Of("release.fit-other", ("version", version.Name), ("needs", needs), ("held", new VersionName(needs.Asset, held))),
                    $"kumiki make {version.Asset} --use {needs.Asset}@{held}", $"kumiki release {rest}"));
        }
    }

    static void Sources(IReadOnlyDictionary<VersionName, VersionRecord> shelf, List<VersionRecord> versions, ReleaseRequest request, List<Finding> findings)
    {
        var lineages = new Dictionary<VersionName, IReadOnlyList<SourceUse>>();
        var uses = new List<(VersionRecord Model, SourceUse Use)>();
        foreach (var model in versions.Where(v => v.Kind == AssetKind.Model))
        {
            foreach (var use in SourceUse.Of(model, shelf, lineages))
            {
                if (model.Apart.FirstOrDefault(a => a.Source == use.Source.Asset) is { } apart)
                {
                    var note = new Finding("apart", Severity.Note, Message.Of("release.apart", ("model", model.Name), ("source", apart.Source), ("because", apart.Because)), []);
                    if (!findings.Any(f => f.Says == note.Says)) findings.Add(note);
                }
                else uses.Add((model, use));
            }
        }

        foreach (var source in uses.GroupBy(u => u.Use.Source.Asset))
        {
            var parts = source.SelectMany(u => u.Use.Read.Keys).Distinct().ToList();
            var told = new HashSet<(VersionName, VersionName)>();
            foreach (var part in parts)
            {
                var read = source
                    .Select(u => (u.Model, u.Use, Digest: u.Use.DigestOf(part, shelf)))
                    .Where(u => u.Digest is not null)
                    .ToList();
                if (read.Select(u => u.Digest).Distinct().Count() < 2) continue;
                var newest = read.MaxBy(u => u.Use.Source)!;
                foreach (var older in read.Where(u => u.Digest != newest.Digest && told.Add((u.Model.Name, u.Use.Source))))
                {
                    findings.Add(older.Model.Name == newest.Model.Name
                        ? Refuse("source", Message.Of("release.source-within", ("model", older.Model.Name), ("older", older.Use.Source), ("through", older.Use.Through), ("newer", newest.Use.Source)),
                            $"kumiki make {older.Model.Asset} --upstream")
                        : Refuse("source", Message.Of("release.source", ("older", older.Model.Name), ("olderSource", older.Use.Source), ("newer", newest.Model.Name), ("newerSource", newest.Use.Source)),
                            Remake(older.Model, older.Use, newest.Use.Source)));
                }
            }
        }

        static string Remake(VersionRecord model, SourceUse use, VersionName source) =>
            use.Through == model.Name ? $"kumiki make {model.Asset} --use {source}" : $"kumiki make {model.Asset} --upstream --use {source}";
    }

    static void Declared(List<VersionRecord> versions, List<Finding> findings)
    {
        foreach (var version in versions)
        {
            foreach (var input in version.Inputs.Where(i => !i.Declared))
                findings.Add(Refuse("undeclared", Message.Of("release.undeclared-version", ("version", version.Name), ("read", input.Version)), $"kumiki make {version.Asset}"));
            foreach (var file in version.Outside.Where(o => !o.Declared))
                findings.Add(Refuse("undeclared", Message.Of("release.undeclared-file", ("version", version.Name), ("file", file.Path)), $"kumiki make {version.Asset}"));
        }
    }

    static void Gates(IReadOnlyDictionary<VersionName, VersionRecord> shelf, ReleaseRequest request, List<Finding> findings)
    {
        var seen = new HashSet<VersionName>();
        foreach (var asked in request.Set.Order())
        {
            foreach (var version in Lineage.Of(asked, shelf).Where(v => seen.Add(v.Name)))
            {
                var isAsked = request.Set.Contains(version.Name);
                foreach (var check in version.Checks.Where(c => !c.Held && (isAsked || c.Kind == CheckKind.Expectation)))
                {
                    if (request.Waivers.FirstOrDefault(w => w.Version == version.Name && w.Check == check.Name) is { } waiver)
                        findings.Add(new("gate", Severity.Note, Message.Of("release.waived", ("version", version.Name), ("check", check.Name), ("because", waiver.Because)), []));
                    else
                        findings.Add(Refuse("gate", Message.Of("release.gate", ("version", version.Name), ("check", check.Name), ("says", check.Says)),
                            $"kumiki release {string.Join(' ', request.Set)} --waive {version.Name}:{check.Name}=REASON"));
                }
            }
        }
        foreach (var waiver in request.Waivers.Where(w => !shelf.TryGetValue(w.Version, out var v) || v.Checks.All(c => c.Name != w.Check)))
            findings.Add(Refuse("waiver", Message.Of("release.waiver-unknown", ("version", waiver.Version), ("check", waiver.Check)), $"kumiki show {waiver.Version}"));
    }

    static Finding Refuse(string rule, Message says, params IReadOnlyList<string> mends) => new(rule, Severity.Refusal, says, mends);
}
