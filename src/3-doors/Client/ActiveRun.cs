using System.Globalization;

namespace Kumiki.Client;

/// <summary>A run that is logged to. Metrics, parameters and tags are queued and sent in the background, in the order in which they were logged; artifacts are
/// sent at once.</summary>
/// <remarks>All of it may be called from any thread. Its end flushes; so does the end of the process, for a while (<see
/// cref="TrackingOptions.ExitWithin"/>), though not a process that is killed or fails.</remarks>
public sealed class ActiveRun : IAsyncDisposable
{
    readonly TrackingHttp http;
    readonly TrackingOptions options;
    readonly ArtifactTransfer artifacts;
    readonly LogQueue queue;
    readonly SemaphoreSlim one = new(1);
    volatile bool ended;

    internal ActiveRun(TrackingHttp http, TrackingOptions options, Run run)
    {
        (this.http, this.options, Id, Name, ExperimentId, ArtifactUri) = (http, options, run.Id, run.Name, run.ExperimentId, run.ArtifactUri);
        artifacts = new(http, options);
        queue = new(http, options, run.Id);
        ProcessEnd.Add(this, options.ExitWithin);
    }

    public string Id { get; }
    public string Name { get; }
    public string ExperimentId { get; }

    /// <summary>Where its artifacts go: <c>mlflow-artifacts:/0/6f…/artifacts</c>.</summary>
    public string ArtifactUri { get; }

    /// <summary>Logs one point of a metric. The same point again is one point.</summary>
    /// <param name="key">Letters, digits, <c>_ / . - :</c> and spaces, at most 250.</param>
    /// <param name="value">NaN and infinities are kept.</param>
    /// <param name="at">Now by default; to the millisecond.</param>
    /// <remarks>Waits where more than <see cref="TrackingOptions.MostWaiting"/> values wait to be sent.</remarks>
    /// <exception cref="NotLoggedException">The server was given up before.</exception>
    /// <exception cref="ObjectDisposedException">The run was ended.</exception>
    public void LogMetric(string key, double value, long step = 0, DateTimeOffset? at = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        queue.Add(new(LoggedKind.Metric, key, "", value, step, (at ?? options.Clock.GetUtcNow()).ToUnixTimeMilliseconds()));
    }

    /// <summary>Logs a parameter: once; another value for it is refused, which the next flush tells.</summary>
    /// <param name="value">Written in the invariant culture; cut after 6,000 characters.</param>
    /// <inheritdoc cref="LogMetric"/>
    public void LogParameter(string key, object? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        queue.Add(new(LoggedKind.Parameter, key, LogBatch.Cut(text, LogBatch.MostParameterText), 0, 0, 0));
    }

    /// <summary>Sets a tag, or sets it anew.</summary>
    /// <param name="value">Cut after 8,000 characters.</param>
    /// <inheritdoc cref="LogMetric"/>
    public void SetTag(string key, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        queue.Add(new(LoggedKind.Tag, key, LogBatch.Cut(value, LogBatch.MostTagText), 0, 0, 0));
    }

    /// <summary>Returns when all that was logged before is on the server, durable.</summary>
    /// <param name="stop">Ends the waiting only; what waits is still sent.</param>
    /// <exception cref="NotLoggedException">Some of it was refused, or the server was given up; what and why is said once.</exception>
    public Task FlushAsync(CancellationToken stop = default) => queue.FlushAsync(stop);

    /// <summary>Sends a file, or all files of a folder. A large one goes in parts where the server takes parts, with flat memory.</summary>
    /// <param name="path">On this machine.</param>
    /// <param name="folder">Where it goes among the run's artifacts; the top by default.</param>
    /// <exception cref="KumikiException">The server refuses, or cannot be reached.</exception>
    public async Task LogArtifactAsync(string path, string folder = "", CancellationToken stop = default)
    {
        if (!Directory.Exists(path))
        {
            await artifacts.UploadAsync(ArtifactUri, folder, path, stop);
            return;
        }
        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var below = Path.GetDirectoryName(Path.GetRelativePath(path, file))!.Replace(Path.DirectorySeparatorChar, '/');
            await artifacts.UploadAsync(ArtifactUri, string.Join('/', new[] { folder.Trim('/'), below }.Where(p => p.Length > 0)), file, stop);
        }
    }

    /// <summary>Sends bytes as a file.</summary>
    /// <param name="file">Its path among the run's artifacts: <c>model/notes.txt</c>.</param>
    /// <inheritdoc cref="LogArtifactAsync(string, string, CancellationToken)"/>
    public Task LogArtifactAsync(ReadOnlyMemory<byte> bytes, string file, CancellationToken stop = default) =>
        artifacts.UploadAsync(ArtifactUri, file, bytes, stop);

    /// <summary>Flushes, and writes down how the run ended. Again it does nothing.</summary>
    /// <exception cref="NotLoggedException">Not all is on the server; the run's status is, where the server could be reached.</exception>
    public async Task EndAsync(RunStatus status = RunStatus.Finished, CancellationToken stop = default)
    {
        await one.WaitAsync(stop);
        try
        {
            if (ended) return;
            var at = options.Clock.GetUtcNow().ToUnixTimeMilliseconds();
            NotLoggedException? lost = null;
            try
            {
                await queue.EndAsync(stop);
            }
            catch (NotLoggedException e) when (e.InnerException is TrackingRefusedException)
            {
                lost = e;
            }
            ended = true;
            ProcessEnd.Remove(this);
            await http.PostAsync("runs/update", new() { ["run_id"] = Id, ["status"] = WireName(status), ["end_time"] = at }, stop);
            if (lost is not null) throw lost;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Ends the run as finished, unless it was ended.</summary>
    /// <inheritdoc cref="EndAsync"/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await EndAsync();
        }
        finally
        {
            ProcessEnd.Remove(this);
        }
    }

    internal bool IsOf(TrackingHttp client) => ReferenceEquals(http, client);

    /// <summary>Sends what waits, and takes nothing more; how the run ended stays open.</summary>
    internal async Task LetGoAsync()
    {
        ProcessEnd.Remove(this);
        await queue.EndAsync(CancellationToken.None);
    }

    static string WireName(RunStatus status) => status.ToString().ToUpperInvariant();
}
