using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>Runs: begun, logged to, looked for.</summary>
static class RunEndpoints
{
    /// <summary>A batch is refused above these; clients divide theirs.</summary>
    internal const int MostBatchBytes = 1_000_000, MostMetrics = 1000, MostParams = 100, MostTags = 100, MostInBatch = 1000;

    const int MostFound = 50_000;
    const string RunNameTag = "mlflow.runName", ModelHistoryTag = "mlflow.log-model.history", UserTag = "mlflow.user";

    internal static readonly (string Name, RunStatus Value)[] Statuses =
        [("RUNNING", RunStatus.Running), ("SCHEDULED", RunStatus.Scheduled), ("FINISHED", RunStatus.Finished), ("FAILED", RunStatus.Failed),
            ("KILLED", RunStatus.Killed)];

    internal static IEnumerable<TrackingEndpoint> All { get; } =
    [
        TrackingEndpoint.Post("runs/create", CreateAsync),
        TrackingEndpoint.Get("runs/get", async call => await AnswerAsync(call, await call.Store.RunAsync(Id(call), call.Stop))),
        TrackingEndpoint.Post("runs/update", UpdateAsync),
        TrackingEndpoint.Post("runs/delete", call => ExperimentEndpoints.Done(call, call.Store.DeleteRunAsync(Id(call), deleted: true, call.Stop))),
        TrackingEndpoint.Post("runs/restore", call => ExperimentEndpoints.Done(call, call.Store.DeleteRunAsync(Id(call), deleted: false, call.Stop))),
        TrackingEndpoint.Post("runs/log-metric", call => LogAsync(call, new([Metric(call.Fields, "key")], [], []))),
        TrackingEndpoint.Post("runs/log-parameter", call => LogAsync(call, new([], [Param(call.Fields)], []))),
        TrackingEndpoint.Post("runs/set-tag", call => LogAsync(call, new([], [], [TrackingRules.Tag(call.Fields, TrackingRules.MostTag, cut: true)]))),
        TrackingEndpoint.Post("runs/delete-tag", call => ExperimentEndpoints.Done(call, call.Store.DeleteRunTagAsync(Id(call), call.Fields.Text("key"),
            call.Stop))),
        TrackingEndpoint.Post("runs/log-batch", call => LogAsync(call, Batch(call))),
        TrackingEndpoint.Post("runs/log-inputs", LogInputsAsync),
        TrackingEndpoint.Post("runs/outputs", LogOutputsAsync),
        TrackingEndpoint.Post("runs/log-model", LogModelAsync),
        .. TrackingEndpoint.Search("runs/search", SearchAsync),
    ];

    internal static string StatusName(RunStatus status) => Array.Find(Statuses, s => s.Value == status).Name;

    internal static string Id(TrackingCall call) => TrackingRules.RunId(call.Fields.Text("run_id"));

    static async Task CreateAsync(TrackingCall call)
    {
        var fields = call.Fields;
        var experiment = fields.TextOrNull("experiment_id") is { Length: > 0 } id ? TrackingRules.Experiment(id, "experiment_id") : 0;
        var tags = fields.Objects("tags", tag => TrackingRules.Tag(tag, TrackingRules.MostTag, cut: true));
        var named = fields.TextOrNull("run_name") is { Length: > 0 } given ? TrackingRules.Cut(given, TrackingRules.MostTag) : null;
        var tagged = tags.LastOrDefault(t => t.Key == RunNameTag).Value is { Length: > 0 } text ? text : null;
        if (named is not null && tagged is not null && named != tagged) throw Fields.Bad(Message.Of("tracking.two-names", ("name", named), ("tag", tagged)));
        var user = fields.TextOrNull("user_id") is { Length: > 0 } said ? TrackingRules.Within(said, "user_id", 256)
            : tags.LastOrDefault(t => t.Key == UserTag).Value;
        var run = await call.Store.CreateRunAsync(new(experiment, named ?? tagged ?? RunNames.Next(), user, fields.WholeOrNull("start_time"), tags), call.Stop);
        await AnswerAsync(call, run);
    }

    static async Task UpdateAsync(TrackingCall call)
    {
        var name = call.Fields.TextOrNull("run_name") is { Length: > 0 } given ? TrackingRules.Cut(given, TrackingRules.MostTag) : null;
        var change = new RunChange(call.Fields.NamedOrNull("status", Statuses), call.Fields.WholeOrNull("end_time"), name);
        var info = await call.Store.UpdateRunAsync(Id(call), change, call.Stop);
        await call.AnswerAsync(json => WriteInfo(json, "run_info", info));
    }

