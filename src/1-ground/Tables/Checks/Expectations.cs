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

    /// <summary>The other tables that <see cref="ExistsIn"/> names.</summary>
    public IEnumerable<string> TablesAsked => all.OfType<Expectation.Foreign>().Select(f => f.Table).Distinct(StringComparer.Ordinal);

    /// <summary>Whether the rows are compared with those of the version before.</summary>
    public bool AsksForLast => all.OfType<Expectation.Near>().Any();

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
        if (!date.IsTime)
            throw new KumikiException(Message.Of("tables.expect-date", ("column", date.Name), ("type", date.TypeName)));
        return Add($"fresh {date.Name}", new Expectation.Fresh(date, days));
    }

    /// <summary>Every row has a value.</summary>
    public Expectations<T> NotNull(Expression<Func<T, object?>> column) =>
        Add($"not null {Column(column).Name}", new Expectation.Rows($"{Column(column).Sql} IS NULL", []));

    /// <summary>Every value lies between the two, both included.</summary>
    public Expectations<T> Range<TValue>(Expression<Func<T, TValue>> column, TValue min, TValue max)
    {
        var value = Column(column);
        return Add($"range {value.Name}", new Expectation.Rows($"{value.Sql} < {SqlText.Value(min)} OR {value.Sql} > {SqlText.Value(max)}", [value]));
    }

    /// <summary>Every value is one of these.</summary>
    public Expectations<T> OneOf<TValue>(Expression<Func<T, TValue>> column, params IReadOnlyList<TValue> values)
    {
        var value = Column(column);
        return Add($"one of {value.Name}", new Expectation.Rows($"{value.Sql} NOT IN ({string.Join(", ", values.Select(v => SqlText.Value(v)))})", [value]));
    }

    /// <summary>Every text matches a regular expression somewhere; anchor it with <c>^</c> and <c>$</c>.</summary>
    /// <param name="pattern">In RE2's syntax: no back references, no look-around.</param>
    public Expectations<T> Matches(Expression<Func<T, string?>> column, string pattern)
    {
        var text = Column(column);
        return Add($"matches {text.Name}", new Expectation.Rows($"NOT regexp_matches({text.Sql}, {SqlText.Quote(pattern)})", [text]));
    }

    /// <summary>The table has so many rows.</summary>
    public Expectations<T> Rows(long min, long max = long.MaxValue) => Add("rows", new Expectation.Size(min, max));

    /// <summary>Every row fulfils a condition of its own columns.</summary>
    /// <param name="name">Said in results.</param>
    /// <param name="holds">Comparisons, arithmetic without integer division, and, or, not, null checks, <c>StartsWith</c>, <c>EndsWith</c>, <c>Contains</c>; it
    /// runs as SQL and means what it means in C#.</param>
    /// <exception cref="KumikiException">The condition uses something else.</exception>
    public Expectations<T> That(string name, Expression<Func<T, bool>> holds) => Add(name, new Expectation.Rows($"NOT {new PredicateSql(schema, holds).Text}", []));

    /// <summary>Every key is there in another table. A row of which a part of the key is missing has none.</summary>
    /// <typeparam name="TOther">The record of the other table's rows.</typeparam>
    /// <typeparam name="TKey">Of both keys: what is compared has one type.</typeparam>
    /// <param name="key">A column, or a tuple of columns.</param>
    /// <param name="table">The name under which the check is given the other table's files.</param>
    /// <param name="otherKey">As many columns of the other table.</param>
    /// <exception cref="KumikiException">Something in a key is not a column as it is.</exception>
    public Expectations<T> ExistsIn<TOther, TKey>(Func<T, TKey> key, string table, Func<TOther, TKey> otherKey)
    {
        var columns = KeyProbe.Columns(schema, key);
        var others = KeyProbe.Columns(RowSchema.Of<TOther>(), otherKey);
        var name = $"{string.Join(' ', columns.Select(c => c.Name))} in {table}";
        if (columns.Count != others.Count)
            throw new KumikiException(Message.Of("tables.expect-columns", ("name", Slug(name)), ("columns", string.Join(", ", columns.Select(c => c.Name))),
                ("others", string.Join(", ", others.Select(c => c.Name)))));
        return Add(name, new Expectation.Foreign(columns, table, others));
    }

    /// <summary>The column's values are spread as in the version before; the first version passes.</summary>
    /// <param name="most">The largest population stability index that is still near. Below 0.1 nothing moved, above 0.25 much did.</param>
    /// <remarks>Numbers and dates by the tenths of the version before, texts and truths by its 20 most frequent values, missing values for themselves;
    /// Σ (p − q) ln(p / q) with half a row added to each bin. Siddiqi 2006, "Credit Risk Scorecards", ch. 9.</remarks>
    public Expectations<T> NearLast(Expression<Func<T, object?>> column, double most = 0.25)
    {
        var near = Column(column);
        return Add($"near last {near.Name}", new Expectation.Near(near, most));
    }

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
