using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Ground.Tests.Onnx;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

/// <summary>Pictures as they are sent, and models that share the network in front of them.</summary>
public sealed class PictureTests
{
    internal static byte[] Photo(int number) => File.ReadAllBytes(
        Directory.GetFiles(World.Above("shared/data/animal-posts/photos"), "*.jpg").Order(StringComparer.Ordinal).ElementAt(number));

    /// <summary>What the engine itself gives for pictures, prepared by the adapter.</summary>
    internal static float[] Bare(byte[] model, int output, params byte[][] pictures)
    {
        using var session = OnnxSession.Open(model);
        var input = PictureInput.Of(session).Single();
        using var tensor = OnnxTensor.Of(TensorType.UInt8, pictures.Length, input.Side, input.Side, 3);
        foreach (var (row, picture) in pictures.Index()) input.Write(picture, row + 1, tensor.Bytes.Slice(row * input.Bytes, input.Bytes));
        var outputs = session.Run([tensor]);
        var values = outputs[output].Values<float>().ToArray();
        foreach (var one in outputs) one.Dispose();
        return values;
    }

    internal static byte[] Small { get; } = Tiny(8);

    /// <summary>A model over pictures of some pixels a side: their mean, by colour.</summary>
    static byte[] Tiny(int side) => new OnnxModel(new("mean",
        [new("image", TensorType.UInt8, [-1, side, side, 3])], [new("mean", TensorType.Float, [-1, 3])],
        [
            new("Cast", ["image"], ["floats"]) { Attributes = [new OnnxAttribute.Int("to", 1)] },
            new("ReduceMean", ["floats"], ["mean"]) { Attributes = [new OnnxAttribute.Ints("axes", [1, 2]), new OnnxAttribute.Int("keepdims", 0)] },
        ], [], [])).WithPictures(new PictureInput("image", side)).ToBytes();

    static string Json(string type, string shape, params string[] data) =>
        $$"""{"inputs":[{"name":"image","datatype":"{{type}}","shape":{{shape}},"data":[{{string.Join(',', data)}}]}]}""";

    [Fact]
    public async Task A_photo_is_answered_in_every_form_with_the_bits_of_the_bare_engine()
    {
        await using var world = await InferenceWorld.StartAsync(models: [("image-backbone", BackbonePackage.Onnx)]);
        var (one, two) = (Photo(0), Photo(1));
        var wanted = Bare(BackbonePackage.Onnx, 0, one, two);

        // As base64 in JSON.
        var answer = await world.InferAsync("image-backbone",
            Json("BYTES", "[2,1]", $"[\"{Convert.ToBase64String(one)}\"]", $"[\"{Convert.ToBase64String(two)}\"]"));
        Assert.Equal(wanted, InferenceWorld.Data(answer));

        // As bytes behind the JSON.
        var json = Encoding.UTF8.GetBytes(
            $$$"""{"inputs":[{"name":"image","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":{{{8 + one.Length + two.Length}}}}}]}""");
        using (var response = await world.AskAsync(HttpMethod.Post, "/v2/models/image-backbone/infer",
            [.. json, .. BitConverter.GetBytes(one.Length), .. one, .. BitConverter.GetBytes(two.Length), .. two],
            ("Inference-Header-Content-Length", $"{json.Length}")))
        {
            Assert.Equal(wanted, InferenceWorld.Data(JsonNode.Parse(await response.Content.ReadAsStringAsync())!));
        }

        // As the body itself.
        using (var content = new ByteArrayContent(one) { Headers = { ContentType = new("image/jpeg") } })
        using (var response = await world.Http.PostAsync("/v2/models/image-backbone/infer", content))
        {
            Assert.Equal(wanted[..80], InferenceWorld.Data(JsonNode.Parse(await response.Content.ReadAsStringAsync())!));
        }

        // As pixels.
        using (var session = OnnxSession.Open(BackbonePackage.Onnx))
        {
            var input = PictureInput.Of(session).Single();
            var pixels = new byte[input.Bytes];
            input.Write(one, 1, pixels);
            answer = await world.InferAsync("image-backbone", Json("UINT8", "[1,256,256,3]", string.Join(',', pixels)));
            Assert.Equal(wanted[..80], InferenceWorld.Data(answer));
        }

        var said = await world.GetAsync("/v2/models/image-backbone");
        Assert.Equal("""[{"input":"image","adapter":"picture/1","side":256}]""", said["parameters"]!["pictures"]!.ToJsonString());
        Assert.True((bool)said["parameters"]!["batches"]!);
    }

