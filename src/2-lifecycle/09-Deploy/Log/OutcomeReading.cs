using System.Globalization;
using System.Text.Json.Nodes;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Predictions;

/// <summary>Reads outcomes as people and programs give them: <c>{"id", "value", "at", "note"}</c> as JSON, or a CSV file with these columns.</summary>
static class OutcomeReading
{
    /// <summary>Outcomes of one request.</summary>
    public const int MostAtOnce = 10_000;

    /// <summary>One object, or a list of them; <c>at</c> is now where it is left out.</summary>
    /// <exception cref="KumikiException">One of them is wrong; the sentence says which and how.</exception>
    public static IReadOnlyList<Outcome> OfJson(string endpoint, JsonNode body, DateTimeOffset now)
    {
        var all = body is JsonArray many ? many.ToList() : [body];
        if (all.Count > MostAtOnce) throw new KumikiException(Message.Of("predlog.outcomes-many", ("most", MostAtOnce)));
        return [.. all.Select((one, i) => OfJson(endpoint, one, i + 1, now))];
    }

    static Outcome OfJson(string endpoint, JsonNode? body, int number, DateTimeOffset now)
    {
        if (body is not JsonObject one) throw Bad(Message.Of("predlog.outcome-object", ("number", number), ("field", "{…}")));
        foreach (var (name, _) in one)
            if (name is not ("id" or "value" or "at" or "note")) throw Bad(Message.Of("predlog.outcome-unknown", ("number", number), ("field",
                name.Length <= 60 ? name : name[..60] + "…")));
        var value = one["value"] switch
        {
            JsonValue given when given.TryGetValue<bool>(out var truth) => truth ? "true" : "false",
            JsonValue given when given.TryGetValue<string>(out var text) => text,
            JsonValue given when given.TryGetValue<double>(out var real) && double.IsFinite(real) => given.ToJsonString(),
            _ => throw Bad(Message.Of("predlog.outcome-value", ("number", number), ("field", "value"))),
        };
        return Of(endpoint, number, Text("id"), value, Text("at"), Text("note"), now);

        string? Text(string name) => one[name] switch
        {
            null => null,
            JsonValue given when given.TryGetValue<string>(out var text) => text,
            _ => throw Bad(Message.Of("predlog.outcome-text", ("number", number), ("field", name))),
        };
    }

    static Outcome Of(string endpoint, int number, string? id, string? value, string? at, string? note, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(id) || id.Length > PredictionLog.MostId) throw Bad(Message.Of("predlog.outcome-id", ("number", number), ("field", "id"),
            ("most", PredictionLog.MostId)));
        if (string.IsNullOrEmpty(value) || value.Length > PredictionLog.MostId) throw Bad(Message.Of("predlog.outcome-value", ("number", number), ("field",
            "value")));
        if (note?.Length > PredictionLog.MostNote) throw Bad(Message.Of("predlog.outcome-long", ("number", number), ("field", "note"), ("most",
            PredictionLog.MostNote)));
        var time = now;
        if (!string.IsNullOrEmpty(at) && (!DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)
            || time.Year is < 1970 or > 9000))
            throw Bad(Message.Of("predlog.outcome-time", ("number", number), ("field", "at")));
        double? asNumber = value switch
        {
            "true" => 1,
            "false" => 0,
            _ => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : null,
        };
        return new(endpoint, id, asNumber, value, time, string.IsNullOrEmpty(note) ? null : note);
    }

    static KumikiException Bad(Message says) => new(says);

    sealed record Given(string Id, string Value, string? At);

    sealed record Noted(string Id, string Value, string? At, string? Note);

    /// <summary>A CSV file with the columns <c>id</c>, <c>value</c>, <c>at</c> and, if there is one, <c>note</c>; a part of it at a time.</summary>
    /// <exception cref="KumikiException">A line is wrong; nothing of the file was given then.</exception>
    public static IEnumerable<IReadOnlyList<Outcome>> OfCsv(IArtifactStore artifacts, string endpoint, string path, DateTimeOffset now, CancellationToken stop)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path)) throw new KumikiException(Message.Of("tables.file-missing", ("file", path)));
        using var scratch = artifacts.NewScratch();
        var engine = SharedTables.Of(artifacts);
        string header;
        using (var text = new StreamReader(path)) header = text.ReadLine() ?? "";
        var hasNote = header.Split(',').Any(c => c.Trim().Trim('"').Equals("note", StringComparison.OrdinalIgnoreCase));
        var schema = hasNote ? RowSchema.Of<Noted>() : RowSchema.Of<Given>();
        var loaded = SourceLoad.Run(engine, Source.Csv(Path.GetFileName(path)), schema, Path.GetDirectoryName(path)!, scratch.File("rows"), cancellation: stop);
        if (loaded.RejectedRows > 0 && Reject.Read(loaded.RejectsPath!).First() is var reject)
            throw new KumikiException(Message.Of("predlog.csv-line", ("file", path), ("line", reject.Line), ("reason", reject.Says)));
        // All of it is looked at before any of it is given.
        foreach (var _ in Parts()) stop.ThrowIfCancellationRequested();
        foreach (var part in Parts()) yield return part;

        IEnumerable<IReadOnlyList<Outcome>> Parts()
        {
            using var reader = new TableReader(engine, [.. loaded.Files.Select(f => f.Path)], cancellation: stop);
            for (var number = 1; reader.Next();)
            {
                var part = Part(reader, endpoint, number, hasNote, now);
                number += part.Count;
                yield return part;
            }
        }
    }

    static List<Outcome> Part(TableReader reader, string endpoint, int number, bool hasNote, DateTimeOffset now)
    {
        var batch = reader.Batch;
        var part = new List<Outcome>(batch.Rows);
        for (var row = 0; row < batch.Rows; row++)
            part.Add(Of(endpoint, number + row, (string?)batch[0].Value(row), (string?)batch[1].Value(row), (string?)batch[2].Value(row), hasNote
                ? (string?)batch[3].Value(row) : null, now));
        return part;
    }
}
