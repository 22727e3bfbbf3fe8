using System.Globalization;
using Kumiki.Native.DuckDb;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Predictions;

/// <summary>A prediction as a list shows it.</summary>
/// <param name="Inputs">The row as it came, JSON without personal values; null where it was too long, or no JSON.</param>
/// <param name="Device">The offline runner that answered; null where a server did.</param>
/// <param name="Outcome">What turned out to be true, as it was given last.</param>
sealed record LoggedLine(string Id, DateTimeOffset At, string Endpoint, int? Version, int? Release, string? Models, string? Threshold, string? Arm,
    string? Decision,
    float? Score, int LatencyUs, int QueueUs, int RunUs, string? Fallback, string? Error, string? ErrorText, string? TraceId, string? Inputs, string? Outcome,
    DateTimeOffset? OutcomeAt, string? Device);

/// <param name="Before">To ask for what comes after these; null where they are the last.</param>
sealed record LoggedPage(IReadOnlyList<LoggedLine> Predictions, string? Before);

/// <param name="Counts">Whether it is the one given last.</param>
sealed record LoggedOutcome(double? Value, string? Label, DateTimeOffset At, string? Note, DateTimeOffset Noted, bool Counts);

/// <summary>One prediction with all that is logged of it.</summary>
/// <param name="Scores">By name.</param>
/// <param name="Features">What the model read, by column; null: missing, or personal.</param>
/// <param name="Outcomes">Newest first.</param>
sealed record LoggedOne(LoggedLine Prediction, IReadOnlyDictionary<string, string?> Scores, IReadOnlyDictionary<string, string?> Features,
    IReadOnlyList<LoggedOutcome> Outcomes);

/// <summary>Reads the log of a data folder: files, and segments that are not files yet.</summary>
/// <param name="log">The log of this process, whose records are to be seen at once; null where it has none.</param>
sealed class PredictionReader(IMetadataStore metadata, IArtifactStore artifacts, string dataFolder, PredictionLog? log) : IDisposable
{
    readonly string folder = PredictionLog.FolderOf(dataFolder);

    // One of each at a time: what is asked must not take all the places that makings need, and a long SQL keeps no page waiting.
    readonly SemaphoreSlim asking = new(1), looking = new(1);

    /// <summary>Runs a SELECT over the views.</summary>
    /// <exception cref="KumikiException">As for <see cref="PredictionSql"/>.</exception>
    public async Task<SqlAnswer> SqlAsync(string sql, SqlLimits limits, CancellationToken stop)
    {
        if (sql.Length > SqlLimits.LongestSql) throw new KumikiException(Message.Of("predlog.sql-long", ("length", sql.Length), ("most",
            SqlLimits.LongestSql)));
        return await WithAsync(endpoint => sql.Contains(LogDatabase.ViewOf(endpoint), StringComparison.OrdinalIgnoreCase), null, null,
            database => PredictionSql.Run(database, sql, limits, stop), stop, asking);
    }

    async Task<T> WithAsync<T>(Func<string, bool> wants, Func<IReadOnlyList<PredictionFile>, IEnumerable<PredictionFile>>? reads, string? always,
        Func<LogDatabase, T> read, CancellationToken stop, SemaphoreSlim? turn = null)
    {
        turn ??= looking;
        await turn.WaitAsync(stop);
        try
        {
            if (log is not null) await log.ReadyToReadAsync(stop);
            using var database = await LogDatabase.OpenAsync(metadata, artifacts, folder, wants, reads, always, stop);
            return await Task.Run(() => read(database), stop);
        }
        catch (DuckDbException e)
        {
            throw new KumikiException(Message.Of("predlog.unreadable", ("reason", TableFailure.FirstLine(e.Reason))), e);
        }
        finally
        {
            turn.Release();
        }
    }

    const string Line =
        """
        id, time, endpoint, endpoint_version, release, models, threshold, arm, decision, score, latency_us, queue_us, run_us, fallback, error, error_text, trace_id,
        inputs, outcome_label, outcome_time, device
        """;

