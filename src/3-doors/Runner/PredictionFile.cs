using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using Kumiki.Native;

namespace Kumiki.Running;

/// <summary>Predictions kept on this machine until they were sent: lines, each behind its checksum, in files that together stay within a bound.</summary>
/// <remarks>
/// A line is the eight hexadecimal digits of the CRC-32C of the rest, a space, a JSON object. Files are <c>N.log</c>, N rising, each of an eighth of the bound;
/// where that is passed, the oldest goes, sent or not,
/// and its unsent lines are counted in <c>lost</c>. <c>sent</c> is a file's number and the byte up to which the server has taken it. Lines are written and made
/// durable every 200 ms, so that a kill loses at
/// most those; a line that a kill cut off has a wrong checksum and is passed over.
/// </remarks>
sealed class PredictionFile : IAsyncDisposable
{
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    const int Waiting = 10_000, Crc = 8;

    /// <summary>A longer line would be refused by the server, and every other one with it.</summary>
    const int MostLine = 60 * 1024;

    readonly string folder;
    readonly long most;
    readonly TimeProvider clock;
    readonly Action<Message> tell;
    readonly Channel<byte[]> queue = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    readonly Task writing;
    bool troubled;
    long dropped;

    /// <param name="most">Bytes on the disk, from 64 KiB.</param>
    /// <param name="tell">Hears once when the files cannot be written.</param>
    public PredictionFile(string folder, long most, TimeProvider clock, Action<Message> tell)
    {
        (this.folder, this.most, this.clock, this.tell) = (folder, Math.Max(most, 1 << 16), clock, tell);
        Directory.CreateDirectory(folder);
        // A file of its own: the last line of the one before may have been cut off.
        File.Create(PathOf(Files().LastOrDefault() + 1)).Dispose();
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Lines that could not be kept by this process, for too many came at once, one was too long, or the disk refused.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Takes a JSON object without line breaks; never waits.</summary>
    public void Add(byte[] json)
    {
        if (json.Length > MostLine || !queue.Writer.TryWrite(json)) Interlocked.Increment(ref dropped);
    }

    async Task WriteAsync()
    {
        var lines = new List<byte[]>();
        while (await queue.Reader.WaitToReadAsync())
        {
            await Task.Delay(queue.Reader.Completion.IsCompleted ? TimeSpan.Zero : Every, clock);
            while (lines.Count < Waiting && queue.Reader.TryRead(out var line)) lines.Add(line);
            try
            {
                Append(lines);
                troubled = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Interlocked.Add(ref dropped, lines.Count);
                if (!troubled) tell(Message.Of("runner.log-trouble", ("folder", folder), ("reason", e.Message.TrimEnd('.'))));
                troubled = true;
            }
            lines.Clear();
        }
    }

    void Append(List<byte[]> lines)
    {
        var files = Files();
        for (var at = 0; at < lines.Count;)
        {
            var number = files.Count == 0 ? 1 : files[^1];
            var path = PathOf(number);
            using (var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write))
            {
                file.Seek(0, SeekOrigin.End);
                while (at < lines.Count && file.Length < most / 8)
                {
                    var line = lines[at++];
                    file.Write(Encoding.ASCII.GetBytes(Checksum(line).ToString("x8", CultureInfo.InvariantCulture) + " "));
                    file.Write(line);
                    file.WriteByte((byte)'\n');
                }
                file.Flush(flushToDisk: true);
                if (files.Count == 0) files = [number];
                if (at < lines.Count || file.Length >= most / 8) files = [.. files, number + 1];
            }
            if (!File.Exists(PathOf(files[^1]))) File.Create(PathOf(files[^1])).Dispose();
            Prune(files);
            files = Files();
        }
    }

    /// <summary>Removes what was sent, and the oldest where there is too much.</summary>
    void Prune(IReadOnlyList<long> files)
    {
        var sent = Sent();
        var bytes = files.Sum(f => File.Exists(PathOf(f)) ? new FileInfo(PathOf(f)).Length : 0);
        foreach (var file in files.SkipLast(1))
        {
            var path = PathOf(file);
            if (!File.Exists(path)) continue;
            var length = new FileInfo(path).Length;
            if (length > 0 && file >= sent.File && bytes <= most) continue;
            bytes -= length;
            if (file >= sent.File) Lose(Lines(path, file == sent.File ? sent.At : 0).Count());
            File.Delete(path);
        }
        DurableFolder.Sync(folder);
    }

    void Lose(long lines) => Whole("lost", (Lost(folder) + lines).ToString(CultureInfo.InvariantCulture));

    /// <summary>Lines that went unsent, for the bound was passed.</summary>
    public static long Lost(string folder) =>
        File.Exists(Path.Combine(folder, "lost")) && long.TryParse(File.ReadAllText(Path.Combine(folder, "lost")), CultureInfo.InvariantCulture, out var lost)
            ? lost : 0;

    // ── sending ──

    /// <summary>A place in the files.</summary>
    public readonly record struct Place(long File, long At);

    /// <summary>The lines that were not sent, oldest first, each with the place behind it.</summary>
    /// <param name="folder">Of a log that may be written to meanwhile.</param>
    public static IEnumerable<(ReadOnlyMemory<byte> Json, Place After)> Unsent(string folder)
    {
        if (!Directory.Exists(folder)) yield break;
        var sent = SentOf(folder);
        foreach (var file in FilesOf(folder).Where(f => f >= sent.File))
            foreach (var (json, end) in Lines(Path.Combine(folder, $"{file}.log"), file == sent.File ? sent.At : 0))
                yield return (json, new(file, end));
    }

    /// <summary>Notes down what the server has taken.</summary>
    public static void MarkSent(string folder, Place upTo) =>
        Whole(folder, "sent", string.Create(CultureInfo.InvariantCulture, $"{upTo.File} {upTo.At}"));

    Place Sent() => SentOf(folder);

    static Place SentOf(string folder)
    {
        var path = Path.Combine(folder, "sent");
        return File.Exists(path) && File.ReadAllText(path).Split(' ') is [var file, var at] && long.TryParse(file, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(at, CultureInfo.InvariantCulture, out var place) ? new(number, place) : default;
    }

    /// <summary>Whole lines with the right checksum, and where each ends; others are passed over.</summary>
    static IEnumerable<(ReadOnlyMemory<byte> Json, long End)> Lines(string path, long from)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            yield break;        // it was sent, or went for the bound, just now
        }
        for (var at = (int)Math.Min(from, bytes.Length); at < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', at);
            if (end < 0) yield break;       // still being written, or cut off
            var json = bytes.AsMemory(Math.Min(at + Crc + 1, end)..end);
            if (end - at > Crc + 1 && uint.TryParse(bytes.AsSpan(at, Crc), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
                && crc == Checksum(json.Span))
                yield return (json, end + 1);
            at = end + 1;
        }
    }

    static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes)) crc = BitOperations.Crc32C(crc, eight);
        foreach (var one in bytes[(bytes.Length & ~7)..]) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    string PathOf(long file) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{file}.log"));

    List<long> Files() => FilesOf(folder);

    static List<long> FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.log").Select(f => long.TryParse(Path.GetFileNameWithoutExtension(f), CultureInfo.InvariantCulture, out var n)
            ? n : 0).Where(n => n > 0).Order()];

    void Whole(string name, string text) => Whole(folder, name, text);

    static void Whole(string folder, string name, string text)
    {
        var partial = Path.Combine(folder, $".{name}.{Environment.ProcessId}");
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(partial, Path.Combine(folder, name), overwrite: true);
    }

    /// <summary>Writes what was taken.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.Complete();
        await writing;
    }
}
