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
        var constructor = typeof(T).GetConstructors().First(c => c.GetParameters().Select(p => p.Name).SequenceEqual(schema.Columns.Select(x => x.Property)));
        var types = constructor.GetParameters().Select(p => Nullable.GetUnderlyingType(p.ParameterType) ?? p.ParameterType).ToArray();
        object?[] Parts(int changed)
        {
            var row = constructor.Invoke([.. types.Select((t, i) => Sample(t, i == changed ? 2 : 1))]);
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

    static KumikiException Refused<T>(Exception? e) => new(Message.Of("tables.expect-key", ("record", typeof(T).Name)), e);

    // Two different values of each kind; they are unlikely to come out of a computation over the first.
    static object Sample(Type type, int which) =>
        type.IsEnum ? Enum.ToObject(type, which + 40)
        : type == typeof(string) ? (which == 1 ? "one sample" : "another, unlike it")
        : type == typeof(bool) ? which == 2
        : type == typeof(DateOnly) ? new DateOnly(1977, 3, 5).AddDays(which * 1009)
        : type == typeof(DateTime) ? new DateTime(1977, 3, 5, 7, 11, 13).AddHours(which * 10_007)
        : Convert.ChangeType(which * 43, type, System.Globalization.CultureInfo.InvariantCulture);
}
