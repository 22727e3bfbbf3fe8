using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    public Task<PredictionsKept> KeepPredictionsAsync(PredictionChange change, long generation, CancellationToken stop) =>
        WriteAsync<PredictionsKept>(db =>
        {
            if (change.Segment is { } segment && db.Any("SELECT 1 FROM prediction_segments WHERE name = ?1", segment.Name)) return new PredictionsKept.Before();
            foreach (var number in change.Removed)
                if (!db.Any("SELECT 1 FROM prediction_files WHERE id = ?1", number)) return new PredictionsKept.Before();
            var now = Collection(db);
            if (change.Added.Count > 0 && (now.Generation != generation || change.Added.Any(f => now.Doomed.Contains(f.Blob))))
                return new PredictionsKept.Collected(now);
            foreach (var number in change.Removed) db.Run("DELETE FROM prediction_files WHERE id = ?1", number);
            foreach (var file in change.Added)
                db.Run("INSERT INTO prediction_files (endpoint, kind, hour, blob, bytes, rows, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    file.Endpoint, file.Kind.ToString(), file.Hour, file.Blob, file.Bytes, file.Rows, file.First, file.Last);
            if (change.EndOf is { } writer) db.Run("DELETE FROM prediction_segments WHERE name > ?1 || '/' AND name < ?1 || '0'", writer);
            if (change.ForgetBefore is { } before) db.Run("DELETE FROM prediction_segments WHERE at < ?1", before);
            if (change.Segment is { } done)
                db.Run("INSERT INTO prediction_segments (name, records, lost, dropped, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    done.Name, done.Records, done.Lost, done.Dropped, done.At);
            return new PredictionsKept.Kept();
        }, stop);

    public Task<(IReadOnlyList<PredictionFile> Files, IReadOnlySet<string> Listed)> PredictionFilesAsync(string? endpoint, IReadOnlyCollection<string> segments,
        CancellationToken stop) =>
        ReadAsync<(IReadOnlyList<PredictionFile>, IReadOnlySet<string>)>(db => (db.All(
            $"""
            SELECT {PredictionFileColumns} FROM prediction_files
            {(endpoint is null ? "" : "WHERE endpoint = ?1")} ORDER BY last DESC, id DESC
            """, ReadPredictionFile, endpoint is null ? [] : [endpoint]),
            segments.Where(name => db.Any("SELECT 1 FROM prediction_segments WHERE name = ?1", name)).ToHashSet(StringComparer.Ordinal)), stop);

    public Task<IReadOnlyList<PredictionSegment>> PredictionSegmentsAsync(string? writer, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<PredictionSegment>>(db => db.All(
            $"""
            SELECT name, records, lost, dropped, at FROM prediction_segments
            {(writer is null ? "" : "WHERE name > ?1 || '/' AND name < ?1 || '0'")} ORDER BY name
            """,
            row => new PredictionSegment(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), Time(row, 4)), writer is null ? [] : [writer]),
                stop);
}
