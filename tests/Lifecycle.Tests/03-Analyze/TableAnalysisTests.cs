using System.Text;
using Kumiki.Analyzing;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Analyzing;

public sealed class TableAnalysisTests
{
    internal sealed record Mixed(double? Amount, int Units, long Id, string Kind, string? Code, decimal Price, DateOnly Day, DateTime At, bool Good);

    /// <summary>Rows of every kind of column, with many values and few, zeros, holes and a heavy tail.</summary>
    static string Rows(int rows) => $"""
        SELECT CASE WHEN hash(i * 3) % 10 = 0 THEN NULL WHEN hash(i * 5) % 20 = 0 THEN 0 ELSE exp((hash(i * 7) % 100000) / 10000.0) END AS amount, (hash(i * 11) % 40)::INT - 5 AS units, i AS id,
               'kind ' || hash(i * 13) % 7 AS kind, CASE WHEN hash(i * 17) % 4 = 0 THEN 'often' ELSE 'code ' || hash(i * 19) % 9000 END AS code, (hash(i * 23) % 1000000) / 100 AS price,
               DATE '2024-01-01' + (i % 400)::INT AS day, TIMESTAMP '2024-01-01' + to_seconds(i * 61) AS at, hash(i * 29) % 3 = 0 AS good
        FROM range({rows}) t(i)
        """;

    static readonly AnalysisOptions Drawn = new("table") { Target = "good", Time = "day", Sizes = new() { Rows = 20_000 }, CountedValues = 1000 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_same_rows_give_the_same_bytes_with_any_number_of_threads(bool drawn)
    {
        var options = drawn ? Drawn : Drawn with { Sizes = new() };
        using var one = new AnalysisWorld(threads: 1);
        using var four = new AnalysisWorld(threads: 4);

        var json = Encoding.UTF8.GetString(one.Analyze<Mixed>(Rows(100_000), options).ToJson());

        for (var round = 0; round < 3; round++) Assert.Equal(json, Encoding.UTF8.GetString(four.Analyze<Mixed>(Rows(100_000), options).ToJson()));
        Assert.Equal(!drawn, AnalysisReport.FromJson(Encoding.UTF8.GetBytes(json)).Exact);
    }

    [Theory]
    [InlineData(1_000_000, "1: 9faf8ca9b140696b")]
    [InlineData(1000, "1: 2973d6d6f45029b6")]
    public void The_report_of_these_rows_is_that_of_its_recipe(int rows, string digest)
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Mixed>("""
            SELECT CASE WHEN i % 10 = 0 THEN NULL ELSE (i * i % 10007) * (i * i % 10007) / 16.0 END AS amount, (i * 7 % 40)::INT - 5 AS units, i AS id, 'kind ' || i * i % 7 AS kind, CASE WHEN i % 4 = 0 THEN 'often' ELSE 'code ' || i * 31 % 2003 END AS code,
                   (i * 7919 % 100003) / 100 AS price, DATE '2024-01-01' + (i % 400)::INT AS day, TIMESTAMP '2024-01-01' + to_seconds(i * 61) AS at, i * i % 3 = 1 AS good FROM range(20000) t(i)
            """, new("table") { Target = "good", Time = "day", Sizes = new() { Rows = rows }, CountedValues = 1000 });

        var now = $"{TableAnalysis.Recipe}: {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(report.ToJson()))[..16]}";
        Assert.True(digest == now, $"The report of the same rows is another, {now}: raise TableAnalysis.Recipe, and write the new digest here.");
    }

