using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>
/// The one way from table values to a model's tensors, used in training, batch and serving alike. A model records the adapter's name and what it makes of
/// known values, and is opened only where both still hold.
/// <list type="table">
/// <item><term>Number</term><description>integers, float, double, decimal → double → float; missing → NaN</description></item>
/// <item><term>Date</term><description>DateOnly, or int days → days since 1970-01-01 → float; missing → NaN</description></item>
/// <item><term>Flag</term><description>bool → 0 or 1; missing → NaN</description></item>
/// <item><term>Text</term><description>string as it is, an enum's name, an integer's digits → UTF-8; missing → ""</description></item>
/// </list>
/// </summary>
public static partial class Adapter
{
    /// <summary>Name and version; the number is raised when any value becomes another tensor than before.</summary>
    public const string Name = "columns/1";

    static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    static readonly FrozenDictionary<Type, ColumnKind[]> Kinds = new Dictionary<Type, ColumnKind[]>
    {
        [typeof(float)] = [ColumnKind.Number],
        [typeof(double)] = [ColumnKind.Number],
        [typeof(decimal)] = [ColumnKind.Number],
        [typeof(int)] = [ColumnKind.Number, ColumnKind.Date, ColumnKind.Text],
        [typeof(long)] = [ColumnKind.Number, ColumnKind.Text],
        [typeof(short)] = [ColumnKind.Number, ColumnKind.Text],
        [typeof(byte)] = [ColumnKind.Number, ColumnKind.Text],
        [typeof(DateOnly)] = [ColumnKind.Date],
        [typeof(bool)] = [ColumnKind.Flag],
        [typeof(string)] = [ColumnKind.Text],
    }.ToFrozenDictionary();

    /// <summary>Can a column of <typeparamref name="T"/> be a column of this kind?</summary>
    internal static bool Takes<T>(ColumnKind kind)
    {
        var type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        return type.IsEnum ? kind == ColumnKind.Text : Kinds.TryGetValue(type, out var kinds) && kinds.Contains(kind);
    }

    /// <summary>The tensor values of a Number, Date or Flag column.</summary>
    /// <param name="valid">One bit a row, 1 where there is a value, starting at <paramref name="validFrom"/>; empty when every row has one.</param>
    internal static void Write<T>(ColumnKind kind, ReadOnlySpan<T> values, ReadOnlySpan<ulong> valid, int validFrom, Span<float> into)
    {
        if (kind == ColumnKind.Date) for (var i = 0; i < values.Length; i++) into[i] = Days(values[i]);
        else if (typeof(T) == typeof(float)) for (var i = 0; i < values.Length; i++) into[i] = (float)(object)values[i]!;
        else for (var i = 0; i < values.Length; i++) into[i] = (float)Number(values[i]);
        if (valid.IsEmpty) return;
        for (var i = 0; i < values.Length; i++)
            if (!IsValid(valid, validFrom + i)) into[i] = float.NaN;
    }

    internal static bool IsValid(ReadOnlySpan<ulong> valid, int row) => valid.IsEmpty || (valid[row >> 6] >> (row & 63) & 1) != 0;

    // One line a type: the compiler keeps the one that fits T and drops the rest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Number<T>(T value)
    {
        if (typeof(T) == typeof(double)) return (double)(object)value!;
        if (typeof(T) == typeof(int)) return (int)(object)value!;
        if (typeof(T) == typeof(long)) return (long)(object)value!;
        if (typeof(T) == typeof(short)) return (short)(object)value!;
        if (typeof(T) == typeof(byte)) return (byte)(object)value!;
        if (typeof(T) == typeof(decimal)) return (double)(decimal)(object)value!;
        if (typeof(T) == typeof(bool)) return (bool)(object)value! ? 1 : 0;
        if (typeof(T) == typeof(double?)) return Unsafe.As<T, double?>(ref value) ?? double.NaN;
        if (typeof(T) == typeof(float?)) return Unsafe.As<T, float?>(ref value) ?? double.NaN;
        if (typeof(T) == typeof(int?)) return Unsafe.As<T, int?>(ref value) ?? double.NaN;
        if (typeof(T) == typeof(long?)) return Unsafe.As<T, long?>(ref value) ?? double.NaN;
        if (typeof(T) == typeof(short?)) return Unsafe.As<T, short?>(ref value) ?? double.NaN;
        if (typeof(T) == typeof(byte?)) return Unsafe.As<T, byte?>(ref value) ?? double.NaN;
        if (typeof(T) == typeof(decimal?)) return (double?)Unsafe.As<T, decimal?>(ref value) ?? double.NaN;
        if (typeof(T) == typeof(bool?)) return Unsafe.As<T, bool?>(ref value) is { } flag ? flag ? 1 : 0 : double.NaN;
        throw new UnreachableColumnException(typeof(T));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Days<T>(T value)
    {
        if (typeof(T) == typeof(DateOnly)) return ((DateOnly)(object)value!).DayNumber - Epoch;
        if (typeof(T) == typeof(DateOnly?)) return Unsafe.As<T, DateOnly?>(ref value) is { } day ? day.DayNumber - Epoch : float.NaN;
        if (typeof(T) == typeof(int)) return (int)(object)value!;
        if (typeof(T) == typeof(int?)) return Unsafe.As<T, int?>(ref value) ?? float.NaN;
        throw new UnreachableColumnException(typeof(T));
    }

    /// <summary>The tensor values of a Text column.</summary>
    /// <inheritdoc cref="Write{T}"/>
    internal static void WriteTexts<T>(ReadOnlySpan<T> values, ReadOnlySpan<ulong> valid, int validFrom, OnnxTensor into)
    {
        if (typeof(T) == typeof(string))
        {
            into.SetTexts(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, string?>(ref MemoryMarshal.GetReference(values)), values.Length));
        }
        else
        {
            Span<byte> digits = stackalloc byte[32];
            for (var i = 0; i < values.Length; i++) into.SetText(i, Text(values[i], digits));
        }
        if (valid.IsEmpty) return;
        for (var i = 0; i < values.Length; i++)
            if (!IsValid(valid, validFrom + i)) into.SetText(i, []);
    }

    /// <summary>The UTF-8 of a value that is no string.</summary>
    static ReadOnlySpan<byte> Text<T>(T value, Span<byte> room)
    {
        if (value is null) return [];
        if ((Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T)).IsEnum) return EnumNames<T>.Of(value);
        var number = (IUtf8SpanFormattable)value;
        number.TryFormat(room, out var length, [], CultureInfo.InvariantCulture);
        return room[..length];
    }

    /// <summary>Whether a value of a Text column becomes the empty text.</summary>
    internal static bool IsMissingText<T>(T value) => value is null or "";

    /// <summary>The text a value becomes, for looking at it outside a tensor.</summary>
    internal static string? TextOf<T>(T value)
    {
        if (typeof(T) == typeof(string)) return (string?)(object?)value;
        Span<byte> digits = stackalloc byte[32];
        return Encoding.UTF8.GetString(Text(value, digits));
    }

    static class EnumNames<T>
    {
        static readonly ConcurrentDictionary<Boxed, byte[]> Names = new();

        readonly record struct Boxed(T Value);

        public static ReadOnlySpan<byte> Of(T value) => Names.GetOrAdd(new(value), static boxed => Encoding.UTF8.GetBytes(boxed.Value!.ToString()!));
    }

    sealed class UnreachableColumnException(Type type) : InvalidOperationException($"Adapter.Takes let {type.Name} through.");
}
