using System.Linq.Expressions;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki;

/// <summary>A guess without a model, of a number: the value of a column, or the target one season earlier.</summary>
/// <param name="Name">A slug, such as <c>two-weeks-ago</c>.</param>
public sealed record Baseline<TRow>(string Name, ColumnSchema Column)
{
    // Of a seasonal one: the days of a season, and the columns that make a series.
    int? season;        // null: not seasonal
    IReadOnlyList<ColumnSchema> series = [];

    /// <summary>Whether it may have no guess for any test row, as "a year ago" in the first year: it is then left out.</summary>
    /// <value>False: that is refused.</value>
    public bool MayMiss { get; init; }

    /// <summary>"As it was then": the value of a column of the same row.</summary>
    public static Baseline<TRow> Of<TValue>(string name, Expression<Func<TRow, TValue>> column) => new(name, RowSchema.Of<TRow>().ColumnOf(column));

    /// <summary>The target of the same series one season earlier; as many seasons earlier as it takes to come before the first test row, so that nothing is
    /// known that was not known then.</summary>
    /// <param name="date">The rows' date.</param>
    /// <param name="season">Days of a season, 1 or more: 7 for a week.</param>
    /// <param name="series">The columns that make a series: texts, enums, whole numbers or flags; none: all rows are one.</param>
    /// <remarks>Hyndman and Athanasopoulos 2021, "Forecasting: principles and practice", §5.2.</remarks>
    public static Baseline<TRow> SeasonalNaive(string name, Expression<Func<TRow, DateOnly>> date, int season, params IReadOnlyList<Expression<Func<TRow,
        object?>>> series)
    {
        var schema = RowSchema.Of<TRow>();
        return new(name, schema.ColumnOf(date)) { season = season, series = [.. series.Select(schema.ColumnOf)] };
    }

    internal IEnumerable<Training.Limit> Limits() => season is { } days ? [new("season", days, 1)] : [];

    /// <summary>Whether its guesses are numbers.</summary>
    internal bool IsNumber => season is not null || Column.IsNumber || Column.Kind == ColumnKind.Bool;

    /// <summary>The columns it needs, and what each is.</summary>
    internal IEnumerable<(string Name, OnnxKind Kind)> Wanted =>
        [(Column.Name, Frame.KindOf(Column, category: false)), .. series.Select(c => (c.Name, Frame.KindOf(c, category: true)))];

    /// <summary>The guesses for some rows.</summary>
    /// <param name="target">[rows of the frame]</param>
    /// <param name="test">The rows to guess.</param>
    /// <returns>[rows of <paramref name="test"/>] NaN where there is none.</returns>
    internal double[] Guess(Frame frame, double[] target, int[] test)
    {
        if (season is not { } cycle) return Frame.Gather(frame.Numbers(Column.Name), test);
        var days = frame.Numbers(Column.Name);
        var keys = series.Select(c => frame.IsText(c.Name) ? Array.ConvertAll(frame.Coded(c.Name).Codes, code => (double)code)
            : frame.Numbers(c.Name)).ToList();
        var until = test.Length == 0 ? 0 : test.Min(r => days[r]);
        var known = new Dictionary<(string Series, double Day), double>();
        for (var row = 0; row < target.Length; row++)
            if (days[row] < until && !double.IsNaN(target[row])) known[(SeriesOf(row), days[row])] = target[row];
        return Array.ConvertAll(test, row =>
        {
            var day = days[row] - Math.Max(1, Math.Ceiling((days[row] - until + 1) / cycle)) * cycle;
            return known.GetValueOrDefault((SeriesOf(row), day), double.NaN);
        });

        string SeriesOf(int row) => string.Join('\u001f', keys.Select(k => k[row].ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
