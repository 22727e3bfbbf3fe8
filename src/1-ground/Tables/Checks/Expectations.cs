using System.Linq.Expressions;
using System.Text;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>What must hold of a dataset's rows; checked when a version is made.</summary>
/// <typeparam name="T">The record of the rows.</typeparam>
/// <remarks>A value that is missing breaks only <see cref="NotNull"/> and <see cref="That"/>.</remarks>
public sealed class Expectations<T>
{
    readonly RowSchema schema = RowSchema.Of<T>();
    readonly List<Expectation> all = [];

    internal RowSchema Schema => schema;

    internal IReadOnlyList<Expectation> All => all;

    /// <summary>No two rows have the same key.</summary>
    /// <param name="key">A column, or a tuple of columns: <c>s =&gt; (s.Date, s.Store)</c>.</param>
    /// <exception cref="KumikiException">Something in the key is not a column as it is.</exception>
    public Expectations<T> Unique<TKey>(Func<T, TKey> key)
    {
        var columns = KeyProbe.Columns(schema, key);
        return Add($"unique {string.Join(' ', columns.Select(c => c.Name))}", new Expectation.Unique(columns));
    }

    /// <summary>The newest row is at most so many days old, by the clock of the check.</summary>
    public Expectations<T> NoOlderThan(Expression<Func<T, object?>> column, int days)
    {
        var date = Column(column);
        if (date.Kind is not (ColumnKind.DateOnly or ColumnKind.DateTime))
            throw new KumikiException(Message.Of("tables.expect-date", ("column", date.Name), ("type", date.TypeName)));
        return Add($"fresh {date.Name}", new Expectation.Fresh(date, days));
    }

    /// <summary>Every row has a value.</summary>
    public Expectations<T> NotNull(Expression<Func<T, object?>> column) =>
        Add($"not null {Column(column).Name}", new Expectation.Rows($"{Column(column).Sql} IS NULL"));

    /// <summary>Every value lies between the two, both included.</summary>
    public Expectations<T> Range<TValue>(Expression<Func<T, TValue>> column, TValue min, TValue max)
    {
        var value = Column(column);
        return Add($"range {value.Name}", new Expectation.Rows($"{value.Sql} < {SqlText.Value(min)} OR {value.Sql} > {SqlText.Value(max)}"));
    }

    /// <summary>Every value is one of these.</summary>
    public Expectations<T> OneOf<TValue>(Expression<Func<T, TValue>> column, params IReadOnlyList<TValue> values)
    {
        var value = Column(column);
        return Add($"one of {value.Name}", new Expectation.Rows($"{value.Sql} NOT IN ({string.Join(", ", values.Select(v => SqlText.Value(v)))})"));
    }

    /// <summary>Every text matches a regular expression somewhere; anchor it with <c>^</c> and <c>$</c>.</summary>
    /// <param name="pattern">In RE2's syntax: no back references, no look-around.</param>
    public Expectations<T> Matches(Expression<Func<T, string?>> column, string pattern)
    {
        var text = Column(column);
        return Add($"matches {text.Name}", new Expectation.Rows($"NOT regexp_matches({text.Sql}, {SqlText.Quote(pattern)})"));
    }

    /// <summary>The table has so many rows.</summary>
    public Expectations<T> Rows(long min, long max = long.MaxValue) => Add("rows", new Expectation.Size(min, max));

    /// <summary>Every row fulfils a condition of its own columns.</summary>
    /// <param name="name">Said in results.</param>
    /// <param name="holds">Comparisons, arithmetic without integer division, and, or, not, null checks, <c>StartsWith</c>, <c>EndsWith</c>, <c>Contains</c>; it
    /// runs as SQL and means what it means in C#.</param>
    /// <exception cref="KumikiException">The condition uses something else.</exception>
    public Expectations<T> That(string name, Expression<Func<T, bool>> holds) => Add(name, new Expectation.Rows($"NOT {new PredicateSql(schema, holds).Text}"));

    ColumnSchema Column(LambdaExpression selector) => schema.OfProperty(Member.Of(selector));

    Expectations<T> Add(string name, Expectation expectation)
    {
        var slug = Slug(name);
        for (var twin = 2; all.Any(e => e.Name == slug); twin++) slug = $"{Slug(name)}-{twin}";
        all.Add(expectation with { Name = slug });
        return this;
    }

    static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name)
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(char.ToLowerInvariant(c));
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        return slug.ToString().TrimEnd('-');
    }
}
