namespace Kumiki.Making;

/// <summary>One reason why a version is out of date.</summary>
public abstract record StaleCause
{
    StaleCause() { }

    /// <summary>The project's code changed since.</summary>
    public sealed record Code(string From, string To) : StaleCause;

    /// <summary>A parameter, the seed, or a recipe or engine of ours changed.</summary>
    public sealed record Setting(string Name, string? From, string? To) : StaleCause;

    /// <summary>Another version of an input is in use now; <paramref name="To"/> is null where it is asked for no more, <paramref name="From"/> where it is new.</summary>
    public sealed record Input(VersionName? From, VersionName? To) : StaleCause;

    /// <summary>An outside file changed, came, or went.</summary>
    public sealed record Outside(string Path, OutsideChange How) : StaleCause;

    /// <summary>An input is out of date itself.</summary>
    public sealed record Upstream(string Asset) : StaleCause;

    /// <summary>No version was made yet.</summary>
    public sealed record Never : StaleCause;

    public Message Says => this switch
    {
        Code code => Message.Of("stale.code", ("from", code.From), ("to", code.To)),
        Setting s => Message.Of("stale.setting", ("name", s.Name), ("from", s.From ?? "-"), ("to", s.To ?? "-")),
        Input { From: null } i => Message.Of("stale.input-new", ("to", i.To)),
        Input { To: null } i => Message.Of("stale.input-gone", ("from", i.From)),
        Input i => Message.Of("stale.input", ("from", i.From), ("to", i.To)),
        Outside { How: OutsideChange.New } o => Message.Of("stale.outside-new", ("path", o.Path)),
        Outside { How: OutsideChange.Gone } o => Message.Of("stale.outside-gone", ("path", o.Path)),
        Outside o => Message.Of("stale.outside-changed", ("path", o.Path)),
        Upstream u => Message.Of("stale.upstream", ("asset", u.Asset)),
        Never => Message.Of("stale.never"),
        _ => throw new System.Diagnostics.UnreachableException($"Say why {GetType().Name} makes a version stale."),
    };
}

public enum OutsideChange { New, Changed, Gone }

/// <summary>Compares a making with the one that would run now.</summary>
public static class Staleness
{
    /// <param name="made">The run that made the version.</param>
    /// <param name="recipe">What the recipe would be now.</param>
    /// <param name="inputs">The input versions that would be used now.</param>
    /// <param name="outside">The outside files there are now; null where they were not looked at.</param>
    public static IReadOnlyList<StaleCause> Of(RunRecord made, Recipe recipe, IReadOnlyCollection<VersionRecord> inputs, IReadOnlyList<OutsideRead>? outside)
    {
        var causes = new List<StaleCause>();
        foreach (var name in made.Plan.Recipe.Keys.Union(recipe.Parts.Keys).Order(StringComparer.Ordinal))
        {
            var (from, to) = (made.Plan.Recipe.GetValueOrDefault(name), recipe.Parts.GetValueOrDefault(name));
            if (from == to) continue;
            causes.Add(name == "code" ? new StaleCause.Code(Short(from), Short(to)) : new StaleCause.Setting(name, from, to));
        }
        causes.AddRange(Inputs(made, inputs));
        if (outside is not null) causes.AddRange(Outside(made.Outside, outside));
        return causes;
    }

    static string Short(string? digest) => digest is null ? "-" : digest[..Math.Min(12, digest.Length)];

    /// <summary>Inputs that differ in what was read of them. What must fit exactly differs by its number.</summary>
    public static IEnumerable<StaleCause> Inputs(RunRecord made, IReadOnlyCollection<VersionRecord> inputs)
    {
        foreach (var now in inputs)
        {
            var then = made.Inputs.FirstOrDefault(i => i.Version.Asset == now.Asset);
            if (then is null) yield return new StaleCause.Input(null, now.Name);
            else if (then.Edge == EdgeKind.Fit ? then.Version != now.Name : then.Read.Any(r => now.Part(r.Key) != r.Value)) yield return new StaleCause.Input(then.Version, now.Name);
        }
        foreach (var gone in made.Inputs.Where(i => i.Declared && inputs.All(n => n.Asset != i.Version.Asset)))
            yield return new StaleCause.Input(gone.Version, null);
    }

    public static IEnumerable<StaleCause> Outside(IReadOnlyList<OutsideRead> then, IReadOnlyList<OutsideRead> now)
    {
        foreach (var file in now)
        {
            var before = then.FirstOrDefault(t => t.Path == file.Path);
            if (before is null) yield return new StaleCause.Outside(file.Path, OutsideChange.New);
            else if (before.Content != file.Content) yield return new StaleCause.Outside(file.Path, OutsideChange.Changed);
        }
        foreach (var gone in then.Where(t => t.Declared && now.All(n => n.Path != t.Path)))
            yield return new StaleCause.Outside(gone.Path, OutsideChange.Gone);
    }
}
