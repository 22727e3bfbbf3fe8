using Kumiki.Native;
using Kumiki.Native.DuckDb;
using Xunit;

namespace Kumiki.Ground.Tests.DuckDb;

public sealed class DuckDbTests : IDisposable
{
    readonly DuckDbDatabase database = DuckDbDatabase.OpenInMemory(256L << 20, 2, null);
    readonly DuckDbConnection connection;

    public DuckDbTests() => connection = database.Connect();

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    [Fact]
    public void The_library_is_the_version_the_binding_was_made_for() => Assert.Equal("v1.5.6", DuckDbDatabase.LibraryVersion);

    [Theory]
    [InlineData("true", "Boolean", true)]
    [InlineData("(-7)::TINYINT", "TinyInt", (sbyte)-7)]
    [InlineData("65535::USMALLINT", "USmallInt", (ushort)65535)]
    [InlineData("42", "Integer", 42)]
    [InlineData("18446744073709551615::UBIGINT", "UBigInt", ulong.MaxValue)]
    [InlineData("1.5::FLOAT", "Float", 1.5f)]
    [InlineData("1e300::DOUBLE", "Double", 1e300)]
    [InlineData("'short'", "Varchar", "short")]
    [InlineData("'twelve bytes'", "Varchar", "twelve bytes")]
    [InlineData("'more than twelve bytes 千葉'", "Varchar", "more than twelve bytes 千葉")]
    public void Values_come_back_as_their_types(string sql, string kind, object value)
    {
        using var statement = connection.Prepare($"SELECT {sql}, NULL::INTEGER AS nothing");
        using var rows = statement.Execute();

        Assert.True(rows.Next());
        Assert.Equal(kind, rows.Columns[0].Type.Kind.ToString());
        Assert.Equal(value, rows.Chunk[0].Value(0));
        Assert.Null(rows.Chunk[1].Value(0));
        Assert.False(rows.Next());
    }

    [Fact]
    public void Dates_decimals_and_hugeints_come_back_exactly()
    {
        Assert.Equal(new DateOnly(1969, 7, 20), connection.Scalar("SELECT DATE '1969-07-20'"));
        Assert.Equal(new DateTime(1969, 7, 20, 20, 17, 40, 123).AddMicroseconds(456), connection.Scalar("SELECT TIMESTAMP '1969-07-20 20:17:40.123456'"));
        Assert.Equal(-12.34m, connection.Scalar("SELECT -12.34::DECIMAL(4,2)"));
        Assert.Equal(123456.789m, connection.Scalar("SELECT 123456.789::DECIMAL(9,3)"));
        Assert.Equal(-99999999999999.9999m, connection.Scalar("SELECT -99999999999999.9999::DECIMAL(18,4)"));
        Assert.Equal(1234567890123456789012345.678m, connection.Scalar("SELECT 1234567890123456789012345.678::DECIMAL(38,3)"));
        Assert.Equal(1e20m, connection.Scalar("SELECT sum(x) FROM (VALUES (50000000000000000000::HUGEINT), (50000000000000000000)) t(x)"));
        Assert.Throws<OverflowException>(() => connection.Scalar("SELECT 12345678901234567890123456789012345678::DECIMAL(38,0)"));
    }

    [Fact]
    public void Bound_values_arrive_as_they_were()
    {
        object?[] values = [null, true, (sbyte)-1, long.MinValue, ulong.MaxValue, 0.5f, Math.PI, -0.0000000000000000000000000001m, decimal.MaxValue, "a\0'千",
            "", new DateOnly(1, 1, 1), new DateTime(9999, 12, 31, 23, 59, 59), DayOfWeek.Friday];
        object?[] expected = [null, true, -1L, long.MinValue, ulong.MaxValue, 0.5f, Math.PI, -0.0000000000000000000000000001m, decimal.MaxValue, "a\0'千", "",
            new DateOnly(1, 1, 1), new DateTime(9999, 12, 31, 23, 59, 59), "Friday"];
        using var statement = connection.Prepare($"SELECT {string.Join(", ", values.Select((_, i) => $"${i + 1}"))}");
        Assert.Equal(values.Length, statement.ParameterCount);
        for (var i = 0; i < values.Length; i++) statement.Bind(i + 1, values[i]);
        using var rows = statement.Execute();
        rows.Next();

        for (var i = 0; i < values.Length; i++) Assert.Equal(expected[i], rows.Chunk[i].Value(0));
    }

