using System.Globalization;
using System.Linq.Expressions;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Which rows train, which validate (thresholds, early stopping, calibration), and which test; part of each model's version.</summary>
/// <remarks>By time: rows are ordered by the distinct values of a date column, the last <see cref="Test"/> of them test, the <see cref="Validation"/> before those
/// validate, the rest train. So nothing is trained on what came after what it is tested on.</remarks>
public sealed class Split
{
    Split(Asset data, string column, int validation, int test) => (Data, Column, Validation, Test) = (data, column, validation, test);

    /// <summary>The dataset that is split.</summary>
    public Asset Data { get; }

    /// <summary>The date column.</summary>
    public string Column { get; }

    /// <summary>Distinct dates that validate.</summary>
    public int Validation { get; }

    /// <summary>Distinct dates that test.</summary>
    public int Test { get; }

    /// <summary>By a date column.</summary>
    /// <param name="validation">Distinct dates (days, weeks, … as the data has them) that validate.</param>
    /// <param name="test">Distinct dates that test: the last ones.</param>
    public static Split ByTime<TRow>(Dataset<TRow> data, Expression<Func<TRow, DateOnly>> time, int validation, int test)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(validation);
        ArgumentOutOfRangeException.ThrowIfLessThan(test, 1);
        return new(data, RowSchema.Of<TRow>().ColumnOf(time).Name, validation, test);
    }

    /// <summary>The parts of rows by their dates.</summary>
    /// <param name="days">[n] the date of each row, in days since 1970-01-01.</param>
    /// <exception cref="KumikiException">There are too few dates for all three parts.</exception>
    public SplitRows Of(ReadOnlySpan<int> days)
    {
        var distinct = days.ToArray().Distinct().Order().ToArray();
        if (distinct.Length < Validation + Test + 1)
            throw new KumikiException(Message.Of("split.too-few", ("column", Column), ("dates", distinct.Length), ("needed", Validation + Test + 1), ("validation", Validation), ("test", Test)));
        var testFrom = distinct[^Test];
        var validationFrom = distinct[^(Test + Validation)];
        var (train, validate, tests) = (new List<int>(), new List<int>(), new List<int>());
        for (var row = 0; row < days.Length; row++)
            (days[row] >= testFrom ? tests : days[row] >= validationFrom ? validate : train).Add(row);
        return new([.. train], [.. validate], [.. tests], new Dictionary<string, string>
        {
            ["split.by"] = Column,
            ["split.train"] = $"{Day(distinct[0])} … {Day(distinct[^(Test + Validation + 1)])}, {train.Count} rows",
            ["split.validation"] = Validation == 0 ? "none" : $"{Day(validationFrom)} … {Day(distinct[^(Test + 1)])}, {validate.Count} rows",
            ["split.test"] = $"{Day(testFrom)} … {Day(distinct[^1])}, {tests.Count} rows",
        });
    }

    static string Day(int days) => DateOnly.FromDayNumber(days + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>The row numbers of each part, rising, and what to record of them.</summary>
public sealed record SplitRows(int[] Train, int[] Validation, int[] Test, IReadOnlyDictionary<string, string> Facts);
