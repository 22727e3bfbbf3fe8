using System.Text.Json.Nodes;

namespace Kumiki.Client;

/// <summary>Registered models, their versions and aliases.</summary>
public sealed class ModelRegistry
{
    const int Page = 1000;

    readonly TrackingClient client;
    readonly TrackingHttp http;
    readonly ArtifactTransfer artifacts;

    internal ModelRegistry(TrackingClient client, TrackingHttp http, ArtifactTransfer artifacts) =>
        (this.client, this.http, this.artifacts) = (client, http, artifacts);

    /// <summary>Registers files of a run as the next version of a model; the model is made where there is none.</summary>
    /// <param name="folder">Of the run's artifacts: <c>model</c>.</param>
    public Task<ModelVersion> RegisterAsync(string name, ActiveRun run, string folder, string description = "", CancellationToken stop = default) =>
        RegisterAsync(name, $"{run.ArtifactUri}/{folder.Trim('/')}", run.Id, description, stop);

    /// <param name="source">Where the files are: <c>mlflow-artifacts:/0/6f…/artifacts/model</c>, <c>models:/m-…</c>.</param>
    /// <param name="runId">The run that made them; empty for none.</param>
    /// <inheritdoc cref="RegisterAsync(string, ActiveRun, string, string, CancellationToken)"/>
    public async Task<ModelVersion> RegisterAsync(string name, string source, string runId = "", string description = "", CancellationToken stop = default)
    {
        await CreateAsync(name, stop: stop);
        var mark = Guid.NewGuid().ToString("N");
        var body = new JsonObject
        {
            ["name"] = name,
            ["source"] = source,
            ["description"] = description,
            ["tags"] = TrackingClient.Entries([new(TrackingClient.Mark, mark)]),
        };
        if (runId.Length > 0) body["run_id"] = runId;
        var made = await http.PostAsync("model-versions/create", body, stop, async token =>
        {
            var page = await http.GetAsync("model-versions/search?max_results=1&filter="
                + Uri.EscapeDataString($"name = {Quoted(name)} AND tags.`{TrackingClient.Mark}` = '{mark}'"), token);
            return page.ModelVersions is [var one, ..] ? new() { ModelVersion = one } : null;
        });
        return made.ModelVersion?.Read() ?? throw client.Incomplete("model-versions/create");
    }

    /// <summary>Makes a model without versions; one that is there stays as it is.</summary>
    public async Task CreateAsync(string name, string description = "", CancellationToken stop = default)
    {
        try
        {
            await http.PostAsync("registered-models/create", new() { ["name"] = name, ["description"] = description }, stop);
        }
        catch (TrackingRefusedException e) when (e.Code == "RESOURCE_ALREADY_EXISTS")
        {
            // which is what was wanted
        }
    }

    /// <exception cref="TrackingRefusedException">There is none.</exception>
    public async Task<RegisteredModel> ModelAsync(string name, CancellationToken stop = default) =>
        (await http.GetAsync($"registered-models/get?name={Uri.EscapeDataString(name)}", stop)).RegisteredModel?.Read()
        ?? throw client.Incomplete("registered-models/get");

    /// <summary>Models by name, page by page as they are asked for.</summary>
    /// <param name="filter"><c>name LIKE 'demand%'</c>; empty for all.</param>
    public IAsyncEnumerable<RegisteredModel> SearchAsync(string filter = "", CancellationToken stop = default) =>
        PagesAsync("registered-models/search", filter, page => page.RegisteredModels?.Select(m => m.Read()), stop);

    /// <summary>Versions, the newest first.</summary>
    public IAsyncEnumerable<ModelVersion> VersionsAsync(string name, CancellationToken stop = default) =>
        PagesAsync("model-versions/search", $"name = {Quoted(name)}", page => page.ModelVersions?.Select(v => v.Read()), stop);

    /// <exception cref="TrackingRefusedException">There is none.</exception>
    public async Task<ModelVersion> VersionAsync(string name, int number, CancellationToken stop = default) =>
        Read(await http.GetAsync($"model-versions/get?name={Uri.EscapeDataString(name)}&version={number}", stop));

    /// <summary>The version that an alias names.</summary>
    /// <exception cref="TrackingRefusedException">It names none.</exception>
    public async Task<ModelVersion> VersionAsync(string name, string alias, CancellationToken stop = default) =>
        Read(await http.GetAsync($"registered-models/alias?name={Uri.EscapeDataString(name)}&alias={Uri.EscapeDataString(alias)}", stop));

    /// <summary>Lets an alias name a version, instead of what it named before.</summary>
    public Task SetAliasAsync(string name, string alias, int number, CancellationToken stop = default) => http.PostAsync("registered-models/alias",
        new() { ["name"] = name, ["alias"] = alias, ["version"] = number.ToString(System.Globalization.CultureInfo.InvariantCulture) }, stop);

    /// <summary>Takes an alias away; one that is not there is gone already.</summary>
    public Task DeleteAliasAsync(string name, string alias, CancellationToken stop = default) =>
        http.AskAsync(HttpMethod.Delete, http.Api("registered-models/alias"), new() { ["name"] = name, ["alias"] = alias }, stop);

    /// <summary>Downloads the files of a version.</summary>
    /// <param name="into">A folder of this machine; made where there is none.</param>
    /// <returns>The path of what was downloaded.</returns>
    /// <exception cref="KumikiException">They are not kept by the server.</exception>
    public async Task<string> DownloadAsync(ModelVersion version, string into, CancellationToken stop = default)
    {
        var uri = (await http.GetAsync($"model-versions/get-download-uri?name={Uri.EscapeDataString(version.Name)}&version={version.Number}", stop)).ArtifactUri
            ?? throw client.Incomplete("model-versions/get-download-uri");
        if (uri.StartsWith("runs:/", StringComparison.Ordinal) && uri["runs:/".Length..].TrimStart('/').Split('/', 2) is [var run, .. var rest])
            uri = $"{(await client.RunAsync(run, stop)).ArtifactUri}/{string.Concat(rest)}";
        return await artifacts.DownloadAsync(artifacts.PlaceOf(uri), into, stop);
    }

    ModelVersion Read(WireAnswer answer) => answer.ModelVersion?.Read() ?? throw client.Incomplete("model-versions/get");

    async IAsyncEnumerable<T> PagesAsync<T>(
        string path, string filter, Func<WireAnswer, IEnumerable<T>?> read, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        string? token = null;
        do
        {
            var page = await http.GetAsync($"{path}?max_results={Page}&filter={Uri.EscapeDataString(filter)}"
                + $"{(string.IsNullOrEmpty(token) ? "" : "&page_token=" + Uri.EscapeDataString(token))}", stop);
            foreach (var item in read(page) ?? []) yield return item;
            token = page.NextPageToken;
        }
        while (!string.IsNullOrEmpty(token));
    }

    static string Quoted(string text) => text.Contains('\'', StringComparison.Ordinal) ? $"\"{text}\"" : $"'{text}'";
}
