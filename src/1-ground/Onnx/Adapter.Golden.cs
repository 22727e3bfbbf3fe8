using System.Globalization;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>A value and the exact tensor element it becomes.</summary>
/// <param name="Type">The C# type of the value: double, decimal, long, DateOnly, bool, string.</param>
/// <param name="Value">The value, invariant; null is a missing one.</param>
/// <param name="Tensor">For floats the eight hexadecimal digits of the bits, for texts themselves.</param>
internal sealed record GoldenValue(ColumnKind Kind, string Type, string? Value, string Tensor);

public static partial class Adapter
{
    // Made up, never taken from rows: a model must not carry somebody's data.
    static readonly (ColumnKind Kind, string Type, string? Value)[] Examples =
    [
        (ColumnKind.Number, "double", "0"), (ColumnKind.Number, "double", "-1.5"), (ColumnKind.Number, "double", "0.1"),
        (ColumnKind.Number, "double", "1E-42"), (ColumnKind.Number, "double", "123456789.125"), (ColumnKind.Number, "double", null),
        (ColumnKind.Number, "decimal", "0.1"), (ColumnKind.Number, "decimal", "12345678901234567890.123456789"),
        (ColumnKind.Number, "long", "16777217"), (ColumnKind.Number, "long", "-9007199254740993"),
        (ColumnKind.Date, "DateOnly", "1970-01-01"), (ColumnKind.Date, "DateOnly", "2024-02-29"), (ColumnKind.Date, "DateOnly", "1969-12-31"),
        (ColumnKind.Date, "DateOnly", "9999-12-31"), (ColumnKind.Date, "DateOnly", null),
        (ColumnKind.Flag, "bool", "False"), (ColumnKind.Flag, "bool", "True"), (ColumnKind.Flag, "bool", null),
        (ColumnKind.Text, "string", ""), (ColumnKind.Text, "string", null), (ColumnKind.Text, "string", " Ｋumiki é 組木 "),
        (ColumnKind.Text, "long", "-42"), (ColumnKind.Text, "DayOfWeek", "Monday"),
    ];

    /// <summary>What this adapter makes of the examples of some kinds.</summary>
    internal static IReadOnlyList<GoldenValue> Golden(IReadOnlyList<ColumnKind> kinds) =>
        [.. Examples.Where(e => kinds.Contains(e.Kind)).Select(e => new GoldenValue(e.Kind, e.Type, e.Value, TensorOf(e.Kind, e.Type, e.Value)))];

    /// <summary>Holds the recorded values against what this adapter makes of them now.</summary>
    /// <exception cref="KumikiException">One became another.</exception>
    internal static void Check(IReadOnlyList<GoldenValue> recorded)
    {
        foreach (var (kind, type, value, tensor) in recorded)
        {
            var now = TensorOf(kind, type, value);
            if (now != tensor)
                throw new KumikiException(Message.Of("onnx.adapter-changed", ("type", type), ("value", value ?? "-"), ("then", tensor), ("now", now)));
        }
    }

    static string TensorOf(ColumnKind kind, string type, string? value) => type switch
    {
        "double" => One(kind, value is null ? (double?)null : double.Parse(value, CultureInfo.InvariantCulture)),
        "decimal" => One(kind, value is null ? (decimal?)null : decimal.Parse(value, CultureInfo.InvariantCulture)),
        "long" => One(kind, value is null ? (long?)null : long.Parse(value, CultureInfo.InvariantCulture)),
        "DateOnly" => One(kind, value is null ? (DateOnly?)null : DateOnly.ParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture)),
        "bool" => One(kind, value is null ? (bool?)null : bool.Parse(value)),
        "string" => One(kind, value),
        "DayOfWeek" => One(kind, value is null ? (DayOfWeek?)null : Enum.Parse<DayOfWeek>(value)),
        _ => throw new KumikiException(Message.Of("onnx.adapter-changed", ("type", type), ("value", value ?? "-"), ("then", "?"), ("now", "-"))),
    };

    static string One<T>(ColumnKind kind, T value)
    {
        if (kind == ColumnKind.Text)
        {
            using var text = OnnxTensor.Of(TensorType.Text, 1, 1);
            WriteTexts([value], [], 0, text);
            return text.GetText(0);
        }
        Span<float> number = stackalloc float[1];
        Write(kind, [value], [], 0, number);
        return BitConverter.SingleToUInt32Bits(number[0]).ToString("X8", CultureInfo.InvariantCulture);
    }
}
