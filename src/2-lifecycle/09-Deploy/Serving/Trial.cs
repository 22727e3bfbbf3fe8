using System.Runtime.InteropServices;
using System.Text;
using Kumiki.Native;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Serving;

/// <summary>A model's first runs, on made-up rows: they warm it up, and show whether its rows have the same bits alone and together.</summary>
/// <remarks>A model that looks at all its rows at once, such as one quantised by the batch, must never be given rows of two requests. The draws are seeded and
/// the same for a
/// model on every machine. A model whose free dimensions cannot be guessed is neither warmed up nor joined.</remarks>
static class Trial
{
    const int Rows = 5;

    /// <returns>Whether rows of several requests may be run together.</returns>
    public static bool Of(OnnxSession session, ModelSignature signature, TimeSpan limit, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        over.CancelAfter(limit);
        try
        {
            var together = Run(0, signature.HasRows ? Rows : 1);
            if (!signature.HasRows) return false;
            for (var row = 0; row < Rows; row++)
            {
                var alone = Run(row, 1);
                for (var output = 0; output < together.Length; output++)
                {
                    var (rows, bytes) = together[output];
                    if (rows != Rows || alone[output].Rows != 1) return false;
                    var width = bytes.Length / Rows;
                    if (!alone[output].Bytes.AsSpan().SequenceEqual(bytes.AsSpan(row * width, width))) return false;
                }
            }
            return true;
        }
        catch (NativeException)
        {
            return false;       // made-up sizes or values that this model does not take: its first request tells
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }

        (long Rows, byte[] Bytes)[] Run(int from, int rows)
        {
            var inputs = new List<OnnxTensor>();
            try
            {
                for (var i = 0; i < signature.Inputs.Length; i++) inputs.Add(Made(signature, i, from, rows));
                var outputs = session.Run(CollectionsMarshal.AsSpan(inputs), over.Token);
                return Array.ConvertAll(outputs, output =>
                {
                    using (output) return (output.Shape.Count > 0 ? output.Shape[0] : 0, Bytes(output));
                });
            }
            finally
            {
                foreach (var input in inputs) input.Dispose();
            }
        }
    }

    /// <summary>Whether the outputs of a joined model, from one on, have the bits of a model's own, on made-up rows.</summary>
    public static bool IsSame(OnnxSession joined, ModelSignature signature, int firstOutput, OnnxSession alone, ModelSignature own, TimeSpan limit,
        CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        over.CancelAfter(limit);
        var inputs = new List<OnnxTensor>();
        OnnxTensor[] together = [], single = [];
        try
        {
            for (var i = 0; i < signature.Inputs.Length; i++) inputs.Add(Made(signature, i, 0, 2));
            together = joined.Run(CollectionsMarshal.AsSpan(inputs), over.Token);
            var taken = own.Inputs.Select(o => inputs[Array.FindIndex(signature.Inputs, i => i.Name == o.Name)]).ToArray();
            single = alone.Run(taken, over.Token);
            for (var output = 0; output < single.Length; output++)
            {
                var other = together[firstOutput + output];
                if (!single[output].Shape.SequenceEqual(other.Shape) || !Bytes(single[output]).AsSpan().SequenceEqual(Bytes(other))) return false;
            }
            return true;
        }
        catch (Exception e) when (e is NativeException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return false;       // what cannot be tried is not joined
        }
        finally
        {
            foreach (var tensor in inputs.Concat(together).Concat(single)) tensor.Dispose();
        }
    }

    static byte[] Bytes(OnnxTensor tensor)
    {
        if (tensor.Type != TensorType.Text) return tensor.Bytes.ToArray();
        // Texts of one length each, so that the bytes of a row can be cut out.
        var all = new byte[tensor.Count * 64];
        for (var i = 0; i < tensor.Count; i++)
        {
            var text = tensor.GetTextBytes(i);
            text[..Math.Min(64, text.Length)].CopyTo(all.AsSpan(i * 64));
        }
        return all;
    }

    static OnnxTensor Made(ModelSignature signature, int input, int from, int rows)
    {
        var info = signature.Inputs[input];
        long[] shape = [.. info.Shape.Select((d, at) => d >= 0 ? d : at == 0 && signature.HasRows ? rows : 1)];
        var tensor = OnnxTensor.Of(info.Type, shape);
        try
        {
            var width = tensor.Count / Math.Max(1, signature.HasRows ? rows : 1);
            for (var row = 0; row < (signature.HasRows ? rows : 1); row++)
            {
                var random = new Random(((from + row) * 1_000) + input);
                for (var at = row * width; at < (row + 1) * width; at++) Fill(tensor, at, random, signature.Categories[input]?.Items ?? []);
            }
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    static void Fill(OnnxTensor tensor, int at, Random random, IReadOnlyList<string> categories)
    {
        switch (tensor.Type)
        {
            case TensorType.Float: tensor.Values<float>()[at] = random.NextSingle() * 3 - 1; break;
            case TensorType.Double: tensor.Values<double>()[at] = random.NextDouble() * 3 - 1; break;
            case TensorType.Float16: tensor.Values<Half>()[at] = (Half)(random.NextSingle() * 3 - 1); break;
            case TensorType.Text:
                tensor.SetText(at, Encoding.UTF8.GetBytes(categories.Count > 0 ? categories[random.Next(categories.Count)] : $"{random.Next(3)}"));
                break;
            default:
                // whole numbers of 0 or 1 in any width: small enough to be a place in any table
                var size = OnnxTensor.SizeOf(tensor.Type);
                if (tensor.Type != TensorType.BFloat16) tensor.Bytes[at * size] = (byte)random.Next(2);
                break;
        }
    }
}
