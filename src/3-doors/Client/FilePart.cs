using System.Buffers;
using System.Net;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Client;

/// <summary>Bytes of a file as a request's body, read as they are sent; several may read one file at once.</summary>
sealed class FilePart(SafeFileHandle file, long from, long length) : HttpContent
{
    const int CopyBytes = 256 * 1024;

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (var at = 0L; at < length;)
            {
                var read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(CopyBytes, length - at)), from + at, cancellationToken);
                if (read == 0) throw new EndOfStreamException("The file became shorter while it was sent.");
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
