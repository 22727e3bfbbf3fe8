using System.Globalization;
using System.Text.Json;
using Kumiki.Importing;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>The registry: models by name, their versions, aliases, stages and tags.</summary>
static class RegistryEndpoints
{
    const string PromptTag = "mlflow.prompt.is_prompt";

    internal static IEnumerable<TrackingEndpoint> All { get; } =
    [
        TrackingEndpoint.Post("registered-models/create", CreateModelAsync),
        TrackingEndpoint.Get("registered-models/get", async call => await AnswerAsync(call, await call.Store.ModelAsync(Name(call), call.Stop))),
        TrackingEndpoint.Patch("registered-models/update", async call => await AnswerAsync(call, await (call.Fields.TextOrNull("description") is { } description
            ? call.Store.DescribeModelAsync(Name(call), description, call.Stop) : call.Store.ModelAsync(Name(call), call.Stop)))),
        TrackingEndpoint.Delete("registered-models/delete", call => ExperimentEndpoints.Done(call, call.Store.DeleteModelAsync(Name(call), call.Stop))),
        TrackingEndpoint.Post("registered-models/rename", async call =>
            await AnswerAsync(call, await call.Store.RenameModelAsync(Name(call), NewName(call.Fields, "new_name"), call.Stop))),
        .. TrackingEndpoint.Search("registered-models/search", SearchModelsAsync),
        .. TrackingEndpoint.Search("registered-models/get-latest-versions", LatestAsync),
        TrackingEndpoint.Post("registered-models/set-tag", call => SetTag(call, tag => call.Store.TagModelAsync(Name(call), tag.Key, tag.Value, call.Stop))),
        TrackingEndpoint.Delete("registered-models/delete-tag", call =>
            ExperimentEndpoints.Done(call, call.Store.TagModelAsync(Name(call), NotOurs(call.Fields.Text("key")), null, call.Stop))),
        TrackingEndpoint.Post("registered-models/alias", call => ExperimentEndpoints.Done(call,
            call.Store.AliasModelAsync(Name(call), NewAlias(call.Fields), Number(call.Fields), call.Stop))),
        TrackingEndpoint.Delete("registered-models/alias", call => ExperimentEndpoints.Done(call,
            call.Store.AliasModelAsync(Name(call), call.Fields.Text("alias"), null, call.Stop))),
        TrackingEndpoint.Get("registered-models/alias", async call => await AnswerAsync(call,
            await call.Store.AliasedAsync(Name(call), call.Fields.Text("alias"), call.Stop))),

        TrackingEndpoint.Post("model-versions/create", CreateVersionAsync),
        TrackingEndpoint.Get("model-versions/get", async call => await AnswerAsync(call, await VersionAsync(call))),
        TrackingEndpoint.Patch("model-versions/update", async call => await AnswerAsync(call, await (call.Fields.TextOrNull("description") is { } description
            ? call.Store.DescribeVersionAsync(Name(call), Number(call.Fields), description, call.Stop) : VersionAsync(call)))),
        TrackingEndpoint.Delete("model-versions/delete", call => ExperimentEndpoints.Done(call,
            call.Store.DeleteVersionAsync(Name(call), Number(call.Fields), call.Stop))),
        TrackingEndpoint.Post("model-versions/transition-stage", MoveAsync),
        TrackingEndpoint.Post("model-versions/set-tag", call => SetTag(call, tag => call.Store.TagVersionAsync(Name(call), Number(call.Fields), tag.Key,
            tag.Value, call.Stop))),
        TrackingEndpoint.Delete("model-versions/delete-tag", call => ExperimentEndpoints.Done(call,
            call.Store.TagVersionAsync(Name(call), Number(call.Fields), NotOurs(call.Fields.Text("key")), null, call.Stop))),
        TrackingEndpoint.Get("model-versions/get-download-uri", async call =>
        {
            var version = await VersionAsync(call);
            await call.AnswerAsync(json => json.WriteString("artifact_uri", version.Storage));
        }),
        .. TrackingEndpoint.Search("model-versions/search", SearchVersionsAsync),
        new("GET", "/model-versions/get-artifact", async call => await ArtifactEndpoints.SendAsync(call, (await VersionAsync(call)).Storage)),
    ];

    static string Name(TrackingCall call) => call.Fields.Text("name");

    static Task<ModelVersion> VersionAsync(TrackingCall call) => call.Store.VersionAsync(Name(call), Number(call.Fields), call.Stop);

    static int Number(Fields fields)
    {
        var text = fields.Text("version");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw Fields.Bad(Message.Of("tracking.bad-version", ("version", TrackingRules.Quoted(text))));
    }

