using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Kumiki.Tables;

public sealed partial record RowSchema
{
    /// <summary>The schema of a record type: its primary constructor's parameters.</summary>
    /// <exception cref="KumikiException">The type is not such a record, or a parameter cannot be a column; the sentence names it.</exception>
    public static RowSchema Of<T>() => Of(typeof(T));

    /// <inheritdoc cref="Of{T}"/>
    public static RowSchema Of(Type record)
    {
        var constructor = record.GetConstructors()
            .Where(c => c.GetParameters() is { Length: > 0 } p
                && p.All(x => record.GetProperty(x.Name!) is { } property && property.PropertyType == x.ParameterType))
            .MaxBy(c => c.GetParameters().Length)
            ?? throw new KumikiException(Message.Of("tables.record-shape", ("record", record.Name)));

        var nullability = new NullabilityInfoContext();
        var columns = constructor.GetParameters().Select(p => ColumnOf(record, p, record.GetProperty(p.Name!)!, nullability)).ToArray();

        var twice = columns.GroupBy(c => c.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            throw new KumikiException(Message.Of("tables.record-twice", ("record", record.Name), ("column", twice.Key), ("first", twice.First().Property),
                ("second", twice.Last().Property)));
        return new(record.Name, columns);
    }

    static ColumnSchema ColumnOf(Type record, ParameterInfo parameter, PropertyInfo property, NullabilityInfoContext nullability)
    {
        var bare = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        var kind = KindOf(bare)
            ?? throw new KumikiException(Message.Of("tables.record-type", ("record", record.Name), ("column", property.Name),
            ("type", parameter.ParameterType.Name)));
        var digits = Find<DecimalAttribute>(parameter, property);
        if (digits is not null && (kind != ColumnKind.Decimal || digits.Precision is < 1 or > 28 || digits.Scale < 0 || digits.Scale > digits.Precision))
            throw new KumikiException(Message.Of("tables.record-digits", ("record", record.Name), ("column", property.Name), ("precision", digits.Precision),
                ("scale", digits.Scale)));

        var column = new ColumnSchema
        {
            Name = Find<ColumnAttribute>(parameter, property)?.Name ?? ColumnName.Snake(property.Name),
            Property = property.Name,
            Kind = kind,
            Nullable = bare != parameter.ParameterType || (!bare.IsValueType && nullability.Create(property).ReadState == NullabilityState.Nullable),
            Precision = kind == ColumnKind.Decimal ? digits?.Precision ?? 18 : 0,
            Scale = kind == ColumnKind.Decimal ? digits?.Scale ?? 4 : 0,
            Names = kind == ColumnKind.Enum ? Enum.GetNames(bare) : null,
        };
        return Find<RangeAttribute>(parameter, property) is { } range ? column with { Range = RangeOf(record, column, range) } : column;
    }

    static T? Find<T>(ParameterInfo parameter, PropertyInfo property) where T : Attribute => parameter.GetCustomAttribute<T>()
        ?? property.GetCustomAttribute<T>();

    static ColumnKind? KindOf(Type type) =>
        type.IsEnum ? ColumnKind.Enum
        : type == typeof(DateOnly) ? ColumnKind.DateOnly
        : Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => ColumnKind.Bool,
            TypeCode.SByte => ColumnKind.SByte,
            TypeCode.Byte => ColumnKind.Byte,
            TypeCode.Int16 => ColumnKind.Short,
            TypeCode.UInt16 => ColumnKind.UShort,
            TypeCode.Int32 => ColumnKind.Int,
            TypeCode.UInt32 => ColumnKind.UInt,
            TypeCode.Int64 => ColumnKind.Long,
            TypeCode.UInt64 => ColumnKind.ULong,
            TypeCode.Single => ColumnKind.Float,
            TypeCode.Double => ColumnKind.Double,
            TypeCode.Decimal => ColumnKind.Decimal,
            TypeCode.String => ColumnKind.String,
            TypeCode.DateTime => ColumnKind.DateTime,
            _ => null,
        };

    static ValueRange RangeOf(Type record, ColumnSchema column, RangeAttribute range)
    {
        var min = Bound(range.Minimum);
        var max = Bound(range.Maximum);
        if (Bounds.Of(column, min) is { } low && Bounds.Of(column, max) is { } high && Comparer<object>.Default.Compare(low, high) <= 0)
            return new(min, max, range.MinimumIsExclusive, range.MaximumIsExclusive);
        throw new KumikiException(Message.Of("tables.record-range", ("record", record.Name), ("column", column.Property), ("min", min), ("max", max),
            ("type", column.TypeName)));
    }

    static string Bound(object bound) => Convert.ToString(bound, CultureInfo.InvariantCulture) ?? "";
}
