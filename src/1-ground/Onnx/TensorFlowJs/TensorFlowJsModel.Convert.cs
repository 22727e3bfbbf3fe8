using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

public sealed partial class TensorFlowJsModel
{
    const int LeastSide = 32, MostSide = 4096;

    /// <summary>
    /// The part of the network that makes the outputs of a plan, as a model:
    /// <code>
    /// uint8 [N,S,S,3] → float → channels first → [ the network, operation by operation ] → taps → pooled → side by side → float [N,channels]
    /// </code>
    /// The same network and plan give the same bytes.
    /// </summary>
    /// <remarks>TensorFlow pads "SAME" by what the size of each map needs, so sizes are followed through the network. Operations that no output needs are left
    /// out, whatever they are.</remarks>
    /// <exception cref="KumikiException">An output names an operation that is not there, or an operation is needed that is not converted.</exception>
    public OnnxModel ToOnnx(TensorFlowJsPlan plan)
    {
        if (plan.Side is < LeastSide or > MostSide)
            throw new KumikiException(Message.Of("images.side", ("side", plan.Side), ("least", LeastSide), ("most", MostSide)));
        return new Conversion(this, plan).Convert();
    }

    /// <summary>A tensor between the nodes; maps are channels first, and what has no height is a vector for each picture.</summary>
    readonly record struct Map(string Tensor, int Channels, int Height, int Width)
    {
        public bool IsVector => Height == 0;
    }

    sealed class Conversion(TensorFlowJsModel network, TensorFlowJsPlan plan)
    {
        readonly List<OnnxNode> nodes = [];
        readonly List<OnnxConstant> constants = [];
        readonly HashSet<string> constantNames = new(StringComparer.Ordinal);
        readonly Dictionary<string, Map> maps = new(StringComparer.Ordinal);

        /// <summary>Pixels of a side that the network's file speaks of.</summary>
        int fileSide;

        public OnnxModel Convert()
        {
            var input = new TensorInfo(plan.Input, TensorType.UInt8, [OnnxModel.Free, plan.Side, plan.Side, 3]);
            var outputs = new List<TensorInfo>();
            foreach (var output in plan.Outputs)
            {
                var pooled = new List<(string Tensor, int Channels)>();
                foreach (var tap in output.Taps) pooled.Add(Pooled(tap));
                Add("Concat", output.Name, [.. pooled.Select(p => p.Tensor)], new OnnxAttribute.Int("axis", 1));
                outputs.Add(new(output.Name, TensorType.Float, [OnnxModel.Free, pooled.Sum(p => p.Channels)]));
            }
            return new(new("tensorflow-js", [input], outputs, nodes, constants, []));
        }

        (string Tensor, int Channels) Pooled(TensorFlowJsTap tap)
        {
            var (map, pool) = (Walk(tap.Operation), tap.Pool);
            if (map.IsVector != (pool == TapPool.None)) throw Unknown(Of(tap.Operation));
            if (map.IsVector) return (map.Tensor, map.Channels);
            var tensor = $"{map.Tensor}/{pool}".ToLowerInvariant();
            if (nodes.TrueForAll(n => n.Outputs[0] != tensor))
            {
                Add(pool == TapPool.Mean ? "GlobalAveragePool" : "GlobalMaxPool", $"{tensor}/pool", [map.Tensor]);
                Add("Flatten", tensor, [$"{tensor}/pool"], new OnnxAttribute.Int("axis", 1));
            }
            return (tensor, map.Channels);
        }

        /// <summary>Converts an operation after those it needs.</summary>
        Map Walk(string wanted)
        {
            // Not by recursion: how deep a network is, is its maker's choice.
            var waiting = new Stack<string>([wanted]);
            var entered = new HashSet<string>(StringComparer.Ordinal);
            while (waiting.TryPeek(out var name))
            {
                if (maps.ContainsKey(name))
                {
                    waiting.Pop();
                    continue;
                }
                var operation = Of(name);
                if (entered.Add(name))
                {
                    foreach (var input in operation.Inputs.Where(i => !network.weights.ContainsKey(i) && !maps.ContainsKey(i)).Reverse())
                    {
                        if (entered.Contains(input)) throw new KumikiException(Message.Of("images.tfjs-circle", ("operation", input)));
                        waiting.Push(input);
                    }
                    continue;
                }
                waiting.Pop();
                maps[name] = One(operation);
            }
            return maps[wanted];
        }

