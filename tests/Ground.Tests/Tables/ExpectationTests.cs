using System.Globalization;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class ExpectationTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }

    static readonly TimeProvider October = new Clock(new(2021, 10, 8, 23, 0, 0, TimeSpan.Zero));

    IReadOnlyList<string> Files<T>(string csv) => [.. world.Load<T>(csv).Files.Select(f => f.Path)];

    static string Shown(ExpectationResult r) => $"{r.Name} {(r.Held ? "held" : "broken")} {r.Failing}/{r.Rows}"
        + string.Concat(r.Examples.Select(e => $" [{string.Join(' ', e.Select(v => Convert.ToString(v.Value, CultureInfo.InvariantCulture)))}]"));

    [Fact]
    public void What_is_expected_of_real_sales_holds()
    {
        string[] files = [.. world.Load<Sale>(Source.Csv(TableWorld.SharedData("beverage-sales/item_sale_records_2020_2021q3.csv"))).Files.Select(f => f.Path)];
        var expected = new Expectations<Sale>().Unique(s => (s.Date, s.Store, s.Item)).NoOlderThan(s => s.Date, days: 8).Rows(63_900, 63_900)
            .Range(s => s.Units, 0, 1000).OneOf(s => s.Store, "chiba", "ginza", "kobe", "morioka", "nagoya", "osaka", "sendai", "shinjuku", "ueno", "yokohama")
                .Matches(s => s.Item, "^[a-z_]+$")
            .That("amounts are positive", s => s.TotalSalesAmount >= 0 && (s.Units > 0 || s.TotalSalesAmount == 0));

        var results = expected.Check(world.Engine, files, October);

        Assert.Equal(["unique-date-store-item", "fresh-date", "rows", "range-sales", "one-of-store", "matches-item", "amounts-are-positive"],
            results.Select(r => r.Name));
        Assert.Equal(["fresh-date"],
            expected.Check(world.Engine, files, new Clock(new(2021, 10, 9, 0, 0, 0, TimeSpan.Zero))).Where(r => !r.Held).Select(r => r.Name));
        Assert.All(results, r => Assert.True(r.Held, r.Says.In("en")));
    }

    public sealed record Row(DateOnly Day, string? Place, int Level, double? Value, Weather? Sky);

    const string Broken =
        "day,place,level,value,sky\n2021-01-01,a,1,1,snow\n2021-01-01,a,2,,sunny\n2021-01-02,,3,3,\n2021-01-01,a,4,4,snow\n2021-01-02,b,5,-5,sunny\n";

    [Fact]
    public void Each_broken_expectation_counts_its_rows_and_shows_some()
    {
        var results = new Expectations<Row>().Unique(r => (r.Day, r.Place)).Unique(r => r.Level).NotNull(r => r.Place).Range(r => r.Value, 0, 3.5)
            .OneOf(r => r.Sky, Weather.Snow).Matches(r => r.Place, "^a$")
            .Rows(6).NoOlderThan(r => r.Day, days: 3).That("level is value", r => r.Level == r.Value).That("level is value", r => r.Level < 3)
            .Check(world.Engine, Files<Row>(Broken), October);

        Assert.Equal([
            "unique-day-place broken 2/5 [01/01/2021 a 3]", "unique-level held 0/5", "not-null-place broken 1/5 [01/02/2021  3 3 ]",
            "range-value broken 2/5 [01/01/2021 a 4 4 Snow] [01/02/2021 b 5 -5 Sunny]",
                "one-of-sky broken 2/5 [01/01/2021 a 2  Sunny] [01/02/2021 b 5 -5 Sunny]",
            "matches-place broken 1/5 [01/02/2021 b 5 -5 Sunny]", "rows broken 0/5", "fresh-day broken 0/5",
            "level-is-value broken 2/5 [01/01/2021 a 2  Sunny] [01/02/2021 b 5 -5 Sunny]",
                "level-is-value-2 broken 3/5 [01/02/2021  3 3 ] [01/01/2021 a 4 4 Snow] [01/02/2021 b 5 -5 Sunny]",
        ], results.Select(Shown));
        Assert.Equal("unique-day-place is broken (rows at fault: 2 of 5), as in day=2021-01-01, place=a ×3.", results[0].Says.In("en"));
        Assert.Equal("rows is broken (rows: 5): expected are 6 to ∞.", results[6].Says.In("en"));
        Assert.Equal("fresh-day is broken: the newest day is 2021-01-02, more than 3 days before 2021-10-08.", results[7].Says.In("en"));
    }

    [Fact]
    public void Conditions_mean_in_sql_what_they_mean_in_csharp()
    {
        var rows = new List<Row>();
        foreach (var place in (string?[])[null, "", "ab", "b'c"])
            foreach (var level in (int[])[-1, 0, 7])
                foreach (var value in (double?[])[null, -1, 0.5, 7])
                    foreach (var sky in (Weather?[])[null, Weather.Sunny, Weather.Snow])
                        rows.Add(new(new DateOnly(2021, 1, 1).AddDays(rows.Count), place, level, value, sky));
        var files = Files<Row>("day,place,level,value,sky\n"
            + string.Concat(rows.Select(r =>
            string.Create(CultureInfo.InvariantCulture, $"{r.Day:yyyy-MM-dd},{(r.Place == "" ? "\"\"" : r.Place)},{r.Level},{r.Value},{r.Sky}\n"))));

        var limit = 3.5;
        var start = new DateOnly(2021, 2, 1);
        System.Linq.Expressions.Expression<Func<Row, bool>>[] conditions =
        [
            r => r.Value > 0, r => !(r.Value > 0), r => r.Value != 7, r => r.Value == null, r => r.Value.HasValue && r.Value.Value * 2 >= r.Level,
                r => r.Level + 1 < limit || r.Place == null,
            r => r.Place == "ab", r => r.Place != "ab", r => string.IsNullOrEmpty(r.Place), r => r.Sky == Weather.Snow, r => r.Sky != Weather.Snow,
                r => !(r.Sky == null), r => r.Day >= start && r.Day < start.AddDays(40),
            r => (r.Value ?? 0) - 0.5 >= -r.Level, r => r.Level % 2 == 1, r => r.Level / 2.0 > 3, r => -r.Level <= r.Value, r => r.Level == 7 == (r.Value == 7),
                r => r.Place != null && r.Place.StartsWith("b'") && !r.Place.EndsWith('x'.ToString()),
        ];
        foreach (var condition in conditions)
        {
            var holds = condition.Compile();
            var result = new Expectations<Row>().That("condition", condition).Check(world.Engine, files, October).Single();
            Assert.True(rows.Count(r => !holds(r)) == result.Failing, $"{condition}: {rows.Count(r => !holds(r))} in C#, {result.Failing} in SQL");
        }
    }

    [Fact]
    public void What_has_no_meaning_over_columns_is_refused()
    {
        var expected = new Expectations<Row>();

        Assert.Equal("tables.predicate-part", Assert.Throws<KumikiException>(() => expected.That("x", r => r.Level / 2 == 1)).Says.Id);
        Assert.Equal("tables.predicate-part", Assert.Throws<KumikiException>(() => expected.That("x", r => r.Place!.Trim() == "a")).Says.Id);
        Assert.Equal("tables.predicate-part", Assert.Throws<KumikiException>(() => expected.That("x", r => r.Sky > Weather.Sunny)).Says.Id);
        Assert.Equal("tables.not-a-column", Assert.Throws<KumikiException>(() => expected.NotNull(r => r.Place!.Length)).Says.Id);
        Assert.Equal("tables.expect-date", Assert.Throws<KumikiException>(() => expected.NoOlderThan(r => r.Level, 3)).Says.Id);
        Assert.Equal("tables.expect-key", Assert.Throws<KumikiException>(() => expected.Unique(r => (r.Day, r.Level + 1))).Says.Id);
        Assert.Equal("tables.expect-key", Assert.Throws<KumikiException>(() => expected.Unique(r => (r.Day, 1))).Says.Id);
        Assert.Equal("tables.expect-key", Assert.Throws<KumikiException>(() => expected.Unique(r => r.Place!.Substring(1))).Says.Id);
        Assert.Equal("tables.expect-failed",
            Assert.Throws<KumikiException>(() => new Expectations<Row>().Matches(r => r.Place, "(").Check(world.Engine, Files<Row>(Broken), October)).Says.Id);
    }

    public sealed record Wide(int A, int B, bool C, Weather D, DateTime E, decimal F, float? G, byte H, string I);

    [Fact]
    public void A_key_may_have_many_columns_of_any_kind() =>
        Assert.Equal(["unique-i-h-g-f-e-d-c-b-a"], new Expectations<Wide>().Unique(w => (w.I, w.H, w.G, w.F, w.E, w.D, w.C, w.B, w.A))
        .Check(world.Engine, Files<Wide>("a,b,c,d,e,f,g,h,i\n1,1,1,snow,2020-01-01,1,1,1,a\n"), October).Select(r => r.Name));

    public sealed record Store(string Name, string City);
    public sealed record Visit(string? Shop, string Town, int Guests);

    [Fact]
    public void A_key_that_is_not_in_the_other_table_is_named_by_row()
    {
        var stores = Files<Store>("name,city\na,x\nb,y\n");
        var visits = Files<Visit>("shop,town,guests\na,x,1\nb,x,2\n,x,3\nc,y,4\n");
        var compared = new ComparedRows { Tables = new Dictionary<string, IReadOnlyList<string>> { ["stores"] = stores } };

        var results = new Expectations<Visit>().ExistsIn<Store, string?>(v => v.Shop, "stores", s => s.Name)
            .ExistsIn<Store, (string?, string)>(v => (v.Shop, v.Town), "stores", s => (s.Name, s.City)).Check(world.Engine, visits, October, compared);

        Assert.Equal(["shop-in-stores broken 1/4 [c y 4]", "shop-town-in-stores broken 2/4 [b x 2] [c y 4]"], results.Select(Shown));
        Assert.Equal("shop-town-in-stores is broken (rows at fault: 2 of 4), as in row 2 (shop=b, town=x); row 4 (shop=c, town=y).", results[1].Says.In("en"));
        Assert.Equal("tables.expect-columns", Assert.Throws<KumikiException>(() => new Expectations<Visit>().ExistsIn<Store, object>(v => (v.Shop, v.Town), "stores", s => s.Name)).Says.Id);
    }

    [Fact]
    public void Failing_rows_are_named_by_number_and_by_the_tables_key()
    {
        var results = new Expectations<Row>().Range(r => r.Level, 1, 3).Unique(r => (r.Day, r.Level)).That("known", r => r.Place != null)
            .Check(world.Engine, Files<Row>(Broken), October);

        Assert.Equal("range-level is broken (rows at fault: 2 of 5), as in row 4 (day=2021-01-01, level=4); row 5 (day=2021-01-02, level=5).", results[0].Says.In("en"));
        Assert.Equal("known is broken (rows at fault: 1 of 5), as in row 3 (day=2021-01-02, level=3).", results[2].Says.In("en"));
    }

    public sealed record Spread(double? X, string? City, DateOnly Day, bool Flag);

    IReadOnlyList<string> Spreads(Func<int, string> row) => Files<Spread>("x,city,day,flag\n" + string.Concat(Enumerable.Range(0, 2000).Select(i => row(i) + "\n")));

    [Fact]
    public void A_distribution_that_moved_is_told_with_its_distance_and_place()
    {
        var expected = new Expectations<Spread>().NearLast(s => s.X).NearLast(s => s.City).NearLast(s => s.Day).NearLast(s => s.Flag);
        var last = Spreads(i => string.Create(CultureInfo.InvariantCulture, $"{(i % 10 == 0 ? "" : $"{i % 100}")},{"abc"[i % 3]},2021-01-{i % 28 + 1:00},{i % 2}"));
        var same = Spreads(i => string.Create(CultureInfo.InvariantCulture, $"{(i % 10 == 3 ? "" : $"{i * 7 % 100}")},{"cab"[i % 3]},2021-01-{i * 3 % 28 + 1:00},{(i + 1) % 2}"));
        var moved = Spreads(i => string.Create(CultureInfo.InvariantCulture, $"{(i % 2 == 0 ? "" : $"{i % 100 + 50}")},{"aaad"[i % 4]},2021-02-{i % 28 + 1:00},{i % 20 / 19}"));

        Assert.All(expected.Check(world.Engine, last, October), r => Assert.Equal((true, "tables.expect-first"), (r.Held, r.Says.Id)));
        Assert.All(expected.Check(world.Engine, same, October, new() { Last = last, LastName = "spread@1" }), r => Assert.True(r.Held, r.Says.In("en")));
        var results = expected.Check(world.Engine, moved, October, new() { Last = last, LastName = "spread@1" });
        Assert.All(results, r => Assert.False(r.Held));
        Assert.Equal(["near-last-x", "near-last-city", "near-last-day", "near-last-flag"], results.Select(r => r.Name));

        // by hand: flag was 1000/1000 and is 1900/100, half a row and missing values (0/0) added
        double Part(double was, double now) => ((now + 0.5) / 2002 - (was + 0.5) / 2002) * Math.Log((now + 0.5) / (was + 0.5));
        var index = Part(0, 0) + Part(1000, 1900) + Part(1000, 100) + Part(0, 0);
        Assert.Equal($"near-last-flag is broken: flag moved by {index.ToString("0.000", CultureInfo.InvariantCulture)} (PSI; allowed is 0.25) from spread@1, most of all at flag = true.", results[3].Says.In("en"));
    }

    public sealed record Drafted(DateOnly Day, string Shop, string Code, int Guests, double? Share, decimal Price, string? Note, [System.ComponentModel.DataAnnotations.Range(0, 9)] int Ranged, float[]? Vector);

    abstract class Drafts
    {
        public abstract void Expect(Expectations<Drafted> rows);
    }

    sealed class Draft : Drafts
    {
        // As the draft has it, so that the compiler reads it too.
        public override void Expect(Expectations<Drafted> rows) => rows
            .Rows(min: 150)
            .Unique(r => (r.Day, r.Shop))
            .NoOlderThan(r => r.Day, days: 7)
            .OneOf(r => r.Shop, "a \"quoted\"", "b\\", "c")
            .Matches(r => r.Code, "^[A-Z0-9_-]+$")
            .Range(r => r.Guests, -3, 96)
            .NotNull(r => r.Share)
            .Range(r => r.Share, -0.124, 9.79)
            .Range(r => r.Price, 0.5m, 299.5m)
            .NotNull(r => r.Vector);
    }

    [Fact]
    public void A_draft_of_expectations_compiles_and_holds_of_the_rows_it_was_drafted_from()
    {
        var files = Files<Drafted>("day,shop,code,guests,share,price,note,ranged,vector\n" + string.Concat(Enumerable.Range(0, 300).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"{new DateOnly(2021, 9, 28).AddDays(-(i / 3)):yyyy-MM-dd},{(i % 3 == 0 ? "\"a \"\"quoted\"\"\"" : i % 3 == 1 ? "b\\" : "c")},C-{i % 150},{i % 100 - 3},{i % 99 / 9.9 - 0.1236 + (i % 7 == 0 ? 0 : 0.01)},{i + 0.5},,{i % 9},\"[1,2]\"\n"))));

        var draft = ExpectationDraft.CSharp(world.Engine, RowSchema.Of<Drafted>(), files);

        Assert.Equal("""
            public override void Expect(Expectations<Drafted> rows) => rows
                .Rows(min: 150)
                .Unique(r => (r.Day, r.Shop))
                .NoOlderThan(r => r.Day, days: 7)
                .OneOf(r => r.Shop, "a \"quoted\"", "b\\", "c")
                .Matches(r => r.Code, "^[A-Z0-9_-]+$")
                .Range(r => r.Guests, -3, 96)
                .NotNull(r => r.Share)
                .Range(r => r.Share, -0.124, 9.79)
                .Range(r => r.Price, 0.5m, 299.5m)
                .NotNull(r => r.Vector);

            """, draft);
        var expected = new Expectations<Drafted>();
        new Draft().Expect(expected);
        Assert.All(expected.Check(world.Engine, files, new Clock(new(2021, 10, 1, 0, 0, 0, TimeSpan.Zero))), r => Assert.True(r.Held, r.Says.In("en")));
    }
}
