using System.Globalization;
using System.Text;

namespace Kumiki;

/// <summary>The commands that would mend what a release check found.</summary>
/// <param name="set">The production that would result.</param>
sealed class ReleaseMends(
    IReadOnlyDictionary<VersionName, VersionRecord> shelf, IReadOnlyDictionary<string, int> set, ReleaseRequest request, SharedSources sources)
{
    readonly HashSet<VersionName> asked = [.. request.Set];
    readonly SortedDictionary<string, VersionName> more = new(StringComparer.Ordinal);
    readonly SortedSet<string> less = new(StringComparer.Ordinal);
    string? withMore, withLess;

    /// <summary>Looks over all misfits, so that those mended by releasing more, or by taking out more, are mended by one command.</summary>
    public void Gather(IEnumerable<Misfit> misfits)
    {
        foreach (var misfit in misfits)
        {
            if (Leaves(misfit)) less.Add(misfit.Version.Asset);
            else if (NeedsMore(misfit)) more.TryAdd(misfit.Needs.Asset, misfit.Needs);
        }
    }

    /// <summary>What was asked for leads; of two that were not, the newer does.</summary>
    public IReadOnlyList<string> For(Misfit misfit)
    {
        if (Leaves(misfit)) return [withLess ??= Release(request with { Without = [.. request.Without.Union(less)] })];
        var canMake = misfit.Held is not null && misfit.Input.Read.Count > 0;      // where nothing was read, making again gives the same version
        if (NeedsMore(misfit)) return canMake ? [More(misfit), Make(misfit.Version)] : [More(misfit)];
        if (!canMake) return [];
        return asked.Contains(misfit.Held!.Value) ? [Make(misfit.Version)] : [Make(misfit.Version), Release(With([misfit.Needs]))];
    }

    bool Leaves(Misfit misfit) => misfit.Held is null && request.Without.Contains(misfit.Needs.Asset) && !asked.Contains(misfit.Version.Name);

    bool NeedsMore(Misfit misfit) =>
        misfit.Held is not { } held || (!asked.Contains(held) && (misfit.Input.Read.Count == 0 || misfit.Needs.Number > held.Number));

    string More(Misfit misfit) => more[misfit.Needs.Asset] == misfit.Needs ? withMore ??= Release(With(more.Values)) : Release(With([misfit.Needs]));

    /// <summary>Making <paramref name="version"/> again from what production would hold, and from sources as its models read them. Data that is only scored is
    /// not named: a making takes what is staged.</summary>
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
                var hasOwnFinding = isHeld && shelf[use].Kind == AssetKind.Model;
                if (sources.Agrees(use, version) || hasOwnFinding) pins.TryAdd(use.Asset, use);
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

    /// <summary>The request with more versions, each in place of any other of its asset.</summary>
    ReleaseRequest With(IReadOnlyCollection<VersionName> versions)
    {
        var assets = versions.Select(v => v.Asset).ToHashSet(StringComparer.Ordinal);
        return request with
        {
            Set = [.. request.Set.Where(v => !assets.Contains(v.Asset)).Concat(versions).Order()],
            Without = [.. request.Without.Where(a => !assets.Contains(a))],
        };
    }

    /// <summary>A request as it is typed.</summary>
    public static string Release(ReleaseRequest request)
    {
        var typed = new StringBuilder("kumiki release");
        foreach (var version in request.Set) typed.Append(CultureInfo.InvariantCulture, $" {version}");
        foreach (var asset in request.Without) typed.Append(CultureInfo.InvariantCulture, $" --without {asset}");
        foreach (var waiver in request.Waivers) typed.Append(CultureInfo.InvariantCulture, $" --waive {Quoted(waiver.ToString())}");
        return typed.ToString();
    }

    static string Quoted(string text)
    {
        var isPlain = text.All(c => char.IsAsciiLetterOrDigit(c) || "@:=.-_,/".Contains(c, StringComparison.Ordinal));
        return isPlain ? text : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }
}
