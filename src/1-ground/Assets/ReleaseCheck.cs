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
/// 2. No model was taken in that cannot serve, whatever it is waived or rolled back for. Nothing was read that was not declared, in production or its lineage.
/// 3. Models that share a source (dataset, labels, features, goal), wherever in their lineage, read the same version of it: see <see cref="SharedSources"/>.
///    What was only scored is exempt, and so is a model declared apart from that source.
/// 4. Fit edges hold exactly: a threshold's model, an endpoint's model, threshold and index, an ensemble's parts are the versions production would hold, or
///    have the same bytes in all that was read of them.
/// 5. Gates, for what enters production: every check of it, and the expectations of the data it was made from, held or are waived by name.
/// No findings of severity <see cref="Severity.Refusal"/>: the release may go.
/// </remarks>
public static class ReleaseCheck
{
    /// <param name="shelf">Every version of the resulting production and everything in its lineage. More than that may be there, and can only help: see
    /// <see cref="SharedSources"/>.</param>
    public static IReadOnlyList<Finding> Of(IReadOnlyDictionary<VersionName, VersionRecord> shelf, Production production, ReleaseRequest request)
    {
        var check = new Check(shelf, production, request);
        check.Names();
        if (check.Findings.Count == 0) check.Losses();
        if (check.Findings.Count > 0) return check.Findings;    // the rules below need a set that can be read

        check.Serving();
        check.Declared();
        check.Sources();            // before fit: a model that must be made again is then fitted once
        check.Fit();
        if (request.Gates) check.Gates();
        return check.Findings;
    }

    /// <summary>The rule that a release changes something: broken where production holds the set already, as when a release is asked for again.</summary>
    public const string Unchanged = "unchanged";

    /// <summary>Whether these findings keep a release back.</summary>
    public static bool Refuses(IEnumerable<Finding> findings) => findings.Any(f => f.Severity == Severity.Refusal);

    sealed class Check(IReadOnlyDictionary<VersionName, VersionRecord> shelf, Production production, ReleaseRequest request)
    {
        readonly IReadOnlyDictionary<string, int> set = production.Overlaid(request.Set, request.Without);
        readonly HashSet<VersionName> asked = [.. request.Set];
        List<VersionRecord>? versions;
        SharedSources? sources;
        ReleaseMends? mends;

        public List<Finding> Findings { get; } = [];

        IEnumerable<VersionName> Held => set.Select(s => new VersionName(s.Key, s.Value));
        List<VersionRecord> Versions => versions ??= [.. Held.Select(v => shelf[v])];
        SharedSources Shared => sources ??= SharedSources.Of(shelf, Versions.Where(v => v.Kind == AssetKind.Model));
        ReleaseMends Mends => mends ??= new(shelf, set, request, Shared);

        public void Names()
        {
            foreach (var version in asked.Where(v => !shelf.ContainsKey(v)))
                Refuse("unknown", Message.Of("release.unknown", ("version", version), ("asset", version.Asset)));
            foreach (var twice in asked.GroupBy(v => v.Asset).Where(g => g.Skip(1).Any()))
                Refuse("twice", Message.Of("release.twice", ("asset", twice.Key), ("versions", string.Join(", ", twice.Order()))));
            foreach (var asset in request.Without.Distinct())
            {
                if (asked.Any(v => v.Asset == asset)) Refuse("in-and-out", Message.Of("release.in-and-out", ("asset", asset)));
                else if (!production.Set.ContainsKey(asset))
                    Refuse("not-in-production", Message.Of("release.not-in-production", ("asset", asset)),
                        ReleaseMends.Release(request with { Without = [.. request.Without.Where(a => a != asset)] }));
            }
        }

        public void Losses()
        {
            foreach (var version in Held.Where(v => !shelf.ContainsKey(v))) Refuse("lost", Message.Of("release.lost", ("version", version)));
            foreach (var version in Lineage.Of(Held, shelf))
                foreach (var input in version.Inputs.Where(i => !shelf.ContainsKey(i.Version)))
                    Refuse("lost", Message.Of("release.lost-input", ("version", version.Name), ("input", input.Version)));
            if (Findings.Count > 0 || set.Count != production.Set.Count || Held.Any(Enters)) return;
            Refuse(set.Count == 0 ? "nothing" : Unchanged, asked.Count == 0 ? Message.Of("release.nothing-asked") : Message.Of("release.nothing"));
        }

        public void Serving()
        {
            foreach (var version in Versions)
                if (version.Imported?.Refused is { } why)
                    Refuse("imported", Message.Of("release.cannot-serve", ("version", version.Name), ("why", why)), $"kumiki unstage {version.Asset}");
        }

