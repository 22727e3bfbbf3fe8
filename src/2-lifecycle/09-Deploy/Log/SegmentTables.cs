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
        id VARCHAR, time TIMESTAMP, endpoint VARCHAR, endpoint_version INTEGER, release INTEGER, models VARCHAR, threshold VARCHAR, arm VARCHAR, device VARCHAR, decision VARCHAR,
        score FLOAT, fallback VARCHAR, error VARCHAR, error_text VARCHAR, latency_us INTEGER, queue_us INTEGER, run_us INTEGER, trace_id VARCHAR, inputs VARCHAR
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
        foreach (var (shape, records) in predictions.Values)
            if (records.Count > 0) tables.Add(LoadPredictions(connection, $"segment_{tables.Count}", shape, records, stop));
        foreach (var (endpoint, records) in outcomes) tables.Add(LoadOutcomes(connection, $"segment_{tables.Count}", endpoint, records, stop));
        return tables;
    }

    static SegmentTable LoadPredictions(DuckDbConnection connection, string table, LoggedShape shape, List<ReadOnlyMemory<byte>> records,
        CancellationToken stop)
    {
        var texts = new[] { "id", "decision", "arm", "fallback", "trace_id", "error", "error_text", "inputs" };
        (DuckDbKind Kind, string Name)[] columns =
        [
            (DuckDbKind.Timestamp, "time"), (DuckDbKind.Integer, "latency_us"), (DuckDbKind.Integer, "queue_us"), (DuckDbKind.Integer, "run_us"),
            .. texts.Select(t => (DuckDbKind.Varchar, t)),
            .. shape.Scores.Select((_, i) => (DuckDbKind.Float, $"s{i}")), .. shape.Numbers.Select((_, i) => (DuckDbKind.Float, $"n{i}")),
            .. shape.Texts.Select((_, i) => (DuckDbKind.Varchar, $"t{i}")), (DuckDbKind.Varchar, "device"),
        ];
        connection.Execute($"CREATE TABLE {table} ({string.Join(", ", columns.Select(c => $"{c.Name} {new DuckDbType(c.Kind)}"))})", stop);
        const int firstText = 4;
        var (firstScore, firstNumber) = (firstText + texts.Length, firstText + texts.Length + shape.Scores.Count);
        var firstFeatureText = firstNumber + shape.Numbers.Count;
        Append(connection, table, [.. columns.Select(c => new DuckDbType(c.Kind))], records, (chunk, row, record) =>
        {
            var reader = new LogReader(record[5..]);
            chunk[0].Set(row, reader.Long());
            for (var column = 1; column < firstText; column++) chunk[column].Set(row, reader.Whole());
            for (var text = 0; text < texts.Length; text++) Text(chunk[firstText + text], row, reader.Text());
            Floats(chunk, firstScore, shape.Scores.Count, row, reader.Floats());
            Floats(chunk, firstNumber, shape.Numbers.Count, row, reader.Floats());
            var count = reader.Whole();
            for (var text = 0; text < shape.Texts.Count; text++)
            {
                var value = text < count ? reader.Text(out var isNull) : NoText(out isNull);
                if (isNull) chunk[firstFeatureText + text].SetNull(row);
                else Text(chunk[firstFeatureText + text], row, value, emptyIsNull: false);
            }
            for (var text = shape.Texts.Count; text < count; text++) reader.Text();
            Text(chunk[columns.Length - 1], row, reader.IsAtEnd ? [] : reader.Text());
        }, stop);
        return new(shape.Endpoint, PredictionKind.Predictions, Select(table, shape), records.Count);
    }

    static ReadOnlySpan<byte> NoText(out bool isNull)
    {
        isNull = true;
        return [];
    }

    static string Select(string table, LoggedShape shape)
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
        if (shape.Inputs.Count == 0) return $"SELECT {string.Join(", ", select)} FROM {table}";
        var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var structure = string.Join(",", shape.Inputs.SelectMany(i => new[] { (Key: i.Name, i.Type), (i.Key, i.Type) }).Where(i => keys.Add(i.Key))
            .Select(i => $"{JsonSerializer.Serialize(i.Key)}:{Structure(i.Type)}"));
        return $"SELECT {string.Join(", ", select)} FROM (SELECT *, json_transform(CASE WHEN json_valid(inputs) THEN inputs END, {SqlText.Quote($"{{{structure}}}")}) AS j FROM {table})";

        void Add(string from, string name)
        {
            if (taken.Add(name)) select.Add($"{from} AS {SqlText.Name(name)}");
        }
    }

    static bool SameKey(LoggedInput input) => string.Equals(input.Key, input.Name, StringComparison.OrdinalIgnoreCase);

    static string Structure(string type) => type.EndsWith("[]", StringComparison.Ordinal) ? $"[{Structure(type[..^2])}]" : JsonSerializer.Serialize(type);

    static string Whole(int? number) => number is { } whole ? $"{whole.ToString(CultureInfo.InvariantCulture)}::INTEGER" : "NULL::INTEGER";

    static SegmentTable LoadOutcomes(DuckDbConnection connection, string table, string endpoint, List<ReadOnlyMemory<byte>> records, CancellationToken stop)
    {
        connection.Execute($"CREATE TABLE {table} (noted TIMESTAMP, time TIMESTAMP, value DOUBLE, id VARCHAR, label VARCHAR, note VARCHAR)", stop);
        DuckDbKind[] kinds = [DuckDbKind.Timestamp, DuckDbKind.Timestamp, DuckDbKind.Double, DuckDbKind.Varchar, DuckDbKind.Varchar, DuckDbKind.Varchar];
        Append(connection, table, [.. kinds.Select(k => new DuckDbType(k))], records, (chunk, row, record) =>
        {
            var reader = new LogReader(record[1..]);
            chunk[0].Set(row, reader.Long());
            chunk[1].Set(row, reader.Long());
            var hasValue = reader.Byte() != 0;
            chunk[2].Set(row, reader.Long());
            if (!hasValue) chunk[2].SetNull(row);
            reader.Text();
            for (var column = 3; column < 6; column++) Text(chunk[column], row, reader.Text());
        }, stop);
        return new(endpoint, PredictionKind.Outcomes, $"SELECT id, value, label, time, note, {SqlText.Quote(endpoint)} AS endpoint, noted FROM {table}",
            records.Count);
    }

    delegate void FillRow(DuckDbChunkWriter chunk, int row, ReadOnlySpan<byte> record);

    static void Append(DuckDbConnection connection, string table, DuckDbType[] types, List<ReadOnlyMemory<byte>> records, FillRow fill, CancellationToken stop)
    {
        using var appender = connection.Append(table);
        using var chunk = new DuckDbChunkWriter(types);
        var rows = 0;
        foreach (var record in records)
        {
            fill(chunk, rows++, record.Span);
            if (rows < DuckDbChunkWriter.Capacity) continue;
            stop.ThrowIfCancellationRequested();
            Flush();
        }
        if (rows > 0) Flush();
        appender.Close();

        void Flush()
        {
            chunk.Rows = rows;
            appender.Append(chunk);
            chunk.Reset();
            rows = 0;
        }
    }

    static void Text(DuckDbVectorWriter column, int row, ReadOnlySpan<byte> text, bool emptyIsNull = true)
    {
        if (text.IsEmpty && emptyIsNull) column.SetNull(row);
        else column.SetText(row, Utf8.IsValid(text) ? text : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text)));
    }

    static void Floats(DuckDbChunkWriter chunk, int first, int count, int row, ReadOnlySpan<float> values)
    {
        for (var i = 0; i < count; i++)
            if (i < values.Length && !float.IsNaN(values[i])) chunk[first + i].Set(row, values[i]);
            else chunk[first + i].SetNull(row);
    }
}
