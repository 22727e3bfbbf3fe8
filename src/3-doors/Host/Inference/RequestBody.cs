using System.Buffers;
using System.IO.Compression;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kumiki.Hosting;

/// <summary>The whole body of a request, unpacked, in memory of the pool.</summary>
sealed class RequestBody : IDisposable
{
    RequestBody(byte[] bytes, int length) => (Bytes, Length) = (bytes, length);

    public byte[] Bytes { get; private set; }
    public int Length { get; }

    /// <summary>Bytes of the pool's that were read already.</summary>
    public static RequestBody Over(byte[] bytes, int length) => new(bytes, length);

    /// <exception cref="InferenceException">It is too long, comes too slowly, or is packed in a way that cannot be read.</exception>
    public static ValueTask<RequestBody> ReadAsync(HttpRequest request, ServingSettings settings, CancellationToken gone) =>
        Arrived(request, settings) is { } body ? new(body) : ComingAsync(request, settings, gone);

    /// <summary>A small body that came with its head, as most do: nothing is to be waited for, and no clock to be set.</summary>
    /// <returns>Null where it is another.</returns>
    static RequestBody? Arrived(HttpRequest request, ServingSettings settings)
    {
        const int Small = 64 * 1024;
        // Who expects a word before the body is sent gets it where the body is waited for.
        if (request.ContentLength is not (> 0 and <= Small and var expected) || expected > settings.MostBodyBytes
            || request.Headers.ContentEncoding.Count > 0 || request.Headers.Expect.Count > 0 || !request.BodyReader.TryRead(out var read)) return null;
        if (read.Buffer.Length < expected)
        {
            request.BodyReader.AdvanceTo(read.Buffer.Start);
            return null;
        }
        var bytes = ArrayPool<byte>.Shared.Rent((int)expected);
        read.Buffer.CopyTo(bytes);
        request.BodyReader.AdvanceTo(read.Buffer.End);
        return new(bytes, (int)expected);
    }

    static async ValueTask<RequestBody> ComingAsync(HttpRequest request, ServingSettings settings, CancellationToken gone)
    {
        var most = settings.MostBodyBytes;
        if (request.ContentLength > most) throw TooLong(most);
        var encoding = request.Headers.ContentEncoding;
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = most;
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(gone);
        slow.CancelAfter(settings.SlowestBody);
        try
        {
            var stream = encoding.Count == 0 ? request.Body : Unpacked(request, encoding.ToString());
            return await ReadAsync(stream, (int)(encoding.Count == 0 ? request.ContentLength ?? 0 : 0), most, slow.Token);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            throw TooSlow(settings);
        }
        catch (InvalidDataException)
        {
            throw InferenceException.Bad(Message.Of("inference.bad-packing", ("encoding", encoding)));
        }
    }

    /// <param name="expected">How long it is; 0: until its end.</param>
    /// <exception cref="InferenceException">It is too long.</exception>
    public static async Task<RequestBody> ReadAsync(Stream stream, int expected, int most, CancellationToken stop)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Clamp(expected + 1, 4096, most + 1));
        try
        {
            var length = 0;
            for (int read; (read = await stream.ReadAsync(bytes.AsMemory(length), stop)) > 0;)
            {
                length += read;
                if (length > most) throw TooLong(most);
                if (length == expected) break;
                if (length < bytes.Length) continue;
                var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * bytes.Length, most + 1L));
                bytes.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(bytes);
                bytes = larger;
            }
            return new(bytes, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    static Stream Unpacked(HttpRequest request, string encoding) => encoding switch
    {
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
        "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress),
        "identity" => request.Body,
        _ => throw InferenceException.Bad(Message.Of("inference.bad-packing", ("encoding", encoding.Length <= 40 ? encoding : "…"))),
    };

    static InferenceException TooLong(int most) => new(InferenceFault.TooLarge, Message.Of("inference.body-long", ("most", most)));

    public static InferenceException TooSlow(ServingSettings settings) =>
        new(InferenceFault.TooSlow, Message.Of("inference.body-slow", ("seconds", settings.SlowestBody.TotalSeconds)));

    public void Dispose()
    {
        if (Bytes.Length > 0) ArrayPool<byte>.Shared.Return(Bytes);
        Bytes = [];
    }
}
