using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Kumiki.Importing;
using Kumiki.Journeys;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>A server on an empty folder, and a client that speaks to it as MLflow's do.</summary>
public class TrackingWorld : IAsyncLifetime
{
    DataFolder folder = null!;

    internal string Place { get; } = Directory.CreateTempSubdirectory("kumiki-tracking-").FullName;
    internal DataFolder Folder => folder;
    internal KumikiServer Server { get; private set; } = null!;
    internal HttpClient Http { get; private set; } = null!;

    /// <summary>Where its metadata are; null for the folder.</summary>
    protected virtual StoreSettings? Stores => null;

    public virtual Task InitializeAsync() => StartAsync();

    internal async Task StartAsync(bool readOnly = false, bool imports = true)
    {
        folder = DataFolder.Open(Place, TimeProvider.System, Stores);
        var served = new Served
        {
            Name = "tracking",
            DataFolder = Place,
            Metadata = folder.Metadata,
            Artifacts = folder.Artifacts,
            Tracking = folder.Tracking,
            Imports = imports ? Imports() : null,
            ReadOnly = readOnly,
        };
        Server = await KumikiServer.StartAsync(served, ServeAddress.Of("127.0.0.1", 0), default);
        Http = new(new SocketsHttpHandler()) { BaseAddress = Server.Address };
    }

    /// <summary>What takes registered models in, with the demo's program to look at their files.</summary>
    internal ImportedModels Imports(params IReadOnlyList<string> declared) => new(
        folder.Metadata, folder.Artifacts, folder.Tracking, new ModelCheck(Program, folder.Artifacts), Nowhere,
        (asset, _) => Task.FromResult(declared.Contains(asset)), TimeProvider.System);

    internal static IReadOnlyList<string> Program => ["dotnet", Checkout.PathOf("artifacts/bin/DemandForecast/debug_linux-x64/DemandForecast.dll")];

    static readonly RunEnvironment Nowhere = new("", "", 0, 0, "", new Dictionary<string, string>(), new Dictionary<string, string>());

    /// <summary>One of the ONNX files that <c>make_models.py</c> made.</summary>
    internal static byte[] Model(string name) => File.ReadAllBytes(Checkout.PathOf("tests/Ground.Tests/Onnx/models/" + name));

    internal async Task StopAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        await folder.DisposeAsync();
    }

    public virtual async Task DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Place, recursive: true);
    }

    /// <param name="body">JSON as it goes over the wire.</param>
    internal async Task<(int Status, JsonObject Body)> SendAsync(HttpMethod method, string path, string? body = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? path : "/api/2.0/mlflow/" + path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (type.Length > 0) request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }
        using var response = await Http.SendAsync(request);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    internal Task<JsonObject> GetAsync(string path) => DoneAsync(SendAsync(HttpMethod.Get, path));

    internal Task<JsonObject> PostAsync(string path, string body) => DoneAsync(SendAsync(HttpMethod.Post, path, body));

    static async Task<JsonObject> DoneAsync(Task<(int Status, JsonObject Body)> sent)
    {
        var (status, body) = await sent;
        Assert.True(status == 200, $"{status}: {body}");
        return body;
    }

    /// <returns>The status, the protocol's code and the sentence.</returns>
    internal async Task<(int Status, string Code, string Says)> RefusedAsync(string path, string? body = null, string type = "application/json")
    {
        var (status, answer) = await SendAsync(body is null ? HttpMethod.Get : HttpMethod.Post, path, body, type);
        Assert.True(status != 200, $"{path} was done: {answer}");
        return (status, (string)answer["error_code"]!, (string)answer["message"]!);
    }

    internal async Task<string> NewExperimentAsync(string? name = null) =>
        (string)(await PostAsync("experiments/create", new JsonObject { ["name"] = name ?? Guid.NewGuid().ToString() }.ToJsonString()))["experiment_id"]!;

    internal async Task<string> NewRunAsync(string experiment = "0", long start = 1_700_000_000_000, string? name = null)
    {
        var body = new JsonObject { ["experiment_id"] = experiment, ["start_time"] = start };
        if (name is not null) body["run_name"] = name;
        return (string)(await PostAsync("runs/create", body.ToJsonString()))["run"]!["info"]!["run_id"]!;
    }

    internal Task<JsonObject> LogAsync(string run, string rest) => PostAsync("runs/log-batch", $$"""{"run_id": "{{run}}", {{rest}}}""");

    internal async Task<JsonNode> RunAsync(string run) => (await GetAsync($"runs/get?run_id={run}"))["run"]!;

    /// <returns>The names of the runs found, in order.</returns>
    internal async Task<string> FoundAsync(string experiment, string filter, params string[] order) => await FoundAsync(new JsonObject
    {
        ["experiment_ids"] = new JsonArray(experiment),
        ["filter"] = filter,
        ["order_by"] = new JsonArray([.. order.Select(o => JsonValue.Create(o))]),
    });

    internal async Task<string> FoundAsync(JsonObject search) =>
        string.Join(' ', (await PostAsync("runs/search", search.ToJsonString()))["runs"]?.AsArray().Select(r => (string)r!["info"]!["run_name"]!) ?? []);
}
