using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class OnnxModelTests
{
    const string Check = "import onnx, sys; m = onnx.load_from_string(sys.stdin.buffer.read()); onnx.checker.check_model(m, full_check=True); "
        + "print(m.ir_version, [(o.domain, o.version) for o in m.opset_import], [i.name for i in m.graph.input], [o.name for o in m.graph.output])";

    [Fact]
    public void The_onnx_checker_accepts_a_transform_graph_and_a_whole_model()
    {
        var columns = "['price', 'units', 'day', 'discount', 'store']";
        var opsets = "[('', 17), ('ai.onnx.ml', 3)]";

        Assert.Equal($"8 {opsets} {columns} ['features']", World.Python(Check, World.Transform.ToBytes()));
        Assert.Equal($"8 {opsets} {columns} ['score']", World.Python(Check, World.Model.ToBytes()));
    }

    [Fact]
    public void The_checker_would_notice_a_wrong_graph()
    {
        var broken = World.Transform.UpTo("features");
        var graph = broken.Graph with { Nodes = [.. broken.Graph.Nodes.Skip(1)] };

        Assert.Contains("checker", Assert.Throws<InvalidOperationException>(() => World.Python(Check, new OnnxModel(graph).ToBytes())).Message);
    }

    [Fact]
    public void A_model_read_back_and_written_again_has_the_same_bytes()
    {
        var bytes = World.Model.ToBytes();

        Assert.Equal(bytes, OnnxModel.Read(bytes).ToBytes());
        Assert.Equal(bytes, World.Transform.Append(OnnxModel.Read(bytes) is var whole ? Tail(whole) : null!).ToBytes());
    }

    /// <summary>The learner alone, as it was before it was appended.</summary>
    static OnnxModel Tail(OnnxModel whole) => new(whole.Graph with
    {
        Inputs = World.Transform.Outputs,
        Nodes = [.. whole.Graph.Nodes.Where(n => n.Inputs.Contains("features"))],
        Constants = [],
        Inner = [],
    });

    [Fact]
    public void A_model_cut_at_its_features_is_the_transform_it_was_made_from()
    {
        var cut = World.Model.UpTo("features");

        Assert.Equal(World.Transform.ToBytes(), cut.ToBytes());
    }

    [Fact]
    public void Cutting_where_there_is_no_tensor_names_the_places_that_can_be_cut()
    {
        var e = Assert.Throws<KumikiException>(() => World.Model.UpTo("nowhere"));

        Assert.Equal("The model cannot be cut at 'nowhere'; it can be cut at: score, features", e.Says.In("en"));
    }

    [Fact]
    public void Joining_refuses_a_learner_of_another_width()
    {
        var e = Assert.Throws<KumikiException>(() => World.Transform.Append(Learners.Linear([1, 2], 0)));

        Assert.Equal(
            "The second model reads features Float[?,2], but the first one gives features Float[?,8]; join models that were made for the same features.",
            e.Says.In("en"));
    }

    [Fact]
    public void Joining_renames_tensors_that_both_graphs_have()
    {
        float[] one = [2], two = [3];
        var first = Learners.Linear(one, 1);
        var renamed = new OnnxModel(first.Graph with
        {
            Outputs = [first.Outputs[0] with { Name = "features" }],
            Nodes = [.. first.Graph.Nodes.Select(n => n with { Inputs = [.. n.Inputs.Select(Out)], Outputs = [.. n.Outputs.Select(Back)] })],
            Inputs = [first.Inputs[0] with { Name = "x" }],
        });
        static string Out(string name) => name == "features" ? "x" : name;
        static string Back(string name) => name == "score" ? "features" : name;

        var joined = renamed.Append(Learners.Linear(two, 10));

        using var session = Native.OnnxRuntime.OnnxSession.Open(joined.ToBytes());
        using var x = Native.OnnxRuntime.OnnxTensor.Of(Native.OnnxRuntime.TensorType.Float, 1, 1);
        x.Values<float>()[0] = 5;
        using var y = session.Run([x])[0];
        Assert.Equal((5 * 2 + 1) * 3 + 10, y.Values<float>()[0]);
    }

    [Fact]
    public void Bytes_that_break_off_anywhere_are_refused_or_read_as_a_shorter_model_but_never_fail_otherwise()
    {
        var bytes = World.Transform.ToBytes();
        var refused = 0;
        for (var length = 0; length < bytes.Length; length++)
        {
            try
            {
                OnnxModel.Read(bytes.AsMemory(0, length));
            }
            catch (KumikiException e)
            {
                Assert.StartsWith("onnx.", e.Says.Id, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(refused, bytes.Length - 8, bytes.Length);
    }

    [Fact]
    public void Random_bytes_are_refused_in_one_sentence()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            Assert.StartsWith("onnx.", Assert.Throws<KumikiException>(() => OnnxModel.Read(bytes)).Says.Id, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Metadata_is_read_by_python_as_it_was_written()
    {
        var model = World.Transform.WithMetadata("name", "需要 = demand");

        var read = World.Python(
            "import onnx, sys; print(dict((p.key, p.value) for p in onnx.load_from_string(sys.stdin.buffer.read()).metadata_props)['name'])", model.ToBytes());

        Assert.Equal("需要 = demand", read);
        Assert.Equal("需要 = demand", OnnxModel.Read(model.ToBytes()).Metadata["name"]);
    }
}
