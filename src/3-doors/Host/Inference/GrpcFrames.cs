using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kumiki.Hosting;

/// <summary>The messages of one call: each behind a flag, whether it is packed, and its length in four bytes, big-endian.</summary>
/// <param name="mayBeSilent">Whether its client may wait between two messages, as in a stream; else a message comes within the time that a body has.</param>
sealed class GrpcFrames(HttpContext http, ServingSettings settings, bool mayBeSilent)
{
    const int Head = 5, SmallAnswer = 1024, SentWithTrailers = 16 * 1024;

    readonly string? packing = http.Request.Headers["grpc-encoding"] is [("gzip" or "deflate") and var named] ? named : null;

    /// <summary>The next message; null where there is none.</summary>
    /// <exception cref="InferenceException">It is too long, comes too slowly, is cut, or is packed in a way that cannot be read.</exception>
    public async Task<RequestBody?> ReadAsync()
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false, MaxRequestBodySize: { } most } limit
            && most < settings.MostBodyBytes + (long)Head)
            limit.MaxRequestBodySize = settings.MostBodyBytes + (long)Head;
        var reader = http.Request.BodyReader;
        CancellationTokenSource? slow = null;
        byte[]? bytes = null;
        try
        {
            ReadResult read;
            while (true)
            {
                if (!reader.TryRead(out read)) read = await reader.ReadAsync(mayBeSilent ? http.RequestAborted : (slow ??= Slow()).Token);
                if (read.IsCanceled) throw Stopping();
                if (read.Buffer.Length >= Head) break;
                if (read.IsCompleted) return read.Buffer.IsEmpty ? null : throw WireReader.Broken();
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
            var (packed, length) = HeadOf(read.Buffer);
            if (length > (uint)settings.MostBodyBytes) throw TooLong();
            bytes = ArrayPool<byte>.Shared.Rent((int)length);
            // A small message is there with its head: one read is all.
            var (at, rest) = (0, read.Buffer.Slice(Head));
            while (true)
            {
                var part = rest.Slice(0, Math.Min(length - at, rest.Length));
                part.CopyTo(bytes.AsSpan(at));
                at += (int)part.Length;
                reader.AdvanceTo(part.End);
                if (at == length) break;
                if (!reader.TryRead(out read)) read = await reader.ReadAsync((slow ??= Slow()).Token);      // within a message nobody is silent
                if (read.IsCanceled) throw Stopping();
                if (read.Buffer.IsEmpty && read.IsCompleted) throw WireReader.Broken();
                rest = read.Buffer;
            }
            if (packed) return await UnpackAsync(bytes, (int)length);
            var whole = RequestBody.Over(bytes, (int)length);
            bytes = null;
            return whole;
        }
        catch (OperationCanceledException) when (slow is { IsCancellationRequested: true } && !http.RequestAborted.IsCancellationRequested)
        {
            throw RequestBody.TooSlow(settings);
        }
        finally
        {
            slow?.Dispose();
            if (bytes is not null) ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    CancellationTokenSource Slow()
    {
        var slow = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        slow.CancelAfter(settings.SlowestBody);
        return slow;
    }

    static (bool Packed, uint Length) HeadOf(ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[Head];
        buffer.Slice(0, Head).CopyTo(head);
        return head[0] <= 1 ? (head[0] == 1, BinaryPrimitives.ReadUInt32BigEndian(head[1..])) : throw WireReader.Broken();
    }

    static InferenceException Stopping() => new(InferenceFault.Unavailable, Message.Of("inference.stopping"));

    InferenceException TooLong() => new(InferenceFault.TooLarge, Message.Of("inference.body-long", ("most", settings.MostBodyBytes)));

    async Task<RequestBody> UnpackAsync(byte[] bytes, int length)
    {
        if (packing is null) throw InferenceException.Bad(Message.Of("inference.bad-packing", ("encoding", "grpc-encoding")));
        try
        {
            using var packed = new MemoryStream(bytes, 0, length);
            await using Stream stream = packing == "gzip" ? new GZipStream(packed, CompressionMode.Decompress)
                : new ZLibStream(packed, CompressionMode.Decompress);
            return await RequestBody.ReadAsync(stream, 0, settings.MostBodyBytes, http.RequestAborted);
        }
        catch (InvalidDataException)
        {
            throw InferenceException.Bad(Message.Of("inference.bad-packing", ("encoding", packing)));
        }
    }

    /// <summary>A message to be written behind its head.</summary>
    public static PooledBuffer Begin()
    {
        var buffer = new PooledBuffer();
        buffer.GetSpan(Head)[..Head].Clear();
        buffer.Advance(Head);
        return buffer;
    }

    /// <summary>Sends a message that was <see cref="Begin">begun</see>; packed as the request was, where that is worth it.</summary>
    /// <param name="last">Whether nothing but the trailers follows: then a small message leaves together with them, for each that is sent by itself wakes
    /// the client once more.</param>
    public async ValueTask WriteAsync(PooledBuffer message, bool last = false)
    {
        if (packing is not null && !http.Response.HasStarted) http.Response.Headers["grpc-encoding"] = packing;
        if (packing is not null && message.Length > SmallAnswer)
        {
            using var packed = new MemoryStream();
            packed.Write([1, 0, 0, 0, 0]);
            await using (Stream stream = packing == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)
                : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                stream.Write(message.Written.Span[Head..]);
            BinaryPrimitives.WriteUInt32BigEndian(packed.GetBuffer().AsSpan(1), (uint)(packed.Length - Head));
            await http.Response.BodyWriter.WriteAsync(packed.GetBuffer().AsMemory(0, (int)packed.Length), http.RequestAborted);
            return;
        }
        BinaryPrimitives.WriteUInt32BigEndian(message.At(1, 4), (uint)(message.Length - Head));
        if (last && message.Length <= SentWithTrailers) http.Response.BodyWriter.Write(message.Written.Span);
        else await http.Response.BodyWriter.WriteAsync(message.Written, http.RequestAborted);
    }
}
