using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class JoinedModelsTests
{
    static OnnxTensor Pictures(int rows, int seed)
    {
        var pictures = OnnxTensor.Of(TensorType.UInt8, rows, 256, 256, 3);
        new Random(seed).NextBytes(pictures.Bytes);
        return pictures;
    }

    [Fact]
    public void Six_heads_on_the_backbone_run_it_once_and_give_the_bits_of_each_alone()
    {
        var heads = Enumerable.Range(0, 6).Select(s => (Name: $"head-{s}", Model: BackbonePackage.Head(s))).ToList();
        var backbone = heads[0].Model.Graph.Nodes.Count - 3;

        var joined = JoinedModels.Of(heads);

        // The backbone once, and of each head its three nodes and the one that names its output.
        Assert.Equal((backbone, backbone + (6 * 4)), (joined.SharedNodes, joined.Model.Graph.Nodes.Count));
        Assert.Equal(1, joined.Model.Graph.Nodes.Count(n => n.Name == "tower_0/MobilenetV3/Conv/BatchNorm/FusedBatchNorm"));
        Assert.True(joined.Model.ToBytes().Length < 1.02 * heads[0].Model.ToBytes().Length);
        Assert.Equal(heads.Select(h => $"{h.Name}/score"), joined.Model.Outputs.Select(o => o.Name));

        using var session = OnnxSession.Open(joined.Model.ToBytes());
        using var pictures = Pictures(3, seed: 5);
        var together = session.Run([pictures]);
        foreach (var (at, (_, model)) in heads.Index())
        {
            using var alone = OnnxSession.Open(model.ToBytes());
            using var score = alone.Run([pictures])[0];
            Assert.Equal(score.Bytes.ToArray(), together[at].Bytes.ToArray());
            Assert.Equal([3, 1], together[at].Shape);
            together[at].Dispose();
        }
    }

    [Fact]
    public void Models_are_grouped_by_what_they_share_and_others_stay_apart()
    {
        var small = World.Model;
        Assert.Equal([[0, 2], [1], [3]], JoinedModels.Groups([BackbonePackage.Head(1), small, BackbonePackage.Head(2), World.Logistic]).Select(g => g.ToArray()));
    }

    [Fact]
    public void A_weight_that_differs_in_one_bit_is_not_shared_nor_is_what_comes_after_it()
    {
        var one = BackbonePackage.Head(1);
        var other = one.Graph.Constants.Index().First(c => c.Item.Name.EndsWith("expanded_conv_14/expand/Conv2D_weights", StringComparison.Ordinal));
        var bytes = other.Item.Bytes.ToArray();
        bytes[2] ^= 0x40;
        var changed = new OnnxModel(one.Graph with { Constants = [.. one.Graph.Constants.Select((c, at) => at == other.Index ? c with { Bytes = bytes } : c)] },
            one.Metadata);

        var joined = JoinedModels.Of([("one", one), ("changed", changed)]);

        var before = one.Graph.Nodes.TakeWhile(n => !n.Name.Contains("expanded_conv_14/expand", StringComparison.Ordinal)).Count();
        Assert.Equal(before, joined.SharedNodes);
        using var pictures = Pictures(1, seed: 9);
        using var session = OnnxSession.Open(joined.Model.ToBytes());
        using var alone = OnnxSession.Open(changed.ToBytes());
        var outputs = session.Run([pictures]);
        Assert.Equal(alone.Run([pictures])[0].Bytes.ToArray(), outputs[1].Bytes.ToArray());
        Assert.NotEqual(outputs[0].Bytes.ToArray(), outputs[1].Bytes.ToArray());
    }

    [Fact]
    public void Nodes_that_draw_are_never_one()
    {
        var draws = new OnnxModel(new("draws", [new("x", TensorType.Float, [OnnxModel.Free, 4])], [new("y", TensorType.Float, [OnnxModel.Free, 4])],
            [new("RandomNormalLike", ["x"], ["noise"]), new("Add", ["x", "noise"], ["y"])], [], []));

        Assert.Equal(0, JoinedModels.Of([("a", draws), ("b", draws)]).SharedNodes);
    }

    [Fact]
    public void What_cannot_be_asked_together_is_refused()
    {
        OnnxModel Of(long width, string output) => new(new("g", [new("x", TensorType.Float, [OnnxModel.Free, width])],
            [new(output, TensorType.Float, [OnnxModel.Free, width])], [new("Relu", ["x"], [output])], [], []));

        Assert.Contains("one takes x Float[?,4], another x Float[?,5]", Refused([("a", Of(4, "y")), ("b", Of(5, "y"))]), StringComparison.Ordinal);
        Assert.Contains("'a/y' would be an output twice", Refused([("a", Of(4, "y")), ("a", Of(4, "y"))]), StringComparison.Ordinal);
        Assert.Contains("in different ways", Refused([("a", Of(4, "y").WithPictures(new PictureInput("x", 8))), ("b", Of(4, "y").WithPictures(new PictureInput("x", 9)))]),
            StringComparison.Ordinal);

        static string Refused((string, OnnxModel)[] models) => Assert.Throws<KumikiException>(() => JoinedModels.Of(models)).Message;
    }
}
