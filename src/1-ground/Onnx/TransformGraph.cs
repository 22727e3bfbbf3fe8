using System.Globalization;
using System.Runtime.InteropServices;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>
/// Writes fitted columns as the first part of a model's graph. Number columns with the same chain of steps go through it side by side, so that twenty columns
/// cost the nodes of one:
/// <code>
/// price ─┐
/// units ─┴ Concat → IsNaN, Where → Cast → Sub → Div → Cast ───┐
/// date ───────────────────────────────────────────────────────┼ Concat → features [N, F]
/// store ── OneHotEncoder → Reshape ───────────────────────────┘
/// </code>
/// </summary>
/// <remarks>Steps that count do so in doubles, so that a feature is what scikit-learn makes of the same 32-bit floats. Only operators whose answer for a row
/// does not depend on the rows beside it are used: ONNX Runtime's Log, Exp, Sin and Cos, for one, answer differently in the last bit at the end of a
/// block.</remarks>
public static partial class TransformGraph
{
    /// <summary>The tensor between the transforms and the learner.</summary>
    public const string Features = "features";

    /// <summary>The graph from one tensor [N, 1] a column to <c>features</c> [N, F]; the names of the features are in the metadata.</summary>
    /// <exception cref="KumikiException">A column comes twice, a step does not fit its kind, or a fitted number is not finite.</exception>
    public static OnnxModel Of(IReadOnlyList<FittedColumn> columns)
    {
        foreach (var column in columns) Check(column);
        if (columns.GroupBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Scorer.ColumnTwice(twice.Key);
        var table = columns.SelectMany(c => c.Reads).Distinct().ToArray();
        if (table.GroupBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } mixed)
            throw new KumikiException(Message.Of("onnx.column-kinds", ("column", mixed.Key), ("kinds", string.Join(", ", mixed.Select(c => c.Kind)))));

        var emission = new Emission();
        foreach (var (number, group) in columns.Where(c => c.Kind != ColumnKind.Text).GroupBy(Chain).Index()) emission.Numbers($"/numbers{number}", [.. group]);
        foreach (var (number, column) in columns.Where(c => c.Kind == ColumnKind.Text).Index()) emission.Texts($"/text{number}", column);
        if (emission.Names.Count == 0) throw new KumikiException(Message.Of("onnx.no-features", ("columns", string.Join(", ", columns.Select(c => c.Name)))));
        if (emission.Names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new KumikiException(Message.Of("onnx.feature-twice", ("feature", same.Key)));

        var graph = new OnnxGraph(
            "kumiki",
            [.. table.Select(c => new TensorInfo(TensorOf(c.Name), c.Kind == ColumnKind.Text ? TensorType.Text : TensorType.Float, [OnnxModel.Free, 1]))],
            [new TensorInfo(Features, TensorType.Float, [OnnxModel.Free, emission.Names.Count])],
            emission.Finish(), emission.Constants, emission.Inner);
        var required = columns.Where(c => c.Steps.Any(s => s is FittedStep.Require)).SelectMany(c => c.Reads).Select(c => c.Name).Distinct().ToArray();
        var read = table.Select(c => new ModelColumn(c.Name, c.Kind, TensorOf(c.Name))).ToArray();
        var model = new OnnxModel(graph, ModelFacts.Of(read, emission.Names, emission.Sources, required));
        return emission.Hashes ? new(graph, model.Metadata) { IrVersion = model.IrVersion, Opsets = model.Opsets.Add(OnnxModel.MicrosoftDomain, 1) } : model;
    }

    /// <summary>A column's tensor has its name, unless that is a name of the graph's own.</summary>
    internal static string TensorOf(string column) => column is Features or Learners.Score || column.StartsWith('/') ? $"/column/{column}" : column;

    /// <summary>Columns of one chain are written side by side. Bins and events differ in more than a row of numbers, so their column stays alone.</summary>
    static string Chain(FittedColumn column) => string.Join(" ",
    [
        column.Cross?.GetType().Name ?? "", column.GivesNumber ? "number" : "",
        .. column.Steps.Select(s => s switch
        {
            FittedStep.Impute { Indicator: true } => "Impute+",
            FittedStep.Log { Signed: true } => "Log±",
            FittedStep.Part part => $"{part.Of}",
            FittedStep.Cycle { Of: var of } => $"Cycle {of}",
            FittedStep.Bins or FittedStep.Event => $"{s.GetType().Name} of {column.Name}",
            _ => s.GetType().Name,
        }),
    ]);

    static void Check(FittedColumn column)
    {
        foreach (var step in column.Steps)
        {
            var fits = step is FittedStep.Require || step.IsOfTexts == (column.Kind == ColumnKind.Text) && step switch
            {
                FittedStep.Part or FittedStep.Since or FittedStep.Event or FittedStep.Cycle { Of: not null } => column.Kind == ColumnKind.Date,
                _ => true,
            };
            if (!fits) throw Misfit(column, step);
            var numbers = step switch
            {
                FittedStep.Impute i => [i.Value],
                FittedStep.Scale s => [s.Mean, s.Deviation],
                FittedStep.Clip c => [c.Low, c.High],
                FittedStep.Power p => [p.Lambda],
                FittedStep.Cycle c => [c.Period, 1 / c.Period],
                FittedStep.Bins b => [.. b.Edges.Select(e => (double)e)],
                FittedStep.Table t => [.. t.Values.Append(t.Unseen).Append(t.Missing).Where(v => !double.IsNaN(v))],
                _ => Array.Empty<double>(),
            };
            var shaped = step switch
            {
                FittedStep.Table t => t.Categories.Count == t.Values.Count,
                FittedStep.Hash h => h.Buckets > 0,
                FittedStep.Bins b => b.Edges.Zip(b.Edges.Skip(1)).All(e => e.First < e.Second),
                _ => true,
            };
            if (!shaped || numbers.Any(n => !float.IsFinite((float)n)))
                throw new KumikiException(Message.Of("onnx.step-value", ("column", column.Name), ("step", step)));
            var categories = step switch { FittedStep.OneHot o => o.Categories, FittedStep.Table t => t.Categories, _ => [] };
            if (categories.GroupBy(c => c, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new KumikiException(Message.Of("onnx.category-twice", ("column", column.Name), ("category", twice.Key)));
        }
        if (column.Kind == ColumnKind.Text && !column.Steps.Any(s => s is FittedStep.OneHot or FittedStep.Table or FittedStep.Hash or FittedStep.Require))
            throw Misfit(column, null);
    }

    static KumikiException Misfit(FittedColumn column, FittedStep? step) => new(Message.Of(
        "onnx.step-kind", ("column", column.Name), ("kind", column.Kind), ("step", step?.GetType().Name ?? "-"),
        ("fits", column.Kind switch
        {
            ColumnKind.Text => $"{nameof(FittedStep.OneHot)}, {nameof(FittedStep.Table)}, {nameof(FittedStep.Hash)}",
            ColumnKind.Date => $"{nameof(FittedStep.Part)}, {nameof(FittedStep.Since)}, {nameof(FittedStep.Cycle)}, {nameof(FittedStep.Event)}",
            _ => $"{nameof(FittedStep.Impute)}, {nameof(FittedStep.Scale)}, {nameof(FittedStep.Bins)}",
        })));

    /// <summary>The nodes as they are written, and the names of the features so far.</summary>
    sealed partial class Emission
    {
        readonly List<OnnxNode> nodes = [];
        readonly List<string> blocks = [];
        readonly HashSet<string> known = [];
        string prefix = "";
        IReadOnlyList<FittedColumn> written = [];
        int made;

        public List<OnnxConstant> Constants { get; } = [];

        /// <summary>Types that other readers cannot infer.</summary>
        public List<TensorInfo> Inner { get; } = [];
        public List<string> Names { get; } = [];

        /// <summary>Of each feature the table columns it comes from.</summary>
        public List<IReadOnlyList<string>> Sources { get; } = [];

        /// <summary>Whether an operator of ONNX Runtime's own is used.</summary>
        public bool Hashes { get; private set; }

        public IReadOnlyList<OnnxNode> Finish()
        {
            if (blocks.Count == 1) nodes.Add(new OnnxNode("Identity", blocks, [Features]));
            else nodes.Add(new OnnxNode("Concat", blocks, [Features]) { Attributes = [new OnnxAttribute.Int("axis", 1)] });
            return nodes;
        }

        void Start(string at, params IReadOnlyList<FittedColumn> columns) => (prefix, written, made) = (at, columns, 0);

        /// <param name="names">One for each of the columns that are being written, in their order; or, where that is one column, any number.</param>
        void Give(string block, params IEnumerable<string> names)
        {
            blocks.Add(block);
            foreach (var (at, name) in names.Index())
            {
                Names.Add(name);
                Sources.Add([.. written[written.Count == 1 ? 0 : at].Reads.Select(c => c.Name)]);
            }
        }

        string Node(string type, params ReadOnlySpan<string> inputs) => Node(type, inputs, []);

        string Node(string type, ReadOnlySpan<string> inputs, IReadOnlyList<OnnxAttribute> attributes, string domain = "")
        {
            var output = $"{prefix}/{made++}/{type}";
            nodes.Add(new OnnxNode(type, inputs.ToArray(), [output], domain) { Attributes = attributes });
            return output;
        }

        string Cast(string tensor, TensorType to) => Node("Cast", [tensor], [new OnnxAttribute.Int("to", (int)to)]);

        string Concat(IReadOnlyList<string> tensors) => tensors.Count == 1 ? tensors[0] : Node("Concat", [.. tensors], [new OnnxAttribute.Int("axis", 1)]);

        /// <summary>One number a column, [1, k].</summary>
        string Row(TensorType type, params IEnumerable<double> values)
        {
            double[] all = [.. values];
            return Constant(type, all, [1, all.Length]);
        }

        string Constant(TensorType type, double[] values, IReadOnlyList<long> shape)
        {
            var name = $"{prefix}/{made++}/constant";
            var bytes = type == TensorType.Double ? MemoryMarshal.AsBytes(values.AsSpan()) : MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (float)v).AsSpan());
            Constants.Add(new(name, type, shape, bytes.ToArray()));
            return name;
        }

        /// <summary>A double that all may use.</summary>
        string Number(double value)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"/number/{value:R}");
            if (known.Add(name)) Constants.Add(new(name, TensorType.Double, [1], BitConverter.GetBytes(value)));
            return name;
        }

        /// <summary>Whole numbers that all may use; one of rank 1.</summary>
        string Whole(params ReadOnlySpan<long> values)
        {
            var name = "/whole/" + string.Join(",", values.ToArray().Select(v => v.ToString(CultureInfo.InvariantCulture)));
            if (known.Add(name)) Constants.Add(OnnxConstant.Of(name, values, values.Length));
            return name;
        }
    }
}
