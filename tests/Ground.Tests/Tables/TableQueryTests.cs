using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class TableQueryTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    public sealed record Weekly(string Store, string Item, DateOnly Week, [Range(0, 1_000_000)] int Units, int? TwoWeeksAgo, double Mean);

    IReadOnlyList<string> Sales() =>
        [.. world.Load<Sale>(Source.Csv(TableWorld.SharedData("beverage-sales/item_sale_records_2020_2021q3.csv"))).Files.Select(f => f.Path)];

    string Run<T>(string sql, IReadOnlyList<string>? files = null, params object?[] values) =>
        new TableQuery(sql, values, files ?? []).Write(world.Engine, RowSchema.Of<T>(), world.File(Guid.NewGuid().ToString("N") + ".parquet")).Path;

    static readonly string ByWeek = """
        WITH weekly AS (SELECT store, item, date_trunc('week', date) AS week, sum(sales) AS units, avg(sales) AS mean FROM {0} WHERE store <> $1 GROUP BY ALL)
        SELECT *, lag(units, 2) OVER (PARTITION BY store, item ORDER BY week) AS two_weeks_ago FROM weekly ORDER BY ALL; -- that is all
        """;

    [Fact]
    public void A_query_over_real_sales_gives_the_records_types_and_the_same_bytes_every_time()
    {
        var files = Sales();
        var sql = ByWeek.Replace("{0}", SqlText.Rows(files), StringComparison.Ordinal).Replace("; -- that is all", ";", StringComparison.Ordinal);
        var paths = Enumerable.Range(0, 3).Select(_ => Run<Weekly>(sql, files, "nowhere")).ToArray();

        Assert.Equal(["store VARCHAR", "item VARCHAR", "week DATE", "units INTEGER", "two_weeks_ago INTEGER", "mean DOUBLE"],
            TableFacts.Of(world.Engine, [paths[0]]).Columns.Select(c => $"{c.Name} {c.Type}"));
        Assert.Single(paths.Select(p => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(p)))).Distinct());

        // the first weeks of one series, counted the slow way
        var units = world.Rows(files).Select(r => r.Split('|')).Where(f => f[1] == "chiba" && f[2] == "beer")
            .GroupBy(f => DateOnly.Parse(f[0], System.Globalization.CultureInfo.InvariantCulture) is var d ? d.AddDays(-((int)d.DayOfWeek + 6) % 7) : default)
            .OrderBy(g => g.Key).Select(g => g.Sum(f => int.Parse(f[3], System.Globalization.CultureInfo.InvariantCulture))).ToArray();
        var got = world.Rows(paths[0]).Select(r => r.Split('|')).Where(f => f[0] == "chiba" && f[1] == "beer").ToArray();
        Assert.Equal(units.Select(u => $"{u}"), got.Select(f => f[3]));
        Assert.Equal(units.Select((_, i) => i < 2 ? "-" : $"{units[i - 2]}"), got.Select(f => f[4]));
    }

    public sealed record One(int X);
    public sealed record Some(int? X);
    public sealed record Day(DateOnly X);
    public sealed record Sky(Weather X);
    public sealed record Price(decimal X);
    public sealed record Small([Range(0, 9)] int X);
    public sealed record Real(double? X);
    public sealed record Text(string X);

    [Theory]
    [InlineData("SELECT 3000000000 AS x", "The query yields '3000000000' in column x of One, which does not fit in int.")]
    [InlineData("SELECT 1.5 AS x", "The query yields '1.5' in column x of One, which is not a whole number (int).")]
    [InlineData("SELECT 1.5::DOUBLE AS x", "The query yields '1.5' in column x of One, which is not a whole number (int).")]
    [InlineData("SELECT NULL::INT AS x", "The query yields '' in column x of One, which is missing where int is needed.")]
    [InlineData("SELECT NULL AS x", "The query yields '' in column x of One, which is missing where int is needed.")]
    [InlineData("SELECT 'nan'::DOUBLE AS x", "The query yields 'nan' in column x of One, which is NaN or infinite.")]
    [InlineData("SELECT '5' AS x", "The query yields x as VARCHAR, which does not become int by itself: write CAST(x AS INTEGER) or change the record.")]
    [InlineData("SELECT [1] AS x", "The query yields x as INTEGER[], which does not become int by itself: write CAST(x AS INTEGER) or change the record.")]
    [InlineData("SELECT 1 AS y", "The query does not yield the columns of One: missing x, too many y; expected are x.")]
    [InlineData("SELECT 1 AS x, 2 AS y", "The query does not yield the columns of One: missing -, too many y; expected are x.")]
    [InlineData("SELECT 1 AS x, 2 AS X", "The query yields column x twice: name one of them with AS.")]
    [InlineData("SELECT 1 AS x; SELECT 2 AS x", "The query must be one SELECT (statements found: 2): SELECT 1 AS x; SELECT 2 AS x.")]
    [InlineData("CREATE TABLE t (x INT)", "The query is no SELECT: CREATE TABLE t (x INT).")]
    public void What_a_query_yields_must_fit_the_record(string sql, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<KumikiException>(() => Run<One>(sql)).Says.In("en"));

    [Fact]
    public void Values_that_fit_are_cast()
    {
        Assert.Equal(["7"], world.Rows(Run<One>("SELECT 7.0::DECIMAL(9,2) AS X")));
        Assert.Equal(["7"], world.Rows(Run<One>("SELECT sum(x) AS x FROM (VALUES (3), (4)) t(x)")));
        Assert.Equal(["-"], world.Rows(Run<Some>("SELECT NULL AS x")));
        Assert.Equal(["2021-02-03"], world.Rows(Run<Day>("SELECT TIMESTAMP '2021-02-03 00:00:00' AS x")));
        Assert.Equal(["0.3333"], world.Rows(Run<Price>("SELECT 1 / 3 AS x")));
        Assert.Equal(["Snow"], world.Rows(Run<Sky>("SELECT 'Snow' AS x")));
        Assert.Equal(["0.1"], world.Rows(Run<Real>("SELECT $1 AS x", null, 0.1)));
    }

    [Fact]
    public void Ranges_names_and_midnight_are_checked()
    {
        Assert.Equal("tables.query-value", Assert.Throws<KumikiException>(() => Run<Small>("SELECT 10 AS x")).Says.Id);
        Assert.Equal("tables.query-value", Assert.Throws<KumikiException>(() => Run<Sky>("SELECT 'Hail' AS x")).Says.Id);
        Assert.Equal("tables.query-value", Assert.Throws<KumikiException>(() => Run<Day>("SELECT TIMESTAMP '2021-02-03 01:00:00' AS x")).Says.Id);
        Assert.Equal("tables.query-value",
            Assert.Throws<KumikiException>(() => Run<Real>("SELECT 1.0::DOUBLE / 0 AS x UNION ALL SELECT 'inf'::DOUBLE")).Says.Id);
        Assert.Equal("tables.query-value", Assert.Throws<KumikiException>(() => Run<Price>("SELECT 1e15::DOUBLE AS x")).Says.Id);
    }

    [Fact]
    public void A_query_reaches_its_inputs_and_nothing_else()
    {
        var files = Sales();
        var other = world.Write("other.csv", "x\n1\n");
        Assert.Equal(["63900"], world.Rows(Run<One>($"SELECT count(*)::INT AS x FROM {SqlText.Rows(files)}", files)));

        foreach (var sql in (string[])[$"SELECT x FROM read_csv('{other}')", $"SELECT count(*)::INT AS x FROM {SqlText.Rows(files)}",
            "SELECT count(*)::INT AS x FROM read_text('/etc/passwd')", "SELECT count(*)::INT AS x FROM glob('/etc/*')"])
        {
            var error = Assert.Throws<KumikiException>(() => Run<One>(sql));
            Assert.True(error.Says.Id is "tables.query-outside", $"{sql}: {error.Message}");
        }
        Assert.Equal("tables.query-select", Assert.Throws<KumikiException>(() => Run<One>("SET enable_external_access = true")).Says.Id);
        Assert.Equal("tables.query-outside", Assert.Throws<KumikiException>(() => Run<One>($"COPY (SELECT 1) TO '{world.File("x.csv")}'")).Says.Id);
    }

    [Fact]
    public void A_wrong_query_keeps_duckdbs_words()
    {
        var error = Assert.Throws<KumikiException>(() => Run<One>("SELECT unit AS x FROM (SELECT 1 AS units)"));

        Assert.StartsWith("The query failed: Binder Error: Referenced column \"unit\" not found in FROM clause!", error.Says.In("en"),
            StringComparison.Ordinal);
        Assert.Contains("Candidate bindings: \"units\"", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("— in SELECT unit AS x FROM (SELECT 1 AS units).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_larger_than_memory_spills_and_leaves_nothing_behind()
    {
        using var small = new TableWorld(threads: 1, memoryBytes: 64L << 20);
        var path = small.File("sorted.parquet");
        var file = new TableQuery("SELECT hash(range)::VARCHAR || repeat('x', 20) AS x FROM range(2000000) ORDER BY x", [], [])
            .Write(small.Engine, RowSchema.Of<Text>(), path);

        Assert.Equal(2_000_000, file.Rows);
        Assert.Empty(Directory.GetFileSystemEntries(small.Engine.SpillFolder));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Joins_go_as_they_are_written_where_that_is_asked_for(bool asWritten)
    {
        // The many pass by, in their order, by DuckDB's choice; as it is written they are held, and come in the order of what they are held in.
        var file = new TableQuery("SELECT many.range::VARCHAR AS x FROM range(3) few JOIN range(100000) many ON many.range % 3 = few.range", [], [])
        {
            JoinsAsWritten = asWritten,
        }.Write(world.Engine, RowSchema.Of<Text>(), world.File("joined.parquet"));

        var rows = world.Rows([file.Path]).ToList();
        var inOrder = Enumerable.Range(0, 100_000).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(!asWritten, rows.SequenceEqual(inOrder));
        Assert.Equal(inOrder.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_cancelled_query_stops()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        Assert.ThrowsAny<OperationCanceledException>(() =>
            new TableQuery("SELECT count(*)::INT AS x FROM range(1000000000) a, range(1000) b WHERE hash(a.range) = b.range", [], [])
            .Write(world.Engine, RowSchema.Of<One>(), world.File("never.parquet"), cancellation.Token));
    }

    [Theory]
    [InlineData("SELECT 1 AS x WHERE now() > TIMESTAMPTZ '2020-01-01'", "now()")]
    [InlineData("SELECT year(current_date)::INT AS x", "current_date")]
    [InlineData("SELECT year(CURRENT_TIMESTAMP)::INT AS x", "CURRENT_TIMESTAMP")]
    [InlineData("SELECT (random() * 5)::INT AS x", "random()")]
    [InlineData("WITH a AS (SELECT uuid() AS u) SELECT 1 AS x FROM a", "uuid()")]
    [InlineData("SELECT 1 AS x FROM range(3) ORDER BY gen_random_uuid()", "gen_random_uuid()")]
    [InlineData("SELECT year(today())::INT AS x", "today()")]
    [InlineData("SELECT 1 AS x FROM range(3) WHERE age(TIMESTAMP '2020-01-01') > INTERVAL 1 DAY", "age()")]
    [InlineData("SELECT 1 AS x FROM range(30) USING SAMPLE 3", "SAMPLE")]
    [InlineData("SELECT 1 AS x FROM range(30) TABLESAMPLE 10%", "SAMPLE")]
    [InlineData("SELECT length(current_setting('threads')::VARCHAR)::INT AS x", "current_setting()")]
    public void The_clock_and_chance_are_refused_by_name(string sql, string found) =>
        Assert.Equal($"The query uses {found}, which is not the same in every making: bind a [Parameter] in its place.", Assert.Throws<KumikiException>(() => Run<One>(sql)).Says.In("en"));

    [Theory]
    [InlineData("SELECT 1 AS x WHERE 'now()' <> 'random()' /* current_date uuid() */ -- today()")]
    [InlineData("SELECT \"random\" AS x FROM (SELECT 1 AS \"random\")")]
    [InlineData("SELECT \"current_date\" AS x FROM (SELECT 1 AS \"current_date\")")]
    [InlineData("SELECT t.random AS x FROM (SELECT 1 AS random) t")]
    [InlineData("SELECT 1 AS x FROM range(1) TABLESAMPLE reservoir(1 ROWS) REPEATABLE (7)")]
    [InlineData("SELECT (age(TIMESTAMP '2021-01-01', TIMESTAMP '2020-01-01') > INTERVAL 1 DAY)::INT AS x")]
    public void Names_in_texts_comments_and_quoted_columns_are_no_clock(string sql) => Assert.Equal(["1"], world.Rows(Run<One>(sql)));

    [Theory]
    [InlineData("SELECT x FROM read_json('{0}')")]
    [InlineData("SELECT x FROM '{0}'")]
    [InlineData("FROM \"{0}\"")]
    [InlineData("SELECT count(*)::INT AS x FROM duckdb_settings()")]
    [InlineData("SELECT count(*)::INT AS x FROM parquet_metadata('{0}')")]
    [InlineData("SELECT 1 AS x FROM range(1) WHERE EXISTS (SELECT 1 FROM sniff_csv('{0}'))")]
    [InlineData("SELECT x FROM query('SELECT 1 AS x')")]
    public void Files_and_functions_that_are_no_input_are_outside_reads(string sql)
    {
        var other = world.Write("other.csv", "x\n1\n");
        Assert.Equal("tables.query-outside", Assert.Throws<KumikiException>(() => Run<One>(sql.Replace("{0}", other, StringComparison.Ordinal))).Says.Id);
    }

    public sealed record Wide(float[] V, [Vector(2)] int[] W, DateTimeOffset At, TimeSpan Took);

    [Fact]
    public void Vectors_instants_and_lengths_of_time_are_cast_and_checked()
    {
        string Of(string v, string w, string at, string took) => $"SELECT {v} AS v, {w} AS w, {at} AS at, {took} AS took";
        Assert.Equal(["[0.5,2]|[1,-2]|2021-02-02T19:05:06.000000|5400000000"],
            world.Rows(Run<Wide>(Of("[0.5::DOUBLE, 2]", "[1, -2]::BIGINT[2]", "TIMESTAMPTZ '2021-02-03 04:05:06+09'", "INTERVAL 90 MINUTE"))));
        foreach (var (sql, sentence) in ((string, string)[])
            [(Of("[1, NULL]", "[1, 2]", "TIMESTAMP '2021-01-01'", "1"), "The query yields '[1, NULL]' in column v of Wide, which is not a vector (float[])."),
            (Of("['nan'::DOUBLE]", "[1, 2]", "TIMESTAMP '2021-01-01'", "1"), "The query yields '[nan]' in column v of Wide, which is NaN or infinite."),
            (Of("[1e39::DOUBLE]", "[1, 2]", "TIMESTAMP '2021-01-01'", "1"), "The query yields '[1e+39]' in column v of Wide, which does not fit in float[]."),
            (Of("[1]", "[1, 2, 3]", "TIMESTAMP '2021-01-01'", "1"), "The query yields '[1, 2, 3]' in column w of Wide, which does not have 2 elements."),
            (Of("[1]", "[1, 2.5]", "TIMESTAMP '2021-01-01'", "1"), "The query yields '[1.0, 2.5]' in column w of Wide, which is not a vector (int[2])."),
            (Of("[1]", "[1, 2]", "TIMESTAMP 'infinity'", "1"), "The query yields 'infinity' in column at of Wide, which is NaN or infinite."),
            (Of("[1]", "[1, 2]", "TIMESTAMP '2021-01-01'", "INTERVAL 1 MONTH"), "The query yields '1 month' in column took of Wide, which is not a length of time."),
            (Of("['a']", "[1, 2]", "TIMESTAMP '2021-01-01'", "1"), "The query yields v as VARCHAR[], which does not become float[] by itself: write CAST(v AS FLOAT[]) or change the record.")])
            Assert.Equal(sentence, Assert.Throws<KumikiException>(() => Run<Wide>(sql)).Says.In("en"));
    }

    [Fact]
    public void A_long_query_tells_how_far_it_is()
    {
        var told = new List<double>();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var progress = new Telling(share =>
        {
            lock (told) told.Add(share);
            if (told.Count >= 3) cancellation.Cancel();
        });
        using (var writer = new TableWriter(world.Engine, RowSchema.Of<One>()))
        {
            var block = new TableBlock(RowSchema.Of<One>());
            block.Set<int>("x", Enumerable.Range(0, 500_000).ToArray());
            writer.Append(block);
            writer.Complete(world.File("many.parquet"));
        }
        string[] files = [world.File("many.parquet")];

        Assert.ThrowsAny<OperationCanceledException>(() =>
            new TableQuery($"SELECT count(*)::INT AS x FROM {SqlText.Rows(files)} a, range(100000) b WHERE hash(a.x + b.range) = 1", [], files) { Progress = progress }
            .Write(world.Engine, RowSchema.Of<One>(), world.File("never.parquet"), cancellation.Token));
        Assert.True(told.Count >= 3, $"told {told.Count} times");
        Assert.All(told, share => Assert.InRange(share, 0, 1));
    }

    sealed class Telling(Action<double> told) : IProgress<double>
    {
        public void Report(double value) => told(value);
    }
}
