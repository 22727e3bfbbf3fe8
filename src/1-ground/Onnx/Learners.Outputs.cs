using System.Globalization;
using System.Text.Json;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>What the columns of a model's scores are; part of the model's metadata.</summary>
/// <param name="Names">One a column: <c>score</c>, the classes' names, <c>q0.1</c>, <c>lower</c>, <c>upper</c>.</param>
/// <param name="Classes">The names of a target's classes in the order of their numbers; of two the second is the positive one, whose probability the score is.
/// Empty where the target is a number.</param>
public sealed record ModelOutputs(IReadOnlyList<string> Names, IReadOnlyList<string> Classes)
{
    internal const string NamesKey = "kumiki.outputs";
    internal const string ClassesKey = "kumiki.classes";

    /// <summary>The only output of a model that answers with one number.</summary>
    public static ModelOutputs Single { get; } = new([Learners.Score], []);

    /// <summary>What an opened model says; a model that says nothing has one score.</summary>
    public static ModelOutputs Of(Scorer scorer) => Read(scorer.Metadata) is { Names.Count: > 0 } said ? said : Single;

    /// <summary>What an opened model says; one that says nothing and has several floats a row calls them by their places, <c>0</c>, <c>1</c> and so on.</summary>
    public static ModelOutputs Of(OnnxSession session) => Read(session.Metadata) is { Names.Count: > 0 } said ? said
        : session.Outputs.FirstOrDefault(o => o is { Type: TensorType.Float, Shape.Count: 1 or 2 }) is { Shape: [_, > 1 and <= MostNumbered and var width] }
            ? new([.. Enumerable.Range(0, (int)width).Select(i => i.ToString(CultureInfo.InvariantCulture))], []) : Single;

    /// <summary>More floats than these are an embedding, and no scores.</summary>
    const int MostNumbered = 1000;

    static ModelOutputs Read(Func<string, string?> metadata) =>
        new(metadata(NamesKey) is { } names ? ModelFacts.Features(names) : [], metadata(ClassesKey) is { } classes ? ModelFacts.Features(classes) : []);

    /// <summary>The model with this in its metadata.</summary>
    /// <exception cref="ArgumentException">The model has another number of outputs.</exception>
    public OnnxModel On(OnnxModel model)
    {
        if (model.Outputs[0].Shape[1] != Names.Count) throw new ArgumentException($"{Names.Count} names for {model.Outputs[0]}.", nameof(model));
        var named = model.WithMetadata(NamesKey, Text(Names));
        return Classes.Count == 0 ? named : named.WithMetadata(ClassesKey, Text(Classes));

        static string Text(IReadOnlyList<string> names) => JsonSerializer.Serialize(names, ModelFacts.Json.Readable.IReadOnlyListString);
    }
}

public static partial class Learners
{
    /// <summary>The learner with the outputs of each row in rising order: quantiles that do not cross.</summary>
    /// <remarks>Rearrangement, which never makes a set of quantiles worse: Chernozhukov, Fernández-Val and Galichon 2010, "Quantile and probability curves
    /// without crossing".</remarks>
    public static OnnxModel Rising(OnnxModel learner)
    {
        var outputs = learner.Outputs[0].Shape[1];
        if (outputs == 1) return learner;
        return Behind(learner, "/rising/any", outputs,
            [new("TopK", ["/rising/any", "/rising/count"],
                [Score, "/rising/places"]) { Attributes = [new OnnxAttribute.Int("axis", 1), new OnnxAttribute.Int("largest", 0),
                new OnnxAttribute.Int("sorted", 1)] }],
            [OnnxConstant.Of("/rising/count", [outputs], 1)]);
    }

