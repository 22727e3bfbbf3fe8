using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Kumiki.Client;

/// <summary>A client of a tracking server that speaks MLflow's protocol: Kumiki's, or the original.</summary>
/// <remarks>All of it may be called from any thread. Calls are tried again while the server does not answer (<see cref="TrackingOptions.RetryFor"/>), and none
/// of them has two effects.</remarks>
public sealed class TrackingClient : IAsyncDisposable
{
    /// <summary>Marks what a call made, so that it is found when the call's answer was lost.</summary>
    internal const string Mark = "kumiki.call";

    /// <summary>As many as every server gives.</summary>
    const int PageRuns = 1000, PagePoints = 25_000;

    readonly TrackingHttp http;
    readonly TrackingOptions options;
    readonly ArtifactTransfer artifacts;

    /// <param name="address">Of the server: <c>http://127.0.0.1:5080</c>; <c>MLFLOW_TRACKING_URI</c> by default. Nothing is sent yet.</param>
    /// <exception cref="KumikiException">No address, or none of http or https.</exception>
    public TrackingClient(string? address = null, TrackingOptions? options = null)
    {
        this.options = options ?? new();
        var written = address ?? Environment.GetEnvironmentVariable("MLFLOW_TRACKING_URI");
        if (string.IsNullOrWhiteSpace(written)) throw new KumikiException(Message.Of("client.no-address"));
        if (!Uri.TryCreate(written.Trim().TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Query.Length > 0)
            throw new KumikiException(Message.Of("client.bad-address", ("address", written)));
        http = new(uri, this.options);
        artifacts = new(http, this.options);
        Models = new(this, http, artifacts);
    }

    /// <summary>Where the server is; ends with a slash.</summary>
    public Uri Address => http.Address;

    /// <summary>The server's registry of models.</summary>
    public ModelRegistry Models { get; }

    /// <summary>The experiment of a name; made where there is none.</summary>
    /// <exception cref="TrackingRefusedException">It was deleted and still has the name, or the name is not allowed.</exception>
    public async Task<Experiment> ExperimentAsync(string name, CancellationToken stop = default)
    {
        if (await ThereAsync() is { } there) return there;
        try
        {
            await http.PostAsync("experiments/create", new() { ["name"] = name }, stop);
        }
        catch (TrackingRefusedException e) when (e.Code == "RESOURCE_ALREADY_EXISTS")
        {
            // Made meanwhile, by another or by a call whose answer was lost; or it was deleted.
            if (await ThereAsync() is { } made) return made;
            throw;
        }
        return await ThereAsync() ?? throw Incomplete("experiments/create");

        async Task<Experiment?> ThereAsync() => await FindExperimentAsync(name, stop) is { IsDeleted: false } found ? found : null;
    }

    /// <summary>The experiment of a name, deleted ones too; null where there is none.</summary>
    public async Task<Experiment?> FindExperimentAsync(string name, CancellationToken stop = default)
    {
        try
        {
            return (await http.GetAsync($"experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}", stop)).Experiment?.Read();
        }
        catch (TrackingRefusedException e) when (e.Code == "RESOURCE_DOES_NOT_EXIST")
        {
            return null;
        }
    }

    /// <summary>Experiments, newest first, page by page as they are asked for.</summary>
    /// <param name="filter">In the protocol's grammar: <c>name LIKE 'demand%' AND tags.team = 'sales'</c>; empty for all.</param>
    public IAsyncEnumerable<Experiment> SearchExperimentsAsync(string filter = "", CancellationToken stop = default) => PagesAsync(
        "experiments/search", () => new() { ["filter"] = filter, ["max_results"] = PageRuns }, answer => answer.Experiments?.Select(e => e.Read()), stop);

    /// <summary>Begins a run.</summary>
    /// <param name="experiment">Its name; the experiment is made where there is none.</param>
    /// <param name="name">The server makes one up by default.</param>
    public async Task<ActiveRun> StartRunAsync(
        string experiment, string? name = null, IReadOnlyDictionary<string, string>? tags = null, CancellationToken stop = default)
    {
        var within = await ExperimentAsync(experiment, stop);
        var mark = Guid.NewGuid().ToString("N");
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["mlflow.user"] = Environment.UserName,
            ["mlflow.source.name"] = AppDomain.CurrentDomain.FriendlyName,
            ["mlflow.source.type"] = "LOCAL",
        };
        foreach (var (key, value) in tags ?? new Dictionary<string, string>()) all[key] = value;
        all[Mark] = mark;
        var body = new JsonObject
        {
            ["experiment_id"] = within.Id,
            ["user_id"] = Environment.UserName,
            ["start_time"] = options.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
            ["tags"] = Entries(all),
        };
        if (name is not null) body["run_name"] = name;
        var begun = await http.PostAsync("runs/create", body, stop, async token =>
        {
            var found = await SearchAsync([within.Id], $"tags.`{Mark}` = '{mark}'", [], 1, null, token);
            return found.Runs is [var one, ..] ? new() { Run = one } : null;
        });
        return new(http, options, begun.Run?.Read() ?? throw Incomplete("runs/create"));
    }

    /// <summary>Goes on logging to a run.</summary>
    public async Task<ActiveRun> ResumeRunAsync(string runId, CancellationToken stop = default) => new(http, options, await RunAsync(runId, stop));

