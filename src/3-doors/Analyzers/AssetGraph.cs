using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>The assets of one compilation and who asks for whom, read once from declarations alone and then asked by every rule.</summary>
sealed class AssetGraph
{
    readonly AssetTypes types;
    readonly Dictionary<INamedTypeSymbol, ImmutableArray<INamedTypeSymbol>> inputs = new(SymbolEqualityComparer.Default);

    public AssetGraph(Compilation compilation, AssetTypes types)
    {
        this.types = types;
        var found = new List<INamedTypeSymbol>();
        Gather(compilation.Assembly.GlobalNamespace, found);
        Assets = [.. found.OrderBy(a => a.ToDisplayString(), StringComparer.Ordinal)];
        foreach (var asset in Assets) inputs.Add(asset, InputsOf(asset));
        ByName = Assets.ToLookup(a => AssetName(a.Name), StringComparer.Ordinal);
        Circles = FindCircles();
        Thresholds = Assets.Where(types.IsThreshold).ToImmutableArray();
        MadeFromObsolete = FindMadeFromObsolete();
    }

    /// <summary>In order of their full names.</summary>
    public ImmutableArray<INamedTypeSymbol> Assets { get; }

    public ILookup<string, INamedTypeSymbol> ByName { get; }

    public ImmutableArray<INamedTypeSymbol> Thresholds { get; }

    /// <summary>Every asset, of referenced assemblies too, that asks for an obsolete one, directly or further up.</summary>
    public HashSet<INamedTypeSymbol> MadeFromObsolete { get; }

    /// <summary>One shortest circle for each knot of assets, by the asset it is reported on.</summary>
    public IReadOnlyDictionary<INamedTypeSymbol, ImmutableArray<INamedTypeSymbol>> Circles { get; }

    /// <summary>The assets this one asks for; those of referenced assemblies are answered too.</summary>
    public ImmutableArray<INamedTypeSymbol> Inputs(INamedTypeSymbol asset) => inputs.TryGetValue(asset, out var known) ? known : InputsOf(asset);

    /// <summary>The shortest way up from <paramref name="from"/>, itself included, to an asset that <paramref name="wanted"/> is true of; empty if there
    /// is none.</summary>
    public ImmutableArray<INamedTypeSymbol> WayUp(INamedTypeSymbol from, Func<INamedTypeSymbol, bool> wanted)
    {
        var cameFrom = new Dictionary<INamedTypeSymbol, INamedTypeSymbol?>(SymbolEqualityComparer.Default) { [from] = null };
        var next = new Queue<INamedTypeSymbol>([from]);
        while (next.Count > 0)
        {
            var at = next.Dequeue();
            foreach (var input in Inputs(at))
            {
                if (wanted(input)) return Trail(at, cameFrom).Add(input);
                if (cameFrom.ContainsKey(input)) continue;
                cameFrom.Add(input, at);
                next.Enqueue(input);
            }
        }
        return [];
    }

    /// <summary>The rule of the platform's <c>AssetName.Of</c>; a test holds the two to each other.</summary>
    public static string AssetName(string className)
    {
        var name = new System.Text.StringBuilder(className.Length + 8);
        for (var i = 0; i < className.Length; i++)
        {
            var c = className[i];
            if (IsUpper(c))
            {
                var startsWord = i > 0 && (!IsUpper(className[i - 1]) || (i + 1 < className.Length && IsLower(className[i + 1])));
                if (startsWord && name.Length > 0 && name[name.Length - 1] != '-') name.Append('-');
                name.Append(char.ToLowerInvariant(c));
            }
            else if (IsLower(c) || c is >= '0' and <= '9') name.Append(c);
            else if (name.Length > 0 && name[name.Length - 1] != '-') name.Append('-');
        }
        return name.ToString().Trim('-');
    }

    static bool IsUpper(char c) => c is >= 'A' and <= 'Z';

    static bool IsLower(char c) => c is >= 'a' and <= 'z';

