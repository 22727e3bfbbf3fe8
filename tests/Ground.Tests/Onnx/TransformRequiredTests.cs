using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

/// <summary>Rows that lack a required column: no score, with the column as the reason.</summary>
public sealed class TransformRequiredTests
{
    static readonly OnnxModel Model = TransformGraph.Of(
    [
        new("price", ColumnKind.Number, new FittedStep.Require(), new FittedStep.Impute(1)),
        new("units", ColumnKind.Number),
        new("store", ColumnKind.Text, new FittedStep.Require()),
    ]).Append(Learners.Linear([1, 10], 0));

    static Column[] Rows(double?[] price, double?[] units, string?[] store) => [Column.Of("price", price), Column.Of("units", units), Column.Of("store", store)];

    [Fact]
    public void A_row_without_a_required_column_has_no_score_and_says_why()
    {
        using var scorer = Scorer.Open(Model.ToBytes());
        var rows = Rows([1, null, 3, null, 5], [1, 2, 3, 4, 5], ["a", "b", null, "", "c"]);

        Assert.Equal([11, float.NaN, float.NaN, float.NaN, 55], scorer.Score(rows));
        Assert.Equal([new("price", 2), new("store", 1)], scorer.CountUnscored(rows));
        Assert.Equal(["price", "store"], scorer.Required);
    }

    [Fact]
    public void A_score_that_is_no_number_for_another_reason_is_still_refused_with_its_row()
    {
        using var scorer = Scorer.Open(Model.ToBytes());
        var rows = Rows([1, null, 3, 4], [1, null, 3, null], ["a", "b", "c", "d"]);

        var e = Assert.Throws<KumikiException>(() => scorer.Score(rows));

        Assert.Equal(("onnx.score-nan", "4", "units"), (e.Says.Id, e.Says.Values["row"], e.Says.Values["columns"]));
    }

    [Fact]
    public void Rows_in_thousands_of_which_some_lack_a_column_score_as_alone()
    {
        using var scorer = Scorer.Open(Model.ToBytes(), new() { BlockRows = 64 });
        var random = new Random(8);
        double?[] price = [.. Enumerable.Range(0, 5000).Select(_ => random.Next(4) == 0 ? (double?)null : random.NextDouble())];
        var rows = Rows(price, [.. price.Select(_ => (double?)random.NextDouble())], [.. price.Select(_ => random.Next(5) == 0 ? null : "x")]);

        var scores = scorer.Score(rows);

        for (var r = 0; r < scores.Length; r++)
        {
            Column[] row = [.. rows.Select(c => c.Slice(r, 1))];
            Assert.Equal(scores[r], scorer.Score(row)[0]);
            Assert.Equal(float.IsNaN(scores[r]) ? 1 : 0, scorer.CountUnscored(row).Values.Sum());
        }
        Assert.Equal(scores.Count(float.IsNaN), scorer.CountUnscored(rows).Values.Sum());
    }

    [Fact]
    public void A_block_that_is_used_again_forgets_which_rows_had_no_score()
    {
        using var scorer = Scorer.Open(Model.ToBytes());
        using var block = scorer.NewBlock(2);
        (float[] Scores, IEnumerable<string?> Why) Run(double?[] price, string[] store)
        {
            block.Begin(2);
            foreach (var (i, column) in scorer.Columns.Index())
            {
                if (column.Name == "price") block.Fill<double?>(i, price);
                else if (column.Name == "units") block.Fill<double>(i, [1, 2]);
                else foreach (var text in store) block.FillNextText(i, System.Text.Encoding.UTF8.GetBytes(text));
            }
            return (block.Run().ToArray(), new[] { block.MissingIn(0), block.MissingIn(1) });
        }

        var (scores, why) = Run([null, 1], ["a", ""]);
        Assert.Equal([float.NaN, float.NaN], scores);
        Assert.Equal(["price", "store"], why);
        (scores, why) = Run([1, 1], ["a", "b"]);
        Assert.Equal([11, 21], scores);
        Assert.Equal([null, null], why);
    }

    [Fact]
    public void Values_marked_missing_by_their_bits_count_too()
    {
        using var scorer = Scorer.Open(Model.ToBytes());
        Column[] rows = [Column.Of<double>("price", new double[] { 1, 2, 3 }, new ulong[] { 0b101 }), Column.Of("units", 1.0, 2, 3), Column.Of<string>("store", new[] { "a", "b", "c" }, new ulong[] { 0b011 })];

        Assert.Equal([11, float.NaN, float.NaN], scorer.Score(rows));
        Assert.Equal([new("price", 1), new("store", 1)], scorer.CountUnscored(rows));
    }
}
