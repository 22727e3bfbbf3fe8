using System.Text.RegularExpressions;

namespace Kumiki.Releasing.Tests;

/// <summary>A small world of versions, written as people say it.</summary>
/// <remarks>
/// <code>
/// beans@3                                           a dataset: it is made from nothing
/// roaster@5 from beans@3                            a model: it is made from data only
/// cut@1 from roaster@4                              a threshold: it is made from a model; roaster@4 need not be listed
/// predictions forecast@1 from roaster@5, beans@4    any kind by name; predictions score data
/// blend@1 from fit roaster@5, source beans@3        any edge by name: fit, source, scored
/// goal aim@1 {owner=ann, cost=low}                  parts and what is in them
/// roaster@6 from beans@3, aim@1[cost]               one part read; "unread aim@1": declared only; "undeclared aim@1": the reverse
/// weekly@5 is weekly@4 from beans@4                 the bytes of another version
/// roaster@5 from beans@3 fails test auc             a check that did not hold: expectation, test, goal
/// roaster@5 from beans@3 apart from beans: why      an opt-out
/// roaster@5 from beans@3 reading /tmp/x.csv         an undeclared file
/// model forest@1 unservable                         an imported model that cannot serve
/// </code>
/// </remarks>
sealed partial class Shelf
{
    readonly Dictionary<VersionName, VersionRecord> versions = [];
    readonly Dictionary<string, AssetKind> kinds = [];
    long runs;

    public IReadOnlyDictionary<VersionName, VersionRecord> Versions => versions;

    public static Shelf Of(params IEnumerable<string> lines)
    {
        var shelf = new Shelf();
        foreach (var line in lines) shelf.Put(line);
        return shelf;
    }

    public VersionRecord this[string name] => versions[VersionName.Parse(name)];

    public void Put(VersionRecord version)
    {
        versions[version.Name] = version;
        kinds[version.Asset] = version.Kind;
    }

    /// <summary>A production that holds these versions.</summary>
    public static Production Holding(params IEnumerable<string> set) =>
        new(1, 1, set.Select(v => VersionName.Parse(v)).ToDictionary(v => v.Asset, v => v.Number));

    /// <summary>Checks what would be typed after <c>kumiki release</c> on an empty production.</summary>
    public IReadOnlyList<Finding> Check(string release) => Check(Production.Empty, release);

    public IReadOnlyList<Finding> Check(Production production, string release) => ReleaseCheck.Of(versions, production, Typed(release));

