using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Kumiki.Bench;

/// <summary>One way to ask a server the same again and again; each client has a connection of its own, over either protocol, kept from one load to the
/// next.</summary>
sealed class ServingDoor(string name, string address, byte[] body, int clients) : IDisposable
{
    readonly List<HttpMessageInvoker> connections = [.. Enumerable.Range(0, clients).Select(_ => new HttpMessageInvoker(new SocketsHttpHandler()))];

    public string Name => name;

    /// <summary>Bytes of the JSON before the bytes of tensors; null where the body is JSON alone.</summary>
    public int? JsonLength { get; init; }

    /// <summary>Whether it is asked over HTTP/2, and says in the trailers how a call ended.</summary>
    public bool IsGrpc { get; init; }

    /// <summary>Asks for a while.</summary>
    /// <exception cref="BenchmarkException">An answer was none.</exception>
    public Task<Loaded> LoadAsync(TimeSpan time, CancellationToken stop) => Loaded.OfAsync(clients, time, async (client, _) =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(IsGrpc ? "application/grpc" : "application/json");
        if (JsonLength is { } json) request.Headers.Add("Inference-Header-Content-Length", json.ToString(CultureInfo.InvariantCulture));
        if (IsGrpc) (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var answer = await connections[client].SendAsync(request, stop);
        var bytes = await answer.Content.ReadAsByteArrayAsync(stop);
        if (!answer.IsSuccessStatusCode || (IsGrpc && answer.TrailingHeaders.GetValues("grpc-status").Single() != "0"))
            throw new BenchmarkException($"{address}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(bytes)}");
    }, stop);

    public void Dispose()
    {
        foreach (var connection in connections) connection.Dispose();
    }
}