    static Task LogAsync(TrackingCall call, RunLog log) => ExperimentEndpoints.Done(call, call.Store.LogAsync(Id(call), log, call.Stop));

    /// <param name="keyField">What a sentence calls the key: <c>key</c> for one metric, <c>name</c> within a batch.</param>
    static LoggedMetric Metric(Fields metric, string keyField)
    {
        var key = metric.TextOrNull("key") is { Length: > 0 } given ? TrackingRules.Key(given, "Metric name", metric, keyField)
            : throw metric.Missing(keyField);
        var value = metric.Number("value");
        var timestamp = metric.Whole("timestamp");
        if (timestamp < 0) throw Fields.Bad(Message.Of("tracking.bad-timestamp", ("value", timestamp), ("name", metric.Path("timestamp"))));
        var step = metric.WholeOrNull("step");
        if (step is { } whole && metric.Size == 4) return new(key, value, timestamp, whole);        // these four and no other, as most are
        return new(key, value, timestamp, step ?? 0,
            NonEmpty(metric.TextOrNull("model_id")), TrackingRules.WithinOrNull(NonEmpty(metric.TextOrNull("dataset_name")), "Dataset name", 500),
            TrackingRules.WithinOrNull(NonEmpty(metric.TextOrNull("dataset_digest")), "Dataset digest", 36));
    }

    static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    static Entry Param(Fields param) => new(
        TrackingRules.Key(param.Text("key"), "Param key", param, "key"), TrackingRules.Cut(param.TextOrNull("value") ?? "", TrackingRules.MostParam));

    static RunLog Batch(TrackingCall call)
    {
        var fields = call.Fields;
        fields.Text("run_id");
        if (call.Bytes > MostBatchBytes) throw Fields.Bad(Message.Of("tracking.batch-bytes", ("most", MostBatchBytes), ("bytes", call.Bytes)));
        Check("metrics", MostMetrics);
        Check("params", MostParams);
        Check("tags", MostTags);
        var all = fields.Count("metrics") + fields.Count("params") + fields.Count("tags");
        if (all > MostInBatch) throw Fields.Bad(Message.Of("tracking.batch-items", ("most", MostInBatch), ("count", all)));

        var log = new RunLog(
            fields.Objects("metrics", metric => Metric(metric, "name")), fields.Objects("params", Param),
            fields.Objects("tags", tag => TrackingRules.Tag(tag, TrackingRules.MostTag, cut: true)));
        var twice = log.Params.GroupBy(p => p.Key, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"'{g.Key}'").ToList();
        return twice.Count == 0 ? log : throw Fields.Bad(Message.Of("tracking.params-twice", ("keys", $"[{string.Join(", ", twice)}]")));

        void Check(string name, int most)
        {
            if (fields.Count(name) is var count && count > most) throw Fields.Bad(Message.Of("tracking.batch-of", ("name", name), ("most", most),
                ("count", count)));
        }
    }

    static Task LogInputsAsync(TrackingCall call)
    {
        var datasets = call.Fields.Objects("datasets", input =>
        {
            var dataset = input.Object("dataset");
            var tags = input.Objects("tags", tag => new Entry(
                TrackingRules.Within(tag.Text("key"), "Input tag key", 255), TrackingRules.Within(tag.Text("value"), "Input tag value", 500)));
            return new DatasetInput(
                TrackingRules.Within(dataset.Text("name"), "Dataset name", 500), TrackingRules.Within(dataset.Text("digest"), "Dataset digest", 36),
                dataset.Text("source_type"), TrackingRules.Within(dataset.Text("source"), "Dataset source", 65_535),
                TrackingRules.WithinOrNull(dataset.TextOrNull("schema"), "Dataset schema", 1_048_575),
                TrackingRules.WithinOrNull(dataset.TextOrNull("profile"), "Dataset profile", 16_777_215), tags);
        });
        var models = call.Fields.Objects("models", model => ModelId(model));
        return ExperimentEndpoints.Done(call, call.Store.LogInputsAsync(Id(call), datasets, models, call.Stop));
    }

    static Task LogOutputsAsync(TrackingCall call)
    {
        var models = call.Fields.Objects("models", model => new ModelOutput(ModelId(model), model.WholeOrNull("step") ?? 0));
        return ExperimentEndpoints.Done(call, call.Store.LogOutputsAsync(Id(call), models, call.Stop));
    }

    static string ModelId(Fields model) => TrackingRules.Within(model.Text("model_id"), "model_id", 256);

