using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Predictions;

namespace Kumiki.Serving;

sealed partial class EndpointLog
{
    /// <summary>What stands in the place of a fallback where a row computed before was the answer.</summary>
    public const string Computed = "precomputed", ComputedStale = "precomputed-stale";

    /// <summary>The column of the log with the age of such a row, in seconds: <c>feature_precomputed_age_s</c>.</summary>
    public const string Age = "precomputed_age_s";

    readonly ConcurrentDictionary<(VersionName Endpoint, int Release, VersionName? Rows), LoggedAs> lookups = new();

    /// <summary>Logs a row that was looked up: its keys are the inputs, the version of the rows stands for the model's.</summary>
    public void Lookup(LiveRelease release, LiveEndpoint endpoint, in Lookup one, string id, DateTimeOffset began, TimeSpan took)
    {
        scoped ReadOnlySpan<char> decision = default;
        Span<char> number = stackalloc char[32];
        if (one.Found is { Decided: var decided })
        {
            decision = decided.Answer.AsSpan();
            if (decided.Number is { } value && value.TryFormat(number, out var length, "R", CultureInfo.InvariantCulture)) decision = number[..length];
        }
        log.TryAdd(new()
        {
            As = LookupShape(release, endpoint),
            Id = id,
            At = PredictionLog.Microseconds(began),
            LatencyUs = (long)took.TotalMicroseconds,
            Inputs = KeysOf(endpoint.Precomputed!, one.Key),
            Numbers = [one.Found is { } found ? (float)found.Age.TotalSeconds : float.NaN],
            Decision = decision,
            Fallback = one.End switch { LookupEnd.Fresh => Computed, LookupEnd.Stale => ComputedStale, _ => null },
            Trace = TraceId(),
            Error = one.Why,
        });
    }

    /// <summary>Logs a request whose keys could not be read, as one.</summary>
    public void UnreadableLookup(LiveRelease release, LiveEndpoint endpoint, ReadOnlySpan<byte> body, string id, DateTimeOffset at, Message why) =>
        log.TryAdd(new()
        {
            As = LookupShape(release, endpoint),
            Id = id,
            At = PredictionLog.Microseconds(at),
            // Which columns tell of a person is known by the rows: without them nothing of what was sent is kept.
            Inputs = endpoint.Precomputed?.Rows is null ? [] : body,
            Trace = TraceId(),
            Error = why,
        });

    /// <summary>The keys as a JSON object; empty where the rows are not there, which know whether a key tells of a person.</summary>
    static ReadOnlySpan<byte> KeysOf(LivePrecomputed precomputed, string[] key)
    {
        if (precomputed.Rows is not { } rows) return [];
        var into = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(into))
        {
            json.WriteStartObject();
            for (var i = 0; i < key.Length; i++)
            {
                var (name, kind) = (rows.Keys[i].Name, rows.Keys[i].Kind);
                if (kind is PrecomputedKind.Integer && long.TryParse(key[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
                    json.WriteNumber(name, whole);
                else if (kind is PrecomputedKind.Flag && bool.TryParse(key[i], out var flag)) json.WriteBoolean(name, flag);
                else json.WriteString(name, key[i]);
            }
            json.WriteEndObject();
        }
        return into.WrittenSpan;
    }

    LoggedAs LookupShape(LiveRelease release, LiveEndpoint endpoint)
    {
        var (plan, rows) = (endpoint.Precomputed!.Plan, endpoint.Precomputed.Rows);
        var key = (endpoint.Version, release.Number, rows?.Version);
        if (lookups.TryGetValue(key, out var known)) return known;
        // The endpoint's fields stand here too: a body that could not be read may hold any of them.
        var fields = endpoint.Plan.Fields.Select(f => Of(f.Name, TypeOf(f.Kind), f.Personal));
        var keys = plan.Keys.Where(k => endpoint.Schema.Place(k) < 0).Select(k => Of(k, TypeOf(rows?.Column(k).Kind), false));
        var shape = log.Of(new()
        {
            Endpoint = endpoint.Version.Asset,
            Version = endpoint.Version.Number,
            Release = release.Number,
            Models = rows is null ? [] : [rows.Version.ToString()],
            Inputs = [.. fields, .. keys],
            Numbers = [Age],
            Scores = [],
        });
        if (lookups.Count >= MostShapes) lookups.Clear();
        return lookups[key] = shape;

        LoggedInput Of(string name, string type, bool personal) =>
            new(name, EndpointSchema.CamelOf(name), type, personal || rows?.Columns.Except(rows.Shown).Any(c => c.Name == name) == true);
    }

    static string TypeOf(PrecomputedKind? kind) => kind switch
    {
        PrecomputedKind.Integer => "BIGINT",
        PrecomputedKind.Flag => "BOOLEAN",
        PrecomputedKind.Date => "DATE",
        _ => "VARCHAR",
    };
}