    /// <summary>A name a model may be given.</summary>
    static string NewName(Fields fields, string field)
    {
        var name = fields.Text(field);
        return string.IsNullOrWhiteSpace(name) || name.Contains('/', StringComparison.Ordinal) || name.Contains(':', StringComparison.Ordinal)
            || name is "." or ".."
            ? throw Fields.Bad(Message.Of("tracking.bad-model-name", ("name", TrackingRules.Quoted(name))))
            : TrackingRules.Within(name, "Registered model name", 256);
    }

    static string NewAlias(Fields fields)
    {
        var alias = fields.Text("alias");
        if (alias.Length > 255 || !alias.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')) throw Fields.Bad(Message.Of("tracking.bad-alias",
            ("alias", TrackingRules.Quoted(alias))));
        var isReserved = alias.Equals("latest", StringComparison.OrdinalIgnoreCase)
            || (alias.Length > 1 && alias[0] is 'v' or 'V' && alias[1..].All(char.IsAsciiDigit));
        return isReserved ? throw Fields.Bad(Message.Of("tracking.reserved-alias", ("alias", alias))) : alias;
    }

    static Task SetTag(TrackingCall call, Func<Entry, Task> set) => ExperimentEndpoints.Done(call, set(Tag(call.Fields)));

    static Entry Tag(Fields fields)
    {
        var tag = TrackingRules.Tag(fields, TrackingRules.MostRegistryTag, cut: false);
        return tag with { Key = NotOurs(tag.Key) };
    }

    /// <summary>Tags that lead from the registry to the assets are the server's to write: deletions are held against them.</summary>
    static string NotOurs(string key) => key is ImportedModels.AssetTag or ImportedModels.VersionTag
        ? throw Fields.Bad(Message.Of("imported.own-tag", ("key", key))) : key;

    static async Task CreateModelAsync(TrackingCall call)
    {
        var tags = Tags(call.Fields);
        await AnswerAsync(call, await call.Store.CreateModelAsync(NewName(call.Fields, "name"), NonEmpty(call.Fields, "description"), tags, call.Stop));
    }

    static IReadOnlyList<Entry> Tags(Fields fields) => fields.Objects("tags", Tag);

    static string? NonEmpty(Fields fields, string name) => fields.TextOrNull(name) is { Length: > 0 } text ? text : null;

    static async Task LatestAsync(TrackingCall call)
    {
        var model = await call.Store.ModelAsync(Name(call), call.Stop);
        var stages = call.Fields.Texts("stages").Select(Stage).ToHashSet(StringComparer.Ordinal);
        await call.AnswerAsync(json => json.Objects("model_versions", [.. model.Latest.Where(v => stages.Count == 0 || stages.Contains(v.Stage))], Write));
    }

    static string Stage(string text) => ModelStage.Of(text) ?? throw Fields.Bad(Message.Of("tracking.bad-stage", ("stage", TrackingRules.Quoted(text)),
        ("known", string.Join(", ", ModelStage.All))));

    static async Task MoveAsync(TrackingCall call)
    {
        var (name, number, stage) = (Name(call), Number(call.Fields), Stage(call.Fields.Text("stage")));
        var archive = call.Fields.TruthOrNull("archive_existing_versions") ?? throw call.Fields.Missing("archive_existing_versions");
        if (archive && stage is not ("Staging" or "Production")) throw Fields.Bad(Message.Of("tracking.archive-others", ("stage", stage)));
        await AnswerAsync(call, await call.Store.MoveVersionAsync(name, number, stage, archive, call.Stop));
    }

    static async Task CreateVersionAsync(TrackingCall call)
    {
        var (name, source, run, logged, tags) = (Name(call), call.Fields.Text("source"), NonEmpty(call.Fields, "run_id"), NonEmpty(call.Fields, "model_id"),
            Tags(call.Fields));
        var isPrompt = (await call.Store.ModelAsync(name, call.Stop)).Tags.Concat(tags).Any(t => t is { Key: PromptTag, Value: "true" });
        if (!isPrompt) await CheckSourceAsync(call, source, run, logged);
        await AnswerAsync(call, await call.Store.CreateVersionAsync(new(name, source, run, NonEmpty(call.Fields, "run_link"),
            NonEmpty(call.Fields, "description"), logged, tags), call.Stop));
    }

    /// <summary>A source on this machine is taken only from below what its run or logged model owns; else a client could have any file here
    /// downloaded.</summary>
    static async Task CheckSourceAsync(TrackingCall call, string source, string? run, string? logged)
    {
        if (Decoded(source).Split('/', '\\').Contains("..") || source.Length > 4096) throw Fields.Bad(Message.Of("tracking.bad-source",
            ("source", TrackingRules.Quoted(source))));
        if (!IsLocal(source)) return;
        var owner = logged is not null ? (await call.Store.LoggedModelAsync(logged, deletedToo: false, call.Stop)).Location
            : run is not null ? (await call.Store.RunAsync(TrackingRules.RunId(run), call.Stop)).Info.Location : null;
        var isInside = owner is not null && IsLocal(owner) && (LocalPath(source) + "/").StartsWith(LocalPath(owner) + "/", StringComparison.Ordinal);
        if (!isInside) throw Fields.Bad(Message.Of("tracking.local-source", ("source", TrackingRules.Quoted(source))));
    }

    static string Decoded(string text)
    {
        for (var next = Uri.UnescapeDataString(text); next != text; next = Uri.UnescapeDataString(text)) text = next;
        return text;
    }

    static bool IsLocal(string uri) => uri.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || uri.IndexOf(':', StringComparison.Ordinal) is < 0 or 1;

    static string LocalPath(string uri)
    {
        var path = uri.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? uri["file:".Length..] : uri;
        return "/" + path.Trim('/');
    }

    static async Task SearchModelsAsync(TrackingCall call)
    {
        var most = call.Fields.Most("max_results", 100, 1000);
        var (search, prompts, question) = Read(call, SearchSubject.RegisteredModels, "models");
        var (found, next) = await SearchTokens.PageAsync(call.Fields, most, question, page => call.Store.SearchModelsAsync(search, prompts, page, call.Stop));
        await call.AnswerAsync(json =>
        {
            json.Objects("registered_models", found, Write);
            json.TextOrNone("next_page_token", next);
        });
    }

    static async Task SearchVersionsAsync(TrackingCall call)
    {
        var most = call.Fields.Most("max_results", 200_000, 200_000);
        var (search, prompts, question) = Read(call, SearchSubject.ModelVersions, "versions");
        var (found, next) = await SearchTokens.PageAsync(call.Fields, most, question, page => call.Store.SearchVersionsAsync(search, prompts, page, call.Stop));
        await call.AnswerAsync(json =>
        {
            json.Objects("model_versions", found, Write);
            json.TextOrNone("next_page_token", next);
        });
    }

    /// <summary>A search, and whether it is for prompts: what says so is taken out of it.</summary>
    static (Search Search, bool Prompts, string Question) Read(TrackingCall call, SearchSubject subject, string what)
    {
        var (filter, order) = (call.Fields.TextOrNull("filter") ?? "", call.Fields.Texts("order_by"));
        var search = subject.Read(filter, order);
        var said = search.Clauses.Where(c => c is
        {
            Entity: SearchEntity.Tag, Key: PromptTag, Comparison: Comparison.Equal or Comparison.NotEqual,
            Text: "true" or "false"
        }).ToList();
        var prompts = said.Count > 0 && said.TrueForAll(c => c.Comparison == Comparison.Equal == (c.Text == "true"));
        return (search with { Clauses = [.. search.Clauses.Except(said)] }, prompts, SearchTokens.Question([what, filter, .. order]));
    }

    static Task AnswerAsync(TrackingCall call, RegisteredModel model) => call.AnswerAsync(json =>
    {
        json.WriteStartObject("registered_model");
        Write(json, model);
        json.WriteEndObject();
    });

    static Task AnswerAsync(TrackingCall call, ModelVersion version) => call.AnswerAsync(json =>
    {
        json.WriteStartObject("model_version");
        Write(json, version);
        json.WriteEndObject();
    });

    static void Write(Utf8JsonWriter json, RegisteredModel model)
    {
        json.WriteString("name", model.Name);
        json.WriteNumber("creation_timestamp", model.CreatedMs);
        json.WriteNumber("last_updated_timestamp", model.UpdatedMs);
        json.TextOrNone("description", model.Description);
        json.Objects("latest_versions", model.Latest, Write);
        json.Entries("tags", model.Tags);
        json.Objects("aliases", model.Aliases, static (json, alias) =>
        {
            json.WriteString("alias", alias.Alias);
            json.WriteString("version", alias.Version.ToString(CultureInfo.InvariantCulture));
        });
    }

    static void Write(Utf8JsonWriter json, ModelVersion version)
    {
        json.WriteString("name", version.Model);
        json.WriteString("version", version.Number.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("creation_timestamp", version.CreatedMs);
        json.WriteNumber("last_updated_timestamp", version.UpdatedMs);
        json.WriteString("current_stage", version.Stage);
        json.TextOrNone("description", version.Description);
        json.WriteString("source", version.Source);
        json.TextOrNone("run_id", version.Run);
        json.WriteString("status", "READY");
        json.TextOrNone("run_link", version.RunLink);
        json.TextOrNone("model_id", version.LoggedModel);
        json.Entries("tags", version.Tags);
        json.Texts("aliases", version.Aliases);
    }
}