    [Fact]
    public async Task What_is_no_picture_is_refused_by_input_and_row_and_others_are_answered()
    {
        await using var world = await InferenceWorld.StartAsync(
            new() { Limits = new() { BatchRows = 8, BatchWait = TimeSpan.FromMilliseconds(200) } }, models: [("mean", Small), ("echo", Graphs.Echo(TensorType.UInt8))]);
        var photo = Photo(3);
        var good = $"\"{Convert.ToBase64String(photo)}\"";
        var cut = $"\"{Convert.ToBase64String(photo.AsSpan(0, photo.Length / 2))}\"";
        var bomb = $"\"{Convert.ToBase64String(DrawnPicture.Bomb(60_000, 60_000))}\"";
        async Task Refused(string says, string body)
        {
            var (status, sentence) = await world.RefusedAsync("mean", body);
            Assert.Equal(400, status);
            Assert.Contains(says, sentence, StringComparison.Ordinal);
        }

        await Refused("Input 'image', row 2: these 5 bytes are no JPEG, PNG or WebP picture", Json("BYTES", "[2]", good, "\"aGVsbG8=\""));
        await Refused("Input 'image', row 2: the picture has 60000 × 60000 pixels", Json("BYTES", "[2]", good, bomb));
        await Refused("Input 'image', row 1: the text is no base64", Json("BYTES", "[1]", "\"???\""));
        await Refused("Element 1 of the data of input image", Json("BYTES", "[2]", good, "3"));
        await Refused("shape [1,8,8,3]; encoded pictures have [rows] or [rows,1]", Json("BYTES", "[1,8,8,3]", good));
        await Refused("[2]", Json("BYTES", "[2]", good));
        await Refused("349526 pictures", Json("BYTES", "[349526]", good));
        using (var content = new ByteArrayContent(photo) { Headers = { ContentType = new("image/jpeg") } })
        using (var response = await world.Http.PostAsync("/v2/models/echo/infer", content))
        {
            Assert.Equal(400, (int)response.StatusCode);
            Assert.Contains("the model's input 'in' takes none", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        // A damaged one is found when it is decoded, in a batch with others, which get their answers.
        var wanted = Bare(Small, 0, photo);
        var asked = Enumerable.Range(0, 6).Select(n => world.SendAsync(HttpMethod.Post, "/v2/models/mean/infer", Json("BYTES", "[1]", n == 2 ? cut : good))).ToList();
        var answers = await Task.WhenAll(asked);
        foreach (var (n, (status, answer)) in answers.Index())
        {
            if (n != 2) Assert.Equal(wanted, InferenceWorld.Data(answer));
            else Assert.Equal((400, "Input 'image', row 1: the picture is damaged or breaks off; send it whole."), (status, (string)answer["error"]!));
        }
    }

    static byte[] Head(int seed) => BackbonePackage.Head(seed).ToBytes();

    [Fact]
    public async Task Models_that_share_a_backbone_answer_together_over_one_picture_and_run_it_once()
    {
        var heads = Enumerable.Range(1, 6).Select(n => (Name: $"head-{n}", Model: Head(n))).ToArray();
        await using var world = await InferenceWorld.StartAsync(models: heads);
        await world.AddAsync("head-2", Head(22));
        var photo = Photo(4);

        var all = string.Join('+', heads.Select(h => h.Name));
        using var content = new ByteArrayContent(photo) { Headers = { ContentType = new("image/jpeg") } };
        using var response = await world.Http.PostAsync($"/v2/models/{all}/infer", content);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        Assert.Equal((all, "1+2+1+1+1+1"), ((string)answer["model_name"]!, (string)answer["model_version"]!));
        for (var n = 0; n < heads.Length; n++)
        {
            Assert.Equal($"head-{n + 1}/score", (string)answer["outputs"]![n]!["name"]!);
            Assert.Equal(Bare(n == 1 ? Head(22) : heads[n].Model, 0, photo), InferenceWorld.Data(answer, n));
        }
        var stats = (await world.GetAsync("/v2/models/stats"))["model_stats"]!.AsArray();
        Assert.Equal(["head-1@1+head-2@2+head-3@1+head-4@1+head-5@1+head-6"], stats.Select(s => (string)s!["name"]!));
        Assert.Equal(1, (int)stats[0]!["inference_stats"]!["success"]!["count"]!);

        // A newer version takes over, as it does of a model alone.
        await world.AddAsync("head-6", Head(66));
        while (true)
        {
            using var again = new ByteArrayContent(photo) { Headers = { ContentType = new("image/jpeg") } };
            using var later = await world.Http.PostAsync($"/v2/models/{all}/infer", again);
            answer = JsonNode.Parse(await later.Content.ReadAsStringAsync())!;
            Assert.True(later.IsSuccessStatusCode, answer.ToString());
            if ((string)answer["model_version"]! == "1+2+1+1+1+2") break;
            await Task.Delay(20);       // the server looks at the store a few times a second
        }
        Assert.Equal(Bare(Head(66), 0, photo), InferenceWorld.Data(answer, 5));

        // Another version of one of them, by number.
        answer = await world.InferAsync("head-1+head-2/versions/1+1", Json("BYTES", "[1]", $"\"{Convert.ToBase64String(photo)}\""));
        Assert.Equal("1+1", (string)answer["model_version"]!);
        Assert.Equal(Bare(heads[1].Model, 0, photo), InferenceWorld.Data(answer, 1));
    }

    [Fact]
    public async Task What_shares_nothing_is_not_asked_together()
    {
        await using var world = await InferenceWorld.StartAsync(models: [("mean", Small), ("other", Tiny(9)), ("shop", InferenceWorld.Shop), ("head-1", Head(1))]);
        var body = Json("BYTES", "[1]", "\"\"");

        Assert.Contains("mean@1+head-1@1 do not share the greater part of their weights", (await world.RefusedAsync("mean+head-1", body)).Says, StringComparison.Ordinal);
        Assert.Equal(404, (await world.RefusedAsync("head-1+nothing", body)).Status);
        Assert.Contains("cannot be asked together", (await world.RefusedAsync("head-1+head-1", body)).Says, StringComparison.Ordinal);
        Assert.Contains("cannot be asked together", (await world.RefusedAsync("head-1+mean/versions/1+1+1", body)).Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shelf_says_which_versions_to_ask_together_and_gives_each_its_part()
    {
        await using var world = await InferenceWorld.StartAsync(models: [("head-1", Head(1)), ("shop", InferenceWorld.Shop), ("head-2", Head(2))]);
        await using var shelf = new ModelShelf(world.World.Metadata, world.World.Artifacts, null, new(), TimeProvider.System);

        var groups = await shelf.GroupsAsync([new("head-1", 1), new("shop", 1), new("head-2", 1)], default);
        Assert.Equal(["head-1@1 head-2@1", "shop@1"], groups.Select(g => string.Join(' ', g)));

        var model = await shelf.UseTogetherAsync(groups[0], default);
        using var request = new InferenceRequest(model.Signature);
        var photo = Photo(5);
        request.GivePictures(0, [1], [.. BitConverter.GetBytes(photo.Length), .. photo], 0, 4 + photo.Length);
        request.Complete();
        using (var answer = await model.Lane.AskAsync(request, default))
        {
            for (var n = 0; n < 2; n++)
            {
                var part = answer.Part(n);
                Assert.Equal(($"head-{n + 1}@1", "score"), (part.Version.ToString(), part.Signature.Outputs[0].Name));
                Assert.Equal(Bare(Head(n + 1), 0, photo), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(part.BytesOf(0)).ToArray());
            }
        }
        model.Release();
        Assert.Equal(model.Bytes, shelf.TakenBytes);
    }
}
