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

    /// <summary>The answer of a key, where one was computed.</summary>
    /// <param name="key">A text for each of the plan's keys.</param>
    /// <returns>Null where there is no such row.</returns>
    /// <exception cref="InferenceException">The rows cannot be asked, or a text is no value of its column.</exception>
    public PrecomputedAnswer? Find(LivePrecomputed precomputed, ReadOnlySpan<string> key)
    {
        if (precomputed.Rows is not { } rows) throw new InferenceException(InferenceFault.Unavailable, precomputed.Fault!);
        int row;
        try
        {
            row = rows.Find(key);
        }
        catch (KumikiException e)
        {
            throw InferenceException.Bad(e.Says);
        }
        if (row < 0) return null;
        var plan = precomputed.Plan;
        var answer = rows.Column(plan.Answer);
        var decided = new Decided(answer.TextOf(row)) { Number = answer.NumberOf(row), Lower = Of(plan.Lower), Upper = Of(plan.Upper) };
        var age = clock.GetUtcNow() - rows.MadeAt;
        return new(rows, row, decided, age, plan.StaleSeconds is { } seconds && age.TotalSeconds > seconds);

        double? Of(string? column) => column is not null && rows.Columns.FirstOrDefault(c => c.Name == column) is { } found ? found.NumberOf(row) : null;
    }
}
