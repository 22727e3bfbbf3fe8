using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class ChoosingTests
{
    // A violation that stays up costs 100, a wrongly suspended post 5.
    static readonly CostMatrix Costs = CostMatrix.Of("JPY", ("violation", "fine"), ("suspend", "publish"), new double[,] { { 0, 100 }, { 5, 0 } });

    [Fact]
    public void The_cheapest_threshold_is_that_of_trying_every_one()
    {
        var random = new Random(11);
        for (var trial = 0; trial < 200; trial++)
        {
            var rows = random.Next(1, 40);
            var truth = Enumerable.Range(0, rows).Select(_ => (double)random.Next(2)).ToArray();
            var scores = truth.Select(t => Math.Round(t * 0.3 + random.NextDouble() * 0.7, 1)).ToArray();
            var precision = random.Next(3) * 0.4;

            var choice = new Scored(scores, truth).Cheapest(Costs, precision);

            var best = scores.Distinct().Append(2.0)
                .Select(t => (Threshold: t, Cost: CostAt(t), Precision: PrecisionAt(t)))
                .Where(c => c.Precision >= precision)
                .OrderBy(c => c.Cost).ThenByDescending(c => c.Threshold).First();
            Assert.Equal(best.Cost, choice.Cost, 1e-9);
            Assert.Equal(best.Precision, choice.Precision, 1e-12);
            Assert.Equal(CostAt(choice.Value), choice.Cost, 1e-9);

            double CostAt(double threshold) => scores.Zip(truth).Sum(r => Costs.Of(r.Second == 1, r.First >= threshold));
            double PrecisionAt(double threshold) => scores.Any(s => s >= threshold) ? scores.Zip(truth).Where(r => r.First >= threshold).Average(r => r.Second) : 1;
        }
    }

    /// <summary>Random scores with ties, and every threshold with what it does, by hand.</summary>
    static (Scored Rows, List<(double Threshold, int Above, double Precision, double Recall, double F2)> All) Drawn(Random random)
    {
        var rows = random.Next(2, 40);
        var truth = Enumerable.Range(0, rows).Select(_ => (double)random.Next(2)).ToArray();
        truth[0] = 1;
        var scores = truth.Select(t => Math.Round(t * 0.3 + random.NextDouble() * 0.7, 1)).ToArray();
        var all = scores.Distinct().Append(2.0).OrderDescending().Select(t =>
        {
            var above = scores.Zip(truth).Where(r => r.First >= t).ToList();
            var hits = above.Count(r => r.Second == 1);
            var (precision, recall) = (above.Count == 0 ? 1 : (double)hits / above.Count, hits / truth.Sum());
            return (t, above.Count, precision, recall, hits == 0 ? 0 : 5 * precision * recall / (4 * precision + recall));
        }).ToList();
        return (new Scored(scores, truth), all);
    }

    [Fact]
    public void Precision_recall_F_and_capacity_choose_what_trying_every_threshold_does()
    {
        var random = new Random(12);
        for (var trial = 0; trial < 200; trial++)
        {
            var (rows, all) = Drawn(random);

            var f = rows.BestF(beta: 2);
            Assert.Equal(all.Max(a => a.F2), all.Single(a => a.Above == f.Above).F2, 1e-12);
            var recall = rows.RecallAtLeast(0.6);
            Assert.Equal(all.Where(a => a.Recall >= 0.6).Max(a => a.Precision), recall.Precision, 1e-12);
            Assert.True(recall.Recall >= 0.6);
            if (all.Where(a => a.Above > 0).Max(a => a.Precision) >= 0.7)
                Assert.Equal(all.Where(a => a.Above > 0 && a.Precision >= 0.7).Max(a => a.Recall), rows.PrecisionAtLeast(0.7).Recall, 1e-12);
            if (all[1].Above <= 0.5 * rows.Count)
                Assert.Equal(all.Where(a => a.Above <= 0.5 * rows.Count).Max(a => a.Above), rows.AtMost(0.5).Above);
            Assert.Equal(rows.AtMost(1.0).Above, rows.AtMost(most: 10, rowsPerPeriod: 10).Above);
        }
    }

    [Fact]
    public void With_review_the_two_thresholds_are_the_cheapest_pair_of_all()
    {
        var random = new Random(13);
        for (var trial = 0; trial < 100; trial++)
        {
            var (rows, all) = Drawn(random);
            var review = random.Next(1, 30);

            var choice = rows.WithReview(Costs, review);

            var best = all.SelectMany(up => all.Where(low => low.Threshold <= up.Threshold).Select(low => CostAt(up.Threshold, low.Threshold))).Min();
            Assert.Equal(best, choice.Cost, 1e-9);
            Assert.Equal(choice.Cost, CostAt(choice.Value, choice.GreyFrom), 1e-9);
            Assert.Equal(rows.Scores.Count(s => s >= choice.GreyFrom && s < choice.Value), choice.Reviewed);

            double CostAt(double up, double low) => rows.Scores.Zip(rows.Truth).Sum(r => r.First >= up ? Costs.Of(r.Second == 1, true) : r.First >= low ? review : Costs.Of(r.Second == 1, false));
        }
    }

    [Fact]
    public void What_no_threshold_reaches_is_said_with_what_is_reachable()
    {
        var rows = new Scored([0.9, 0.8, 0.8, 0.1], [0, 1, 1, 0]);

        Assert.Equal("No threshold has a precision of 0.9; the highest reachable on these rows is 0.6667.", Assert.Throws<KumikiException>(() => rows.PrecisionAtLeast(0.9)).Says.In("en"));
        Assert.Equal("No threshold has a recall of 0.5; the highest reachable on these rows is 0.", Assert.Throws<KumikiException>(() => new Scored([0.5], [0]).RecallAtLeast(0.5)).Says.In("en"));
        Assert.StartsWith("At most a share of 0.2 may be above the threshold", Assert.Throws<KumikiException>(() => rows.AtMost(0.2)).Says.In("en"), StringComparison.Ordinal);
        Assert.Contains("the highest reachable on these rows is 0.6667", Assert.Throws<KumikiException>(() => rows.Cheapest(Costs, precisionAtLeast: 0.9, recallAtLeast: 0.5)).Says.In("en"), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.BestF(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.WithReview(Costs, -1));
        var wide = CostMatrix.Of("JPY", ["a", "b", "c"], ["x", "y"], new double[3, 2]);
        Assert.StartsWith("A threshold decides between two", Assert.Throws<KumikiException>(() => rows.Cheapest(wide)).Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_curve_of_many_scores_has_few_points_from_nothing_above_to_all()
    {
        var random = new Random(14);
        var scores = Enumerable.Range(0, 20_000).Select(_ => random.NextDouble()).ToArray();

        var points = CostCurve.Of(new Scored(scores, [.. scores.Select(s => s > random.NextDouble() ? 1.0 : 0)]), Costs).Points(200);

        Assert.InRange(points.Count, 150, 205);
        Assert.Equal((0, 1), (points[0].ShareAbove, points[^1].ShareAbove));
        Assert.Equal(points.OrderByDescending(p => p.Threshold), points);
    }

    [Fact]
    public void What_cannot_be_chosen_on_is_refused_by_row()
    {
        Assert.StartsWith("There are no scored rows", Says([], []), StringComparison.Ordinal);
        Assert.StartsWith("Row 2 has the truth 3;", Says([1, 2], [1, 3]), StringComparison.Ordinal);
        Assert.StartsWith("Row 1 has a score that is no number", Says([double.NaN, 2], [1, 0]), StringComparison.Ordinal);

        static string Says(double[] scores, double[] truth) => Assert.Throws<KumikiException>(() => new Scored(scores, truth).Cheapest(Costs)).Says.In("en");
    }

    [Fact]
    public void Of_many_thresholds_a_thousand_are_kept_and_those_that_are_named_always()
    {
        var random = new Random(8);
        double[] scores = [.. Enumerable.Range(0, 50_000).Select(_ => random.NextDouble())];
        var curve = CostCurve.Of(new Scored(scores, [.. scores.Select(s => s > random.NextDouble() ? 1.0 : 0)]), Costs);
        double[] named = [curve.Cuts[31].Value, curve.Cuts[31_007].Value];

        var some = curve.Some(996, named);

        Assert.InRange(some.Count, 900, 1000);
        Assert.All(named, n => Assert.Contains(some, c => c.Value == n));
        Assert.Equal((curve.Cuts[0], curve.Cuts[^1]), (some[0], some[^1]));
        Assert.All(some.Zip(some.Skip(1)), p => Assert.InRange(p.Second.Above - p.First.Above, 1, 60));
    }
}
