using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Kumiki.Onnx;
using Kumiki.Predictions;

namespace Kumiki.Serving;

/// <summary>Writes what endpoints answer into the prediction log.</summary>
sealed partial class EndpointLog(PredictionLog log)
{
    /// <summary>Releases go and come; the shapes of those before are made again where one comes back.</summary>
    const int MostShapes = 1000;

    readonly ConcurrentDictionary<(VersionName Endpoint, int Release, VersionName? Model, VersionName? Threshold, LiveDecision? Together, bool HasScores), LoggedAs> shapes = new();

    /// <summary>Logs each row of an answer.</summary>
    /// <param name="began">When it was asked.</param>
    public void Answer(EndpointAnswer answer, EndpointRows rows, DateTimeOffset began)
    {
        var (at, trace) = (PredictionLog.Microseconds(began), TraceId());
        Span<char> number = stackalloc char[32];
        for (var row = 0; row < answer.Rows.Length; row++)
        {
            ref var one = ref answer.Rows[row];
            scoped var decision = one.Decided.Answer.AsSpan();
            if (one.Decided.Number is { } value && value.TryFormat(number, out var length, "R", CultureInfo.InvariantCulture)) decision = number[..length];
            log.TryAdd(new()
            {
                As = Of(answer.Release, answer.Endpoint, (one.Model, one.Threshold, one.Together), one.Outputs),
                Id = one.Id,
                At = at,
                LatencyUs = (long)answer.Took.TotalMicroseconds,
                QueueUs = (long)answer.Queued.TotalMicroseconds,
                RunUs = (long)answer.Ran.TotalMicroseconds,
                Rows = rows,
                Row = row,
                Scores = one.Scores,
                Decision = decision,
                Fallback = one.Fallback ?? (one.Remembered ? Remembered : null),
                Trace = trace,
            });
        }
    }

    /// <summary>What stands in the place of a fallback where a session got the answer that it had got before.</summary>
    public const string Remembered = "session";

    /// <summary>Logs each row of a request that was not answered.</summary>
    /// <param name="ids">[rows] their ids.</param>
    public void Failure(LiveRelease release, LiveEndpoint endpoint, EndpointRows rows, IReadOnlyList<string> ids, DateTimeOffset began, TimeSpan took,
        Message why)
    {
        var (at, trace, shape) = (PredictionLog.Microseconds(began), TraceId(), Of(release, endpoint, ByOf(endpoint.Decision), null));
        for (var row = 0; row < rows.Count; row++)
            log.TryAdd(new()
            {
                As = shape,
                Id = ids[row],
                At = at,
                LatencyUs = (long)took.TotalMicroseconds,
                Rows = rows,
                Row = row,
                Trace = trace,
                Error = why
            });
    }

    /// <summary>Logs a request whose rows could not be read, as one.</summary>
    public void Unreadable(LiveRelease release, LiveEndpoint endpoint, ReadOnlySpan<byte> body, string id, DateTimeOffset at, Message why) =>
        log.TryAdd(new()
        {
            As = Of(release, endpoint, ByOf(endpoint.Decision), null),
            Id = id,
            At = PredictionLog.Microseconds(at),
            Inputs = body,
            Trace = TraceId(),
            Error = why,
        });

    static string? TraceId() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToHexString() : null;

    /// <summary>Which versions decide.</summary>
    static (VersionName? Model, VersionName? Threshold, LiveDecision? Together) ByOf(LiveDecision decision) =>
        decision.Parts.Count > 1 ? (null, null, decision) : (decision.Model, decision.Threshold, null);

    LoggedAs Of(LiveRelease release, LiveEndpoint endpoint, (VersionName? Model, VersionName? Threshold, LiveDecision? Together) by, ModelOutputs? outputs)
    {
        var (model, threshold, together) = by;
        // Without a model's scores the shape is another: it must not become the one of those with scores.
        var key = (endpoint.Version, release.Number, model, threshold, together, outputs is not null);
        if (shapes.TryGetValue(key, out var known)) return known;
        var shape = log.Of(ShapeOf(endpoint.Version, endpoint.Plan.Fields) with
        {
            Release = release.Number,
            Models = together is not null ? [.. together.Models.Select(m => m.ToString())] : model is { } asked ? [asked.ToString()] : [],
            Threshold = together is null ? threshold?.ToString() : ThresholdsOf(together),
            Scores = outputs?.Names ?? [],
        }, endpoint.Schema);
        if (shapes.Count >= MostShapes) shapes.Clear();
        return shapes[key] = shape;
    }

    static string? ThresholdsOf(LiveDecision together) =>
        string.Join(' ', together.Parts.Select(p => p.Threshold).OfType<VersionName>().Distinct()) is { Length: > 0 } all ? all : null;

    /// <summary>What predictions of an endpoint have in common whatever answered: its fields.</summary>
    public static LoggedShape ShapeOf(VersionName endpoint, IReadOnlyList<EndpointField> fields) => new()
    {
        Endpoint = endpoint.Asset,
        Version = endpoint.Number,
        Inputs = [.. fields.Select(f => new LoggedInput(f.Name, EndpointSchema.CamelOf(f.Name), TypeOf(f.Kind), f.Personal))],
        Numbers = [.. fields.Where(f => f is { IsRead: true, IsNumeric: true }).Select(f => f.Name)],
        Texts = [.. fields.Where(f => f is { IsRead: true, IsNumeric: false, Kind: not FieldKind.Picture }).Select(f => f.Name)],
    };

    static string TypeOf(FieldKind kind) => kind switch
    {
        FieldKind.Integer => "BIGINT",
        FieldKind.Number or FieldKind.Decimal => "DOUBLE",
        FieldKind.Single => "FLOAT",
        FieldKind.Flag => "BOOLEAN",
        FieldKind.Date => "DATE",
        _ => "VARCHAR",
    };
}
