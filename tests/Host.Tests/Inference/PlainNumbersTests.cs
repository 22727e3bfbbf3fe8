using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

public sealed class PlainNumbersTests
{
    static float[]? Read(string json, int count)
    {
        var into = new float[count];
        return PlainNumbers.Read(Encoding.UTF8.GetBytes(json), into) < 0 ? null : into;
    }

    /// <summary>Texts of numbers as clients write them: shortest, with too many digits, with exponents, and halfway between two floats, where rounding twice
    /// goes wrong.</summary>
    static IEnumerable<string> Texts(Random random)
    {
        string[] formats = ["R", "E8", "E15", "G9", "F3"];
        for (var i = 0; i < 40_000; i++)
        {
            var value = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32));
            if (!float.IsFinite(value)) continue;
            yield return (random.NextSingle() - 0.5f).ToString("R", CultureInfo.InvariantCulture);
            yield return value.ToString(formats[i % formats.Length], CultureInfo.InvariantCulture);
            var near = (float)(random.NextDouble() * Math.Pow(10, random.Next(-10, 10)));
            yield return (((double)near + MathF.BitIncrement(near)) / 2).ToString("E15", CultureInfo.InvariantCulture);
            yield return $"{random.NextInt64()}e{random.Next(-40, 20)}";
            yield return $"-{random.Next()}.{random.NextInt64()}";
        }
    }

    [Fact]
    public void Every_number_becomes_the_nearest_float_and_the_nearest_double()
    {
        foreach (var part in Texts(new Random(7)).Chunk(50))
        {
            foreach (var text in part)
            {
                Assert.True(PlainNumbers.TryRead(Encoding.UTF8.GetBytes(text), out var wide));
                Assert.Equal(BitConverter.DoubleToUInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), BitConverter.DoubleToUInt64Bits(wide));
            }
            var wanted = part.Select(t => float.Parse(t, CultureInfo.InvariantCulture)).ToArray();
            var read = Read(string.Join(',', part) + "]", part.Length);
            if (!wanted.All(float.IsFinite)) Assert.Null(read);
            else Assert.Equal(wanted.Select(BitConverter.SingleToUInt32Bits), read!.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    [Theory]
    [InlineData("1,2,3]")]
    [InlineData("1,2,3,4]")]
    [InlineData("1,2,3 4]")]
    [InlineData("1,2,[3]]")]
    [InlineData("1,2,null]")]
    [InlineData("1,2,\"NaN\"]")]
    [InlineData("1,2,NaN]")]
    [InlineData("1,2,1e39]")]
    [InlineData("01,2]")]
    [InlineData("-,2]")]
    [InlineData("+1,2]")]
    [InlineData(".5,2]")]
    [InlineData("1.,2]")]
    [InlineData("1e,2]")]
    [InlineData("1e+,2]")]
    [InlineData("1,]")]
    [InlineData("1,2")]
    [InlineData("1,")]
    [InlineData("")]
    public void What_is_no_plain_list_of_so_many_numbers_is_left_to_the_reader_of_tokens(string json) => Assert.Null(Read(json, 2));

    [Fact]
    public void Blanks_and_every_form_of_a_number_are_read()
    {
        Assert.Equal((float[])[0f, -0f, 1.5f, -2e10f, 3e-5f, 1e-45f], Read(" 0 ,\t-0,\n1.5 , -2E+10,\r\n 3e-5,1e-45 ]", 6)!);
        Assert.False(PlainNumbers.TryRead("1e309"u8, out _));
        Assert.Equal(5, PlainNumbers.Read("1, 2 ]}"u8, new float[2]));
    }

    [Fact]
    public async Task What_follows_a_plain_list_is_read_and_refused_as_ever()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("echo", Graphs.Echo(TensorType.Float)));
        const string List = """{"inputs":[{"name":"in","datatype":"FP32","shape":[2,2],"data":[1, 2,3.25,-4""";

        Assert.Equal((float[])[1, 2, 3.25f, -4], InferenceWorld.Data(await world.InferAsync("echo", List + """], "parameters":{}}],"id":"behind"}""")));
        await BrokenAsync(List + "]}],\n  \"id\":}");
        await BrokenAsync(List + "]}]}}]");
        Assert.Equal(400, (await world.RefusedAsync("echo", List + """]}],"inputs":[{"name":"in","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""")).Status);
        // a number too many, an infinite one, and lists within the list, of which the shape has no such depth
        foreach (var data in new[] { "1,2,3", "1,2,3,4,5", "1,2,3,1e400", "[[1],[2],[3],[4]]", "[1,2],3,4" })
            Assert.Equal(400, (await world.RefusedAsync("echo", $$"""{"inputs":[{"name":"in","datatype":"FP32","shape":[2,2],"data":[{{data}}]}]}""")).Status);

        // the sentence names the place in the whole body, as who reads it token by token does
        async Task BrokenAsync(string body)
        {
            var broken = Assert.ThrowsAny<JsonException>(() =>
            {
                var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(body));
                while (reader.Read()) ;
            });
            Assert.Equal((400, Message.Of("inference.not-json", ("line", broken.LineNumber + 1), ("byte", broken.BytePositionInLine + 1)).In("en")),
                await world.RefusedAsync("echo", body));
        }
    }

    [Fact]
    public async Task A_body_that_comes_in_pieces_or_waits_for_a_word_is_read_whole()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("echo", Graphs.Echo(TensorType.Float)));
        var body = """{"inputs":[{"name":"in","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""";
        var head = $"POST /v2/models/echo/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n";
        using var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(world.Server.Address.Host, world.Server.Address.Port);
        var stream = tcp.GetStream();

        await WriteAsync(head + "\r\n" + body[..10]);
        await world.GetAsync("/v2/models/echo");        // meanwhile others are answered
        await WriteAsync(body[10..30]);
        await world.GetAsync("/v2/models/echo");
        await WriteAsync(body[30..]);
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync("\"data\":[1,2]"), StringComparison.Ordinal);

        // who expects a word before the body is given it, and does not wait in vain
        await WriteAsync(head + "Expect: 100-continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100", await AnswerAsync("\r\n\r\n"), StringComparison.Ordinal);
        await WriteAsync(body);
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync("\"data\":[1,2]"), StringComparison.Ordinal);

        async Task WriteAsync(string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text));

        async Task<string> AnswerAsync(string until)
        {
            var (said, bytes) = ("", new byte[4096]);
            while (!said.Contains(until, StringComparison.Ordinal))
            {
                var read = await stream.ReadAsync(bytes);
                Assert.NotEqual(0, read);
                said += Encoding.ASCII.GetString(bytes, 0, read);
            }
            // what ends the object behind the data
            while (until[0] == '"' && !said.EndsWith("]}]}", StringComparison.Ordinal)) said += Encoding.ASCII.GetString(bytes, 0, await stream.ReadAsync(bytes));
            return said;
        }
    }
}
