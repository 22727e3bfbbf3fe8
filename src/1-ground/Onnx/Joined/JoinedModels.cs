using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>
/// Several models as one graph, in which what they share stands, and runs, once:
/// <code>
///            ┌→ head of a → a/score
/// picture → [ backbone ] ┼→ head of b → b/score
///            └→ head of c → c/score
/// </code>
/// </summary>
/// <remarks>Nobody has to say what the backbone is: nodes are one where operation, settings, weights and everything before them are, by digest.</remarks>
/// <param name="Model">Its outputs are called <c>NAME/OUTPUT</c>, and stand model by model in the order given.</param>
/// <param name="SharedNodes">Nodes that more than one of the models has.</param>
/// <param name="SharedBytes">Bytes of weights that the models have together and this one does not have again.</param>
public sealed record JoinedModels(OnnxModel Model, int SharedNodes, long SharedBytes)
{
    /// <summary>Between the name of a model and that of its output.</summary>
    public const char Between = '/';

    /// <summary>Joins models.</summary>
    /// <param name="models">At least one; each name once.</param>
    /// <exception cref="KumikiException">Inputs of one name are of two types or take different pictures, operators are of two versions, or a node comes before
    /// what it needs.</exception>
    public static JoinedModels Of(IReadOnlyList<(string Name, OnnxModel Model)> models)
    {
        ArgumentOutOfRangeException.ThrowIfZero(models.Count);
        var (opsets, ir, pictures) = (models[0].Model.Opsets, 0L, (string?)null);
        var inputs = new List<TensorInfo>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (_, model) in models)
        {
            ir = Math.Max(ir, model.IrVersion);
            foreach (var (domain, version) in model.Opsets)
            {
                if (opsets.TryGetValue(domain, out var other) && other != version)
                    throw new KumikiException(Message.Of("onnx.opset", ("domain", domain == "" ? "ai.onnx" : domain), ("one", other), ("other", version)));
                opsets = opsets.SetItem(domain, version);
            }
            foreach (var input in model.Inputs)
            {
                if (inputs.Find(i => i.Name == input.Name) is not { } there) inputs.Add(input);
                else if (there.ToString() != input.ToString())
                    throw new KumikiException(Message.Of("images.inputs-differ", ("one", there), ("other", input)));
            }
            if (!model.Metadata.TryGetValue(PictureInput.MetadataKey, out var said)) continue;
            if (pictures is not null && pictures != said) throw new KumikiException(Message.Of("images.pictures-differ"));
            pictures = said;
        }
        if (pictures is not null) metadata[PictureInput.MetadataKey] = pictures;

        var joined = new Joining(inputs);
        foreach (var (name, model) in models) joined.Add(name, model);
        return new(new(joined.Graph(), metadata) { IrVersion = ir, Opsets = opsets }, joined.SharedNodes, joined.SharedBytes);
    }

    /// <summary>Which models are worth joining: those whose nodes with the greater part of their weights are the same, transitively.</summary>
    /// <returns>Places in <paramref name="models"/>, each once, groups in the order of their first.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Groups(IReadOnlyList<OnnxModel> models)
    {
        var weights = models.Select(m => new GraphDigests(m).Weights).ToList();
        var totals = weights.ConvertAll(w => w.Values.Sum());
        var groupOf = Enumerable.Range(0, models.Count).ToArray();
        for (var i = 0; i < models.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var shared = weights[i].Sum(w => weights[j].ContainsKey(w.Key) ? w.Value : 0);
                if (shared == 0 || 2 * shared < Math.Max(totals[i], totals[j])) continue;
                var (from, to) = (Math.Max(groupOf[i], groupOf[j]), Math.Min(groupOf[i], groupOf[j]));
                for (var k = 0; k <= i; k++)
                    if (groupOf[k] == from) groupOf[k] = to;
            }
        }
        return [.. groupOf.Index().GroupBy(g => g.Item, g => g.Index).OrderBy(g => g.Key).Select(IReadOnlyList<int> (g) => [.. g])];
    }

    sealed class Joining(IReadOnlyList<TensorInfo> inputs)
    {
        readonly List<OnnxNode> nodes = [];
        readonly List<OnnxConstant> constants = [];
        readonly List<TensorInfo> outputs = [];
        readonly HashSet<string> names = [.. inputs.Select(i => i.Name)];

        /// <summary>By digest, what a tensor is called here.</summary>
        readonly Dictionary<string, string> tensors = new(StringComparer.Ordinal);

        /// <summary>By digest, how many of the models have a node.</summary>
        readonly Dictionary<string, int> users = new(StringComparer.Ordinal);

        public int SharedNodes => users.Values.Count(u => u > 1);
        public long SharedBytes { get; private set; }

        public OnnxGraph Graph() => new("joined", inputs, outputs, nodes, constants, []);

        public void Add(string name, OnnxModel model)
        {
            var digests = new GraphDigests(model);
            foreach (var input in model.Inputs) tensors[digests[input.Name]] = input.Name;
            foreach (var constant in model.Graph.Constants)
            {
                if (tensors.ContainsKey(digests[constant.Name]))
                {
                    SharedBytes += constant.Bytes.Length;
                    continue;
                }
                constants.Add(constant with { Name = tensors[digests[constant.Name]] = Free(constant.Name) });
            }
            foreach (var node in model.Graph.Nodes)
            {
                var digest = digests[node];
                users[digest] = users.GetValueOrDefault(digest) + 1;
                if (users[digest] > 1) continue;
                var made = node.Outputs.Select(o => o == "" ? "" : tensors[digests[o]] = Free(o)).ToArray();
                nodes.Add(node with { Name = made[0], Inputs = [.. node.Inputs.Select(i => i == "" ? "" : tensors[digests[i]])], Outputs = made });
            }
            foreach (var output in model.Outputs)
            {
                var called = output with { Name = $"{name}{Between}{output.Name}" };
                if (!names.Add(called.Name)) throw new KumikiException(Message.Of("images.joined-twice", ("name", called.Name)));
                nodes.Add(new("Identity", [tensors[digests[output.Name]]], [called.Name]) { Name = called.Name });
                outputs.Add(called);
            }
        }

        string Free(string name)
        {
            if (names.Add(name)) return name;
            var number = 2;
            while (!names.Add($"{name}_{number}")) number++;
            return $"{name}_{number}";
        }
    }
}
