using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Tables;

/// <summary>A row that was kept aside, or one reason of several why it was.</summary>
/// <param name="File">The author's file.</param>
/// <param name="Line">Where the record starts, from 1.</param>
/// <param name="Column">The column at fault; null when the whole record is.</param>
/// <param name="Value">The field as it stands in the file, without its quotes; null when the whole record is at fault.</param>
/// <param name="Says">The reason.</param>
/// <param name="Row">The whole record as it stands in the file, without its line end; of a record too long to hold, its beginning.</param>
public sealed record Reject(string File, long Line, string? Column, string? Value, Message Says, string Row)
{
    /// <summary>The reason in English, for whoever reads the file without Kumiki.</summary>
    public string Reason => Says.In("en");

    static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    internal void WriteTo(Stream lines)
    {
        JsonSerializer.Serialize(lines, this, Form);
        lines.WriteByte((byte)'\n');
    }

    /// <summary>Reads a <c>rejects.jsonl</c>, in the order of the files and lines it tells of.</summary>
    public static IEnumerable<Reject> Read(string path)
    {
        foreach (var line in System.IO.File.ReadLines(path))
            yield return JsonSerializer.Deserialize<Reject>(line, Form) ?? throw new KumikiException(Message.Of("tables.rejects-unreadable", ("file", path)));
    }
}

/// <summary>How often one column had one reason.</summary>
/// <param name="Column">Null: the whole record was at fault.</param>
public sealed record RejectCount(string? Column, Message Says, long Count);

/// <summary>The rejects of one part, written as they are found.</summary>
sealed class RejectLog(string path) : IDisposable
{
    readonly Dictionary<(string?, string), (Message Says, long Count)> counts = [];
    Stream? lines;
    (string File, long Line) last = ("", 0);

    /// <summary>The file, when there is one.</summary>
    internal string? Path => lines is null ? null : path;

    internal Reject? First { get; private set; }

    /// <summary>Records, however many reasons each had.</summary>
    internal long Rows { get; private set; }

    internal IEnumerable<RejectCount> Counts => counts.Select(c => new RejectCount(c.Key.Item1, c.Value.Says, c.Value.Count));

    internal void Add(Reject reject)
    {
        lines ??= new BufferedStream(File.Create(path), 1 << 16);
        reject.WriteTo(lines);
        First ??= reject;
        if (last != (reject.File, reject.Line)) Rows++;
        last = (reject.File, reject.Line);
        var key = (reject.Column, reject.Says.Id);
        counts[key] = (reject.Says, counts.GetValueOrDefault(key).Count + 1);
    }

    public void Dispose() => lines?.Dispose();
}
