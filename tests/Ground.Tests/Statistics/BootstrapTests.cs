using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

public sealed class BootstrapTests
{
    [Fact]
    public void Intervals_of_given_resamples_are_scipys()
    {
        foreach (var given in Golden.Of("bootstrap").EnumerateArray())
        {
            var jackknife = given.Numbers("jackknife");
            var draws = new BootstrapDraws(given.Number("estimate"), given.Numbers("drawn"), jackknife, new int[jackknife.Length]);

            foreach (var (name, interval) in new[] { ("percentile", draws.Percentile(0.9)), ("basic", draws.Basic(0.9)), ("bca", draws.BiasCorrected(0.9)) })
                Golden.Same(given.Numbers(name), [interval.Low, interval.High], name);
            Golden.Same(given.Number("error"), draws.StandardError, "standard error");
        }
    }

    [Fact]
    public void Intervals_hold_the_truth_about_as_often_as_they_say()
    {
        // The area between N(1, 1) and N(0, 1) is Φ(1/√2); 400 samples of 120 rows;
        // three standard errors of the coverage are 0.033, and BCa itself errs by O(1/n).
        var (random, area, held) = (new Random(8), 0.760249938906524, new int[3]);
        for (var round = 0; round < 400; round++)
        {
            var truth = Enumerable.Range(0, 120).Select(i => i % 3 == 0 ? 1.0 : 0).ToArray();
            var scores = Array.ConvertAll(truth, t => t + Normal(random));
            var ranked = RankedScores.Of(scores, truth);
            var plan = new BootstrapPlan { Resamples = 400, Seed = round };
            var draws = Bootstrap.Run(Resampling.OfRows(120), 1, (counts, found) => found[0] = ranked.RocAuc(counts), plan)[0];
            Interval[] intervals = [draws.Percentile(), draws.Basic(), draws.BiasCorrected()];
            for (var i = 0; i < 3; i++)
                if (intervals[i].Low <= area && area <= intervals[i].High) held[i]++;
        }

        Assert.All(held, h => Assert.InRange(h / 400.0, 0.95 - 0.045, 0.95 + 0.035));
    }

    [Fact]
    public void The_standard_error_of_a_mean_is_what_the_formula_says_and_of_clusters_what_clusters_say()
    {
        var random = new Random(4);
        var clusters = Enumerable.Range(0, 3000).Select(i => i / 10).ToArray();
        var shared = Enumerable.Range(0, 300).Select(_ => Normal(random)).ToArray();
        var values = Array.ConvertAll(clusters, c => shared[c] + 0.1 * Normal(random));
        double Error(Resampling resampling) => Bootstrap.Run(resampling, 1, Mean(values), new() { Resamples = 2000 })[0].StandardError;
        var means = values.Chunk(10).Select(c => c.Average()).ToArray();

        Assert.Equal(Deviation(values) / Math.Sqrt(3000), Error(Resampling.OfRows(3000)), 0.06 * Deviation(values) / Math.Sqrt(3000));
        Assert.Equal(Deviation(means) / Math.Sqrt(300), Error(Resampling.Clustered(clusters)), 0.06 * Deviation(means) / Math.Sqrt(300));
        Assert.Equal(0.1 / Math.Sqrt(3000), Error(Resampling.Stratified(clusters)), 0.1 * 0.1 / Math.Sqrt(3000));
    }

    [Fact]
    public void A_resample_draws_as_many_rows_from_each_stratum_and_whole_clusters()
    {
        int[] groups = [7, 7, -1, 7, -1, 3, 3, 3, 3];
        var counts = new byte[groups.Length];
        for (var number = 0; number < 50; number++)
        {
            Resampling.OfRows(9).Draw(1, number, counts);
            Assert.Equal(9, counts.Sum(c => c));
            Resampling.Stratified(groups).Draw(1, number, counts);
            Assert.All(groups.Index().GroupBy(g => g.Item, g => counts[g.Index]), stratum => Assert.Equal(stratum.Count(), stratum.Sum(c => c)));
            Resampling.Clustered(groups).Draw(1, number, counts);
            Assert.Equal(3, groups.Index().GroupBy(g => g.Item, g => counts[g.Index]).Sum(cluster => Assert.Single(cluster.Distinct())));
        }
    }

