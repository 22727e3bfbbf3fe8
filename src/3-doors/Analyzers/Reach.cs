using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>Who calls whom in one compilation, and who reads outside: gathered from many threads, asked once at the end.</summary>
/// <remarks>A property and its accessors are one member; a field stands for its initializer; using a static member or a constructor runs the static constructor
/// of its class.</remarks>
sealed class Reach
{
    /// <summary>One read outside: what is used, where, and what that reads.</summary>
    public sealed class Read(ISymbol member, SyntaxNode at, OutsideReads.Outside kind)
    {
        public ISymbol Member { get; } = member;
        public SyntaxNode At { get; } = at;
        public OutsideReads.Outside Kind { get; } = kind;
    }

    readonly ConcurrentDictionary<ISymbol, ConcurrentBag<Read>> reads = new(SymbolEqualityComparer.Default);
    readonly ConcurrentDictionary<ISymbol, ConcurrentDictionary<ISymbol, bool>> calls = new(SymbolEqualityComparer.Default);
    readonly ConcurrentBag<(INamedTypeSymbol Asset, ISymbol Called, SyntaxNode At)> fromAssets = [];

    public void AddRead(ISymbol member, Read read) => reads.GetOrAdd(Member(member), _ => []).Add(read);

    /// <param name="asset">The asset class that calls; null for other code.</param>
    public void AddCall(ISymbol member, ISymbol called, SyntaxNode at, INamedTypeSymbol? asset)
    {
        Add(Member(called));
        var entersClass = called.IsStatic || called is IMethodSymbol { MethodKind: MethodKind.Constructor };
        if (entersClass && called.ContainingType.StaticConstructors is [{ IsImplicitlyDeclared: false } first]) Add(first.OriginalDefinition);

        void Add(ISymbol to)
        {
            if (asset is not null) fromAssets.Add((asset, to, at));
            else calls.GetOrAdd(Member(member), _ => new(SymbolEqualityComparer.Default)).TryAdd(to, true);
        }
    }

    /// <summary>Each call out of an asset class that leads to reads: for every kind of read the nearest, and the members on the way to it.</summary>
    public IEnumerable<(INamedTypeSymbol Asset, SyntaxNode At, Read Read, ImmutableArray<ISymbol> Through)> OfAssets()
    {
        if (reads.IsEmpty || fromAssets.IsEmpty) yield break;
        var leads = Leading();
        foreach (var (asset, called, at) in fromAssets)
        {
            if (!leads.Contains(called)) continue;
            foreach (var (read, through) in From(called, leads)) yield return (asset, at, read, through);
        }
    }

    /// <summary>Every member from which some read is reached.</summary>
    HashSet<ISymbol> Leading()
    {
        var callers = calls.SelectMany(c => c.Value.Keys.Select(to => (From: c.Key, To: to)))
            .ToLookup<(ISymbol From, ISymbol To), ISymbol, ISymbol>(c => c.To, c => c.From, SymbolEqualityComparer.Default);
        var leads = new HashSet<ISymbol>(reads.Keys, SymbolEqualityComparer.Default);
        var next = new Queue<ISymbol>(leads);
        while (next.Count > 0)
            foreach (var caller in callers[next.Dequeue()])
                if (leads.Add(caller)) next.Enqueue(caller);
        return leads;
    }

    IEnumerable<(Read Read, ImmutableArray<ISymbol> Through)> From(ISymbol called, HashSet<ISymbol> leads)
    {
        var told = new HashSet<OutsideReads.Outside>();
        var seen = new HashSet<ISymbol>(SymbolEqualityComparer.Default) { called };
        var next = new Queue<(ISymbol At, ImmutableArray<ISymbol> Through)>([(called, [called])]);
        while (next.Count > 0)
        {
            var (at, through) = next.Dequeue();
            if (reads.TryGetValue(at, out var here))
                foreach (var read in here.OrderBy(r => r.At.SyntaxTree.FilePath, StringComparer.Ordinal).ThenBy(r => r.At.SpanStart))
                    if (told.Add(read.Kind)) yield return (read, through);
            if (!calls.TryGetValue(at, out var onward)) continue;
            foreach (var to in onward.Keys.OrderBy(k => k.ToDisplayString(), StringComparer.Ordinal))
                if (leads.Contains(to) && seen.Add(to)) next.Enqueue((to, through.Add(to)));
        }
    }

    static ISymbol Member(ISymbol symbol)
    {
        var member = symbol is IMethodSymbol { ReducedFrom: { } extension } ? extension : symbol;
        return (member is IMethodSymbol { AssociatedSymbol: IPropertySymbol property } ? property : member).OriginalDefinition;
    }
}
