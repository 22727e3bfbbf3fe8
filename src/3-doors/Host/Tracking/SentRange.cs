using System.Buffers;
using Kumiki.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Kumiki.Hosting;

/// <summary>A blob as an answer: the whole of it, the range that was asked for, or word that who asks has it already. Its entity tag is its SHA-256.</summary>
/// <remarks>RFC 9110, §13 and §14: one range of bytes is answered; several at once, or a unit that is not bytes, get the whole.</remarks>
static class SentRange
{
    const int CopyBytes = 256 * 1024;

    internal static async Task SendAsync(HttpContext http, Blob blob, IArtifactStore artifacts, CancellationToken stop)
    {
        var (asked, headers) = (http.Request.GetTypedHeaders(), http.Response.Headers);
        var tag = new EntityTagHeaderValue($"\"{blob.Content.Hex}\"");
        headers.ETag = tag.ToString();
        headers.AcceptRanges = "bytes";
        if (asked.IfNoneMatch is { Count: > 0 } known && known.Any(k => k == EntityTagHeaderValue.Any || k.Compare(tag, useStrongComparison: false)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var (from, length) = (0L, blob.Bytes);
        if (HttpMethods.IsGet(http.Request.Method) && asked.Range is { Ranges.Count: 1 } range && range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase)
            && (asked.IfRange is not { } condition || condition.EntityTag?.Compare(tag, useStrongComparison: true) == true))
        {
            if (Within(range.Ranges.First(), blob.Bytes) is not { } within)
            {
                (headers.ContentDisposition, headers.ETag) = (default, default);
                headers.ContentRange = new ContentRangeHeaderValue(blob.Bytes).ToString();
                await new TrackingError(StatusCodes.Status416RangeNotSatisfiable, "INVALID_PARAMETER_VALUE",
                    Message.Of("upload.no-range", ("range", range.ToString()), ("bytes", blob.Bytes))).WriteAsync(http);
                return;
            }
            (from, length) = within;
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = new ContentRangeHeaderValue(from, from + length - 1, blob.Bytes).ToString();
        }
        headers.ContentLength = length;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        await using var bytes = artifacts.Open(blob.Content);
        bytes.Position = from;
        await CopyAsync(bytes, http.Response.Body, length, stop);
    }

    /// <returns>Null where no byte of the blob is in the range.</returns>
    static (long From, long Length)? Within(RangeItemHeaderValue range, long bytes)
    {
        // "-5" are the last five, "5-" is all but the first five.
        var from = range.From ?? Math.Max(0, bytes - range.To!.Value);
        var to = range.From is null ? bytes - 1 : Math.Min(range.To ?? long.MaxValue, bytes - 1);
        return from <= to ? (from, to - from + 1) : null;
    }

    static async Task CopyAsync(Stream from, Stream to, long length, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (int read; length > 0; length -= read)
            {
                read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), stop);
                if (read == 0) throw new EndOfStreamException($"A blob ended {length} bytes too early.");
                await to.WriteAsync(buffer.AsMemory(0, read), stop);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