        Operation Of(string name) => network.operations.GetValueOrDefault(name)
            ?? throw new KumikiException(Message.Of("images.tfjs-no-operation", ("operation", name)));

        Map One(Operation of) => of.Kind switch
        {
            "_FusedMatMul" or "MatMul" => Product(of),
            "Softmax" when maps[of.Inputs[0]].IsVector =>
                maps[of.Inputs[0]] with { Tensor = Add("Softmax", of.Name, [maps[of.Inputs[0]].Tensor], new OnnxAttribute.Int("axis", 1)) },
            "Squeeze" when Ints(of, "squeeze_dims") is [1, 2] && maps[of.Inputs[0]] is { Height: 1, Width: 1 } one =>
                new(Add("Flatten", of.Name, [one.Tensor], new OnnxAttribute.Int("axis", 1)), one.Channels, 0, 0),
            "Conv2D" or "_FusedConv2D" or "DepthwiseConv2dNative" or "FusedDepthwiseConv2dNative" or "MaxPool" or "AvgPool" or "Mean" or "ResizeBilinear"
                or "ConcatV2" when of.Inputs.Any(i => maps.TryGetValue(i, out var map) && map.IsVector) => throw Unknown(of),
            "Placeholder" => Input(of),
            "Identity" => maps[of.Inputs[0]],
            "Conv2D" or "_FusedConv2D" => Convolution(of, depthwise: false),
            "DepthwiseConv2dNative" or "FusedDepthwiseConv2dNative" => Convolution(of, depthwise: true),
            "Add" or "AddV2" or "BiasAdd" => Both(of, "Add"),
            "Sub" => Both(of, "Sub"),
            "Mul" => Both(of, "Mul"),
            "Relu" => Each(of, "Relu"),
            "Sigmoid" => Each(of, "Sigmoid"),
            "Relu6" => maps[of.Inputs[0]] with { Tensor = Relu6(of.Name, maps[of.Inputs[0]].Tensor) },
            "MaxPool" => Pool(of, "MaxPool"),
            "AvgPool" => Pool(of, "AveragePool"),
            "Mean" when Flag(of, "keep_dims") && Constant(of, 1).Ints is [1, 2] =>
                new(Add("GlobalAveragePool", of.Name, [maps[of.Inputs[0]].Tensor]), maps[of.Inputs[0]].Channels, 1, 1),
            "ResizeBilinear" when !Flag(of, "align_corners") && !Flag(of, "half_pixel_centers") => Resize(of),
            "ConcatV2" when Constant(of, of.Inputs.Count - 1).Ints is [3] or [-1] => Concatenation(of),
            _ => throw Unknown(of),
        };

        static KumikiException Unknown(Operation of) => new(Message.Of("images.tfjs-operation", ("operation", of.Name), ("kind", of.Kind)));

        Weight Constant(Operation of, int input) =>
            input >= 0 && input < of.Inputs.Count && network.weights.TryGetValue(of.Inputs[input], out var weight) ? weight : throw Unknown(of);

        Map Input(Operation of)
        {
            if (maps.Values.Any(m => m.Tensor == "pixels")) throw Unknown(of);       // one input, and all of it pictures
            var shape = of.Attributes.GetProperty("shape").GetProperty("shape").GetProperty("dim").EnumerateArray()
                .Select(d => int.TryParse(d.GetProperty("size").ToString(), out var size) ? size : -1).ToArray();
            if (shape is not [_, var height, var width, 3] || height != width) throw Unknown(of);
            fileSide = height;
            Add("Cast", "pixels/float", [plan.Input], new OnnxAttribute.Int("to", (int)TensorType.Float));
            var floats = plan.White == 255 ? "pixels/float" : Add("Div", "pixels/scaled", ["pixels/float", Keep("pixels/divisor", [255 / plan.White])]);
            Add("Transpose", "pixels", [floats], new OnnxAttribute.Ints("perm", [0, 3, 1, 2]));
            return new("pixels", 3, plan.Side, plan.Side);
        }