    /// <summary>An endpoint's predictions, newest first.</summary>
    /// <param name="before">Where the page before ended; null: the newest.</param>
    /// <exception cref="KumikiException">That is no such place.</exception>
    public Task<LoggedPage> PageAsync(string endpoint, int limit, string? before, CancellationToken stop)
    {
        var (at, id) = before is null ? (long.MaxValue, "") : PlaceOf(before);
        return WithAsync(name => name == endpoint, Newest, endpoint, database =>
        {
            // A joined view is not made where another's has its name: the join is written out.
            using var statement = database.Connection.Prepare($"""
                SELECT {Line} FROM (
                  SELECT p.*, o.label AS outcome_label, o.time AS outcome_time FROM {SqlText.Name($"predictions_{LogDatabase.ViewOf(endpoint)}")} p
                  LEFT JOIN (FROM {SqlText.Name($"outcomes_{LogDatabase.ViewOf(endpoint)}")} WHERE counts) o ON o.id = p.id AND o.endpoint = p.endpoint)
                WHERE endpoint = $1 AND (epoch_us(time) < $2 OR (epoch_us(time) = $2 AND id < $3)) ORDER BY time DESC, id DESC LIMIT $4
                """);
            statement.Bind(1, endpoint).Bind(2, at).Bind(3, id).Bind(4, limit);
            var lines = new List<LoggedLine>();
            using var rows = statement.Execute(stop);
            while (rows.Next())
                for (var row = 0; row < rows.Chunk.Rows; row++) lines.Add(LineOf(rows.Chunk, row));
            return new LoggedPage(lines, lines.Count < limit ? null : PlaceOf(lines[^1]));
        }, stop);

        // Of the predictions only the newest files that are sure to hold the page; of the outcomes all, for they may come at any time.
        IEnumerable<PredictionFile> Newest(IReadOnlyList<PredictionFile> files)
        {
            var rows = 0L;
            var oldest = DateTimeOffset.MaxValue;
            foreach (var file in files)
            {
                if (file.Kind == PredictionKind.Outcomes)
                {
                    yield return file;
                    continue;
                }
                if (PredictionLog.Microseconds(file.First) > at || (rows > limit && file.Last < oldest)) continue;
                // Rows of a file that lies before the place wholly are on the page or behind it.
                if (PredictionLog.Microseconds(file.Last) < at) rows += file.Rows;
                if (file.First < oldest) oldest = file.First;
                yield return file;
            }
        }
    }

    /// <summary>Tells of everything that came from offline runners.</summary>
    /// <param name="each">The device, the id it gave, and when it answered.</param>
    public Task DevicesAsync(Action<string, string, DateTimeOffset> each, CancellationToken stop) => WithAsync(_ => true, null, null, database =>
    {
        foreach (var view in database.Endpoints.Select(LogDatabase.ViewOf).Distinct(StringComparer.Ordinal))
        {
            using var statement = database.Connection.Prepare(
                $"SELECT device, id, time FROM {SqlText.Name($"predictions_{view}")} WHERE device IS NOT NULL");
            using var rows = statement.Execute(stop);
            while (rows.Next())
                for (var row = 0; row < rows.Chunk.Rows; row++)
                    each(LogCells.Text(rows.Chunk[0], row)!, LogCells.Text(rows.Chunk[1], row)!, Time(rows.Chunk[2], row)!.Value);
        }
        return true;
    }, stop);

    static string PlaceOf(LoggedLine line) => string.Create(CultureInfo.InvariantCulture, $"{PredictionLog.Microseconds(line.At)}~{line.Id}");

    static (long At, string Id) PlaceOf(string text) =>
        text.IndexOf('~', StringComparison.Ordinal) is > 0 and var cut && long.TryParse(text.AsSpan(0, cut), NumberStyles.None, CultureInfo.InvariantCulture,
            out var at)
            ? (at, text[(cut + 1)..])
            : throw new KumikiException(Message.Of("predlog.bad-place", ("place", text.Length > 80 ? text[..80] + "…" : text)));

    /// <summary>The prediction of an id, the newest where several have it; null where none has.</summary>
    /// <param name="endpoint">The endpoint that was asked; null: any.</param>
    public async Task<LoggedOne?> FindAsync(string id, string? endpoint, CancellationToken stop)
    {
        // An id of ours tells when it was made; a client's may tell anything, so that the whole log is looked through where it is not found there.
        if (TimeOf(id) is { } made && await FindAsync(files => files.Where(f => f.Kind == PredictionKind.Outcomes
            || (f.First < made.AddMinutes(1) && f.Last > made.AddMinutes(-1)))) is { } found) return found;
        return await FindAsync(null);

        Task<LoggedOne?> FindAsync(Func<IReadOnlyList<PredictionFile>, IEnumerable<PredictionFile>>? reads) => WithAsync(
            name => endpoint is null || name == endpoint, reads, null,
            database => database.Endpoints.Select(LogDatabase.ViewOf).Distinct(StringComparer.Ordinal).Select(view => One(database.Connection, view, id, stop))
                .OfType<LoggedOne>().Where(o => endpoint is null || o.Prediction.Endpoint == endpoint).MaxBy(o => o.Prediction.At), stop);
    }

