using Kumiki.Predictions;
using Xunit;
using static Kumiki.Lifecycle.Tests.LogWorld;

namespace Kumiki.Lifecycle.Tests;

/// <summary>What anybody may write as SQL reaches the views and nothing else.</summary>
public sealed class PredictionSqlTests
{
    static async Task<string> RefusedAsync(LogWorld world, string sql, SqlLimits? limits = null)
    {
        using var reader = world.Reader;
        return (await Assert.ThrowsAsync<KumikiException>(() => reader.SqlAsync(sql, limits ?? new(), Go))).Says.Id;
    }

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')", "predlog.sql-outside")]
    [InlineData("SELECT * FROM '/etc/passwd'", "predlog.sql-no-view")]
    [InlineData("SELECT * FROM read_text('/etc/passwd')", "predlog.sql-outside")]
    [InlineData("SELECT * FROM glob('/etc/*')", "predlog.sql-outside")]
    [InlineData("SELECT * FROM sniff_csv('/etc/passwd')", "predlog.sql-outside")]
    [InlineData("SELECT * FROM parquet_metadata('/etc/passwd')", "predlog.sql-outside")]
    [InlineData("SELECT (SELECT content FROM read_text('/etc/passwd')) FROM predictions_credit_decision", "predlog.sql-outside")]
    [InlineData("WITH a AS (SELECT * FROM read_blob('/etc/passwd')) SELECT * FROM a", "predlog.sql-outside")]
    [InlineData("SELECT * FROM predictions_credit_decision WHERE id IN (SELECT column0 FROM read_csv_auto('/etc/passwd'))", "predlog.sql-outside")]
    [InlineData("COPY predictions_credit_decision TO '/tmp/stolen.csv'", "predlog.sql-select")]
    [InlineData("COPY (SELECT 1) TO '/tmp/stolen.csv'", "predlog.sql-select")]
    [InlineData("EXPORT DATABASE '/tmp/stolen'", "predlog.sql-select")]
    [InlineData("ATTACH '/tmp/x.db' AS x", "predlog.sql-select")]
    [InlineData("INSTALL httpfs", "predlog.sql-select")]
    [InlineData("LOAD httpfs", "predlog.sql-select")]
    [InlineData("SET enable_external_access = true", "predlog.sql-select")]
    [InlineData("SET memory_limit = '100GB'", "predlog.sql-select")]
    [InlineData("RESET lock_configuration", "predlog.sql-select")]
    [InlineData("PRAGMA database_list", "predlog.sql-select")]
    [InlineData("CALL pragma_database_size()", "predlog.sql-select")]
    [InlineData("CREATE TABLE t AS SELECT 1", "predlog.sql-select")]
    [InlineData("DROP VIEW predictions_credit_decision", "predlog.sql-select")]
    [InlineData("INSERT INTO no_predictions (id) VALUES ('x')", "predlog.sql-select")]
    [InlineData("SELECT 1; SELECT 2", "predlog.sql-select")]
    [InlineData("SELECT 1; DROP VIEW predictions_credit_decision", "predlog.sql-select")]
    [InlineData("SELECT getenv('HOME')", "predlog.sql-outside")]
    [InlineData("SELECT current_setting('temp_directory')", "predlog.sql-outside")]
    [InlineData("SELECT * FROM duckdb_settings()", "predlog.sql-outside")]
    [InlineData("SELECT * FROM duckdb_views()", "predlog.sql-outside")]
    [InlineData("SELECT * FROM query('SELECT 1')", "predlog.sql-outside")]
    [InlineData("SELECT * FROM query_table(['no_predictions'])", "predlog.sql-outside")]
    [InlineData("SELECT * FROM information_schema.tables", "predlog.sql-no-view")]
    [InlineData("SELECT * FROM sqlite_master", "predlog.sql-no-view")]
    [InlineData("SELECT * FROM duckdb_tables", "predlog.sql-no-view")]
    [InlineData("SELECT * FROM no_predictions", "predlog.sql-no-view")]
    [InlineData("SELECT * FROM predictions_other", "predlog.sql-no-view")]
    [InlineData("SELECT FROM WHERE", "predlog.sql-failed")]
    [InlineData("SELECT nothing_such FROM predictions_credit_decision", "predlog.sql-failed")]
    [InlineData("SELECT id FROM predictions_credit_decision WHERE id = $1", "predlog.sql-parameters")]
    [InlineData("", "predlog.sql-select")]
    public async Task Sql_that_reaches_for_more_is_refused(string sql, string says)
    {
        await using var world = new LogWorld();
        world.Add("p-1");
        await world.Log.ConvertNowAsync(Go);

        Assert.Equal(says, await RefusedAsync(world, sql));
        Assert.False(File.Exists("/tmp/stolen.csv"));
    }

