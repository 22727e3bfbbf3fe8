using Kumiki.Testing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class SliceSearchTests
{
    const int Rows = 4000;

    /// <summary>Losses that hang on no column, and six columns of two to eight values.</summary>
    static (double[] Losses, List<SearchColumn> Columns) Clean(Random random) =>
        ([.. Enumerable.Range(0, Rows).Select(_ => -Math.Log(1 - random.NextDouble()))],
        [.. new[] { 2, 3, 4, 5, 8, 8 }.Select((values, c) => new SearchColumn($"c{c}", [.. Enumerable.Range(0, values).Select(v => $"v{v}")], [.. Enumerable.Range(0, Rows).Select(_ => random.Next(values))], IsRange: false))]);

    static SlicesData Of(double[] losses, List<SearchColumn> columns, params (string, bool[])[] declared) => new SliceView("loss", [.. Enumerable.Range(0, losses.Length)], losses, new double[losses.Length], [], null).Of(declared, columns, default);

    [Fact]
    public void A_clean_set_raises_no_alarm()
    {
        var alarms = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var (losses, columns) = Clean(new Random(seed));
            var found = Of(losses, columns);
            Assert.InRange(found.Tried, 300, 500);
            if (found.Found.Count > 0) alarms++;
        }
        Assert.InRange(alarms, 0, 3);       // one set in twenty may, by the level of the tests
    }

    [Fact]
    public void A_planted_weak_slice_of_one_column_is_found_first()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (losses, columns) = Clean(new Random(100 + seed));
            for (var row = 0; row < Rows; row++)
                if (columns[4].Codes[row] == 3) losses[row] += 0.6;

            var found = Of(losses, columns).Found;

            Assert.Equal("c4 = v3", found[0].Name);
            Assert.InRange(found[0].Effect!.Value, 0.35, 0.85);
            Assert.True(found[0].PAdjusted < 1e-6);
            Assert.InRange(found.Count, 1, 2);      // no slice of two columns that only shares the weakness
        }
    }

    [Fact]
    public void A_planted_weak_slice_of_two_columns_is_found_as_such()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (losses, columns) = Clean(new Random(200 + seed));
            for (var row = 0; row < Rows; row++)
                if (columns[1].Codes[row] == 2 && columns[3].Codes[row] == 0) losses[row] += 1;

            var found = Of(losses, columns).Found;

            Assert.Equal("c1 = v2, c3 = v0", found[0].Name);
            Assert.Equal(Enumerable.Range(0, Rows).Count(r => columns[1].Codes[r] == 2 && columns[3].Codes[r] == 0), found[0].Rows);
        }
    }

    [Fact]
    public void Three_rows_a_whole_set_and_none_at_all_are_shown_without_judgement_or_crash()
    {
        var (losses, columns) = Clean(new Random(7));

        var slices = Of(losses, columns, ("three", [.. losses.Select((_, r) => r < 3)]), ("none", new bool[Rows]), ("all", [.. losses.Select(_ => true)])).Declared;

        Assert.Equal([("three", 3, true), ("none", 0, true), ("all", Rows, true)], slices.Select(s => (s.Name, s.Rows, s.TooSmall)));
        Assert.Empty(Of([0.5, 1, 2], [new("c", ["a", "b"], [0, 1, 0], false)]).Found);
        Assert.Empty(Of([.. Enumerable.Repeat(1.0, 200)], [new("c", ["a", "b"], [.. Enumerable.Range(0, 200).Select(i => i % 2)], false)]).Found);
    }

    [Fact]
    public void A_slice_names_its_worst_rows_and_counts_each_loss_once()
    {
        double[] losses = [.. Enumerable.Range(0, 1000).Select(r => r % 100 / 100.0)];
        bool[] even = [.. Enumerable.Range(0, 1000).Select(r => r % 2 == 0)];
        losses[500] = 50;       // far beyond the rest

        var found = Of(losses, [], ("even", even));
        var (all, slice) = (found.All!, found.Declared.Single().Errors!);

        Assert.Equal((1000, 500), (all.Counts.Sum(), slice.Counts.Sum()));
        Assert.Equal(25, found.LossEdges.Count);
        Assert.InRange(found.LossEdges[^1], 0.98, 0.99);
        Assert.Equal(20, slice.Counts[12]);     // losses of 0.50 and 0.52 in the bin from 0.495, ten rows each
        Assert.Equal(20, slice.Worst.Count);
        Assert.Equal((500, 50.0), (slice.Worst[0].Row, slice.Worst[0].Loss));
        Assert.Equal([98, 198, 298], slice.Worst.Skip(1).Take(3).Select(w => w.Row));
        Assert.All(slice.Worst.Skip(1).Take(10), w => Assert.Equal(0.98, w.Loss));
    }
}
