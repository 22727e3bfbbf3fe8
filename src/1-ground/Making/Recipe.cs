namespace Kumiki.Making;

/// <summary>Everything but the inputs that could change what an asset's making yields, by name, and its digest.</summary>
public sealed record Recipe(IReadOnlyDictionary<string, string> Parts, Digest Key)
{
    /// <param name="projectDigest">Of the author's assemblies.</param>
    public static Recipe Of(AssetNode node, Digest projectDigest, long seed)
    {
        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["code"] = projectDigest.Hex,
            ["class"] = node.Type.FullName!,
            ["seed"] = seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        if (node.RawKey is not null) parts["key"] = node.RawKey;
        foreach (var parameter in node.Parameters) parts["parameter." + parameter.Name] = parameter.Value;
        foreach (var (parameter, value) in node.SetUpstream) parts["upstream." + parameter] = value;
        foreach (var (name, value) in node.Instance!.Recipe) parts["recipe." + name] = value;
        return new(parts, Digest.OfParts(parts.SelectMany(p => new[] { p.Key, p.Value })));
    }

    /// <summary>The digest that makes two running makings one.</summary>
    public Digest With(IEnumerable<VersionName> inputs) => Digest.OfParts(inputs.Order().Select(i => i.ToString()).Prepend(Key.Hex));
}
