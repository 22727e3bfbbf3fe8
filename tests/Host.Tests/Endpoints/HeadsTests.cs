using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Inference;
using Kumiki.Making;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>Models that were trained elsewhere as inputs of a project, and an endpoint over photos that decides by six of them on one backbone.</summary>
public sealed class HeadsTests(ServedHeads served) : IClassFixture<ServedHeads>
{
    /// <summary>[heads] the first score of each head for a photo, as it says alone.</summary>
    static float[] Alone(byte[] photo, params int[] seeds) =>
        [.. HeadsWorld.Names.Select((name, at) => PictureTests.Bare(HeadsWorld.Head(name, seeds[at]), 0, photo)[0])];

    /// <summary>[parts] the probability of the verdict Publish where a part lists classes, its score otherwise.</summary>
    static float[] Scores(JsonNode answer) =>
        [.. answer["parts"]!.AsArray().Select(p => p!["scores"] is { } many ? (float)many["Publish"]! : (float)p["score"]!)];

    [Fact]
    public async Task An_imported_model_is_asked_for_by_its_class_and_never_made_here()
    {
        await using var world = new HeadsWorld(HeadsWorld.All);
        Assert.Empty(world.Graph.Findings);

        var refused = await Assert.ThrowsAsync<KumikiException>(() => world.Maker.MakeAsync(new("head-one"), null, default));
        Assert.Equal("head-one is trained elsewhere and brought in, so it is not made here; bring a version in: kumiki models import head-one FILE.onnx",
            refused.Says.In("en"));
        var missing = await Assert.ThrowsAsync<InputsMissingException>(() => world.Maker.MakeAsync(new("photo-check") { Upstream = true }, null, default));
        Assert.Equal(("imported.input-missing", "kumiki models import head-one FILE.onnx"), (missing.Findings[0].Says.Id, missing.Findings[0].Mends[0]));
        Assert.Equal(6, missing.Findings.Count);
        Assert.IsType<StaleCause.Never>(Assert.Single((await world.Maker.WhyAsync("head-one", default)).Causes));

        foreach (var (number, name) in HeadsWorld.Names.Index()) await world.BringAsync(name, number + 1);
        var made = await world.MakeAsync("photo-check");
        var version = (await world.Metadata.VersionAsync(made, default))!;
        Assert.Equal(HeadsWorld.Names.Order().Select(n => $"{n}@1 Fit"), version.Inputs.Select(i => $"{i.Version} {i.Edge}").Order());
        Assert.Empty((await world.Maker.WhyAsync("head-one", default)).Causes);
        Assert.Empty((await world.Maker.WhyAsync("photo-check", default)).Causes);
        Assert.IsType<MakingEnd.Reused>(Assert.Single(await world.Maker.MakeAsync(new("photo-check"), null, default)));

        // Another version of one of them makes the endpoint out of date, and a release of the one without the other does not fit.
        var second = await world.BringAsync("head-two", 22);
        Assert.Equal("head-two@2", second.ToString());
        Assert.Equal([new StaleCause.Input(new("head-two", 1), second)], (await world.Maker.WhyAsync("photo-check", default)).Causes);
        var shelf = await world.Metadata.VersionsAsync([made, .. HeadsWorld.Names.Select(n => new VersionName(n, 1)), second], default);
        var findings = ReleaseCheck.Of(shelf, Production.Empty,
            ReleaseRequest.Of([made, second, .. HeadsWorld.Names.Where(n => n != "head-two").Select(n => new VersionName(n, 1))]));
        Assert.Contains(findings, f => f.Rule == "fit" && f.Says.ToString().Contains("head-two@2", StringComparison.Ordinal));
        Assert.Equal("photo-check@2", (await world.MakeAsync("photo-check")).ToString());
    }

    [Fact]
    public void A_threshold_of_an_imported_model_is_refused_before_anything_runs()
    {
        var graph = ProjectGraph.Build(new Project().Add<HeadOne>().Add<HeadCut>());

        Assert.Equal(["threshold.imported"], graph.Findings.Where(f => f.Severity == Severity.Refusal).Select(f => f.Says.Id));
    }

