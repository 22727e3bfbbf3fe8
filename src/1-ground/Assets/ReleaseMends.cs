namespace Kumiki;

/// <summary>The commands that would mend what a release check found.</summary>
/// <param name="set">The production that would result.</param>
sealed class ReleaseMends(IReadOnlyDictionary<VersionName, VersionRecord> shelf, IReadOnlyDictionary<string, int> set, ReleaseRequest request, SharedSources sources)
{
    /// <summary>For a version cut for another version than production would hold: what was asked for leads; were both asked for, the newer does.</summary>
    public IReadOnlyList<string> ForOther(VersionRecord version, InputUse needs, VersionName held)
    {
        var make = Make(version);
        var together = Release(With(needs.Version));
        return (CanMake: needs.Read.Count > 0, HeldIsAsked: request.Set.Contains(held)) switch
        {
            (true, true) => [make],
            (true, false) => needs.Version.Number > held.Number ? [together, make] : [make, together],
            (false, false) => [together],
            (false, true) => [],        // nothing of it was read, so making it again would give the same version
        };
    }

    /// <summary>For a version cut for what production would not hold at all.</summary>
    public IReadOnlyList<string> ForMissing(VersionName version, VersionName needs) =>
        request.Without.Contains(needs.Asset) && !request.Set.Contains(version)
            ? [Release(request with { Without = [.. request.Without.Append(version.Asset)] })]
            : [Release(With(needs))];

    /// <summary>Making <paramref name="version"/> again from what production would hold, and from sources as its models read them. Data that is only scored is not named: a
    /// making takes what is staged.</summary>
    public string Make(VersionRecord version)
    {
        var pins = new SortedDictionary<string, VersionName>(StringComparer.Ordinal);
        var upstream = false;
        var next = new Queue<VersionRecord>([version]);
        var seen = new HashSet<VersionName> { version.Name };
        while (next.TryDequeue(out var made))
        {
            foreach (var input in made.Inputs.Where(i => i.Declared && i.Edge != EdgeKind.Scored))
            {
                var use = Use(made, input);
                var isHeld = set.TryGetValue(use.Asset, out var number) && number == use.Number;
                if (sources.Agrees(use) || (isHeld && shelf[use].Kind == AssetKind.Model)) pins.TryAdd(use.Asset, use);     // a model in production has a finding of its own
                else if (isHeld) return Make(shelf[use]);       // production needs it again too, so it comes first
                else
                {
                    upstream = true;        // it lies between and production does not hold it
                    if (seen.Add(use)) next.Enqueue(shelf[use]);
                }
            }
        }
        var uses = string.Concat(pins.Values.Select(p => $" --use {p}"));
        return $"kumiki make {version.Asset}{(upstream ? " --upstream" : "")}{uses}";
    }

    /// <summary>The version of an input that goes with production.</summary>
    VersionName Use(VersionRecord made, InputUse input)
    {
        var asset = input.Version.Asset;
        if (input.Edge == EdgeKind.Fit && set.TryGetValue(asset, out var held)) return new(asset, held);
        return sources.Versions.TryGetValue(asset, out var common) && made.Apart.All(a => a.Source != asset) ? common : input.Version;
    }

    public string Waive(VersionName version, string check) =>
        Release(request with { Waivers = [.. request.Waivers.Where(w => w.Version != version || w.Check != check), new(version, check, "REASON")] });

    public string WithoutWaiver(Waiver idle) => Release(request with { Waivers = [.. request.Waivers.Where(w => w != idle)] });

    /// <summary>The request with one version more, in place of any other of its asset.</summary>
    ReleaseRequest With(VersionName version) => request with
    {
        Set = [.. request.Set.Where(v => v.Asset != version.Asset).Append(version).Order()],
        Without = [.. request.Without.Where(a => a != version.Asset)],
    };

    /// <summary>A request as it is typed.</summary>
    public static string Release(ReleaseRequest request) => string.Join(' ',
        (string[])["kumiki release", .. request.Set.Select(v => v.ToString()), .. request.Without.Select(a => $"--without {a}"), .. request.Waivers.Select(w => $"--waive {Quoted(w)}")]);

    static string Quoted(Waiver waiver)
    {
        var text = waiver.ToString();
        return text.All(c => char.IsAsciiLetterOrDigit(c) || "@:=.-_,/".Contains(c, StringComparison.Ordinal)) ? text : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }
}
