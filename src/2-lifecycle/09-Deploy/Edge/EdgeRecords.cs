using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Kumiki.Serving;

/// <summary>A device, and what came from it.</summary>
/// <param name="Records">Kept of it.</param>
/// <param name="LastAt">When its newest record was answered there.</param>
public sealed record EdgeDevice(string Device, long Records, DateTimeOffset LastAt);

/// <summary>Predictions that offline runners made and sent back, each once whatever is sent twice.</summary>
/// <remarks>
/// Files of the data folder, <c>edge/YYYY-MM-DD.jsonl</c> by the day they came; a line is <c>{"device": …, "record": …}</c>, the record as it was sent. They
/// are durable before the sender hears so. A line that a
/// kill cut off is removed with the next start, and sent again by its device. What is known already is found by a digest of device and id, 16 bytes each in
/// memory.
/// </remarks>
sealed class EdgeRecords(string dataFolder, TimeProvider clock) : IDisposable
{
    /// <summary>The most bytes of one record.</summary>
    public const int MostBytes = 64 * 1024;

    readonly string folder = Path.Combine(dataFolder, "edge");
    readonly SemaphoreSlim gate = new(1);
    readonly HashSet<UInt128> known = [];
    readonly SortedDictionary<string, EdgeDevice> devices = new(StringComparer.Ordinal);
    bool isRead;

    /// <summary>Takes records, one JSON object a line.</summary>
    /// <returns>How many are new, and how many were known.</returns>
    /// <exception cref="KumikiException">A line is no record; none of this request was taken then.</exception>
    public async Task<(int Taken, int Known)> AddAsync(string device, ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            await ReadAllAsync(stop);
            var (fresh, keys, before, last) = (new MemoryStream(), new HashSet<UInt128>(), 0, default(DateTimeOffset));
            var number = 0;
            foreach (var line in Lines(lines))
            {
                var (id, at) = Check(line, ++number);
                var key = KeyOf(device, id);
                if (known.Contains(key) || !keys.Add(key))
                {
                    before++;
                    continue;
                }
                fresh.Write(Encoding.UTF8.GetBytes($"{{\"device\":\"{device}\",\"record\":"));
                fresh.Write(line.Span);
                fresh.Write("}\n"u8);
                if (at > last) last = at;
            }
            if (keys.Count > 0)
            {
                await AppendAsync(fresh, stop);
                known.UnionWith(keys);
                Count(device, keys.Count, last);
            }
            return (keys.Count, before);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<IReadOnlyList<EdgeDevice>> DevicesAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            await ReadAllAsync(stop);
            return [.. devices.Values];
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Whether a device may call itself so: 1 to 64 letters, digits, hyphens.</summary>
    public static bool IsDevice(string? text) => text is { Length: > 0 and <= 64 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    static (string Id, DateTimeOffset At) Check(ReadOnlyMemory<byte> line, int number)
    {
        var reason = "longer than 64 KiB";
        if (line.Length <= MostBytes)
        {
            try
            {
                using var record = JsonDocument.Parse(line, new() { MaxDepth = 16 });
                var root = record.RootElement;
                reason = "no object with a text id, a time at and a text endpoint";
                if (root.ValueKind == JsonValueKind.Object && TextOf(root, "id") is { Length: > 0 and <= 200 } id
                    && TextOf(root, "endpoint") is { Length: > 0 and <= 200 }
                    && root.TryGetProperty("at", out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var time))
                    return (id, time);
            }
            catch (JsonException e)
            {
                reason = $"byte {(e.BytePositionInLine ?? 0) + 1} is no JSON";
            }
        }
        throw new KumikiException(Message.Of("edge.bad-record", ("line", number), ("reason", reason)));
    }

    static string? TextOf(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString() : null;

    async Task AppendAsync(MemoryStream fresh, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + ".jsonl");
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        var end = file.Seek(0, SeekOrigin.End);
        try
        {
            await file.WriteAsync(fresh.GetBuffer().AsMemory(0, (int)fresh.Length), stop);
            file.Flush(flushToDisk: true);
        }
        catch
        {
            file.SetLength(end);        // half of it must not be taken for a record
            throw;
        }
    }

    async Task ReadAllAsync(CancellationToken stop)
    {
        if (isRead) return;
        known.Clear();
        devices.Clear();
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal))
            {
                var bytes = await File.ReadAllBytesAsync(path, stop);
                var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
                if (whole < bytes.Length)
                    await using (var file = new FileStream(path, FileMode.Open, FileAccess.Write)) file.SetLength(whole);
                foreach (var line in Lines(bytes.AsMemory(0, whole)))
                {
                    using var kept = JsonDocument.Parse(line);
                    var (device, record) = (kept.RootElement.GetProperty("device").GetString()!, kept.RootElement.GetProperty("record"));
                    if (known.Add(KeyOf(device, record.GetProperty("id").GetString()!))) Count(device, 1, record.GetProperty("at").GetDateTimeOffset());
                }
            }
        }
        isRead = true;
    }

    void Count(string device, int records, DateTimeOffset at)
    {
        var before = devices.GetValueOrDefault(device) ?? new(device, 0, at);
        devices[device] = before with { Records = before.Records + records, LastAt = at > before.LastAt ? at : before.LastAt };
    }

    static IEnumerable<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> all)
    {
        while (!all.IsEmpty)
        {
            var end = all.Span.IndexOf((byte)'\n');
            var line = end < 0 ? all : all[..end];
            all = end < 0 ? default : all[(end + 1)..];
            if (!line.IsEmpty) yield return line;
        }
    }

    static UInt128 KeyOf(string device, string id) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{device}\n{id}")));

    public void Dispose() => gate.Dispose();
}
