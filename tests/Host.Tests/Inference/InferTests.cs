using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Native.OnnxRuntime;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

public sealed class InferTests
{
    static Task<InferenceWorld> WorldAsync(params (string, byte[])[] models) => InferenceWorld.StartAsync(models: models);

    [Fact]
    public async Task The_server_says_that_it_is_there_and_what_it_can()
    {
        await using var world = await WorldAsync();

        Assert.Equal("""{"live":true}""", (await world.GetAsync("/v2/health/live")).ToJsonString());
        Assert.Equal("""{"ready":true}""", (await world.GetAsync("/v2/health/ready")).ToJsonString());
        var server = await world.GetAsync("/v2");
        Assert.Equal(("kumiki", "binary_tensor_data,model_repository,statistics"),
            ((string)server["name"]!, string.Join(',', server["extensions"]!.AsArray())));
    }

    [Fact]
    public async Task A_model_says_its_inputs_and_outputs()
    {
        await using var world = await WorldAsync(("shop", InferenceWorld.Shop));

        var model = await world.GetAsync("/v2/models/shop");

        Assert.Equal(("shop", "onnxruntime_onnx", """["1"]"""), ((string)model["name"]!, (string)model["platform"]!, model["versions"]!.ToJsonString()));
        Assert.Equal("""{"name":"store","datatype":"BYTES","shape":[-1,1]}""", model["inputs"]![4]!.ToJsonString());
        Assert.Equal("""[{"name":"score","datatype":"FP32","shape":[-1,1]}]""", model["outputs"]!.ToJsonString());
        Assert.True((bool)model["parameters"]!["batches"]!);
        Assert.True((bool)(await world.GetAsync("/v2/models/shop/versions/1/ready"))["ready"]!);
    }

    [Fact]
    public async Task Rows_get_the_bits_that_they_get_in_a_batch()
    {
        await using var world = await WorldAsync(("shop", InferenceWorld.Shop));
        var (_, scores) = InferenceWorld.ShopRows(64, seed: 3);

        var all = await world.InferAsync("shop", InferenceWorld.ShopRequest(64, 3, 0, 64, "\"id\":\"42\","));
        var alone = new List<float>();
        for (var row = 0; row < 64; row++) alone.AddRange(InferenceWorld.Data(await world.InferAsync("shop", InferenceWorld.ShopRequest(64, 3, row, 1))));

        Assert.Equal(("shop", "1", "42", "[64,1]"),
            ((string)all["model_name"]!, (string)all["model_version"]!, (string)all["id"]!, all["outputs"]![0]!["shape"]!.ToJsonString()));
        Assert.Equal(scores, InferenceWorld.Data(all));
        Assert.Equal(scores, alone);
    }