    ImmutableArray<INamedTypeSymbol> InputsOf(INamedTypeSymbol asset) =>
        [.. AssetTypes.Asks(asset).Select(p => types.AskedFor(p.Type)?.OriginalDefinition).OfType<INamedTypeSymbol>()
            .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default)];

    void Gather(INamespaceOrTypeSymbol within, List<INamedTypeSymbol> found)
    {
        if (within is INamespaceSymbol space)
            foreach (var inner in space.GetNamespaceMembers()) Gather(inner, found);
        foreach (var type in within.GetTypeMembers())
        {
            if (type.TypeKind == TypeKind.Class && types.IsMade(type)) found.Add(type);
            if (type.TypeKind is TypeKind.Class or TypeKind.Struct or TypeKind.Interface) Gather(type, found);
        }
    }

    /// <remarks>The first asset of a circle by name carries it, and every asset on it is then spoken for; a circle that shares an asset with it shows when this
    /// one is cut.</remarks>
    Dictionary<INamedTypeSymbol, ImmutableArray<INamedTypeSymbol>> FindCircles()
    {
        var circles = new Dictionary<INamedTypeSymbol, ImmutableArray<INamedTypeSymbol>>(SymbolEqualityComparer.Default);
        var spokenFor = new HashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var asset in OnCircles())
        {
            if (spokenFor.Contains(asset)) continue;
            var way = WayUp(asset, input => SymbolEqualityComparer.Default.Equals(input, asset));
            if (way.Any(spokenFor.Contains)) continue;
            circles.Add(asset, way);
            spokenFor.UnionWith(way);
        }
        return circles;
    }

    /// <summary>The assets that reach themselves, in order of names: of those left when makings are ordered input first, the ones that lead back to
    /// themselves.</summary>
    IEnumerable<INamedTypeSymbol> OnCircles()
    {
        var waitsFor = Assets
            .ToDictionary<INamedTypeSymbol, INamedTypeSymbol, int>(a => a, a => Inputs(a).Count(inputs.ContainsKey), SymbolEqualityComparer.Default);
        var users = Assets.SelectMany(a => Inputs(a).Select(i => (Input: i, User: a)))
            .ToLookup<(INamedTypeSymbol Input, INamedTypeSymbol User), INamedTypeSymbol, INamedTypeSymbol>(
                e => e.Input, e => e.User, SymbolEqualityComparer.Default);
        var ready = new Queue<INamedTypeSymbol>(Assets.Where(a => waitsFor[a] == 0));
        while (ready.Count > 0)
            foreach (var user in users[ready.Dequeue()])
                if (--waitsFor[user] == 0) ready.Enqueue(user);
        return Assets.Where(a => waitsFor[a] > 0 && !WayUp(a, input => SymbolEqualityComparer.Default.Equals(input, a)).IsEmpty);
    }

    HashSet<INamedTypeSymbol> FindMadeFromObsolete()
    {
        var users = new Dictionary<INamedTypeSymbol, List<INamedTypeSymbol>>(SymbolEqualityComparer.Default);
        var next = new Queue<INamedTypeSymbol>(Assets);
        var seen = new HashSet<INamedTypeSymbol>(Assets, SymbolEqualityComparer.Default);
        while (next.Count > 0)
        {
            var user = next.Dequeue();
            foreach (var input in Inputs(user))
            {
                if (users.TryGetValue(input, out var known)) known.Add(user);
                else users.Add(input, [user]);
                if (seen.Add(input)) next.Enqueue(input);
            }
        }
        var found = new HashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var obsolete in seen.Where(a => types.Obsolete(a) is not null)) next.Enqueue(obsolete);
        while (next.Count > 0)
            if (users.TryGetValue(next.Dequeue(), out var below))
                foreach (var user in below.Where(found.Add)) next.Enqueue(user);
        return found;
    }

    static ImmutableArray<INamedTypeSymbol> Trail(INamedTypeSymbol to, Dictionary<INamedTypeSymbol, INamedTypeSymbol?> cameFrom)
    {
        var trail = ImmutableArray.CreateBuilder<INamedTypeSymbol>();
        for (var at = to; at is not null; at = cameFrom[at]) trail.Insert(0, at);
        return trail.ToImmutable();
    }
}
