using System.Globalization;
using Kumiki.Tables;

namespace Kumiki.Preparing;

/// <summary>The last dates test, those before validate.</summary>
sealed class TimeSplit(Asset data, ColumnSchema column, int validation, int test) : Split(data, column)
{
    internal override string Cut => $"time {Column!.Name} {validation} {test}";

    internal override bool IsTime => true;

    internal override SplitRows Of(ReadOnlySpan<int> keys, Random random)
    {
        var dates = Distinct(keys);
        if (dates.Length < validation + test + 1)
            throw new KumikiException(Message.Of("split.too-few", ("column", Column!.Name), ("dates", dates.Length), ("needed", validation + test + 1), ("validation", validation), ("test", test)));
        var (testFrom, validationFrom) = (dates[^test], dates[^(test + validation)]);
        var (train, validate, tests) = (new List<int>(), new List<int>(), new List<int>());
        for (var row = 0; row < keys.Length; row++)
            (keys[row] >= testFrom ? tests : keys[row] >= validationFrom ? validate : train).Add(row);
        return new([.. train], [.. validate], [.. tests], new Dictionary<string, string>
        {
            ["split.by"] = Column!.Name,
            ["split.train"] = $"{Day(dates[0])} … {Day(dates[^(test + validation + 1)])}, {Count(train.Count)}",
            ["split.validation"] = validation == 0 ? "none" : $"{Day(validationFrom)} … {Day(dates[^(test + 1)])}, {Count(validate.Count)}",
            ["split.test"] = $"{Day(testFrom)} … {Day(dates[^1])}, {Count(tests.Count)}",
        });
    }

    /// <remarks>Rolling origin: each fold tries on the dates that follow what it is trained on, as many as the split tests on; the folds end at the last date and do not overlap in what they try on. Tashman 2000,
    /// "Out-of-sample tests of forecasting accuracy".</remarks>
    internal override IReadOnlyList<Fold> Folds(int[] rows, ReadOnlySpan<int> keys, int folds, Random random)
    {
        var days = Gather(rows, keys);
        var dates = Distinct(days);
        var horizon = Math.Min(test, (dates.Length - 1) / folds);
        if (horizon < 1) throw new KumikiException(Message.Of("split.too-few-folds", ("column", Column!.Name), ("count", dates.Length), ("folds", folds)));
        return [.. Enumerable.Range(0, folds).Select(fold =>
        {
            var end = dates.Length - (folds - 1 - fold) * horizon;
            var (from, until) = (dates[end - horizon], dates[end - 1]);
            return new Fold([.. rows.Where((_, i) => days[i] < from)], [.. rows.Where((_, i) => days[i] >= from && days[i] <= until)]);
        })];
    }

    static int[] Distinct(ReadOnlySpan<int> keys)
    {
        var seen = new HashSet<int>();
        foreach (var key in keys) seen.Add(key);
        return [.. seen.Order()];
    }

    static string Day(int days) => DateOnly.FromDayNumber(days + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
