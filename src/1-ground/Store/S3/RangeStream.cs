namespace Kumiki.Store.S3;

/// <summary>An object's bytes, asked for from where they are read; a line that breaks is taken up where it broke.</summary>
/// <param name="length">In bytes.</param>
/// <param name="open">Opens the bytes from a position on.</param>
sealed class RangeStream(long length, Func<long, CancellationToken, Task<Stream>> open) : Stream
{
    const int MostBreaks = 3;

    Stream? line;
    long position, lineAt;
    int breaks;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => position;
        set => position = value < 0 ? throw new ArgumentOutOfRangeException(nameof(value)) : value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (position >= length || buffer.IsEmpty) return 0;
        for (; ; )
        {
            try
            {
                if (line is null || lineAt != position)
                {
                    await HangUpAsync();
                    (line, lineAt) = (await open(position, cancellationToken), position);
                }
                var read = await line.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - position)], cancellationToken);
                if (read == 0) throw new EndOfStreamException($"The object ended at byte {position} of {length}.");
                position = lineAt += read;
                breaks = 0;
                return read;
            }
            catch (IOException) when (!cancellationToken.IsCancellationRequested && breaks++ < MostBreaks)
            {
                await HangUpAsync();
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Task.Run(() => ReadAsync(buffer, offset, count)).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => position, _ => length };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    async ValueTask HangUpAsync()
    {
        var old = line;
        line = null;
        if (old is not null) await old.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) line?.Dispose();
        line = null;
        base.Dispose(disposing);
    }
}
