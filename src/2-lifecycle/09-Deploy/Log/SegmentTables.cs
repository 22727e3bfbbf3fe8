using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Kumiki.Native.DuckDb;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Predictions;

/// <summary>Records of segments as a table of a DuckDB database.</summary>
/// <param name="Select">A SELECT of its rows with the columns of the log.</param>
sealed record SegmentTable(string Endpoint, PredictionKind Kind, string Select, long Rows);

/// <summary>The columns of the log, in the order of its files and views.</summary>
static class LogColumns
{
    /// <summary>Those that every endpoint's predictions have before their scores, inputs and features.</summary>
    public const string OfAll =
        """
        id VARCHAR, time TIMESTAMP, endpoint VARCHAR, endpoint_version INTEGER, release INTEGER, models VARCHAR, threshold VARCHAR, arm VARCHAR,
        device VARCHAR, decision VARCHAR, score FLOAT, fallback VARCHAR, error VARCHAR, error_text VARCHAR, latency_us INTEGER, queue_us INTEGER, run_us INTEGER, trace_id VARCHAR, inputs VARCHAR
        """;

    public const string OfOutcomes = "id VARCHAR, value DOUBLE, label VARCHAR, time TIMESTAMP, note VARCHAR, endpoint VARCHAR, noted TIMESTAMP";

    /// <summary>The column by which files are cut into hours and found by time.</summary>
    public static string TimeOf(PredictionKind kind) => kind == PredictionKind.Predictions ? "time" : "noted";
}

/// <summary>Loads segments into tables: one for each shape of predictions, one for each endpoint's outcomes.</summary>
sealed class SegmentTables
{
    readonly Dictionary<string, (LoggedShape Shape, List<ReadOnlyMemory<byte>> Records)> predictions = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<ReadOnlyMemory<byte>>> outcomes = new(StringComparer.Ordinal);

    /// <summary>Predictions and outcomes that were read.</summary>
    public long Records { get; private set; }

    /// <summary>Reads a segment.</summary>
    /// <param name="wants">The endpoints whose records are loaded; null: all.</param>
    /// <exception cref="KumikiException">It is no segment of this program's.</exception>
    public void Read(string path, Func<string, bool>? wants = null)
    {
        var shapes = new Dictionary<int, List<ReadOnlyMemory<byte>>?>();
        JournalSegment.Read(path, record =>
        {
            var reader = new LogReader(record.Span);
            switch (reader.Byte())
            {
                case LogRecord.Shape:
                    var json = record[5..];
                    var shape = LoggedShape.FromJson(json.Span);
                    List<ReadOnlyMemory<byte>>? into = null;
                    if (wants is null || wants(shape.Endpoint))
                    {
                        var key = Encoding.UTF8.GetString(json.Span);
                        if (!predictions.TryGetValue(key, out var known)) predictions[key] = known = (shape, []);
                        into = known.Records;
                    }
                    shapes[reader.Whole()] = into;
                    break;
                case LogRecord.Prediction:
                    Records++;
                    shapes[reader.Whole()]?.Add(record);
                    break;
                case LogRecord.Outcome:
                    Records++;
                    var endpoint = Encoding.UTF8.GetString(EndpointOf(record.Span));
                    if (wants is not null && !wants(endpoint)) break;
                    if (!outcomes.TryGetValue(endpoint, out var list)) outcomes[endpoint] = list = [];
                    list.Add(record);
                    break;
            }
        });
    }

    static ReadOnlySpan<byte> EndpointOf(ReadOnlySpan<byte> record)
    {
        var reader = new LogReader(record[(1 + 8 + 8 + 1 + 8)..]);
        return reader.Text();
    }

    /// <summary>Makes the tables, in a database in which no others of its kind are.</summary>
    public IReadOnlyList<SegmentTable> Load(DuckDbConnection connection, CancellationToken stop)
    {
        var tables = new List<SegmentTable>();
        foreach (var rows in All()) tables.Add(rows.Load(connection, $"segment_{tables.Count}", stop));
        return tables;
    }

    /// <summary>The rows by endpoint and shape, and outcomes by endpoint.</summary>
    public IEnumerable<SegmentRows> All() => predictions.Values.Where(p => p.Records.Count > 0).Select(p => PredictionsOf(p.Shape, p.Records))
        .Concat(outcomes.Select(o => OutcomesOf(o.Key, o.Value)));

    static readonly string[] Texts = ["id", "decision", "arm", "fallback", "trace_id", "error", "error_text", "inputs"];

    static SegmentRows PredictionsOf(LoggedShape shape, List<ReadOnlyMemory<byte>> records)
    {
        const int firstText = 4;
        var (firstScore, firstNumber) = (firstText + Texts.Length, firstText + Texts.Length + shape.Scores.Count);
        var firstFeatureText = firstNumber + shape.Numbers.Count;
        return new(shape.Endpoint, PredictionKind.Predictions, records, from => Select(from, shape),
        [
            Column(DuckDbKind.Timestamp, "time"), Column(DuckDbKind.Integer, "latency_us"), Column(DuckDbKind.Integer, "queue_us"),
            Column(DuckDbKind.Integer, "run_us"), .. Texts.Select(t => Column(DuckDbKind.Varchar, t)),
            .. shape.Scores.Select((_, i) => Column(DuckDbKind.Float, $"s{i}")), .. shape.Numbers.Select((_, i) => Column(DuckDbKind.Float, $"n{i}")),
            .. shape.Texts.Select((_, i) => Column(DuckDbKind.Varchar, $"t{i}")), Column(DuckDbKind.Varchar, "device"),
        ], (columns, row, record) =>
        {
            var reader = new LogReader(record[LogRecord.TimeOfPrediction..]);
            columns[0].Set(row, reader.Long());
            for (var column = 1; column < firstText; column++) columns[column].Set(row, reader.Whole());
            for (var text = 0; text < Texts.Length; text++) Text(columns[firstText + text], row, reader.Text());
            Floats(columns, firstScore, shape.Scores.Count, row, reader.Floats());
            Floats(columns, firstNumber, shape.Numbers.Count, row, reader.Floats());
            var count = reader.Whole();
            for (var text = 0; text < shape.Texts.Count; text++)
            {
                var value = text < count ? reader.Text(out var isNull) : NoText(out isNull);
                if (isNull) columns[firstFeatureText + text].SetNull(row);
                else Text(columns[firstFeatureText + text], row, value, emptyIsNull: false);
            }
            for (var text = shape.Texts.Count; text < count; text++) reader.Text();
            Text(columns[firstFeatureText + shape.Texts.Count], row, reader.IsAtEnd ? [] : reader.Text());
        });
    }