    /// <summary>When a UUID of version 7 was made.</summary>
    static DateTimeOffset? TimeOf(string id) =>
        Guid.TryParse(id, out var guid) && guid.Version == 7
            ? DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(guid.ToString("N").AsSpan(0, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                : null;

    static LoggedOne? One(DuckDbConnection connection, string view, string id, CancellationToken stop)
    {
        using var outcomes = connection.Prepare(
            $"SELECT value, label, time, note, noted, counts, endpoint FROM {SqlText.Name($"outcomes_{view}")} WHERE id = $1 ORDER BY noted DESC, time DESC, label DESC");
        outcomes.Bind(1, id);
        using var found = outcomes.Execute(stop);
        var all = new List<(string Endpoint, LoggedOutcome Outcome)>();
        while (found.Next())
        {
            var chunk = found.Chunk;
            for (var row = 0; row < chunk.Rows; row++)
                all.Add(((string)chunk[6].Value(row)!, new((double?)chunk[0].Value(row), LogCells.Text(chunk[1], row), Time(chunk[2], row)!.Value,
                    LogCells.Text(chunk[3], row), Time(chunk[4], row)!.Value,
                    (bool)chunk[5].Value(row)!)));
        }
        using var statement = connection.Prepare(
            $"SELECT {Line}, * FROM (SELECT *, NULL::VARCHAR AS outcome_label, NULL::TIMESTAMP AS outcome_time FROM {SqlText.Name($"predictions_{view}")}) WHERE id = $1 ORDER BY time DESC LIMIT 1");
        statement.Bind(1, id);
        using var rows = statement.Execute(stop);
        if (!rows.Next()) return null;
        var line = LineOf(rows.Chunk, 0);
        var (scores, features) = (new Dictionary<string, string?>(StringComparer.Ordinal), new Dictionary<string, string?>(StringComparer.Ordinal));
        for (var column = Line.Split(',').Length; column < rows.Columns.Count; column++)
        {
            var name = rows.Columns[column].Name;
            if (name == "score" || name.StartsWith("score_", StringComparison.Ordinal)) scores[name] = LogCells.Text(rows.Chunk[column], 0);
            if (name.StartsWith("feature_", StringComparison.Ordinal)) features[name["feature_".Length..]] = LogCells.Text(rows.Chunk[column], 0);
        }
        List<LoggedOutcome> own = [.. all.Where(o => o.Endpoint == line.Endpoint).Select(o => o.Outcome)];
        var counting = own.FirstOrDefault(o => o.Counts);
        return new(line with { Outcome = counting?.Label, OutcomeAt = counting?.At }, scores, features, own);
    }

    static LoggedLine LineOf(DuckDbChunk chunk, int row) => new(LogCells.Text(chunk[0], row)!, Time(chunk[1], row)!.Value, LogCells.Text(chunk[2], row)!,
        (int?)chunk[3].Value(row),
        (int?)chunk[4].Value(row), LogCells.Text(chunk[5], row), LogCells.Text(chunk[6], row), LogCells.Text(chunk[7], row), LogCells.Text(chunk[8], row),
            (float?)chunk[9].Value(row),
        (int?)chunk[10].Value(row) ?? 0, (int?)chunk[11].Value(row) ?? 0, (int?)chunk[12].Value(row) ?? 0, LogCells.Text(chunk[13], row),
            LogCells.Text(chunk[14], row),
        LogCells.Text(chunk[15], row), LogCells.Text(chunk[16], row), LogCells.Text(chunk[17], row), LogCells.Text(chunk[18], row), Time(chunk[19], row),
        LogCells.Text(chunk[20], row));

    static DateTimeOffset? Time(DuckDbVector vector, int row) => vector.IsNull(row) ? null : new DateTimeOffset((DateTime)vector.Value(row)!, TimeSpan.Zero);

    /// <summary>Writes an endpoint's joined predictions as one Parquet file, for tools that have no way to the views.</summary>
    /// <param name="path">Must not exist.</param>
    /// <returns>Rows.</returns>
    /// <exception cref="KumikiException">There is a file already, or it cannot be written.</exception>
    public Task<long> ExportAsync(string endpoint, string path, CancellationToken stop)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path)) throw new KumikiException(Message.Of("predlog.export-there", ("path", path)));
        return WithAsync(name => name == endpoint, null, endpoint, database =>
        {
            var view = LogDatabase.ViewOf(endpoint);
            var partial = path + ".partial";
            var rows = 0L;
            TableFailure.Guard(SharedTables.Of(artifacts), path, () =>
            {
                using var copy = database.Connection.Prepare($"""
                    COPY (SELECT p.*, o.value AS outcome, o.label AS outcome_label, o.time AS outcome_time, o.note AS outcome_note, o.noted AS outcome_noted
                          FROM {SqlText.Name($"predictions_{view}")} p
                          LEFT JOIN (FROM {SqlText.Name($"outcomes_{view}")} WHERE counts) o ON o.endpoint = p.endpoint AND o.id = p.id ORDER BY p.time, p.id)
                    TO {SqlText.Quote(partial)} ({ParquetForm.Options})
                    """);
                using var result = copy.Execute(stop);
                result.Next();
                rows = result.Chunk[0].Values<long>()[0];
                File.Move(partial, path);
            });
            return rows;
        }, stop);
    }

    public void Dispose()
    {
        asking.Dispose();
        looking.Dispose();
    }
}
