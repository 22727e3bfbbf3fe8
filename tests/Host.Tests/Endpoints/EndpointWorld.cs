using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Serve;
using Kumiki.Hosting;
using Kumiki.Onnx;
using Kumiki.Releasing;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>A server with one endpoint in many releases. Model n scores x + n and threshold n stands at n + 0.5, so only what belongs together decides rightly: high from x = 0.5 on, unsure from 0.4.</summary>
sealed class EndpointWorld : IAsyncDisposable
{
    readonly TemporaryFolder folder = new();

    EndpointWorld() { }

    public DemoWorld World { get; private set; } = null!;
    public KumikiServer Server { get; private set; } = null!;
    public HttpClient Http { get; private set; } = null!;

    /// <summary>Every release made so far: its number and the number of its model and threshold.</summary>
    public Dictionary<int, int> Releases { get; } = [];

    public string FolderOf(string name) => Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName;

    public static async Task<EndpointWorld> StartAsync(ServingSettings? settings = null, bool readOnly = false)
    {
        var world = new EndpointWorld();
        world.World = await DemoWorld.EmptyAsync(world.folder.Path);
        world.Server = await KumikiServer.StartAsync(ServedWorld.Of(world.World) with { Serving = settings ?? new(), ReadOnly = readOnly }, ServeAddress.Of("127.0.0.1", 0), default);
        world.Http = new() { BaseAddress = world.Server.Address, Timeout = TimeSpan.FromMinutes(2) };
        return world;
    }

    /// <summary>x + offset, over a number and a text.</summary>
    public static byte[] Model(float offset, float weight = 1) => TransformGraph.Of([new("x", ColumnKind.Number), new("place", ColumnKind.Text, new FittedStep.OneHot(["garden", "street"]))])
        .Append(Learners.Linear([weight, 0, 0], offset)).ToBytes();

    public static EndpointField X { get; } = new() { Name = "x", Kind = FieldKind.Number, IsRead = true, Min = -1000, Max = 1e300 };
    public static EndpointField Place { get; } = new() { Name = "place", Kind = FieldKind.Text, IsRead = true, Optional = true };

    public static EndpointPlan Plan(double threshold, params PlannedFallback[] fallbacks) => new()
    {
        Input = "Post",
        Output = "Verdict",
        Fields =
        [
            X, Place, new() { Name = "some_day", Kind = FieldKind.Date, Optional = true, Min = 0 }, new() { Name = "count", Kind = FieldKind.Integer, Optional = true, Min = 0, MinExcluded = true },
            new() { Name = "size", Kind = FieldKind.Choice, Optional = true, Choices = ["small", "large"] }, new() { Name = "seen", Kind = FieldKind.Flag, Optional = true },
            new() { Name = "price", Kind = FieldKind.Decimal, Optional = true }, new() { Name = "notes", Kind = FieldKind.Any, Optional = true },
        ],
        Decision = new("model", "cut", new DecisionRule.AtThreshold(threshold, threshold - 0.1, "high", "unsure", "low")),
        Fallbacks = fallbacks,
    };

    /// <summary>Makes model, threshold and endpoint n and releases them as one set.</summary>
    public async Task<int> ReleaseAsync(int n, byte[]? model = null, byte[]? smaller = null, params PlannedFallback[] fallbacks)
    {
        var made = await World.MakeAsync("model", AssetKind.Model, contents: [("model.onnx", model ?? Model(n))]);
        var cut = await World.MakeAsync("cut", AssetKind.Threshold, [(made, EdgeKind.Fit)], contents: [("parts/choice.json", Encoding.UTF8.GetBytes($"{n}"))]);
        var set = new List<VersionRecord> { made, cut };
        var inputs = new List<(VersionRecord, EdgeKind)> { (made, EdgeKind.Fit), (cut, EdgeKind.Fit) };
        if (smaller is not null)
        {
            var other = await World.MakeAsync("smaller", AssetKind.Model, contents: [("model.onnx", smaller)]);
            set.Add(other);
            inputs.Add((other, EdgeKind.Fit));
        }
        set.Add(await World.MakeAsync("verdict", AssetKind.Endpoint, [.. inputs], contents: [("endpoint.json", Plan(n + 0.5, fallbacks).ToBytes())]));
        return await LiveAsync(set, n);
    }

    public async Task<int> LiveAsync(IReadOnlyList<VersionRecord> set, int n)
    {
        var number = (await World.ReleaseAsync([.. set], "", [])).Number;
        lock (Releases) Releases[number] = n;
        return number;
    }

    /// <summary>Brings back what was live before.</summary>
    /// <returns>The release that does.</returns>
    public async Task<int> RollBackAsync() =>
        Assert.IsType<ReleaseEnd.Live>(await new Releases(World.Metadata, World.Artifacts, TimeProvider.System, "mika").RollbackAsync("back")).Release.Number;

    public async Task<HttpResponseMessage> SendAsync(string body, string endpoint = "verdict", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/endpoints/{endpoint}/predict") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    public async Task<JsonNode> AnswerAsync(string body, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(body, headers: headers);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    /// <returns>The status, the message's id, and <c>field: id</c> of each field that is wrong.</returns>
    public async Task<string> RefusedAsync(string body, string endpoint = "verdict", params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(body, endpoint, headers);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.NotEqual("", (string)problem["detail"]!);
        return string.Join(' ', [$"{(int)response.StatusCode}", $"{problem["id"]}", .. problem["errors"]?.AsArray().Select(e => $"{e!["row"]}.{e["field"]}:{((string)e["id"]!).Replace("endpoint.", "", StringComparison.Ordinal)}") ?? []]);
    }

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        await World.DisposeAsync();
        folder.Dispose();
    }
}
