using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class TableRowsTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    TableFile Write(int rows)
    {
        var schema = RowSchema.Of<Everything>();
        using var writer = new TableWriter(world.Engine, schema);
        var block = new TableBlock(schema);
        T[] Make<T>(Func<int, T> value) => [.. Enumerable.Range(0, rows).Select(value)];
        bool[] odd = Make(i => i % 2 == 1);
        block.Set<bool>("flag", odd);
        block.Set<sbyte>("tiny", Make(i => (sbyte)-i));
        block.Set<byte>("u_tiny", Make(i => (byte)i));
        block.Set<short>("small", Make(i => (short)-i));
        block.Set<ushort>("u_small", Make(i => (ushort)i));
        block.Set<int>("whole", Make(i => i), odd);
        block.Set<uint>("u_whole", Make(i => uint.MaxValue - (uint)i));
        block.Set<long>("big", Make(i => long.MinValue + i));
        block.Set<ulong>("u_big", Make(i => ulong.MaxValue - (ulong)i));
        block.Set<float>("single", Make(i => i / 4f));
        block.Set<double>("real", Make(i => i / 8.0), odd);
        block.Set<decimal>("exact", Make(i => -123456789012345678.0123456789m - i));
        block.Set<decimal>("price", Make(i => i + 0.00005m), odd);
        block.Set("name", Make(i => (string?)$"a name of row {i % 10}"));
        block.Set("note", Make(i => i % 2 == 1 ? null : "千"));
        block.Set<DateOnly>("day", Make(i => new DateOnly(1969, 12, 31).AddDays(i)));
        block.Set<DateTime>("at", Make(i => new DateTime(1969, 12, 31, 23, 59, 59).AddMicroseconds(i)), odd);
        block.Set("weather", Make(i => (string?)"Snow"));
        writer.Append(block);
        writer.Append(block);
        return writer.Complete(world.File($"{Guid.NewGuid():N}.parquet"));
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var file = Write(3000);
        var rows = world.Rows(file.Path);

        Assert.Equal(6000, file.Rows);
        Assert.Equal(6000, rows.Count);
        Assert.Equal("False|-2|2|-2|2|2|4294967293|-9223372036854775806|18446744073709551613|0.5|0.25|"
            + "-123456789012345680.0123456789|2.0001|a name of row 2|千|1970-01-02|1969-12-31T23:59:59.000002|Snow", rows[2]);
        Assert.Equal("True|-3|3|-3|3|-|4294967292|-9223372036854775805|18446744073709551612|0.75|-|"
            + "-123456789012345681.0123456789|-|a name of row 3|-|1970-01-03|-|Snow", rows[3003]);
    }

    [Fact]
    public void Columns_become_doubles_with_nan_for_null()
    {
        var file = Write(3000);
        using var reader = new TableReader(world.Engine, [file.Path], ["flag", "tiny", "whole", "big", "single", "real", "exact", "price", "day", "at"]);
        var values = new double[2048];
        Assert.True(reader.Next());
        string Row(int row)
        {
            var found = new List<double>();
            for (var column = 0; column < reader.Columns.Count; column++)
            {
                reader.Batch.CopyDoubles(column, values);
                found.Add(values[row]);
            }
            return string.Join(' ', found);
        }

        Assert.Equal($"0 -2 2 {(double)(long.MinValue + 2)} 0.5 0.25 {-123456789012345680.0123456789} 2.0001 1 {-0.999998}", Row(2));
        Assert.Equal($"1 -3 NaN {(double)(long.MinValue + 3)} 0.75 NaN {-123456789012345681.0123456789} NaN 2 NaN", Row(3));
        Assert.Throws<NotSupportedException>(() =>
            { using var texts = new TableReader(world.Engine, [file.Path], ["name"]); texts.Next(); texts.Batch.CopyDoubles(0, values); });
    }

    [Fact]
    public void Texts_become_codes_of_a_growing_dictionary()
    {
        var file = Write(3000);
        using var reader = new TableReader(world.Engine, [file.Path], ["note", "name"]);
        var (names, notes) = (new TextDictionary(), new TextDictionary());
        var codes = new List<int>();
        var into = new int[2048];
        var texts = new string?[2048];
        while (reader.Next())
        {
            reader.Batch.CopyCodes(reader.IndexOf("name"), names, into);
            codes.AddRange(into.AsSpan(0, reader.Batch.Rows));
            reader.Batch.CopyCodes(0, notes, into);
            reader.Batch.CopyTexts(0, notes, texts);
            for (var row = 0; row < reader.Batch.Rows; row++) Assert.Equal((into[row] < 0 ? null : "千"), texts[row]);
        }

        Assert.Equal(Enumerable.Range(0, 6000).Select(i => i % 3000 % 10), codes);
        Assert.Equal("a name of row 7", names[7]);
        Assert.Equal(10, names.Count);
    }

    [Fact]
    public void A_dictionary_holds_many_texts()
    {
        var dictionary = new TextDictionary();
        for (var round = 0; round < 2; round++)
            for (var i = 0; i < 20_000; i++) Assert.Equal(i, dictionary.Code(System.Text.Encoding.UTF8.GetBytes($"text {i}")));
    }

    [Fact]
    public void Rows_come_in_the_order_of_the_files()
    {
        var result = world.Load<Sale>(Source.Csv(TableWorld.SharedData("beverage-sales/item_sale_records_2020_2021q3.csv")),
            new() { PartBytes = 300_000, LongestField = 1000 });
        string[] files = [.. result.Files.Select(f => f.Path).Reverse()];
        var one = world.Rows(files);

        Assert.Equal(files.SelectMany(f => world.Rows(f)), one);
    }

    [Fact]
    public void Facts_tell_rows_nulls_bounds_and_distinct_values()
    {
        var facts = TableFacts.Of(world.Engine, [Write(100).Path]);

        Assert.Equal(200, facts.Rows);
        var whole = facts.Columns.Single(c => c.Name == "whole");
        Assert.Equal((100L, (object)0, (object)98), (whole.Nulls, whole.Min, whole.Max));
        Assert.Equal(10, facts.Columns.Single(c => c.Name == "name").DistinctAbout);
    }

    [Fact]
    public void What_the_schema_forbids_is_not_written()
    {
        var schema = RowSchema.Of<Everything>();
        using var writer = new TableWriter(world.Engine, RowSchema.Of<Numbers>());
        TableBlock Block(double real, bool missing, decimal price)
        {
            var block = new TableBlock(RowSchema.Of<Numbers>());
            block.Set<double>("real", [0.0, real], [false, missing]);
            block.Set<decimal>("price", [0m, price]);
            return block;
        }

        writer.Append(Block(1, false, 99.99m));
        Assert.Equal("Row 4 has NaN in real: write a finite number, or null in a nullable column.",
            Assert.Throws<KumikiException>(() => writer.Append(Block(double.NaN, false, 1))).Says.In("en"));
        Assert.Equal("Row 4 has no real, which may not be missing: give it a value or make the column nullable.",
            Assert.Throws<KumikiException>(() => writer.Append(Block(1, true, 1))).Says.In("en"));
        Assert.Equal("Row 4 has 100 in price, which does not fit in decimal(4,2): widen it with [Decimal(precision, scale)].",
            Assert.Throws<KumikiException>(() => writer.Append(Block(1, false, 100m))).Says.In("en"));
        Assert.Throws<ArgumentException>(() => Block(1, false, 1).Set<int>("real", [1]));
        Assert.Throws<KumikiException>(() => Block(1, false, 1).Set<int>("other", [1]));
    }

    public sealed record Numbers(double Real, [Decimal(4, 2)] decimal Price);

    [Fact]
    public void A_missing_or_broken_file_or_column_is_one_sentence()
    {
        var whole = File.ReadAllBytes(Write(5000).Path);
        var cut = world.Write("cut.parquet", whole[..(whole.Length / 2)]);
        var middle = (byte[])whole.Clone();
        middle.AsSpan(4, middle.Length / 2).Clear();
        var damaged = world.Write("damaged.parquet", middle);
        string Says(Action read) => Assert.Throws<KumikiException>(read).Says.In("en");

        Assert.Equal($"{world.File("none.parquet")} does not exist: it was moved or deleted; verify the store.",
            Says(() => world.Rows(world.File("none.parquet"))));
        Assert.StartsWith($"{cut} is not a whole Parquet file: restore it or make the version again (", Says(() => world.Rows(cut)), StringComparison.Ordinal);
        Assert.Contains("damaged.parquet", Says(() => world.Rows(damaged)), StringComparison.Ordinal);
        Assert.StartsWith($"{cut} is not a whole Parquet file", Says(() => TableFacts.Of(world.Engine, [cut])), StringComparison.Ordinal);
        Assert.StartsWith($"{cut} is not a whole Parquet file",
            Says(() => new TableQuery($"SELECT 1 AS x FROM {SqlText.Rows([cut])}", [], [cut])
            .Write(world.Engine, RowSchema.Of<TableQueryTests.One>(), world.File("o.parquet"))), StringComparison.Ordinal);
        world.Write("whole.parquet", whole);
        Assert.StartsWith($"{world.File("whole.parquet")} has no column units; it has flag, tiny",
            Says(() => new TableReader(world.Engine, [world.File("whole.parquet")], ["units"]).Dispose()), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_look_like_patterns_are_files()
    {
        var path = world.File("a*[b]?'c.parquet");
        File.Move(Write(5).Path, path);

        Assert.Equal(10, world.Rows(path).Count);
        Assert.Equal(10, TableFacts.Of(world.Engine, [path]).Rows);
    }

    public sealed record Embedded(string Name, [Vector(3)] float[] Embedding, long[]? Ids, DateTimeOffset At, TimeSpan? Took);

    [Fact]
    public void Vectors_instants_and_lengths_of_time_come_back_as_they_were_written()
    {
        var schema = RowSchema.Of<Embedded>();
        const int Rows = 5000;
        var random = new Random(7);
        var names = Enumerable.Range(0, Rows).Select(i => (string?)$"n{i}").ToArray();
        var vectors = names.Select(_ => (float[]?)[random.NextSingle(), -1, random.Next()]).ToArray();
        var ids = names.Select((_, i) => i % 7 == 0 ? null : Enumerable.Range(0, i % 5).Select(k => long.MaxValue - k).ToArray()).ToArray();
        var at = names.Select((_, i) => new DateTimeOffset(2021, 1, 1, 9, 0, 0, TimeSpan.FromHours(9)).AddSeconds(i)).ToArray();
        using var writer = new TableWriter(world.Engine, schema);
        var block = new TableBlock(schema);
        block.Set("name", names);
        block.SetVectors<float>("embedding", vectors);
        block.SetVectors<long>("ids", ids);
        block.Set<DateTimeOffset>("at", at);
        block.Set<TimeSpan>("took", names.Select((_, i) => TimeSpan.FromMilliseconds(i)).ToArray(), names.Select((_, i) => i % 2 == 1).ToArray());
        writer.Append(block);
        var file = writer.Complete(world.File("embedded.parquet"));

        using var reader = new TableReader(world.Engine, [file.Path]);
        Assert.Equal(["VARCHAR", "FLOAT[]", "BIGINT[]", "TIMESTAMP", "BIGINT"], reader.Columns.Select(c => c.Type.ToString()));
        var row = 0;
        while (reader.Next())
            for (var i = 0; i < reader.Batch.Rows; i++, row++)
            {
                Assert.Equal(vectors[row], reader.Batch[1].List<float>(i).ToArray());
                Assert.Equal(ids[row], reader.Batch[2].Value(i));
                Assert.Equal(at[row].UtcDateTime, reader.Batch[3].Value(i));
                Assert.Equal(row % 2 == 1 ? null : row * 1000L, reader.Batch[4].Value(i));
            }
        Assert.Equal(Rows, row);

        var wrong = new TableBlock(schema);
        Assert.Throws<ArgumentException>(() => wrong.SetVectors<double>("embedding", [[1.0]]));
        foreach (var (vector, id) in ((float[], string)[])[([1, 2], "tables.write-length"), ([1, 2, float.NaN], "tables.write-finite")])
        {
            using var again = new TableWriter(world.Engine, schema);
            var one = new TableBlock(schema);
            one.Set("name", ["x"]);
            one.SetVectors<float>("embedding", [vector]);
            one.SetVectors<long>("ids", [null]);
            one.Set<DateTimeOffset>("at", [at[0]]);
            one.Set<TimeSpan>("took", [default]);
            Assert.Equal(id, Assert.Throws<KumikiException>(() => again.Append(one)).Says.Id);
        }
    }
}
