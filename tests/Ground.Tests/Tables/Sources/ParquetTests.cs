using System.ComponentModel.DataAnnotations;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class ParquetTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    LoadResult Load<T>(string select, LoadOptions? options = null)
    {
        Write("rows.parquet", select);
        return world.Load<T>(Source.Parquet("rows.parquet"), options);
    }

    void Write(string file, string select)
    {
        using var database = DuckDbDatabase.OpenInMemory(1L << 28, 1, null);
        using var connection = database.Connect();
        connection.Execute($"COPY ({select}) TO {SqlText.Quote(world.File(file))} (FORMAT parquet)");
    }

    public sealed record Reading(string Place, [Range(0, 1000)] int Level, double? Value);

    [Fact]
    public void Every_value_that_does_not_fit_is_kept_with_its_row_and_reason_and_the_rest_goes_on()
    {
        var result = Load<Reading>("""
            SELECT * FROM (VALUES ('a', 1::BIGINT, 1.5::DOUBLE, {'x': 1}, 'm'), ('b', 3000000000, 'nan', NULL, 'm'), (NULL, 5, NULL, NULL, 'm'), ('d', 1001, '-inf', NULL, 'it''s'), ('e', 6, NULL, NULL, NULL))
            AS t(place, "Level", value, nested, more)
            """);

        Assert.Equal(["a|1|1.5", "e|6|-"], world.Rows(result));
        Assert.Equal(["2 level 3000000000: does not fit in int", "2 value nan: is NaN or infinite", "3 place -: is missing where string is needed",
            "4 level 1001: is outside [0, 1000]", "4 value -inf: is NaN or infinite"], TableWorld.Rejects(result));
        Assert.Equal((2, 3), (result.Rows, result.RejectedRows));
        Assert.Equal([$"Columns nested, more of {world.File("rows.parquet")} are ignored."], result.Notes.Select(n => n.In("en")));
        Assert.Contains("'Level': 3000000000", Reject.Read(result.RejectsPath!).First().Row, StringComparison.Ordinal);
        Assert.Equal(Digest.Of(File.ReadAllBytes(world.File("rows.parquet"))), result.Reads[0].Content);
    }

    public sealed record Wide(sbyte Tiny, ulong Big, float Single, [Decimal(10, 2)] decimal Price, DateOnly Day, DateTime At, DateTimeOffset Instant, TimeSpan Took, bool? Flag, Weather? Sky,
        [Vector(2)] float[] Vector, long[]? Free);

    [Fact]
    public void Every_kind_of_column_is_cast_and_checked()
    {
        var result = Load<Wide>("""
            SELECT * FROM (VALUES
            (-128, 18446744073709551615::UBIGINT, 0.1::DOUBLE, 1.25::DOUBLE, TIMESTAMP '2021-02-03 00:00:00', TIMESTAMP_NS '2021-02-03 04:05:06.123456', TIMESTAMPTZ '2021-02-03 04:05:06+09', INTERVAL 90 MINUTE, true, 'Snow', [1.5, -2]::DOUBLE[], [9007199254740993]::BIGINT[]),
            (128, 5, 1e39, 99999999999, TIMESTAMP '2021-02-03 01:00:00', TIMESTAMP_NS '2021-02-03 04:05:06.123456789', TIMESTAMPTZ 'infinity', INTERVAL 1 MONTH, NULL, 'Hail', [1.5, NULL], NULL),
            (1, 5, 'inf', 1, TIMESTAMP '2021-02-03 00:00:00', NULL, NULL, NULL, NULL, NULL, [1.5], NULL),
            (1, 5, 1, 1, TIMESTAMP '2021-02-03 00:00:00', TIMESTAMP_NS '2021-02-03 04:05:06', TIMESTAMPTZ '2021-02-03 04:05:06+09', INTERVAL 1 SECOND, NULL, NULL, ['nan'::DOUBLE, 1e39], NULL)
            ) AS t(tiny, big, single, price, day, "at", instant, took, flag, sky, vector, free)
            """);

        Assert.Equal(["-128|18446744073709551615|0.1|1.25|2021-02-03|2021-02-03T04:05:06.123456|2021-02-02T19:05:06.000000|5400000000|True|Snow|[1.5,-2]|[9007199254740993]"], world.Rows(result));
        Assert.Equal(["2 tiny 128: does not fit in sbyte", "2 single 1e+39: does not fit in float", "2 price 99999999999.0: does not fit in decimal(10,2)",
            "2 day 2021-02-03 01:00:00: is not a date", "2 at 2021-02-03 04:05:06.123456789: is not a date and time", "2 instant infinity: is NaN or infinite",
            "2 took 1 month: is not a length of time", "2 sky Hail: is none of Sunny, LightRain, Snow", "2 vector [1.5, NULL]: is not a vector (float[2])",
            "3 single inf: is NaN or infinite", "3 at -: is missing where DateTime is needed", "3 instant -: is missing where DateTimeOffset is needed", "3 took -: is missing where TimeSpan is needed",
            "3 vector [1.5]: does not have 2 elements", "4 vector [nan, 1e+39]: is NaN or infinite"], TableWorld.Rejects(result));
    }

    [Fact]
    public void Ranges_of_rows_give_what_the_whole_file_gives_and_the_same_bytes_every_time()
    {
        const string Select = "SELECT 'p' || i % 7 AS place, CASE WHEN i % 1000 = 999 THEN -1 ELSE i % 900 END AS level, i / 4.0 AS value FROM range(400000) t(i)";
        var whole = Load<Reading>(Select);
        var cut = Load<Reading>(Select, new() { PartRows = 50_000 });
        var again = Load<Reading>(Select, new() { PartRows = 50_000 });

        Assert.Equal((399_600, 400), (whole.Rows, whole.RejectedRows));
        Assert.Equal(8, cut.Files.Count);
        Assert.Equal(world.Rows(whole), world.Rows(cut));
        Assert.Equal(TableWorld.Rejects(whole), TableWorld.Rejects(cut));
        Assert.Equal("1000 level -1: is outside [0, 1000]", TableWorld.Rejects(cut)[0]);
        Assert.Equal(cut.Files.Select(f => Digest.Of(File.ReadAllBytes(f.Path))), again.Files.Select(f => Digest.Of(File.ReadAllBytes(f.Path))));
    }

    public sealed record Optional(int X, string? Note, float[]? Vector);

    [Fact]
    public void Constant_and_all_missing_columns_do_not_break_loading()
    {
        var result = Load<Optional>("SELECT 7 AS x, NULL::INTEGER AS note, NULL::INTEGER AS vector FROM range(3)");

        Assert.Equal(["7|-|-", "7|-|-", "7|-|-"], world.Rows(result));
        Assert.Equal(["tables.column-empty", "tables.column-empty"], result.Notes.Select(n => n.Id));
    }

    public sealed record One(int X);

    [Fact]
    public void A_file_that_cannot_be_used_is_one_sentence()
    {
        string Says(string file) => Assert.Throws<KumikiException>(() => world.Load<One>(Source.Parquet(file))).Says.In("en");
        Write("whole.parquet", "SELECT i::INTEGER AS x FROM range(5000) t(i)");
        var whole = File.ReadAllBytes(world.File("whole.parquet"));
        world.Write("cut.parquet", whole[..(whole.Length / 2)]);
        var middle = (byte[])whole.Clone();
        middle.AsSpan(4, middle.Length / 2).Clear();
        world.Write("damaged.parquet", middle);
        world.Write("text.parquet", "x\n1\n");
        world.Write("empty.parquet", []);
        Write("none.parquet", "SELECT 1 AS x WHERE false");
        Write("texts.parquet", "SELECT '1' AS x");
        Write("other.parquet", "SELECT 1 AS xx, 2 AS y");

        // the two names are of one length, so that one may stand for the other in the footer
        Write("twice.parquet", "SELECT 1 AS xa, 2 AS xb, 3 AS x");
        var twice = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(world.File("twice.parquet")));
        world.Write("twice.parquet", System.Text.Encoding.Latin1.GetBytes(twice.Replace("xb", "xa", StringComparison.Ordinal)));
        Assert.EndsWith("has column xa twice, as field 1 'xa' and field 2 'xa': rename or remove one.", Says("twice.parquet"), StringComparison.Ordinal);

        foreach (var file in (string[])["cut", "damaged", "text", "empty"])
            Assert.StartsWith($"{world.File($"{file}.parquet")} is not a whole Parquet file (", Says($"{file}.parquet"), StringComparison.Ordinal);
        Assert.EndsWith("has no rows (files read: 1): export it again, or correct what is read.", Says("none.parquet"), StringComparison.Ordinal);
        Assert.EndsWith("has x as VARCHAR, which does not become int by itself: change the record, or export the column as INTEGER.", Says("texts.parquet"), StringComparison.Ordinal);
        Assert.EndsWith("lacks x: it has xx, y, expected are x; add the column or name it with [Column(\"…\")].", Says("other.parquet"), StringComparison.Ordinal);
        Assert.StartsWith("No file matches 'absent.parquet'", Says("absent.parquet"), StringComparison.Ordinal);
    }
}
