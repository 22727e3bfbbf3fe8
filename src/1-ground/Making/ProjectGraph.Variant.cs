namespace Kumiki.Making;

public sealed partial class ProjectGraph
{
    /// <summary>An asset with other parameters on the same inputs; the graph stays as it is.</summary>
    /// <param name="values">By parameter; the others keep the value they have in the graph.</param>
    /// <remarks>Its own declaration is not checked with these values.</remarks>
    /// <exception cref="KumikiException">No such parameter, a value of another type or out of range, or a constructor that refuses.</exception>
    public AssetNode Variant(string asset, IReadOnlyDictionary<string, string> values)
    {
        var node = this[asset];
        var draft = node.With([.. node.Parameters.Select(p => p with { })]);
        var findings = new List<Finding>();
        Set(new() { [asset] = draft }, [.. values.Select(v => new ParameterSetting(asset, v.Key, v.Value))], findings);
        Refuse();
        Instantiate(draft, findings);
        Refuse();
        return draft;

        void Refuse()
        {
            if (findings.Find(f => f.Severity == Severity.Refusal) is { } refusal) throw new KumikiException(refusal.Says);
        }
    }
}
