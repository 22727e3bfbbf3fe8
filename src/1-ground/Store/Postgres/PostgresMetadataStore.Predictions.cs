using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task<PredictionsKept> KeepPredictionsAsync(PredictionChange change, long generation, CancellationToken stop) =>
        DecideAsync<PredictionsKept>(async db =>
        {
            if (change.Segment is { } segment && await db.AnyAsync("SELECT 1 FROM prediction_segments WHERE name = $1", segment.Name))
                return new PredictionsKept.Before();
            long[] removed = [.. change.Removed];
            if (await db.NumberAsync("SELECT count(*) FROM prediction_files WHERE id = ANY($1)",
                removed) != removed.Length) return new PredictionsKept.Before();
            var now = await CollectionAsync(db);
            if (change.Added.Count > 0 && (now.Generation != generation || change.Added.Any(f => now.Doomed.Contains(f.Blob))))
                return new PredictionsKept.Collected(now);
            await db.RunAsync("DELETE FROM prediction_files WHERE id = ANY($1)", removed);
            foreach (var file in change.Added)
                await db.RunAsync("INSERT INTO prediction_files (endpoint, kind, hour, blob, bytes, rows, first, last) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    file.Endpoint, file.Kind, file.Hour, file.Blob, file.Bytes, file.Rows, file.First, file.Last);
            if (change.EndOf is { } writer) await db.RunAsync("DELETE FROM prediction_segments WHERE name > $1 || '/' AND name < $1 || '0'", writer);
            if (change.ForgetBefore is { } before) await db.RunAsync("DELETE FROM prediction_segments WHERE at < $1", before);
            if (change.Segment is { } done)
                await db.RunAsync("INSERT INTO prediction_segments (name, records, lost, dropped, at) VALUES ($1, $2, $3, $4, $5)",
                    done.Name, done.Records, done.Lost, done.Dropped, done.At);
            return new PredictionsKept.Kept();
        }, stop);

    public Task<(IReadOnlyList<PredictionFile> Files, IReadOnlySet<string> Listed)> PredictionFilesAsync(string? endpoint, IReadOnlyCollection<string> segments,
        CancellationToken stop) =>
        SnapshotAsync<(IReadOnlyList<PredictionFile>, IReadOnlySet<string>)>(async db => (await db.AllAsync(
            $"""
            SELECT {PredictionFileColumns} FROM prediction_files
            {(endpoint is null ? "" : "WHERE endpoint = $1")} ORDER BY last DESC, id DESC
            """, ReadPredictionFile, endpoint is null ? [] : [endpoint]),
            (await db.AllAsync("SELECT name FROM prediction_segments WHERE name = ANY($1)", row => row.GetString(0),
                segments)).ToHashSet(StringComparer.Ordinal)), stop);

    public Task<IReadOnlyList<PredictionSegment>> PredictionSegmentsAsync(string? writer, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<PredictionSegment>>(async db => await db.AllAsync(
            $"""
            SELECT name, records, lost, dropped, at FROM prediction_segments
            {(writer is null ? "" : "WHERE name > $1 || '/' AND name < $1 || '0'")} ORDER BY name
            """,
            row => new PredictionSegment(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), Time(row, 4)), writer is null ? [] : [writer]),
                stop);
}
