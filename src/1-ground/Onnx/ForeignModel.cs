namespace Kumiki.Onnx;

/// <summary>An input or output of a model that was made elsewhere.</summary>
/// <param name="Type">ONNX's own words: <c>float</c>, <c>int64</c>, <c>seq(map(int64,float))</c>.</param>
/// <param name="Shape">Each dimension a number, the name the model gives it, or <c>?</c>; null where it says none, and for what is no tensor.</param>
public sealed record ForeignValue(string Name, string Type, IReadOnlyList<string>? Shape)
{
    public override string ToString() => Shape is null ? $"{Name} {Type}" : $"{Name} {Type}[{string.Join(',', Shape)}]";
}

/// <summary>What can be said of an ONNX file that a stranger made, before anything runs it: it is read field by field, and nothing of it is kept but its
/// inputs and outputs.</summary>
/// <remarks>
/// Two walks over the file, each through sub-graphs, functions and training graphs: 1. the functions it brings along, its inputs and outputs; 2. every node and
/// every tensor. Refused are operators that neither ONNX, ONNX Runtime nor the file itself defines, external data that is not a whole part of a file beside
/// the model, and what would make the reading itself expensive. Field numbers are those of onnx.proto3.
/// </remarks>
public sealed partial class ForeignModel
{
    /// <summary>Deeper nested sub-graphs are refused; exporters make three or four.</summary>
    const int DeepestGraph = 32;

    const int MostFunctions = 100_000, MostValues = 10_000, LongestNameBytes = 4_096;

    /// <summary>The operators of ONNX, of its machine learning part, and those ONNX Runtime adds.</summary>
    static readonly string[] KnownDomains = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

    readonly Func<string, long?> beside;
    readonly HashSet<(string Domain, string Name)> functions = [];
    readonly List<ForeignValue> inputs = [], outputs = [];
    readonly HashSet<string> constants = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, long> opsets = new(StringComparer.Ordinal);
    HashSet<string> inputNames = [];

    ForeignModel(Func<string, long?> beside) => this.beside = beside;

    /// <summary>In the graph's order, without those that have a constant.</summary>
    public IReadOnlyList<ForeignValue> Inputs => [.. inputs.Where(i => !constants.Contains(i.Name))];

    public IReadOnlyList<ForeignValue> Outputs => outputs;

    /// <summary>The version of each set of operators, by domain; ONNX's own is <c>ai.onnx</c>.</summary>
    public IReadOnlyDictionary<string, long> Opsets => opsets;

    /// <summary>Files beside the model that its tensors lie in, as the model names them.</summary>
    public IReadOnlyCollection<string> External => external;

    readonly SortedSet<string> external = new(StringComparer.Ordinal);

    /// <summary>Looks a file over.</summary>
    /// <param name="beside">The size of a file by its path below the model's folder; null where there is none.</param>
    /// <exception cref="KumikiException">One sentence: the bytes are no whole model, or what of it is refused.</exception>
    public static ForeignModel Look(ReadOnlyMemory<byte> bytes, Func<string, long?> beside)
    {
        var model = new ForeignModel(beside);
        model.First(new(bytes));
        model.inputNames = [.. model.inputs.Select(i => i.Name)];
        model.Second(new(bytes));
        return model;
    }

    /// <summary>A location as the path below the model's folder that it is.</summary>
    /// <exception cref="KumikiException">It is absolute, goes upward, or is no plain path.</exception>
    internal static string Inside(string location)
    {
        var bad = location.Length == 0 || location.StartsWith('/') || location.Contains('\\', StringComparison.Ordinal) || location.Any(char.IsControl)
            || (location.Length > 1 && location[1] == ':');
        var names = location.Split('/');
        if (bad || names.Contains("..")) throw new KumikiException(Message.Of("onnx.external-outside", ("location", Cut(location))));
        return string.Join('/', names.Where(n => n is not ("" or ".")));
    }

    internal static string Cut(string text) => text.Length <= 120 ? text : text[..120] + "…";
}
