using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Serve;
using Kumiki.Hosting;
using Kumiki.Onnx;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

/// <summary>A server with models, and a client of the Open Inference Protocol.</summary>
sealed class InferenceWorld : IAsyncDisposable
{
    readonly TemporaryFolder folder = new();

    bool stopped;

    InferenceWorld() { }

    public DemoWorld World { get; private set; } = null!;
    public int GrpcPort { get; private set; }
    public KumikiServer Server { get; private set; } = null!;
    public HttpClient Http { get; private set; } = null!;

    /// <summary>The shop's model, whose first columns are price, units, day, discount, store.</summary>
    public static byte[] Shop { get; } = Ground.Tests.Onnx.World.Model.ToBytes();

    public static async Task<InferenceWorld> StartAsync(ServingSettings? settings = null, bool readOnly = false, OperatingSettings? operating = null,
        params (string Name, byte[] Model)[] models)
    {
        var world = new InferenceWorld();
        world.World = await DemoWorld.EmptyAsync(world.folder.Path);
        foreach (var (name, model) in models) await world.AddAsync(name, model);
        world.Server = await world.ServeAsync(settings ?? new(), readOnly, operating ?? new());
        world.Http = new(new SocketsHttpHandler()) { BaseAddress = world.Server.Address, Timeout = TimeSpan.FromMinutes(2) };
        return world;
    }

    /// <summary>A port that was free a moment ago may be taken by a connection of another test: then the next one.</summary>
    async Task<KumikiServer> ServeAsync(ServingSettings settings, bool readOnly, OperatingSettings operating)
    {
        for (var left = 5; ; left--)
        {
            GrpcPort = FreePort();
            try
            {
                return await KumikiServer.StartAsync(
                    ServedWorld.Of(World) with
                    {
                        Serving = settings,
                        ReadOnly = readOnly,
                        Tracking = World.Tracking,
                        GrpcPort = GrpcPort,
                        Operating = operating,
                    },
                    ServeAddress.Of("127.0.0.1", 0), default);
            }
            catch (KumikiException e) when (left > 0 && e.Says.Id == "inference.grpc-held")
            {
                // the next one
            }
        }
    }

    public static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public Task<VersionRecord> AddAsync(string name, byte[] model) => World.MakeAsync(name, AssetKind.Model, contents: [("model.onnx", model)]);

    public async Task<(int Status, JsonNode Body)> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var response = await AskAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body));
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    public async Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content!.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    public async Task<JsonNode> GetAsync(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path);
        Assert.True(status == 200, $"{status}: {body}");
        return body;
    }

    public async Task<JsonNode> InferAsync(string model, string body)
    {
        var (status, answer) = await SendAsync(HttpMethod.Post, $"/v2/models/{model}/infer", body);
        Assert.True(status == 200, $"{status}: {answer}");
        return answer;
    }

    /// <returns>The status and the sentence.</returns>
    public async Task<(int Status, string Says)> RefusedAsync(string model, string body)
    {
        var (status, answer) = await SendAsync(HttpMethod.Post, $"/v2/models/{model}/infer", body);
        Assert.True(status != 200, $"It was answered: {answer}");
        Assert.Equal(["error"], answer.AsObject().Select(f => f.Key));
        return (status, (string)answer["error"]!);
    }

    // ── the shop ──

    /// <summary>Rows of the shop, and what the model gives for each when it is scored in a process of its own way: by the adapter.</summary>
    public static (Column[] Rows, float[] Scores) ShopRows(int count, int seed)
    {
        var rows = Ground.Tests.Onnx.World.Rows(count, seed);
        using var scorer = Scorer.Open(Shop);
        return (rows, scorer.Score(rows));
    }

    /// <summary>A request for some rows of the shop.</summary>
    public static string ShopRequest(int count, int seed, int from, int rows, string more = "")
    {
        var random = new Random(seed);
        // The same draws as the rows, column by column.
        var price = Many(() => random.Next(5) == 0 ? "NaN" : Number(random.NextDouble() * 7));
        var units = Many(() => random.Next(9) == 0 ? "NaN" : Number(random.Next(300)));
        var day = Many(() => Number(new DateOnly(2024, 1, 1).AddDays(random.Next(700)).DayNumber - new DateOnly(1970, 1, 1).DayNumber));
        var discount = Many(() => random.Next(2) == 0 ? "1" : "0");
        var store = Many(() => random.Next(6) switch
        {
            0 => "\"\"",
            1 => $"\"new {random.Next(99)}\"",
            var s =>
            $"\"{Ground.Tests.Onnx.World.Stores[s % 3]}\""
        });
        return $$"""
            {{{more}}"parameters":{"unknown_categories":"score"},"inputs":[{{Column("price", "FP32", price)}},{{Column("units", "FP32", units)}},{{Column("day", "FP32", day)}},{{Column("discount", "FP32", discount)}},{{Column("store", "BYTES", store)}}]}
            """;

        string[] Many(Func<string> next) => [.. Enumerable.Range(0, count).Select(_ => next())];
        static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
        string Column(string name, string type, string[] all) =>
            $$"""{"name":"{{name}}","datatype":"{{type}}","shape":[{{rows}},1],"data":[{{string.Join(',', all.Skip(from).Take(rows))}}]}""";
    }

    /// <summary>The numbers of an output.</summary>
    public static float[] Data(JsonNode answer, int output = 0) => [.. answer["outputs"]![output]!["data"]!.AsArray().Select(v => v!.GetValue<float>())];

    /// <summary>Stops the server, once.</summary>
    public async Task StopServerAsync()
    {
        if (Interlocked.Exchange(ref stopped, true)) return;
        await Server.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopServerAsync();
        await World.DisposeAsync();
        folder.Dispose();
    }
}
