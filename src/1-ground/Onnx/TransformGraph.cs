using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>
/// Writes fitted columns as the first part of a model's graph. Columns with the same chain of steps go through it side by side, so that twenty columns cost
/// the nodes of one:
/// <code>
/// price ─┐
/// units ─┴ Concat → IsNaN, Where → Sub → Div ───┐
/// date ─────────────────────────────────────────┼ Concat → features [N, F]
/// store ── OneHotEncoder → Reshape ─────────────┘
/// </code>
/// </summary>
public static class TransformGraph
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

        var emission = new Emission();
        foreach (var (number, group) in columns.Where(c => c.Kind != ColumnKind.Text).GroupBy(Chain).Index()) emission.Numbers($"/numbers{number}", [.. group]);
        foreach (var (number, column) in columns.Where(c => c.Kind == ColumnKind.Text).Index()) emission.Text($"/text{number}", column);
        if (emission.Names.Count == 0) throw new KumikiException(Message.Of("onnx.no-features", ("columns", string.Join(", ", columns.Select(c => c.Name)))));

        var graph = new OnnxGraph(
            "kumiki",
            [.. columns.Select(c => new TensorInfo(TensorOf(c.Name), c.Kind == ColumnKind.Text ? TensorType.Text : TensorType.Float, [OnnxModel.Free, 1]))],
            [new TensorInfo(Features, TensorType.Float, [OnnxModel.Free, emission.Names.Count])],
            emission.Finish(), emission.Constants, emission.Inner);
        return new(graph, ModelFacts.Of([.. columns.Select(c => new ModelColumn(c.Name, c.Kind, TensorOf(c.Name)))], emission.Names));
    }

    /// <summary>A column's tensor has its name, unless that is a name of the graph's own.</summary>
    static string TensorOf(string column) => column is Features or Learners.Score || column.StartsWith('/') ? $"/column/{column}" : column;

    static string Chain(FittedColumn column) =>
        string.Join(" ", column.Steps.Select(s => s is FittedStep.Impute { Indicator: true } ? "Impute+" : s.GetType().Name));

    static void Check(FittedColumn column)
    {
        foreach (var step in column.Steps)
        {
            if (step is FittedStep.OneHot != (column.Kind == ColumnKind.Text)) throw Misfit(column, step);
            var numbers = step switch { FittedStep.Impute i => new[] { i.Value }, FittedStep.Scale s => [s.Mean, s.Deviation], _ => [] };
            if (numbers.Any(n => !float.IsFinite((float)n)))
                throw new KumikiException(Message.Of("onnx.step-value", ("column", column.Name), ("step", step)));
            if (step is FittedStep.OneHot oneHot && oneHot.Categories.GroupBy(c => c, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new KumikiException(Message.Of("onnx.category-twice", ("column", column.Name), ("category", twice.Key)));
        }
        if (column.Kind == ColumnKind.Text && column.Steps.Count != 1) throw Misfit(column, column.Steps.ElementAtOrDefault(1));
    }

    static KumikiException Misfit(FittedColumn column, FittedStep? step) => new(Message.Of(
        "onnx.step-kind", ("column", column.Name), ("kind", column.Kind), ("step", step?.GetType().Name ?? "-"),
        ("fits", column.Kind == ColumnKind.Text ? nameof(FittedStep.OneHot) : $"{nameof(FittedStep.Impute)}, {nameof(FittedStep.Scale)}")));

    sealed class Emission
    {
        readonly List<OnnxNode> nodes = [];
        readonly List<string> blocks = [];

        public List<OnnxConstant> Constants { get; } = [];

        /// <summary>Types that other readers cannot infer.</summary>
        public List<TensorInfo> Inner { get; } = [];
        public List<string> Names { get; } = [];

        /// <summary>Numbers of one chain: their values, then their indicators.</summary>
        public void Numbers(string prefix, IReadOnlyList<FittedColumn> columns)
        {
            var block = columns.Count == 1
                ? TensorOf(columns[0].Name)
                : Node("Concat", $"{prefix}/all", [.. columns.Select(c => TensorOf(c.Name))], new OnnxAttribute.Int("axis", 1));
            var indicators = new List<string>();
            for (var s = 0; s < columns[0].Steps.Count; s++)
            {
                var at = $"{prefix}/{s}";
                switch (columns[0].Steps[s])
                {
                    case FittedStep.Impute first:
                        var missing = Node("IsNaN", $"{at}/missing", [block]);
                        block = Node("Where", $"{at}/imputed", [missing, Row($"{at}/value", columns, c => ((FittedStep.Impute)c.Steps[s]).Value), block]);
                        if (first.Indicator) indicators.Add(Node("Cast", $"{at}/indicator", [missing], new OnnxAttribute.Int("to", (int)TensorType.Float)));
                        break;
                    case FittedStep.Scale:
                        var centred = Node("Sub", $"{at}/centred", [block, Row($"{at}/mean", columns, c => ((FittedStep.Scale)c.Steps[s]).Mean)]);
                        block = Node("Div", $"{at}/scaled", [centred, Row($"{at}/deviation", columns, c => Divisor((FittedStep.Scale)c.Steps[s]))]);
                        break;
                }
            }
            blocks.Add(block);
            Names.AddRange(columns.Select(c => c.Name));
            foreach (var indicator in indicators)
            {
                blocks.Add(indicator);
                Names.AddRange(columns.Select(c => $"{c.Name} is missing"));
            }
        }

        static double Divisor(FittedStep.Scale step) => (float)step.Deviation == 0 ? 1 : step.Deviation;

        /// <summary>One text; without categories it gives no features.</summary>
        public void Text(string prefix, FittedColumn column)
        {
            var categories = ((FittedStep.OneHot)column.Steps[0]).Categories;
            if (categories.Count == 0) return;
            var encoded = $"{prefix}/encoded";
            nodes.Add(new OnnxNode("OneHotEncoder", [TensorOf(column.Name)], [encoded], OnnxModel.MlDomain)
            {
                Attributes = [new OnnxAttribute.Texts("cats_strings", categories), new OnnxAttribute.Int("zeros", 1)],
            });
            Inner.Add(new(encoded, TensorType.Float, [OnnxModel.Free, 1, categories.Count]));
            Constants.Add(OnnxConstant.Of($"{prefix}/shape", [-1L, categories.Count], 2));
            blocks.Add(Node("Reshape", $"{prefix}/features", [encoded, $"{prefix}/shape"]));
            Names.AddRange(categories.Select(c => $"{column.Name} = {c}"));
        }

        public IReadOnlyList<OnnxNode> Finish()
        {
            if (blocks.Count == 1) Node("Identity", Features, blocks);
            else Node("Concat", Features, blocks, new OnnxAttribute.Int("axis", 1));
            return nodes;
        }

        string Node(string type, string output, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes)
        {
            nodes.Add(new OnnxNode(type, inputs, [output]) { Attributes = attributes });
            return output;
        }

        string Row(string name, IReadOnlyList<FittedColumn> columns, Func<FittedColumn, double> value)
        {
            Constants.Add(OnnxConstant.Of(name, [.. columns.Select(c => (float)value(c))], 1, columns.Count));
            return name;
        }
    }
}
