using System.Runtime.CompilerServices;
using System.Text;

namespace Kumiki.Native.OnnxRuntime;

/// <summary>The element types of ONNX tensors, with ONNX's own numbers.</summary>
public enum TensorType
{
    Float = 1, UInt8 = 2, Int8 = 3, UInt16 = 4, Int16 = 5, Int32 = 6, Int64 = 7, Text = 8, Bool = 9, Float16 = 10, Double = 11, UInt32 = 12, UInt64 = 13, BFloat16 = 16,
}

/// <summary>An input or output of a model.</summary>
/// <param name="Shape">The dimensions; -1 is one that each run chooses.</param>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<long> Shape)
{
    public override string ToString() => $"{Name} {Type}[{string.Join(",", Shape.Select(d => d < 0 ? "?" : $"{d}"))}]";
}

/// <summary>A tensor in native memory that runs read or write in place. Numbers are spans over that memory; texts are set and read one by one.</summary>
/// <remarks>One thread writes at a time. A tensor may be disposed while a run uses it: the run keeps it alive to its end.</remarks>
public sealed unsafe class OnnxTensor : IDisposable
{
    readonly AlignedMemory? memory;
    readonly void* data;
    readonly long[] shape;
    bool disposed;

    OnnxTensor(ValueHandle value, TensorType type, long[] shape, int count, void* data, AlignedMemory? memory)
    {
        (Value, Type, this.shape, Count, this.memory) = (value, type, shape, count, memory);
        this.data = data;
    }

    public TensorType Type { get; }
    public IReadOnlyList<long> Shape => shape;

    /// <summary>The same, where they are read often.</summary>
    public ReadOnlySpan<long> Dimensions => shape;

    /// <summary>How many elements.</summary>
    public int Count { get; }

    internal ValueHandle Value { get; }

    /// <summary>A new tensor of zeros, or of empty texts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative, or there are more than 2³¹ − 1 elements.</exception>
    public static OnnxTensor Of(TensorType type, params ReadOnlySpan<long> shape)
    {
        var count = CountOf(shape);
        if (type != TensorType.Text) return Over(new AlignedMemory((nuint)count * (nuint)SizeOf(type)), type, shape.ToArray(), count);
        nint value;
        fixed (long* dims = shape)
        {
            var status = OnnxRuntimeApi.CreateTensorAsOrtValue(OnnxProcess.Allocator, dims, (nuint)shape.Length, (int)type, &value);
            OnnxRuntimeApi.Check(status, "make a text tensor");
        }
        return new(new ValueHandle(value), type, shape.ToArray(), count, null, null);
    }

