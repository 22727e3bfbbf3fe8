using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>All runs that a search finds, as a file: read in pages, so that many runs need no more memory than few.</summary>
/// <remarks>A run that begins or ends while the file is written may be missing from it; none is in it twice.</remarks>
sealed class TrackedTable(ITrackingStore store, IReadOnlyList<long> experiments, Search search, ViewType view)
{
    const int PageOfRuns = 2_000;
    static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    internal IReadOnlyList<long> Experiments => experiments;

    internal async Task WriteCsvAsync(Stream file, IReadOnlyList<TrackedColumn> columns, CancellationToken stop)
    {
        using var lines = new CsvFile(file);
        lines.Line([.. columns.Select(c => (object?)c.Name)]);
        var line = new object?[columns.Count];
        await foreach (var run in RunsAsync(stop))
        {
            var cells = new Cells(run);
            for (var i = 0; i < line.Length; i++) line[i] = cells.Of(columns[i]);
            lines.Line(line);
        }
    }

    internal async Task WriteJsonAsync(Stream file, CancellationToken stop)
    {
        await using var json = new Utf8JsonWriter(file, Written);
        json.WriteStartArray();
        await foreach (var run in RunsAsync(stop))
        {
            var cells = new Cells(run);
            json.WriteStartObject();
            foreach (var column in TrackedColumn.Attributes)
                if (cells.Of(column) is { } value)
                    if (value is long number) json.WriteNumber(column.Key, number);
                    else json.WriteString(column.Key, value.ToString());
            json.WriteStartObject("metrics");
            foreach (var metric in run.Metrics) json.Double(metric.Key, metric.Value);
            json.WriteEndObject();
            Entries("params", run.Params);
            Entries("tags", run.Tags);
            json.WriteEndObject();
            if (json.BytesPending > 1 << 16) await json.FlushAsync(stop);
        }
        json.WriteEndArray();

        void Entries(string name, IReadOnlyList<Entry> entries)
        {
            json.WriteStartObject(name);
            foreach (var (key, value) in entries) json.WriteString(key, value);
            json.WriteEndObject();
        }
    }

    async IAsyncEnumerable<TrackedRun> RunsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);     // one that began meanwhile moves the others to the next page
        for (var offset = 0L; ; offset += PageOfRuns)
        {
            var page = await store.SearchRunsAsync(experiments, search, view, new(offset, PageOfRuns), stop);
            foreach (var run in page)
                if (seen.Add(run.Info.Id)) yield return run;
            if (page.Count < PageOfRuns) yield break;
        }
    }

    internal static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What one run has, by column.</summary>
    readonly ref struct Cells(TrackedRun run)
    {
        readonly Dictionary<string, double> metrics = run.Metrics.ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal);
        readonly Dictionary<string, string> parameters = run.Params.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        readonly Dictionary<string, string> tags = run.Tags.ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);

        readonly RunInfo info = run.Info;

        internal object? Of(TrackedColumn column) => column.Entity switch
        {
            SearchEntity.Metric => metrics.TryGetValue(column.Key, out var value) ? new Exact(value) : null,
            SearchEntity.Parameter => parameters.GetValueOrDefault(column.Key),
            SearchEntity.Tag => tags.GetValueOrDefault(column.Key),
            _ => column.Key switch
            {
                "run_id" => info.Id,
                "run_name" => info.Name,
                "experiment_id" => Whole(info.Experiment),
                "status" => RunEndpoints.StatusName(info.Status),
                "user_id" => info.User,
                "start_time" => info.StartedMs,
                "end_time" => info.EndedMs,
                "artifact_uri" => info.Location,
                _ => info.Deleted ? "deleted" : "active",
            },
        };
    }

    /// <summary>A number with all its digits, and no text that a spreadsheet could take for a formula.</summary>
    readonly record struct Exact(double Value)
    {
        public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture);
    }
}

/// <summary>A column of runs: <c>metrics.loss</c>, <c>attributes.start_time</c>.</summary>
readonly record struct TrackedColumn(SearchEntity Entity, string Key)
{
    internal static IReadOnlyList<TrackedColumn> Attributes { get; } =
    [
        .. new[] { "run_id", "run_name", "experiment_id", "status", "user_id", "start_time", "end_time", "artifact_uri", "lifecycle_stage" }
            .Select(key => new TrackedColumn(SearchEntity.Attribute, key)),
    ];

    static readonly (string Word, SearchEntity Entity)[] Kinds =
        [("attributes", SearchEntity.Attribute), ("metrics", SearchEntity.Metric), ("params", SearchEntity.Parameter), ("tags", SearchEntity.Tag)];

    internal string Name
    {
        get
        {
            var entity = Entity;
            return $"{Array.Find(Kinds, k => k.Entity == entity).Word}.{Key}";
        }
    }

    /// <exception cref="TrackingException">It is none.</exception>
    internal static TrackedColumn Read(string text)
    {
        foreach (var (word, entity) in Kinds)
            if (text.Length > word.Length + 1 && text[word.Length] == '.' && text.StartsWith(word, StringComparison.Ordinal)
                && new TrackedColumn(entity, text[(word.Length + 1)..]) is var column && (entity != SearchEntity.Attribute || Attributes.Contains(column)))
                return column;
        throw Fields.Bad(Message.Of("tracking.bad-column", ("column", TrackingRules.Quoted(text)),
            ("known", string.Join(", ", Attributes.Select(a => a.Name)))));
    }

    internal static IReadOnlyList<TrackedColumn> All(LoggedKeys keys) =>
    [
        .. Attributes, .. keys.Metrics.Select(k => new TrackedColumn(SearchEntity.Metric, k)),
        .. keys.Params.Select(k => new TrackedColumn(SearchEntity.Parameter, k)), .. keys.Tags.Select(k => new TrackedColumn(SearchEntity.Tag, k)),
    ];
}
