using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>One definition, both worlds: a row's features have the same bits alone, in any batch and at any place in it.</summary>
public sealed class SameBitsTests
{
    sealed record Row(double? A, double? B, int? Count, bool? Flag, DateOnly? Day, string? Store, string? Item, int Code);

    static T? Or<T>(Random random, T value) where T : struct => random.Next(7) == 0 ? null : value;

    static Row[] Rows(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => new Row(
        Or(random, Math.Pow(10, (random.NextDouble() * 12) - 6) * (random.Next(3) - 1)), Or(random, random.NextDouble() * 50), Or(random, random.Next(9)), Or(random, random.Next(2) == 0),
        Or(random, new DateOnly(1900, 1, 1).AddDays(random.Next(73_000))), random.Next(9) == 0 ? null : $"店{random.Next(12)}", random.Next(9) == 0 ? null : $"item {random.Next(5)}", random.Next(6)))];

    static readonly Func<Random, Features<Row>, Features<Row>>[] Steps =
    [
        (d, f) => f.Number(r => r.A),
        (d, f) => f.Impute(r => r.A, (Impute)d.Next(4), d.Next(2) == 0),
        (d, f) => f.Scale(r => r.A, (Scale)d.Next(4)),
        (d, f) => f.Log(r => r.A, signed: true),
        (d, f) => f.Power(r => r.A, d.Next(2) == 0),
        (d, f) => f.Clip(r => r.A, 0.1, 0.8),
        (d, f) => f.Discretise(r => r.A, d.Next(2, 9), (Bins)d.Next(3), d.Next(2) == 0),
        (d, f) => f.Log(r => r.B),
        (d, f) => f.Clip(r => r.B, 0, 0.9),
        (d, f) => f.Number(r => r.Flag),
        (d, f) => f.Date(r => r.Day, (DatePart)d.Next(8)),
        (d, f) => f.Date(r => r.Day, Enum.GetValues<DatePart>()),
        (d, f) => f.Cycle(r => r.Day, DatePart.DayOfYear).Cycle(r => r.Day, 29.53),
        (d, f) => f.DaysSince(r => r.Day, new(2000, 1, 1)).Event(r => r.Day, "fair", new(1950, 1, 1), new(1999, 9, 9)),
        (d, f) => f.OneHot(r => r.Store),
        (d, f) => f.OneHot(r => r.Code, most: d.Next(3, 5), missing: d.Next(2) == 0),
        (d, f) => f.Impute(r => r.Store, Impute.MostFrequent, d.Next(2) == 0).Hash(r => r.Store, d.Next(1, 40)),
        (d, f) => f.Frequency(r => r.Store).Hash(r => r.Item, 7, 3, signed: false),
        (d, f) => f.Ordinal(r => r.Code),
        (d, f) => f.Power(r => r.Count).Cycle(r => r.Count, 1 + (d.NextDouble() * 9)),
        (d, f) => f.TargetMean(r => r.Item),
        (d, f) => f.OneHot(r => Cross.Of(r.Store, r.Item), most: 20, missing: true),
        (d, f) => f.Hash(r => Cross.Of(r.Store, r.Item, r.Code), 16),
        (d, f) => f.TargetMean(r => Cross.Of(r.Item, r.Code)),
        (d, f) => f.Log(r => Cross.Product(r.A, r.B), signed: true),
        (d, f) => f.Impute(r => Cross.Ratio(r.B, r.Count, 0), Impute.Mean).Scale(r => Cross.Ratio(r.B, r.Count, 0), Scale.Robust),
    ];

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8), InlineData(9), InlineData(10), InlineData(11), InlineData(12)]
    public void A_row_has_the_same_bits_alone_and_in_every_batch(int seed)
    {
        var random = new Random(seed);
        // Random subsets in random order; what one random set cannot have twice is left out.
        var features = new Features<Row>([]);
        var chosen = Steps.Where(_ => random.Next(2) == 0).OrderBy(_ => random.Next()).ToArray();
        foreach (var step in chosen)
        {
            var more = step(random, features);
            if (more.Plans.All(p => p.Steps.Where(s => s is StepPlan.Date or StepPlan.OneHot or StepPlan.Impute or StepPlan.Hash).GroupBy(s => s is StepPlan.Date ? s : (object)s.GetType()).All(g => g.Count() == 1)))
                features = more;
        }
        var rows = Rows(random, 700);
        using var world = new PreprocessWorld();
        var frame = world.Frame(rows, features);
        var target = rows.Select(_ => random.NextDouble()).ToArray();
        var model = TransformGraph.Of(Fitting.Of(features.Plans, frame, [.. Enumerable.Range(0, 300)], target[..300]).Columns).ToBytes();
        var all = frame.All();
        using var scorer = Scorer.Open(model);
        var whole = scorer.Score(all);

        using var small = Scorer.Open(model, new() { BlockRows = 37, Threads = 2 });
        AssertSameBits(whole, small.Score(all), scorer);
        for (var from = 0; from < rows.Length;)
        {
            var count = Math.Min(random.Next(1, 60), rows.Length - from);
            AssertSameBits(whole.AsSpan(from * scorer.Width, count * scorer.Width), scorer.Score([.. all.Select(c => c.Slice(from, count))]), scorer);
            from += count;
        }
        for (var row = 0; row < rows.Length; row++)
            AssertSameBits(whole.AsSpan(row * scorer.Width, scorer.Width), scorer.Score([.. all.Select(c => c.Slice(row, 1))]), scorer);
    }

    static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, Scorer scorer)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
            if (BitConverter.SingleToUInt32Bits(expected[i]) != BitConverter.SingleToUInt32Bits(found[i]))
                Assert.Fail($"{scorer.Features[i % scorer.Width]} of row {i / scorer.Width}: {found[i]:R} instead of {expected[i]:R}.");
    }
}