    static Task LogModelAsync(TrackingCall call)
    {
        var (run, text) = (Id(call), call.Fields.Text("model_json"));
        var missing = new[] { "artifact_path", "flavors", "utc_time_created", "run_id" }.Where(field => Model(text)?[field] is null).ToList();
        if (missing.Count > 0) throw Fields.Bad(Message.Of("tracking.bad-model-json", ("missing", string.Join(", ", missing))));
        return ExperimentEndpoints.Done(call, call.Store.ChangeRunTagAsync(run, ModelHistoryTag, before =>
        {
            var history = before is null ? [] : List(before);
            history.Add((JsonNode)Model(text)!);
            return history.ToJsonString();
        }, call.Stop));
    }

    static JsonObject? Model(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;        // the caller says what is missing of it: all
        }
    }

    /// <summary>The list in the tag; one that a client wrote over by hand begins anew.</summary>
    static JsonArray List(string tag)
    {
        try
        {
            return JsonNode.Parse(tag) as JsonArray ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    static async Task SearchAsync(TrackingCall call)
    {
        var fields = call.Fields;
        var experiments = fields.Texts("experiment_ids").Select(id => TrackingRules.Experiment(id, "experiment_ids")).Distinct().Order().ToList();
        if (experiments.Count > 10_000) throw Fields.Bad(Message.Of("tracking.too-many", ("name", "experiment_ids"), ("most", 10_000),
            ("count", experiments.Count)));
        var most = fields.Most("max_results", 1000, MostFound);
        var (filter, order, view) = (fields.TextOrNull("filter") ?? "", fields.Texts("order_by"), ExperimentEndpoints.View(fields, "run_view_type"));
        var search = SearchSubject.Runs.Read(filter, order);
        var question = SearchTokens.Question(["runs", string.Join(' ', experiments), filter, view.ToString(), .. order]);
        var (found, next) = await SearchTokens.PageAsync(fields, most, question, page =>
            call.Store.SearchRunsAsync(experiments, search, view, page, call.Stop));
        await call.AnswerAsync(json =>
        {
            json.Objects("runs", found, Write);
            json.TextOrNone("next_page_token", next);
        });
    }

    static Task AnswerAsync(TrackingCall call, TrackedRun run) => call.AnswerAsync(json =>
    {
        json.WriteStartObject("run");
        Write(json, run);
        json.WriteEndObject();
    });

    static void Write(Utf8JsonWriter json, TrackedRun run)
    {
        WriteInfo(json, "info", run.Info);
        json.WriteStartObject("data");
        json.Objects("metrics", run.Metrics, static (json, metric) => json.Metric(metric));
        json.Entries("params", run.Params);
        json.Entries("tags", run.Tags);
        json.WriteEndObject();
        json.WriteStartObject("inputs");
        json.Objects("dataset_inputs", run.Datasets, static (json, input) =>
        {
            json.WriteStartObject("dataset");
            json.WriteString("name", input.Name);
            json.WriteString("digest", input.Digest);
            json.WriteString("source_type", input.SourceType);
            json.WriteString("source", input.Source);
            json.TextOrNone("schema", input.Schema);
            json.TextOrNone("profile", input.Profile);
            json.WriteEndObject();
            json.Entries("tags", input.Tags);
        });
        json.Objects("model_inputs", run.ModelInputs, static (json, model) => json.WriteString("model_id", model));
        json.WriteEndObject();
        if (run.ModelOutputs.Count == 0) return;
        json.WriteStartObject("outputs");
        json.Objects("model_outputs", run.ModelOutputs, static (json, model) =>
        {
            json.WriteString("model_id", model.Model);
            json.WriteNumber("step", model.Step);
        });
        json.WriteEndObject();
    }

    static void WriteInfo(Utf8JsonWriter json, string name, RunInfo run)
    {
        json.WriteStartObject(name);
        json.WriteString("run_id", run.Id);
        json.WriteString("run_uuid", run.Id);
        json.WriteString("run_name", run.Name);
        json.WriteString("experiment_id", run.Experiment.ToString(CultureInfo.InvariantCulture));
        json.TextOrNone("user_id", run.User);
        json.WriteString("status", StatusName(run.Status));
        json.WholeOrNone("start_time", run.StartedMs);
        json.WholeOrNone("end_time", run.EndedMs);
        json.WriteString("artifact_uri", run.Location);
        json.WriteString("lifecycle_stage", run.Deleted ? "deleted" : "active");
        json.WriteEndObject();
    }
}
