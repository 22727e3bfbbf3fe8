using Microsoft.Win32.SafeHandles;

namespace Kumiki.Hosting;

/// <summary>Pieces of files one after another, read once from the first byte to the last.</summary>
sealed class JoinedFiles(IReadOnlyList<(string Path, long At, long Bytes)> pieces) : Stream
{
    SafeFileHandle? now;
    long at, left;
    int next;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            if (now is null)
            {
                if (next == pieces.Count) break;
                (var path, at, left) = pieces[next++];
                now = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
            }
            var read = RandomAccess.Read(now, buffer.Span[..(int)Math.Min(buffer.Length, left)], at);
            (at, left) = (at + read, left - read);
            if (read > 0) return ValueTask.FromResult(read);
            if (left > 0) throw new EndOfStreamException($"A part ended {left} bytes too early.");
            now.Dispose();
            now = null;
        }
        return ValueTask.FromResult(0);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) now?.Dispose();
        now = null;
        base.Dispose(disposing);
    }
}
