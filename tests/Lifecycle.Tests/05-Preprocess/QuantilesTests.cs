using Kumiki.Preprocessing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class QuantilesTests
{
    public static TheoryData<string> Shapes => ["random", "sorted", "falling", "constant", "few", "organ pipe", "saw"];

    static double[] Values(string shape, int count, Random random) => [.. Enumerable.Range(0, count).Select(i => shape switch
    {
        "sorted" => i,
        "falling" => -i,
        "constant" => 4.25,
        "few" => random.Next(3),
        "organ pipe" => Math.Min(i, count - i),
        "saw" => i % 17,
        _ => random.NextDouble(),
    })];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Selecting_gives_what_sorting_gives(string shape)
    {
        var random = new Random(9);
        foreach (var count in new[] { 1, 2, 3, 31, 32, 33, 100, 1001, 20_000 })
        {
            var values = Values(shape, count, random);
            var sorted = values.Order().ToArray();
            double[] shares = [0, .. Enumerable.Range(0, 6).Select(_ => random.NextDouble()).Order(), 1];

            Assert.Equal(count % 2 == 1 ? sorted[count / 2] : (sorted[(count / 2) - 1] + sorted[count / 2]) / 2, Quantiles.Median([.. values]));
            foreach (var (share, found) in shares.Zip(Quantiles.Of([.. values], shares)))
            {
                var at = share * (count - 1);
                var (low, high) = (sorted[(int)Math.Floor(at)], sorted[(int)Math.Ceiling(at)]);
                Assert.Equal(low + ((high - low) * (at - Math.Floor(at))), found, 1e-9);
            }
        }
    }

    [Fact]
    public void Folds_are_of_about_one_size_and_do_not_follow_the_order_of_rows()
    {
        var folds = Enumerable.Range(0, 100_000).Select(r => Fitting.FoldOf(r, seed: 0, folds: 5)).ToArray();

        Assert.All(folds.CountBy(f => f), f => Assert.InRange(f.Value, 19_500, 20_500));
        Assert.InRange(folds.Where((f, r) => r % 5 == 0).Count(f => f == 0), 3_800, 4_200);
        Assert.NotEqual(folds, Enumerable.Range(0, 100_000).Select(r => Fitting.FoldOf(r, seed: 1, folds: 5)));
    }
}