    [Fact]
    public void Rows_drawn_in_two_steps_are_drawn_as_often_as_rows_drawn_in_one()
    {
        foreach (var rows in new[] { 1 << 20, (1 << 20) + 12345 })
        {
            var counts = new byte[rows];
            Resampling.OfRows(rows).Draw(3, 0, counts);

            Assert.Equal(rows, counts.Sum(c => c));
            var share = 1 / Math.E;     // of rows never drawn, of rows drawn once, and half as many drawn twice; five standard errors
            foreach (var (times, expected) in new[] { (0, share), (1, share), (2, share / 2) })
                Assert.Equal(expected, counts.Count(c => c == times) / (double)rows, 5 * Math.Sqrt(expected / rows));
            var firstHalf = counts.Take(rows / 2).Sum(c => c) / (double)rows;
            Assert.Equal(0.5, firstHalf, 5 * 0.5 / Math.Sqrt(rows));
        }
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads_but_on_the_seed()
    {
        var random = new Random(6);
        var values = Enumerable.Range(0, 1500).Select(_ => random.NextDouble()).ToArray();
        double[] Drawn(int threads, int seed)
        {
            var plan = new BootstrapPlan { Resamples = 60, Threads = threads, Seed = seed };
            return [.. Bootstrap.Run(Resampling.OfRows(1500), 1, Mean(values), plan)[0].Values];
        }

        Assert.Equal(Drawn(1, 5), Drawn(7, 5));
        Assert.NotEqual(Drawn(1, 5), Drawn(1, 6));
        Assert.Equal(60, Drawn(1, 5).Distinct().Count());
    }

    [Fact]
    public void The_same_seed_draws_the_same_rows_on_every_machine()
    {
        var counts = new byte[12];
        Resampling.OfRows(12).Draw(42, 7, counts);

        Assert.Equal("1 3 1 1 0 2 1 0 0 1 1 1", string.Join(" ", counts));
    }

    [Fact]
    public void Leaving_out_groups_gives_the_acceleration_that_leaving_out_rows_gives()
    {
        // of a mean the acceleration is skewness / (6 √n), exactly
        var random = new Random(9);
        var values = Enumerable.Range(0, 1100).Select(_ => -Math.Log(1 - random.NextDouble())).ToArray();
        var (few, many) = (values[..900], values);
        foreach (var (sample, tolerance) in new[] { (few, 1e-9), (many, 0.012) })
        {
            var draws = Bootstrap.Run(Resampling.OfRows(sample.Length), 1, Mean(sample), new() { Resamples = 4000 })[0];
            var mean = sample.Average();
            var skewness = sample.Average(v => Math.Pow(v - mean, 3)) / Math.Pow(sample.Average(v => Math.Pow(v - mean, 2)), 1.5);

            Assert.Equal(skewness / 6 / Math.Sqrt(sample.Length), draws.Acceleration(), tolerance);
        }
    }

    [Fact]
    public void Strata_have_their_own_part_in_the_acceleration_as_in_scipy()
    {
        // two strata of a mean: Σ of the strata's cubes over Σ of their squares to the power 1.5, all over 6
        double[] values = [1, 2, 9, 4, 100, 101, 103, 150];
        int[] strata = [0, 0, 0, 0, 1, 1, 1, 1];
        var draws = Bootstrap.Run(Resampling.Stratified(strata), 1, Mean(values), new() { Resamples = 50 })[0];

        double cubes = 0, squares = 0;
        foreach (var part in new[] { values[..4], values[4..] })
        {
            // leaving out row i of a stratum moves the mean of all rows over to (total − v) / 7
            var left = part.Select(v => (values.Sum() - v) / 7).ToArray();
            var mean = left.Average();
            cubes += left.Sum(l => Math.Pow(3 * (mean - l), 3)) / 64;
            squares += left.Sum(l => Math.Pow(3 * (mean - l), 2)) / 16;
        }
        Assert.Equal(cubes / Math.Pow(squares, 1.5) / 6, draws.Acceleration(), 1e-12);
    }

    [Fact]
    public void Two_models_on_the_same_rows_are_compared_resample_by_resample()
    {
        var random = new Random(12);
        var truth = Enumerable.Range(0, 400).Select(_ => random.Next(2) * 1.0).ToArray();
        var good = Array.ConvertAll(truth, t => t + Normal(random));
        var better = truth.Zip(good, (t, g) => g + 0.3 * t).ToArray();
        var (first, second) = (RankedScores.Of(better, truth), RankedScores.Of(good, truth));

        var draws = Bootstrap.Run(Resampling.OfRows(400), 2, (counts, found) =>
        {
            var ranked = new byte[counts.Length];
            first.ToRankOrder(counts, ranked);
            found[0] = first.RocAuc(ranked);
            second.ToRankOrder(counts, ranked);
            found[1] = second.RocAuc(ranked);
        }, new() { Resamples = 500 });
        var difference = draws[0].Minus(draws[1]);

        Assert.Equal(draws[0].Estimate - draws[1].Estimate, difference.Estimate);
        Assert.True(difference.StandardError < draws[0].StandardError / 2, "Pairing removes what the rows have in common.");
        Assert.True(difference.BiasCorrected().Low > 0);
        Assert.Equal(1 / 501.0, difference.PValue());
        Assert.Equal(1, draws[0].Minus(draws[0]).PValue());
        // DeLong's standard error of the same difference
        var test = PairedTests.RocAuc(truth, better, good);
        Assert.Equal(difference.Estimate / test.Statistic, difference.StandardError, 0.15 * difference.StandardError);
    }

    [Fact]
    public void Any_figure_that_takes_weights_can_be_drawn()
    {
        var random = new Random(13);
        var truth = Enumerable.Range(0, 80).Select(_ => random.NextDouble()).ToArray();
        var predicted = Array.ConvertAll(truth, t => t + 0.2 * Normal(random));
        var weights = Array.ConvertAll(truth, _ => random.NextDouble());

        var draws = Bootstrap.RunWeighted(Resampling.OfRows(80), 2, (drawn, found) =>
        {
            found[0] = Regression.R2(truth, predicted, drawn);
            found[1] = Regression.MeanAbsoluteError(truth, predicted, drawn);
        }, weights, new() { Resamples = 200 });

        Assert.Equal(Regression.R2(truth, predicted, weights), draws[0].Estimate, 1e-12);
        Assert.Equal(Regression.MeanAbsoluteError(truth, predicted, weights), draws[1].Estimate, 1e-12);
        Assert.InRange(draws[1].Estimate, draws[1].BiasCorrected().Low, draws[1].BiasCorrected().High);
        Refused.Undefined(
            "The bootstrap cannot be measured because the weights of its 80 rows sum to zero",
            () => Bootstrap.RunWeighted(Resampling.OfRows(80), 1, (_, _) => { }, new double[80]));
    }

    [Fact]
    public void A_slice_of_three_rows_counts_the_resamples_of_one_class_and_refuses_where_there_are_too_many()
    {
        var ranked = RankedScores.Of([0.1, 0.2, 0.3], [0, 1, 1]);
        var draws = Bootstrap.Run(Resampling.OfRows(3), 1, (counts, found) => found[0] = ranked.RocAuc(counts), new() { Resamples = 900 })[0];

        Assert.Equal((1 + 8) / 27.0, draws.Undefined / 900.0, 0.06);        // all of the one negative, or none of it
        Assert.Equal(1, draws.Percentile().High);

        // a measure may also throw
        static void Area(ReadOnlySpan<double> weights, Span<double> found) => found[0] = Classification.RocAuc([0.1, 0.2, 0.3], [0, 1, 1], weights);
        var thrown = Bootstrap.RunWeighted(Resampling.OfRows(3), 1, Area, [], new() { Resamples = 900 })[0];
        Assert.Equal(draws.Undefined, thrown.Undefined);
        Assert.Equal(draws.Values, thrown.Values);

        static void Rare(ReadOnlySpan<byte> counts, Span<double> found) => found[0] = counts[0] == 1 && counts[1] == 1 ? 1 : double.NaN;
        var rarely = Bootstrap.Run(Resampling.OfRows(3), 1, Rare, new() { Resamples = 900 })[0];
        Refused.Undefined($"The figure is defined in only {900 - rarely.Undefined} of 900 resamples", () => rarely.Percentile());
        Refused.Undefined("ROC AUC compares", () => Bootstrap.RunWeighted(Resampling.OfRows(3), 1, Area, [1.0, 0, 0]));
    }

    [Fact]
    public void What_a_measure_says_of_a_resample_is_what_the_caller_hears() => Refused.Because("Mean absolute error found NaN", () => Bootstrap.Run(
        Resampling.OfRows(9), 1, (counts, found) => found[0] = Regression.MeanAbsoluteError([1], [counts.Contains((byte)2) ? double.NaN : 1])));

    [Fact]
    public void An_estimate_below_every_resample_still_has_an_interval()
    {
        var draws = new BootstrapDraws(0, [1, 2, 3, 4], [1, 1, 1], new int[3]);

        Assert.Equal(1, draws.BiasCorrected().Low, 0.001);
        Assert.InRange(draws.BiasCorrected().High, 1, 4);
        Assert.Equal(new Interval(4, 4, 0.95), new BootstrapDraws(9, [4, 4], [1, 1, 1], new int[3]).BiasCorrected());
    }

    [Fact]
    public void What_a_caller_does_wrong_is_told()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampling.OfRows(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampling.Clustered([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Run(Resampling.OfRows(2), 0, (_, _) => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Run(Resampling.OfRows(2), 1, (_, _) => { }, new BootstrapPlan { Resamples = 1 }));
        var draws = Bootstrap.Run(Resampling.OfRows(2), 1, Mean([1, 2]), new() { Resamples = 10, Accelerated = false })[0];
        Assert.Throws<InvalidOperationException>(() => draws.BiasCorrected());
        Assert.Throws<ArgumentOutOfRangeException>(() => draws.Percentile(1));
        var others = Bootstrap.Run(Resampling.OfRows(2), 1, Mean([1, 2]), new() { Resamples = 11, Accelerated = false })[0];
        Assert.Throws<ArgumentException>(() => draws.Minus(others));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Bootstrap.Run(Resampling.OfRows(2), 1, Mean([1, 2]), stop: stop.Token));
    }

    static CountedFigures Mean(double[] values) => (counts, found) =>
    {
        double sum = 0, n = 0;
        for (var i = 0; i < counts.Length; i++) (sum, n) = (sum + counts[i] * values[i], n + counts[i]);
        found[0] = sum / n;
    };

    static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }

    static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
