using System.ComponentModel.DataAnnotations;
using Kumiki.Tables;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class SqliteTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    SqliteConnection Open(string sql)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection($"Data Source={world.File("shop.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
        return connection;
    }

    public sealed record Sale(long Id, DateOnly Day, string Shop, [Range(0, 1000)] int Units, double? Share, DateTime? At, float[]? Vector);

    const string Sales = """
        CREATE TABLE sales (id INTEGER PRIMARY KEY, day TEXT, shop, units, share REAL, at TEXT, vector TEXT, note BLOB);
        INSERT INTO sales VALUES (9007199254740993, '2021-02-03', 'c', 3, 0.1, '2021-02-03 04:05:06+09:00', '[1, 2.5]', x'00FF'),
            (1, '2021-02-03', 'a "quoted", shop' || char(10) || 'in two lines', 1, NULL, NULL, NULL, NULL),
            (2, '2021-02-30', 'b', 1.5, 9e999, NULL, '[1, x]', NULL), (3, '2021-02-03', NULL, 1001, 0.30000000000000004, NULL, NULL, NULL),
            (4, '2021-02-03', x'00FF', 1, NULL, NULL, NULL, NULL), (5, '2021-02-03', '', '7', NULL, NULL, NULL, NULL), (6, '2021-02-03', CAST(x'FF' AS TEXT), 7.0, 1, NULL, NULL, NULL);
        """;

    [Fact]
    public void Rows_come_in_the_order_of_the_primary_key_and_bad_ones_are_kept_with_number_key_column_value_and_reason()
    {
        using (Open(Sales))
        {
        }
        var result = world.Load<Sale>(Source.Sqlite("shop.db", "sales"));

        Assert.Equal(["1|2021-02-03|a \"quoted\", shop\nin two lines|1|-|-|-", "5|2021-02-03||7|-|-|-", "9007199254740993|2021-02-03|c|3|0.1|2021-02-02T19:05:06.000000|[1,2.5]"], world.Rows(result));
        Assert.Equal(["2 day 2021-02-30: is not a date", "2 units 1.5: is not a whole number (int)", "2 share Infinity: is NaN or infinite", "2 vector [1, x]: is not a vector (float[]?)",
            "3 shop -: is missing where string is needed", "3 units 1001: is outside [0, 1000]", "4 shop -: is a blob, which no column can hold", "6 shop -: is not UTF-8 text"],
            TableWorld.Rejects(result).Select(r => r.Replace("3 shop :", "3 shop -:", StringComparison.Ordinal)).Order(StringComparer.Ordinal).OrderBy(r => r[0])
            .OrderBy(r => r[0]).ThenBy(r => Array.FindIndex(["day", "shop", "units", "share", "vector"], c => r.Contains($" {c} ", StringComparison.Ordinal))));
        Assert.StartsWith("id=2, day=\"2021-02-30\", shop=\"b\", units=1.5, share=Infinity", Reject.Read(result.RejectsPath!).First(r => r.Line == 2).Row, StringComparison.Ordinal);
        Assert.Equal([$"Columns note of {world.File("shop.db")}/sales are ignored."], result.Notes.Select(n => n.In("en")));
        Assert.Equal(Digest.Of(File.ReadAllBytes(world.File("shop.db"))), Assert.Single(result.Reads).Content);
    }

    public sealed record Pair(int A, string? B);

    [Fact]
    public void A_query_a_view_and_a_table_without_key_are_read_and_an_open_order_is_told()
    {
        using (Open("CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (2, 'x'), (1, NULL); CREATE VIEW v AS SELECT * FROM t"))
        {
        }
        Assert.Equal(["2|x", "1|-"], world.Rows(world.Load<Pair>(Source.Sqlite("shop.db", "t"))));
        Assert.Equal(["1|-", "2|x"], world.Rows(world.Load<Pair>(Source.Sqlite("shop.db", "SELECT b, a FROM t ORDER BY a;"))));
        Assert.Equal(["tables.rows-unordered"], world.Load<Pair>(Source.Sqlite("shop.db", "v")).Notes.Select(n => n.Id));
        Assert.Equal(["tables.rows-unordered"], world.Load<Pair>(Source.Sqlite("shop.db", "SELECT * FROM t")).Notes.Select(n => n.Id));
    }

    public sealed record Lone(string? B);

    [Fact]
    public void A_missing_value_alone_in_its_row_is_a_row()
    {
        using (Open("CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (2, 'x'), (1, NULL)"))
        {
        }
        Assert.Equal(["-", "x"], world.Rows(world.Load<Lone>(Source.Sqlite("shop.db", "SELECT b FROM t ORDER BY a"))));
    }

    [Fact]
    public void What_lies_in_the_write_ahead_log_is_read_and_recorded()
    {
        using var open = Open("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'x')");
        var result = world.Load<Pair>(Source.Sqlite("shop.db", "t"));

        Assert.Equal(["1|x"], world.Rows(result));
        Assert.Equal(["shop.db", "shop.db-wal"], result.Reads.Select(r => Path.GetFileName(r.Path)));
    }

    [Fact]
    public void Many_rows_cut_into_parts_keep_their_order_and_numbers()
    {
        using (Open("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t SELECT value, CASE WHEN value % 1000 = 0 THEN x'00' ELSE 'text ' || value END FROM generate_series(1, 20000)"
            .Replace("generate_series(1, 20000)", "(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 20000) SELECT value FROM s)", StringComparison.Ordinal)))
        {
        }
        var whole = world.Load<Pair>(Source.Sqlite("shop.db", "t"));
        var cut = world.Load<Pair>(Source.Sqlite("shop.db", "t"), new() { PartBytes = 5000 });

        Assert.Equal((19_980, 20), (whole.Rows, whole.RejectedRows));
        Assert.True(cut.Files.Count > 50, $"{cut.Files.Count} files");
        Assert.Equal(world.Rows(whole), world.Rows(cut));
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"{i * 1000} b -: is a blob, which no column can hold"), TableWorld.Rejects(cut));
    }

    [Theory]
    [InlineData("sale", "could not be read (no such table: sale): correct 'sale' or free the file.")]
    [InlineData("SELECT x FROM t", "could not be read (no such column: x): correct 'SELECT x FROM t' or free the file.")]
    [InlineData("SELECT a FROM t ORDER BY a", "lacks b: it has a, expected are a, b; add the column or name it with [Column(\"…\")].")]
    [InlineData("SELECT a, b, a FROM t ORDER BY a", "has column a twice, as field 1 'a' and field 3 'a': rename or remove one.")]
    [InlineData("t", "has no rows (files read: 1): export it again, or correct what is read.")]
    [InlineData("DELETE FROM t WHERE true", "could not be read (attempt to write a readonly database): correct 'DELETE FROM t WHERE true' or free the file.")]
    public void What_cannot_be_read_is_one_sentence(string rows, string sentence)
    {
        using (Open("CREATE TABLE t (a INT, b TEXT)"))
        {
        }
        Assert.EndsWith(sentence, Assert.Throws<KumikiException>(() => world.Load<Pair>(Source.Sqlite("shop.db", rows))).Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_one_sentence()
    {
        world.Write("shop.db", new string('x', 5000));
        Assert.Equal($"{world.File("shop.db")} is not a whole SQLite database (file is not a database): copy it again while nothing writes to it.",
            Assert.Throws<KumikiException>(() => world.Load<Pair>(Source.Sqlite("shop.db", "t"))).Says.In("en"));
        Assert.Equal("tables.files-none", Assert.Throws<KumikiException>(() => world.Load<Pair>(Source.Sqlite("none.db", "t"))).Says.Id);
    }
}
