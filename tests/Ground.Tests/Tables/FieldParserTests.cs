using System.Globalization;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class FieldParserTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    public sealed record Wholes(sbyte? A, byte? B, long? C, ulong? D);
    public sealed record Reals(double? A, float? B);
    public sealed record Decimals(decimal? A, [Decimal(28, 10)] decimal? B, [Decimal(4, 0)] decimal? C, [Decimal(9, 9)] decimal? D);
    public sealed record Days(DateOnly? A, DateTime? B);
    public sealed record Times(TimeSpan? A, DateTimeOffset? B, float[]? C, [Vector(2)] int[]? D);

    [Theory]
    [InlineData("a", "00:00:01.5", "1500000")]
    [InlineData("a", "26:00", "93600000000")]
    [InlineData("a", "1.02:03:04", "93784000000")]
    [InlineData("a", "-1:30:00", "-5400000000")]
    [InlineData("a", "1 day 02:03:04", "93784000000")]
    [InlineData("a", "-1 days +02:03:00", "-79020000000")]
    [InlineData("a", "2 days", "172800000000")]
    [InlineData("a", "PT1H30M", "5400000000")]
    [InlineData("a", "P1D", "86400000000")]
    [InlineData("a", "P1M", "!span")]
    [InlineData("a", "1:60", "!span")]
    [InlineData("a", "90", "!span")]
    [InlineData("a", "P", "!span")]
    [InlineData("b", "2021-02-03T04:05:06Z", "2021-02-03T04:05:06.000000")]
    [InlineData("b", "2021-02-03 04:05:06.5-02:30", "2021-02-03T06:35:06.500000")]
    [InlineData("b", "2021-02-03T04:05:06", "!offset")]
    [InlineData("b", "2021-02-03", "!offset")]
    [InlineData("b", "soon", "!time")]
    [InlineData("c", "\"[1, 2.5,-1e3]\"", "[1,2.5,-1000]")]
    [InlineData("c", "1 2;3", "[1,2,3]")]
    [InlineData("c", "\"{0.1}\"", "[0.1]")]
    [InlineData("c", "[]", "[]")]
    [InlineData("c", "\"[1,]\"", "!vector")]
    [InlineData("c", "\"[1,,2]\"", "!vector")]
    [InlineData("c", "[1 x]", "!vector")]
    [InlineData("c", "[[1]]", "!vector")]
    [InlineData("c", "[nan]", "!finite")]
    [InlineData("c", "[1e39]", "!overflow")]
    [InlineData("d", "[1 2]", "[1,2]")]
    [InlineData("d", "[1 2 3]", "!length")]
    [InlineData("d", "[1 2.5]", "!vector")]
    [InlineData("d", "[1 3000000000]", "!vector")]
    public void Lengths_of_time_instants_and_vectors_are_exact_or_refused(string column, string value, string stored) => Assert.Equal(stored, One<Times>(column, value));

    public sealed record Names(bool? A, Weather? B);

    // "value→stored" or "value!reason"
    string One<T>(string column, string value)
    {
        var columns = typeof(T).GetProperties().Length;
        var names = RowSchema.Of<T>().Columns.Select(c => c.Name).ToArray();
        var at = Array.IndexOf(names, column);
        string Line(string v) => string.Join(',', Enumerable.Range(0, columns).Select(i => i == at ? v : ""));
        var result = world.Load<T>($"{string.Join(',', names)}\n{Line("")}\n{Line(value)}\n");
        return result.RejectsPath is null
            ? world.Rows(result)[1].Split('|')[at] : "!" + Reject.Read(result.RejectsPath).Single().Says.Id["tables.reject-".Length..];
    }

    [Theory]
    [InlineData("a", "127", "127")]
    [InlineData("a", "-128", "-128")]
    [InlineData("a", "128", "!overflow")]
    [InlineData("a", "-129", "!overflow")]
    [InlineData("b", "255", "255")]
    [InlineData("b", "-0", "0")]
    [InlineData("b", "-1", "!overflow")]
    [InlineData("c", "9223372036854775807", "9223372036854775807")]
    [InlineData("c", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("c", "9223372036854775808", "!overflow")]
    [InlineData("c", "99999999999999999999999", "!overflow")]
    [InlineData("d", "18446744073709551615", "18446744073709551615")]
    [InlineData("d", "18446744073709551616", "!overflow")]
    [InlineData("c", "+7", "7")]
    [InlineData("c", "007", "7")]
    [InlineData("c", "  7 ", "7")]
    [InlineData("c", "7.00", "7")]
    [InlineData("c", "7.", "7")]
    [InlineData("c", ".0", "!whole")]
    [InlineData("c", "7.5", "!whole")]
    [InlineData("c", "1_000", "!whole")]
    [InlineData("c", "0x1F", "!whole")]
    [InlineData("c", "1e3", "!whole")]
    [InlineData("c", "-", "!whole")]
    [InlineData("c", "nan", "!finite")]
    [InlineData("c", "\"1,000\"", "!whole")]
    public void Whole_numbers_are_exact_or_refused(string column, string value, string stored) => Assert.Equal(stored, One<Wholes>(column, value));

    [Theory]
    [InlineData("a", "1.5", "1.5")]
    [InlineData("a", "-0.1", "-0.1")]
    [InlineData("a", "123456789012345678901234567890", "1.2345678901234568E+29")]
    [InlineData("a", "0.30000000000000004", "0.30000000000000004")]
    [InlineData("a", "1E-5", "1E-05")]
    [InlineData("a", ".5", "0.5")]
    [InlineData("a", "1e400", "!overflow")]
    [InlineData("a", "abc", "!number")]
    [InlineData("a", "1.2.3", "!number")]
    [InlineData("a", ".", "!number")]
    [InlineData("a", "Infinity", "!finite")]
    [InlineData("a", "-NaN", "!finite")]
    [InlineData("b", "0.1", "0.1")]
    [InlineData("b", "1e39", "!overflow")]
    [InlineData("b", "inf", "!finite")]
    public void Real_numbers_are_finite_or_refused(string column, string value, string stored) => Assert.Equal(stored, One<Reals>(column, value));

    [Fact]
    public void Random_reals_are_read_as_csharp_reads_them()
    {
        var random = new Random(7);
        var texts = Enumerable.Range(0, 5000).Select(i => i % 3 == 0
            ? random.NextDouble().ToString("R", CultureInfo.InvariantCulture)
            : (random.Next(-1_000_000, 1_000_000) / Math.Pow(10, random.Next(0, 9))).ToString(i % 3 == 1 ? "F6" : "G", CultureInfo.InvariantCulture)).ToArray();
        var result = world.Load<Reals>("a,b\n" + string.Concat(texts.Select(t => $"{t},{t}\n")));

        using var reader = new TableReader(world.Engine, [.. result.Files.Select(f => f.Path)]);
        var at = 0;
        while (reader.Next())
            for (var row = 0; row < reader.Batch.Rows; row++, at++)
            {
                Assert.Equal(double.Parse(texts[at], CultureInfo.InvariantCulture), reader.Batch[0].Values<double>()[row]);
                Assert.Equal(float.Parse(texts[at], CultureInfo.InvariantCulture), reader.Batch[1].Values<float>()[row]);
            }
        Assert.Equal(texts.Length, at);
    }

    [Theory]
    [InlineData("a", "1.2345", "1.2345")]
    [InlineData("a", "-1.5", "-1.5000")]
    [InlineData("a", "1.23450000", "1.2345")]
    [InlineData("a", "1.23456", "!decimals")]
    [InlineData("a", "99999999999999.9999", "99999999999999.9999")]
    [InlineData("a", "100000000000000", "!overflow")]
    [InlineData("a", "1e2", "100.0000")]
    [InlineData("a", "12.5E-2", "0.1250")]
    [InlineData("a", "1e-5", "!decimals")]
    [InlineData("a", "1e", "!number")]
    [InlineData("a", "$5", "!number")]
    [InlineData("a", "NaN", "!finite")]
    [InlineData("b", "123456789012345678.0123456789", "123456789012345678.0123456789")]
    [InlineData("b", "1234567890123456789", "!overflow")]
    [InlineData("c", "9999", "9999")]
    [InlineData("c", "10000", "!overflow")]
    [InlineData("c", "1.5", "!decimals")]
    [InlineData("d", "0.123456789", "0.123456789")]
    [InlineData("d", "1", "!overflow")]
    public void Decimals_are_exact_or_refused(string column, string value, string stored) => Assert.Equal(stored, One<Decimals>(column, value));

    [Theory]
    [InlineData("a", "2020-02-29", "2020-02-29")]
    [InlineData("a", "2020/2/9", "2020-02-09")]
    [InlineData("a", "20200229", "2020-02-29")]
    [InlineData("a", "2020-02-29 00:00:00", "2020-02-29")]
    [InlineData("a", "2020-02-29T00:00", "2020-02-29")]
    [InlineData("a", "2020-02-29 10:00:00", "!date")]
    [InlineData("a", "2021-02-29", "!date")]
    [InlineData("a", "2020-02/29", "!date")]
    [InlineData("a", "29.02.2020", "!date")]
    [InlineData("a", "infinity", "!date")]
    [InlineData("a", "2020-1-", "!date")]
    [InlineData("a", "2020-01-011", "!date")]
    [InlineData("b", "2020-02-29", "2020-02-29T00:00:00.000000")]
    [InlineData("b", "2020-02-29 23:59:59.123456", "2020-02-29T23:59:59.123456")]
    [InlineData("b", "2020-02-29T23:59:59.1234560", "2020-02-29T23:59:59.123456")]
    [InlineData("b", "2020-02-29T23:59Z", "2020-02-29T23:59:00.000000")]
    [InlineData("b", "2020-02-29 23:59:00+09:00", "2020-02-29T14:59:00.000000")]
    [InlineData("b", "2020-02-29 23:59:00+0900", "2020-02-29T14:59:00.000000")]
    [InlineData("b", "2020-02-29 23:59:00-01", "2020-03-01T00:59:00.000000")]
    [InlineData("b", "2020-02-29 24:00", "!time")]
    [InlineData("b", "2020-02-29 23:59:00.1234567", "!time")]
    [InlineData("b", "2020-02-29 23:59:00.", "!time")]
    [InlineData("b", "2020-02-29 23", "!time")]
    [InlineData("b", "1969-12-31 23:59:59.5", "1969-12-31T23:59:59.500000")]
    public void Dates_and_times_are_exact_or_refused(string column, string value, string stored) => Assert.Equal(stored, One<Days>(column, value));

    [Theory]
    [InlineData("a", "TRUE", "True")]
    [InlineData("a", "0", "False")]
    [InlineData("a", "No", "False")]
    [InlineData("a", "2", "!bool")]
    [InlineData("b", "sunny", "Sunny")]
    [InlineData("b", "light_rain", "LightRain")]
    [InlineData("b", "Light Rain", "LightRain")]
    [InlineData("b", "1", "!name")]
    public void Truths_and_names_are_known_or_refused(string column, string value, string stored) => Assert.Equal(stored, One<Names>(column, value));

    [Fact]
    public void A_declared_date_format_is_the_only_one()
    {
        world.Write("rows.csv", "a,b\n29/02/2020,\n2020-02-29,\n");
        var result = world.Load<Days>(Source.Csv("rows.csv", dateFormat: "dd/MM/yyyy"));

        Assert.Equal(["2020-02-29|-"], world.Rows(result));
        Assert.Equal(["3 a 2020-02-29: is not a date"], TableWorld.Rejects(result));
    }
}
