using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

public sealed class PairedTestsTests
{
    [Fact]
    public void Tests_of_pairs_and_their_effects_are_scipys_and_statsmodels()
    {
        foreach (var given in Golden.Of("paired").EnumerateArray())
        {
            double[] first = given.Numbers("first"), second = given.Numbers("second"), differences = [.. first.Zip(second, (a, b) => a - b)];

            Same(given.Numbers("t"), PairedTests.StudentT(first, second), "t");
            Same(given.Numbers("wilcoxon"), PairedTests.Wilcoxon(first, second), "wilcoxon");
            Same(given.Numbers("sign"), PairedTests.Sign(first, second), "sign");
            Same(given.Numbers("corrected"), PairedTests.CorrectedResampledT(differences, 100, 25), "corrected");
            Golden.Same(given.Number("d"), EffectSizes.PairedD(first, second), "d");
            Golden.Same(given.Number("g"), EffectSizes.HedgesG(first, second), "g");
            Golden.Same(given.Number("cliff"), EffectSizes.CliffsDelta(first, second), "cliff");
            Golden.Same(given.Number("biserial"), EffectSizes.RankBiserial(first, second), "biserial");
        }
        foreach (var given in Golden.Of("mcnemar").EnumerateArray())
        {
            var (first, second) = (given.GetProperty("first").GetInt64(), given.GetProperty("second").GetInt64());
            Same(given.Numbers("exact"), PairedTests.McNemarExact(first, second), "exact");
            Same(given.Numbers("corrected"), PairedTests.McNemar(first, second), "chi squared, corrected");
            Same(given.Numbers("plain"), PairedTests.McNemar(first, second, corrected: false), "chi squared");
        }
        var corrections = Golden.Of("corrections");
        Golden.Same(corrections.Numbers("holm"), Corrections.Holm(corrections.Numbers("p")), "holm");
        Golden.Same(corrections.Numbers("bh"), Corrections.BenjaminiHochberg(corrections.Numbers("p")), "benjamini-hochberg");
    }

    [Fact]
    public void DeLongs_test_and_interval_are_those_of_all_pairs()
    {
        foreach (var given in Golden.Of("delong").EnumerateArray())
        {
            double[] truth = given.Numbers("truth"), first = given.Numbers("first"), second = given.Numbers("second");

            Same([given.Number("z"), given.Number("p")], PairedTests.RocAuc(truth, first, second), "delong");
            var interval = Intervals.RocAuc(first, truth);
            Golden.Same(given.Numbers("interval"), [interval.Low, interval.High], "interval");
            Assert.Equal(new TestResult(0, 1), PairedTests.RocAuc(truth, first, [.. first.Select(s => Math.Exp(s))]));
        }
    }

    [Fact]
    public void Tails_of_distributions_are_scipys()
    {
        var tails = Golden.Of("tails");
        foreach (var (name, tail) in new (string, Func<double[], double>)[]
        {
            ("normal", v => Tails.Normal(v[0])), ("student", v => Tails.Student(v[0], v[1])), ("chi", v => Tails.ChiSquaredOne(v[0])),
            ("studentDeviate", v => Tails.StudentDeviate(v[0], v[1])), ("normalDeviate", v => Tails.NormalDeviate(v[0])),
            ("coins", v => Tails.Coins(v[0], v[1])),
        })
            foreach (var row in tails.GetProperty(name).EnumerateArray())
            {
                double[] values = [.. row.EnumerateArray().Select(v => v.GetDouble())];
                Golden.SameShare(values[^1], tail(values), $"{name} of {string.Join(", ", values[..^1])}");
            }
    }

    [Fact]
    public void Intervals_of_shares_and_means_are_scipys()
    {
        foreach (var given in Golden.Of("shares").EnumerateArray())
        {
            var (successes, trials, level) = (given.GetProperty("successes").GetInt64(), given.GetProperty("trials").GetInt64(), given.Number("level"));
            var (wilson, exact) = (Intervals.Wilson(successes, trials, level), Intervals.ClopperPearson(successes, trials, level));
            Golden.Same(given.Numbers("wilson"), [wilson.Low, wilson.High], $"wilson {successes} of {trials}");
            Golden.Same(given.Numbers("exact"), [exact.Low, exact.High], $"exact {successes} of {trials}");
        }
        var mean = Golden.Of("mean");
        var interval = Intervals.Mean(mean.Numbers("values"));
        Golden.Same(mean.Numbers("interval"), [interval.Low, interval.High], "mean");
    }

    [Fact]
    public void Bad_pairs_are_refused_in_a_sentence_that_names_the_test()
    {
        Refused.Because("The paired t test found NaN among the second figures, in row 1", () => PairedTests.StudentT([1, 2], [double.NaN, 2]));
        Refused.Undefined("The paired t test needs at least 2 rows, but there are 1", () => PairedTests.StudentT([1], [2]));
        Refused.Undefined("The paired t test cannot tell the two apart because all 3 differences are alike", () => PairedTests.StudentT([1, 2, 3], [2, 3, 4]));
        Refused.Undefined("Wilcoxon's signed rank test cannot tell the two apart", () => PairedTests.Wilcoxon([1, 2], [1, 2]));
        Refused.Undefined("The sign test cannot tell the two apart", () => PairedTests.Sign([1, 2], [1, 2]));
        Refused.Undefined("The corrected resampled t test needs at least 2 folds", () => PairedTests.CorrectedResampledT([1], 10, 5));
        Refused.Undefined("DeLong's test needs at least 2 positive rows, but there are 1", () => PairedTests.RocAuc([1, 0, 0], [1, 2, 3], [1, 2, 3]));
        Refused.Because(
            "DeLong's test found Infinity among the scores, in row 3",
            () => PairedTests.RocAuc([1, 0, 1, 0], [1, 2, double.PositiveInfinity, 4], [1, 2, 3, 4]));
        Refused.Undefined("The interval of ROC AUC needs at least 2 negative rows", () => Intervals.RocAuc([1, 2, 3], [1, 1, 0]));
        Refused.Undefined("The interval of a mean needs at least 2 values", () => Intervals.Mean([1]));
        Refused.Undefined("Hedges' g compares", () => EffectSizes.HedgesG([1, 1], [1, 1]));
        Refused.Undefined("Cliff's delta needs at least 1 rows on each side", () => EffectSizes.CliffsDelta([], [1]));
        Assert.Equal(new TestResult(0, 1), PairedTests.McNemar(0, 0));
        Assert.Equal(new TestResult(0, 1), PairedTests.McNemarExact(0, 0));
        Assert.Throws<ArgumentException>(() => PairedTests.StudentT([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => PairedTests.RocAuc([1, 0, 1, 0], [1, 2, 3, 4], [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedTests.McNemar(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedTests.CorrectedResampledT([1, 2], 0, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Wilson(3, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.ClopperPearson(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Wilson(1, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Corrections.Holm([0.5, double.NaN]));
    }

    static void Same(double[] expected, TestResult found, string what) => Golden.Same(expected, [found.Statistic, found.PValue], what);
}
