using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using Kumiki.Native;
using Kumiki.Store;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Predictions;

/// <summary>How a <see cref="Journal"/> writes.</summary>
sealed record JournalSettings
{
    /// <summary>Bytes of memory for records that are not on the disk yet; what comes when it is full is dropped.</summary>
    public long RingBytes { get; init; } = 16L << 20;

    /// <summary>The longest time between taking a record and beginning to make it durable.</summary>
    public TimeSpan SyncEvery { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A segment ends when it has so many bytes, or so many seconds after its first record.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    public TimeSpan SegmentAge { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Append-only segments that one process writes in the background: taking a record costs a copy of it, and never waits for a disk.</summary>
/// <remarks>
/// <c>folder/WRITER/000001</c>, <c>000002</c> …: a folder for each writer, whose file <c>lock</c> is locked while the writer lives. The counts of what was
/// taken lie in mapped memory, its file <c>counts</c>, so that after a kill it is known how many records did not come to the disk.
/// 1. A thread reserves a place in the ring's chunk and writes there. 2. Every 200 ms, or when a chunk is full, the writing thread closes it, fills in the
/// checksums and writes it. 3. Every 200 ms it syncs the segment. 4. A segment that is long or old enough ends, and <see cref="Ended"/> has its name.
/// </remarks>
sealed class Journal : IAsyncDisposable
{
    readonly JournalSettings settings;
    readonly Action<Exception> trouble;
    readonly string folder;
    readonly SafeFileHandle hold;
    readonly MappedFile counts;
    readonly ConcurrentQueue<JournalChunk> full = new(), free = new();
    readonly ConcurrentQueue<TaskCompletionSource> flushing = new();
    readonly List<byte[]> prefaces = [];
    readonly ManualResetEventSlim wake = new(false, spinCount: 0);     // the writing thread has time; spinning takes it from those that answer
    readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly int mostChunks;
    JournalChunk? current;
    int made, replacing;
    volatile bool closing, sealing;
    long failures;

    // Only the writing thread's from here on.
    SafeFileHandle? segment;
    string segmentPath = "";
    long written, begun, synced;
    int number, prefacesWritten;

    Journal(string folder, SafeFileHandle hold, MappedFile counts, JournalSettings settings, Action<Exception> trouble)
    {
        (this.folder, this.hold, this.counts, this.settings, this.trouble) = (folder, hold, counts, settings, trouble);
        Name = Path.GetFileName(folder);
        mostChunks = (int)Math.Max(2, settings.RingBytes / JournalSegment.LongestRecord);
        new Thread(Write) { IsBackground = true, Name = "prediction log" }.Start();
    }

    /// <summary>The writer's name, which begins those of its segments.</summary>
    public string Name { get; }

    /// <summary>Records that were taken.</summary>
    public long Accepted => Interlocked.Read(ref CountOf(0));

    /// <summary>Records that there was no room for, or that could not be written.</summary>
    public long Dropped => Interlocked.Read(ref CountOf(1));

    /// <summary>How often something could not be written.</summary>
    public long Failures => Interlocked.Read(ref failures);

    /// <summary>Segments that have ended, in their order; whoever turns them into files takes them.</summary>
    public ConcurrentQueue<string> Ended { get; } = new();

    /// <summary>Begins a writer of its own in a folder that several may share.</summary>
    /// <param name="trouble">Told on the writing thread of what could not be written.</param>
    /// <exception cref="KumikiException">The folder cannot be made or written.</exception>
    public static Journal Open(string folder, JournalSettings settings, Action<Exception> trouble)
    {
        var name = Guid.CreateVersion7().ToString("N");
        var (unseen, seen) = (Path.Combine(folder, $"new-{name}"), Path.Combine(folder, name));
        try
        {
            Directory.CreateDirectory(unseen);
            // Locked before it has its name: whoever looks for dead writers never finds a living one unlocked.
            var hold = Posix.OpenUnlocked(Path.Combine(unseen, LockFile));
            if (!Posix.TryLock(hold)) throw new IOException($"{unseen} is locked by another.");
            var counts = MappedFile.OpenToWrite(Path.Combine(unseen, CountsFile), CountsBytes);
            Directory.Move(unseen, seen);
            Posix.FsyncFolder(folder);
            return new(seen, hold, counts, settings, trouble);
        }
        catch (Exception e) when (StoreTrouble.Of(e, folder) is { } said)
        {
            throw said;
        }
    }

    internal const string CountsFile = "counts", LockFile = "lock";
    internal const int CountsBytes = 4096;

    // Mapped as long as this is: also who comes too late is counted.
    ref long CountOf(int place) => ref MemoryMarshal.AsRef<long>(counts.GetSpan()[(8 * place)..]);

    // ── taking ──

    /// <summary>A record that every segment begins with which may have records added after this; readers that know it can read those.</summary>
    public void Preface(byte[] record)
    {
        var framed = new byte[JournalSegment.Head + record.Length];
        BinaryPrimitives.WriteInt32LittleEndian(framed, record.Length);
        record.CopyTo(framed, JournalSegment.Head);
        JournalSegment.Seal(framed);
        lock (prefaces) prefaces.Add(framed);
    }

    /// <summary>A place for a record of <paramref name="length"/> bytes, to be filled and committed at once.</summary>
    /// <returns>False where there is no room: it is dropped, and counted.</returns>
    public bool TryReserve(int length, out JournalPlace place)
    {
        var whole = length + JournalSegment.Head;
        if (whole <= JournalSegment.LongestRecord && !closing)
        {
            var spin = new SpinWait();
            for (var tries = 0; tries < MostTries; tries++)
            {
                var chunk = Volatile.Read(ref current);
                if (chunk is null)
                {
                    if (NewChunk() is not { } fresh) break;
                    if (Interlocked.CompareExchange(ref current, fresh, null) is null) fresh.Open();
                    else free.Enqueue(fresh);
                    continue;
                }
                if (chunk.TryReserve(whole) is >= 0 and var at)
                {
                    Interlocked.Increment(ref CountOf(0));
                    BinaryPrimitives.WriteInt32LittleEndian(chunk.Bytes[at..], length);
                    place = new(chunk, chunk.Bytes.Slice(at + JournalSegment.Head, length));
                    return true;
                }
                if (TryReplace(chunk)) wake.Set();
                else spin.SpinOnce(sleep1Threshold: -1);        // another replaces it just now, or the journal is over
            }
        }
        Interlocked.Increment(ref CountOf(1));
        place = default;
        return false;
    }

    const int MostTries = 1000;

    /// <summary>Closes a chunk and puts another in its place.</summary>
    /// <returns>False where somebody else closed it.</returns>
    bool TryReplace(JournalChunk chunk)
    {
        Interlocked.Increment(ref replacing);
        var isMine = chunk.TryClose();
        if (isMine)
        {
            full.Enqueue(chunk);
            var fresh = NewChunk();
            if (Interlocked.CompareExchange(ref current, fresh, chunk) == chunk) fresh?.Open();
            else if (fresh is not null) free.Enqueue(fresh);        // the journal is over
        }
        Interlocked.Decrement(ref replacing);
        return isMine;
    }

    /// <summary>From now on there is only a chunk that takes nothing.</summary>
    void TakeNoMore()
    {
        var left = Interlocked.Exchange(ref current, new(0));
        if (left is not null && left.TryClose()) full.Enqueue(left);
        for (var spin = new SpinWait(); Volatile.Read(ref replacing) > 0; spin.SpinOnce()) { }
    }

    JournalChunk? NewChunk()
    {
        if (free.TryDequeue(out var chunk)) return chunk;
        if (Volatile.Read(ref made) >= mostChunks) return null;
        return Interlocked.Increment(ref made) <= mostChunks ? new(JournalSegment.LongestRecord) : null;
    }

    /// <summary>Ends when what was taken before is durable.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public Task FlushAsync()
    {
        if (over.Task.IsCompleted) return Task.CompletedTask;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flushing.Enqueue(done);
        wake.Set();
        // The writing thread may have ended between the two lines above.
        return Task.WhenAny(done.Task, over.Task).Unwrap();
    }

    /// <summary>Ends the segment too, so that it can become a file.</summary>
    public Task EndSegmentAsync()
    {
        sealing = true;
        return FlushAsync();
    }

    /// <summary>Writes what was taken, and ends the last segment; nothing is taken any more.</summary>
    public async ValueTask DisposeAsync()
    {
        closing = true;
        wake.Set();
        await over.Task;
        wake.Dispose();
    }

    /// <summary>After it was disposed, and its segments are files: takes its folder away.</summary>
    public void Forget()
    {
        JournalFolder.Remove(folder);
        hold.Dispose();
    }

    /// <summary>After it was disposed, where its segments could not become files yet: leaves them to the next who looks for dead writers.</summary>
    public void Leave()
    {
        Posix.Unlock(hold);
        hold.Dispose();
    }

    // ── writing ──

    void Write()
    {
        synced = Environment.TickCount64;
        for (var last = false; !last;)
        {
            var due = synced + (long)settings.SyncEvery.TotalMilliseconds - Environment.TickCount64;
            if (due > 0 && !closing && flushing.IsEmpty) wake.Wait((int)due);
            wake.Reset();
            last = closing;
            var flushes = new List<TaskCompletionSource>();
            while (flushing.TryDequeue(out var one)) flushes.Add(one);
            var end = sealing || last;
            if (sealing) sealing = false;
            var whole = last || flushes.Count > 0 || Environment.TickCount64 - synced >= (long)settings.SyncEvery.TotalMilliseconds;
            // What was reserved before this is in the chunk that is closed here, or in one before it.
            if (last) TakeNoMore();
            else if (whole && Volatile.Read(ref current) is { IsEmpty: false } chunk) TryReplace(chunk);
            Exception? failed = null;
            try
            {
                while (full.TryDequeue(out var next)) Write(next);
                if (whole) Sync();
                if (segment is not null && (end || written >= settings.SegmentBytes
                    || Environment.TickCount64 - begun >= settings.SegmentAge.TotalMilliseconds)) End();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failed = e;
                Failed(e);
            }
            foreach (var flush in flushes)
                if (failed is null) flush.SetResult();
                else flush.SetException(failed);
        }
        over.SetResult();
    }

    void Write(JournalChunk chunk)
    {
        var bytes = chunk.Bytes[..chunk.Written()];
        var records = JournalSegment.Seal(bytes);
        try
        {
            if (segment is null) Begin();
            lock (prefaces)
                for (; prefacesWritten < prefaces.Count; prefacesWritten++) Append(prefaces[prefacesWritten]);
            Append(bytes);
            DurableStep.At("segment.written");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref CountOf(0), -records);
            Interlocked.Add(ref CountOf(1), records);
            throw;
        }
        finally
        {
            free.Enqueue(chunk);
        }
    }

    void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(segment!, bytes, written);
        written += bytes.Length;
    }

    void Begin()
    {
        segmentPath = Path.Combine(folder, (++number).ToString("000000", CultureInfo.InvariantCulture));
        segment = File.OpenHandle(segmentPath, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        (written, begun, prefacesWritten) = (0, Environment.TickCount64, 0);
        Append(JournalSegment.Magic);
        Posix.Fsync(segment, segmentPath);
        Posix.FsyncFolder(folder);
        DurableStep.At("segment.begun");
    }

    void Sync()
    {
        synced = Environment.TickCount64;
        if (segment is null || syncedBytes == (number, written)) return;
        Posix.Fsync(segment, segmentPath);
        syncedBytes = (number, written);
        DurableStep.At("segment.synced");
    }

    (int Number, long Bytes) syncedBytes;

    void End()
    {
        Sync();
        segment!.Dispose();
        segment = null;
        Ended.Enqueue(segmentPath);
    }

    /// <summary>What is whole of the segment stays; the next record begins another.</summary>
    void Failed(Exception e)
    {
        Interlocked.Increment(ref failures);
        segment?.Dispose();
        if (segment is not null) Ended.Enqueue(segmentPath);
        segment = null;
        trouble(e);
    }
}

/// <summary>The place of one record: filled by whoever reserved it, then committed.</summary>
readonly ref struct JournalPlace(JournalChunk chunk, Span<byte> bytes)
{
    public Span<byte> Bytes { get; } = bytes;

    public void Commit() => chunk.Commit();
}
