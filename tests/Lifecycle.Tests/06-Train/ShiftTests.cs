using Kumiki.Onnx;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>Learners that learn what differs from an expectation, in spreads.</summary>
public sealed class ShiftTests
{
    static readonly Trees<ToyRow> Trees = new();
    static readonly Linear<ToyRow> Linear = new();

    // Weight is 0.5, 1.5 or 2.5; it stands for what is expected, and for the spread.
    static BoostedTrees Shifted(int rounds) => Trees.Regression(r => r.Sold, rounds, depth: 3) with
    {
        Offset = Toy.Schema.Find("weight"),
        Spread = Toy.Schema.Find("weight")
    };

    // As serving reads them: the weight is a column of the model.
    static Preprocessing.Frame FrameOf(ToyWorld world) => Toy.Frame(world.Engine, world.File, "sold");

    [Fact]
    public void A_model_without_evidence_answers_with_its_offset_whatever_the_row()
    {
        using var world = new ToyWorld(Toy.Rows(500, seed: 11));
        var (graph, _, _) = world.Train(Shifted(20) with { Lambda = 1e9 }, Toy.Raw);

        using var scorer = Scorer.Open(Learners.Shifted(graph, "weight", "weight").ToBytes());
        var scores = scorer.Score(FrameOf(world).All());

        Assert.Equal(["price", "day", "discount", "place", "weight"], scorer.Columns.Select(c => c.Name));
        for (var row = 0; row < 500; row++) Assert.Equal(world.Rows[row].Weight, scores[row], 1e-5);
    }

    [Fact]
    public void A_linear_target_of_an_offset_and_a_spread_is_found_and_intervals_grow_with_the_spread()
    {
        using var world = new ToyWorld(Toy.Rows(6000, seed: 12));
        // Sold is replaced by weight + weight · (2 − price / 10 + noise): after the shift it is linear in the price, with even noise.
        var random = new Random(3);
        double[] truth = [.. world.Rows.Select(r => r.Weight + r.Weight * (2 - (r.Price ?? 3.5) / 10 + 0.2 * Toy.Normal(random)))];
        var target = new TargetColumn(truth, [], 0);
        var learner = new Learner(new Features<ToyRow>([]).ImputeWith(r => r.Price, 3.5).Plans, Linear.Ridge(r => r.Sold, alpha: 0.001) with
        {
            Offset = Toy.Schema.Find("weight"),
            Spread = Toy.Schema.Find("weight"),
            Interval = 0.8,
        });
        var frame = FrameOf(world);
        int[] train = [.. Enumerable.Range(0, 3000)], calibrate = [.. Enumerable.Range(3000, 1500)], test = [.. Enumerable.Range(4500, 1500)];

        var fit = ModelFit.Of("toy", learner, frame, target, train, calibrate, new(0, default));
        var scored = fit.Score(frame, target, test, new(0, default));

        var (point, lower, upper) = (scored.Only("score").Scores, scored.Only("lower").Scores, scored.Only("upper").Scores);
        // A slope of −0.1 a price, a standard error of 0.002: 3,000 rows with noise of 0.2.
        Assert.All(test.Index(), t =>
        {
            var row = world.Rows[t.Item];
            Assert.Equal(row.Weight * (3 - (row.Price ?? 3.5) / 10), point[t.Index], row.Weight * 0.03);
        });
        // 80 % of a normal lie within 1.2816 deviations: 0.2563 spreads on each side.
        Assert.All(test.Index(), t => Assert.Equal(2 * 0.2563 * world.Rows[t.Item].Weight, upper[t.Index] - lower[t.Index], 0.03 * world.Rows[t.Item].Weight));
        foreach (var weight in (double[])[0.5, 1.5, 2.5])
        {
            var some = test.Index().Where(t => world.Rows[t.Item].Weight == weight).ToList();
            Assert.InRange(some.Count(t => lower[t.Index] <= truth[t.Item] && truth[t.Item] <= upper[t.Index]) / (double)some.Count, 0.75, 0.85);
        }
    }

    [Fact]
    public void What_cannot_be_shifted_is_refused_in_one_sentence()
    {
        Assert.Equal(["Offset is the column place of string?, but has to be a number; name a column of numbers."], Says(Trees.Regression(r
            => r.Sold) with
        { Offset = Toy.Schema.Find("place") }));
        Assert.Equal(["Spread is the target sold itself, which is not known when the model answers; name another column."], Says(Trees.Regression(r
            => r.Sold) with
        { Spread = Toy.Schema.Find("sold") }));
        Assert.Equal(["Offset shifts a number, but the target mood is predicted as classes; take it away, or train a regression."], Says(Trees.MultiClass(r
            => r.Mood) with
        { Offset = Toy.Schema.Find("weight") }));
        Assert.Equal(["Offset makes differences, which may be below 0 and which the loss of BoostedTrees does not allow; take Squared, Absolute, PseudoHuber or Quantile, or take it away."],
            Says(Trees.Regression(r => r.Sold, loss: TreeLoss.Poisson) with { Offset = Toy.Schema.Find("weight") }));

        static string[] Says(Algorithm algorithm) => [.. algorithm.Check().Select(m => m.In("en"))];
    }

    [Fact]
    public void A_spread_that_is_not_above_0_and_an_offset_that_is_missing_are_named_with_their_row()
    {
        using var world = new ToyWorld([.. Toy.Rows(50, seed: 13).Select((r, i) => i == 7 ? r with { Weight = 0, Price = null }
            : r with { Price = r.Price ?? 1 })]);
        var target = new TargetColumn([.. world.Rows.Select(r => r.Sold)], [], 0);

        Assert.Equal("The spread weight is 0 in row 8; give every row that trains or validates a number above 0.", Refused(Trees.Regression(r
            => r.Sold) with
        { Spread = Toy.Schema.Find("weight") }));
        Assert.Equal("The offset price is NaN in row 8; give every row that trains or validates a finite number, or drop the rows without one by DropWhereMissing.",
            Refused(Trees.Regression(r => r.Sold) with { Offset = Toy.Schema.Find("price") }));

        string Refused(Algorithm algorithm) => Assert.Throws<KumikiException>(() => Shift.Of(algorithm, world.Frame, target.Values, [.. Enumerable.Range(0,
            50)])).Says.In("en");
    }
}
