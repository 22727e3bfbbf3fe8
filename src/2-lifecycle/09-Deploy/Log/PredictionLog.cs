using System.Collections.Concurrent;
using Kumiki.Onnx;
using Kumiki.Store;

namespace Kumiki.Predictions;

/// <summary>How predictions are logged.</summary>
sealed record PredictionLogSettings
{
    public JournalSettings Journal { get; init; } = new();

    /// <summary>Files whose last row is older leave the log; null: none does.</summary>
    /// <value>90 days.</value>
    public TimeSpan? Keep { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Segments become files in the processor time that others leave, as long as no more bytes than this wait, and none longer than <see
    /// cref="PatientFor"/>; then they take their share.</summary>
    /// <value>1 GiB.</value>
    public long PatientBytes { get; init; } = 1L << 30;

    /// <value>15 minutes.</value>
    public TimeSpan PatientFor { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Where more bytes of segments wait, whoever reads has files made of them first.</summary>
    /// <value>192 MiB.</value>
    public long ReadBytes { get; init; } = 192L << 20;

    /// <summary>Between two looks for files that can become one, and for files that are too old.</summary>
    public TimeSpan CompactEvery { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>What an answer's way into the log costs it and what became of it.</summary>
/// <param name="Accepted">Records taken since this process began.</param>
/// <param name="Dropped">Records there was no room for, or that could not be written.</param>
/// <param name="Cut">Predictions logged without their inputs, because these are too long.</param>
/// <param name="LostBefore">Records that processes took which were killed before they had written them, as far as the log goes back.</param>
/// <param name="Waiting">Segments that are not Parquet yet.</param>
/// <param name="Trouble">What went wrong last; null: nothing.</param>
sealed record LogFigures(long Accepted, long Dropped, long Cut, long LostBefore, int Waiting, Message? Trouble);

/// <summary>Logs what endpoints answer: taken at once, durable within 200 ms, in Parquet within some minutes.</summary>
/// <remarks>It never blocks an answer and never fails one: what there is no room for is dropped and counted. docs/prediction-log.md.</remarks>
sealed class PredictionLog : IAsyncDisposable
{
    /// <summary>Bytes of a row's inputs; longer ones are not logged, the rest of the prediction is.</summary>
    const int MostInputs = 64 * 1024;

    /// <summary>Characters of an id, an arm, a note.</summary>
    public const int MostId = 200, MostNote = 2000;

    readonly Journal journal;
    readonly SegmentFiles files;
    readonly PredictionLogSettings settings;
    readonly TimeProvider clock;
    readonly ConcurrentDictionary<string, LoggedAs> shapes = new(StringComparer.Ordinal);
    readonly CancellationTokenSource stopping = new();
    readonly Action<Exception> told;
    readonly SemaphoreSlim converting = new(1);
    readonly TaskCompletionSource recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Task working;
    long cut, lostBefore, toldAt;
    int hurried;
    volatile Message? trouble;

    PredictionLog(string folder, SegmentFiles files, PredictionLogSettings settings, TimeProvider clock, Action<Exception> told)
    {
        (Folder, this.files, this.settings, this.clock, this.told) = (folder, files, settings, clock, told);
        journal = Journal.Open(folder, settings.Journal, Trouble);
        working = Task.Run(() => WorkAsync(stopping.Token));
    }

    /// <summary>Where its segments lie: <c>predictions/</c> of the data folder.</summary>
    public string Folder { get; }

    /// <summary>Ends when what killed processes left has been looked at once.</summary>
    public Task Recovered => recovered.Task;

    /// <summary>Opens the log of a data folder; segments that killed processes left become files in the background.</summary>
    /// <param name="told">Of what went wrong in the background; it goes on.</param>
    /// <exception cref="KumikiException">The folder cannot be made or written.</exception>
    public static PredictionLog Open(string dataFolder, IMetadataStore metadata, IArtifactStore artifacts, PredictionLogSettings settings, TimeProvider clock,
        Action<Exception> told)
    {
        var folder = FolderOf(dataFolder);
        return new(folder, new(metadata, artifacts, clock), settings, clock, told);
    }

    public static string FolderOf(string dataFolder) => Path.Combine(dataFolder, "predictions");

    /// <summary>The shape as this log knows it; the same again for an equal one.</summary>
    /// <param name="fields">The fields of the rows that predictions of it come with, if they come with rows.</param>
    public LoggedAs Of(LoggedShape shape, EndpointSchema? fields = null)
    {
        var key = System.Text.Encoding.UTF8.GetString(shape.ToJson());
        if (shapes.TryGetValue(key, out var known)) return known;
        lock (shapes)
        {
            if (shapes.TryGetValue(key, out known)) return known;
            var added = new LoggedAs(shapes.Count, shape, fields);
            journal.Preface(LogRecord.OfShape(added.Number, shape));
            return shapes[key] = added;
        }
    }

    /// <summary>Logs one; neither waits nor throws.</summary>
    /// <returns>False where it was dropped.</returns>
    public bool TryAdd(in LoggedPrediction one)
    {
        var inputs = one.Rows is { } rows ? rows.Json(one.Row) : one.Inputs;
        if (inputs.Length > MostInputs)
        {
            Interlocked.Increment(ref cut);
            inputs = [];
        }
        if (one.As.Mask is { } mask && inputs.Length > 0) inputs = mask.Apply(inputs);
        var errorText = one.Error is { } error && !one.As.HasPersonal ? error.In("en") : null;
        if (!journal.TryReserve(LogRecord.LengthOf(one, inputs, errorText), out var place)) return false;
        LogRecord.Write(place.Bytes, one, inputs, errorText);
        place.Commit();
        return true;
    }

    /// <summary>Logs outcomes; they are durable when this ends. The same once more changes nothing.</summary>
    /// <exception cref="KumikiException">They could not be written; give them again.</exception>
    public async Task AddAsync(IReadOnlyList<Outcome> outcomes, CancellationToken stop)
    {
        try
        {
            await KeepAsync(outcomes.Count, i => TryAdd(outcomes[i]), stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KumikiException(Message.Of("predlog.outcomes-not-kept", ("reason", e.Message.TrimEnd('.'))), e);
        }

        bool TryAdd(Outcome one)
        {
            if (!journal.TryReserve(LogRecord.LengthOf(one), out var place)) return false;
            LogRecord.Write(place.Bytes, one, Microseconds(clock.GetUtcNow()));
            place.Commit();
            return true;
        }
    }

    /// <summary>Adds what must not be dropped: waits where there is no room, and ends when all of it is durable.</summary>
    /// <param name="tryAdd">Adds the n-th; false where there was no room.</param>
    /// <exception cref="IOException">It could not be written; some of it may be there.</exception>
    public async Task KeepAsync(int count, Func<int, bool> tryAdd, CancellationToken stop)
    {
        var failures = journal.Failures;
        for (var i = 0; i < count; i++)
            for (var tries = 0; !tryAdd(i); tries++)
            {
                stop.ThrowIfCancellationRequested();
                if (tries == MostTries) throw new IOException("there is no room in the log");
                await journal.FlushAsync();
            }
        await journal.FlushAsync();
        if (journal.Failures != failures) throw new IOException("the log could not be written");
    }

    const int MostTries = 1000;

    /// <summary>A time as the log has it: µs since 1970.</summary>
    public static long Microseconds(DateTimeOffset at) => (at.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Ends when all that was taken before can be read.</summary>
    public Task FlushAsync() => journal.FlushAsync();

    /// <summary>Ends when all that was taken before can be read; where much of it waits to become files, that is done first, for a file is read much
    /// quicker.</summary>
    public async Task ReadyToReadAsync(CancellationToken stop)
    {
        await journal.FlushAsync();
        if (Waiting().Bytes > settings.ReadBytes) await TriedAsync(() => ConvertAsync(hurry: true, stop), stop);
    }

    public async Task<LogFigures> FiguresAsync() => new(journal.Accepted, journal.Dropped, Interlocked.Read(ref cut), Interlocked.Read(ref lostBefore),
        await Task.Run(() => JournalFolder.Segments(Folder).Count), trouble);

    /// <summary>Records taken and dropped by this process, at once.</summary>
    public (long Accepted, long Dropped) Counts => (journal.Accepted, journal.Dropped);

    void Trouble(Exception e)
    {
        var says = (e as KumikiException)?.Says ?? Message.Of("predlog.trouble", ("reason", e.Message.TrimEnd('.')));
        // The same once a minute: it is tried again every second.
        var now = Environment.TickCount64;
        var isKnown = says.Equals(trouble) && now - Interlocked.Read(ref toldAt) < 60_000;
        trouble = says;
        if (isKnown) return;
        Interlocked.Exchange(ref toldAt, now);
        told(e);
    }

    // ── in the background ──

    async Task WorkAsync(CancellationToken stop)
    {
        await TriedAsync(() => RecoverAsync(stop), stop);
        recovered.SetResult();
        var compacted = clock.GetUtcNow();
        while (!stop.IsCancellationRequested)
        {
            await TriedAsync(() => ConvertAsync(hurry: false, stop), stop);
            if (clock.GetUtcNow() - compacted >= settings.CompactEvery)
            {
                compacted = clock.GetUtcNow();
                await TriedAsync(() => TidyAsync(stop), stop);
            }
            await Task.Delay(Look, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static readonly TimeSpan Look = TimeSpan.FromSeconds(1), LongestEnd = TimeSpan.FromSeconds(15);

    /// <summary>What fails is told, and tried again with the next look.</summary>
    async Task TriedAsync(Func<Task> work, CancellationToken stop)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // it stops
        }
        catch (Exception e) when (e is KumikiException or IOException or UnauthorizedAccessException)
        {
            Trouble(e);
        }
    }

    /// <summary>Makes files of what dead writers left, and counts what they had taken and not written.</summary>
    async Task RecoverAsync(CancellationToken stop)
    {
        foreach (var dead in JournalFolder.TakeDead(Folder))
            using (dead)
            {
                foreach (var segment in dead.Segments) await files.ConvertAsync(segment, givesWay: false, stop);
                await files.EndAsync(dead.Name, dead.Accepted, dead.Dropped, stop);
                JournalFolder.Remove(dead.Folder);
            }
        Interlocked.Exchange(ref lostBefore, (await files.SegmentsAsync(null, stop)).Sum(s => s.Lost));
    }

    /// <summary>Makes files of the segments that have ended.</summary>
    /// <param name="hurry">Whether somebody waits for it; else it gives way to whatever else there is to do, within its bounds.</param>
    async Task ConvertAsync(bool hurry, CancellationToken stop)
    {
        if (hurry) Interlocked.Increment(ref hurried);
        try
        {
            await converting.WaitAsync(stop);
            try
            {
                // Once it is late it catches up half the way, so as not to be late again at once.
                for (var late = false; journal.Ended.TryPeek(out var segment); late = late && IsLate(share: 0.5))
                {
                    late = late || Volatile.Read(ref hurried) > 0 || IsLate(share: 1);
                    if (!await ConvertAsync(segment, late, stop)) continue;
                    journal.Ended.TryDequeue(out _);
                }
            }
            finally
            {
                converting.Release();
            }
        }
        finally
        {
            if (hurry) Interlocked.Decrement(ref hurried);
        }
    }

    /// <returns>False where it gave way to others until it was late: then it is begun again.</returns>
    async Task<bool> ConvertAsync(string segment, bool late, CancellationToken stop)
    {
        if (late)
        {
            await files.ConvertAsync(segment, givesWay: false, stop);
            return true;
        }
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var work = files.ConvertAsync(segment, givesWay: true, over.Token);
        while (await Task.WhenAny(work, Task.Delay(Look, clock, stop)) != work && !stop.IsCancellationRequested)
            if (Volatile.Read(ref hurried) > 0 || IsLate(share: 1)) await over.CancelAsync();
        try
        {
            await work;
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    bool IsLate(double share)
    {
        var (bytes, oldest) = Waiting();
        return bytes > settings.PatientBytes * share || oldest > settings.PatientFor * share;
    }

    /// <summary>Bytes of the segments that have ended and are no files yet, and how long the oldest waits.</summary>
    (long Bytes, TimeSpan Oldest) Waiting()
    {
        var (bytes, oldest) = (0L, DateTime.MaxValue);
        foreach (var segment in journal.Ended.Select(path => new FileInfo(path)))
        {
            if (!segment.Exists) continue;      // it became a file just now
            bytes += segment.Length;
            if (segment.LastWriteTimeUtc < oldest) oldest = segment.LastWriteTimeUtc;
        }
        return (bytes, oldest == DateTime.MaxValue ? TimeSpan.Zero : clock.GetUtcNow().UtcDateTime - oldest);
    }

    /// <summary>Takes over what killed processes left, makes one file of the files of an endpoint's hour once it is over, and takes files off the log
    /// that are too old.</summary>
    public async Task TidyAsync(CancellationToken stop)
    {
        await RecoverAsync(stop);        // other processes of this folder may have been killed since
        await files.CompactAsync(stop);
        if (settings.Keep is { } age) await files.ForgetAsync(clock.GetUtcNow() - age, stop);
    }

    /// <summary>Makes files of all that was taken, now.</summary>
    public async Task ConvertNowAsync(CancellationToken stop)
    {
        await journal.EndSegmentAsync();
        await ConvertAsync(hurry: true, stop);
    }

    /// <summary>Writes what was taken and makes files of it; what cannot become a file now, or not in the time that an end may take, does when the log is
    /// opened again.</summary>
    public async ValueTask DisposeAsync()
    {
        await journal.DisposeAsync();
        await stopping.CancelAsync();
        await working;
        using var soon = new CancellationTokenSource(LongestEnd, clock);
        try
        {
            await ConvertAsync(hurry: true, soon.Token);
            await files.EndAsync(journal.Name, journal.Accepted, journal.Dropped, CancellationToken.None);
            journal.Forget();
        }
        catch (OperationCanceledException) when (soon.IsCancellationRequested)
        {
            journal.Leave();
        }
        catch (Exception e) when (e is KumikiException or IOException or UnauthorizedAccessException)
        {
            Trouble(e);
            journal.Leave();
        }
        stopping.Dispose();
        converting.Dispose();
    }
}
