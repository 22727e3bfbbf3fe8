using System.Diagnostics;

namespace Kumiki;

/// <summary>Whether the models of one production were trained on one version of each source they share.</summary>
/// <remarks>
/// <code>
/// sales@9 ──► weekly@4 ──► demand-model@7 ┐
///       └────────────────► price-model@2  ┴─ one production: both from sales@9
/// </code>
/// 1. A source is a dataset, labels, features or a goal. A model uses it when it, or something it was made from, read any of it. What was only scored, and
///    what was declared but never read, does not count; nor does what lies behind a model that is declared apart from that source. A model that production
///    holds answers for itself, and not again through what was made from it.
/// 2. What was read counts, not the number it had: a version agrees with a source's version when it would have read the same bytes of it. So does one that
///    lies further on: if <c>weekly@5</c>, made from <c>sales@10</c>, has the same bytes as <c>weekly@4</c>, then making demand-model@7 again from sales@10
///    gives demand-model@7, and no making could ever bring it nearer to sales@10.
/// 3. The rule holds for a source when all models agree with one of the versions in use. Later versions on the shelf can only add ways to agree: making
///    something never makes a production unfit.
/// </remarks>
sealed class SharedSources
{
    readonly IReadOnlyDictionary<VersionName, VersionRecord> shelf;
    readonly List<VersionRecord> models;
    readonly Dictionary<string, VersionRecord> held;
    readonly ILookup<string, VersionRecord> byAsset;
    readonly Dictionary<InputUse, VersionRecord[]> same = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<string, HashSet<VersionName>> disagreeing = new(StringComparer.Ordinal);

    SharedSources(IReadOnlyDictionary<VersionName, VersionRecord> shelf, List<VersionRecord> models)
    {
        this.shelf = shelf;
        this.models = models;
        held = models.ToDictionary(m => m.Asset, StringComparer.Ordinal);
        byAsset = shelf.Values.ToLookup(v => v.Asset, StringComparer.Ordinal);
        // a source comes after the sources it was made from, so that its version is chosen among those that go with theirs
        var order = Lineage.InputsFirst(models, v => Used(v).Select(i => shelf.GetValueOrDefault(i.Version)).OfType<VersionRecord>());
        var read = order.SelectMany(Used).Select(i => i.Version).ToHashSet();
        var bySource = order.Where(v => read.Contains(v.Name) && IsSource(v)).GroupBy(v => v.Asset, v => v.Name, StringComparer.Ordinal);
        Conflicts = [.. bySource.SelectMany(g => Common(g.Key, g))];
    }

    /// <param name="models">The models of the production.</param>
    public static SharedSources Of(IReadOnlyDictionary<VersionName, VersionRecord> shelf, IEnumerable<VersionRecord> models) => new(shelf, [.. models]);

    /// <summary>Each model that does not agree, by source and then by model; sources before what was made from them.</summary>
    public IReadOnlyList<SourceConflict> Conflicts { get; }

