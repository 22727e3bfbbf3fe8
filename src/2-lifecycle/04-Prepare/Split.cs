using System.Globalization;
using System.Linq.Expressions;
using Kumiki.Preparing;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Which rows train, which validate (thresholds, early stopping, calibration), and which test; part of each model's version.</summary>
/// <remarks>
/// <list type="table">
/// <item><term>By time</term><description>rows are ordered by the distinct values of a date column, the last ones test, those before validate, the rest train: nothing is trained on what came after what it is tested on</description></item>
/// <item><term>By group</term><description>all rows of a customer, a patient, a device are in one part: nothing is tested on somebody it was trained on</description></item>
/// <item><term>By stratum</term><description>each part has the same share of each class, to a row</description></item>
/// <item><term>Random</term><description>each row by itself; only where rows know nothing of each other</description></item>
/// </list>
/// Draws are seeded by the making: equal rows and an equal seed give equal parts.
/// </remarks>
public abstract class Split
{
    private protected Split(Asset data, ColumnSchema? column) => (Data, Column) = (data, column);

    /// <summary>The dataset that is split.</summary>
    public Asset Data { get; }

    /// <summary>The column that decides; null where each row is drawn by itself.</summary>
    public ColumnSchema? Column { get; }

    /// <summary>By a date column.</summary>
    /// <param name="validation">Distinct dates (days, weeks, … as the data has them) that validate.</param>
    /// <param name="test">Distinct dates that test: the last ones.</param>
    public static Split ByTime<TRow>(Dataset<TRow> data, Expression<Func<TRow, DateOnly>> time, int validation, int test)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(validation);
        ArgumentOutOfRangeException.ThrowIfLessThan(test, 1);
        return new TimeSplit(data, RowSchema.Of<TRow>().ColumnOf(time), validation, test);
    }

    /// <summary>By a column that says who or what a row belongs to; a missing one is a group of its own.</summary>
    /// <param name="validation">The share of rows to validate, reached as nearly as whole groups can.</param>
    /// <param name="test">The share of rows to test.</param>
    public static Split ByGroup<TRow, TValue>(Dataset<TRow> data, Expression<Func<TRow, TValue>> group, double validation = 0.15, double test = 0.15) =>
        new GroupSplit(data, RowSchema.Of<TRow>().ColumnOf(group), Shares.Of(validation, test));

    /// <summary>By a column of few values, mostly the target's classes; a missing one is a stratum of its own.</summary>
    /// <inheritdoc cref="Random{TRow}"/>
    public static Split Stratified<TRow, TValue>(Dataset<TRow> data, Expression<Func<TRow, TValue>> stratum, double validation = 0.15, double test = 0.15) =>
        new StratumSplit(data, RowSchema.Of<TRow>().ColumnOf(stratum), Shares.Of(validation, test));

    /// <summary>Each row by itself.</summary>
    /// <param name="validation">The share of rows to validate, from 0 up to 1.</param>
    /// <param name="test">The share of rows to test, above 0; both together are below 1.</param>
    public static Split Random<TRow>(Dataset<TRow> data, double validation = 0.15, double test = 0.15) => new StratumSplit(data, null, Shares.Of(validation, test));

    /// <summary>How it cuts, in a few words: two splits with equal words cut equal keys alike.</summary>
    internal abstract string Cut { get; }

    /// <summary>Whether the column is a date that orders the rows, rather than a name.</summary>
    internal virtual bool IsTime => false;

    /// <summary>The parts of rows.</summary>
    /// <param name="keys">[n] what the column says of each row: days since 1970-01-01, or a number for each name, −1 where there is none; zeros without a column.</param>
    /// <exception cref="KumikiException">There are too few dates, groups or rows for all parts.</exception>
    internal abstract SplitRows Of(ReadOnlySpan<int> keys, Random random);

    /// <summary>The rows that train and validate, cut again and again into rows to train on and rows to try on, in the way of this split.</summary>
    /// <param name="rows">Row numbers, rising.</param>
    /// <param name="keys">[n] as for <see cref="Of"/>, of all rows.</param>
    /// <param name="folds">2 or more.</param>
    internal abstract IReadOnlyList<Fold> Folds(int[] rows, ReadOnlySpan<int> keys, int folds, Random random);

    private protected static int[] Gather(int[] rows, ReadOnlySpan<int> keys)
    {
        var taken = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++) taken[i] = keys[rows[i]];
        return taken;
    }

    private protected static string Count(int rows) => string.Create(CultureInfo.InvariantCulture, $"{rows} rows");
}

/// <summary>The row numbers of each part, rising, and what to record of them.</summary>
public sealed record SplitRows(int[] Train, int[] Validation, int[] Test, IReadOnlyDictionary<string, string> Facts);
