using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class TargetTests : IDisposable
{
    static readonly Trees<ToyRow> Trees = new();

    readonly ToyWorld world = new(Toy.Rows(300, seed: 1));

    TargetColumn Of(Algorithm algorithm, int[]? train = null) => TargetColumn.Of(algorithm, world.Frame, train ?? world.All);

    [Fact]
    public void Classes_stand_in_the_order_that_is_stated()
    {
        Assert.Equal(["false", "true"], Of(Trees.Binary(r => r.Returned)).Classes);
        Assert.Equal(["true", "false"], Of(Trees.Binary(r => r.Returned, positive: "false")).Classes);
        Assert.Equal(["bad", "fair", "good"], Of(Trees.MultiClass(r => r.Mood)).Classes);
        Assert.Equal(["Small", "Large", "Middle"], Of(Trees.MultiClass(r => r.Size)).Classes);
        Assert.Equal(["0", "1", "2", "3"], Of(Trees.MultiClass(r => r.Code)).Classes);
    }

    [Fact]
    public void Each_row_has_the_number_of_its_class()
    {
        var moods = Of(Trees.MultiClass(r => r.Mood));
        var returned = Of(Trees.Binary(r => r.Returned));

        Assert.Equal(world.Rows.Select(r => r.Mood), moods.Values.Select(v => moods.Classes[(int)v]));
        Assert.Equal(world.Rows.Select(r => r.Returned ? 1.0 : 0), returned.Values);
        Assert.Equal(world.Rows.Select(r => r.Sold), Of(Trees.Regression(r => r.Sold)).Values);
    }

    [Fact]
    public void A_class_that_no_training_row_has_is_left_out_and_counted()
    {
        int[] train = [.. world.All.Where(r => world.Rows[r].Mood != "good")];

        var target = Of(Trees.MultiClass(r => r.Mood), train);

        Assert.Equal(["bad", "fair"], target.Classes);
        Assert.Equal(300 - train.Length, target.UnknownRows);
        Assert.Equal(300 - train.Length, target.Values.Count(double.IsNaN));
    }

    [Fact]
    public void Weights_are_the_rows_times_the_classes()
    {
        var algorithm = Trees.MultiClass(r => r.Mood) with
        {
            Weights = Toy.Schema.Find("weight"),
            ClassWeights = new Dictionary<string,
            double>
            { ["bad"] = 3 }
        };
        int[] train = [.. Enumerable.Range(0, 200)];

        var given = Of(algorithm).Weights(algorithm, world.Frame, train, [])!;
        var alike = Of(algorithm).Weights(Trees.MultiClass(r => r.Mood) with { Balanced = true }, world.Frame, train, [])!;

        Assert.Equal(world.Rows.Select(r => r.Weight * (r.Mood == "bad" ? 3 : 1)), given);
        foreach (var mood in new[] { "bad", "fair", "good" }) Assert.Equal(200 / 3.0, train.Where(r => world.Rows[r].Mood == mood).Sum(r => alike[r]), 1e-9);
        Assert.Null(Of(algorithm).Weights(Trees.MultiClass(r => r.Mood), world.Frame, train, []));
    }

    [Fact]
    public void A_frame_holds_what_the_file_has_and_brings_rows_together()
    {
        var frame = world.Frame;

        Assert.Equal(world.Rows.Select(r => r.Sold), frame.Numbers("sold"));
        Assert.Equal(world.Rows.Select(r => r.Price is { } p ? (double)(float)p : double.NaN), frame.Numbers("price"));
        Assert.Equal(world.Rows.Select(r => r.Place), frame.Texts("place"));
        Assert.Equal(world.Rows.Select(r => (double)r.Day.DayNumber - new DateOnly(1970, 1, 1).DayNumber), frame.Numbers("day"));
        Assert.Equal(world.Rows.Select(r => r.Discount is { } d ? d ? 1.0 : 0 : double.NaN), frame.Numbers("discount"));
        Assert.Equal(world.Rows.Select(r => r.Day.DayNumber - new DateOnly(1970, 1, 1).DayNumber), frame.Keys("day"));

        int[] some = [3, 1, 250];
        foreach (var name in new[] { "sold", "price", "day", "discount" }) Assert.Equal(Frame.Gather(frame.Numbers(name), some), frame.Numbers(name, some));

        using var scorer = Onnx.Scorer.Open(Onnx.TransformGraph.Of(Toy.Raw).ToBytes());
        var all = scorer.Score(frame.All());
        var random = new Random(1);
        var window = frame.Window(["place", "price", "day", "discount"], 50);
        for (var trial = 0; trial < 20; trial++)
        {
            int[] rows = [.. Enumerable.Range(0, random.Next(1, 51)).Select(_ => random.Next(300))];
            Assert.Equal(rows.SelectMany(r => all[(r * scorer.Width)..((r + 1) * scorer.Width)]), scorer.Score(window.Of(rows)));
        }
    }

    [Fact]
    public void Whole_numbers_that_are_names_become_texts()
    {
        var frame = Frame.Read(world.Engine, [world.File], new Dictionary<string, Onnx.ColumnKind> { ["code"] = Onnx.ColumnKind.Text }, 10, 20, default);

        Assert.Equal(world.Rows.Skip(10).Take(20).Select(r => $"{r.Code}"), frame.Texts("code"));
        Assert.Equal(20, frame.Rows);
    }

    [Fact]
    public void Scored_rows_are_read_as_they_were_written()
    {
        var scored = new Scored([1, 2, 3, 4, 5, 6], [0, 1]) { Names = ["truth", "lower bound", "上"], Rows = [7, 3] };
        var plain = new Scored([0.25, 0.5], [1, 0]);
        foreach (var (number, rows) in new[] { scored, plain }.Index())
        {
            var path = Path.Combine(world.Folder, $"scored-{number}.parquet");
            ScoredRows.Write(world.Engine, rows, path, default);

            var read = ScoredRows.Read(world.Engine, path, default);

            Assert.Equal(rows.Scores, read.Scores);
            Assert.Equal(rows.Truth, read.Truth);
            Assert.Equal(rows.Names, read.Names);
            Assert.Equal(rows.Rows, read.Rows);
        }
        using var reader = new TableReader(world.Engine, [Path.Combine(world.Folder, "scored-0.parquet")]);
        Assert.Equal(["score.truth", "score.lower bound", "score.上", "truth", "row"], reader.Columns.Select(c => c.Name));
        Assert.Equal([2.0, 5], scored.Only("lower bound").Scores);
        Assert.Same(plain, plain.Only("score"));
        Assert.Throws<ArgumentException>(() => plain.Only("upper"));
    }

    public void Dispose() => world.Dispose();
}