    [Fact]
    public void A_large_table_is_within_the_stated_errors_of_the_same_table_looked_at_whole()
    {
        using var world = new AnalysisWorld();
        var whole = world.Analyze<Mixed>(Rows(300_000), Drawn with { Sizes = new() });

        var large = world.Analyze<Mixed>(Rows(300_000), Drawn);

        Assert.InRange(large.SampleRows, 19_400, 20_600);
        foreach (var (exact, about) in whole.Columns.Zip(large.Columns))
        {
            Assert.Equal((exact.Missing, exact.Text, exact.Date), (about.Missing, about.Text, about.Date), new SameDates());
            if (about.Distinct is { Exact: false, Error: { } error }) Assert.InRange(about.Distinct.Count, exact.Distinct.Count * (1 - 4 * error),
                exact.Distinct.Count * (1 + 4 * error));
            else Assert.Equal(exact.Distinct, about.Distinct);
            if (exact.Number is not { } x) continue;
            var y = about.Number!;
            Assert.Equal((x.Min, x.Max, x.Zeros, x.Negatives), (y.Min, y.Max, y.Zeros, y.Negatives));
            Assert.Equal(x.Mean, y.Mean, Math.Abs(x.Mean) * 1e-11);
            Assert.Equal(x.Std!.Value, y.Std!.Value, x.Std.Value * 1e-10);
            Assert.Equal(x.Histogram.Counts.Sum(), y.Histogram.Counts.Sum());
            Assert.Equal(x.LogHistogram is null, y.LogHistogram is null);
            if (y.Quantiles.Exact) Assert.Equal(x.Quantiles, y.Quantiles);
        }
        // The rank of a drawn quantile: 4 standard errors of a share over 20,000 rows.
        var amounts = world.Analyze<Mixed>(Rows(300_000)).Column("price").Number!;
        Assert.Equal(amounts.Quantiles.P50, large.Column("price").Number!.Quantiles.P50, 10_000 * 4 * 0.5 / Math.Sqrt(20_000));
        Assert.Equal(whole.Column("amount").Top[0], large.Column("amount").Top[0]);
        Assert.Equal(("0", false), (large.Column("amount").Top[0].Value, large.Column("amount").Distinct.Exact));
        Assert.Equal(whole.Column("code").Top[0], large.Column("code").Top[0]);
        Assert.Equal((300_000L, true), (large.Column("id").Distinct.Count, large.Column("id").Distinct.Exact));
        Assert.Equal(whole.Target!.Classes, large.Target!.Classes);
        Assert.Equal(0, large.DuplicateRows);
    }

    sealed class SameDates : IEqualityComparer<(long, TextReport?, DateReport?)>
    {
        public bool Equals((long, TextReport?, DateReport?) x, (long, TextReport?, DateReport?) y) =>
            x.Item1 == y.Item1 && x.Item2 == y.Item2 && x.Item3?.Min == y.Item3?.Min && x.Item3?.Max == y.Item3?.Max && x.Item3?.Days == y.Item3?.Days
                && (x.Item3?.Histogram.Rows ?? []).SequenceEqual(y.Item3?.Histogram.Rows ?? []);

        public int GetHashCode((long, TextReport?, DateReport?) obj) => obj.Item1.GetHashCode();
    }

    internal sealed record Leaky(bool Churned, string Outcome, double Score, double Noise, DateOnly? Left, string Customer, bool Copy);

    [Fact]
    public void What_gives_the_target_away_is_named_with_its_reason()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Leaky>("""
            SELECT churned, CASE WHEN churned THEN 'lost' ELSE 'kept' END AS outcome, CASE WHEN churned THEN 10 ELSE 0 END + (hash(i) % 1000) / 100.0 AS score, (hash(i * 5) % 1000) / 100.0 AS noise,
                   CASE WHEN churned THEN DATE '2024-01-01' + (i % 30)::INT END AS left, 'c' || i AS customer, churned AS copy
            FROM (SELECT i, hash(i * 3) % 4 = 0 AS churned FROM range(2000) t(i))
            """, new("customers") { Target = "churned" });

