using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Kumiki.Hosting;

namespace Kumiki.Host.Tests.Operate;

/// <summary>A span as it arrived.</summary>
sealed record SentSpan(
    string Trace, string Id, string Parent, string Name, int Kind, DateTimeOffset Start, DateTimeOffset End, IReadOnlyDictionary<string, string> Tags,
    IReadOnlyList<string> Links, int Status, string Service);

/// <summary>A collector on loopback that takes OTLP over HTTP (opentelemetry.io/docs/specs/otlp) and keeps the spans.</summary>
sealed class Collector : IDisposable
{
    readonly HttpListener listener = new();
    readonly Task taking;

    public Collector()
    {
        Address = new($"http://127.0.0.1:{Inference.InferenceWorld.FreePort()}/");
        listener.Prefixes.Add(Address.ToString());
        listener.Start();
        taking = Task.Run(TakeAsync);
    }

    public Uri Address { get; }
    public ConcurrentQueue<SentSpan> Spans { get; } = new();
    public ConcurrentQueue<string> Paths { get; } = new();

    async Task TakeAsync()
    {
        while (true)
        {
            HttpListenerContext http;
            try
            {
                http = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;     // it is closed
            }
            Paths.Enqueue($"{http.Request.HttpMethod} {http.Request.Url!.AbsolutePath} {http.Request.ContentType}");
            using var body = new MemoryStream();
            await http.Request.InputStream.CopyToAsync(body);
            foreach (var span in Read(body.ToArray())) Spans.Enqueue(span);
            http.Response.ContentType = "application/x-protobuf";
            http.Response.Close();
        }
    }

    /// <summary>ExportTraceServiceRequest { resource_spans 1 { resource 1, scope_spans 2 { spans 2 } } }.</summary>
    static IEnumerable<SentSpan> Read(byte[] message)
    {
        foreach (var resource in Fields(message, 1))
        {
            var service = Tags(Fields(resource, 1).Single(), 1).GetValueOrDefault("service.name", "");
            foreach (var scope in Fields(resource, 2))
                foreach (var span in Fields(scope, 2)) yield return Span(span, service);
        }
    }

    static SentSpan Span(byte[] bytes, string service)
    {
        string Hex(int field) => Convert.ToHexStringLower(Fields(bytes, field).SingleOrDefault() ?? []);
        var status = Fields(bytes, 15).SingleOrDefault();
        return new(Hex(1), Hex(2), Hex(4), Encoding.UTF8.GetString(Fields(bytes, 5).Single()), (int)Number(bytes, 6), At(7), At(8), Tags(bytes, 9),
            [.. Fields(bytes, 13).Select(l => Convert.ToHexStringLower(Fields(l, 1).Single()))], status is null ? 0 : (int)Number(status, 3), service);

        DateTimeOffset At(int field) => DateTimeOffset.UnixEpoch.AddTicks((long)Number(bytes, field) / 100);
    }

    static Dictionary<string, string> Tags(byte[] message, int field)
    {
        var tags = new Dictionary<string, string>();
        foreach (var tag in Fields(message, field))
        {
            var value = Fields(tag, 2).Single();
            tags[Encoding.UTF8.GetString(Fields(tag, 1).Single())] = Fields(value, 1).SingleOrDefault() is { } text ? Encoding.UTF8.GetString(text) : $"{Number(value, 3)}";
        }
        return tags;
    }

    static List<byte[]> Fields(byte[] message, int field)
    {
        var all = new List<byte[]>();
        var reader = new WireReader(message, 0, message.Length);
        while (reader.Next())
        {
            if (reader.Field == field && reader.Form == 2) all.Add(reader.Bytes().ToArray());
            else reader.Skip();
        }
        return all;
    }

    static ulong Number(byte[] message, int field)
    {
        var reader = new WireReader(message, 0, message.Length);
        while (reader.Next())
        {
            if (reader.Field != field) reader.Skip();
            else if (reader.Form == 1) return BitConverter.ToUInt64(reader.Fixed(8));
            else return reader.Int();
        }
        return 0;
    }

    public void Dispose()
    {
        listener.Close();
        taking.Wait();
    }
}