    /// <summary>The version of each source that all models agree with, or would have to.</summary>
    public Dictionary<string, VersionName> Versions { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether <paramref name="model"/> can agree with the others if it reads <paramref name="version"/>.</summary>
    public bool Agrees(VersionName version, VersionRecord? model = null) =>
        disagreeing.All(d => !d.Value.Contains(version) || (model is not null && IsApart(model, d.Key)));

    /// <summary>The opt-outs that matter: each model in the lineages that is declared apart from a source it uses.</summary>
    public IEnumerable<(VersionRecord Model, Apartness Apart)> Apart()
    {
        foreach (var model in Reached(models, apartFrom: null).Where(v => v.Kind == AssetKind.Model && v.Apart.Count > 0))
        {
            var used = Reached([model], apartFrom: null).SelectMany(Used).Select(i => i.Version.Asset).ToHashSet(StringComparer.Ordinal);
            foreach (var apart in model.Apart.Where(a => used.Contains(a.Source))) yield return (model, apart);
        }
    }

    /// <summary>Finds the version of a source that all models agree with; if there is none, each conflict.</summary>
    IEnumerable<SourceConflict> Common(string source, IEnumerable<VersionName> reads)
    {
        if (reads.Skip(1).Any()) return Contested(source);
        Versions[source] = reads.First();
        return [];
    }

    IEnumerable<SourceConflict> Contested(string source)
    {
        var bound = models.Where(m => !IsApart(m, source)).OrderBy(m => m.Name).ToList();
        var inUse = Reached(bound, source).SelectMany(Used).Where(i => i.Version.Asset == source).Select(i => i.Version).Distinct().OrderDescending().ToList();
        if (inUse.Count == 0) yield break;

        // 1. what could stand for what, inputs first; the same for every version of the source
        var order = Lineage.InputsFirst(bound, v => IsApart(v, source) ? [] : Used(v).Where(i => i.Version.Asset != source).SelectMany(Same));

        // 2. one version with which all agree
        foreach (var version in inUse)
        {
            var d = Disagreeing(source, v => v == version, order);
            if (bound.Any(m => d.Contains(m.Name))) continue;
            Versions[source] = version;
            disagreeing[source] = BehindTheApart(source, version);
            yield break;
        }

        // 3. none: hold all against the newest that goes with the sources before
        var target = inUse.Where(v => Agrees(v)).FirstOrDefault(inUse[0]);
        Versions[source] = target;
        var against = Disagreeing(source, v => v == target, order);
        // a target that does not go with them must be made again itself; then what was made from another that does is as good
        disagreeing[source] = Agrees(target) ? [.. against, .. BehindTheApart(source, target)] : Disagreeing(source, v => Agrees(v), order);
        var atTarget = bound.Where(m => Reached([m], source).SelectMany(Used).Any(i => i.Version == target)).Select(m => m.Name).ToHashSet();
        var other = bound.First(m => atTarget.Contains(m.Name));
        foreach (var model in bound.Where(m => against.Contains(m.Name)))
        {
            var (through, read) = Culprit(model, source, target, against);
            yield return new(model, read, through, atTarget.Contains(model.Name) ? model : other, target);
        }
    }

    /// <summary>The reading that keeps a model from agreeing, and whose it was; the nearest first.</summary>
    (VersionName Through, VersionName Read) Culprit(VersionRecord model, string source, VersionName target, HashSet<VersionName> against)
    {
        var next = new Queue<VersionRecord>([model]);
        var seen = new HashSet<VersionName>();
        while (next.TryDequeue(out var version))
        {
            foreach (var input in Used(version))
            {
                if (input.Version.Asset != source)
                {
                    if (Same(input).All(v => against.Contains(v.Name)) && seen.Add(input.Version)) next.Enqueue(shelf[input.Version]);
                }
                else if (Same(input).All(v => v.Name != target)) return (version.Name, input.Version);
            }
        }
        throw new UnreachableException($"{model.Name} does not agree with {target}, yet nothing it was made from read another version of {source}.");
    }

    /// <summary>Those of <paramref name="order"/> that cannot have been made from a version of a source that <paramref name="stands"/>.</summary>
    HashSet<VersionName> Disagreeing(string source, Func<VersionName, bool> stands, List<VersionRecord> order)
    {
        var agreeing = new HashSet<VersionName>();
        for (var grew = true; grew;)        // inputs come first, so that once is enough unless what has the same bytes closes a circle
        {
            grew = false;
            foreach (var made in order.Where(v => !agreeing.Contains(v.Name)))
            {
                var agrees = IsApart(made, source) || Used(made).All(i => i.Version.Asset == source
                    ? Same(i).Any(v => stands(v.Name))
                    : Same(i).Any(v => agreeing.Contains(v.Name)));
                if (agrees) grew |= agreeing.Add(made.Name);
            }
        }
        return [.. order.Select(v => v.Name).Where(v => !agreeing.Contains(v))];
    }

    /// <summary>What lies behind models that are apart from a source and could not go with the others: no other model may be made from it.</summary>
    HashSet<VersionName> BehindTheApart(string source, VersionName version)
    {
        var behind = Reached(models, apartFrom: null).Where(m => IsApart(m, source)).SelectMany(Used).SelectMany(Same).ToList();
        return Disagreeing(source, v => v == version, Lineage.InputsFirst(behind, v => Used(v).Where(i => i.Version.Asset != source).SelectMany(Same)));
    }

    /// <summary>The versions of which <paramref name="input"/> would have read the same bytes; itself first.</summary>
    VersionRecord[] Same(InputUse input)
    {
        if (same.TryGetValue(input, out var known)) return known;
        var others = byAsset[input.Version.Asset].Where(v => v.Name != input.Version && input.IsReadingOf(v));
        return same[input] = shelf.TryGetValue(input.Version, out var itself) ? [itself, .. others] : [.. others];
    }

    /// <summary>The lineages of <paramref name="roots"/> over what was used, up to models that are apart from a source.</summary>
    IEnumerable<VersionRecord> Reached(IEnumerable<VersionRecord> roots, string? apartFrom)
    {
        var next = new Queue<VersionRecord>(roots);
        var seen = next.Select(v => v.Name).ToHashSet();
        while (next.TryDequeue(out var version))
        {
            if (apartFrom is not null && IsApart(version, apartFrom)) continue;
            yield return version;
            foreach (var input in Used(version))
                if (seen.Add(input.Version) && shelf.TryGetValue(input.Version, out var record)) next.Enqueue(record);
        }
    }

    IEnumerable<InputUse> Used(VersionRecord version) => version.Inputs.Where(i => i.Edge != EdgeKind.Scored && i.Read.Count > 0 && !IsHeld(i));

    bool IsHeld(InputUse input) => held.TryGetValue(input.Version.Asset, out var model) && (model.Name == input.Version || input.IsReadingOf(model));

    static bool IsApart(VersionRecord version, string source) => version.Kind == AssetKind.Model && version.Apart.Any(a => a.Source == source);

    static bool IsSource(VersionRecord version) => version.Kind is AssetKind.Dataset or AssetKind.Labels or AssetKind.Features or AssetKind.Goal;
}

/// <summary>A model that was not trained on the version of a source that others were.</summary>
/// <param name="Read">The version it was trained on.</param>
/// <param name="Through">The version whose making read it: the model itself, or something it was made from.</param>
/// <param name="Other">A model that was trained on <paramref name="Target"/>; the same model, if it is at odds with itself.</param>
sealed record SourceConflict(VersionRecord Model, VersionName Read, VersionName Through, VersionRecord Other, VersionName Target);
