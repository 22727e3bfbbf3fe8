using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Inference;
using Kumiki.Hosting;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Operate;

/// <summary>Who listens for spans hears those of every server of a process: these tests run alone.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("alone")]
public sealed class TraceTests
{
    const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736", Caller = "00f067aa0ba902b7";

    static string Body(int rows) => InferenceWorld.ShopRequest(rows, 1, 0, rows);

    /// <summary>What a server sends of what it was asked, all of it: the server has stopped.</summary>
    static async Task<List<SentSpan>> SpansAsync(Func<InferenceWorld, Task> ask, ServingSettings? settings = null, Func<Collector, OperatingSettings>? operating = null,
        params (string, byte[])[] models)
    {
        using var collector = new Collector();
        await using var world = await InferenceWorld.StartAsync(settings, operating: operating is null ? new() { Otlp = collector.Address } : operating(collector),
            models: models.Length > 0 ? models : [("shop", InferenceWorld.Shop)]);
        await ask(world);
        await world.StopServerAsync();
        Assert.All(collector.Paths, p => Assert.Equal("POST /v1/traces application/x-protobuf", p));
        return [.. collector.Spans.OrderBy(s => s.Start)];
    }

    [Fact]
    public async Task A_callers_trace_goes_on_from_the_request_to_the_engine_and_back()
    {
        string? answered = null, line = null;
        var file = Path.GetTempFileName();
        var spans = await SpansAsync(async world =>
        {
            await world.InferAsync("shop", Body(1));       // loads the model
            using var answer = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", Encoding.UTF8.GetBytes(Body(2)), ("traceparent", $"00-{Trace}-{Caller}-01"));
            answered = answer.Headers.GetValues("traceresponse").Single();
            await world.StopServerAsync();
            line = (await File.ReadAllLinesAsync(file)).Last();
        }, operating: c => new() { Otlp = c.Address, AccessLog = file });
        File.Delete(file);

        var own = spans.Where(s => s.Trace == Trace).ToList();
        var server = own.Single(s => s.Name == "infer");
        Assert.Equal((Caller, 2, "kumiki"), (server.Parent, server.Kind, server.Service));
        Assert.Equal($"00-{Trace}-{server.Id}-01", answered);
        Assert.Equal(("shop", "1"), (server.Tags["kumiki.model"], server.Tags["kumiki.version"]));
        Assert.Equal(["decode", "encode", "queue", "run"], own.Where(s => s != server).Select(s => s.Name).Order());
        Assert.All(own.Where(s => s != server), s => Assert.Equal(server.Id, s.Parent));
        SentSpan Of(string name) => own.Single(s => s.Name == name);
        // microseconds are lost where a clock's ticks become a date
        var close = TimeSpan.FromMilliseconds(1);
        Assert.All(own, s => Assert.InRange(s.Start, server.Start - close, server.End + close));
        Assert.All(own, s => Assert.InRange(s.End, s.Start, server.End + close));
        Assert.True(Of("decode").End <= Of("queue").Start + close && Of("queue").End <= Of("run").Start + close && Of("run").End <= Of("encode").Start + close);
        Assert.Equal(("1", "2"), (Of("run").Tags["kumiki.batch.requests"], Of("run").Tags["kumiki.batch.rows"]));
        Assert.Equal(Trace, (string?)JsonNode.Parse(line!)!["trace"]);
        var first = spans.Single(s => s.Name == "infer" && s.Trace != Trace);
        Assert.Equal("", first.Parent);
        Assert.Equal(["decode", "encode", "load", "queue", "run"], spans.Where(s => s.Trace == first.Trace && s != first).Select(s => s.Name).Order());
    }