        // ── operations ──

        Map Convolution(Operation of, bool depthwise)
        {
            var (from, kernel) = (maps[of.Inputs[0]], Constant(of, 1));
            if (Text(of, "data_format") is not ("NHWC" or "") || kernel is not { Shape: [var h, var w, var taken, var made], Floats: { } numbers }
                || taken != from.Channels) throw Unknown(of);
            var channels = depthwise ? taken * made : made;
            var (strides, dilations) = (Ints(of, "strides"), Ints(of, "dilations") is [_, _, _, _] d ? d : [1, 1, 1, 1]);
            if (strides is not [1, var down, var across, 1]) throw Unknown(of);
            var (top, bottom, height) = Pads(of, from.Height, h, down, dilations[1]);
            var (left, right, width) = Pads(of, from.Width, w, across, dilations[2]);

            var turned = new float[numbers.Length];
            for (var y = 0; y < h; y++)
                for (var x = 0; x < w; x++)
                    for (var i = 0; i < taken; i++)
                        for (var o = 0; o < made; o++)
                        {
                            var to = depthwise ? (((((i * made) + o) * h) + y) * w) + x : (((((o * taken) + i) * h) + y) * w) + x;
                            turned[to] = numbers[(((((y * w) + x) * taken) + i) * made) + o];
                        }
            List<string> inputs = [from.Tensor, Keep(of.Inputs[1], turned, channels, depthwise ? 1 : taken, h, w)];
            var fused = Texts(of, "fused_ops");
            var rest = fused.AsSpan();
            if (rest is ["BiasAdd", ..])
            {
                var bias = Constant(of, 2);
                if (bias.Shape is not [var biases] || biases != channels) throw Unknown(of);
                inputs.Add(Keep(of.Inputs[2], bias.Floats ?? throw Unknown(of), channels));
                rest = rest[1..];
            }
            var tensor = rest.Length == 0 ? of.Name : $"{of.Name}/conv";
            Add("Conv", tensor, inputs,
                new OnnxAttribute.Ints("dilations", [dilations[1], dilations[2]]), new OnnxAttribute.Int("group", depthwise ? taken : 1),
                new OnnxAttribute.Ints("kernel_shape", [h, w]), new OnnxAttribute.Ints("pads", [top, left, bottom, right]),
                new OnnxAttribute.Ints("strides", [down, across]));
            tensor = rest switch
            {
                [] => tensor,
                ["Relu"] => Add("Relu", of.Name, [tensor]),
                ["Relu6"] => Relu6(of.Name, tensor),
                _ => throw Unknown(of),
            };
            return new(tensor, channels, height, width);
        }

        Map Product(Operation of)
        {
            var (from, kernel) = (maps[of.Inputs[0]], Constant(of, 1));
            if (!from.IsVector || Flag(of, "transpose_a") || Flag(of, "transpose_b") || kernel is not { Shape: [var taken, var made], Floats: { } numbers }
                || taken != from.Channels) throw Unknown(of);
            List<string> inputs = [from.Tensor, Keep(of.Inputs[1], numbers, taken, made)];
            var rest = Texts(of, "fused_ops").AsSpan();
            if (rest is ["BiasAdd", ..])
            {
                if (Constant(of, 2) is not { Shape: [var biases], Floats: { } bias } || biases != made) throw Unknown(of);
                inputs.Add(Keep(of.Inputs[2], bias, made));
                rest = rest[1..];
            }
            if (rest is not ([] or ["Relu"])) throw Unknown(of);
            var tensor = Add("Gemm", rest is [] ? of.Name : $"{of.Name}/product", inputs);
            return new(rest is [] ? tensor : Add("Relu", of.Name, [tensor]), made, 0, 0);
        }

        /// <summary>What TensorFlow puts around a map along one axis, and what is left of it.</summary>
        static (int Before, int After, int Size) Pads(Operation of, int size, int kernel, int stride, int dilation)
        {
            var reach = ((kernel - 1) * dilation) + 1;
            switch (Text(of, "padding"))
            {
                case "VALID": return (0, 0, ((size - reach) / stride) + 1);
                case "SAME":
                    var left = (size + stride - 1) / stride;
                    var all = Math.Max(((left - 1) * stride) + reach - size, 0);
                    return (all / 2, all - (all / 2), left);
                default: throw Unknown(of);
            }
        }

