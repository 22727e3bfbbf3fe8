using System.ComponentModel.DataAnnotations;
using System.IO.Compression;
using System.Text;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class JsonLinesTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    LoadResult Load<T>(string lines, bool looseTypes = false)
    {
        world.Write("rows.jsonl", lines);
        return world.Load<T>(Source.JsonLines("rows.jsonl", looseTypes));
    }

    public sealed record Reading(string Place, int Level, double? Value);

    [Fact]
    public void Every_broken_line_and_wrong_value_is_kept_with_line_column_value_and_reason_and_the_rest_goes_on()
    {
        var result = Load<Reading>("""
            {"place":"a","level":1,"value":1.5}
            {"place":"b","level":"2","value":"x"}

            {"place":"c"
            {"place":"d","level":1.5,"value":1e400}
            {"place":"e"}
            {"level":null,"place":"f"}
            [1,2]
            {"place":"g","level":4} {"place":"h"}
            {"place":["i"],"level":{"a":1},"value":true}
            {"place":"j","level":3000000000}
            {"place":"k","level":5,"level":6}
            {"place":5,"level":5}
            {"place":"NaN","level":7,"value":NaN}
            not json
            {"Place":"l","Level":7.0,"VALUE":null}
            {"place":"half \ud83d","level":8}
            {"place":"tab\tquote\" \u00e9 \ud83d\ude00","level":9,"value":-0.5}
            """ + "\n");

        Assert.Equal(["a|1|1.5", "l|7|-", "tab\tquote\" é 😀|9|-0.5"], world.Rows(result));
        Assert.Equal([
            "2 level \"2\": is a JSON string where int is needed; looseTypes: true takes what can be read",
            "2 value \"x\": is a JSON string where double? is needed; looseTypes: true takes what can be read",
            "4 - -: is not one whole JSON object (byte 13: Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that should be closed)",
            "5 level 1.5: is not a whole number (int)", "5 value 1e400: does not fit in double?",
            "6 level -: is missing where int is needed", "7 level null: is missing where int is needed", "8 - -: is a JSON array instead of an object",
            "9 - -: is not one whole JSON object (byte 25: '{' is invalid after a single JSON value. Expected end of data)",
            "10 place [\"i\"]: is a JSON array where string is needed; looseTypes: true takes what can be read",
            "10 level {\"a\":1}: is a JSON object where int is needed; looseTypes: true takes what can be read",
            "10 value true: is a JSON boolean where double? is needed; looseTypes: true takes what can be read",
            "11 level 3000000000: does not fit in int", "12 level 6: is there twice",
            "13 place 5: is a JSON number where string is needed; looseTypes: true takes what can be read",
            "14 - -: is not one whole JSON object (byte 34: 'N' is an invalid start of a value)",
            "15 - -: is not one whole JSON object (byte 2: 'not json' is an invalid JSON literal. Expected the literal 'null')",
            "17 place half \\ud83d: is not UTF-8 text",
        ], TableWorld.Rejects(result));
        Assert.Equal("{\"place\":\"c\"", Reject.Read(result.RejectsPath!).Single(r => r.Line == 4).Row);
        Assert.Equal(14, result.RejectedRows);
        Assert.Equal(Digest.Of(File.ReadAllBytes(world.File("rows.jsonl"))), result.Reads[0].Content);
    }

    public sealed record Customer(string Name, int? Age);
    public sealed record Order(long Id, Customer Buyer, [Path("meta.device.kind")] string? Device, [property: Path("items.0")] string? Unreachable, Customer? Other);

    [Fact]
    public void Nested_objects_are_reached_by_records_within_the_record_and_by_paths()
    {
        Assert.Equal(["id long", "buyer_name string", "buyer_age int?", "device string?", "unreachable string?", "other_name string?", "other_age int?"],
            RowSchema.Of<Order>().Columns.Select(c => $"{c.Name} {c.TypeName}"));
        var result = Load<Order>("""
            {"id":9007199254740993,"buyer":{"name":"a","age":7,"more":[1]},"meta":{"device":{"kind":"phone"},"x":1},"other":{"name":"z","age":1}}
            {"id":2,"buyer":{"name":"b"},"meta":null}
            {"id":3,"buyer":null}
            {"id":4,"buyer":"x","meta":{"device":5}}
            {"id":5,"buyer":{"name":"e","name":"f"}}
            {"id":6,"buyer":{"name":"g"},"buyer":{"name":"h"}}

            """);

        Assert.Equal(["9007199254740993|a|7|phone|-|z|1", "2|b|-|-|-|-|-"], world.Rows(result));
        Assert.Equal(["3 buyer_name null: is missing where string is needed",
            "4 buyer_name \"x\": is a JSON string where string is needed; looseTypes: true takes what can be read",
            "4 buyer_age \"x\": is a JSON string where int? is needed; looseTypes: true takes what can be read",
            "4 device 5: is a JSON number where string? is needed; looseTypes: true takes what can be read",
            "5 buyer_name \"f\": is there twice", "6 buyer_name \"h\": is there twice"], TableWorld.Rejects(result));
        Assert.Equal(["The fields more, x are ignored: no column asks for them."], result.Notes.Select(n => n.In("en")));

        var held = new Expectations<Order>().Unique(o => (o.Buyer.Name, o.Id)).NotNull(o => o.Buyer.Name).That("grown", o => o.Buyer.Age == null || o.Buyer.Age > 5)
            .Check(world.Engine, [.. result.Files.Select(f => f.Path)], TimeProvider.System);
        Assert.Equal(["unique-buyer-name-id", "not-null-buyer-name", "grown"], held.Where(h => h.Held).Select(h => h.Name));
    }

    public sealed record Wide(ulong Big, long Low, [Decimal(28, 10)] decimal Exact, float Single, DateOnly Day, DateTime At, DateTimeOffset Instant, TimeSpan Took, bool Flag,
        Weather Sky, float[] Vector, [Vector(2)] int[] Pair, ReadOnlyMemory<double>? Free, sbyte Tiny);

    [Fact]
    public void Every_kind_of_column_is_exact()
    {
        var result = Load<Wide>("""
            {"big":18446744073709551615,"low":-9223372036854775808,"exact":123456789012345678.0123456789,"single":0.1,"day":"2024-02-29","at":"2021-02-03T04:05:06.789+09:00","instant":"2021-02-03T04:05:06Z","took":"26:00:01.5","flag":true,"sky":"light rain","vector":[0.5, -1e3,2],"pair":[1,-2],"free":[],"tiny":-128}
            {"big":18446744073709551616,"low":-9223372036854775809,"exact":0.00000000001,"single":1e39,"day":"2023-02-29","at":"x","instant":"2021-02-03T04:05:06","took":"P1M","flag":1,"sky":"hail","vector":[1,null],"pair":[1,2,3],"free":[1e400],"tiny":128}
            """ + "\n");

        Assert.Equal(["18446744073709551615|-9223372036854775808|123456789012345678.0123456789|0.1|2024-02-29|2021-02-02T19:05:06.789000|2021-02-03T04:05:06.000000|93601500000|True|LightRain|[0.5,-1000,2]|[1,-2]|[]|-128"],
            world.Rows(result));
        Assert.Equal(["2 big 18446744073709551616: does not fit in ulong", "2 low -9223372036854775809: does not fit in long",
            "2 exact 0.00000000001: has more than 10 decimal places; [Decimal(precision, scale)] on the record keeps more", "2 single 1e39: does not fit in float",
            "2 day 2023-02-29: is not a date", "2 at x: is not a date and time",
            "2 instant 2021-02-03T04:05:06: has no offset from UTC, which DateTimeOffset needs: write 2021-02-03T04:05:06Z or +09:00, or use DateTime",
            "2 took P1M: is not a length of time", "2 flag 1: is a JSON number where bool is needed; looseTypes: true takes what can be read", "2 sky hail: is none of Sunny, LightRain, Snow",
            "2 vector [1,null]: is not a vector (float[])", "2 pair [1,2,3]: does not have 2 elements", "2 free [1e400]: does not fit in double[]?", "2 tiny 128: does not fit in sbyte"],
            TableWorld.Rejects(result));
    }

    public sealed record Loose(int Level, double? Value, bool? Flag, string? Id);

    [Fact]
    public void Loose_types_take_what_can_be_read_exactly()
    {
        var result = Load<Loose>("""
            {"level":"12","value":" 1.5 ","flag":"yes","id":9007199254740993}
            {"level":"1.5","value":"","flag":1,"id":{"a":[1, 2]}}
            {"level":3,"value":"NaN"}
            {"level":4,"value":"","flag":0,"id":{"a":[1, 2]}}
            """ + "\n", looseTypes: true);

        Assert.Equal(["12|1.5|True|9007199254740993", "4|-|False|{\"a\":[1, 2]}"], world.Rows(result));
        Assert.Equal(["2 level 1.5: is not a whole number (int)", "3 value NaN: is NaN or infinite"], TableWorld.Rejects(result));
    }

    [Fact]
    public void Random_lines_cut_anywhere_give_what_they_give_whole()
    {
        var random = new Random(20_210_930);
        for (var round = 0; round < 40; round++)
        {
            var lines = new StringBuilder();
            for (var line = 0; line < 40; line++)
                lines.Append(random.Next(4) switch
                {
                    0 => string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => "{}\":,\\ab1 \r"[random.Next(11)])),
                    1 => "{\"place\":\"x\",\"level\":" + random.Next(),
                    _ => $"{{\"level\":{random.Next()},\"place\":\"p{random.Next(9)}\\n\"}}",
                }).Append('\n');
            lines.Append("{\"level\":1,\"place\":\"last\"}");
            world.Write("rows.jsonl", lines.ToString());
            var whole = world.Load<Reading>(Source.JsonLines("rows.jsonl"));
            var cut = world.Load<Reading>(Source.JsonLines("rows.jsonl"), new() { PartBytes = 150 });

            Assert.Equal(world.Rows(whole), world.Rows(cut));
            Assert.Equal(TableWorld.Rejects(whole), TableWorld.Rejects(cut));
        }
    }

    [Fact]
    public void A_line_gives_the_same_row_however_it_is_written()
    {
        var random = new Random(20_211_122);
        string Number() => random.Next(6) switch { 0 => "0", 1 => "-0", 2 => $"{random.Next()}.50", 3 => $"1e{random.Next(30)}", 4 => $"-{random.Next()}E-2", _ => $"{random.Next(100)}" };
        var (plain, escaped) = (new StringBuilder(), new StringBuilder());
        for (var line = 0; line < 3000; line++)
        {
            var (place, level, value, more) = ($"p{random.Next(9)}", random.Next(5) == 0 ? Number() : $"{random.Next()}", random.Next(4) == 0 ? "null" : Number(), random.Next(3) switch { 0 => "true", 1 => "\"x\"", _ => "-1.5e3" });
            plain.Append(System.Globalization.CultureInfo.InvariantCulture, $"{{\"place\":\"{place}\",\"level\":{level},\"value\":{value},\"more\":{more}}}\n");
            // an escape in a name or a text is beyond the short way of reading
            escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $" {{ \"more\" : {more} , \"value\":\t{value}, \"l\\u0065vel\" : {level} ,\"place\":\"\\u0070{place[1..]}\" }} \r\n");
        }
        var one = Load<Reading>(plain.ToString());
        var other = Load<Reading>(escaped.ToString());

        Assert.Equal(world.Rows(one), world.Rows(other));
        Assert.Equal(TableWorld.Rejects(one), TableWorld.Rejects(other));
        Assert.InRange(one.RejectedRows, 100, 1000);
    }

    [Theory]
    [InlineData("{\"place\":\"a\",\"level\":01}")]
    [InlineData("{\"place\":\"a\",\"level\":+1}")]
    [InlineData("{\"place\":\"a\",\"level\":1.}")]
    [InlineData("{\"place\":\"a\",\"level\":.5}")]
    [InlineData("{\"place\":\"a\",\"level\":1e}")]
    [InlineData("{\"place\":\"a\tb\",\"level\":1}")]
    [InlineData("{\"place\":\"a\",\"level\":1,}")]
    [InlineData("{\"place\":\"a\" \"level\":1}")]
    [InlineData("{\"place\":\"a\",\"level\":1}}")]
    [InlineData("{\"place\":\"a\",\"level\":1} x")]
    [InlineData("{\"place\":\"a\",\"level\":1,\"more\":tru}")]
    [InlineData("{'place':'a','level':1}")]
    public void What_is_no_json_is_never_a_row(string line)
    {
        var result = Load<Reading>($"{line}\n{{\"place\":\"ok\",\"level\":1}}\n");

        Assert.Equal(["ok|1|-"], world.Rows(result));
        Assert.Equal("tables.reject-json", Reject.Read(result.RejectsPath!).Single().Says.Id);
    }

    [Fact]
    public void A_line_too_long_for_a_part_is_kept_by_its_beginning_and_a_broken_one_is_cut_to_a_limit()
    {
        world.Write("rows.jsonl", $"{{\"place\":\"a\",\"level\":1}}\n{{\"place\":\"{new string('x', 50_000)}\n{{\"place\":\"b\",\"level\":2}}\n");

        var cut = world.Load<Reading>(Source.JsonLines("rows.jsonl"), new() { PartBytes = 400 });
        Assert.Equal(["a|1|-", "b|2|-"], world.Rows(cut));
        Assert.Equal(["2 - -: is 50011 bytes long, more than the 400 a record may have"], TableWorld.Rejects(cut));
        var whole = world.Load<Reading>(Source.JsonLines("rows.jsonl"));
        Assert.Equal(10_001, Reject.Read(whole.RejectsPath!).Single().Row.Length);
    }

    [Fact]
    public void Zipped_files_and_other_encodings_give_the_same_rows()
    {
        var text = "{\"place\":\"千葉\",\"level\":1}\n";
        using (var file = File.Create(world.File("a.jsonl.gz")))
        using (var zip = new GZipStream(file, CompressionLevel.Fastest)) zip.Write(Encoding.UTF8.GetBytes(text));
        world.Write("b.jsonl", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(text)]);
        world.Write("c.jsonl", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)]);
        var result = world.Load<Reading>(Source.JsonLines("*.jsonl*"));

        Assert.Equal(["千葉|1|-", "千葉|1|-", "千葉|1|-"], world.Rows(result));
        Assert.Equal(Digest.Of(File.ReadAllBytes(world.File("a.jsonl.gz"))), result.Reads[0].Content);

        world.Write("d.jsonl.gz", File.ReadAllBytes(world.File("a.jsonl.gz"))[..20]);
        var error = Assert.Throws<KumikiException>(() => world.Load<Reading>(Source.JsonLines("d.*")));
        Assert.StartsWith($"{world.File("d.jsonl.gz")} is not a whole gzip file (", error.Says.In("en"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{\"place\":\"a\",\"level\":1}]\n", "is one JSON array, not one object a line: rewrite it, as with jq -c '.[]'.")]
    [InlineData("", "has no rows (files read: 1): export it again, or correct what is read.")]
    [InlineData("{\"place\":\"a\"}\n", "line 1, column level, '{\"place\":\"a\"}': is missing where int is needed.")]
    public void A_file_that_cannot_be_used_is_one_sentence(string lines, string sentence)
    {
        var error = Assert.Throws<KumikiException>(() => Load<Reading>(lines));

        Assert.EndsWith(sentence, error.Says.In("en"), StringComparison.Ordinal);
        Assert.Contains("rows.jsonl", error.Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_lines_give_the_same_bytes_and_rows_added_leave_earlier_parts_as_they_were()
    {
        var lines = Enumerable.Range(0, 20_000).Select(i => $"{{\"place\":\"p{i % 7}\",\"level\":{i},\"value\":{i}.25}}").ToArray();
        string[] Hashes(int count)
        {
            world.Write("rows.jsonl", string.Join('\n', lines[..count]) + "\n");
            return [.. world.Load<Reading>(Source.JsonLines("rows.jsonl"), new() { PartBytes = 100_000 }).Files.Select(f => Digest.Of(File.ReadAllBytes(f.Path)).Hex)];
        }

        var all = Hashes(20_000);
        Assert.Equal(all, Hashes(20_000));
        Assert.Equal(Hashes(15_000)[..^1], all[..(Hashes(15_000).Length - 1)]);
    }

    public sealed record Ranged([Range(0, 10)] int X);

    [Fact]
    public void Ranges_hold_for_json_too() => Assert.Equal(["2 x 11: is outside [0, 10]"], TableWorld.Rejects(Load<Ranged>("{\"x\":10}\n{\"x\":11}\n")));
}
