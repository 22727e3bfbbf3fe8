using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

/// <summary>Models of other makers, as <c>models/make_models.py</c> made them, and bytes that are none.</summary>
public sealed class ForeignModelTests
{
    static byte[] Model(string name)
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (File.Exists(Path.Combine(up.FullName, "Kumiki.slnx")))
                return File.ReadAllBytes(Path.Combine(up.FullName, "tests/Ground.Tests/Onnx/models", name));
        throw new InvalidOperationException("The checkout was not found.");
    }

    static long? Weights(string path) => path == "weights.bin" ? 12 : null;

    [Theory]
    [InlineData("linear.onnx", "x float[n,3]", "y float[n,1]", "ai.onnx 13, ai.onnx.ml 2")]
    [InlineData("classes.onnx", "x float[n,3]", "label int64[n]; probabilities seq(map(int64,float))", "ai.onnx 13, ai.onnx.ml 2")]
    [InlineData("external.onnx", "x float[n,3]", "y float[n,1]", "ai.onnx 13")]
    [InlineData("function.onnx", "x float[n,3]", "y float[n,1]", "ai.onnx 13, ai.onnx.ml 2, of.my.own 1")]
    [InlineData("huge.onnx", "x float[n,3]", "y float[n,3]", "ai.onnx 13")]
    public void A_sound_model_says_its_inputs_outputs_and_operator_sets(string file, string inputs, string outputs, string opsets)
    {
        var model = ForeignModel.Look(Model(file), Weights);

        Assert.Equal((inputs, outputs), (string.Join("; ", model.Inputs), string.Join("; ", model.Outputs)));
        Assert.Equal(opsets, string.Join(", ", model.Opsets.Select(o => $"{o.Key} {o.Value}")));
        Assert.Equal(file == "external.onnx" ? ["weights.bin"] : [], model.External);
    }

    [Theory]
    [InlineData("custom.onnx", "onnx.custom-operator")]
    [InlineData("nested.onnx", "onnx.custom-operator")]
    [InlineData("upward.onnx", "onnx.external-outside")]
    [InlineData("absolute.onnx", "onnx.external-outside")]
    [InlineData("beyond.onnx", "onnx.external-part")]
    public void What_is_refused_is_said_in_one_sentence(string file, string id) => Assert.Equal(id, Refused(Model(file)));

    [Fact]
    public void External_data_that_are_not_there_are_named()
    {
        var e = Assert.Throws<KumikiException>(() => ForeignModel.Look(Model("external.onnx"), _ => null));
        Assert.Equal(
            "The model keeps tensors in the file 'weights.bin' beside it, which is not there; give that file with the model, or save the model in one file.",
            e.Says.In("en"));
    }

    [Theory]
    [InlineData("a/../b")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("C:/x")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    public void A_location_is_a_plain_path_below_the_folder(string location) =>
        Assert.Equal("onnx.external-outside", Assert.Throws<KumikiException>(() => ForeignModel.Inside(location)).Says.Id);

    [Fact]
    public void A_location_may_begin_with_a_dot() => Assert.Equal("a/b", ForeignModel.Inside("./a//b"));

    /// <summary>Every beginning of a model, and every model with one byte changed, is read to an end: it is refused, or it is a model.</summary>
    [Fact]
    public void No_damage_does_more_than_be_refused()
    {
        foreach (var file in new[] { "classes.onnx", "external.onnx", "function.onnx", "nested.onnx" })
        {
            var whole = Model(file);
            for (var length = 0; length < whole.Length; length++) Refused(whole[..length]);
            for (var at = 0; at < whole.Length; at++)
                foreach (var value in new byte[] { 0, 0x7F, 0x80, 0xFF })
                {
                    var damaged = (byte[])whole.Clone();
                    damaged[at] = value;
                    Refused(damaged);
                }
        }
        Assert.Equal("onnx.unreadable", Refused([]));
        Assert.Equal("onnx.unreadable", Refused(Model("linear.onnx")[..^1]));
    }

    [Fact]
    public void Graphs_nested_without_end_are_refused()
    {
        var graph = new ProtobufWriter();
        for (var depth = 0; depth < 1_000; depth++)
        {
            var inner = graph.ToArray();
            graph = new();
            graph.Message(1, node => node.Message(5, attribute => attribute.Bytes(6, inner)));
        }
        Assert.Equal("onnx.too-much", Refused(Whole(graph.ToArray())));
    }

    [Fact]
    public void A_name_of_megabytes_is_refused_before_it_is_read()
    {
        var graph = new ProtobufWriter();
        graph.Message(1, node => node.Bytes(4, new byte[1 << 20]));
        Assert.Equal("onnx.too-much", Refused(Whole(graph.ToArray())));
    }

    [Fact]
    public void External_data_hidden_in_a_constant_of_a_nested_graph_are_found()
    {
        var graph = new ProtobufWriter();
        graph.Message(1, node => node.Message(5, attribute => attribute.Message(6, inner => inner.Message(1, constant => constant.Message(5, value =>
            value.Message(5, tensor => tensor.Message(13, entry =>
            {
                entry.Text(1, "location");
                entry.Text(2, "/etc/passwd");
            })))))));
        Assert.Equal("onnx.external-outside", Refused(Whole(graph.ToArray())));
    }

    static byte[] Whole(byte[] graph)
    {
        var model = new ProtobufWriter();
        model.Int(1, 8);
        model.Message(8, opset => opset.Int(2, 13));
        model.Bytes(7, graph);
        return model.ToArray();
    }

    /// <returns>The sentence's id; null where it is a model.</returns>
    static string? Refused(byte[] bytes)
    {
        try
        {
            ForeignModel.Look(bytes, Weights);
            return null;
        }
        catch (KumikiException e)
        {
            return e.Says.Id;
        }
    }
}