    /// <summary>A run as it is now, deleted ones too.</summary>
    /// <exception cref="TrackingRefusedException">There is none.</exception>
    public async Task<Run> RunAsync(string runId, CancellationToken stop = default) =>
        (await http.GetAsync($"runs/get?run_id={Uri.EscapeDataString(runId)}", stop)).Run?.Read() ?? throw Incomplete("runs/get");

    /// <summary>Runs of some experiments, page by page as they are asked for.</summary>
    /// <param name="experiments">Names; those there are none of count as empty.</param>
    /// <param name="filter">In the protocol's grammar: <c>metrics.loss &lt; 0.3 AND params.model = 'tree'</c>; empty for all.</param>
    /// <param name="orderBy"><c>metrics.loss ASC</c>; the newest first by default.</param>
    public async IAsyncEnumerable<Run> SearchRunsAsync(IEnumerable<string> experiments, string filter = "", IEnumerable<string>? orderBy = null,
        [EnumeratorCancellation] CancellationToken stop = default)
    {
        var (ids, order) = (new List<string>(), orderBy?.ToList() ?? []);
        foreach (var name in experiments)
            if (await FindExperimentAsync(name, stop) is { } found) ids.Add(found.Id);
        if (ids.Count == 0) yield break;
        string? token = null;
        do
        {
            var page = await SearchAsync(ids, filter, order, PageRuns, token, stop);
            foreach (var run in page.Runs ?? []) yield return run.Read();
            token = page.NextPageToken;
        }
        while (!string.IsNullOrEmpty(token));
    }

    /// <summary>All points of a metric, by time, step and value.</summary>
    public async IAsyncEnumerable<LoggedPoint> HistoryAsync(string runId, string key, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var token = "";
        do
        {
            var page = await http.GetAsync($"metrics/get-history?run_id={Uri.EscapeDataString(runId)}&metric_key={Uri.EscapeDataString(key)}"
                + $"&max_results={PagePoints}{(token.Length > 0 ? "&page_token=" + Uri.EscapeDataString(token) : "")}", stop);
            foreach (var point in page.Metrics ?? []) yield return point.Read();
            token = page.NextPageToken ?? "";
        }
        while (token.Length > 0);
    }

    /// <summary>What lies directly in a folder of a run's artifacts, by path.</summary>
    /// <param name="folder">The top by default.</param>
    public async Task<IReadOnlyList<ArtifactFile>> ArtifactsAsync(string runId, string folder = "", CancellationToken stop = default)
    {
        var (files, token) = (new List<ArtifactFile>(), "");
        do
        {
            var page = await http.GetAsync($"artifacts/list?run_id={Uri.EscapeDataString(runId)}&path={Uri.EscapeDataString(folder)}"
                + $"{(token.Length > 0 ? "&page_token=" + Uri.EscapeDataString(token) : "")}", stop);
            files.AddRange((page.Files ?? []).Select(f => new ArtifactFile(f.Path, f.IsDir ? null : f.FileSize ?? 0)));
            token = page.NextPageToken ?? "";
        }
        while (token.Length > 0);
        return [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    /// <summary>Downloads a file of a run's artifacts, or a folder with all in it. A line that breaks is taken up where it broke.</summary>
    /// <param name="into">A folder of this machine; made where there is none.</param>
    /// <returns>The path of what was downloaded.</returns>
    public async Task<string> DownloadAsync(string runId, string path, string into, CancellationToken stop = default) =>
        await artifacts.DownloadAsync(ArtifactTransfer.Below(artifacts.PlaceOf((await RunAsync(runId, stop)).ArtifactUri), path), into, stop);

    /// <summary>Sends what its runs still have to send, and lets go of the connections. Runs that were not ended stay open on the server.</summary>
    /// <exception cref="NotLoggedException">Not all that was logged is on the server.</exception>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(ProcessEnd.Of(http).Select(run => run.LetGoAsync()));
        }
        finally
        {
            http.Dispose();
        }
    }

    internal async IAsyncEnumerable<T> PagesAsync<T>(
        string path, Func<JsonObject> asked, Func<WireAnswer, IEnumerable<T>?> read, [EnumeratorCancellation] CancellationToken stop)
    {
        string? token = null;
        do
        {
            var body = asked();
            if (token is not null) body["page_token"] = token;
            var page = await http.PostAsync(path, body, stop);
            foreach (var item in read(page) ?? []) yield return item;
            token = page.NextPageToken;
        }
        while (!string.IsNullOrEmpty(token));
    }

    internal TrackingRefusedException Incomplete(string path) => new("INTERNAL_ERROR", 200, Message.Of("client.not-tracking",
        ("address", Address), ("path", path), ("status", 200)));

    internal static JsonArray Entries(IEnumerable<KeyValuePair<string, string>> entries) =>
        new([.. entries.Select(e => new JsonObject { ["key"] = e.Key, ["value"] = e.Value })]);

    Task<WireAnswer> SearchAsync(IReadOnlyList<string> experiments, string filter, IReadOnlyList<string> order, int most, string? token, CancellationToken stop)
    {
        var body = new JsonObject
        {
            ["experiment_ids"] = new JsonArray([.. experiments.Select(id => JsonValue.Create(id))]),
            ["filter"] = filter,
            ["order_by"] = new JsonArray([.. order.Select(o => JsonValue.Create(o))]),
            ["max_results"] = most,
        };
        if (token is not null) body["page_token"] = token;
        return http.PostAsync("runs/search", body, stop);
    }
}