    static DuckDbColumn Column(DuckDbKind kind, string name) => new(name, new(kind));

    static ReadOnlySpan<byte> NoText(out bool isNull)
    {
        isNull = true;
        return [];
    }

    /// <param name="from">A table or table function of the columns above.</param>
    static string Select(string from, LoggedShape shape)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var only = shape.Scores.Count == 1 ? 0 : shape.Scores.Index().Where(s => s.Item == "score").Select(s => (int?)s.Index).FirstOrDefault() ?? -1;
        var select = new List<string>
        {
            "id", "time", $"{SqlText.Quote(shape.Endpoint)} AS endpoint", $"{Whole(shape.Version)} AS endpoint_version", $"{Whole(shape.Release)} AS release",
            $"{SqlText.Quote(string.Join(' ', shape.Models))} AS models", $"{(shape.Threshold is { } cut ? SqlText.Quote(cut) : "NULL::VARCHAR")} AS threshold",
            "arm", "device", "decision", $"{(only >= 0 ? $"s{only}" : "NULL::FLOAT")} AS score", "fallback", "error", "error_text", "latency_us", "queue_us",
            "run_us", "trace_id", "inputs",
        };
        for (var i = 0; i < shape.Scores.Count; i++)
            if (i != only) Add($"s{i}", $"score_{shape.Scores[i]}");
        foreach (var input in shape.Inputs)
            Add(SameKey(input) ? $"j.{SqlText.Name(input.Key)}" : $"coalesce(j.{SqlText.Name(input.Name)}, j.{SqlText.Name(input.Key)})",
                $"input_{input.Name}");
        for (var i = 0; i < shape.Numbers.Count; i++) Add($"n{i}", $"feature_{shape.Numbers[i]}");
        for (var i = 0; i < shape.Texts.Count; i++) Add($"t{i}", $"feature_{shape.Texts[i]}");
        if (shape.Inputs.Count == 0) return $"SELECT {string.Join(", ", select)} FROM {from}";
        var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var structure = string.Join(",", shape.Inputs.SelectMany(i => new[] { (Key: i.Name, i.Type), (i.Key, i.Type) }).Where(i => keys.Add(i.Key))
            .Select(i => $"{JsonSerializer.Serialize(i.Key)}:{Structure(i.Type)}"));
        return $"SELECT {string.Join(", ", select)} FROM (SELECT *, TRY(json_transform(inputs, {SqlText.Quote($"{{{structure}}}")})) AS j FROM {from})";

        void Add(string value, string name)
        {
            if (taken.Add(name)) select.Add($"{value} AS {SqlText.Name(name)}");
        }
    }

    static bool SameKey(LoggedInput input) => string.Equals(input.Key, input.Name, StringComparison.OrdinalIgnoreCase);

    static string Structure(string type) => type.EndsWith("[]", StringComparison.Ordinal) ? $"[{Structure(type[..^2])}]" : JsonSerializer.Serialize(type);

    static string Whole(int? number) => number is { } whole ? $"{whole.ToString(CultureInfo.InvariantCulture)}::INTEGER" : "NULL::INTEGER";

    static SegmentRows OutcomesOf(string endpoint, List<ReadOnlyMemory<byte>> records) => new(endpoint, PredictionKind.Outcomes, records,
        from => $"SELECT id, value, label, time, note, {SqlText.Quote(endpoint)} AS endpoint, noted FROM {from}",
        [
            Column(DuckDbKind.Timestamp, "noted"), Column(DuckDbKind.Timestamp, "time"), Column(DuckDbKind.Double, "value"),
            Column(DuckDbKind.Varchar, "id"), Column(DuckDbKind.Varchar, "label"), Column(DuckDbKind.Varchar, "note"),
        ], (columns, row, record) =>
        {
            var reader = new LogReader(record[LogRecord.TimeOfOutcome..]);
            columns[0].Set(row, reader.Long());
            columns[1].Set(row, reader.Long());
            var hasValue = reader.Byte() != 0;
            columns[2].Set(row, reader.Long());
            if (!hasValue) columns[2].SetNull(row);
            reader.Text();
            for (var column = 3; column < 6; column++) Text(columns[column], row, reader.Text());
        });

    static void Text(DuckDbVectorWriter column, int row, ReadOnlySpan<byte> text, bool emptyIsNull = true)
    {
        if (text.IsEmpty && emptyIsNull) column.SetNull(row);
        else if (Utf8.IsValid(text)) column.SetTextInPlace(row, text);
        else column.SetText(row, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text)));
    }

    static void Floats(DuckDbVectorWriter[] columns, int first, int count, int row, ReadOnlySpan<float> values)
    {
        for (var i = 0; i < count; i++)
            if (i < values.Length && !float.IsNaN(values[i])) columns[first + i].Set(row, values[i]);
            else columns[first + i].SetNull(row);
    }
}
