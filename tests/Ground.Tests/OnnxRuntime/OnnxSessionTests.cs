using System.Text;
using Kumiki.Native;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.OnnxRuntime;

public sealed class OnnxSessionTests
{
    static OnnxModel Model(TensorInfo[] inputs, TensorInfo[] outputs, OnnxNode[] nodes, params OnnxConstant[] constants) =>
        new(new("test", inputs, outputs, nodes, constants, []), [new("made.by", "試験 test")]);

    static OnnxModel Identity(TensorType type) => Model([new("in", type, [-1, 2])], [new("out", type, [-1, 2])], [new("Identity", ["in"], ["out"])]);

    [Fact]
    public void The_library_is_1_30_0() => Assert.Equal("1.30.0", OnnxSession.LibraryVersion);

    [Fact]
    public void Inputs_and_outputs_are_described()
    {
        using var session = OnnxSession.Open(World.ToBytes());

        Assert.Equal("price Float[?,1]; units Float[?,1]; day Float[?,1]; discount Float[?,1]; store Text[?,1]", string.Join("; ", session.Inputs));
        Assert.Equal("score Float[?,1]", string.Join("; ", session.Outputs));
    }

    static OnnxModel World => Onnx.World.Model;

    static void Passes<T>(TensorType type, params T[] values) where T : unmanaged
    {
        using var session = OnnxSession.Open(Identity(type).ToBytes());
        using var input = OnnxTensor.Of(type, values.Length / 2, 2);
        using var output = OnnxTensor.Of(type, values.Length / 2, 2);
        values.CopyTo(input.Values<T>());

        session.Run([input], [output]);
        using var made = session.Run([input])[0];

        Assert.Equal(values, output.Values<T>().ToArray());
        Assert.Equal(values, made.Values<T>().ToArray());
        Assert.Equal([values.Length / 2, 2], made.Shape);
    }

    [Fact]
    public void Every_type_of_number_goes_in_and_comes_out()
    {
        Passes(TensorType.Float, 1.5f, float.NaN, float.NegativeInfinity, 1e-42f);
        Passes(TensorType.Double, 1.5, double.NaN, 1e300, -0.0);
        Passes(TensorType.Int64, long.MinValue, 0, 1, long.MaxValue);
        Passes(TensorType.Int32, int.MinValue, 7);
        Passes(TensorType.Bool, true, false);
        Passes(TensorType.UInt8, (byte)0, (byte)255);
    }

    [Fact]
    public void Texts_go_in_and_come_out_in_utf_8()
    {
        string[] texts = ["", "plain", "組木 é\0after a zero", "a text that is longer than what fits into a short string: " + new string('組', 70)];
        using var session = OnnxSession.Open(Identity(TensorType.Text).ToBytes());
        using var input = OnnxTensor.Of(TensorType.Text, 2, 2);
        input.SetTexts([.. texts[..3], "first something else"]);
        input.SetText(3, Encoding.UTF8.GetBytes(texts[3]));

        using var output = session.Run([input])[0];

        Assert.Equal(texts, Enumerable.Range(0, 4).Select(output.GetText));
        input.SetTexts(texts.Reverse().Select(t => t == "plain" ? null : t).ToArray());
        Assert.Equal([texts[3], texts[2], "", ""], Enumerable.Range(0, 4).Select(input.GetText));
    }

    [Fact]
    public void The_first_rows_of_a_tensor_share_its_memory_and_outlive_it()
    {
        var whole = OnnxTensor.Of(TensorType.Float, 3, 2);
        using var part = whole.First(2);
        whole.Values<float>()[3] = 42;
        whole.Dispose();

        Assert.Equal([0, 0, 0, 42], part.Values<float>().ToArray());
        Assert.Throws<ObjectDisposedException>(() => whole.Values<float>());
    }

    [Fact]
    public void A_tensor_of_another_type_is_no_span()
    {
        using var tensor = OnnxTensor.Of(TensorType.Float, 2);

        Assert.Throws<InvalidOperationException>(() => tensor.Values<double>().Length);
        Assert.Throws<InvalidOperationException>(() => tensor.GetText(0));
        Assert.Throws<InvalidOperationException>(() => tensor.SetText(0, "x"u8));
        Assert.Throws<InvalidOperationException>(() => tensor.SetTexts(["x", "y"]));
    }

    [Fact]
    public void Wrong_shapes_and_types_are_refused_with_the_librarys_words()
    {
        using var session = OnnxSession.Open(Identity(TensorType.Float).ToBytes());
        using var wide = OnnxTensor.Of(TensorType.Float, 2, 3);
        using var wrong = OnnxTensor.Of(TensorType.Double, 2, 2);
        using var good = OnnxTensor.Of(TensorType.Float, 2, 2);

        Assert.Contains("in", Assert.Throws<NativeException>(() => session.Run([wide])).Reason, StringComparison.Ordinal);
        Assert.Contains("double", Assert.Throws<NativeException>(() => session.Run([wrong])).Reason, StringComparison.Ordinal);
        Assert.Throws<NativeException>(() => session.Run([good], [wide]));
        Assert.Throws<ArgumentException>(() => session.Run([good, good]));
        Assert.Throws<ArgumentException>(() => session.Run([good], [good, good]));
    }

