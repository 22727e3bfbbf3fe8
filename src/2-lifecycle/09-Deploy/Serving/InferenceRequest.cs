using System.Buffers;
using System.Buffers.Binary;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Serving;

/// <summary>The tensors of one request, in the protocol's binary form whatever it came in: little-endian, row-major, texts each behind its length in 4
/// bytes.</summary>
/// <remarks>Its memory is pooled; whoever made it disposes it when its answer is there, and not before.</remarks>
sealed class InferenceRequest(ModelSignature signature) : IDisposable
{
    /// <summary>Where tensors lie.</summary>
    /// <param name="Buffer">Null: in the request's own memory.</param>
    /// <param name="IsEncoded">They are pictures as they were sent, each behind its length; the shape is that of their pixels.</param>
    readonly record struct Given(long[]? Shape, byte[]? Buffer, int Offset, int Length, bool IsEncoded = false);

    /// <summary>How urgent a request may be: 1 goes first, 2 is what most are.</summary>
    public const int Priorities = 3;

    const int MostDimensions = 16;

    static readonly PictureLimits Largest = new();

    readonly Given[] inputs = new Given[signature.Inputs.Length];
    byte[] own = [];
    int used;

    public ModelSignature Signature => signature;

    /// <summary>1 to <see cref="Priorities"/>.</summary>
    public int Priority { get; set; } = 2;

    /// <summary>How long the client waits; null: as long as it takes.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Whether an answer may hold what is no number.</summary>
    public bool AllowNaN { get; set; }

    /// <summary>Whether texts that a made model never saw are scored, as it does in a batch, instead of refused.</summary>
    public bool ScoreUnknown { get; set; }

    /// <summary>Rows, where the model has rows and all inputs agree on them; else 0.</summary>
    public int Rows { get; private set; }

    public long[] ShapeOf(int input) => inputs[input].Shape!;

    public ReadOnlySpan<byte> BytesOf(int input)
    {
        var given = inputs[input];
        return (given.Buffer ?? own).AsSpan(given.Offset, given.Length);
    }

