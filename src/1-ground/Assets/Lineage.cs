namespace Kumiki;

/// <summary>Walks from versions to what they were made from.</summary>
public static class Lineage
{
    /// <summary>A version and everything it was made from, nearest first, each once; data that was only scored is part of it. What the shelf lacks is left
    /// out.</summary>
    public static IEnumerable<VersionRecord> Of(VersionName version, IReadOnlyDictionary<VersionName, VersionRecord> shelf) => Of([version], shelf);

    /// <summary>Several versions and everything they were made from, nearest first, each once.</summary>
    public static IEnumerable<VersionRecord> Of(IEnumerable<VersionName> versions, IReadOnlyDictionary<VersionName, VersionRecord> shelf)
    {
        var next = new Queue<VersionName>(versions.Distinct());
        var seen = new HashSet<VersionName>(next);
        while (next.TryDequeue(out var name))
        {
            if (!shelf.TryGetValue(name, out var record)) continue;
            yield return record;
            foreach (var input in record.Inputs)
                if (seen.Add(input.Version)) next.Enqueue(input.Version);
        }
    }

    /// <summary>What <paramref name="roots"/> reach over <paramref name="inputs"/>, each once and after all it reaches itself; a cycle is cut where it
    /// closes.</summary>
    /// <remarks>A lineage may be thousands of versions deep, so the stack is ours and not the thread's.</remarks>
    internal static List<VersionRecord> InputsFirst(IEnumerable<VersionRecord> roots, Func<VersionRecord, IEnumerable<VersionRecord>> inputs)
    {
        var order = new List<VersionRecord>();
        var seen = new HashSet<VersionName>();
        var open = new Stack<(VersionRecord Version, IEnumerator<VersionRecord> Left)>();
        foreach (var root in roots)
        {
            if (seen.Add(root.Name)) open.Push((root, inputs(root).GetEnumerator()));
            while (open.TryPeek(out var top))
            {
                if (!top.Left.MoveNext())
                {
                    top.Left.Dispose();
                    order.Add(open.Pop().Version);
                }
                else if (seen.Add(top.Left.Current.Name)) open.Push((top.Left.Current, inputs(top.Left.Current).GetEnumerator()));
            }
        }
        return order;
    }
}
