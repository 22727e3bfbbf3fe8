namespace Kumiki.Hosting;

/// <summary>The bytes of files one after another, read once from the first to the last.</summary>
sealed class JoinedFiles(IReadOnlyList<string> paths) : Stream
{
    Stream? now;
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

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            if (now is null)
            {
                if (next == paths.Count) return 0;
                now = new FileStream(paths[next++], FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            }
            var read = await now.ReadAsync(buffer, cancellationToken);
            if (read > 0) return read;
            await now.DisposeAsync();
            now = null;
        }
        return 0;
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
