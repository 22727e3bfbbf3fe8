using Kumiki.Native.DuckDb;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Predictions;

/// <summary>The log as views of a database of its own: <c>predictions_NAME</c>, <c>outcomes_NAME</c> and, joined, <c>NAME</c> for each endpoint, over
/// files and over
/// segments that are not files yet.</summary>
sealed class LogDatabase : IDisposable
{
    readonly SingleDatabase database;

    LogDatabase(SingleDatabase database, IReadOnlyList<string> endpoints, IReadOnlyList<string> files) =>
        (this.database, Endpoints, Files) = (database, endpoints, files);

    public DuckDbConnection Connection => database.Connection;

    /// <summary>The endpoints that have views.</summary>
    public IReadOnlyList<string> Endpoints { get; }

    /// <summary>The Parquet files that the views read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Lets what is asked from now on reach nothing but the views.</summary>
    public void Confine(CancellationToken stop) => database.Confine(Files, stop);

    /// <summary>An endpoint's name as SQL writes it without quotation marks.</summary>
    public static string ViewOf(string endpoint) => string.Concat(endpoint.Select(c => c is '-' or '.' ? '_' : c));

    /// <summary>Opens the log of a data folder as it is now.</summary>
    /// <param name="wants">The endpoints that get views.</param>
    /// <param name="reads">The files among theirs that are read; null: all.</param>
    /// <param name="always">An endpoint that gets views though nothing was logged of it.</param>
    public static async Task<LogDatabase> OpenAsync(IMetadataStore metadata, IArtifactStore artifacts, string folder, Func<string, bool> wants,
        Func<IReadOnlyList<PredictionFile>, IEnumerable<PredictionFile>>? reads, string? always, CancellationToken stop)
    {
        while (true)
        {
            // Segments first: one that becomes a file after this look is read here, one before it is on the list below.
            var found = JournalFolder.Segments(folder).ToDictionary(JournalFolder.NameOf, s => s, StringComparer.Ordinal);
            var (all, listed) = await metadata.PredictionFilesAsync(null, found.Keys, stop);
            var segments = new SegmentTables();
            try
            {
                foreach (var (name, path) in found)
                    if (!listed.Contains(name)) segments.Read(path, wants);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                continue;       // it became a file meanwhile: looked at again
            }
            List<PredictionFile> wanted = [.. all.Where(f => wants(f.Endpoint))];
            if (reads is not null) wanted = [.. reads(wanted)];
            var paths = new Dictionary<Digest, string>();
            try
            {
                foreach (var file in wanted) paths[file.Blob] = await artifacts.PathAsync(file.Blob, stop);
            }
            catch (KumikiException) when (!stop.IsCancellationRequested)
            {
                // Gone because another file took its place meanwhile, or gone for good: the list tells.
                var (now, _) = await metadata.PredictionFilesAsync(null, [], stop);
                if (wanted.Any(f => now.All(n => n.Number != f.Number))) continue;
                throw;
            }
            return await Task.Run(() => Make(SharedTables.Of(artifacts), segments, wanted, paths, always, stop), stop);
        }
    }

    static LogDatabase Make(TableEngine engine, SegmentTables segments, IReadOnlyList<PredictionFile> files, Dictionary<Digest, string> paths, string? always,
        CancellationToken stop)
    {
        var database = engine.OpenSingle(stop);
        try
        {
            var connection = database.Connection;
            connection.Execute("SET TimeZone = 'UTC'", stop);
            connection.Execute($"CREATE TABLE no_predictions ({LogColumns.OfAll})", stop);
            connection.Execute($"CREATE TABLE no_outcomes ({LogColumns.OfOutcomes})", stop);
            var tables = segments.Load(connection, stop);
            List<string> endpoints = [.. files.Select(f => f.Endpoint).Concat(tables.Select(t => t.Endpoint)).Concat(always is null ? [] : [always])
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            // Two names that SQL writes alike share their views; the column `endpoint` tells them apart.
            var views = endpoints.GroupBy(ViewOf, StringComparer.Ordinal).ToList();
            foreach (var view in views)
            {
                var (predictions, outcomes) = (SqlText.Name($"predictions_{view.Key}"), SqlText.Name($"outcomes_{view.Key}"));
                connection.Execute($"CREATE OR REPLACE VIEW {predictions} AS {Union(PredictionKind.Predictions, "no_predictions", view)}", stop);
                // The same outcome given twice is one, as old as its first; of several the one given last counts.
                connection.Execute($"""
                    CREATE OR REPLACE VIEW {outcomes} AS
                    SELECT *, row_number() OVER (PARTITION BY endpoint, id ORDER BY noted DESC, time DESC, label DESC) = 1 AS counts
                    FROM (SELECT id, value, label, time, note, endpoint, min(noted) AS noted FROM ({Union(PredictionKind.Outcomes, "no_outcomes", view)}) GROUP BY ALL)
                    """, stop);
            }
            foreach (var view in views)
            {
                // An endpoint called predictions-x would take the name of another's view.
                if (views.Any(v => view.Key == $"predictions_{v.Key}" || view.Key == $"outcomes_{v.Key}")) continue;
                connection.Execute($"""
                    CREATE VIEW {SqlText.Name(view.Key)} AS
                    SELECT p.*, o.value AS outcome, o.label AS outcome_label, o.time AS outcome_time, o.note AS outcome_note, o.noted AS outcome_noted
                    FROM {SqlText.Name($"predictions_{view.Key}")} p
                    LEFT JOIN (FROM {SqlText.Name($"outcomes_{view.Key}")} WHERE counts) o ON o.endpoint = p.endpoint AND o.id = p.id
                    """, stop);
            }
            return new(database, endpoints, [.. paths.Values]);

            string Union(PredictionKind kind, string none, IEnumerable<string> of)
            {
                var names = of.ToHashSet(StringComparer.Ordinal);
                List<string> read = [.. files.Where(f => f.Kind == kind && names.Contains(f.Endpoint)).Select(f =>
                    paths[f.Blob]).Distinct(StringComparer.Ordinal)];
                List<string> parts = [$"SELECT * FROM {none}"];
                if (read.Count > 0) parts.Add($"SELECT * FROM {SegmentFiles.RowsOf(read)}");
                parts.AddRange(tables.Where(t => t.Kind == kind && names.Contains(t.Endpoint)).Select(t => t.Select));
                return string.Join(" UNION ALL BY NAME ", parts);
            }
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Dispose() => database.Dispose();
}