    /// <summary>Room in the request's own memory, behind what was <see cref="Keep">kept</see>; it moves with the next call.</summary>
    public Span<byte> Room(int bytes)
    {
        if (own.Length - used < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(own.Length * 2, Math.Max(used + bytes, 1024)));
            own.AsSpan(0, used).CopyTo(larger);
            if (own.Length > 0) ArrayPool<byte>.Shared.Return(own);
            own = larger;
        }
        return own.AsSpan(used);
    }

    /// <summary>Keeps the next bytes of the room.</summary>
    public void Keep(int bytes) => used += bytes;

    /// <summary>Where the next kept byte will be.</summary>
    public int Kept => used;

    /// <summary>Forgets what was given.</summary>
    public void Clear()
    {
        Array.Clear(inputs);
        (used, Priority, Timeout, AllowNaN, ScoreUnknown) = (0, 2, null, false, false);
    }

    /// <summary>Says what an input is. The bytes lie in <paramref name="buffer"/>, which must live as long as the request, or where that is null in the
    /// request's own memory.</summary>
    /// <exception cref="InferenceException">Its shape is not the model's, or the bytes do not fit the shape; the sentence names it.</exception>
    public void Give(int input, ReadOnlySpan<long> shape, byte[]? buffer, int offset, int length)
    {
        var info = signature.Inputs[input];
        if (inputs[input].Shape is not null) throw InferenceException.Bad(Message.Of("inference.input-twice", ("input", info.Name)));
        var count = CountOf(input, shape);
        var given = new Given(shape.SequenceEqual(signature.OneRow[input]) ? signature.OneRow[input] : shape.ToArray(), buffer, offset, length);
        if (info.Type == TensorType.Text)
        {
            var texts = 0;
            foreach (var _ in new Texts((buffer ?? own).AsSpan(offset, length), info.Name)) texts++;
            if (texts != count) throw Count(info.Name, shape, count, texts);
        }
        else if (length != count * OnnxTensor.SizeOf(info.Type))
        {
            throw InferenceException.Bad(Message.Of("inference.bytes", ("input", info.Name), ("bytes", length), ("type", TensorTypes.NameOf(info.Type)),
                ("shape", ShapeText(shape)),
                ("wanted", count * OnnxTensor.SizeOf(info.Type))));
        }
        inputs[input] = given;
    }

    /// <summary>Says that an input is encoded pictures, one a row; they are decoded when they are run.</summary>
    /// <param name="shape">[rows] or [rows, 1].</param>
    /// <inheritdoc cref="Give"/>
    public void GivePictures(int input, ReadOnlySpan<long> shape, byte[]? buffer, int offset, int length)
    {
        var picture = signature.Pictures[input]!;
        var name = picture.Tensor;
        if (inputs[input].Shape is not null) throw InferenceException.Bad(Message.Of("inference.input-twice", ("input", name)));
        if (shape is not ([>= 1] or [>= 1, 1])) throw InferenceException.Bad(Message.Of("images.shape", ("input", name), ("shape", ShapeText(shape))));
        // Small pictures become large tensors: what they would take is known before one is decoded.
        if (shape[0] > Largest.MostTensorBytes / picture.Bytes)
            throw InferenceException.Bad(Message.Of("images.too-many",
                ("input", name), ("pictures", shape[0]), ("most", Largest.MostTensorBytes / picture.Bytes)));
        var rows = 0;
        try
        {
            foreach (var encoded in new Texts((buffer ?? own).AsSpan(offset, length), name))
                if (++rows <= shape[0]) picture.Hold(encoded, rows, Largest);
        }
        catch (KumikiException e) when (e is not InferenceException)
        {
            throw InferenceException.Bad(e.Says);
        }
        if (rows != shape[0]) throw Count(name, shape, shape[0], rows);
        inputs[input] = new([rows, .. signature.OneRow[input].AsSpan(1)], buffer, offset, length, IsEncoded: true);
    }

    /// <summary>How an input's pictures become its tensor; null where it was given as a tensor.</summary>
    public PictureInput? EncodedAs(int input) => inputs[input].IsEncoded ? signature.Pictures[input] : null;

    /// <summary>Elements of an input of some shape, which must be one the model takes.</summary>
    public long CountOf(int input, ReadOnlySpan<long> shape)
    {
        var info = signature.Inputs[input];
        var fits = shape.Length == info.Shape.Count;
        for (var at = 0; fits && at < shape.Length; at++) fits = info.Shape[at] < 0 || shape[at] == info.Shape[at];
        // A model may leave its shapes unsaid; then there is nothing to hold a request against.
        if (!fits && info.Shape.Count > 0)
            throw InferenceException.Bad(Message.Of("inference.shape", ("input", info.Name), ("shape", ShapeText(shape)),
                ("wanted", ShapeText(info.Shape.ToArray()))));
        if (shape.Length > MostDimensions) throw InferenceException.Bad(Message.Of("inference.dimensions", ("input", info.Name), ("most", MostDimensions)));
        var count = 1L;
        foreach (var dimension in shape)
        {
            if (dimension < 1 || dimension > int.MaxValue || (count *= dimension) > int.MaxValue)
                throw InferenceException.Bad(Message.Of("inference.dimension", ("input", info.Name), ("shape", ShapeText(shape))));
        }
        return count;
    }

    /// <exception cref="InferenceException">Always.</exception>
    public static InferenceException Count(string input, ReadOnlySpan<long> shape, long wanted, long found) => InferenceException.Bad(
        Message.Of("inference.count", ("input", input), ("shape", ShapeText(shape)), ("wanted", wanted), ("found", found)));

    public static string ShapeText(ReadOnlySpan<long> shape) => $"[{string.Join(",", shape.ToArray())}]";

    /// <summary>Holds the whole request against the model, once every input was given.</summary>
    /// <exception cref="InferenceException">An input is missing, or inputs disagree on the rows; or a made model refuses a value; the sentence names
    /// it.</exception>
    public void Complete()
    {
        for (var i = 0; i < inputs.Length; i++)
            if (inputs[i].Shape is null)
                throw InferenceException.Bad(Message.Of("inference.input-missing", ("input", signature.Inputs[i].Name), ("inputs", signature.InputNames)));
        if (signature.HasRows && inputs.Length > 0)
        {
            var rows = inputs[0].Shape![0];
            for (var i = 1; i < inputs.Length; i++)
            {
                if (inputs[i].Shape![0] == rows) continue;
                if (signature.IsMade)
                    throw InferenceException.Bad(Message.Of("inference.rows", ("input", signature.Inputs[i].Name), ("rows", inputs[i].Shape![0]),
                        ("first", signature.Inputs[0].Name), ("wanted", rows)));
                rows = 0;
                break;
            }
            Rows = (int)rows;
        }
        if (signature.IsMade) InputChecks.Hold(this);
    }

    /// <summary>Whether another request's tensors can be put behind these: all dimensions but the rows agree.</summary>
    public bool Joins(InferenceRequest other)
    {
        if (Rows == 0 || other.Rows == 0) return false;
        if (signature.OnlyRowsFree) return true;
        for (var i = 0; i < inputs.Length; i++)
            if (!inputs[i].Shape.AsSpan(1).SequenceEqual(other.inputs[i].Shape.AsSpan(1))) return false;
        return true;
    }

    public void Dispose()
    {
        if (own.Length > 0) ArrayPool<byte>.Shared.Return(own);
        own = [];
    }

    /// <summary>Walks texts that each stand behind their length.</summary>
    public ref struct Texts(ReadOnlySpan<byte> bytes, string input)
    {
        ReadOnlySpan<byte> left = bytes;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly Texts GetEnumerator() => this;

        public bool MoveNext()
        {
            if (left.IsEmpty) return false;
            if (left.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(left) is var length && length > (uint)(left.Length - 4))
                throw InferenceException.Bad(Message.Of("inference.texts-cut", ("input", input)));
            Current = left.Slice(4, (int)length);
            left = left[(4 + (int)length)..];
            return true;
        }
    }
}