    [Fact]
    public void Chunks_are_spans_with_a_validity_bitmap()
    {
        using var statement = connection.Prepare("SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i::INTEGER END AS x, i * 0.5::DOUBLE AS y FROM range(5000) t(i)");
        using var rows = statement.Stream();
        long sum = 0, nulls = 0, seen = 0;
        var halves = 0.0;
        while (rows.Next())
        {
            var x = rows.Chunk[0];
            for (var row = 0; row < x.Rows; row++)
            {
                if (x.IsNull(row)) nulls++;
                else sum += x.Values<int>()[row];
            }
            foreach (var y in rows.Chunk[1].Values<double>()) halves += y;
            seen += rows.Chunk.Rows;
        }

        Assert.Equal((5000, 1667, 5000L * 4999 / 2 - 3L * 1666 * 1667 / 2, 5000 * 4999 / 4.0), (seen, nulls, sum, halves));
    }

    [Fact]
    public void A_span_of_the_wrong_width_is_refused()
    {
        using var statement = connection.Prepare("SELECT 1::BIGINT");
        using var rows = statement.Execute();
        rows.Next();

        Assert.Throws<InvalidOperationException>(() => rows.Chunk[0].Values<int>().Length);
    }

    [Fact]
    public void Appended_chunks_are_rows_of_the_table()
    {
        connection.Execute("CREATE TABLE t (id BIGINT, name VARCHAR, price DECIMAL(18,4))");
        using (var appender = connection.Append("t"))
        using (var chunk = new DuckDbChunkWriter([new(DuckDbKind.BigInt), new(DuckDbKind.Varchar), new(DuckDbKind.Decimal, 18, 4)]))
        {
            for (var block = 0; block < 3; block++)
            {
                chunk.Reset();
                for (var row = 0; row < DuckDbChunkWriter.Capacity; row++)
                {
                    chunk[0].Set(row, (long)(block * DuckDbChunkWriter.Capacity + row));
                    if (row % 2 == 0) chunk[1].SetNull(row);
                    else chunk[1].SetText(row, "a name longer than twelve bytes"u8);
                    chunk[2].Set(row, 12_345L);
                }
                chunk.Rows = DuckDbChunkWriter.Capacity;
                appender.Append(chunk);
            }
            appender.Close();
        }

        Assert.Equal("6144 3072 6143 1.2345",
            connection.Scalar("SELECT concat_ws(' ', count(*), count(name), max(id), min(price)) FROM t WHERE name IS NULL OR length(name) = 31"));
    }

    [Fact]
    public void Rows_of_our_own_code_are_a_table_function()
    {
        var next = 0;
        var source = new DuckDbSource("numbers", [new("n", new(DuckDbKind.Integer)), new("text", new(DuckDbKind.Varchar))], chunk =>
        {
            var row = 0;
            for (; row < 1000 && next < 10_500; row++, next++)
            {
                chunk[0].Set(row, next);
                chunk[1].SetText(row, next % 2 == 0 ? "even"u8 : "an odd number, written long"u8);
            }
            chunk.Rows = row;
        });
        source.Register(connection);
        connection.Execute("CREATE TABLE kept AS SELECT * FROM numbers()");

        Assert.Equal("10500 55119750 5250", connection.Scalar("SELECT concat_ws(' ', count(*), sum(n), count_if(text = 'even')) FROM kept"));
    }

    [Fact]
    public void What_our_rows_throw_comes_out_as_it_was_thrown()
    {
        var source = new DuckDbSource("broken", [new("n", new(DuckDbKind.Integer))], _ => throw new InvalidDataException("broken here"));
        source.Register(connection);

        Assert.Equal("broken here", Assert.Throws<InvalidDataException>(() => source.Run(connection, "SELECT * FROM broken()", default)).Message);
        Assert.Equal(1, connection.Scalar("SELECT 1"));
    }