    /// <summary>The first <paramref name="rows"/> rows of this tensor of numbers, over the same memory.</summary>
    public OnnxTensor First(int rows)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (memory is null || rows < 0 || rows > shape[0]) throw new ArgumentOutOfRangeException(nameof(rows), rows, $"This {Type} tensor has no such part.");
        long[] part = [rows, .. shape.AsSpan(1)];
        return Over(memory, Type, part, CountOf(part));
    }

    static OnnxTensor Over(AlignedMemory memory, TensorType type, long[] shape, int count)
    {
        var held = false;
        memory.DangerousAddRef(ref held);
        try
        {
            nint value;
            var data = (void*)memory.DangerousGetHandle();
            fixed (long* dims = shape)
            {
                var bytes = (nuint)count * (nuint)SizeOf(type);
                OnnxRuntimeApi.Check(
                    OnnxRuntimeApi.CreateTensorWithDataAsOrtValue(OnnxProcess.CpuMemory, data, bytes, dims, (nuint)shape.Length, (int)type, &value),
                    "make a tensor");
            }
            return new(new ValueHandle(value), type, shape, count, data, memory);
        }
        catch
        {
            memory.DangerousRelease();
            throw;
        }
    }

    /// <summary>Takes ownership of a value that a run made.</summary>
    internal static OnnxTensor Owning(nint made)
    {
        var value = new ValueHandle(made);
        try
        {
            int tensor, type;
            nint info;
            OnnxRuntimeApi.Check(OnnxRuntimeApi.IsTensor(made, &tensor), "read an output");
            if (tensor == 0) throw new NativeException(NativeEngine.OnnxRuntime, "read an output", "it is not a tensor");
            OnnxRuntimeApi.Check(OnnxRuntimeApi.GetTensorTypeAndShape(made, &info), "read an output");
            long[] shape;
            try
            {
                OnnxRuntimeApi.Check(OnnxRuntimeApi.GetTensorElementType(info, &type), "read an output's type");
                shape = ShapeOf(info);
            }
            finally
            {
                OnnxRuntimeApi.ReleaseTensorTypeAndShapeInfo(info);
            }
            void* data = null;
            if (type != (int)TensorType.Text) OnnxRuntimeApi.Check(OnnxRuntimeApi.GetTensorMutableData(made, &data), "read an output's data");
            return new(value, (TensorType)type, shape, CountOf(shape), data, null);
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    internal static long[] ShapeOf(nint info)
    {
        nuint rank;
        OnnxRuntimeApi.Check(OnnxRuntimeApi.GetDimensionsCount(info, &rank), "read a shape");
        var shape = new long[rank];
        fixed (long* dims = shape) OnnxRuntimeApi.Check(OnnxRuntimeApi.GetDimensions(info, dims, rank), "read a shape");
        return shape;
    }

    /// <summary>The numbers, in row-major order, in place.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds another type.</exception>
    public Span<T> Values<T>() where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (TypeOf<T>() != Type) throw new InvalidOperationException($"This tensor holds {Type}, not {typeof(T).Name}.");
        return new(data, Count);
    }

    /// <summary>The numbers' bytes, little-endian and in row-major order, in place.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds texts.</exception>
    public Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return Type == TensorType.Text ? throw new InvalidOperationException("This tensor holds texts.") : new(data, checked(Count * SizeOf(Type)));
        }
    }

    /// <summary>Sets one text, in UTF-8.</summary>
    public void SetText(int index, ReadOnlySpan<byte> utf8)
    {
        var room = Room(index, utf8.Length);
        utf8.CopyTo(room);
    }

    /// <summary>Sets every text; a null is the empty text, an unpaired surrogate becomes U+FFFD.</summary>
    /// <param name="texts">[Count]</param>
    [SkipLocalsInit]
    public void SetTexts(ReadOnlySpan<string?> texts)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(texts.Length, Count, nameof(texts));
        // Short ones, which are most, are encoded in one pass instead of being measured first.
        const int Short = 64;
        Span<byte> utf8 = stackalloc byte[Short * 3];
        for (var i = 0; i < texts.Length; i++)
        {
            var text = texts[i] ?? "";
            if (text.Length <= Short)
            {
                var length = Encoding.UTF8.GetBytes(text, utf8);
                utf8[..length].CopyTo(Room(i, length));
            }
            else
            {
                Encoding.UTF8.GetBytes(text, Room(i, Encoding.UTF8.GetByteCount(text)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    Span<byte> Room(int index, int bytes)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (Type != TensorType.Text) throw new InvalidOperationException($"This tensor holds {Type}, not texts.");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        byte* room;
        OnnxRuntimeApi.Check(OnnxRuntimeApi.GetResizedStringTensorElementBuffer(Value.DangerousGetHandle(), (nuint)index, (nuint)bytes, &room), "set a text");
        return new(room, bytes);
    }

    /// <summary>Reads one text.</summary>
    public string GetText(int index) => Encoding.UTF8.GetString(GetTextBytes(index));

    /// <summary>Reads one text as it is kept: UTF-8 in most models, but any bytes where a model says so.</summary>
    public ReadOnlySpan<byte> GetTextBytes(int index)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (Type != TensorType.Text) throw new InvalidOperationException($"This tensor holds {Type}, not texts.");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        nuint length;
        OnnxRuntimeApi.Check(OnnxRuntimeApi.GetStringTensorElementLength(Value.DangerousGetHandle(), (nuint)index, &length), "read a text");
        var utf8 = new byte[(int)length + 1];
        fixed (byte* into = utf8)
            OnnxRuntimeApi.Check(OnnxRuntimeApi.GetStringTensorElement(Value.DangerousGetHandle(), length, (nuint)index, into), "read a text");
        return utf8.AsSpan(0, (int)length);
    }

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        Value.Dispose();
        memory?.DangerousRelease();
    }

    static int CountOf(ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            count = checked(count * dimension);
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue, nameof(shape));
        return (int)count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TensorType TypeOf<T>() =>
        typeof(T) == typeof(float) ? TensorType.Float
        : typeof(T) == typeof(double) ? TensorType.Double
        : typeof(T) == typeof(long) ? TensorType.Int64
        : typeof(T) == typeof(int) ? TensorType.Int32
        : typeof(T) == typeof(byte) ? TensorType.UInt8
        : typeof(T) == typeof(bool) ? TensorType.Bool
        : typeof(T) == typeof(sbyte) ? TensorType.Int8
        : typeof(T) == typeof(short) ? TensorType.Int16
        : typeof(T) == typeof(ushort) ? TensorType.UInt16
        : typeof(T) == typeof(uint) ? TensorType.UInt32
        : typeof(T) == typeof(ulong) ? TensorType.UInt64
        : typeof(T) == typeof(Half) ? TensorType.Float16
        : 0;

    /// <summary>Bytes a number takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No type of numbers.</exception>
    public static int SizeOf(TensorType type) => type switch
    {
        TensorType.Float or TensorType.Int32 or TensorType.UInt32 => 4,
        TensorType.Double or TensorType.Int64 or TensorType.UInt64 => 8,
        TensorType.UInt8 or TensorType.Int8 or TensorType.Bool => 1,
        TensorType.UInt16 or TensorType.Int16 or TensorType.Float16 or TensorType.BFloat16 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of numbers."),
    };
}
