using System.ComponentModel.DataAnnotations;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class PostgresTests(PostgresServer server) : IClassFixture<PostgresServer>, IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    public sealed record Sale(long Id, DateOnly Day, string? Shop, [Range(0, 1000)] int Units, double? Share, [Decimal(28, 10)] decimal? Price, DateTimeOffset? At, DateTime? Plain,
        TimeSpan? Took, bool? Flag, Weather? Sky, float[]? Vector);

    [Fact]
    public async Task Rows_stream_in_the_order_of_the_key_and_bad_ones_are_kept_with_number_key_column_value_and_reason()
    {
        await server.SqlAsync("""
            CREATE TABLE sales (shop text, id bigint, day date, units numeric, share float8, price numeric, at timestamptz, plain timestamp, took interval, flag bool, sky text, vector real[], extra jsonb,
                PRIMARY KEY (day, id));
            INSERT INTO sales VALUES
            ('c', 9007199254740993, '2021-02-03', 3, 0.1, 123456789012345678.0123456789, '2021-02-03 04:05:06.789+09', '2021-02-03 04:05:06', '26:00:01.5', true, 'Light Rain', '{1,-2.5}', '{"a":1}'),
            (NULL, 1, '2021-02-03', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
            ('', 2, '2021-02-02', 7.00, 0.30000000000000004, 1, NULL, NULL, '-01:30:00', false, NULL, '{}', NULL),
            (E'two\nlines, "quoted"', 3, '2021-02-03', 1.5, 'NaN', 'NaN', 'infinity', 'infinity', '1 month', NULL, 'Hail', '{1,NULL}', NULL),
            ('d', 4, '2021-02-03', 1001, '-inf', 0.00000000001, NULL, NULL, NULL, NULL, NULL, '{NaN}', NULL),
            ('e', 5, '2021-02-03', 3000000000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
            """);
        var result = world.Load<Sale>(Source.Postgres(server.Variable, "public.sales"));

        Assert.Equal(["2|2021-02-02||7|0.30000000000000004|1.0000000000|-|-|-5400000000|False|-|[]", "1|2021-02-03|-|1|-|-|-|-|-|-|-|-",
            "9007199254740993|2021-02-03|c|3|0.1|123456789012345678.0123456789|2021-02-02T19:05:06.789000|2021-02-03T04:05:06.000000|93601500000|True|LightRain|[1,-2.5]"], world.Rows(result));
        var rejects = TableWorld.Rejects(result);
        Assert.Equal(["3 units 1.5: is not a whole number (int)", "3 share NaN: is NaN or infinite", "3 price NaN: is NaN or infinite", "3 at infinity: is not a date and time", "3 plain infinity: is not a date and time",
            "3 took 1 mon: is not a length of time", "3 sky Hail: is none of Sunny, LightRain, Snow", "3 vector {1,NULL}: is not a vector (float[]?)",
            "4 units 1001: is outside [0, 1000]", "4 share -Infinity: is NaN or infinite", "4 price 0.00000000001: has more than 10 decimal places; [Decimal(precision, scale)] on the record keeps more",
            "4 vector {NaN}: is NaN or infinite", "5 units 3000000000: does not fit in int"], rejects);
        var row = Reject.Read(result.RejectsPath!).First();
        Assert.StartsWith("shop=\"two\nlines, \"\"quoted\"\"\", id=3, day=2021-02-03, units=1.5", row.Row, StringComparison.Ordinal);
        Assert.Equal($"postgres:{server.Variable}/public.sales", row.File);
        Assert.Equal(["tables.csv-ignored"], result.Notes.Select(n => n.Id));
        Assert.Equal(result.Reads[0].Content, world.Load<Sale>(Source.Postgres(server.Variable, "public.sales")).Reads[0].Content);
    }

    public sealed record Pair(int A, string? B);

    [Fact]
    public async Task Many_rows_cut_into_parts_keep_their_order_and_numbers_whatever_the_readers()
    {
        await server.SqlAsync("CREATE TABLE many AS SELECT i AS a, repeat(E'text \"x\"\\n', i % 5) || CASE WHEN i % 1000 = 999 THEN NULL ELSE i END AS b FROM generate_series(0, 29999) i; UPDATE many SET a = NULL WHERE b IS NULL");
        var source = Source.Postgres(server.Variable, "SELECT b, a FROM many ORDER BY ctid");
        var whole = world.Load<Pair>(source);
        var cut = world.Load<Pair>(source, new() { PartBytes = 200_000 });

        Assert.Equal((29_970, 30), (whole.Rows, whole.RejectedRows));
        Assert.True(cut.Files.Count > 3, $"{cut.Files.Count} files");
        Assert.Equal(world.Rows(whole), world.Rows(cut));
        Assert.Equal(TableWorld.Rejects(whole), TableWorld.Rejects(cut));
        Assert.Empty(whole.Notes);
    }

    [Fact]
    public async Task A_change_token_tells_whether_the_table_changed_and_without_one_only_reading_does()
    {
        await server.SqlAsync("CREATE TABLE moved (a int PRIMARY KEY, b text); INSERT INTO moved VALUES (1, 'x')");
        var source = Source.Postgres(server.Variable, "moved") with { ChangeToken = "SELECT max(a) FROM moved" };
        var before = (await source.StatesAsync(default))!.Single();
        Assert.Equal(before.Content, world.Load<Pair>(source).Reads.Single().Content);
        Assert.Equal(before, (await source.StatesAsync(default))!.Single());

        await server.SqlAsync("INSERT INTO moved VALUES (2, 'y')");
        Assert.NotEqual(before.Content, (await source.StatesAsync(default))!.Single().Content);
        Assert.Null(await (source with { ChangeToken = null }).StatesAsync(default));
    }

    [Fact]
    public async Task Nothing_can_be_written()
    {
        await server.SqlAsync("CREATE TABLE kept (a int PRIMARY KEY, b text); INSERT INTO kept VALUES (1, 'x'); CREATE FUNCTION emptied() RETURNS int LANGUAGE sql AS 'DELETE FROM kept RETURNING a'");

        Assert.Equal($"The database of {server.Variable} refused (cannot execute DELETE in a read-only transaction): correct 'SELECT emptied() AS a, NULL AS b ORDER BY 1' or ask for the right to read it.",
            Assert.Throws<KumikiException>(() => world.Load<Pair>(Source.Postgres(server.Variable, "SELECT emptied() AS a, NULL AS b ORDER BY 1"))).Says.In("en"));
        Assert.Equal(["1|x"], world.Rows(world.Load<Pair>(Source.Postgres(server.Variable, "kept"))));
    }

    [Fact]
    public async Task What_cannot_be_read_is_one_sentence_without_the_secret()
    {
        await server.SqlAsync("CREATE TABLE bare (a int, b text)");
        string Says(string variable, string rows) => Assert.Throws<KumikiException>(() => world.Load<Pair>(Source.Postgres(variable, rows))).Says.In("en");
        void Set(string value) => Environment.SetEnvironmentVariable(server.Variable + "2", value);

        Assert.Equal($"The database of {server.Variable} refused (relation \"none\" does not exist): correct 'none' or ask for the right to read it.", Says(server.Variable, "none"));
        Assert.Equal($"postgres:{server.Variable}/bare has no rows (files read: 1): export it again, or correct what is read.", Says(server.Variable, "bare"));
        Assert.StartsWith($"The environment variable {server.Variable}2 is empty: set it", Says(server.Variable + "2", "bare"), StringComparison.Ordinal);
        Set("no such thing; Password=very-secret");
        Assert.StartsWith($"The environment variable {server.Variable}2 holds no connection string: ", Says(server.Variable + "2", "bare"), StringComparison.Ordinal);
        Set("postgres://postgres:very-secret@127.0.0.1:1/postgres");
        var unreachable = Says(server.Variable + "2", "bare");
        Assert.StartsWith($"The database of {server.Variable}2 cannot be reached (", unreachable, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", unreachable, StringComparison.Ordinal);
        Set($"postgres://postgres:very-secret@127.0.0.1:{server.Port}/nowhere?sslmode=disable");
        Assert.StartsWith($"The database of {server.Variable}2 cannot be reached (database \"nowhere\" does not exist)", Says(server.Variable + "2", "bare"), StringComparison.Ordinal);
        Environment.SetEnvironmentVariable(server.Variable + "2", null);
    }

    [Fact]
    public async Task A_cancelled_query_stops()
    {
        await server.SqlAsync("CREATE TABLE IF NOT EXISTS slow (a int)");
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var clock = System.Diagnostics.Stopwatch.StartNew();

        Assert.ThrowsAny<OperationCanceledException>(() => SourceLoad.Run(world.Engine, Source.Postgres(server.Variable, "SELECT 1 AS a, pg_sleep(60)::text AS b ORDER BY 1"), RowSchema.Of<Pair>(),
            world.Folder, world.NewFolder(), cancellation: cancellation.Token));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"It took {clock.Elapsed}.");
    }
}