    [Fact]
    public async Task Sql_that_takes_too_long_or_too_much_is_stopped_and_the_next_is_answered()
    {
        await using var world = new LogWorld();
        world.Add("p-1");
        var little = new SqlLimits { Time = TimeSpan.FromMilliseconds(300), Memory = 32 << 20, Spill = 1 << 20 };

        Assert.Equal("predlog.sql-slow", await RefusedAsync(world, "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c", little));
        Assert.Equal("predlog.sql-large", await RefusedAsync(world, "SELECT a.range, list(b.range) FROM range(1000) a, range(1000000) b GROUP BY a.range",
            little with { Time = TimeSpan.FromSeconds(60) }));
        Assert.Equal("predlog.sql-long", await RefusedAsync(world, $"SELECT '{new string('x', 30_000)}'"));
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using var reader = world.Reader;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            reader.SqlAsync("SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c", new(), cancelled.Token));
        Assert.Equal(["1"], await world.SqlAsync("SELECT count(*) FROM credit_decision"));
    }

    [Fact]
    public async Task Answers_are_cut_at_their_limits_and_say_so()
    {
        await using var world = new LogWorld();
        world.Add("p-1");
        using var reader = world.Reader;

        var rows = await reader.SqlAsync("SELECT range AS n FROM range(5000)", new() { Rows = 10 }, Go);
        Assert.Equal((10, true, "0", true), (rows.Rows.Count, rows.IsCut, rows.Rows[0][0], rows.Columns[0].IsNumber));
        var bytes = await reader.SqlAsync("SELECT repeat('x', 1000) FROM range(5000)", new() { Rows = 5000, Bytes = 10_000 }, Go);
        Assert.Equal((11, true), (bytes.Rows.Count, bytes.IsCut));
        Assert.False((await reader.SqlAsync("SELECT id FROM credit_decision", new(), Go)).IsCut);
    }

    [Fact]
    public async Task Sql_of_every_honest_kind_is_answered()
    {
        await using var world = new LogWorld();
        for (var i = 0; i < 4; i++) world.Add($"p-{i}", age: 20 + (10 * i), region: i % 2 == 0 ? "kansai" : "kanto");

        Assert.Equal(["kansai|2|30.0", "kanto|2|40.0"],
            (await world.SqlAsync("WITH a AS (SELECT * FROM predictions_credit_decision) SELECT input_region, count(*), avg(input_age) FROM a GROUP BY 1 ORDER BY 1")).Select(r => r.Contains('.', StringComparison.Ordinal) ? r : r + ".0"));
        Assert.Equal(["p-0|1", "p-1|2"], await world.SqlAsync("SELECT id, row_number() OVER (ORDER BY id) FROM credit_decision ORDER BY id LIMIT 2;"));
        Assert.Equal(["{'a': 1}|00:00:05|[1, 2]"], await world.SqlAsync("SELECT {'a': 1}, INTERVAL 5 seconds, [1, 2] FROM credit_decision LIMIT 1"));
        Assert.Equal(["x"], await world.SqlAsync("SELECT j.value->>'$' FROM json_each('[\"x\"]') j"));
    }
}
