using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki.Serving;

/// <summary>An endpoint's answers that were computed before, as a release has them.</summary>
/// <param name="Rows">Null where they cannot be asked.</param>
/// <param name="Fault">Why; null where they can.</param>
sealed record LivePrecomputed(PlannedPrecomputed Plan, PrecomputedTable? Rows, Message? Fault);

/// <summary>A row that was found.</summary>
/// <param name="Age">Since it was made.</param>
/// <param name="IsStale">Whether it is older than the endpoint holds for fresh.</param>
readonly record struct PrecomputedAnswer(PrecomputedTable Rows, int Row, Decided Decided, TimeSpan Age, bool IsStale);

/// <summary>A row that was looked up.</summary>
/// <param name="Key">[keys] as it was asked for.</param>
/// <param name="Found">Null where it is no answer: <paramref name="Why"/> says why.</param>
readonly record struct Lookup(string[] Key, PrecomputedAnswer? Found, LookupEnd End, Message? Why);

sealed partial class EndpointShelf
{
    /// <summary>The rows that an endpoint's plan means in a production; those that an earlier release held in memory are taken over.</summary>
    async Task<LivePrecomputed?> PrecomputedAsync(
        string endpoint, EndpointPlan plan, IReadOnlyDictionary<VersionName, VersionRecord> versions, Production production, CancellationToken stop)
    {
        if (plan.Precomputed is not { } planned) return null;
        if (!production.Set.TryGetValue(planned.Rows, out var number) || !versions.TryGetValue(new(planned.Rows, number), out var version))
            return new(planned, null, Message.Of("precomputed.not-released", ("endpoint", endpoint), ("rows", planned.Rows)));
        var open = Open.Select(r => r.Endpoints.GetValueOrDefault(endpoint)?.Precomputed);
        if (open.FirstOrDefault(p => p?.Rows?.Version == version.Name && p.Plan.Keys.SequenceEqual(planned.Keys)) is { } before)
            return new(planned, before.Rows, null);
        try
        {
            var files = new List<string>();
            foreach (var file in version.Files.Where(f => f.Path.StartsWith("rows/", StringComparison.Ordinal)).OrderBy(f => f.Path, StringComparer.Ordinal))
                files.Add(await artifacts.PathAsync(file.Content, stop));
            var columns = version.Schema is { } schema ? RowSchema.FromJson(schema).Columns : [];
            var personal = columns.Where(c => c.Personal).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
            var engine = SharedTables.Of(artifacts);
            var rows = await Task.Run(() => PrecomputedTable.Read(engine, version.Name, version.MadeAt, files, planned.Keys, personal, stop), stop);
            rows.Column(planned.Answer);
            return new(planned, rows, null);
        }
        catch (KumikiException e)
        {
            return new(planned, null, e.Says);      // the other endpoints of the release answer all the same
        }
    }

    /// <summary>Looks rows up.</summary>
    /// <param name="keys">[rows] a text for each of the plan's keys.</param>
    /// <exception cref="InferenceException">The rows cannot be asked.</exception>
    /// <exception cref="FieldsRefusedException">Texts are no values of their columns.</exception>
    public Lookup[] LookUp(LivePrecomputed precomputed, IReadOnlyList<string[]> keys)
    {
        if (precomputed.Rows is not { } rows) throw new InferenceException(InferenceFault.Unavailable, precomputed.Fault!);
        var (found, errors, now) = (new Lookup[keys.Count], (List<FieldError>?)null, clock.GetUtcNow());
        for (var i = 0; i < found.Length; i++)
        {
            try
            {
                found[i] = Of(rows, precomputed.Plan, keys[i], now);
            }
            catch (KumikiException e) when (e.Says.Values.TryGetValue("column", out var column))
            {
                (errors ??= []).Add(new(i + 1, column, e.Says));
                if (errors.Count == MostErrors) break;
            }
        }
        return errors is null ? found : throw new FieldsRefusedException(errors);
    }

    const int MostErrors = 100;

    static Lookup Of(PrecomputedTable rows, PlannedPrecomputed plan, string[] key, DateTimeOffset now)
    {
        var row = rows.Find(key);
        var age = now - rows.MadeAt;
        if (row < 0)
            return new(key, null, LookupEnd.Missing, Message.Of("precomputed.none", ("version", rows.Version),
                ("key", string.Join(", ", plan.Keys.Zip(key, (k, v) => $"{k} = {(v.Length <= 60 ? v : v[..60] + "…")}")))));
        var isStale = plan.StaleSeconds is { } seconds && age.TotalSeconds > seconds;
        if (isStale && plan.RefusesStale)
            return new(key, null, LookupEnd.Refused, Message.Of("precomputed.stale", ("version", rows.Version), ("age", Hours(age.TotalHours)),
                ("most", Hours(plan.StaleSeconds!.Value / 3600))));
        var answer = rows.Column(plan.Answer);
        var decided = new Decided(answer.TextOf(row)) { Number = answer.NumberOf(row), Lower = Of(plan.Lower), Upper = Of(plan.Upper) };
        return new(key, new(rows, row, decided, age, isStale), isStale ? LookupEnd.Stale : LookupEnd.Fresh, null);

        double? Of(string? column) => column is not null && rows.Columns.FirstOrDefault(c => c.Name == column) is { } found ? found.NumberOf(row) : null;

        static string Hours(double hours) => hours.ToString("0.#", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Counts and logs what came of rows that were looked up; those that the model was asked about instead are logged with its answers.</summary>
    /// <param name="ids">[rows] what they are called.</param>
    public void Tell(LiveRelease release, LiveEndpoint endpoint, IReadOnlyList<Lookup> all, IReadOnlyList<string> ids, TimeSpan took)
    {
        var began = clock.GetUtcNow() - took;
        for (var i = 0; i < all.Count; i++)
        {
            endpoint.Figures.Precomputed.Count(all[i].End);
            if (all[i].End != LookupEnd.Model) Log?.Lookup(release, endpoint, all[i], ids[i], began, took);
        }
    }

    /// <summary>Counts and logs a request whose keys could not be read.</summary>
    /// <param name="body">What was sent; empty where the keys stood in the address.</param>
    public void UnreadableKeys(LiveRelease release, LiveEndpoint endpoint, ReadOnlySpan<byte> body, string id, Message why)
    {
        endpoint.Figures.Fail(InferenceFault.BadRequest);
        Log?.UnreadableLookup(release, endpoint, body, id is { Length: > 0 and <= Predictions.PredictionLog.MostId } ? id : NewId(), clock.GetUtcNow(), why);
    }

    /// <summary>A name for a prediction that its caller gave none.</summary>
    public string NewId() => Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");

    /// <summary>How old rows are now.</summary>
    public TimeSpan AgeOf(PrecomputedTable rows) => clock.GetUtcNow() - rows.MadeAt;
}
