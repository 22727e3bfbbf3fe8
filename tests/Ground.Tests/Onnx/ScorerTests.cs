using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class ScorerTests
{
    static readonly byte[] Trees = World.Model.ToBytes();

    /// <summary>A linear model over many imputed numbers and one text, so that its sum is long enough for the order of adding to show.</summary>
    static (OnnxModel Model, Func<int, Column[]> Rows) Wide(int numbers)
    {
        var random = new Random(numbers);
        var columns = Enumerable.Range(0, numbers)
            .Select(i => new FittedColumn($"x{i}", ColumnKind.Number, new FittedStep.Impute(0.3), new FittedStep.Scale(0.1 * i, 1 + i)))
            .Append(new FittedColumn("store", ColumnKind.Text, new FittedStep.OneHot(World.Stores))).ToArray();
        float[] weights = [.. Enumerable.Range(0, numbers + 3).Select(_ => (float)(random.NextDouble() - 0.5))];
        Column[] Rows(int count) =>
        [
            .. Enumerable.Range(0, numbers).Select(i => Column.Of<double>(
                $"x{i}", [.. Enumerable.Range(0, count).Select(_ => random.Next(8) == 0 ? double.NaN : random.NextDouble() * 100)])),
            Column.Of<string>("store", [.. Enumerable.Range(0, count).Select(_ => World.Stores[random.Next(3)])]),
        ];
        return (TransformGraph.Of(columns).Append(Learners.Linear(weights, 0.7f)), Rows);
    }

    static Column[] Part(Column[] rows, int from, int count) => [.. rows.Select(c => c.Slice(from, count))];

    [Theory]
    [InlineData("trees")]
    [InlineData("logistic")]
    [InlineData("features")]
    public void A_batch_equals_its_single_rows_to_the_last_bit_in_blocks_of_any_size(string kind)
    {
        var model = (kind switch { "trees" => World.Model, "logistic" => World.Logistic, _ => World.Transform }).ToBytes();
        var random = new Random(11);
        var rows = World.Rows(5000, seed: 5);
        using var alone = Scorer.Open(model);
        var single = Enumerable.Range(0, 5000).SelectMany(r => alone.Score(Part(rows, r, 1))).ToArray();

        for (var i = 0; i < 25; i++)
        {
            using var scorer = Scorer.Open(model, new() { BlockRows = random.Next(1, 3000), Threads = random.Next(1, 4) });
            var from = random.Next(0, 4999);
            var count = random.Next(1, 5000 - from);
            Assert.Equal(Bits(single.AsSpan(from * alone.Width, count * alone.Width)), Bits(scorer.Score(Part(rows, from, count))));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(130)]
    [InlineData(517)]
    public void A_linear_model_gives_a_row_the_same_bits_alone_and_in_a_batch(int numbers)
    {
        var (model, make) = Wide(numbers);
        var rows = make(300);
        using var alone = Scorer.Open(model.ToBytes());
        var single = Enumerable.Range(0, 300).Select(r => alone.Score(Part(rows, r, 1))[0]).ToArray();

        for (var size = 1; size <= 40; size++)
        {
            using var scorer = Scorer.Open(model.ToBytes(), new() { BlockRows = size, Threads = 1 });
            Assert.Equal(Bits(single), Bits(scorer.Score(rows)));
        }
        using var whole = Scorer.Open(model.ToBytes());
        Assert.Equal(Bits(single), Bits(whole.Score(rows)));
    }

    static uint[] Bits(ReadOnlySpan<float> scores)
    {
        var bits = new uint[scores.Length];
        for (var i = 0; i < bits.Length; i++) bits[i] = BitConverter.SingleToUInt32Bits(scores[i]);
        return bits;
    }

    [Fact]
    public void Columns_may_come_in_any_order_and_with_others_between()
    {
        var rows = World.Rows(50, seed: 1);
        using var scorer = Scorer.Open(Trees);

        Assert.Equal(scorer.Score(rows), scorer.Score([Column.Of("other", new string[50]), .. rows.Reverse()]));
    }

    [Fact]
    public void A_column_that_comes_twice_is_named()
    {
        using var scorer = Scorer.Open(Trees);
        var rows = World.Rows(3, seed: 1);

        var e = Assert.Throws<KumikiException>(() => scorer.Score([.. rows, rows[2]]));

        Assert.Equal("Column day is given twice; name each column once.", e.Says.In("en"));
    }

    [Fact]
    public void A_missing_column_is_named()
    {
        using var scorer = Scorer.Open(Trees);

        var e = Assert.Throws<KumikiException>(() => scorer.Score(World.Rows(3, seed: 1)[1..]));

        Assert.Equal(
            "The model reads column price, which is not among the given ones (units, day, discount, store); add it, empty where it is unknown.",
            e.Says.In("en"));
    }

    [Fact]
    public void A_column_of_another_type_is_named_with_both_types()
    {
        using var scorer = Scorer.Open(Trees);

        var e = Assert.Throws<KumikiException>(() => scorer.Score([Column.Of("price", "1", "2", "3"), .. World.Rows(3, seed: 1)[1..]]));

        Assert.Equal("Column price is of kind Number and cannot be read from String; give it the type it had in training.", e.Says.In("en"));
    }

    [Fact]
    public void An_infinite_number_is_named_with_its_row_in_whatever_block_it_stands()
    {
        var prices = new double[1000];
        prices[777] = 1e39;
        prices[900] = double.NegativeInfinity;
        using var scorer = Scorer.Open(Trees, new() { BlockRows = 100, Threads = 3 });

        for (var i = 0; i < 20; i++)
        {
            var e = Assert.Throws<KumikiException>(() => scorer.Score([Column.Of("price", prices), .. World.Rows(1000, seed: 1)[1..]]));
            Assert.Equal("Column price has a number too large for a model in row 778 (1E+39); correct it or leave it empty.", e.Says.In("en"));
        }
    }

    [Fact]
    public void A_score_that_is_no_number_is_named_with_the_missing_columns()
    {
        var model = TransformGraph.Of([new("a", ColumnKind.Number), new("b", ColumnKind.Number)]).Append(Learners.Linear([1, 1], 0));
        using var scorer = Scorer.Open(model.ToBytes(), new() { BlockRows = 2, Threads = 1 });

        var e = Assert.Throws<KumikiException>(() => scorer.Score([Column.Of("a", 1.0, 2, 3, 4), Column.Of<double?>("b", 1, 2, 3, null)]));

        Assert.Equal("Row 4 has no finite score; what is missing there: b. Fill it in, or impute it in the model.", e.Says.In("en"));
    }

    [Fact]
    public void Unknown_categories_are_counted_and_missing_ones_are_not()
    {
        using var scorer = Scorer.Open(Trees);
        var rows = World.Rows(4, seed: 1);
        rows[4] = Column.Of<string?>("store", "North", "north", null, "");
        Assert.Equal(new Dictionary<string, long> { ["store"] = 1 }, scorer.CountUnknown(rows));

        rows[4] = Column.Of<string?>("store", new[] { "x", "y", "North", "z" }, valid: new ulong[] { 0b0111 });
        Assert.Equal(new Dictionary<string, long> { ["store"] = 2 }, scorer.CountUnknown(rows));

        rows[4] = Column.Of<int>("store", 1, 2, 3, 4);
        Assert.Equal(new Dictionary<string, long> { ["store"] = 4 }, scorer.CountUnknown(rows));
    }

    [Fact]
    public void Rows_that_come_as_spans_give_the_same_scores_as_columns()
    {
        using var scorer = Scorer.Open(Trees);
        using var block = scorer.NewBlock(capacity: 2);
        block.Begin(2);
        block.Fill<double>(0, [2.5, 0], valid: [0b01]);
        block.Fill<long>(1, [120, 80]);
        block.Fill<int>(2, [19800, 19801]);
        block.Fill<bool>(3, [true, false]);
        block.FillNextText(4, "South"u8);
        Assert.Throws<KumikiException>(() => block.Run());
        block.FillNextText(4, "nobody knows it"u8);

        var scores = scorer.Score([
            Column.Of<decimal?>("price", 2.5m, null), Column.Of<short>("units", 120, 80),
            Column.Of("day", new DateOnly(1970, 1, 1).AddDays(19800), new DateOnly(1970, 1, 1).AddDays(19801)),
            Column.Of("discount", true, false), Column.Of("store", "South", "")]);

        Assert.Equal(scores, block.Run().ToArray());
    }

    [Fact]
    public void Missing_rows_stay_missing_in_slices_and_in_blocks_of_any_size()
    {
        var model = TransformGraph.Of([new("x", ColumnKind.Number, new FittedStep.Impute(-1))]).ToBytes();
        var column = Column.Of<double>("x", Enumerable.Range(0, 150).Select(i => (double)i).ToArray(), valid: new ulong[] { ~(1UL << 5), ~(1UL << 6), ~0UL });
        float[] expected = [.. Enumerable.Range(0, 150).Select(i => i is 5 or 70 ? -1f : i)];

        foreach (var size in (int[])[1, 7, 64, 150])
        {
            using var scorer = Scorer.Open(model, new() { BlockRows = size });
            Assert.Equal(expected, scorer.Score([column]));
            Assert.Equal(expected[3..80], scorer.Score([column.Slice(2, 100).Slice(1, 77)]));
        }
    }

    [Fact]
    public void A_block_in_which_a_column_was_forgotten_does_not_run_on_the_rows_before()
    {
        using var scorer = Scorer.Open(Trees);
        using var block = scorer.NewBlock(capacity: 1);
        void FillAll(bool day)
        {
            block.Begin(1);
            block.Fill<double>(0, [2.5]);
            block.Fill<int>(1, [7]);
            if (day) block.Fill<int>(2, [19800]);
            block.Fill<bool>(3, [true]);
            block.Fill<string>(4, ["South"]);
        }
        FillAll(day: true);
        block.Run();

        FillAll(day: false);

        var e = Assert.Throws<KumikiException>(() => block.Run());
        Assert.Equal(("onnx.column-missing", "day"), (e.Says.Id, e.Says.Values["column"]));
    }

    [Fact]
    public void Scoring_a_block_again_makes_no_garbage()
    {
        using var scorer = Scorer.Open(Trees);
        using var block = scorer.NewBlock(capacity: 16);
        double[] prices = [.. Enumerable.Range(0, 16).Select(i => i * 0.5)];
        int[] units = [.. Enumerable.Range(0, 16)];
        var (flags, stores) = (new bool[16], Enumerable.Repeat("South", 16).ToArray());
        void Again()
        {
            block.Begin(16);
            block.Fill<double>(0, prices);
            block.Fill<int>(1, units);
            block.Fill<int>(2, units);
            block.Fill<bool>(3, flags);
            block.Fill<string>(4, stores);
            block.Run();
        }
        for (var i = 0; i < 2000; i++) Again();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Again();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Scoring_stops_when_cancelled()
    {
        using var scorer = Scorer.Open(Trees);

        Assert.Throws<OperationCanceledException>(() => scorer.Score(World.Rows(10, seed: 1), new CancellationToken(canceled: true)));
    }

    [Fact]
    public void No_rows_give_no_scores()
    {
        using var scorer = Scorer.Open(Trees);

        Assert.Empty(scorer.Score(World.Rows(0, seed: 1)));
    }
}
