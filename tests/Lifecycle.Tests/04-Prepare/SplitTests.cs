using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class SplitTests
{
    sealed record Row(DateOnly Day, string Customer, bool Bad);

    sealed class Rows : Dataset<Row>;

    static readonly Rows Data = new();

    static int[] Keys(int rows, Func<int, int> key) => [.. Enumerable.Range(0, rows).Select(key)];

    static void AreParts(SplitRows split, int rows) =>
        Assert.Equal(Enumerable.Range(0, rows), split.Train.Concat(split.Validation).Concat(split.Test).Order());

    [Fact]
    public void By_time_the_last_dates_test_and_those_before_validate()
    {
        var split = Split.ByTime(Data, r => r.Day, validation: 1, test: 2).Of(Keys(12, r => 19723 + r % 6), new Random(1));

        AreParts(split, 12);
        Assert.Equal([4, 5, 10, 11], split.Test);
        Assert.Equal([3, 9], split.Validation);
        Assert.Equal("2024-01-05 … 2024-01-06, 4 rows", split.Facts["split.test"]);
    }

    [Fact]
    public void Strata_have_their_share_in_each_part_to_a_row_or_two_and_all_rows_to_one()
    {
        var keys = Keys(1000, r => r % 50 == 0 ? 1 : r % 7 == 0 ? 2 : 0);

        var split = Split.Stratified(Data, r => r.Bad, validation: 0.15, test: 0.2).Of(keys, new Random(7));

        AreParts(split, 1000);
        Assert.Equal((650, 150, 200), (split.Train.Length, split.Validation.Length, split.Test.Length));
        foreach (var stratum in keys.Distinct())
        {
            var all = keys.Count(k => k == stratum);
            Assert.InRange(split.Test.Count(r => keys[r] == stratum), all * 0.2 - 2, all * 0.2 + 2);
            Assert.InRange(split.Validation.Count(r => keys[r] == stratum), all * 0.15 - 2, all * 0.15 + 2);
        }
    }

    [Fact]
    public void Groups_are_never_cut_and_the_shares_are_reached()
    {
        var random = new Random(3);
        var keys = Keys(2000, _ => (int)(60 * Math.Pow(random.NextDouble(), 2)) - 1);       // large and small groups, and rows without one

        var split = Split.ByGroup(Data, r => r.Customer, validation: 0.1, test: 0.2).Of(keys, new Random(5));

        AreParts(split, 2000);
        var parts = new[] { split.Train, split.Validation, split.Test }.Select(p => p.Select(r => keys[r]).ToHashSet()).ToList();
        Assert.Empty(parts[0].Intersect(parts[1]));
        Assert.Empty(parts[0].Intersect(parts[2]));
        Assert.Empty(parts[1].Intersect(parts[2]));
        Assert.InRange(split.Test.Length, 380, 420);
        Assert.InRange(split.Validation.Length, 180, 220);
    }

    [Fact]
    public void Equal_seeds_draw_equal_parts_and_other_seeds_others()
    {
        var split = Split.Random(Data, validation: 0, test: 0.25);
        var keys = new int[400];

        var one = split.Of(keys, new Random(1));

        Assert.Equal(one.Test, split.Of(keys, new Random(1)).Test);
        Assert.NotEqual(one.Test, split.Of(keys, new Random(2)).Test);
        Assert.Equal((300, 0, 100), (one.Train.Length, one.Validation.Length, one.Test.Length));
        Assert.Equal("none", one.Facts["split.validation"]);
    }

    /// <summary>Every way to cut, with keys of 120 rows.</summary>
    public static TheoryData<string> Ways => ["random", "stratum", "group", "time"];

    static (Split Split, int[] Keys) Way(string way) => way switch
    {
        "random" => (Split.Random(Data), new int[120]),
        "stratum" => (Split.Stratified(Data, r => r.Bad), Keys(120, r => r % 5 == 0 ? 1 : 0)),
        "group" => (Split.ByGroup(Data, r => r.Customer), Keys(120, r => r / 6)),
        _ => (Split.ByTime(Data, r => r.Day, 1, 3), Keys(120, r => 20000 + r / 4)),
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Folds_never_touch_rows_that_are_kept_out_and_try_nothing_they_trained_on(string way)
    {
        var (split, keys) = Way(way);
        int[] rows = [.. Enumerable.Range(0, 120).Where(r => r % 10 != 9)];

        var folds = split.Folds(rows, keys, 5, new Random(1));

        Assert.Equal(5, folds.Count);
        foreach (var fold in folds)
        {
            Assert.NotEmpty(fold.Train);
            Assert.NotEmpty(fold.Try);
            Assert.Empty(fold.Train.Intersect(fold.Try));
            Assert.Empty(fold.Train.Concat(fold.Try).Except(rows));
            if (way == "time") Assert.True(fold.Train.Max(r => keys[r]) < fold.Try.Min(r => keys[r]));
            else Assert.Equal(rows, fold.Train.Concat(fold.Try).Order());
            if (way == "group") Assert.Empty(fold.Train.Select(r => keys[r]).Intersect(fold.Try.Select(r => keys[r])));
        }
        Assert.Equal(folds.Sum(f => f.Try.Length), folds.SelectMany(f => f.Try).Distinct().Count());
        if (way == "stratum") Assert.All(folds, f => Assert.InRange(f.Try.Count(r => keys[r] == 1), 3, 6));
    }

    [Fact]
    public void Too_few_dates_groups_or_rows_are_one_sentence()
    {
        Assert.Equal("The column day has 3 distinct dates, but a split of 1 to validate and 2 to test needs 4; load more data or split smaller.",
            Says(() => Split.ByTime(Data, r => r.Day, 1, 2).Of([1, 2, 3], new Random(1))));
        Assert.Equal("The column customer has 2 groups, but the split needs 3 at least, one for each part; load more data or split by rows.",
            Says(() => Split.ByGroup(Data, r => r.Customer).Of([1, 1, 2, 2], new Random(1))));
        Assert.Equal("The dataset has too few rows to split: 1, where 3 are needed at least; load more data.", Says(() => Split.Random(Data).Of([0], new Random(1))));
        Assert.Equal("The column customer has 2 distinct values outside the test rows, too few for 3 folds; take fewer folds or load more data.",
            Says(() => Split.ByGroup(Data, r => r.Customer).Folds([0, 1, 2, 3], [1, 1, 2, 2], 3, new Random(1))));

        static string Says(Action act) => Assert.Throws<KumikiException>(act).Says.In("en");
    }

    [Theory]
    [InlineData(-0.1, 0.2)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.1, 0)]
    [InlineData(double.NaN, 0.2)]
    public void Shares_that_leave_a_part_out_are_refused(double validation, double test) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Split.Random(Data, validation, test));
}