    [Theory]
    [InlineData("SELEC 1", DuckDbErrorType.Parser, "syntax error at or near")]
    [InlineData("SELECT nothing", DuckDbErrorType.Binder, "Referenced column \"nothing\"")]
    [InlineData("SELECT * FROM nowhere", DuckDbErrorType.Catalog, "Table with name nowhere does not exist")]
    [InlineData("SELECT error('no')", DuckDbErrorType.InvalidInput, "no")]
    [InlineData("SELECT CAST(range AS TINYINT) FROM range(129)", DuckDbErrorType.Conversion, "128")]
    [InlineData("SELECT * FROM read_parquet('/nowhere.parquet')", DuckDbErrorType.Io, "/nowhere.parquet")]
    public void Errors_keep_the_librarys_words_and_class(string sql, DuckDbErrorType type, string words)
    {
        var error = Assert.Throws<DuckDbException>(() => connection.Scalar(sql));

        Assert.Equal(type, error.Type);
        Assert.Contains(words, error.Reason, StringComparison.Ordinal);
        Assert.StartsWith("DuckDB 1.5.6 could not ", error.Says.In("en"), StringComparison.Ordinal);
        Assert.IsAssignableFrom<NativeException>(error);
    }

    [Fact]
    public void A_streamed_statement_that_fails_on_the_way_says_so()
    {
        using var statement = connection.Prepare("SELECT CASE WHEN i = 90000 THEN error('late') ELSE i END FROM range(100000) t(i)");
        Assert.Contains("late", Assert.Throws<DuckDbException>(() =>
        {
            using var rows = statement.Stream();
            while (rows.Next()) Assert.True(rows.Chunk.Rows > 0);
        }).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_interrupts_a_long_statement_and_leaves_the_connection_usable()
    {
        using var cancellation = new CancellationTokenSource();
        var started = new DuckDbSource("signal", [new("n", new(DuckDbKind.Integer))], chunk =>
        {
            cancellation.Cancel();
            chunk.Rows = 2048;
        });
        started.Register(connection);

        Assert.Throws<OperationCanceledException>(() =>
            started.Run(connection, "SELECT count(*) FROM signal() WHERE n < 0", cancellation.Token));
        Assert.Throws<OperationCanceledException>(() => connection.Execute("SELECT 1", cancellation.Token));
        Assert.Equal(1, connection.Scalar("SELECT 1"));
    }

    [Fact]
    public void Memory_beyond_the_limit_is_an_error_without_a_spill_folder()
    {
        using var small = DuckDbDatabase.OpenInMemory(16L << 20, 1, null);
        using var c = small.Connect();

        Assert.Equal(DuckDbErrorType.OutOfMemory,
            Assert.Throws<DuckDbException>(() => c.Execute("CREATE TABLE t AS SELECT hash(range) AS h FROM range(20000000)")).Type);
    }

    [Fact]
    public void Statements_are_counted_and_described_before_they_run()
    {
        Assert.Equal(1, connection.CountStatements("SELECT 1; -- that is all"));
        Assert.Equal(2, connection.CountStatements("SELECT 1; SELECT 2"));
        Assert.Throws<DuckDbException>(() => connection.CountStatements("SELEC 1"));

        using var statement = connection.Prepare("SELECT 1 AS one, 1.5::DECIMAL(9,2) AS price, [1] AS list");
        Assert.Equal(DuckDbStatementType.Select, statement.Type);
        Assert.Equal(["one INTEGER", "price DECIMAL(9,2)", "list INTEGER[]"], statement.Columns().Select(c => $"{c.Name} {c.Type}"));
    }

    [Fact]
    public void Extensions_are_never_fetched()
    {
        Assert.Equal(false, connection.Scalar("SELECT current_setting('autoinstall_known_extensions')"));
        Assert.Equal(false, connection.Scalar("SELECT current_setting('autoload_known_extensions')"));
    }
}