    /// <summary>Reads a release as it is typed, with or without the command's name.</summary>
    public static ReleaseRequest Typed(string release)
    {
        var words = Word().Matches(release).Select(m => m.Value.Replace("'", "", StringComparison.Ordinal)).ToList();
        if (words is ["kumiki", "release", ..]) words.RemoveRange(0, 2);
        var (set, without, waivers) = (new List<VersionName>(), new List<string>(), new List<Waiver>());
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == "--without") without.Add(words[++i]);
            else if (words[i] == "--waive") waivers.Add(Waiver.Parse(words[++i]));
            else set.Add(VersionName.Parse(words[i]));
        }
        return new(set, without, waivers);
    }

    void Put(string line)
    {
        var read = Line().Match(line);
        if (!read.Success) throw new FormatException($"Not a version of the shelf: {line}");
        var name = VersionName.Parse(read.Groups["name"].Value);
        var inputs = Items(read.Groups["inputs"]).Select(i => Input(i)).ToList();
        var kind = read.Groups["kind"].Success ? Enum.Parse<AssetKind>(read.Groups["kind"].Value, ignoreCase: true)
            : kinds.TryGetValue(name.Asset, out var known) ? known
            : inputs.Count == 0 ? AssetKind.Dataset
            : inputs.All(i => IsData(i.Input.Version)) ? AssetKind.Model
            : AssetKind.Threshold;
        var parts = read.Groups["same"].Success ? new Dictionary<string, Digest>(this[read.Groups["same"].Value].Parts)
            : new() { [""] = Digest.OfParts("whole", name.ToString()) };
        foreach (var part in Items(read.Groups["parts"]).Select(p => p.Split('=')))
            parts[part[0]] = Digest.OfParts(name.Asset, part[0], part[1]);
        Put(new VersionRecord
        {
            Name = name,
            Kind = kind,
            Content = Digest.Of(name.ToString()),
            Files = [],
            Parts = parts,
            Inputs = [.. inputs.Select(i =>
                i.Edge is not null || kind != AssetKind.Predictions || !IsData(i.Input.Version) ? i.Input : i.Input with { Edge = EdgeKind.Scored })],
            Outside = read.Groups["file"].Success ? [new(read.Groups["file"].Value, 1, 1, 1, Digest.Of("file"), Declared: false)] : [],
            Checks = [.. read.Groups["check"].Captures.Zip(read.Groups["checkkind"].Captures, (name, kind) => Failed(name.Value, kind.Value))],
            Apart = read.Groups["source"].Success ? [new(read.Groups["source"].Value, read.Groups["because"].Value)] : [],
            Imported = read.Groups["unservable"].Success ? new("forest", 1, ["sklearn"]) { Refused = Message.Of("imported.mlmodel-flavors") } : null,
            RecipeKey = Digest.Of(name.Asset),
            MadeBy = new(++runs),
            MadeAt = DateTimeOffset.UnixEpoch.AddHours(runs),
        });
    }

    static CheckResult Failed(string check, string kind) =>
        new(check, Enum.Parse<CheckKind>(kind, ignoreCase: true), Held: false, Message.Of("release.nothing"));

    (InputUse Input, string? Edge) Input(string text)
    {
        var read = InputText().Match(text);
        if (!read.Success) throw new FormatException($"Not an input: {text}");
        var name = VersionName.Parse(read.Groups["name"].Value);
        if (!versions.ContainsKey(name)) Put(name.ToString());
        var version = versions[name];
        var edge = read.Groups["edge"].Success ? Enum.Parse<EdgeKind>(read.Groups["edge"].Value, ignoreCase: true)
            : IsData(name) ? EdgeKind.Source
            : EdgeKind.Fit;
        var parts = read.Groups["unread"].Success ? [] : read.Groups["parts"].Success ? Items(read.Groups["parts"]) : [""];
        var use = new InputUse(name, edge, parts.ToDictionary(p => p, p => version.Parts[p]), Declared: !read.Groups["undeclared"].Success);
        return (use, read.Groups["edge"].Success ? read.Groups["edge"].Value : null);
    }

    bool IsData(VersionName name) =>
        versions[name].Kind is AssetKind.Dataset or AssetKind.Labels or AssetKind.Features or AssetKind.Goal or AssetKind.Predictions;

    static string[] Items(Group group) => group.Success ? ItemSeparator().Split(group.Value.Trim()) : [];

    [GeneratedRegex("""
        ^(?:(?<kind>goal|dataset|labels|features|model|threshold|searchindex|endpoint|predictions|report|other)\s)?(?<name>\S+@\d+)
        (?:\sis\s(?<same>\S+))?(?:\s\{(?<parts>[^}]*)\})?(?:\sfrom\s(?<inputs>.+?))?
        (?:\sfails\s(?<checkkind>expectation|test|goal)\s(?<check>\S+))*(?:\sapart\sfrom\s(?<source>\S+):\s(?<because>.+))?(?:\sreading\s(?<file>\S+))?(?<unservable>\sunservable)?$
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Line();

    [GeneratedRegex(@"^(?:(?<edge>fit|source|scored)\s)?(?:(?<unread>unread)\s|(?<undeclared>undeclared)\s)?(?<name>[^\s\[]+)(?:\[(?<parts>[^\]]*)\])?$")]
    private static partial Regex InputText();

    [GeneratedRegex(@",\s*(?![^\[]*\])")]
    private static partial Regex ItemSeparator();

    [GeneratedRegex(@"(?:'[^']*'|\S)+")]
    private static partial Regex Word();
}
