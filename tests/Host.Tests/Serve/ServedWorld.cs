using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>A server over a filled data folder, as one process of its own would be.</summary>
public sealed class ServedWorld : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-serve-").FullName;
    HttpClient? client;

    internal DemoWorld World { get; private set; } = null!;
    internal KumikiServer Server { get; private set; } = null!;
    internal HttpClient Http => client ??= new(new SocketsHttpHandler()) { BaseAddress = Server.Address };

    public async Task InitializeAsync()
    {
        World = await DemoWorld.FilledAsync(folder);
        Server = await KumikiServer.StartAsync(Of(World), ServeAddress.Of("127.0.0.1", 0), default);
    }

    internal static Served Of(DemoWorld world) =>
        new() { Name = "Beverages", DataFolder = world.Folder, Metadata = world.Metadata, Artifacts = world.Artifacts };

    internal async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    /// <returns>The status, the catalogue's id and the sentence.</returns>
    internal async Task<(int Status, string Id, string Says)> RefusedAsync(string path, string language = "en")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue(language));
        using var response = await Http.SendAsync(request);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((int)response.StatusCode, (int)problem["status"]!);
        return ((int)response.StatusCode, (string)problem["id"]!, (string)problem["detail"]!);
    }

    public async Task DisposeAsync()
    {
        client?.Dispose();
        await Server.DisposeAsync();
        await World.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>A folder that goes with the test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("kumiki-serve-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
