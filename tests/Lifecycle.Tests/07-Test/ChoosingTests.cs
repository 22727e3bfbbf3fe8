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

    [Fact]
    public void What_cannot_be_chosen_on_is_refused_by_row()
    {
        Assert.StartsWith("There are no scored rows", Says([], []), StringComparison.Ordinal);
        Assert.StartsWith("Row 2 has the truth 3;", Says([1, 2], [1, 3]), StringComparison.Ordinal);
        Assert.StartsWith("Row 1 has a score that is no number", Says([double.NaN, 2], [1, 0]), StringComparison.Ordinal);

        static string Says(double[] scores, double[] truth) => Assert.Throws<KumikiException>(() => new Scored(scores, truth).Cheapest(Costs)).Says.In("en");
    }
}
