namespace Kumiki.Onnx;

public sealed partial class OnnxModel
{
    /// <summary>
    /// This model with another behind it, as one graph:
    /// <code>
    /// inputs → [ this ] → features → [ next ] → score
    /// </code>
    /// Its inputs are this one's, its outputs the next one's. Where both have an entry of metadata, the next one's stays.
    /// </summary>
    /// <exception cref="KumikiException">An input of <paramref name="next"/> is no output of this model, or of another type or shape.</exception>
    public OnnxModel Append(OnnxModel next)
    {
        foreach (var wanted in next.Inputs)
        {
            var given = Outputs.FirstOrDefault(o => o.Name == wanted.Name);
            if (given is null || given.Type != wanted.Type || !Fits(given.Shape, wanted.Shape))
            {
                var offered = given is null ? string.Join(", ", Outputs) : given.ToString();
                throw new KumikiException(Message.Of("onnx.join", ("wanted", wanted), ("given", offered)));
            }
        }
        foreach (var (domain, version) in next.Opsets)
            if (Opsets.TryGetValue(domain, out var ours) && ours != version)
                throw new KumikiException(Message.Of("onnx.opset", ("domain", domain == "" ? "ai.onnx" : domain), ("one", ours), ("other", version)));

        var renamed = Rename(next.Graph, TensorsOf(Graph));
        var graph = new OnnxGraph(
            next.Graph.Name, Inputs, renamed.Outputs,
            [.. Graph.Nodes, .. renamed.Nodes],
            [.. Graph.Constants, .. renamed.Constants],
            [.. Graph.Inner, .. Outputs.Where(o => renamed.Outputs.All(r => r.Name != o.Name)), .. renamed.Inner]);
        return new(graph, Metadata.SetItems(next.Metadata)) { IrVersion = Math.Max(IrVersion, next.IrVersion), Opsets = Opsets.SetItems(next.Opsets) };
    }

    static bool Fits(IReadOnlyList<long> given, IReadOnlyList<long> wanted) =>
        given.Count == wanted.Count && given.Zip(wanted).All(d => d.First == d.Second || d.First == Free || d.Second == Free);

    static HashSet<string> TensorsOf(OnnxGraph graph) =>
        [.. graph.Inputs.Select(i => i.Name), .. graph.Constants.Select(c => c.Name), .. graph.Nodes.SelectMany(n => n.Outputs)];

    /// <summary>Gives every tensor inside <paramref name="graph"/> whose name is taken a new one; its inputs keep theirs, for they are what joins.</summary>
    static OnnxGraph Rename(OnnxGraph graph, HashSet<string> taken)
    {
        var inputs = graph.Inputs.Select(i => i.Name).ToHashSet();
        var all = new HashSet<string>(taken.Concat(TensorsOf(graph)));
        var names = new Dictionary<string, string>();
        foreach (var name in TensorsOf(graph).Where(n => taken.Contains(n) && !inputs.Contains(n)).Order(StringComparer.Ordinal))
        {
            var number = 2;
            while (!all.Add($"{name}_{number}")) number++;
            names[name] = $"{name}_{number}";
        }
        string New(string name) => names.GetValueOrDefault(name, name);
        return graph with
        {
            Outputs = [.. graph.Outputs.Select(o => o with { Name = New(o.Name) })],
            Nodes = [.. graph.Nodes.Select(n => n with { Inputs = [.. n.Inputs.Select(New)], Outputs = [.. n.Outputs.Select(New)] })],
            Constants = [.. graph.Constants.Select(c => c with { Name = New(c.Name) })],
            Inner = [.. graph.Inner.Select(i => i with { Name = New(i.Name) })],
        };
    }

    /// <summary>The part of this model that makes the tensor <paramref name="tensor"/>, which becomes its only output; every input stays.</summary>
    /// <exception cref="KumikiException">The model has no such tensor, or does not say its type.</exception>
    public OnnxModel UpTo(string tensor)
    {
        var end = Graph.Outputs.Concat(Graph.Inner).FirstOrDefault(t => t.Name == tensor)
            ?? throw new KumikiException(Message.Of(
                "onnx.cut", ("tensor", tensor),
                ("known", string.Join(", ", Graph.Outputs.Concat(Graph.Inner).Select(t => t.Name).Where(n => !n.StartsWith('/'))))));
        var needed = new HashSet<string> { tensor };
        var nodes = new Stack<OnnxNode>();
        foreach (var node in Graph.Nodes.Reverse())
        {
            if (!node.Outputs.Any(needed.Contains)) continue;
            needed.UnionWith(node.Inputs);
            nodes.Push(node);
        }
        var graph = new OnnxGraph(
            Graph.Name, Inputs, [end], [.. nodes],
            [.. Graph.Constants.Where(c => needed.Contains(c.Name))],
            [.. Graph.Inner.Where(i => i.Name != tensor && needed.Contains(i.Name))]);
        return Copy(graph, Metadata);
    }
}