    /// <summary>The learner with two outputs more: the first one less <paramref name="margin"/>, the last one plus it, the smaller first.</summary>
    /// <param name="margin">What calibration gave; below 0 it narrows the interval.</param>
    public static OnnxModel Interval(OnnxModel learner, float margin)
    {
        if (!float.IsFinite(margin)) throw new KumikiException(Message.Of("onnx.weight", ("value", margin)));
        var outputs = learner.Outputs[0].Shape[1];
        return Behind(learner, "/interval/point", outputs + 2,
            [new("Gather", ["/interval/point", "/interval/first"], ["/interval/low"]) { Attributes = [new OnnxAttribute.Int("axis", 1)] },
             new("Gather", ["/interval/point", "/interval/last"], ["/interval/high"]) { Attributes = [new OnnxAttribute.Int("axis", 1)] },
             new("Sub", ["/interval/low", "/interval/margin"], ["/interval/from"]),
             new("Add", ["/interval/high", "/interval/margin"], ["/interval/to"]),
             new("Min", ["/interval/from", "/interval/to"], ["/interval/lower"]),
             new("Max", ["/interval/from", "/interval/to"], ["/interval/upper"]),
             new("Concat", ["/interval/point", "/interval/lower", "/interval/upper"], [Score]) { Attributes = [new OnnxAttribute.Int("axis", 1)] }],
            [OnnxConstant.Of("/interval/first", [0L], 1), OnnxConstant.Of("/interval/last", [outputs - 1], 1),
                OnnxConstant.Of("/interval/margin", [margin], 1)]);
    }

    /// <summary>A whole model whose answers are offset + spread × what they were; columns that it does not read yet become inputs.</summary>
    /// <param name="offset">A column of numbers; null: 0.</param>
    /// <param name="spread">A column of numbers; null: 1.</param>
    /// <exception cref="KumikiException">The model reads one of the columns as something else than a number.</exception>
    public static OnnxModel Shifted(OnnxModel model, string? offset, string? spread)
    {
        var columns = ModelFacts.Columns(model.Metadata[ModelFacts.ColumnsKey]).ToList();
        const string learnt = "/shift/learnt";
        var (output, inputs) = (model.Outputs[0], new List<TensorInfo>());
        var (score, nodes) = (learnt, new List<OnnxNode>());
        if (spread is not null) nodes.Add(new("Mul", [score, TensorOf(spread)], [score = offset is null ? output.Name : "/shift/spread"]));
        if (offset is not null) nodes.Add(new("Add", [score, TensorOf(offset)], [output.Name]));
        return Behind(model, learnt, output.Shape[1], nodes, [], inputs)
            .WithMetadata(ModelFacts.ColumnsKey, ModelFacts.ColumnsText(columns)).WithMetadata(ModelFacts.GoldenKey, ModelFacts.GoldenText(columns));

        string TensorOf(string name)
        {
            if (columns.FirstOrDefault(c => c.Name == name) is { } read)
                return read.Kind == ColumnKind.Number ? read.Tensor
                    : throw new KumikiException(Message.Of("onnx.column-kinds", ("column", name), ("kinds", $"{read.Kind}, {ColumnKind.Number}")));
            var tensor = TransformGraph.TensorOf(name);
            columns.Add(new(name, ColumnKind.Number, tensor));
            inputs.Add(new(tensor, TensorType.Float, [OnnxModel.Free, 1]));
            return tensor;
        }
    }

    /// <summary>A learner or a whole model with more nodes behind it, which read what it gave under another name and give its output anew.</summary>
    /// <param name="point">The other name.</param>
    /// <param name="outputs">Numbers a row now.</param>
    /// <param name="inputs">What the nodes read besides.</param>
    static OnnxModel Behind(
        OnnxModel model, string point, long outputs, IReadOnlyList<OnnxNode> nodes, IReadOnlyList<OnnxConstant> constants,
            IReadOnlyList<TensorInfo>? inputs = null)
    {
        var (graph, output) = (model.Graph, model.Outputs[0].Name);
        IReadOnlyList<string> Renamed(IReadOnlyList<string> names) => [.. names.Select(n => n == output ? point : n)];
        return new(graph with
        {
            Inputs = [.. graph.Inputs, .. inputs ?? []],
            Outputs = [new(output, TensorType.Float, [OnnxModel.Free, outputs])],
            Nodes = [.. graph.Nodes.Select(n => n with { Inputs = Renamed(n.Inputs), Outputs = Renamed(n.Outputs) }), .. nodes],
            Constants = [.. graph.Constants, .. constants],
        }, model.Metadata)
        {
            IrVersion = model.IrVersion,
            Opsets = model.Opsets,
        };
    }
}
