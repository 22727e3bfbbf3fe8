using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class CsvLoadTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    static readonly string BeverageSales = TableWorld.SharedData("beverage-sales/item_sale_records_2020_2021q3.csv");

    [Fact]
    public void Real_sales_become_a_table_equal_to_the_file()
    {
        var result = world.Load<Sale>(Source.Csv(BeverageSales));

        Assert.Equal(63_900, result.Rows);
        Assert.Equal(0, result.RejectedRows);
        Assert.Null(result.RejectsPath);
        Assert.Equal([$"Columns day_of_week, week_of_year of {BeverageSales} are ignored."], result.Notes.Select(n => n.In("en")));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(BeverageSales))), Assert.Single(result.Reads).Content.Hex);

        // every line of the file, read the slow, obvious way
        var expected = File.ReadLines(BeverageSales).Skip(1).Select(l => l.Split(',')).Select(f => $"{f[0]}|{f[3]}|{f[4]}|{f[5]}|{f[6]}.0000");
        Assert.Equal(expected, world.Rows(result));
    }

    [Fact]
    public void The_same_file_gives_the_same_bytes_every_time()
    {
        var twice = Enumerable.Range(0, 5).Select(_ => world.Load<Sale>(Source.Csv(BeverageSales), new() { PartBytes = 300_000, LongestField = 1000 }))
            .ToArray();

        Assert.Equal(10, twice[0].Files.Count);
        foreach (var again in twice) Assert.Equal(twice[0].Files.Select(f => Hash(f.Path)), again.Files.Select(f => Hash(f.Path)));
    }

    [Fact]
    public void Rows_added_at_the_end_leave_the_earlier_parts_as_they_were()
    {
        var lines = File.ReadAllLines(BeverageSales);
        world.Write("rows.csv", string.Join('\n', lines[..50_000]) + "\n");
        var before = world.Load<Sale>(Source.Csv("rows.csv"), new() { PartBytes = 300_000, LongestField = 1000 });
        world.Write("rows.csv", string.Join('\n', lines) + "\n");
        var after = world.Load<Sale>(Source.Csv("rows.csv"), new() { PartBytes = 300_000, LongestField = 1000 });

        Assert.Equal(8, before.Files.Count);
        Assert.Equal(before.Files.Take(7).Select(f => Hash(f.Path)), after.Files.Take(7).Select(f => Hash(f.Path)));
    }

    static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    public sealed record Reading(string Place, int Level, double? Value);

    [Fact]
    public void Every_bad_row_is_kept_with_line_column_value_and_reason_and_the_rest_goes_on()
    {
        var result = world.Load<Reading>("place,level,value\na,1,1.5\nb,x,NaN\nc,3000000000,\n,4,2\n"
            + "\"d\nd\",5,1e400\ne,6\nf,7,8,9\ng,1.0,-inf\nh,1.5,7\ni,8,\n");

        Assert.Equal(["a|1|1.5", "i|8|-"], world.Rows(result));
        Assert.Equal(["3 level x: is not a whole number (int)", "3 value NaN: is NaN or infinite", "4 level 3000000000: does not fit in int",
            "5 place : is missing where string is needed",
            "6 value 1e400: does not fit in double?", "8 - -: has another number of fields than the header (2 instead of 3)", "9 - -: has another number of fields than the header (4 instead of 3)",
                "10 value -inf: is NaN or infinite",
            "11 level 1.5: is not a whole number (int)"], TableWorld.Rejects(result));
        Assert.Equal(8, result.RejectedRows);
        Assert.Equal(2, result.Rows);
        Assert.Equal("\"d\nd\",5,1e400", Reject.Read(result.RejectsPath!).Single(r => r.Line == 6).Row);
        Assert.Equal(new RejectCount("level", Message.Of("tables.reject-whole", ("type", "int")), 2), result.Rejects.First(r => r.Column == "level"));
    }

    [Fact]
    public void A_broken_quote_costs_its_line_and_no_more()
    {
        var result = world.Load<Reading>("place,level,value\na,1,1\n\"b,2,2\nc,3,3\n\"d\"x,4,4\ne\"e,5,5\n\"f\"\"f\",6,6\n\"g,7,7\n");

        Assert.Equal(["a|1|1", "c|3|3", "e\"e|5|5", "f\"f|6|6"], world.Rows(result));
        Assert.Equal(["3", "5", "8"], TableWorld.Rejects(result).Select(r => r.Split(' ')[0]));
        Assert.All(Reject.Read(result.RejectsPath!), r => Assert.Equal("tables.reject-quote", r.Says.Id));
        Assert.Equal(["\"b,2,2", "\"d\"x,4,4", "\"g,7,7"], Reject.Read(result.RejectsPath!).Select(r => r.Row));
    }

    [Theory]
    [InlineData("place,level,value\n\"a\nb\",1,\r\n\r\nc,2,3\n\"d \"\"q\"\"\",4,\"5\"\n\"b,2,2\nlast,9,")]
    [InlineData("place,level,value\r\n\"a,\",1,2\r\nx,\"1\",\"\"\r\n\"\",2,3\r\n\"un\nclosed,1,2\nok,1,2\n\"xx\"y,1,2\nok,3,4\r\n")]
    [InlineData("place,level,value\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,1,1\nb,2,2\n")]
    public void Cutting_into_parts_changes_neither_rows_nor_rejects(string csv)
    {
        world.Write("rows.csv", csv);
        var whole = world.Load<Reading>(Source.Csv("rows.csv"));

        foreach (var bytes in (int[])[130, 140, 150, 200])
        {
            var cut = world.Load<Reading>(Source.Csv("rows.csv"), new() { PartBytes = bytes, LongestField = 60 });
            Assert.Equal(world.Rows(whole), world.Rows(cut));
            Assert.Equal(TableWorld.Rejects(whole), TableWorld.Rejects(cut));
        }
    }

    [Fact]
    public void Random_files_cut_anywhere_give_what_they_give_whole()
    {
        var random = new Random(20_210_930);
        for (var round = 0; round < 60; round++)
        {
            var csv = new StringBuilder("place,level,value\n");
            for (var line = 0; line < 40; line++)
                csv.Append(string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => "ab,,12\"\"\"\n\n\r"[random.Next(12)])))
                    .Append(random.Next(3) == 0 ? "\"q\n\"\",\",3,4\n" : "x,1,2\n");
            world.Write("rows.csv", csv.ToString());
            var whole = world.Load<Reading>(Source.Csv("rows.csv"), new() { LongestField = 50 });
            var cut = world.Load<Reading>(Source.Csv("rows.csv"), new() { PartBytes = 200, LongestField = 50 });

            Assert.Equal(world.Rows(whole), world.Rows(cut));
            Assert.Equal(TableWorld.Rejects(whole), TableWorld.Rejects(cut));
            Assert.Equal(whole.RejectedRows, cut.RejectedRows);
        }
    }

    [Fact]
    public void A_record_too_long_for_a_part_is_kept_by_its_beginning()
    {
        world.Write("rows.csv", $"place,level,value\na,1,1\n{new string('x', 5000)},2,2\nb,3,3\n");
        var result = world.Load<Reading>(Source.Csv("rows.csv"), new() { PartBytes = 400, LongestField = 100 });

        Assert.Equal(["a|1|1", "b|3|3"], world.Rows(result));
        Assert.Equal(["3 - -: is 5005 bytes long, more than the 400 a record may have"], TableWorld.Rejects(result));
    }

    [Theory]
    [InlineData("place,level\na,1\n",
        "lacks value: it has place, level, expected are place, level, value; add the column or name it with [Column(\"…\")].")]
    [InlineData("plcae,level,value\na,1,2\n",
        "lacks place: it has plcae, level, value, expected are place, level, value; if 'plcae' is place, name it with [Column(\"plcae\")].")]
    [InlineData("place;level;value\na;1;2\n",
        "has one column, 'place;level;value', when split at ',': declare its delimiter, likely Source.Csv(…, delimiter: ';').")]
    [InlineData("place,level,value,level\na,1,2,3\n", "has column level twice, as field 2 'level' and field 4 'level': rename or remove one.")]
    [InlineData("", "is empty: it should begin with a header that names place, level, value.")]
    [InlineData("\n\n", "is empty: it should begin with a header that names place, level, value.")]
    [InlineData("place,level,value\n", "has a header but no rows (files read: 1): export it again, or correct the pattern.")]
    [InlineData("\"place,level,value\na,1,2\n", "(line 1) does not end: close its quotes and end it with a line feed, naming place, level, value.")]
    [InlineData("place,level,value\ra,1,2\r", "end with a carriage return alone: save it with line feeds.")]
    public void A_file_that_cannot_be_used_is_one_sentence(string csv, string sentence)
    {
        var error = Assert.Throws<KumikiException>(() => world.Load<Reading>(csv));

        Assert.EndsWith(sentence, error.Says.In("en"), StringComparison.Ordinal);
        Assert.Contains("rows.csv", error.Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_good_row_at_all_is_one_sentence_with_the_first_reason()
    {
        var error = Assert.Throws<KumikiException>(() => world.Load<Reading>("place,level,value\na,one,2\nb,two,3\n"));

        Assert.Equal($"No row could be used (rows kept aside: 2); the first is {world.File("rows.csv")} line 2, column level, 'one': is not a whole number (int).",
            error.Says.In("en"));
    }

    [Fact]
    public void No_file_is_one_sentence()
    {
        var error = Assert.Throws<KumikiException>(() => world.Load<Reading>(Source.Csv("none/*.csv")));

        Assert.Equal($"No file matches 'none/*.csv' in {world.Folder}: correct the pattern or put the files there.", error.Says.In("en"));
    }

    [Fact]
    public void Headers_match_in_other_spellings_and_any_order()
    {
        var result = world.Load<Sale>("\"Sales\",TotalSalesAmount,Extra, store ,ITEM,Date\n1,2.5,z,s,i,2021-01-02\n");

        Assert.Equal(["2021-01-02|s|i|1|2.5000"], world.Rows(result));
    }

    [Fact]
    public void Several_files_are_read_in_order_of_their_paths_each_by_its_own_header()
    {
        Directory.CreateDirectory(world.File("in/b"));
        world.Write("in/b/2.csv", "level,place,value\n2,b,\n");
        world.Write("in/1.csv", "place,level,value,more\na,1,,x\n");
        world.Write("in/b/3.csv", "place,level,value\n");
        var result = world.Load<Reading>(Source.Csv("in/**/?.csv"));

        Assert.Equal(["a|1|-", "b|2|-"], world.Rows(result));
        Assert.Equal(["tables.csv-ignored", "tables.csv-no-rows-note"], result.Notes.Select(n => n.Id));
        Assert.Equal(["1.csv", "2.csv", "3.csv"], result.Reads.Select(i => Path.GetFileName(i.Path)));
    }

    static readonly CompositeText Japanese = new("place,level,value\n千葉ビール,1,2\n新宿,2,3\n");

    sealed record CompositeText(string Text)
    {
        internal byte[] In(string encoding) => (CodePagesEncodingProvider.Instance.GetEncoding(encoding) ?? Encoding.GetEncoding(encoding)) is var e
            ? [.. e.GetPreamble(), .. e.GetBytes(Text)] : [];
    }

    [Theory]
    [InlineData("utf-8", null)]
    [InlineData("utf-16", null)]
    [InlineData("utf-16BE", null)]
    [InlineData("shift_jis", "shift_jis")]
    [InlineData("euc-jp", "euc-jp")]
    [InlineData("utf-16", "utf-16")]
    public void Other_encodings_give_the_same_rows(string encoding, string? declared)
    {
        world.Write("rows.csv", Japanese.In(encoding));
        var result = world.Load<Reading>(Source.Csv("rows.csv", encoding: declared));

        Assert.Equal(["千葉ビール|1|2", "新宿|2|3"], world.Rows(result));
        Assert.Equal(Digest.Of(Japanese.In(encoding)), result.Reads[0].Content);
        Assert.Equal(declared is null && encoding != "utf-8" ? 1 : 0, result.Notes.Count);
    }

    [Fact]
    public void Undeclared_shift_jis_is_refused_with_line_byte_and_mend()
    {
        var error = Assert.Throws<KumikiException>(() =>
            world.LoadBytes<Reading>([.. "place,level,value\nok,1,2\n"u8,
            .. CodePagesEncodingProvider.Instance.GetEncoding("shift_jis")!.GetBytes("千葉,1,2\n")]));

        Assert.Equal($"{world.File("rows.csv")} is not UTF-8: line 3, byte 25 is 0x90; declare its encoding in the Source, likely encoding: \"shift_jis\".",
            error.Says.In("en"));
    }

    [Fact]
    public void Bytes_that_are_not_of_the_declared_encoding_are_refused_with_line_and_byte()
    {
        world.Write("rows.csv", [.. "place,level,value\nok,1,2\nx"u8, 0x81, 0xFF, .. ",1,2\n"u8]);
        var error = Assert.Throws<KumikiException>(() => world.Load<Reading>(Source.Csv("rows.csv", encoding: "shift_jis")));

        Assert.Equal($"{world.File("rows.csv")} is not shift_jis: line 3, byte 26; declare the encoding it has.", error.Says.In("en"));
        Assert.Equal("tables.csv-encoding-unknown",
            Assert.Throws<KumikiException>(() => world.Load<Reading>(Source.Csv("rows.csv", encoding: "klingon"))).Says.Id);
    }

    [Fact]
    public void Utf16_without_a_mark_is_recognised()
    {
        var error = Assert.Throws<KumikiException>(() => world.LoadBytes<Reading>(Encoding.Unicode.GetBytes(Japanese.Text)));

        Assert.Equal("tables.csv-zero", error.Says.Id);
    }

    public sealed record Sparse(int Constant, string? Nothing, double? Never, float[]? None);

    [Fact]
    public void Constant_and_all_missing_columns_do_not_break_loading() =>
        Assert.Equal(["7|-|-|-", "7|-|-|-"], world.Rows(world.Load<Sparse>("constant,nothing,never,none\n7,,,\n7,,,\n")));

    [Fact]
    public void A_zipped_file_gives_the_same_rows()
    {
        using (var file = File.Create(world.File("rows.csv.gz")))
        using (var zip = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionLevel.Fastest)) zip.Write("place,level,value\na,1,2\n"u8);

        var result = world.Load<Reading>(Source.Csv("rows.csv.gz"));
        Assert.Equal(["a|1|2"], world.Rows(result));
        Assert.Equal(Digest.Of(File.ReadAllBytes(world.File("rows.csv.gz"))), result.Reads[0].Content);
    }

    [Fact]
    public void Declared_missing_texts_are_no_values_unless_quoted()
    {
        world.Write("rows.csv", "place,level,value\nNA,1,NA\n\"NA\",2,n/a\n\"\",3,\n");
        var result = world.Load<Reading>(Source.Csv("rows.csv", missing: ["NA", "n/a"]));

        Assert.Equal(["NA|2|-", "|3|-"], world.Rows(result));
        Assert.Equal(["2 place NA: is missing where string is needed"], TableWorld.Rejects(result));
    }

    [Fact]
    public void Nothing_is_loaded_once_cancelled()
    {
        world.Write("rows.csv", "place,level,value\na,1,2\n");
        Assert.Throws<OperationCanceledException>(() =>
            SourceLoad.Run(world.Engine, Source.Csv("rows.csv"), RowSchema.Of<Reading>(), world.Folder, world.NewFolder(), cancellation: new(canceled: true)));
    }

    public sealed record Ranged([Range(0.5, 10)] double Real, [Range(typeof(DateOnly), "2020-01-01", "2020-12-31")] DateOnly Day,
        [Range(0, 1, MaximumIsExclusive = true)] decimal Share);

    [Fact]
    public void Values_outside_their_range_are_kept_aside()
    {
        var result = world.Load<Ranged>("real,day,share\n0.5,2020-01-01,0\n0.49,2020-01-01,0\n10,2021-01-01,0.9999\n10,2020-12-31,1\n10,2020-12-31,0.9999\n");

        Assert.Equal(["0.5|2020-01-01|0.0000", "10|2020-12-31|0.9999"], world.Rows(result));
        Assert.Equal(["3 real 0.49: is outside [0.5, 10]", "4 day 2021-01-01: is outside [2020-01-01, 2020-12-31]", "5 share 1: is outside [0, 1)"],
            TableWorld.Rejects(result));
    }

    [Fact]
    public void Partitions_are_one_sorted_file_each_and_share_bytes_when_their_rows_are_the_same()
    {
        var lines = File.ReadAllLines(BeverageSales);
        var header = lines[0];
        var byWeek = new LoadOptions { Partition = Partition.ByWeek<Sale>(s => s.Date) };
        world.Write("rows.csv", string.Join('\n', lines.Where(l => string.CompareOrdinal(l, "2021-09-20") < 0 || l == header)));
        var before = world.Load<Sale>(Source.Csv("rows.csv"), byWeek);
        world.Write("rows.csv", string.Join('\n', lines.Skip(1).Reverse().Prepend(header)));
        var after = world.Load<Sale>(Source.Csv("rows.csv"), byWeek);

        Assert.Equal(92, after.Files.Count);
        Assert.Equal("2020-W01", after.Files[0].Partition);
        Assert.Equal("2020-W53.parquet", Path.GetFileName(after.Files[52].Path));
        Assert.Equal(before.Files.Select(f => (f.Partition, Hash(f.Path))), after.Files.Take(before.Files.Count).Select(f => (f.Partition, Hash(f.Path))));
        Assert.Equal(2, after.Files.Count - before.Files.Count);
        Assert.Equal(63_900, after.Files.Sum(f => f.Rows));
        Assert.Equal(world.Rows(after.Files[5].Path).Order(StringComparer.Ordinal).Take(40), world.Rows(after.Files[5].Path).Take(40));
        Assert.Equal(94, Directory.GetFiles(Path.GetDirectoryName(after.Files[0].Path)!).Length + 2);
    }

    [Fact]
    public void Partitions_by_value_have_safe_names()
    {
        world.Write("rows.csv", "place,level,value\na/b,1,1\n千,2,2\nplain,3,3\n../x,4,4\nnone,5,5\n\"\",6,6\n");
        var result = world.Load<Reading>(Source.Csv("rows.csv"), new() { Partition = Partition.ByValue<Reading>(r => r.Place) });

        Assert.Equal(["%2E%2E%2Fx.parquet", "%6Eone.parquet", "%E5%8D%83.parquet", "a%2Fb.parquet", "none.parquet", "plain.parquet"],
            result.Files.Select(f => Path.GetFileName(f.Path)).Order(StringComparer.Ordinal));
    }
}
