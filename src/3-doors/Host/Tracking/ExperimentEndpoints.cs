using System.Globalization;
using System.Text.Json;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>Experiments: groups of runs.</summary>
static class ExperimentEndpoints
{
    const int MostFound = 50_000;

    internal static IEnumerable<TrackingEndpoint> All { get; } =
    [
        TrackingEndpoint.Post("experiments/create", CreateAsync),
        TrackingEndpoint.Get("experiments/get", async call => await AnswerAsync(call, await call.Store.ExperimentAsync(Id(call), call.Stop))),
        TrackingEndpoint.Get("experiments/get-by-name", async call => await AnswerAsync(call,
            await call.Store.ExperimentAsync(call.Fields.Text("experiment_name"), call.Stop))),
        TrackingEndpoint.Post("experiments/delete", call => Done(call, call.Store.DeleteExperimentAsync(Id(call), deleted: true, call.Stop))),
        TrackingEndpoint.Post("experiments/restore", call => Done(call, call.Store.DeleteExperimentAsync(Id(call), deleted: false, call.Stop))),
        TrackingEndpoint.Post("experiments/update", call => Done(call, call.Store.RenameExperimentAsync(Id(call),
            Name(call.Fields.Text("new_name"), "new_name"), call.Stop))),
        TrackingEndpoint.Post("experiments/set-experiment-tag", call =>
            Done(call, call.Store.SetExperimentTagAsync(Id(call), TrackingRules.Tag(call.Fields, TrackingRules.MostExperimentTag, cut: false), call.Stop))),
        TrackingEndpoint.Post("experiments/delete-experiment-tag", call =>
            Done(call, call.Store.DeleteExperimentTagAsync(Id(call), call.Fields.Text("key"), call.Stop))),
        .. TrackingEndpoint.Search("experiments/search", SearchAsync),
        .. TrackingEndpoint.Search("experiments/search-datasets", DatasetsAsync),
    ];

    internal static async Task Done(TrackingCall call, Task done)
    {
        await done;
        await call.DoneAsync();
    }

    static long Id(TrackingCall call) => TrackingRules.Experiment(call.Fields.Text("experiment_id"), "experiment_id");

    static string Name(string name, string field) => TrackingRules.Within(name, field, TrackingRules.MostExperimentName);

    static async Task CreateAsync(TrackingCall call)
    {
        var name = Name(call.Fields.Text("name"), "name");
        var location = call.Fields.TextOrNull("artifact_location") is { Length: > 0 } given ? Location(given) : null;
        var tags = call.Fields.Objects("tags", tag => TrackingRules.Tag(tag, TrackingRules.MostExperimentTag, cut: false));
        var id = await call.Store.CreateExperimentAsync(name, location, tags, call.Stop);
        await call.AnswerAsync(json => json.WriteString("experiment_id", id.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>A place that runs may be put below.</summary>
    static string Location(string location)
    {
        var path = Uri.UnescapeDataString(location);
        return location.StartsWith("runs:", StringComparison.OrdinalIgnoreCase) || path.Split('/', '\\').Contains("..") || location.AsSpan()
            .IndexOfAny('?', '#') >= 0 || location.Length > 2000
            ? throw Fields.Bad(Message.Of("tracking.bad-location", ("location", TrackingRules.Quoted(location))))
            : location;
    }

    static Task AnswerAsync(TrackingCall call, Experiment experiment) => call.AnswerAsync(json =>
    {
        json.WriteStartObject("experiment");
        Write(json, experiment);
        json.WriteEndObject();
    });

    static async Task SearchAsync(TrackingCall call)
    {
        var fields = call.Fields;
        var most = fields.Most("max_results", 1000, MostFound);
        var (filter, order, view) = (fields.TextOrNull("filter") ?? "", fields.Texts("order_by"), View(fields, "view_type"));
        var search = SearchSubject.Experiments.Read(filter, order);
        var question = SearchTokens.Question(["experiments", filter, view.ToString(), .. order]);
        var (found, next) = await SearchTokens.PageAsync(fields, most, question, page => call.Store.SearchExperimentsAsync(search, view, page, call.Stop));
        await call.AnswerAsync(json =>
        {
            json.Objects("experiments", found, Write);
            json.TextOrNone("next_page_token", next);
        });
    }

    internal static ViewType View(Fields fields, string name) =>
        fields.NamedOrNull(name, ("ACTIVE_ONLY", ViewType.ActiveOnly), ("DELETED_ONLY", ViewType.DeletedOnly), ("ALL", ViewType.All)) ?? ViewType.ActiveOnly;

    static async Task DatasetsAsync(TrackingCall call)
    {
        var ids = call.Fields.Texts("experiment_ids");
        if (ids.Count is 0) throw call.Fields.Missing("experiment_ids");
        if (ids.Count > 20) throw Fields.Bad(Message.Of("tracking.too-many", ("name", "experiment_ids"), ("most", 20), ("count", ids.Count)));
        var found = await call.Store.DatasetsAsync([.. ids.Select(id => TrackingRules.Experiment(id, "experiment_ids"))], call.Stop);
        await call.AnswerAsync(json => json.Objects("dataset_summaries", found, static (json, dataset) =>
        {
            json.WriteString("experiment_id", dataset.Experiment.ToString(CultureInfo.InvariantCulture));
            json.WriteString("name", dataset.Name);
            json.WriteString("digest", dataset.Digest);
            json.TextOrNone("context", dataset.Context);
        }));
    }

    static void Write(Utf8JsonWriter json, Experiment experiment)
    {
        json.WriteString("experiment_id", experiment.Id.ToString(CultureInfo.InvariantCulture));
        json.WriteString("name", experiment.Name);
        json.WriteString("artifact_location", experiment.Location);
        json.WriteString("lifecycle_stage", experiment.Deleted ? "deleted" : "active");
        json.WriteNumber("last_update_time", experiment.UpdatedMs);
        json.WriteNumber("creation_time", experiment.CreatedMs);
        json.Entries("tags", experiment.Tags);
    }
}
