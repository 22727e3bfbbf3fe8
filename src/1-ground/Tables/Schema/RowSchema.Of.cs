using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Kumiki.Tables;

public sealed partial record RowSchema
{
    /// <summary>The schema of a record type: its primary constructor's parameters; those of a record within it follow its own, as <c>customer_name</c>.</summary>
    /// <exception cref="KumikiException">The type is not such a record, or a parameter cannot be a column; the sentence names it.</exception>
    /// <param name="pictures">Whether it may have pictures, which no table keeps.</param>
    public static RowSchema Of<T>(bool pictures = false) => Of(typeof(T), pictures);

    /// <inheritdoc cref="Of{T}"/>
    public static RowSchema Of(Type record, bool pictures = false)
    {
        var columns = ColumnsOf(record, [], pictures).ToArray();
        var twice = columns.GroupBy(c => c.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            throw new KumikiException(Message.Of("tables.record-twice", ("record", record.Name), ("column", twice.Key), ("first", twice.First().Property),
                ("second", twice.Last().Property)));
        return new(record.Name, columns);
    }

    /// <summary>The constructor whose parameters are the columns; null when the type has none.</summary>
    internal static ConstructorInfo? ConstructorOf(Type record) => record.GetConstructors()
        .Where(c => c.GetParameters() is { Length: > 0 } p && p.All(x => record.GetProperty(x.Name!) is { } property && property.PropertyType == x.ParameterType))
        .MaxBy(c => c.GetParameters().Length);

    /// <summary>Whether a parameter's type is a record within the record.</summary>
    internal static bool IsRecord(Type type) => type is { IsClass: true, IsArray: false } && type != typeof(string) && type.GetMethod("<Clone>$") is not null
        && ConstructorOf(type) is not null;

    static IEnumerable<ColumnSchema> ColumnsOf(Type record, IReadOnlyList<Type> around, bool pictures)
    {
        var constructor = ConstructorOf(record) ?? throw new KumikiException(Message.Of("tables.record-shape", ("record", record.Name)));
        var nullability = new NullabilityInfoContext();
        foreach (var parameter in constructor.GetParameters())
        {
            var property = record.GetProperty(parameter.Name!)!;
            if (!IsRecord(parameter.ParameterType) || around.Contains(parameter.ParameterType))
            {
                yield return ColumnOf(record, parameter, property, nullability, pictures);
                continue;
            }
            var name = Find<ColumnAttribute>(parameter, property)?.Name ?? ColumnName.Snake(property.Name);
            var path = Find<PathAttribute>(parameter, property)?.Path ?? name;
            var mayMiss = nullability.Create(property).ReadState == NullabilityState.Nullable;
            foreach (var inner in ColumnsOf(parameter.ParameterType, [.. around, record], pictures))
                yield return inner with
                {
                    Name = $"{name}_{inner.Name}",
                    Property = $"{property.Name}.{inner.Property}",
                    Path = $"{path}.{inner.Path ?? inner.Name}",
                    Nullable = inner.Nullable || mayMiss,
                };
        }
    }

    static ColumnSchema ColumnOf(Type record, ParameterInfo parameter, PropertyInfo property, NullabilityInfoContext nullability, bool pictures)
    {
        var bare = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        var picture = Find<PictureAttribute>(parameter, property) is not null;
        if (picture && bare != typeof(byte[])) throw new KumikiException(Message.Of("tables.record-picture", ("record", record.Name), ("column", property.Name)));
        if (picture && !pictures) throw new KumikiException(Message.Of("tables.record-no-pictures", ("record", record.Name), ("column", property.Name)));
        var element = ElementOf(bare);
        var kind = picture ? ColumnKind.String : element is not null ? ColumnKind.Vector : KindOf(bare)
            ?? throw new KumikiException(Message.Of("tables.record-type", ("record", record.Name), ("column", property.Name),
            ("type", parameter.ParameterType.Name)));
        var digits = Find<DecimalAttribute>(parameter, property);
        if (digits is not null && (kind != ColumnKind.Decimal || digits.Precision is < 1 or > 28 || digits.Scale < 0 || digits.Scale > digits.Precision))
            throw new KumikiException(Message.Of("tables.record-digits", ("record", record.Name), ("column", property.Name), ("precision", digits.Precision),
                ("scale", digits.Scale)));
        var vector = Find<VectorAttribute>(parameter, property);
        if (vector is not null && (kind != ColumnKind.Vector || vector.Length < 1))
            throw new KumikiException(Message.Of("tables.record-vector", ("record", record.Name), ("column", property.Name), ("length", vector.Length)));
        var sourceFile = Find<SourceFileAttribute>(parameter, property) is not null;
        if (sourceFile && kind != ColumnKind.String)
            throw new KumikiException(Message.Of("tables.record-source-file", ("record", record.Name), ("column", property.Name)));
        var content = Find<ContentAttribute>(parameter, property) is not null;
        if (content && kind != ColumnKind.String)
            throw new KumikiException(Message.Of("tables.record-content", ("record", record.Name), ("column", property.Name)));

        var column = new ColumnSchema
        {
            Name = Find<ColumnAttribute>(parameter, property)?.Name ?? ColumnName.Snake(property.Name),
            Property = property.Name,
            Path = Find<PathAttribute>(parameter, property)?.Path,
            Kind = kind,
            Nullable = bare != parameter.ParameterType || (!bare.IsValueType && nullability.Create(property).ReadState == NullabilityState.Nullable),
            Precision = kind == ColumnKind.Decimal ? digits?.Precision ?? 18 : 0,
            Scale = kind == ColumnKind.Decimal ? digits?.Scale ?? 4 : 0,
            Names = kind == ColumnKind.Enum ? Enum.GetNames(bare) : null,
            Element = element,
            Length = vector?.Length ?? 0,
            Content = content,
            SourceFile = sourceFile,
            Picture = picture,
            Personal = Find<PersonalAttribute>(parameter, property) is not null,
        };
        return Find<RangeAttribute>(parameter, property) is { } range ? column with { Range = RangeOf(record, column, range) } : column;
    }

    static T? Find<T>(ParameterInfo parameter, PropertyInfo property) where T : Attribute => parameter.GetCustomAttribute<T>()
        ?? property.GetCustomAttribute<T>();

    static ColumnKind? ElementOf(Type type)
    {
        var element = type.IsArray && type.GetArrayRank() == 1 ? type.GetElementType()
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>) ? type.GetGenericArguments()[0] : null;
        return element is not null && KindOf(element) is ColumnKind.Float or ColumnKind.Double or ColumnKind.Int or ColumnKind.Long && !element.IsEnum
            ? KindOf(element) : null;
    }

    static ColumnKind? KindOf(Type type) =>
        type.IsEnum ? ColumnKind.Enum
        : type == typeof(DateOnly) ? ColumnKind.DateOnly
        : type == typeof(DateTimeOffset) ? ColumnKind.DateTimeOffset
        : type == typeof(TimeSpan) ? ColumnKind.TimeSpan
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
