using System.Runtime.CompilerServices;

namespace Kumiki.Tables;

/// <summary>Finds which columns a key such as <c>s =&gt; (s.Date, s.Store)</c> is made of.</summary>
/// <remarks>
/// C# allows no tuple in an expression tree, so the key is a plain function and is asked with rows that differ in one column at a time: a part of the key is a
/// column when it is that column's value in both rows, and no other column changes it.
/// </remarks>
static class KeyProbe
{
    /// <exception cref="KumikiException">A part of the key is not a column as it is.</exception>
    internal static IReadOnlyList<ColumnSchema> Columns<T, TKey>(RowSchema schema, Func<T, TKey> key)
    {
        var types = Types(typeof(T)).ToArray();
        object?[] Parts(int changed)
        {
            var at = 0;
            var row = Row(typeof(T), ref at, changed);
            try
            {
                return key((T)row) is ITuple tuple ? [.. Enumerable.Range(0, tuple.Length).Select(i => tuple[i])] : [key((T)row)];
            }
            catch (Exception e) when (e is not KumikiException)
            {
                throw Refused<T>(e);
            }
        }

        var usual = Parts(-1);
        var found = new ColumnSchema?[usual.Length];
        var uses = new int[usual.Length];
        for (var column = 0; column < types.Length; column++)
        {
            var parts = Parts(column);
            for (var part = 0; part < usual.Length; part++)
            {
                if (Equals(parts[part], usual[part])) continue;
                uses[part]++;
                if (Equals(usual[part], Sample(types[column], 1)) && Equals(parts[part], Sample(types[column], 2))) found[part] = schema.Columns[column];
            }
        }
        if (found.Any(f => f is null) || uses.Any(u => u != 1)) throw Refused<T>(null);
        return [.. found.Distinct().Select(f => f!)];
    }

    // The columns' types, in the schema's order: those of a record within the record stand in its place.
    static IEnumerable<Type> Types(Type record) => RowSchema.ConstructorOf(record)!.GetParameters()
        .SelectMany(p => RowSchema.IsRecord(p.ParameterType) ? Types(p.ParameterType) : [Nullable.GetUnderlyingType(p.ParameterType) ?? p.ParameterType]);

    static object Row(Type record, ref int at, int changed)
    {
        var constructor = RowSchema.ConstructorOf(record)!;
        var parameters = constructor.GetParameters();
        var values = new object?[parameters.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var type = Nullable.GetUnderlyingType(parameters[i].ParameterType) ?? parameters[i].ParameterType;
            values[i] = RowSchema.IsRecord(type) ? Row(type, ref at, changed) : Sample(type, at++ == changed ? 2 : 1);
        }
        return constructor.Invoke(values);
    }

    static KumikiException Refused<T>(Exception? e) => new(Message.Of("tables.expect-key", ("record", typeof(T).Name)), e);

    // Arrays are equal only to themselves.
    static readonly System.Collections.Concurrent.ConcurrentDictionary<(Type, int), Array> Vectors = new();

    // Two different values of each kind; they are unlikely to come out of a computation over the first.
    static object Sample(Type type, int which) =>
        type.IsEnum ? Enum.ToObject(type, which + 40)
        : type == typeof(string) ? (which == 1 ? "one sample" : "another, unlike it")
        : type == typeof(bool) ? which == 2
        : type == typeof(DateOnly) ? new DateOnly(1977, 3, 5).AddDays(which * 1009)
        : type == typeof(DateTime) ? new DateTime(1977, 3, 5, 7, 11, 13).AddHours(which * 10_007)
        : type == typeof(DateTimeOffset) ? new DateTimeOffset(1977, 3, 5, 7, 11, 13, TimeSpan.Zero).AddHours(which * 10_007)
        : type == typeof(TimeSpan) ? TimeSpan.FromSeconds(which * 10_007)
        : type.IsArray ? Vectors.GetOrAdd((type, which), _ => Array.CreateInstance(type.GetElementType()!, which))
        : type.IsGenericType ? Activator.CreateInstance(type, Sample(type.GetGenericArguments()[0].MakeArrayType(), which))!
        : Convert.ChangeType(which * 43, type, System.Globalization.CultureInfo.InvariantCulture);
}