    [Theory]
    [InlineData(TensorType.Bool, "[true,0,1,false]", "[true,false,true,false]")]
    [InlineData(TensorType.UInt8, "[0,255,1,2]", null)]
    [InlineData(TensorType.UInt16, "[0,65535,1,2]", null)]
    [InlineData(TensorType.UInt32, "[0,4294967295,1,2]", null)]
    [InlineData(TensorType.UInt64, "[0,18446744073709551615,9007199254740993,2]", null)]
    [InlineData(TensorType.Int8, "[-128,127,0,1]", null)]
    [InlineData(TensorType.Int16, "[-32768,32767,0,1]", null)]
    [InlineData(TensorType.Int32, "[-2147483648,2147483647,0,1]", null)]
    [InlineData(TensorType.Int64, "[-9223372036854775808,9223372036854775807,9007199254740993,1]", null)]
    [InlineData(TensorType.Float16, "[0.5,-2,65504,1]", null)]
    [InlineData(TensorType.Float, "[0.1,-1E-42,3.4028235E+38,1]", null)]
    [InlineData(TensorType.Double, "[0.1,-1E-300,1E+300,1]", null)]
    [InlineData(TensorType.Text, """["","plain","組木 é \"quoted\"","a\u0000b"]""", """["","plain","組木 é \"quoted\"","a\u0000b"]""")]
    public async Task Every_type_goes_through_flat_nested_and_as_bytes(TensorType type, string data, string? written)
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(type)));
        var name = Kumiki.Serving.TensorTypes.NameOf(type);
        var elements = JsonNode.Parse(data)!.AsArray();
        var nested = $"[[{elements[0]!.ToJsonString()},{elements[1]!.ToJsonString()}],[{elements[2]!.ToJsonString()},{elements[3]!.ToJsonString()}]]";

        // the fields in an order in which the type comes after the data
        var flat = await world.InferAsync("echo", $$"""{"inputs":[{"data":{{data}},"shape":[2,2],"name":"in","datatype":"{{name}}"}]}""");
        var deep = await world.InferAsync("echo", $$"""{"inputs":[{"name":"in","shape":[2,2],"datatype":"{{name}}","data":{{nested}}}]}""");

        var wanted = JsonNode.Parse(written ?? data)!.ToJsonString();
        Assert.Equal(wanted, flat["outputs"]![0]!["data"]!.ToJsonString());
        Assert.Equal(wanted, deep["outputs"]![0]!["data"]!.ToJsonString());

        // and as bytes: the answer's bytes are sent back
        using var first = await world.AskAsync(HttpMethod.Post, "/v2/models/echo/infer",
            Encoding.UTF8.GetBytes($$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"in","shape":[2,2],"datatype":"{{name}}","data":{{data}}}]}"""));
        var (json, bytes) = await PartsAsync(first);
        Assert.Equal(bytes.Length, (int)json["outputs"]![0]!["parameters"]!["binary_data_size"]!);
        using var second = await world.AskAsync(HttpMethod.Post, "/v2/models/echo/infer", Binary(
            $$$"""{"inputs":[{"name":"in","shape":[2,2],"datatype":"{{{name}}}","parameters":{"binary_data_size":{{{bytes.Length}}}}}],"outputs":[{"name":"out","parameters":{"binary_data":false}}]}""", bytes, out var header), header);
        Assert.Equal(wanted, JsonNode.Parse(await second.Content.ReadAsStringAsync())!["outputs"]![0]!["data"]!.ToJsonString());
    }

    static byte[] Binary(string json, byte[] bytes, out (string, string) header)
    {
        var text = Encoding.UTF8.GetBytes(json);
        header = ("Inference-Header-Content-Length", $"{text.Length}");
        return [.. text, .. bytes];
    }

    static async Task<(JsonNode Json, byte[] Bytes)> PartsAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        var length = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), null);
        return (JsonNode.Parse(body.AsSpan(0, length))!, body[length..]);
    }

    [Fact]
    public async Task Brain_floats_go_through_as_numbers_rounded_to_their_16_bits()
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(TensorType.BFloat16)));

        // echoed without a kernel for it, where the engine has none, would be an error of the model
        var (status, answer) = await world.SendAsync(HttpMethod.Post, "/v2/models/echo/infer",
            """{"inputs":[{"name":"in","shape":[1,2],"datatype":"BF16","data":[1.00390625,-2.5]}]}""");

        Assert.Equal((200, "[1,-2.5]"), (status, answer["outputs"]![0]!["data"]!.ToJsonString()));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(400)]
    [InlineData(1_700)]
    [InlineData(6_000)]
    [InlineData(9_000)]
    [InlineData(100_000)]
    public async Task Bodies_of_every_size_are_read_whole(int rows)
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(TensorType.Float)));
        var random = new Random(rows);
        var values = Enumerable.Range(0, rows * 2).Select(_ => random.NextSingle()).ToArray();
        var request = $$"""{"inputs":[{"name":"in","datatype":"FP32","shape":[{{rows}},2],"data":[{{string.Join(',', values.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}}]}]}""";

        for (var again = 0; again < 20; again++) Assert.Equal(values, InferenceWorld.Data(await world.InferAsync("echo", request)));
    }

    [Fact]
    public async Task A_raw_request_is_the_bytes_of_the_only_input()
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(TensorType.Float)));
        float[] sent = [1, 2, 3, 4, 5, 6];

        using var response = await world.AskAsync(HttpMethod.Post, "/v2/models/echo/infer", MemoryMarshal.AsBytes<float>(sent).ToArray(),
            ("Inference-Header-Content-Length", "0"));
        var (json, bytes) = await PartsAsync(response);

        Assert.Equal("[3,2]", json["outputs"]![0]!["shape"]!.ToJsonString());
        Assert.Equal(sent, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
        using var odd = await world.AskAsync(HttpMethod.Post, "/v2/models/echo/infer", new byte[12], ("Inference-Header-Content-Length", "0"));
        Assert.Equal(400, (int)odd.StatusCode);
    }

    [Fact]
    public async Task Outputs_come_in_the_order_asked_for_and_each_in_its_own_form()
    {
        await using var world = await WorldAsync(("two", Graphs.Two(3)));
        const string Inputs = """{"name":"b","shape":[1,1],"datatype":"FP32","data":[10]},{"name":"a","shape":[1,2],"datatype":"FP32","data":[[1,2]]}""";

        var all = await world.InferAsync("two", $$"""{"inputs":[{{Inputs}}]}""");
        using var mixed = await world.AskAsync(HttpMethod.Post, "/v2/models/two/infer",
            Encoding.UTF8.GetBytes($$$"""{"inputs":[{{{Inputs}}}],"outputs":[{"name":"times","parameters":{"binary_data":true}},{"name":"sum"}]}"""));
        var (json, bytes) = await PartsAsync(mixed);

        Assert.Equal(["sum", "times"], all["outputs"]!.AsArray().Select(o => (string)o!["name"]!));
        Assert.Equal("[11,12]", all["outputs"]![0]!["data"]!.ToJsonString());
        Assert.Equal(["times", "sum"], json["outputs"]!.AsArray().Select(o => (string)o!["name"]!));
        Assert.Equal([3f, 6f], MemoryMarshal.Cast<byte, float>(bytes).ToArray());
        Assert.Equal("[11,12]", json["outputs"]![1]!["data"]!.ToJsonString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Requests_and_answers_may_be_packed(string packing)
    {
        await using var world = await WorldAsync(("shop", InferenceWorld.Shop));
        var (_, scores) = InferenceWorld.ShopRows(500, seed: 5);
        using var packed = new MemoryStream();
        using (Stream stream = packing == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, true)
            : new ZLibStream(packed, CompressionLevel.Fastest, true))
            stream.Write(Encoding.UTF8.GetBytes(InferenceWorld.ShopRequest(500, 5, 0, 500)));

        using var response = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", packed.ToArray(), ("Content-Encoding", packing),
            ("Accept-Encoding", packing));

        Assert.Equal([packing], response.Content.Headers.ContentEncoding);
        await using var body = await response.Content.ReadAsStreamAsync();
        await using Stream unpacked = packing == "gzip" ? new GZipStream(body, CompressionMode.Decompress) : new ZLibStream(body, CompressionMode.Decompress);
        Assert.Equal(scores, InferenceWorld.Data((await JsonNode.ParseAsync(unpacked))!));
        using var broken = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", packed.ToArray()[4..], ("Content-Encoding", packing));
        Assert.Equal(400, (int)broken.StatusCode);
    }

    [Fact]
    public async Task What_is_no_number_may_come_bare_or_as_null_and_is_answered_only_where_allowed()
    {
        await using var world = await WorldAsync(("shop", InferenceWorld.Shop), ("inverse", Graphs.Inverse));
        const string Rest = """{"name":"units","datatype":"FP32","shape":[1,1],"data":[3]},{"name":"day","datatype":"FP32","shape":[1,1],"data":[19000]},{"name":"discount","datatype":"FP32","shape":[1,1],"data":[1]},{"name":"store","datatype":"BYTES","shape":[1,1],"data":["North"]}""";

        var bare = await world.InferAsync("shop",
            $$"""{"inputs":[{"name":"price","datatype":"FP32","shape":[1,1],"data":[NaN]},{{Rest}}],"id":"NaN is fine here"}""");
        var none = await world.InferAsync("shop", $$"""{"inputs":[{"name":"price","datatype":"FP32","shape":[1,1],"data":[null]},{{Rest}}]}""");
        var (fault, says) = await world.RefusedAsync("inverse", """{"inputs":[{"name":"in","datatype":"FP32","shape":[3,1],"data":[1,0,2]}]}""");
        var allowed = await world.InferAsync("inverse",
            """{"parameters":{"allow_nan":true},"inputs":[{"name":"in","datatype":"FP32","shape":[3,1],"data":[1,0,2]}]}""");

        Assert.Equal(InferenceWorld.Data(bare), InferenceWorld.Data(none));
        Assert.Equal((500, "inverse@1 answered with what is no finite number in row 2 of out; look into the model, or send the parameter allow_nan=true to get it as it is."), (fault, says));
        Assert.Equal("[1,null,0.5]", allowed["outputs"]![0]!["data"]!.ToJsonString());
    }

    // one a sentence: the body, the status, and what it must say
    [Theory]
    [InlineData("", 400, "line 1")]
    [InlineData("{", 400, "line 1")]
    [InlineData("[]", 400, "body must be a JSON object")]
    [InlineData("{}", 400, "no inputs")]
    [InlineData("""{"inputs":[]}""", 400, "no inputs")]
    [InlineData("""{"inputs":[{}]}""", 400, "inputs[0].name")]
    [InlineData("""{"inputs":[A]} x""", 400, "no JSON at line 1")]
    [InlineData("""{"inputs":[{"name":"c","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""", 400, "no input c; it takes a, b")]
    [InlineData("""{"inputs":[A]}""", 400, "Input b is missing")]
    [InlineData("""{"inputs":[A,A]}""", 400, "Input a is given twice")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP64","shape":[1,2],"data":[1,2]},B]}""", 400, "sent as FP64, but the model takes FP32")]
    [InlineData("""{"inputs":[{"name":"a","shape":[1,2],"data":[1,2]},B]}""", 400, "inputs[0].datatype")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","data":[1,2]},B]}""", 400, "inputs[0].shape")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,3],"data":[1,2,3]},B]}""", 400, "Input a has shape [1,3], but the model takes [-1,2]")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[2],"data":[1,2]},B]}""", 400, "Input a has shape [2]")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[0,2],"data":[]},B]}""", 400, "dimensions must be from 1 up")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[2000000000,2],"data":[]},B]}""", 400, "2147483647")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1000000000,2],"data":[1]},B]}""", 400, "has 1 elements")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[-1,2],"data":[1,2]},B]}""", 400, "dimensions must be from 1 up")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":["1",2],"data":[1,2]},B]}""", 400, "inputs[0].shape")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2,3]},B]}""", 400, "has 3 elements in data, but its shape [1,2] wants 2")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1]},B]}""", 400, "has 1 elements in data")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[2,2],"data":[[1],[2,3,4]]},B]}""", 400, "nested otherwise")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[[[1,2]]]},B]}""", 400, "nested otherwise")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,"x"]},B]}""", 400, "Element 1 of the data of input a is x, which is no FP32")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,1e300]},B]}""", 400, "Element 1")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,true]},B]}""", 400, "Element 1")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2]},B]}""", 400, "neither data nor binary_data_size")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2],"parameters":{"binary_data_size":8}},B]}""", 400, "both data and binary_data_size")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}},B]}""", 400, "takes 8 bytes by its binary_data_size, but 0 are left")]
    [InlineData("""{"inputs":[A,B],"outputs":[{"name":"nothing"}]}""", 400, "no output nothing; it has sum, times")]
    [InlineData("""{"inputs":[A,B],"parameters":{"timeout":-1}}""", 400, "parameters.timeout")]
    [InlineData("""{"inputs":[A,B],"parameters":{"priority":9}}""", 400, "parameters.priority")]
    [InlineData("""{"inputs":[A,B],"id":7}""", 400, "id must be a JSON string")]
    [InlineData("""{"inputs":[A,{"name":"b","datatype":"FP32","shape":[3,1],"data":[1,2,3]}]}""", 500, "two@1 failed on this request")]
    public async Task What_is_wrong_with_a_request_is_said_with_its_field(string body, int status, string says)
    {
        await using var world = await WorldAsync(("two", Graphs.Two(1)));
        const string A = """{"name":"a","datatype":"FP32","shape":[2,2],"data":[1,2,3,4]}""", B = """{"name":"b","datatype":"FP32","shape":[2,1],"data":[10,20]}""";
        string Whole(string text) => text.Replace("A", A, StringComparison.Ordinal).Replace("B", B, StringComparison.Ordinal);

        var refused = await world.RefusedAsync("two", Whole(body));

        Assert.Equal(status, refused.Status);
        Assert.Contains(says, refused.Says, StringComparison.Ordinal);
        Assert.Equal("[11,12,23,24]", (await world.InferAsync("two", Whole("""{"inputs":[A,B]}""")))["outputs"]![0]!["data"]!.ToJsonString());
    }

    [Theory]
    [InlineData("price", "FP32", "1e39", "Element 0")]
    [InlineData("price", "FP32", "Infinity", "Input price is infinite in row 1")]
    [InlineData("store", "BYTES", "\"Nowhere\"", "Input store is \"Nowhere\" in row 1, which the model never saw")]
    [InlineData("store", "BYTES", "7", "Element 0 of the data of input store is 7, which is no BYTES")]
    public async Task A_made_model_refuses_what_it_cannot_score(string column, string type, string value, string says)
    {
        await using var world = await WorldAsync(("shop", InferenceWorld.Shop));
        var inputs = new[] { ("price", "FP32", "1"), ("units", "FP32", "3"), ("day", "FP32", "19000"), ("discount", "FP32", "1"),
            ("store", "BYTES", "\"North\"") }
            .Select(i => i.Item1 == column ? (column, type, value) : i)
            .Select(i => $$"""{"name":"{{i.Item1}}","datatype":"{{i.Item2}}","shape":[1,1],"data":[{{i.Item3}}]}""");

        var refused = await world.RefusedAsync("shop", $$"""{"inputs":[{{string.Join(',', inputs)}}]}""");

        Assert.Equal(400, refused.Status);
        Assert.Contains(says, refused.Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_made_model_wants_the_same_rows_of_every_input_and_texts_in_utf_8()
    {
        await using var world = await WorldAsync(("shop", InferenceWorld.Shop));
        const string Three = """{"name":"units","datatype":"FP32","shape":[1,1],"data":[3]},{"name":"day","datatype":"FP32","shape":[1,1],"data":[19000]},{"name":"discount","datatype":"FP32","shape":[1,1],"data":[1]}""";
        byte[] latin1 = [1, 0, 0, 0, 0xE9];

        var rows = await world.RefusedAsync("shop",
            $$"""{"inputs":[{"name":"price","datatype":"FP32","shape":[2,1],"data":[1,2]},{{Three}},{"name":"store","datatype":"BYTES","shape":[2,1],"data":["North","North"]}]}""");
        using var other = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", Binary(
            $$$"""{"inputs":[{"name":"price","datatype":"FP32","shape":[1,1],"data":[1]},{{{Three}}},{"name":"store","datatype":"BYTES","shape":[1,1],"parameters":{"binary_data_size":5}}]}""", latin1, out var header), header);
        using var body = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", [.. Encoding.UTF8.GetBytes("""{"id":"""), .. "\""u8, 0xE9, .. "\"}"u8]);

        Assert.Equal((400, "Input units has 1 rows and price has 2; send the same rows for every input."), rows);
        Assert.Equal("Input store is no UTF-8 in row 1; send texts in UTF-8.", await ErrorAsync(other));
        Assert.Equal("The JSON of the body is no UTF-8; send it in UTF-8.", await ErrorAsync(body));
    }

    static async Task<string> ErrorAsync(HttpResponseMessage response) => (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

    [Theory]
    [InlineData("abc", 8, "is abc, which is no length")]
    [InlineData("99999", 8, "is 99999, which is no length")]
    [InlineData(null, 9, "take 8 bytes, but 9 follow")]
    [InlineData(null, 4, "but 4 are left behind the JSON")]
    public async Task Binary_parts_that_do_not_add_up_are_refused(string? length, int bytes, string says)
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(TensorType.Float)));
        var body = Binary("""{"inputs":[{"name":"in","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}""", new byte[bytes], out var header);

        using var response = await world.AskAsync(HttpMethod.Post, "/v2/models/echo/infer", body, (header.Item1, length ?? header.Item2));

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains(says, await ErrorAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_cut_in_the_middle_and_sizes_that_do_not_fit_are_refused()
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(TensorType.Text)), ("floats", Graphs.Echo(TensorType.Float)));
        var cut = new byte[9];
        BinaryPrimitives.WriteUInt32LittleEndian(cut, 900);

        using var texts = await world.AskAsync(HttpMethod.Post, "/v2/models/echo/infer",
            Binary("""{"inputs":[{"name":"in","datatype":"BYTES","shape":[1,2],"parameters":{"binary_data_size":9}}]}""", cut, out var header), header);
        using var size = await world.AskAsync(HttpMethod.Post, "/v2/models/floats/infer",
            Binary("""{"inputs":[{"name":"in","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":9}}]}""", cut, out header), header);

        Assert.Contains("end in the middle of one", await ErrorAsync(texts), StringComparison.Ordinal);
        Assert.Equal("Input in has 9 bytes, but FP32 of shape [1,2] takes 8; send exactly these.", await ErrorAsync(size));
    }

    [Theory]
    [InlineData("GET", "/v2/nothing", 404)]
    [InlineData("GET", "/v2/models/none", 404)]
    [InlineData("GET", "/v2/models/none/ready", 404)]
    [InlineData("GET", "/v2/models/echo/versions/7", 404)]
    [InlineData("POST", "/v2/models/none/infer", 404)]
    [InlineData("POST", "/v2/models/echo/versions/canary/infer", 404)]
    [InlineData("GET", "/v2/models/echo/infer", 405)]
    [InlineData("DELETE", "/v2", 405)]
    public async Task An_unknown_place_is_an_error_of_the_protocol(string method, string path, int status)
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(TensorType.Float)));

        var (found, body) = await world.SendAsync(new(method), path, method == "POST" ? "{}" : null);

        Assert.Equal(status, found);
        Assert.Equal(["error"], body.AsObject().Select(f => f.Key));
    }

    [Fact]
    public async Task Other_sites_and_other_host_names_are_refused_and_said_so_in_the_readers_language()
    {
        await using var world = await WorldAsync(("echo", Graphs.Echo(TensorType.Float)));

        using var origin = await world.AskAsync(HttpMethod.Post, "/v2/models/echo/infer", "{}"u8.ToArray(), ("Origin", "http://elsewhere.example"));
        using var host = await world.AskAsync(HttpMethod.Get, "/v2", null, ("Host", "elsewhere.example"), ("Accept-Language", "ja"));

        Assert.Equal((403, 421), ((int)origin.StatusCode, (int)host.StatusCode));
        Assert.Contains("elsewhere.example", await ErrorAsync(origin), StringComparison.Ordinal);
        Assert.Equal("ja", host.Content.Headers.ContentLanguage.Single());
    }
}
