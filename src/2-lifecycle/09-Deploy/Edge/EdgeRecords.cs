using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Predictions;
using Kumiki.Store;

namespace Kumiki.Serving;

/// <summary>A device, and what came from it.</summary>
/// <param name="Records">Of it in the prediction log.</param>
/// <param name="LastAt">When its newest record was answered there.</param>
public sealed record EdgeDevice(string Device, long Records, DateTimeOffset LastAt);

/// <summary>Predictions that offline runners made and sent back: they go into the prediction log, each once whatever is sent twice.</summary>
/// <remarks>
/// The log itself says what is known, so that nothing has to agree with it: 1. of a batch what the log has of that device and id is left out; 2. the rest is
/// logged, and durable; 3. the sender hears so. Killed between, what is in the log is known with the next start, and the sender sends the batch again. In
/// memory a record is a digest of device and id, 16 bytes. Data folders of before had them in <c>edge/</c>, lines of <c>{"device", "record"}</c>: they are
/// taken in with the first use, and a file goes when all of it is in the log.
/// </remarks>
/// <param name="log">Null where this server keeps none: then nothing is taken.</param>
sealed class EdgeRecords(IMetadataStore metadata, IArtifactStore artifacts, string dataFolder, PredictionLog? log, PredictionReader reader) : IDisposable
{
    /// <summary>Releases come and go; what is known of their endpoints is read again where one comes back.</summary>
    const int MostEndpoints = 1000;

    readonly string before = Path.Combine(dataFolder, "edge");
    readonly SemaphoreSlim gate = new(1);
    readonly HashSet<UInt128> known = [];
    readonly SortedDictionary<string, EdgeDevice> devices = new(StringComparer.Ordinal);
    readonly Dictionary<VersionName, (EndpointPlan Plan, EndpointSchema Fields)?> endpoints = [];
    bool isRead;

