using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Serving;

/// <summary>The names that the Open Inference Protocol has for element types.</summary>
static class TensorTypes
{
    /// <summary>The protocol's name.</summary>
    public static string NameOf(TensorType type) => type switch
    {
        TensorType.Bool => "BOOL",
        TensorType.UInt8 => "UINT8",
        TensorType.UInt16 => "UINT16",
        TensorType.UInt32 => "UINT32",
        TensorType.UInt64 => "UINT64",
        TensorType.Int8 => "INT8",
        TensorType.Int16 => "INT16",
        TensorType.Int32 => "INT32",
        TensorType.Int64 => "INT64",
        TensorType.Float16 => "FP16",
        TensorType.BFloat16 => "BF16",
        TensorType.Float => "FP32",
        TensorType.Double => "FP64",
        TensorType.Text => "BYTES",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of the protocol."),
    };

    /// <summary>Whether a model with this type of tensor can be served: the protocol has no complex numbers and no 4-bit ones.</summary>
    public static bool IsServed(TensorType type) => Enum.IsDefined(type);

    public static bool HasNaN(TensorType type) => type is TensorType.Float or TensorType.Double or TensorType.Float16 or TensorType.BFloat16;

    /// <summary>The place of the first number that is NaN, or with <paramref name="orInfinite"/> the first that is not finite; −1 where there is
    /// none.</summary>
    public static int FirstNotFinite(TensorType type, ReadOnlySpan<byte> bytes, bool nan = true, bool orInfinite = true)
    {
        switch (type)
        {
            case TensorType.Float:
                var floats = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes);
                for (var i = 0; i < floats.Length; i++)
                    if (!float.IsFinite(floats[i]) && (float.IsNaN(floats[i]) ? nan : orInfinite)) return i;
                return -1;
            case TensorType.Double:
                var doubles = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(bytes);
                for (var i = 0; i < doubles.Length; i++)
                    if (!double.IsFinite(doubles[i]) && (double.IsNaN(doubles[i]) ? nan : orInfinite)) return i;
                return -1;
            case TensorType.Float16 or TensorType.BFloat16:
                var halves = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(bytes);
                var exponent = type == TensorType.Float16 ? 0x7C00 : 0x7F80;
                for (var i = 0; i < halves.Length; i++)
                    if ((halves[i] & exponent) == exponent && ((halves[i] & 0x7FFF) == exponent ? orInfinite : nan)) return i;
                return -1;
            default:
                return -1;
        }
    }
}