        Map Pool(Operation of, string kind)
        {
            var from = maps[of.Inputs[0]];
            if (Ints(of, "ksize") is not [1, var h, var w, 1] || Ints(of, "strides") is not [1, var down, var across, 1]) throw Unknown(of);
            var (top, bottom, height) = Pads(of, from.Height, h, down, 1);
            var (left, right, width) = Pads(of, from.Width, w, across, 1);
            Add(kind, of.Name, [from.Tensor], new OnnxAttribute.Ints("kernel_shape", [h, w]), new OnnxAttribute.Ints("pads", [top, left, bottom, right]),
                new OnnxAttribute.Ints("strides", [down, across]));
            return new(of.Name, from.Channels, height, width);
        }

        Map Each(Operation of, string kind) => maps[of.Inputs[0]] with { Tensor = Add(kind, of.Name, [maps[of.Inputs[0]].Tensor]) };

        string Relu6(string name, string from) => Add("Clip", name, [from, Keep("clip/least", [0]), Keep("clip/most", [6])]);

        /// <summary>An operation over two maps, or a map and a constant; where one is smaller it is repeated.</summary>
        Map Both(Operation of, string kind)
        {
            Map? larger = null;
            var tensors = new List<string>();
            foreach (var input in of.Inputs)
            {
                if (maps.TryGetValue(input, out var map))
                {
                    tensors.Add(map.Tensor);
                    if (larger is not { } one || map.Height * map.Width > one.Height * one.Width) larger = map;
                    continue;
                }
                var weight = network.weights[input];
                var numbers = weight.Floats ?? throw Unknown(of);
                // One number a channel stands last there and first here.
                tensors.Add(weight.Shape switch
                {
                    [] => Keep(input, numbers),
                    [var channels] when of.Inputs.Any(i => maps.TryGetValue(i, out var map) && map.IsVector) => Keep(input, numbers, channels),
                    [var channels] => Keep($"{input}/channels", numbers, channels, 1, 1),
                    [1, 1, 1, var channels] => Keep($"{input}/channels", numbers, channels, 1, 1),
                    _ => throw Unknown(of),
                });
            }
            if (tensors.Count != 2 || larger is not { } whole) throw Unknown(of);
            return whole with { Tensor = Add(kind, of.Name, tensors) };
        }

        /// <summary>The file says to which size; for another side of the picture that size changes with it.</summary>
        Map Resize(Operation of)
        {
            var smaller = maps[of.Inputs[0]];
            if (Constant(of, 1).Ints is not [var h, var w] || h * plan.Side % fileSide != 0 || w * plan.Side % fileSide != 0) throw Unknown(of);
            var (height, width) = (h * plan.Side / fileSide, w * plan.Side / fileSide);
            var scales = Keep($"{of.Name}/scales", [1, 1, (float)height / smaller.Height, (float)width / smaller.Width], 4);
            Add("Resize", of.Name, [smaller.Tensor, "", scales],
                new OnnxAttribute.Text("coordinate_transformation_mode", "asymmetric"), new OnnxAttribute.Text("mode", "linear"));
            return smaller with { Tensor = of.Name, Height = height, Width = width };
        }

        Map Concatenation(Operation of)
        {
            var parts = of.Inputs.SkipLast(1).Select(i => maps.TryGetValue(i, out var map) ? map : throw Unknown(of)).ToList();
            Add("Concat", of.Name, [.. parts.Select(p => p.Tensor)], new OnnxAttribute.Int("axis", 1));
            return parts[0] with { Tensor = of.Name, Channels = parts.Sum(p => p.Channels) };
        }

        // ── the graph ──

        string Add(string kind, string output, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes)
        {
            nodes.Add(new(kind, inputs, [output]) { Name = output, Attributes = attributes });
            return output;
        }

        string Keep(string name, ReadOnlySpan<float> values, params IReadOnlyList<long> shape)
        {
            if (constantNames.Add(name)) constants.Add(OnnxConstant.Of(name, values, shape));
            return name;
        }
    }
}
