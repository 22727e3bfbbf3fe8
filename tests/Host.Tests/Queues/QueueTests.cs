using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Endpoints;
using Kumiki.Host.Tests.Serve;
using Kumiki.Hosting;
using Kumiki.Onnx;
using Kumiki.Queues;
using Kumiki.Serving;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Queues;

/// <summary>Queues and streams as a server tells of them.</summary>
public sealed class QueueTests : IAsyncLifetime
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly QueueName In = QueueName.Of("in"), Out = QueueName.Of("out");

    EndpointWorld world = null!;
    IStoreQueue queue = null!;

    public async Task InitializeAsync()
    {
        world = await EndpointWorld.StartAsync();
        queue = DataFolder.Queues(world.World.Metadata, new());
    }

    public async Task DisposeAsync() => await world.DisposeAsync();

    static QueueMessage Message(string key, string body) => new(key, Encoding.UTF8.GetBytes(body));

    /// <summary>Three rows: one is done, one is a dead letter, one waits.</summary>
    async Task FillAsync(string dead = """{"x": "many", "name": "Mika"}""")
    {
        await queue.PutAsync(In, [Message("a", """{"x": 1}"""), Message("b", dead), Message("c", """{"x": 3, "name": "Aoi", "more": {"name": "Rin"}}""")], Go);
        var taken = await queue.TakeAsync(In, 2, TimeSpan.FromMinutes(5), TimeSpan.Zero, Go);
        await queue.SettleAsync(
        [
            new Settlement.Done(taken[0], (Out, Message("a", """{"answer": "high"}"""))),
            new Settlement.Dead(taken[1], Kumiki.Message.Of("endpoint.not-number", ("row", 1), ("field", "name"), ("found", "Mika"))),
        ], Go);
    }

    async Task<JsonNode> PostAsync(string path, string body, int status = 200, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await world.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    /// <summary>Releases an endpoint with a field that tells of a person.</summary>
    async Task ReleasePersonalAsync()
    {
        var model = await world.World.MakeAsync("model", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(0))]);
        var cut = await world.World.MakeAsync("cut", AssetKind.Threshold, [(model, EdgeKind.Fit)], contents: [("parts/choice.json", "0"u8.ToArray())]);
        var name = new EndpointField { Name = "name", Kind = FieldKind.Text, Optional = true, Personal = true };
        var plan = EndpointWorld.Plan(0.5) with { Fields = [EndpointWorld.X, EndpointWorld.Place, name] };
        var endpoint = await world.World.MakeAsync("verdict", AssetKind.Endpoint, [(model, EdgeKind.Fit), (cut, EdgeKind.Fit)],
            contents: [("endpoint.json", plan.ToBytes())]);
        var release = await world.LiveAsync([model, cut, endpoint], 0);
        await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release-At-Least", $"{release}"));
    }

    [Fact]
    public async Task Every_queue_tells_how_full_it_is_and_what_became_of_its_messages()
    {
        Assert.Empty((await world.GetAsync("api/queues"))["queues"]!.AsArray());
        await FillAsync();
        await queue.TakeAsync(Out, 1, TimeSpan.FromMinutes(5), TimeSpan.Zero, Go);

        var all = await world.GetAsync("api/queues");

        Assert.Equal(["in 1 0 1 3/2/1", "out 0 1 0 1/1/0"], all["queues"]!.AsArray().Select(q =>
            $"{q!["name"]} {q["ready"]} {q["held"]} {q["dead"]} {q["put"]}/{q["taken"]}/{q["done"]}"));
        Assert.Equal((await queue.FiguresAsync([In], Go))[0].Oldest!.Value, (DateTimeOffset)all["queues"]![0]!["oldest"]!);
        Assert.Null(all["broker"]);
        using var none = await world.Http.GetAsync("api/queues/nobody");
        Assert.Equal((404, "queue.none"), ((int)none.StatusCode, (string)JsonNode.Parse(await none.Content.ReadAsStringAsync())!["id"]!));
        using var bad = await world.Http.GetAsync("api/queues/a%20b");
        Assert.Equal((400, "queue.name"), ((int)bad.StatusCode, (string)JsonNode.Parse(await bad.Content.ReadAsStringAsync())!["id"]!));
    }

    [Fact]
    public async Task What_lies_in_a_queue_is_shown_and_stays_there()
    {
        await FillAsync();

        for (var i = 0; i < 2; i++)
        {
            var message = Assert.Single((await world.GetAsync("api/queues/in/messages"))["messages"]!.AsArray())!;
            Assert.Equal(("c", 0, """{"x": 3, "name": "Aoi", "more": {"name": "Rin"}}"""),
                ((string)message["key"]!, (int)message["deliveries"]!, (string)message["body"]!));
        }
        var letter = Assert.Single((await world.GetAsync("api/queues/in/dead"))["letters"]!.AsArray())!;
        Assert.Equal(("b", "The field name of row 1 is Mika, but a number is wanted."), ((string)letter["key"]!, (string)letter["reason"]!["text"]!));
    }

    [Fact]
    public async Task Personal_fields_are_left_out_of_messages_dead_letters_and_their_reasons()
    {
        await ReleasePersonalAsync();
        await FillAsync();
        await queue.PutAsync(In, [Message("d", """[{"x": 1, "Name": "Ren"}, {"x": 2}]"""), Message("e", "no JSON at all: Yui")], Go);

        var messages = (await world.GetAsync("api/queues/in/messages"))["messages"]!.AsArray();
        Assert.Equal(["""{"x": 3, "name": null, "more": {"name": null}}""", """[{"x": 1, "Name": null}, {"x": 2}]""", null],
            messages.Select(m => (string?)m!["body"]));
        var letter = (await world.GetAsync("api/queues/in/dead"))["letters"]![0]!;
        Assert.Equal(("""{"x": "many", "name": null}""", "The field name of row 1 is …, but a number is wanted."),
            ((string)letter["body"]!, (string)letter["reason"]!["text"]!));
        Assert.DoesNotContain("Mika", letter.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_letters_are_put_back_or_dropped_by_key_or_all_of_them()
    {
        await queue.PutAsync(In, [.. "abcd".Select(k => Message($"{k}", "1"))], Go);
        foreach (var one in await queue.TakeAsync(In, 4, TimeSpan.FromMinutes(5), TimeSpan.Zero, Go))
            await queue.SettleAsync([new Settlement.Dead(one, Kumiki.Message.Of("queue.never-settled", ("count", 5)))], Go);

        Assert.Equal(1, (int)(await PostAsync("api/queues/in/dead/put-back", """{"keys": ["b", "nobody"]}"""))["count"]!);
        Assert.Equal(1, (int)(await PostAsync("api/queues/in/dead/drop", """{"keys": ["c"]}"""))["count"]!);
        Assert.Equal(["a", "d"], (await world.GetAsync("api/queues/in/dead"))["letters"]!.AsArray().Select(l => (string)l!["key"]!));
        Assert.Equal(["b"], (await world.GetAsync("api/queues/in/messages"))["messages"]!.AsArray().Select(l => (string)l!["key"]!));
        Assert.Equal(2, (int)(await PostAsync("api/queues/in/dead/put-back", """{"all": true}"""))["count"]!);
        foreach (var wrong in new[] { "{}", """{"keys": []}""", """{"keys": ["a"], "all": true}""" })
            Assert.Equal("queue.which-asked", (string)(await PostAsync("api/queues/in/dead/drop", wrong, 400))["id"]!);
        var elsewhere = await PostAsync("api/queues/in/dead/drop", """{"all": true}""", 403, ("Origin", "http://elsewhere.example"));
        Assert.Equal("serve.other-origin", (string)elsewhere["id"]!);
    }

    [Fact]
    public async Task A_server_that_only_shows_moves_no_dead_letter()
    {
        await using var showing = await EndpointWorld.StartAsync(readOnly: true);
        using var body = new StringContent("""{"all": true}""", Encoding.UTF8, "application/json");
        using var answer = await showing.Http.PostAsync("api/queues/in/dead/drop", body);

        Assert.Equal((403, "serve.read-only"), ((int)answer.StatusCode, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!));
    }

    [Fact]
    public async Task A_stream_is_shown_with_what_it_has_done_and_whether_it_still_lives()
    {
        var now = DateTimeOffset.UtcNow;
        StreamSign Of(string id, double age, long answered, Message? waits = null, bool ended = false) => new(id, "verdict", "in", "out", null, "here", 7,
            now - TimeSpan.FromMinutes(9), now - TimeSpan.FromSeconds(age), answered, 1, 2, 3, waits, Kumiki.Message.Of("queue.never-settled", ("count", 5)),
            ended);
        await queue.SignAsync(Of("runs", 0, 40), Go);
        await queue.SignAsync(Of("waits", 1, 30, Kumiki.Message.Of("inference.stopping")), Go);
        await queue.SignAsync(Of("silent", 300, 20), Go);
        await queue.SignAsync(Of("ended", 400, 10, ended: true), Go);
        await queue.SignAsync(Of("elsewhere", 0, 10) with { Broker = "127.0.0.1:5672" }, Go);

        var streams = (await world.GetAsync("api/queues"))["streams"]!.AsArray();

        Assert.Equal(["runs runs 40", "waits waits 30", "silent silent 20", "ended ended 10"], streams.Select(s => $"{s!["id"]} {s["state"]} {s["answered"]}"));
        Assert.NotNull(streams[1]!["waits"]!["text"]);
        // They are empty, but streams work on them.
        Assert.Equal(["in", "out"], (await world.GetAsync("api/queues"))["queues"]!.AsArray().Select(q => (string)q!["name"]!));
        Assert.Equal(4, (await world.GetAsync("api/queues/in"))["streams"]!.AsArray().Count);
        var metrics = await world.Http.GetStringAsync("/metrics");
        const string way = "endpoint=\"verdict\",from=\"in\",to=\"out\"";
        Assert.Contains($"\nkumiki_stream_messages_total{{{way},stream=\"runs\",what=\"answered\"}} 40\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"\nkumiki_stream_waits{{{way},stream=\"waits\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("stream=\"ended\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_have_each_queue_with_depth_age_dead_letters_and_counts()
    {
        await FillAsync();
        await world.GetAsync("api/queues");

        var metrics = await world.Http.GetStringAsync("/metrics");

        foreach (var line in new[] { "kumiki_queue_ready{queue=\"in\"} 1", "kumiki_queue_dead{queue=\"in\"} 1", "kumiki_queue_held{queue=\"in\"} 0",
            "kumiki_queues_unseen 0", "kumiki_queue_messages_total{queue=\"in\",what=\"put\"} 3", "kumiki_queue_messages_total{queue=\"in\",what=\"done\"} 1",
            "kumiki_queue_messages_total{queue=\"out\",what=\"put\"} 1", "kumiki_queue_ready{queue=\"out\"} 1" })
            Assert.Contains($"\n{line}\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_queue_oldest_age_seconds{queue=\"in\"} ", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_away_is_a_sentence_and_all_else_is_served()
    {
        var now = DateTimeOffset.UtcNow;
        await queue.SignAsync(new("there", "verdict", "in", "out", "127.0.0.1:9", "here", 7, now, now, 1, 0, 0, 0, null, null, false), Go);
        var away = new ServedBroker("127.0.0.1:9", _ => throw new KumikiException(Kumiki.Message.Of("queue.rabbit-names", ("host", "127.0.0.1"))));
        await using var server = await KumikiServer.StartAsync(
            ServedWorld.Of(world.World) with { Broker = away, DataFolder = Directory.CreateTempSubdirectory("kumiki-broker-").FullName, ReadOnly = true },
            ServeAddress.Of("127.0.0.1", 0), Go);
        using var http = new HttpClient { BaseAddress = server.Address };

        var all = JsonNode.Parse(await http.GetStringAsync("api/queues"))!;

        Assert.Equal(("127.0.0.1:9", "queue.rabbit-names", "there"),
            ((string)all["broker"]!, (string)all["trouble"]!["id"]!, (string)all["streams"]![0]!["id"]!));
        Assert.Contains("\nkumiki_queues_unseen 1\n", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
        using var look = await http.GetAsync("api/queues/in/messages");
        Assert.Equal((409, "queue.no-look"), ((int)look.StatusCode, (string)JsonNode.Parse(await look.Content.ReadAsStringAsync())!["id"]!));
    }

    // ── what the server did ──

    [Fact]
    public void Quantiles_between_two_looks_are_of_what_was_answered_between_them()
    {
        static PastTraffic Of(params double[] seconds)
        {
            var (traffic, took) = (new PastTraffic(), new Histogram(ModelFigures.Seconds));
            foreach (var one in seconds) took.Add(one);
            traffic.Add(seconds.Length, 0, took);
            return traffic;
        }
        var slow = Enumerable.Repeat(2.0, 1000).ToArray();
        var (before, now) = (Of(slow), Of([.. slow, .. Enumerable.Repeat(0.002, 98), 0.4, 0.4]));

        Assert.Null(now.QuantileMs(now, 0.5));
        Assert.Equal(1 + (1.5 * 50 / 98), now.QuantileMs(before, 0.5)!.Value, 1e-9);        // in (1 ms, 2.5 ms], taken as spread evenly
        Assert.Equal(250 + (250 * 1 / 2.0), now.QuantileMs(before, 0.99)!.Value, 1e-9);     // in (250 ms, 500 ms]
        Assert.Equal(10_000, Of(60).QuantileMs(new(), 0.5)!.Value, 1e-9);                   // above all bounds
    }

    [Fact]
    public void Rates_between_two_looks_are_by_the_time_between_them()
    {
        static PastLook At(double seconds, long answered, long failed, double processor)
        {
            var (asked, took) = (new PastTraffic { Instead = answered / 10, Lookups = 2 * answered }, new Histogram(ModelFigures.Seconds));
            asked.Add(answered, failed, took);
            return new(DateTimeOffset.UnixEpoch.AddSeconds(seconds), asked, new(), 3, 2, 100 << 20, 7, 8, processor, 5, 11, 1);
        }

        var moment = PastMoment.Between(At(10, 100, 4, 1.5), At(15, 150, 5, 4));

        Assert.Equal(new PastRates(10, 0.2, 0, 1, 20, null, null), moment.Endpoints);
        Assert.Equal((0.5, 3, 2, 100L << 20, 11L, 1L),
            (moment.Processors, moment.Waiting, moment.Running, moment.MemoryBytes, moment.QueueReady, moment.QueueDead));
    }

    [Fact]
    public async Task What_the_server_did_is_remembered_without_anybody_who_scrapes_it()
    {
        await world.ReleaseAsync(0);
        for (var i = 0; i < 20; i++) await world.AnswerAsync("""{"x": 1}""");
        await world.RefusedAsync("""{"x": "many"}""");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        JsonArray moments;
        while ((moments = (await world.GetAsync("api/operations"))["moments"]!.AsArray()).Count < 1) await Task.Delay(200, limit.Token);

        var first = moments[0]!;
        Assert.InRange((double)first["memoryBytes"]!, 20 << 20, 20L << 30);
        Assert.InRange((double)first["processors"]!, 1e-6, Environment.ProcessorCount + 1);
        Assert.True((double)first["connections"]! >= 1);
        Assert.True((double)first["endpoints"]!["answered"]! >= 0 && (double)first["models"]!["failed"]! >= 0);
        Assert.Equal(400, (int)(await world.Http.GetAsync("api/operations?minutes=soon")).StatusCode);
    }
}