    [Fact]
    public async Task Six_heads_decide_on_a_photo_by_one_run_of_their_backbone_each_with_the_bits_that_it_has_alone()
    {
        var world = served.World;
        var before = (await world.GetAsync("/api/serving"))["models"]!.AsArray().Sum(m => (int)m!["runs"]!);
        var photo = PictureTests.Photo(4);
        var wanted = Alone(photo, 1, 2, 3, 4, 5, 6);
        var base64 = Convert.ToBase64String(photo);

        // As base64 in JSON, as the body itself, and as a form: the same answer.
        var (status, answer) = await world.SendAsync(HeadsWorld.Json(
            "{\"rows\": [{\"id\": \"first\", \"image\": \"" + base64 + "\"}], \"parameters\": {\"scores\": true, \"ids\": [\"p1\"]}}"));
        Assert.True(status == 200, answer.ToJsonString());
        var one = answer["predictions"]![0]!;
        Assert.Equal(wanted, Scores(one));
        Assert.Equal(HeadsWorld.Names.Select(n => $"{n}@1"), one["parts"]!.AsArray().Select(p => (string)p!["model"]!));
        string Verdict(float score) => score >= 0.9 ? "Suspend" : score >= 0.5 ? "Review" : "Publish";
        var verdicts = one["parts"]!.AsArray().Select(p => (string)p!["answer"]!).ToList();
        Assert.Equal(wanted.Take(5).Select(Verdict), verdicts.Take(5));
        Assert.Equal((string)one["parts"]![5]!["top"]![0]!["class"]!, verdicts[5]);
        Assert.Equal(verdicts.MaxBy(v => Array.IndexOf(["Publish", "Review", "Suspend"], v)), (string)one["answer"]!);
        (status, var body) = await world.SendAsync(HeadsWorld.Body(photo), ("Kumiki-Prediction-Id", "p2"));
        Assert.True(status == 200, body.ToJsonString());
        Assert.Equal(one["parts"]!.AsArray().Take(5).Select(p => p!.ToJsonString()), body["parts"]!.AsArray().Take(5).Select(p => p!.ToJsonString()));
        using var form = new MultipartFormDataContent { { new StringContent("by form"), "id" }, { HeadsWorld.Body(photo), "image", "cat.jpg" } };
        (status, var formed) = await world.SendAsync(form, ("Kumiki-Prediction-Id", "p3"));
        Assert.True(status == 200, formed.ToJsonString());
        Assert.Equal(body["parts"]!.ToJsonString(), formed["parts"]!.ToJsonString());

        // Three requests were three runs of one model that all six are.
        var model = Assert.Single((await world.GetAsync("/api/serving"))["models"]!.AsArray())!;
        Assert.Equal((string.Join('+', HeadsWorld.Names.Select(n => $"{n}@1")), before + 3), ((string)model["version"]!, (int)model["runs"]!));
        Assert.Contains($"kumiki_inference_runs_total{{model=\"{((string)model["version"]!)[..^2]}\",version=\"1\"}} {before + 3}\n",
            await world.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);

        // In the log is no picture but its digest, and the score of each.
        var logged = await world.GetAsync("/api/predictions/p3");
        Assert.Equal($$"""{"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(photo))}}","bytes":{{photo.Length}}}""",
            JsonNode.Parse((string)logged["prediction"]!["inputs"]!)!["image"]!.ToJsonString());
        Assert.Equal(string.Join(' ', HeadsWorld.Names.Select(n => $"{n}@1")), (string)logged["prediction"]!["models"]!);
        Assert.Equal(8, logged["scores"]!.AsObject().Count(s => s.Value is not null));
        Assert.Equal(wanted[0], float.Parse((string)logged["scores"]!["score_head-one"]!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("{}", logged["features"]!.ToJsonString());
        Assert.DoesNotContain(base64[..40], logged.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_is_no_picture_is_refused_and_one_that_is_damaged_too()
    {
        var world = served.World;
        var photo = PictureTests.Photo(4);
        string Field(byte[] bytes) => $$"""{"image": "{{Convert.ToBase64String(bytes)}}"}""";
        async Task Refused(string wanted, HttpContent content)
        {
            var (status, answer) = await world.SendAsync(content);
            Assert.Equal((400, wanted),
                (status, string.Join(' ', answer["errors"]?.AsArray().Select(e => $"{e!["row"]}.{e["field"]}:{e["id"]}") ?? [(string)answer["id"]!])));
        }

        await Refused("2.image:images.not-a-picture", HeadsWorld.Json($"[{Field(photo)}, {Field("hello"u8.ToArray())}]"));
        await Refused("2.image:images.damaged", HeadsWorld.Json($"[{Field(photo)}, {Field(photo[..(photo.Length / 2)])}]"));
        await Refused("1.image:endpoint.field-missing", HeadsWorld.Json("""{"id": "a"}"""));
        await Refused("1.image:images.not-a-picture", HeadsWorld.Body("hello"u8.ToArray()));
        await Refused("endpoint.bad-form", HeadsWorld.Body("hello"u8.ToArray(), "multipart/form-data"));
        using var form = new MultipartFormDataContent { { new StringContent("x"), "image" }, { new StringContent("red"), "colour" } };
        await Refused("1.image:images.not-a-picture 1.colour:endpoint.unknown-field", form);
        var log = (await world.GetAsync("/api/endpoints/photo-check/predictions"))["predictions"]!.AsArray().Where(p => p!["error"] is not null).ToList();
        Assert.Equal(6, log.Count);
        Assert.DoesNotContain(log, p => p!.ToJsonString().Contains(Convert.ToBase64String("hello"u8), StringComparison.Ordinal));

        var (status, many) = await world.SendAsync(HeadsWorld.Json($"[{Field(photo)}, {Field(PictureTests.Photo(5))}]"));
        Assert.True(status == 200, many.ToJsonString());
        Assert.Equal(Alone(PictureTests.Photo(5), 1, 2, 3, 4, 5, 6)[..5],
            many["predictions"]![1]!["parts"]!.AsArray().Take(5).Select(p => (float)p!["score"]!));
        var document = await world.GetAsync("/api/endpoints/photo-check/openapi.json");
        Assert.Equal("""{"type":"string","contentEncoding":"base64"}""", document["components"]!["schemas"]!["Row"]!["properties"]!["image"]!.ToJsonString());
        var example = (await world.GetAsync("/api/endpoints/photo-check"))["example"]!.ToJsonString();
        (status, many) = await world.SendAsync(HeadsWorld.Json(example));
        Assert.True(status == 200, many.ToJsonString());
    }

    [Fact]
    public async Task A_new_version_of_one_head_takes_over_under_load_without_a_mixed_answer()
    {
        await using var world = await HeadsWorld.StartAsync();
        var photo = PictureTests.Photo(6);
        float[][] wanted = [Alone(photo, 1, 2, 3, 4, 5, 6), Alone(photo, 1, 22, 3, 4, 5, 6), Alone(photo, 1, 22, 3, 44, 5, 6)];
        Assert.Equal(3, wanted.Select(w => $"{w[1]} {w[3]}").Distinct().Count());
        using var over = new CancellationTokenSource();
        var seen = new ConcurrentDictionary<int, int>();
        var clients = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                var (status, answer) = await world.SendAsync(HeadsWorld.Body(photo));
                Assert.True(status == 200, answer.ToJsonString());
                var n = (int)answer["release"]!;
                Assert.Equal($"photo-check@{n}", (string)answer["endpoint"]!);
                Assert.Equal(["head-one@1", $"head-two@{(n > 1 ? 2 : 1)}", "head-three@1", $"head-four@{(n > 2 ? 2 : 1)}", "head-five@1", "head-six@1"],
                    answer["parts"]!.AsArray().Select(p => (string)p!["model"]!));
                Assert.Equal(wanted[n - 1][..5], answer["parts"]!.AsArray().Take(5).Select(p => (float)p!["score"]!));
                seen[n] = 1;
            }
        })).ToArray();

        await SwapAsync("head-two", 22);
        await SwapAsync("head-four", 44);
        await over.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal([1, 2, 3], seen.Keys.Order());

        async Task SwapAsync(string name, int seed)
        {
            await world.BringAsync(name, seed);
            var release = await world.ReleaseAsync(await world.MakeAsync("photo-check"));
            while (!seen.ContainsKey(release) && clients.All(c => !c.IsCompleted)) await Task.Delay(5);
        }
    }
}

/// <summary>One server with the six heads, for what only asks.</summary>
public sealed class ServedHeads : IAsyncLifetime
{
    internal HeadsWorld World { get; private set; } = null!;

    public async Task InitializeAsync() => World = await HeadsWorld.StartAsync();

    public async Task DisposeAsync() => await World.DisposeAsync();
}