        public void Declared()
        {
            foreach (var version in Lineage.Of(Held, shelf))
            {
                foreach (var input in version.Inputs.Where(i => !i.Declared))
                    Refuse("undeclared", Message.Of("release.undeclared-version", ("version", version.Name), ("read", input.Version)));
                foreach (var file in version.Outside.Where(o => !o.Declared))
                    Refuse("undeclared", Message.Of("release.undeclared-file", ("version", version.Name), ("file", file.Path)));
            }
        }

        public void Sources()
        {
            foreach (var (model, apart) in Shared.Apart())
                Note("apart", Message.Of("release.apart", ("model", model.Name), ("source", apart.Source), ("because", apart.Because)));
            foreach (var (model, read, through, other, target) in Shared.Conflicts)
            {
                Refuse("source", model.Name != other.Name
                    ? Message.Of("release.source", ("model", model.Name), ("read", read), ("other", other.Name), ("target", target))
                    : Message.Of("release.source-within", ("model", model.Name), ("read", read), ("through", through), ("target", target)), Mends.Make(model));
            }
        }

        public void Fit()
        {
            var misfits = new List<Misfit>();
            foreach (var version in Versions)
            {
                foreach (var input in version.Inputs.Where(i => i.Edge == EdgeKind.Fit))
                {
                    VersionName? held = set.TryGetValue(input.Version.Asset, out var number) ? new(input.Version.Asset, number) : null;
                    if (held is null || (held != input.Version && !input.IsReadingOf(shelf[held.Value]))) misfits.Add(new(version, input, held));
                }
            }
            Mends.Gather(misfits);
            foreach (var misfit in misfits) Refuse("fit", Says(misfit), Mends.For(misfit));
        }

        Message Says(Misfit misfit)
        {
            var (version, needs, held) = (misfit.Version.Name, misfit.Needs, misfit.Held);
            return (IsHeld: held is not null, IsRead: misfit.Input.Read.Count > 0) switch
            {
                (false, _) when request.Without.Contains(needs.Asset) => Message.Of("release.fit-leaves", ("version", version), ("needs", needs)),
                (false, _) => Message.Of("release.fit-missing", ("version", version), ("needs", needs)),
                (true, false) => Message.Of("release.fit-unread", ("version", version), ("needs", needs), ("held", held)),
                (true, true) when asked.Contains(held!.Value) => Message.Of("release.fit-asked", ("version", version), ("needs", needs), ("held", held)),
                (true, true) => Message.Of("release.fit-other", ("version", version), ("needs", needs), ("held", held)),
            };
        }

        public void Gates()
        {
            var used = new HashSet<Waiver>();
            foreach (var version in Lineage.Of(asked.Where(Enters).Order(), shelf))
            {
                var enters = asked.Contains(version.Name) && Enters(version.Name);
                foreach (var check in version.Checks.Where(c => !c.Held && (enters || c.Kind == CheckKind.Expectation))) Gate(version.Name, check, used);
            }
            foreach (var idle in request.Waivers.Where(w => !used.Contains(w)))
            {
                if (shelf.TryGetValue(idle.Version, out var version) && version.Checks.Any(c => c.Name == idle.Check))
                    Note("waiver", Message.Of("release.waiver-idle", ("version", idle.Version), ("check", idle.Check)));
                else Refuse("waiver", Message.Of("release.waiver-unknown", ("version", idle.Version), ("check", idle.Check)), Mends.WithoutWaiver(idle));
            }
        }

        void Gate(VersionName version, CheckResult check, HashSet<Waiver> used)
        {
            var waiver = request.Waivers.FirstOrDefault(w => w.Version == version && w.Check == check.Name);
            if (waiver is not null) used.Add(waiver);
            if (waiver is null)
                Refuse("gate", Message.Of("release.gate", ("version", version), ("check", check.Name), ("says", check.Says)), Mends.Waive(version, check.Name));
            else if (string.IsNullOrWhiteSpace(waiver.Because))
                Refuse("waiver", Message.Of("release.waiver-reason", ("version", version), ("check", check.Name)), Mends.Waive(version, check.Name));
            else Note("gate", Message.Of("release.waived", ("version", version), ("check", check.Name), ("because", waiver.Because)));
        }

        bool Enters(VersionName version) => !production.Set.TryGetValue(version.Asset, out var number) || number != version.Number;

        void Refuse(string rule, Message says, params IReadOnlyList<string> mends) => Findings.Add(new(rule, Severity.Refusal, says, mends));

        void Note(string rule, Message says) => Findings.Add(new(rule, Severity.Note, says, []));
    }
}

/// <summary>A version that was cut for another than production would hold.</summary>
/// <param name="Held">What production would hold; null: nothing of that asset.</param>
sealed record Misfit(VersionRecord Version, InputUse Input, VersionName? Held)
{
    public VersionName Needs => Input.Version;
}
