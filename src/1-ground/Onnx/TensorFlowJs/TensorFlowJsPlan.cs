namespace Kumiki.Onnx;

/// <summary>What is wanted of a network over pictures.</summary>
/// <param name="Input">The name of the model's input: pictures, uint8 [N, side, side, 3], red, green and blue from 0 to 255.</param>
/// <param name="Side">Pixels of a side; 32 to 4,096. A network of convolutions takes other sides than that of its file.</param>
/// <param name="Outputs">In the model's order.</param>
public sealed record TensorFlowJsPlan(string Input, int Side, IReadOnlyList<TensorFlowJsOutput> Outputs)
{
    /// <summary>What the network takes white for; pixels are divided by 255 over it.</summary>
    /// <value>255: pixels as they are.</value>
    public float White { get; init; } = 255;
}

/// <summary>One output: float [N, channels], the taps' channels side by side.</summary>
public sealed record TensorFlowJsOutput(string Name, IReadOnlyList<TensorFlowJsTap> Taps);

/// <summary>A map inside a network, reduced to a number for each of its channels; or a vector as it is.</summary>
/// <param name="Operation">The name the network has for it.</param>
public sealed record TensorFlowJsTap(string Operation, TapPool Pool);

/// <summary>How a map becomes one number a channel; a vector is that already.</summary>
public enum TapPool { None, Mean, Max }
