namespace Kumiki;

/// <summary>Walks from a version to what it was made from.</summary>
public static class Lineage
{
    /// <summary>A version and everything it was made from, nearest first, each once; data that was only scored is part of it.</summary>
    public static IEnumerable<VersionRecord> Of(VersionName version, IReadOnlyDictionary<VersionName, VersionRecord> shelf)
    {
        var seen = new HashSet<VersionName> { version };
        var next = new Queue<VersionName>([version]);
        while (next.TryDequeue(out var name))
        {
            if (!shelf.TryGetValue(name, out var record)) continue;
            yield return record;
            foreach (var input in record.Inputs)
                if (seen.Add(input.Version)) next.Enqueue(input.Version);
        }
    }
}

/// <summary>That a model, somewhere in its lineage, read a source.</summary>
/// <param name="Source">The source's version.</param>
/// <param name="Through">The version whose making read it: the model itself, or something it was made from.</param>
/// <param name="Read">The parts read, with their digests; "" is the whole.</param>
sealed record SourceUse(VersionName Source, VersionName Through, IReadOnlyDictionary<string, Digest> Read)
{
    /// <summary>Every use of a dataset, labels, features or goal in the lineage of <paramref name="version"/>, not counting what was only scored.</summary>
    /// <param name="known">Lineages worked out before; filled on the way, so that a thousand models with common ancestors cost one walk.</param>
    public static IReadOnlyList<SourceUse> Of(VersionRecord version, IReadOnlyDictionary<VersionName, VersionRecord> shelf, Dictionary<VersionName, IReadOnlyList<SourceUse>> known)
    {
        if (known.TryGetValue(version.Name, out var done)) return done;
        var uses = new Dictionary<(VersionName, VersionName), SourceUse>();
        foreach (var input in version.Inputs.Where(i => i.Edge != EdgeKind.Scored))
        {
            if (!shelf.TryGetValue(input.Version, out var source)) continue;
            if (source.Kind is AssetKind.Dataset or AssetKind.Labels or AssetKind.Features or AssetKind.Goal && input.Read.Count > 0)
                uses.TryAdd((input.Version, version.Name), new(input.Version, version.Name, input.Read));
            foreach (var deeper in Of(source, shelf, known))
                uses.TryAdd((deeper.Source, deeper.Through), deeper);
        }
        return known[version.Name] = [.. uses.Values];
    }

    /// <summary>The digest this use saw of a part; null where it did not read it.</summary>
    public Digest? DigestOf(string part, IReadOnlyDictionary<VersionName, VersionRecord> shelf) =>
        Read.TryGetValue(part, out var digest) ? digest
        : part.Length > 0 && Read.ContainsKey("") && shelf.TryGetValue(Source, out var source) ? source.Part(part)
        : null;
}
