using System.Globalization;
using System.Text.RegularExpressions;

namespace Kumiki.Releasing.Tests;

/// <summary>An input as its asset declares it.</summary>
/// <param name="Parts">What is read of it; empty: nothing.</param>
sealed record PlannedInput(string Asset, EdgeKind Edge, string[] Parts, bool Declared);

/// <param name="Blur">How many different results there are: with few, makings from different inputs give the same bytes.</param>
sealed record PlannedAsset(string Name, AssetKind Kind, PlannedInput[] Inputs, Apartness[] Apart, int Blur);

/// <summary>A project whose makings are hashes: assets at random, and versions that depend on what was read and on nothing else.</summary>
/// <remarks>Making keeps DESIGN's promises: inputs are what is pinned, else staged, else in production; the same result from the same bytes read is the
/// version that is there.</remarks>
sealed partial class RandomProject
{
    static readonly string[] Parts = ["", "a", "b"];
    static readonly AssetKind[] SourceKinds = [AssetKind.Dataset, AssetKind.Labels, AssetKind.Goal, AssetKind.Features];

    /// <summary>Models three times, so that they come often.</summary>
    static readonly AssetKind[] MadeKinds =
    [
        AssetKind.Model, AssetKind.Dataset, AssetKind.Model, AssetKind.Threshold, AssetKind.Features, AssetKind.Endpoint, AssetKind.Predictions,
            AssetKind.Model,
    ];

    readonly Dictionary<VersionName, VersionRecord> shelf = [];
    readonly bool strict;
    long runs;

    public List<PlannedAsset> Assets { get; } = [];
    public Dictionary<string, int> Staged { get; } = [];
    public Production Production { get; set; } = Production.Empty;
    public IReadOnlyDictionary<VersionName, VersionRecord> Shelf => shelf;

    /// <param name="strict">Nothing undeclared, no failing checks: what is left are misfits.</param>
    public RandomProject(Choices choices, bool strict)
    {
        this.strict = strict;
        var sources = 1 + choices.Of(3);
        for (var i = 0; i < sources; i++) Assets.Add(new($"src{i}", choices.Of(SourceKinds), [], [], 1 + choices.Of(4)));
        var others = 2 + choices.Of(7);
        for (var i = 0; i < others; i++)
        {
            var kind = choices.Of(MadeKinds);
            var inputs = new List<PlannedInput>();
            for (var more = 1 + choices.Of(3); more > 0; more--)
            {
                var input = choices.Of(Assets);
                if (inputs.Any(o => o.Asset == input.Name)) continue;
                inputs.Add(new(input.Name, Edge(kind, input.Kind, choices), Read(choices), strict || !choices.Once(40)));
            }
            var apart = kind == AssetKind.Model && choices.Once(5) ? new[] { new Apartness(Assets[choices.Of(sources)].Name, "declared apart") } : [];
            Assets.Add(new($"{kind.ToString().ToLowerInvariant()}{i}", kind, [.. inputs], apart, choices.Once(3) ? 1 + choices.Of(3) : int.MaxValue));
        }
    }

    static EdgeKind Edge(AssetKind kind, AssetKind input, Choices choices) => (kind, input) switch
    {
        (AssetKind.Predictions, AssetKind.Dataset or AssetKind.Features) => EdgeKind.Scored,
        (_, AssetKind.Model) => choices.Once(4) ? EdgeKind.Source : EdgeKind.Fit,
        (_, AssetKind.Threshold or AssetKind.Endpoint) => EdgeKind.Fit,
        _ => choices.Once(8) ? EdgeKind.Scored : EdgeKind.Source,
    };

    static string[] Read(Choices choices) => choices.Of([Parts[..1], Parts[..1], Parts[..1], Parts[1..2], Parts[1..], []]);

    /// <summary>What came in from outside; seen before, it is the version that is there.</summary>
    public VersionRecord Take(string source, Choices choices)
    {
        var plan = Plan(source);
        return Keep(plan, [], Parts[1..].ToDictionary(p => p, p => Digest.OfParts(source, p, Text(choices.Of(plan.Blur + 1)))));
    }

    /// <summary>Makes an asset; null where an input has no version that may be used.</summary>
    /// <param name="upstream">Makes again what lies between it and what is pinned.</param>
    public VersionRecord? Make(string asset, IReadOnlyDictionary<string, int>? pins = null, bool upstream = false)
    {
        var plan = Plan(asset);
        var inputs = new List<InputUse>();
        foreach (var input in plan.Inputs)
        {
            int? number = pins is not null && pins.TryGetValue(input.Asset, out var pinned) ? pinned
                : upstream && Plan(input.Asset).Inputs.Length > 0 ? Make(input.Asset, pins, upstream)?.Name.Number
                : Staged.TryGetValue(input.Asset, out var staged) ? staged
                : Production.Set.TryGetValue(input.Asset, out var released) ? released
                : null;
            if (number is null) return null;
            var version = shelf[new(input.Asset, number.Value)];
            inputs.Add(new(version.Name, input.Edge, input.Parts.ToDictionary(p => p, p => version.Parts[p]), input.Declared));
        }
        var read = inputs.SelectMany(i => i.Read.Select(r => $"{i.Version.Asset}/{r.Key}={r.Value}")).Order(StringComparer.Ordinal).ToList();
        return Keep(plan, inputs, Parts[1..].ToDictionary(p => p, p => Blurred(plan, p, read)));
    }

    public void Stage(VersionName version) => Staged[version.Asset] = version.Number;