    /// <summary>Takes records, one JSON object a line; they are in the log and durable when this ends.</summary>
    /// <returns>How many are new, and how many were known.</returns>
    /// <exception cref="KumikiException">A line is no record, and none of this request was taken; or the log cannot be written, and what was taken of it is
    /// known when it is sent again.</exception>
    public async Task<(int Taken, int Known)> AddAsync(string device, ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        var open = log ?? throw new KumikiException(Message.Of("predlog.no-log"));
        var number = 0;
        List<EdgeRecord> records = [.. Lines(lines).Select(line => EdgeRecord.Read(line, ++number))];
        await gate.WaitAsync(stop);
        try
        {
            await ReadAllAsync(stop);
            return await TakeAsync(open, device, records, stop);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The devices whose records are in the log.</summary>
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

    async Task<(int Taken, int Known)> TakeAsync(PredictionLog open, string device, IReadOnlyList<EdgeRecord> records, CancellationToken stop)
    {
        var (fresh, keys) = (new List<(EdgeRecord Record, LoggedAs As, EndpointRows? Rows)>(), new HashSet<UInt128>());
        try
        {
            foreach (var record in records)
            {
                var key = KeyOf(device, record.Id);
                if (known.Contains(key) || !keys.Add(key)) continue;
                var fields = await FieldsAsync(record.Answered, stop);
                fresh.Add((record, open.Of(ShapeOf(record, fields?.Plan), fields?.Fields), fields is null ? null : RowsOf(record, fields.Value.Fields)));
            }
            if (fresh.Count > 0) await open.KeepAsync(fresh.Count, i => TryAdd(open, device, fresh[i]), CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            isRead = false;     // what of it is there is asked of the log
            throw new KumikiException(Message.Of("edge.not-kept", ("reason", e.Message.TrimEnd('.'))), e);
        }
        finally
        {
            foreach (var (_, _, rows) in fresh) rows?.Dispose();
        }
        known.UnionWith(keys);
        foreach (var (record, _, _) in fresh) Count(device, record.At);
        return (fresh.Count, records.Count - fresh.Count);
    }

    static bool TryAdd(PredictionLog log, string device, (EdgeRecord Record, LoggedAs As, EndpointRows? Rows) one)
    {
        var record = one.Record;
        return log.TryAdd(new()
        {
            As = one.As,
            Id = record.Id,
            At = PredictionLog.Microseconds(record.At),
            LatencyUs = record.TookUs,
            Rows = one.Rows,
            // Whose endpoint is not known here, nobody can tell what in its inputs is personal.
            Inputs = one.As.Shape.Inputs.Count > 0 ? record.Input : [],
            Scores = record.Scores,
            Decision = record.Decision,
            Fallback = record.Fallback,
            Device = device,
        });
    }

    static LoggedShape ShapeOf(EdgeRecord record, EndpointPlan? plan) =>
        (plan is null ? new() { Endpoint = record.Answered.Asset, Version = record.Answered.Number } : EndpointLog.ShapeOf(record.Answered, plan.Fields)) with
        {
            Release = record.Release,
            Models = record.Models,
            Threshold = record.Threshold,
            Scores = record.Scores.Length == 1 && record.Outputs.Count == 0 ? ModelOutputs.Single.Names
                : record.Outputs.Count > 0 ? record.Outputs : [.. record.Scores.Select((_, i) => $"{i + 1}")],
        };

    /// <summary>The fields of an endpoint's version; null where this store does not have it.</summary>
    async Task<(EndpointPlan Plan, EndpointSchema Fields)?> FieldsAsync(VersionName endpoint, CancellationToken stop)
    {
        if (endpoints.TryGetValue(endpoint, out var there)) return there;
        (EndpointPlan, EndpointSchema)? read = null;
        if ((await metadata.VersionAsync(endpoint, stop))?.Files.FirstOrDefault(f => f.Path == EndpointPlan.FileName) is { } file)
        {
            var plan = EndpointPlan.Read(await File.ReadAllBytesAsync(await artifacts.PathAsync(file.Content, stop), stop));
            // What is personal did not come, and what the runner allowed is allowed.
            read = (plan, new([.. plan.Fields.Select(f =>
                new EndpointField { Name = f.Name, Kind = f.Kind == FieldKind.Choice ? FieldKind.Text : f.Kind, Optional = true })]));
        }
        if (endpoints.Count >= MostEndpoints) endpoints.Clear();
        return endpoints[endpoint] = read;
    }

    /// <summary>The row as its models read it; null where it does not fit the endpoint's fields.</summary>
    static EndpointRows? RowsOf(EdgeRecord record, EndpointSchema fields)
    {
        if (record.Input.Length == 0) return null;
        try
        {
            return EndpointRows.Read(fields, record.Input, record.Input.Length, out _);
        }
        catch (KumikiException)
        {
            return null;        // it is kept as it came, without features
        }
    }

    /// <summary>Reads what the log knows, and takes in what data folders of before have in <c>edge/</c>.</summary>
    async Task ReadAllAsync(CancellationToken stop)
    {
        if (isRead) return;
        // What a killed process left is in files then, and durable.
        if (log is not null) await log.Recovered.WaitAsync(stop);
        known.Clear();
        devices.Clear();
        await reader.DevicesAsync((device, id, at) =>
        {
            if (known.Add(KeyOf(device, id))) Count(device, at);
        }, stop);
        if (log is { } open && Directory.Exists(before)) await TakeBeforeAsync(open, stop);
        isRead = true;
    }

    async Task TakeBeforeAsync(PredictionLog open, CancellationToken stop)
    {
        foreach (var path in Directory.GetFiles(before, "*.jsonl").Order(StringComparer.Ordinal))
        {
            var byDevice = new Dictionary<string, List<EdgeRecord>>(StringComparer.Ordinal);
            var (number, isWhole) = (0, true);
            foreach (var line in Lines(await File.ReadAllBytesAsync(path, stop)))
            {
                number++;
                try
                {
                    using var kept = JsonDocument.Parse(line);
                    var device = kept.RootElement.GetProperty("device").GetString()!;
                    if (!byDevice.TryGetValue(device, out var list)) byDevice[device] = list = [];
                    list.Add(EdgeRecord.Read(Encoding.UTF8.GetBytes(kept.RootElement.GetProperty("record").GetRawText()), number));
                }
                catch (Exception e) when (e is KumikiException or JsonException or InvalidOperationException or KeyNotFoundException)
                {
                    isWhole = false;        // cut off by a kill, and sent again then; or not a runner's: the file stays
                }
            }
            foreach (var (device, records) in byDevice) await TakeAsync(open, device, records, stop);
            DurableStep.At("edge.taken");
            if (isWhole) File.Delete(path);
        }
    }

    void Count(string device, DateTimeOffset at)
    {
        var seen = devices.GetValueOrDefault(device) ?? new(device, 0, at);
        devices[device] = seen with { Records = seen.Records + 1, LastAt = at > seen.LastAt ? at : seen.LastAt };
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
        BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{device}\n{id}")));

    public void Dispose() => gate.Dispose();
}
