using System.Text;
using Kumiki.Analyzing;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Analyzing;

public sealed class BadInputTests
{
    internal sealed record Row(int Units, double Price, string? Name, DateOnly Day);

    const string Some = "SELECT i AS units, i / 3 AS price, 'n' || i % 3 AS name, DATE '2024-01-01' + i::INT AS day FROM range(30) t(i)";

    [Fact]
    public void A_dataset_without_rows_says_so_and_has_a_page()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Row>($"{Some} WHERE i < 0", new("sales") { Target = "units", Time = "day" });

        Assert.Equal(["sales has no rows; look at its source, or at what its query leaves out."], AnalysisWorld.Said(report));
        Assert.Equal(["units", "price", "name", "day"], report.Columns.Select(c => c.Name));
        Assert.Contains("sales has no rows", AnalysisPage.Of(report, "sales@1", "en"), StringComparison.Ordinal);
        Assert.Equal(0, TableAnalysis.Of(world.Engine, [], RowSchema.Of<Row>(), new("sales")).Rows);
    }

    [Fact]
    public void One_row_says_so()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Row>($"{Some} WHERE i = 1", new("sales") { Target = "units", Time = "day" });

        Assert.Equal(["sales has one row, so that nothing can be said of spread or relations; load more data.",
            "The target units has 1 distinct value(s), so that nothing can be learned from it; look at how the rows were chosen."], AnalysisWorld.Said(report));
        Assert.Null(report.Column("price").Number!.Std);
        Assert.NotEmpty(AnalysisPage.Of(report, "sales@1", "ja"));
    }

    [Fact]
    public void Fifty_thousand_categories_are_counted_and_named()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Row>("SELECT i AS units, 1 AS price, 'customer ' || i % 50000 AS name, DATE '2024-01-01' AS day FROM range(150000) t(i)",
            new("sales") { Target = "name" });

        Assert.Equal(new DistinctCount(50_000, Exact: true), report.Column("name").Distinct);
        Assert.Contains("The target name has 50,000 distinct values, which are no numbers and too many for classes; name another target.",
            AnalysisWorld.Said(report));
        var plain = world.Analyze<Row>("SELECT i AS units, 1 AS price, 'customer ' || i % 50000 AS name, DATE '2024-01-01' AS day FROM range(150000) t(i)");
        Assert.Contains("name has 50,000 different texts, too many for a column each; group the rare ones, or encode by frequency or hash.",
            AnalysisWorld.Said(plain));
    }

    [Fact]
    public void Five_hundred_columns_make_one_report_with_few_findings()
    {
        using var world = new AnalysisWorld();
        var schema = new RowSchema("Wide", [.. Enumerable.Range(0, 500)
            .Select(i => new ColumnSchema { Name = $"c{i}", Property = $"C{i}", Kind = i % 5 == 4 ? ColumnKind.String : ColumnKind.Double, Nullable = true })]);
        var path = world.Write($"SELECT {string.Join(", ", schema.Columns.Select((c, i) => $"{(i % 5 == 4 ? $"'v' || hash(i * {2 * i + 1}) % 9" : i % 50 == 0 ? "7.0" : $"(hash(i * {2 * i + 1}) % 1000) / 10.0")} AS c{i}"))} FROM range(400) t(i)", schema);

        var report = TableAnalysis.Of(world.Engine, [path], schema, new("wide") { Target = "c1" });

        Assert.Equal((500, 32, 489), (report.Columns.Count, report.Relations.Columns.Count, report.Target!.Columns.Count));
        Assert.Equal("c1", report.Relations.Columns[0]);
        Assert.InRange(report.Findings.Count, 1, 20);
        Assert.Contains("10 columns have one value in every row: c0, c50, c100, c150, c200, c250, c300, c350 ….", AnalysisWorld.Said(report));
        Assert.InRange(AnalysisPage.Of(report, "wide@1", "en").Length, 100_000, 20_000_000);
    }

    internal sealed record Empty(double? Nothing, string? Silent, int Same, double Wild);

    [Fact]
    public void Empty_and_constant_columns_and_values_that_are_no_numbers_are_named()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Empty>("SELECT NULL AS nothing, NULL AS silent, 5 AS same, CASE i % 4 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'infinity'::DOUBLE ELSE i END AS wild FROM range(40) t(i)");

        Assert.Equal(["18 rows (45 %) repeat an earlier one in every column; make sure that they are meant.",
            "nothing has no value in any row; mend its source, or leave it out.", "silent has no value in any row; mend its source, or leave it out.",
            "same has one value in every row, so that it tells nothing.",
            "wild has 20 values that are infinite or no number; mend them before a model counts with them."], AnalysisWorld.Said(report));
        var wild = report.Column("wild").Number!;
        Assert.Equal((10L, 10L, 2.0, 39.0, 20.5), (wild.Infinite, wild.NotANumber, wild.Min, wild.Max, wild.Mean));
        Assert.NotEmpty(AnalysisPage.Of(report, "empty@1", "en"));
    }

    [Fact]
    public void A_column_of_nothing_but_infinities_has_no_bounds()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Empty>("SELECT 'infinity'::DOUBLE AS nothing, 'x' AS silent, 5 AS same, i AS wild FROM range(40) t(i)");

        Assert.Equal((40L, 0), (report.Column("nothing").Number!.Infinite, report.Column("nothing").Number!.Histogram.Counts.Count));
        Assert.Contains("\"infinite\": 40", Encoding.UTF8.GetString(report.ToJson()), StringComparison.Ordinal);
        Assert.NotEmpty(AnalysisPage.Of(report, "empty@1", "en"));
    }

    [Fact]
    public void Very_long_texts_are_cut_and_no_text_can_break_the_page()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Row>("SELECT i AS units, 1.5 AS price, CASE i % 3 WHEN 0 THEN repeat('長', 100000) WHEN 1 THEN '</style><script>alert(1)</script>\"''&' || chr(7) ELSE '' END AS name, DATE '2024-01-01' AS day FROM range(30) t(i)");

        var page = AnalysisPage.Of(report, "<b>@1", "en");
        Assert.Equal(100_000, report.Column("name").Text!.MaxLength);
        Assert.All(report.Column("name").Top, t => Assert.True(t.Value.Length <= 200));
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>@1", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\a', page);
        Assert.InRange(page.Length, 1000, 100_000);
        Assert.Contains("name has 10 empty texts; decide whether they are missing values.", AnalysisWorld.Said(report));
    }

    [Theory]
    [InlineData("unit", null, "Target names the column unit, which sales does not have; the nearest is units.")]
    [InlineData(null, "days", "Time names the column days, which sales does not have; the nearest is day.")]
    [InlineData(null, "price", "Time names the column price of sales, which is a double; name one of DateOnly or DateTime.")]
    public void A_target_or_time_that_is_not_there_is_refused_by_name(string? target, string? time, string says)
    {
        using var world = new AnalysisWorld();

        var refused = Assert.Throws<KumikiException>(() => world.Analyze<Row>(Some, new("sales") { Target = target, Time = time }));

        Assert.Equal(says, refused.Says.In("en"));
    }

    [Fact]
    public void A_size_out_of_range_is_refused_by_name()
    {
        using var world = new AnalysisWorld();

        var refused = Assert.Throws<KumikiException>(() => world.Analyze<Row>(Some, new("sales") { Sizes = new() { Rows = 10 } }));

        Assert.Equal("The size Rows is 10, but must be at least 1000; raise it.", refused.Says.In("en"));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using var world = new AnalysisWorld();

        Assert.Contains("/no/rows.parquet", Assert.Throws<KumikiException>(() =>
            TableAnalysis.Of(world.Engine, ["/no/rows.parquet"], RowSchema.Of<Row>(), new("sales"))).Says.In("en"), StringComparison.Ordinal);
    }
}
