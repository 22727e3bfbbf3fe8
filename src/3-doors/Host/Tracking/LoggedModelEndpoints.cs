using System.Globalization;
using System.Text.Json;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>Models as runs log them.</summary>
static class LoggedModelEndpoints
{
    const string One = "logged-models/{id}";

    static readonly (string Name, LoggedModelStatus Value)[] Statuses =
        [("LOGGED_MODEL_PENDING", LoggedModelStatus.Pending), ("LOGGED_MODEL_READY", LoggedModelStatus.Ready),
            ("LOGGED_MODEL_UPLOAD_FAILED", LoggedModelStatus.UploadFailed)];

    internal static IEnumerable<TrackingEndpoint> All { get; } =
    [
        TrackingEndpoint.Post("logged-models", CreateAsync),
        .. TrackingEndpoint.Search("logged-models/search", SearchAsync),
        TrackingEndpoint.Get(One, async call => await AnswerAsync(call, await call.Store.LoggedModelAsync(call.Id, call.Fields.TruthOrNull("allow_deleted")
            ?? false, call.Stop))),
        TrackingEndpoint.Patch(One, async call => await AnswerAsync(call, await call.Store.EndLoggedModelAsync(call.Id,
            call.Fields.NamedOrNull("status", Statuses) ?? throw call.Fields.Missing("status"), call.Stop))),
        TrackingEndpoint.Delete(One, call => ExperimentEndpoints.Done(call, call.Store.DeleteLoggedModelAsync(call.Id, call.Stop))),
        TrackingEndpoint.Post(One + "/params", call => ExperimentEndpoints.Done(call, call.Store.AddLoggedModelParamsAsync(call.Id, Params(call.Fields),
            call.Stop))),
        TrackingEndpoint.Patch(One + "/tags", call => ExperimentEndpoints.Done(call, call.Store.TagLoggedModelAsync(call.Id, Tags(call.Fields), call.Stop))),
        TrackingEndpoint.Delete(One + "/tags/{key}", call => ExperimentEndpoints.Done(call,
            call.Store.DeleteLoggedModelTagAsync(call.Id, call.Key, call.Stop))),
        TrackingEndpoint.Get(One + "/artifacts/directories", async call =>
            await ArtifactEndpoints.ListAsync(call, await LocationAsync(call), call.Fields.TextOrNull("artifact_directory_path") ?? "")),
        TrackingEndpoint.Get(One + "/artifacts/files", async call => await ArtifactEndpoints.SendAsync(call, await LocationAsync(call), "artifact_file_path")),
    ];

    static async Task<string> LocationAsync(TrackingCall call) => (await call.Store.LoggedModelAsync(call.Id, deletedToo: false, call.Stop)).Location;

    static async Task CreateAsync(TrackingCall call)
    {
        var fields = call.Fields;
        var experiment = TrackingRules.Experiment(fields.Text("experiment_id"), "experiment_id");
        var name = fields.TextOrNull("name") is { Length: > 0 } given ? Name(given) : RunNames.Next();
        var run = fields.TextOrNull("source_run_id") is { Length: > 0 } said ? TrackingRules.RunId(said) : null;
        var type = fields.TextOrNull("model_type") is { Length: > 0 } text ? TrackingRules.Within(text, "model_type", 500) : null;
        await AnswerAsync(call, await call.Store.CreateLoggedModelAsync(new(experiment, name, type, run, Params(fields), Tags(fields)), call.Stop));
    }

    static string Name(string name) => name.Any(c => c is '/' or ':' or '.' or '%' or '"' or '\'')
        ? throw Fields.Bad(Message.Of("tracking.bad-logged-model-name", ("name", TrackingRules.Quoted(name))))
        : TrackingRules.Within(name, "name", 500);

    static IReadOnlyList<Entry> Params(Fields fields) => fields.Objects("params", param => new Entry(
        TrackingRules.Key(param.Text("key"), "Param key", param, "key"), TrackingRules.Cut(param.TextOrNull("value") ?? "", TrackingRules.MostParam)));

    static IReadOnlyList<Entry> Tags(Fields fields) => fields.Objects("tags", tag => TrackingRules.Tag(tag, TrackingRules.MostTag, cut: true));

    static async Task SearchAsync(TrackingCall call)
    {
        var fields = call.Fields;
        var experiments = fields.Texts("experiment_ids").Select(id => TrackingRules.Experiment(id, "experiment_ids")).Distinct().Order().ToList();
        if (experiments.Count == 0) throw fields.Missing("experiment_ids");
        if (experiments.Count > 10_000) throw Fields.Bad(Message.Of("tracking.too-many", ("name", "experiment_ids"), ("most", 10_000),
            ("count", experiments.Count)));
        var most = fields.Most("max_results", 100, 1000);
        var filter = fields.TextOrNull("filter") ?? "";
        var datasets = fields.Objects("datasets", dataset => new DatasetFilter(dataset.Text("dataset_name"),
            dataset.TextOrNull("dataset_digest") is { Length: > 0 } digest ? digest : null));
        if (datasets.Count > 100) throw Fields.Bad(Message.Of("tracking.too-many", ("name", "datasets"), ("most", 100), ("count", datasets.Count)));
        var asked = fields.Objects("order_by", order => (Text: $"{order.Text("field_name")}{(order.TruthOrNull("ascending") ?? true ? "" : " DESC")}",
            Dataset: order.TextOrNull("dataset_name"), Digest: order.TextOrNull("dataset_digest")));
        var search = SearchSubject.LoggedModels.Read(filter, [.. asked.Select(o => o.Text)]);
        search = search with { Order = [.. search.Order.Zip(asked, (order, o) => order with { Dataset = o.Dataset, DatasetDigest = o.Digest })] };
        var question = SearchTokens.Question(["logged", string.Join(' ', experiments), filter, .. datasets.Select(d => d.ToString()),
            .. asked.Select(o => o.ToString())]);
        var (found, next) = await SearchTokens.PageAsync(fields, most, question, page =>
            call.Store.SearchLoggedModelsAsync(experiments, search, datasets, page, call.Stop));
        await call.AnswerAsync(json =>
        {
            json.Objects("models", found, Write);
            json.TextOrNone("next_page_token", next);
        });
    }

    static Task AnswerAsync(TrackingCall call, LoggedModel model) => call.AnswerAsync(json =>
    {
        json.WriteStartObject("model");
        Write(json, model);
        json.WriteEndObject();
    });

    static void Write(Utf8JsonWriter json, LoggedModel model)
    {
        json.WriteStartObject("info");
        json.WriteString("model_id", model.Id);
        json.WriteString("experiment_id", model.Experiment.ToString(CultureInfo.InvariantCulture));
        json.WriteString("name", model.Name);
        json.WriteNumber("creation_timestamp_ms", model.CreatedMs);
        json.WriteNumber("last_updated_timestamp_ms", model.UpdatedMs);
        json.WriteString("artifact_uri", model.Location);
        json.WriteString("status", Array.Find(Statuses, s => s.Value == model.Status).Name);
        json.TextOrNone("model_type", model.Type);
        json.TextOrNone("source_run_id", model.Run);
        json.Entries("tags", model.Tags);
        json.Objects("registrations", model.Registrations, static (json, registration) =>
        {
            json.WriteString("name", registration.Name);
            json.WriteString("version", registration.Version.ToString(CultureInfo.InvariantCulture));
        });
        json.WriteEndObject();
        json.WriteStartObject("data");
        json.Entries("params", model.Params);
        json.Objects("metrics", model.Metrics, static (json, metric) => json.Metric(metric.Point, metric.Run));
        json.WriteEndObject();
    }
}