    [Fact]
    public async Task Requests_that_are_run_together_have_a_span_of_the_run_each_linked_with_the_others()
    {
        var traces = Enumerable.Range(1, 6).Select(i => $"{i:x32}").ToList();
        var settings = new ServingSettings { Limits = new() { BatchWait = TimeSpan.FromSeconds(1), BatchRows = 6, Runs = 1 } };

        var spans = await SpansAsync(async world =>
        {
            await world.SendAsync(HttpMethod.Get, "/v2/models/shop");
            await Task.WhenAll(traces.Select(t => world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", Encoding.UTF8.GetBytes(Body(1)), ("traceparent", $"00-{t}-{Caller}-01"))));
        }, settings);

        var runs = spans.Where(s => s.Name == "run").ToList();
        Assert.Equal(traces, runs.Select(r => r.Trace).Order());
        Assert.All(runs, r => Assert.Equal("6", r.Tags["kumiki.batch.requests"]));
        Assert.All(runs, r => Assert.Equal(traces.Where(t => t != r.Trace), r.Links.Order()));
    }

    [Fact]
    public async Task What_fails_says_why_and_is_an_error_where_the_server_is_to_blame()
    {
        var spans = await SpansAsync(async world =>
        {
            await world.RefusedAsync("inverse", """{"inputs":[{"name":"in","datatype":"FP32","shape":[1,1],"data":[0]}]}""");
            await world.RefusedAsync("inverse", "{}");
            await world.RefusedAsync("none", "{}");
        }, models: ("inverse", Graphs.Inverse));

        Assert.Equal([("model_failed", 2), ("bad_request", 0), ("not_found", 0)], spans.Where(s => s.Name == "infer").Select(s => (s.Tags["error.type"], s.Status)));
    }

    [Fact]
    public async Task A_trace_goes_on_over_grpc_too_and_an_example_of_it_stands_in_the_metrics()
    {
        var metrics = "";
        var spans = await SpansAsync(async world =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{world.GrpcPort}/inference.GRPCInferenceService/ModelInfer")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(GrpcTests.Asked("two")),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
            using var answer = await world.Http.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            Assert.Equal("0", answer.TrailingHeaders.GetValues("grpc-status").Single());
            Assert.StartsWith($"00-{Trace}-", answer.Headers.GetValues("traceresponse").Single(), StringComparison.Ordinal);
            using var scrape = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            scrape.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text");
            using var scraped = await world.Http.SendAsync(scrape);
            metrics = await scraped.Content.ReadAsStringAsync();
        }, models: ("two", Graphs.Two(3)));

        Assert.Equal(["decode", "encode", "infer", "load", "queue", "run"], spans.Where(s => s.Trace == Trace).Select(s => s.Name).Order());
        var read = await MetricsTests.ReadAsync("open", metrics);
        var example = Assert.Single(read, l => l.StartsWith("exemplar ", StringComparison.Ordinal)).Split(' ');
        Assert.Equal((Trace, "True"), (example[2], example[3]));
    }

    [Fact]
    public async Task A_caller_that_does_not_sample_is_not_traced()
    {
        var spans = await SpansAsync(async world =>
        {
            using var answer = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", Encoding.UTF8.GetBytes(Body(1)), ("traceparent", $"00-{Trace}-{Caller}-00"));
            Assert.True(answer.IsSuccessStatusCode);
            Assert.False(answer.Headers.Contains("traceresponse"));
            await world.InferAsync("shop", Body(1));
        });

        Assert.DoesNotContain(spans, s => s.Trace == Trace);
        Assert.Single(spans, s => s.Name == "infer");
    }

    [Fact]
    public async Task The_collector_may_be_named_by_OpenTelemetrys_own_variables()
    {
        try
        {
            var spans = await SpansAsync(world => world.InferAsync("shop", Body(1)), operating: collector =>
            {
                Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString());
                Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
                Environment.SetEnvironmentVariable("OTEL_SERVICE_NAME", "shop-server");
                return new();
            });
            Assert.Equal("shop-server", spans.Single(s => s.Name == "infer").Service);
        }
        finally
        {
            foreach (var variable in (string[])["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SERVICE_NAME"]) Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Fact]
    public async Task Without_a_collector_no_span_is_made()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("shop", InferenceWorld.Shop));

        using var answer = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", Encoding.UTF8.GetBytes(Body(1)), ("traceparent", $"00-{Trace}-{Caller}-01"));

        Assert.True(answer.IsSuccessStatusCode);
        Assert.False(answer.Headers.Contains("traceresponse"));
        Assert.False(ServingTrace.Source.HasListeners());
    }

    [Fact]
    public async Task A_collector_that_is_not_there_holds_nothing_up()
    {
        await using var world = await InferenceWorld.StartAsync(operating: new() { Otlp = new($"http://127.0.0.1:{InferenceWorld.FreePort()}") }, models: ("shop", InferenceWorld.Shop));

        for (var i = 0; i < 20; i++) await world.InferAsync("shop", Body(1));
    }

    [Theory]
    [InlineData("collector")]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("")]
    public void What_is_no_address_of_a_collector_is_refused(string text)
    {
        var refused = Assert.Throws<KumikiException>(() => OperatingSettings.Of(text, null, 64, 100));

        Assert.Equal($"{text} is no address of a collector; give one of http or https, as --otlp http://127.0.0.1:4318.", refused.Says.In("en"));
    }
}