    /// <summary>Does what a mend says: makes and stages, or gives the release to type next.</summary>
    /// <returns>The request to try next.</returns>
    public ReleaseRequest Do(string command, ReleaseRequest request)
    {
        if (command.StartsWith("kumiki release", StringComparison.Ordinal)) return Tests.Shelf.Typed(command);
        var read = MakeCommand().Match(command);
        if (!read.Success) throw new InvalidOperationException($"'{command}' is not a command of this project.");
        foreach (var scored in Plan(read.Groups["asset"].Value)
            .Inputs.Where(i => i.Edge == EdgeKind.Scored && !Staged.ContainsKey(i.Asset) && !Production.Set.ContainsKey(i.Asset)))
            Stage(shelf.Keys.Where(v => v.Asset == scored.Asset).Max());        // what a making of unstaged data asks for
        var pins = read.Groups["use"].Captures.Select(c => VersionName.Parse(c.Value)).ToDictionary(v => v.Asset, v => v.Number);
        var made = Make(read.Groups["asset"].Value, pins, read.Groups["upstream"].Success)
            ?? throw new InvalidOperationException($"'{command}' names no version for an input that is neither staged nor released.");
        Stage(made.Name);
        return request with { Set = [.. request.Set.Where(v => v.Asset != made.Asset), made.Name] };
    }

    public PlannedAsset Plan(string asset) => Assets.Single(a => a.Name == asset);

    /// <summary>Every version with what it read, for a case that failed.</summary>
    public override string ToString() => string.Join('\n',
    [
        .. shelf.Values.OrderBy(v => v.MadeBy.Number).Select(v =>
            $"{v.Kind} {v.Name} {v.Parts[""].Hex[..4]} from {string.Join(", ", v.Inputs.Select(Shown))}{(v.Apart is [var a] ? $" apart: {a.Source}" : "")}"),
        $"production {string.Join(' ', Production.Set.Select(s => $"{s.Key}@{s.Value}"))}, staged {string.Join(' ', Staged.Select(s => $"{s.Key}@{s.Value}"))}",
    ]);

    static string Shown(InputUse input) => $"{input.Edge} {input.Version}[{string.Join(' ', input.Read.Select(r => $"{r.Key}={r.Value.Hex[..4]}"))}]";

    VersionRecord Keep(PlannedAsset plan, List<InputUse> inputs, Dictionary<string, Digest> parts)
    {
        parts[""] = Digest.OfParts(parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value.Hex));
        var content = Digest.OfParts([parts[""].Hex,
            .. inputs.SelectMany(i => i.Read.Select(r => $"{i.Version.Asset}/{r.Key}={r.Value}")).Order(StringComparer.Ordinal)]);
        var before = shelf.Values.Where(v => v.Asset == plan.Name).ToList();
        if (before.FirstOrDefault(v => v.Content == content) is { } same) return same;
        var version = new VersionRecord
        {
            Name = new(plan.Name, before.Count + 1),
            Kind = plan.Kind,
            Content = content,
            Files = [],
            Parts = parts,
            Inputs = inputs,
            Apart = plan.Apart,
            Checks = !strict && content.Hex[0] == '7'
                ? [new("sound", content.Hex[1] < '8' ? CheckKind.Expectation : CheckKind.Goal, Held: false, Message.Of("release.nothing"))] : [],
            RecipeKey = Digest.Of(plan.Name),
            MadeBy = new(++runs),
            MadeAt = DateTimeOffset.UnixEpoch.AddMinutes(runs),
        };
        return shelf[version.Name] = version;
    }

    static Digest Blurred(PlannedAsset plan, string part, List<string> read)
    {
        var exact = Digest.OfParts([plan.Name, part, .. read]);
        return plan.Blur == int.MaxValue ? exact
            : Digest.OfParts(plan.Name, part, Text(int.Parse(exact.Hex[..6], NumberStyles.HexNumber, CultureInfo.InvariantCulture) % plan.Blur));
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^kumiki make (?<asset>\S+)(?<upstream> --upstream)?(?: --use (?<use>\S+))*$")]
    private static partial Regex MakeCommand();

    /// <summary>A day's work: takes, makes, stages, at random.</summary>
    public void Work(Choices choices, int steps)
    {
        for (; steps > 0 && choices.Left; steps--)
        {
            var asset = choices.Of(Assets);
            var made = asset.Inputs.Length == 0 ? Take(asset.Name, choices) : Make(asset.Name, upstream: choices.Once(6));
            if (made is not null && !choices.Once(4)) Stage(made.Name);
        }
    }

    /// <summary>A release at random: some of what is staged, sometimes an older version, sometimes something taken out, sometimes a waiver.</summary>
    public ReleaseRequest Order(Choices choices)
    {
        var asked = new List<VersionName>();
        foreach (var versions in shelf.Keys.GroupBy(v => v.Asset).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var which = choices.Of(12);
            if (which > 5 && Staged.TryGetValue(versions.Key, out var staged)) asked.Add(new(versions.Key, staged));
            if (which is 5 or 11 && choices.Once(3)) asked.Add(choices.Of(versions.Order().ToList()));
        }
        var without = choices.Once(5) && Production.Set.Count > 0 ? [choices.Of(Production.Set.Keys.Order().ToList())] : new List<string>();
        var failing = shelf.Values.Where(v => v.Checks.Count > 0).Select(v => v.Name).Order().ToList();
        var waivers = failing.Where(_ => choices.Once(2)).Select(v => new Waiver(v, "sound", "a bad week"));
        return new(asked, without, [.. waivers]);
    }
}