    [Fact]
    public void Bytes_that_are_no_model_are_refused()
    {
        var bytes = World.ToBytes();
        byte[] garbage = [.. Enumerable.Range(0, 500).Select(i => (byte)(i * 37))];

        var e = Assert.Throws<NativeException>(() => OnnxSession.Open(garbage));

        Assert.StartsWith("ONNX Runtime 1.30.0 could not open a model of 500 bytes: ", e.Says.In("en"), StringComparison.Ordinal);
        Assert.Throws<NativeException>(() => OnnxSession.Open([]));
        Assert.Throws<NativeException>(() => OnnxSession.Open(bytes.AsSpan(0, bytes.Length - 100)));
    }

    [Fact]
    public void A_file_is_opened_by_its_path_and_a_missing_one_is_named()
    {
        var path = Path.Combine(Path.GetTempPath(), $"模型 {Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, World.ToBytes());
        try
        {
            using var session = OnnxSession.Open(path, new() { Optimisation = GraphOptimisation.Basic, Threads = 2 });
            Assert.Equal(5, session.Inputs.Count);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Contains(path, Assert.Throws<NativeException>(() => OnnxSession.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_is_found_by_key_and_what_is_not_there_is_null()
    {
        using var session = OnnxSession.Open(Identity(TensorType.Float).ToBytes());

        Assert.Equal("試験 test", session.Metadata("made.by"));
        Assert.Null(session.Metadata("nothing"));
    }

    [Fact]
    public void A_run_is_stopped_between_two_nodes()
    {
        // 4000 multiplications of 256 × 256 matrices, one after the other: 130 GFLOP, most of a second on any core.
        const int Size = 256;
        var nodes = Enumerable.Range(0, 4000).Select(i => new OnnxNode("MatMul", [i == 0 ? "in" : $"t{i}", "by"], [i == 3999 ? "out" : $"t{i + 1}"]));
        TensorInfo[] inputs = [new("in", TensorType.Float, [Size, Size]), new("by", TensorType.Float, [Size, Size])];
        using var session = OnnxSession.Open(Model(inputs, [new("out", TensorType.Float, [Size, Size])], [.. nodes]).ToBytes());
        using var tensor = OnnxTensor.Of(TensorType.Float, Size, Size);
        using var stop = new CancellationTokenSource();
        // A thread of its own: a timer's call waits for a pool that the tests beside this one keep busy.
        var stopping = new Thread(() =>
        {
            Thread.Sleep(20);
            stop.Cancel();
        });
        stopping.Start();

        // Only a run that the library broke off gives this; one that came to its end would not.
        Assert.Throws<OperationCanceledException>(() => session.Run([tensor, tensor], stop.Token));
        stopping.Join();

        session.Run([tensor, tensor], CancellationToken.None)[0].Dispose();
    }

    [Fact]
    public void One_session_runs_on_many_threads_at_once()
    {
        using var session = OnnxSession.Open(Identity(TensorType.Float).ToBytes());

        Parallel.For(0, 8, thread =>
        {
            using var input = OnnxTensor.Of(TensorType.Float, 1, 2);
            using var output = OnnxTensor.Of(TensorType.Float, 1, 2);
            for (var i = 0; i < 2000; i++)
            {
                input.Values<float>()[0] = thread * 10_000 + i;
                session.Run([input], [output]);
                Assert.Equal(thread * 10_000 + i, output.Values<float>()[0]);
            }
        });
    }

    [Fact]
    public void A_disposed_session_says_so()
    {
        var session = OnnxSession.Open(Identity(TensorType.Float).ToBytes());
        using var input = OnnxTensor.Of(TensorType.Float, 1, 2);
        session.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.Run([input]));
    }

    [Fact]
    public void Running_into_tensors_that_exist_makes_no_garbage()
    {
        using var session = OnnxSession.Open(Identity(TensorType.Float).ToBytes());
        using var tensor = OnnxTensor.Of(TensorType.Float, 1, 2);
        using var output = OnnxTensor.Of(TensorType.Float, 1, 2);
        for (var i = 0; i < 1000; i++) session.Run([tensor], [output]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) session.Run([tensor], [output]);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_missing_library_is_one_sentence_with_its_command()
    {
        var missing = NativeEngine.OnnxRuntime with { FileNames = ["libnowhere.so.1"] };

        Assert.Equal(
            "ONNX Runtime 1.30.0 was not found: libnowhere.so.1 of the npm package onnxruntime-node is missing. Install it: ./kumiki setup",
            Assert.Throws<KumikiException>(() => missing.Load()).Says.In("en"));
    }

    [Fact]
    public void A_library_that_is_none_is_named_with_its_path()
    {
        var folder = Directory.CreateTempSubdirectory();
        var path = Path.Combine(folder.FullName, "libbroken.so");
        File.WriteAllText(path, "not a library");
        try
        {
            var broken = NativeEngine.XGBoost with { FileNames = [path] };
            var e = Assert.Throws<KumikiException>(() => broken.Load());
            Assert.Equal(("native.broken", path), (e.Says.Id, e.Says.Values["path"]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
