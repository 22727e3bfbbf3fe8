using System.Globalization;
using System.Linq.Expressions;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>The parts of the test rows that an author wants to see alone.</summary>
public sealed class Slices<TRow>
{
    readonly RowSchema schema = RowSchema.Of<TRow>();
    readonly List<SlicePlan> plans = [];

    internal Slices() { }

    internal IReadOnlyList<SlicePlan> Plans => plans;

    /// <summary>A slice for each value of a column; of a number with many values, one for each fifth of the rows.</summary>
    public Slices<TRow> By<TValue>(Expression<Func<TRow, TValue>> column)
    {
        plans.Add(new SlicePlan.Values(schema.ColumnOf(column)));
        return this;
    }

    /// <summary>A slice below the first edge, one from each edge up to the next, and one from the last edge up.</summary>
    /// <param name="edges">Rising.</param>
    /// <exception cref="KumikiException">The column holds no numbers, or the edges do not rise.</exception>
    public Slices<TRow> By<TValue>(Expression<Func<TRow, TValue>> column, params IReadOnlyList<double> edges)
    {
        var named = schema.ColumnOf(column);
        if (!named.IsNumber) throw new KumikiException(Message.Of("report.slice-number", ("column", named.Name), ("type", named.TypeName)));
        if (edges.Count == 0 || edges.Zip(edges.Skip(1)).Any(e => !(e.First < e.Second)) || edges.Any(e => !double.IsFinite(e)))
            throw new KumikiException(Message.Of("report.slice-edges", ("column", named.Name), ("edges", string.Join(", ", edges.Select(e => e.ToString(CultureInfo.InvariantCulture))))));
        plans.Add(new SlicePlan.Edges(named, edges));
        return this;
    }

    /// <summary>The rows for which a condition holds.</summary>
    /// <param name="name">Said in the report.</param>
    /// <param name="holds">It runs as SQL and means what it means in C#; see <see cref="Expectations{T}.That"/>.</param>
    /// <exception cref="KumikiException">The condition uses something that SQL cannot say alike.</exception>
    public Slices<TRow> Where(string name, Expression<Func<TRow, bool>> holds)
    {
        plans.Add(new SlicePlan.Where(name, SqlText.Condition(holds)));
        return this;
    }
}

/// <summary>Slices an author asked for.</summary>
abstract record SlicePlan
{
    SlicePlan() { }

    public sealed record Values(ColumnSchema Column) : SlicePlan;

    public sealed record Edges(ColumnSchema Column, IReadOnlyList<double> At) : SlicePlan;

    public sealed record Where(string Name, string Sql) : SlicePlan;
}
