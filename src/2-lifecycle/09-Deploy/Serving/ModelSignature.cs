using System.Collections.Frozen;
using System.Text;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Serving;

/// <summary>One of the versions that answer together.</summary>
/// <param name="Signature">Its own, as it has it alone.</param>
/// <param name="FirstOutput">Where its outputs begin among those of all.</param>
sealed record JoinedPart(VersionName Version, ModelSignature Signature, int FirstOutput);

/// <summary>A model's inputs and outputs, ready to be held against requests.</summary>
sealed class ModelSignature
{
    readonly byte[][] inputNames;
    readonly FrozenDictionary<string, int> outputs;

    /// <param name="made">What a model that Kumiki made says of its inputs; null of others.</param>
    /// <param name="scores">What the columns of its scores are.</param>
    /// <param name="pictures">Those of the inputs that take pictures.</param>
    public ModelSignature(
        IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> outputs, ModelInputs? made, ModelOutputs scores, IReadOnlyList<PictureInput> pictures)
    {
        Scores = scores;
        (Inputs, Outputs) = ([.. inputs], [.. outputs]);
        inputNames = [.. inputs.Select(i => Encoding.UTF8.GetBytes(i.Name))];
        this.outputs = outputs.Index().ToFrozenDictionary(o => o.Item.Name, o => o.Index, StringComparer.Ordinal);
        OneRow = [.. inputs.Select(i => i.Shape.Select((d, at) => at == 0 && d < 0 ? 1 : d).ToArray())];
        HasRows = Inputs.All(i => i.Shape is [< 0, ..]) && Outputs.All(o => o.Shape is [< 0, ..]);
        OnlyRowsFree = HasRows && Inputs.All(i => i.Shape.Skip(1).All(d => d >= 0));
        IsMade = made is not null;
        var columns = made?.Columns.ToDictionary(c => c.Tensor, StringComparer.Ordinal) ?? [];
        Columns = [.. inputs.Select(i => columns.GetValueOrDefault(i.Name))];
        Required = [.. inputs.Select(i => columns.TryGetValue(i.Name, out var column) && made!.Required.Contains(column.Name))];
        Categories = [.. inputs.Select(i => made?.Categories.GetValueOrDefault(i.Name))];
        Pictures = [.. inputs.Select(i => pictures.FirstOrDefault(p => p.Tensor == i.Name))];
    }

    /// <summary>The output that decisions look at: the first of floats, one or a list a row; −1 where there is none.</summary>
    public int ScoreOutput => Array.FindIndex(Outputs, o => o is { Type: TensorType.Float, Shape.Count: 1 or 2 });

    /// <summary>Whether a field of a row can be what an input takes: a column of a model made here, a picture, or one float or text a row.</summary>
    public bool TakesField(int input) => Columns[input] is not null || Pictures[input] is not null
        || Inputs[input] is { Type: TensorType.Float or TensorType.Text, Shape: [< 0] or [< 0, 1] };

    /// <summary>The field that an input is made of: of its column's or its own name, or where it takes pictures the only one of pictures; −1 where there is none.</summary>
    public int FieldOf(int input, EndpointSchema schema)
    {
        if (!TakesField(input)) return -1;
        var place = schema.Place(Columns[input]?.Name ?? Inputs[input].Name);
        if (Pictures[input] is null) return place >= 0 && schema.Fields[place].Kind != FieldKind.Picture ? place : -1;
        if (place >= 0 && schema.Fields[place].Kind == FieldKind.Picture) return place;
        var pictures = schema.Fields.Index().Where(f => f.Item.Kind == FieldKind.Picture).Take(2).ToList();
        return pictures is [var only] ? only.Index : -1;
    }

    public TensorInfo[] Inputs { get; }
    public TensorInfo[] Outputs { get; }

    /// <summary>What the columns of its scores are.</summary>
    public ModelOutputs Scores { get; }

    /// <summary>[inputs] the table column an input is made of; null of a model made elsewhere.</summary>
    public ModelColumn?[] Columns { get; }

    /// <summary>Whether the first dimension of every input and output is one that each run chooses: the rows.</summary>
    public bool HasRows { get; }

    /// <summary>Whether nothing but the rows is free.</summary>
    public bool OnlyRowsFree { get; }

    /// <summary>Whether Kumiki made it, and so knows what its inputs mean.</summary>
    public bool IsMade { get; }

    /// <summary>[inputs] whether a row without it gets no score.</summary>
    public bool[] Required { get; }

    /// <summary>[inputs] the texts it knows; null where any may come.</summary>
    public FrozenSet<string>?[] Categories { get; }

    /// <summary>[inputs] how encoded pictures become it; null where it takes none.</summary>
    public PictureInput?[] Pictures { get; }

    /// <summary>The versions that answer together where this is a joined model, whose outputs stand version by version; else none.</summary>
    public IReadOnlyList<JoinedPart> Parts { get; set; } = [];

    /// <summary>[inputs] the shape of one row.</summary>
    public long[][] OneRow { get; }

    /// <summary>The place of an input by its name in UTF-8; −1 where there is none.</summary>
    /// <param name="hint">Where to look first: requests mostly name them in order.</param>
    public int InputOf(ReadOnlySpan<byte> name, int hint)
    {
        if ((uint)hint < (uint)inputNames.Length && name.SequenceEqual(inputNames[hint])) return hint;
        for (var i = 0; i < inputNames.Length; i++)
            if (name.SequenceEqual(inputNames[i])) return i;
        return -1;
    }

    /// <summary>The place of an output; −1 where there is none.</summary>
    public int OutputOf(string name) => outputs.GetValueOrDefault(name, -1);

    public string InputNames => string.Join(", ", Inputs.Select(i => i.Name));
    public string OutputNames => string.Join(", ", Outputs.Select(o => o.Name));
}