        Assert.Equal([("copy", LeakReason.Copy), ("outcome", LeakReason.Predicts), ("score", LeakReason.Predicts), ("left", LeakReason.Missing),
            ("customer", LeakReason.Identifier)],
            report.Target!.Leaks.Select(l => (l.Column, l.Reason)));
        Assert.Equal(["copy equals the target churned in every row; leave it out of the features.",
            "outcome alone predicts churned almost perfectly (ROC AUC 1); make sure that it is known before churned is.",
            "score alone predicts churned almost perfectly (ROC AUC 1); make sure that it is known before churned is.",
            "left is missing almost exactly by what churned is; make sure that it is filled in before churned is known."], AnalysisWorld.Said(report).Take(4));
        Assert.Equal(0.5, report.Target.Columns.Single(c => c.Column == "noise").Value, 0.05);
        Assert.Equal([["churned", "copy"]], report.Copies);
    }

    internal sealed record Measured(double Price, double Area, double Rent, string Town, double? Late);

    [Fact]
    public void A_number_is_given_away_by_what_rises_with_it_and_by_what_is_missing_with_it()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Measured>("""
            SELECT price, sqrt(price) AS rent, (hash(i * 3) % 1000) / 10.0 AS area, 'town ' || hash(i * 5) % 5 AS town, CASE WHEN price < 500 THEN i % 7 END AS late
            FROM (SELECT i, CASE WHEN i % 2 = 0 THEN 100 ELSE 900 END + (hash(i) % 1000) / 1000.0 AS price FROM range(3000) t(i))
            """, new("homes") { Target = "price" });

        Assert.Equal(TargetTask.Number, report.Target!.Task);
        Assert.Equal([("rent", LeakReason.Predicts), ("late", LeakReason.Missing)], report.Target.Leaks.Select(l => (l.Column, l.Reason)));
        var profile = report.Target.Profiles.Single(p => p.Column == "town");
        Assert.Equal(("mean", 5, 3000L), (profile.Measure, profile.Points.Count, profile.Points.Sum(p => p.Rows)));
        Assert.All(profile.Points, p => Assert.InRange(500.5, p.Low - 40, p.High + 40));
    }

    internal sealed record Twins(int A, long B, int? C, string D, string E, int Only);

    [Fact]
    public void Columns_that_copy_each_other_rows_that_repeat_and_columns_of_one_value_are_found()
    {
        using var world = new AnalysisWorld();

        var report = world.Analyze<Twins>("SELECT i % 9 AS a, i % 9 AS b, CASE WHEN i = 5 THEN 4 ELSE i % 9 END AS c, 'x' || i % 9 AS d, 'x' || i % 9 AS e, 3 AS only FROM range(90) t(i)");

        Assert.Equal([["a", "b"], ["d", "e"]], report.Copies);
        Assert.Equal(90 - 10, report.DuplicateRows);       // nine different rows, and the one with the odd c
        Assert.True(report.Column("only").IsConstant);
        Assert.Contains("only has one value in every row, so that it tells nothing.", AnalysisWorld.Said(report));
        Assert.Contains("80 rows (88.9 %) repeat an earlier one in every column; make sure that they are meant.", AnalysisWorld.Said(report));
    }

    internal sealed record Dated(DateOnly Day, DateOnly Until);

    [Fact]
    public void Gaps_of_time_are_those_longer_than_usual_and_far_days_do_not_break_the_picture()
    {
        using var world = new AnalysisWorld();

        // Working days of a year without March.
        var report = world.Analyze<Dated>("""
            SELECT d AS day, DATE '9999-12-31' - (isodow(d) = 1)::INT * 3000000 AS until FROM (SELECT DATE '2024-01-01' + i::INT AS d FROM range(366) t(i)) WHERE isodow(d) < 6 AND month(d) <> 3
            """, new("days") { Time = "day" });

        var dates = report.Coverage!.Dates;
        Assert.Equal((3, 1), (dates.Usual, dates.GapCount));
        Assert.Equal(new Gap(new(2024, 2, 29), new(2024, 4, 1), 31), dates.Gaps[0]);
        Assert.Equal(0, report.Coverage.Month!.Rows[2]);
        Assert.Equal("millennium", report.Column("until").Date!.Histogram.Unit);
        Assert.Contains("day has 1 gap(s), the longest of 31 days after 2024-02-29; make sure that no data are missing.", AnalysisWorld.Said(report));
    }

    [Fact]
    public void Values_of_a_hidden_column_are_nowhere_in_the_report()
    {
        using var world = new AnalysisWorld();
        var options = Drawn with { Sizes = new(), Hides = c => c.Name is "kind" or "price" or "day" };

        var report = world.Analyze<Mixed>(Rows(5000), options);

        Assert.All(report.Columns.Where(c => c.Hidden), c => Assert.True(c is { Number: null, Date: null, Top: [] } && c.Distinct.Count > 0));
        Assert.Null(report.Coverage);
        Assert.DoesNotContain("kind 3", Encoding.UTF8.GetString(report.ToJson()), StringComparison.Ordinal);
        Assert.DoesNotContain("kind 3", AnalysisPage.Of(report, "table@1", "en"), StringComparison.Ordinal);
        Assert.Contains("kind 3", Encoding.UTF8.GetString(world.Analyze<Mixed>(Rows(5000), Drawn with { Sizes = new() }).ToJson()), StringComparison.Ordinal);
    }
}
