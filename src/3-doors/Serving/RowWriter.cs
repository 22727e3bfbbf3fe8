using System.Buffers;
using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Writes records as the rows that callers over HTTP send, so that both go one way from there.</summary>
sealed class RowWriter<TIn>
{
    readonly (ColumnSchema Column, Func<TIn, object?> Read)[] columns = [.. RowSchema.Of<TIn>(pictures: true).Columns.Select(c => (c, Reader(c.Property)))];

    /// <param name="schema">Fields that the endpoint has not are left out.</param>
    public ArraySegment<byte> Write(IReadOnlyList<TIn> rows, EndpointSchema schema)
    {
        var buffer = new ArrayBufferWriter<byte>(256 * rows.Count);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartObject();
                foreach (var (column, read) in columns)
                {
                    if (schema.Place(column.Name) < 0 || read(row) is not { } value) continue;
                    json.WritePropertyName(column.Name);
                    Write(json, value);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return new(buffer.WrittenSpan.ToArray());
    }

    static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case bool flag: json.WriteBooleanValue(flag); break;
            case double number: Number(json, number); break;
            case float number: if (float.IsFinite(number)) json.WriteNumberValue(number); else Number(json, number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case sbyte or byte or short or ushort or int or uint or long: json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case ulong number: json.WriteNumberValue(number); break;
            case DateOnly day: json.WriteStringValue(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); break;
            case Enum name: json.WriteStringValue(name.ToString()); break;
            case string text: json.WriteStringValue(text); break;
            case IFormattable other: json.WriteStringValue(other.ToString("O", CultureInfo.InvariantCulture)); break;
            default: JsonSerializer.Serialize(json, value, value.GetType()); break;
        }
    }

    /// <summary>NaN is missing; an infinite number is one that is refused.</summary>
    static void Number(Utf8JsonWriter json, double number)
    {
        if (double.IsFinite(number)) json.WriteNumberValue(number);
        else if (double.IsNaN(number)) json.WriteNullValue();
        else json.WriteRawValue(number > 0 ? "1e999" : "-1e999");
    }

    /// <param name="path"><c>Amount</c>, or of a record within it <c>Customer.Name</c>; what stands in a record that is null is null.</param>
    static Func<TIn, object?> Reader(string path)
    {
        var row = Expression.Parameter(typeof(TIn));
        Expression value = row;
        foreach (var name in path.Split('.'))
        {
            var inner = Expression.Property(value, name);
            value = value.Type.IsValueType || value == row ? inner
                : Expression.Condition(Expression.ReferenceEqual(value, Expression.Constant(null)), Expression.Constant(null, typeof(object)), Expression.Convert(inner, typeof(object)));
            if (value.Type == typeof(object) && name != path.Split('.')[^1]) value = Expression.TypeAs(value, inner.Type);
        }
        return Expression.Lambda<Func<TIn, object?>>(Expression.Convert(value, typeof(object)), row).Compile();
    }
}
