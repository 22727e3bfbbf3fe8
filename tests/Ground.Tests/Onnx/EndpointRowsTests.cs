using System.Globalization;
using System.Text;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class EndpointRowsTests
{
    static EndpointField Of(string name, FieldKind kind, bool optional = true) => new() { Name = name, Kind = kind, Optional = optional, IsRead = true, Choices = kind == FieldKind.Choice ? ["red", "green"] : null };

    static readonly EndpointSchema Schema = new(
    [
        Of("real", FieldKind.Number), Of("single", FieldKind.Single), Of("exact", FieldKind.Decimal), Of("whole", FieldKind.Integer), Of("day", FieldKind.Date), Of("flag", FieldKind.Flag), Of("free_text", FieldKind.Text),
        Of("colour", FieldKind.Choice), Of("rest", FieldKind.Any),
    ]);

    static EndpointRows Read(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        return EndpointRows.Read(Schema, bytes, bytes.Length, out _);
    }

    static float One(EndpointRows rows, string field)
    {
        var into = new float[1];
        rows.Write(Schema.Place(field), [0], into);
        return into[0];
    }

    [Fact]
    public void A_number_from_json_becomes_the_tensor_that_the_adapter_makes_of_the_typed_value()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var real = BitConverter.Int64BitsToDouble(random.NextInt64() & 0x47EFFFFFFFFFFFFF);      // up to what a float holds
            var single = (float)(random.NextDouble() * Math.Pow(10, random.Next(-30, 30)));
            var exact = new decimal(random.Next(), random.Next(), random.Next() & 0x0FFFFFFF, random.Next(2) == 0, (byte)random.Next(20));
            var whole = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(60);
            var day = new DateOnly(1, 1, 1).AddDays(random.Next(3_600_000));
            using var rows = Read(string.Create(CultureInfo.InvariantCulture, $$"""{"real": {{real:R}}, "single": {{single:R}}, "exact": {{exact}}, "whole": {{whole}}, "day": "{{day:yyyy-MM-dd}}", "flag": {{(i % 2 == 0 ? "true" : "false")}} }"""));

            Assert.Equal(Tensor(ColumnKind.Number, real), One(rows, "real"));
            Assert.Equal(Tensor(ColumnKind.Number, single), One(rows, "single"));
            Assert.Equal(Tensor(ColumnKind.Number, exact), One(rows, "exact"));
            Assert.Equal(Tensor(ColumnKind.Number, whole), One(rows, "whole"));
            Assert.Equal(Tensor(ColumnKind.Date, day), One(rows, "day"));
            Assert.Equal(Tensor(ColumnKind.Flag, i % 2 == 0), One(rows, "flag"));
        }

        static float Tensor<T>(ColumnKind kind, T value)
        {
            var into = new float[1];
            Adapter.Write(kind, [value], [], 0, into);
            return into[0];
        }
    }

    [Fact]
    public void What_is_null_or_left_out_is_missing_as_the_adapter_has_it()
    {
        using var rows = Read("""{"real": null, "colour": null, "free_text": "", "rest": {"a": [1, {"b": null}]}}""");

        foreach (var field in new[] { "real", "single", "exact", "whole", "day", "flag" }) Assert.True(float.IsNaN(One(rows, field)), field);
        Assert.True(rows.IsMissing(Schema.Place("colour"), 0));
        Assert.True(rows.Text(Schema.Place("colour"), 0).IsEmpty);
        Assert.False(rows.IsMissing(Schema.Place("free_text"), 0));
        Assert.True(rows.IsOne);
    }

    [Fact]
    public void Texts_are_kept_whole_and_digits_of_a_whole_number_are_its_text()
    {
        using var rows = Read("""[{"freeText": "組木 \"é\" \n\u00e9", "colour": "green", "whole": -42}, {"free_text": "two"}]""");
        var room = new byte[32];

        Assert.Equal("組木 \"é\" \né", Encoding.UTF8.GetString(rows.Text(Schema.Place("freeText"), 0)));
        Assert.Equal("two", Encoding.UTF8.GetString(rows.TextOf(Schema.Place("free_text"), 1, room)));
        Assert.Equal("green", Encoding.UTF8.GetString(rows.Text(Schema.Place("colour"), 0)));
        Assert.Equal("-42", Encoding.UTF8.GetString(rows.TextOf(Schema.Place("whole"), 0, room)));
        Assert.Equal("", Encoding.UTF8.GetString(rows.TextOf(Schema.Place("whole"), 1, room)));
        Assert.Equal("""{"free_text": "two"}""", Encoding.UTF8.GetString(rows.Json(1)));
        Assert.False(rows.IsOne);
    }

    [Fact]
    public void Many_rows_of_many_texts_stay_apart()
    {
        using var rows = Read($"{{\"rows\": [{string.Join(',', Enumerable.Range(0, 5000).Select(i => $"{{\"whole\": {i}, \"free_text\": \"{new string('x', i % 40)}{i}\"}}"))}]}}");

        Assert.Equal(5000, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal(i, rows.Number(Schema.Place("whole"), i));
            Assert.Equal($"{new string('x', i % 40)}{i}", Encoding.UTF8.GetString(rows.Text(Schema.Place("free_text"), i)));
        }
    }

    [Fact]
    public void A_hundred_wrong_fields_are_named_and_no_more()
    {
        var refused = Assert.Throws<FieldsRefusedException>(() => Read($"[{string.Join(',', Enumerable.Repeat("""{"real": "a", "whole": 1.5}""", 80))}]"));

        Assert.Equal(100, refused.Errors.Count);
        Assert.Equal((1, "real", "endpoint.not-number"), (refused.Errors[0].Row, refused.Errors[0].Field, refused.Errors[0].Says.Id));
    }

    [Fact]
    public void Bodies_that_were_cut_stretched_and_overwritten_are_read_or_refused_with_a_sentence()
    {
        var whole = Encoding.UTF8.GetBytes("""{"rows": [{"real": 1.5, "whole": 3, "day": "2026-01-02", "flag": true, "free_text": "é\u00e9", "colour": "red", "rest": [1]}, {"exact": 1.10}], "parameters": {"session": "a"}}""");
        string[] pieces = ["{", "}", "[", "]", ",", ":", "\"", "\\", "null", "1e999", "-", "99999999999999999999", "\"rows\"", "\"real\"", "\\ud800", "\u0000", "{\"rows\":[", "é"];
        var random = new Random(11);
        var read = 0;
        for (var round = 0; round < 30_000; round++)
        {
            var bytes = whole.ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes.RemoveRange(at, Math.Min(bytes.Count - at - 1, random.Next(1, 20))); break;
                    case 1: bytes[at] = (byte)random.Next(256); break;
                    case 2: bytes.InsertRange(at, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)])); break;
                    default: bytes.InsertRange(at, bytes.Skip(random.Next(bytes.Count)).Take(30).ToArray()); break;
                }
            }
            try
            {
                using var rows = EndpointRows.Read(Schema, [.. bytes], bytes.Count, out _);
                read++;
            }
            catch (KumikiException e)
            {
                Assert.NotEqual("", e.Says.In("ja"));
            }
        }
        Assert.InRange(read, 1, 29_000);
    }
}
