using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>What reports and thresholds hold, for people who look into them.</summary>
static class ReportRoutes
{
    const int MostRows = 50;

    /// <summary>A stored page was written by an author's program: it may show itself and do nothing else.</summary>
    const string Sandbox = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapReports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/versions/{asset}/{number}").WithTags("reports");
        group.MapGet("report", GetAsync).WithSummary("The report a version holds, of a test or an analysis, with its sentences in the reader's language.");
        group.MapGet("report/rows",
            RowsAsync).WithSummary("Rows that a test report names: at is their numbers, at most 50, such as 3,17; of each, the columns its model reads.");
        group.MapGet("thresholds",
            ThresholdsAsync).WithSummary("Of a threshold: at most 1,000 thresholds with the rows above each and how many of them are high, and the one chosen.");
        group.MapGet("pages/{**path}", PageAsync).WithSummary("An HTML page of a version, in a sandbox: it runs no script and reaches nothing.");
    }

    static async Task<Results<Ok<ReportAnswer>, Refused>> GetAsync(string asset, string number, Served served, Language language, CancellationToken stop)
    {
        if (!Asked.Version($"{asset}@{number}", out var name, out var refused)) return refused;
        if (await served.Metadata.VersionAsync(name, stop) is not { } version) return Refused.NotFound(Message.Of("making.no-version", ("version", name)));
        if (await ReadAsync(served, version, stop) is not { } report) return NoReport(name);
        var answer = new ReportAnswer(name, report.ContainsKey("verdict") ? "test" : "analysis", [.. version.Files.Select(f => f.Path).Where(p =>
            p.EndsWith(".html", StringComparison.Ordinal))], report);
        Say(report, language);
        return TypedResults.Ok(answer);
    }

    static async Task<JsonObject?> ReadAsync(Served served, VersionRecord version, CancellationToken stop)
    {
        if (version.Kind != AssetKind.Report || version.Files.FirstOrDefault(f => f.Path == "report.json") is not { } file) return null;
        await using var stream = served.Artifacts.Open(file.Content);
        try
        {
            return await JsonNode.ParseAsync(stream, cancellationToken: stop) is JsonObject report && (report.ContainsKey("verdict")
                || report.ContainsKey("findings")) ? report : null;
        }
        catch (JsonException)
        {
            return null;    // a report of the author's own kind, whose file of this name is something else
        }
    }

    /// <summary>Writes into every message of the report, <c>{"id", "values"}</c>, its sentence as <c>text</c>.</summary>
    static void Say(JsonNode? node, Language language)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list) Say(item, language);
        }
        else if (node is JsonObject one)
        {
            if (one.Count == 2 && one["id"] is JsonValue id && id.GetValueKind() == JsonValueKind.String && one["values"] is JsonObject values)
            {
                var message = new Message(id.GetValue<string>(), values.ToDictionary(v => v.Key, v => v.Value?.ToString() ?? ""));
                one["text"] = Said.Of(message, language).Text;
                return;
            }
            foreach (var (_, child) in one) Say(child, language);
        }
    }

    static async Task<Results<Ok<RowsAnswer>, Refused>> RowsAsync(string asset, string number, Served served, CancellationToken stop, string? at = null)
    {
        if (!Asked.Version($"{asset}@{number}", out var name, out var refused)) return refused;
        var rows = new List<long>();
        foreach (var part in (at ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var row)
                || rows.Count == MostRows) return Refused.Bad(Message.Of("views.bad-rows", ("most", MostRows)));
            rows.Add(row);
        }
        if (await served.Metadata.VersionAsync(name, stop) is not { } version) return Refused.NotFound(Message.Of("making.no-version", ("version", name)));
        if (await ReadAsync(served, version, stop) is not { } report
            || report["data"] is not JsonValue of || !VersionName.TryParse(of.ToString(), null, out var dataName)
            || report["input"]?["columns"] is not JsonArray input) return NoReport(name);
        if (await served.Metadata.VersionAsync(dataName, stop) is not { } data) return Refused.NotFound(Message.Of("making.no-version", ("version", dataName)));
        List<string> columns = [.. input.Select(c => (string)c!["name"]!)];
        var files = new List<string>();
        foreach (var file in data.Files.Where(f => f.Path.StartsWith("rows/",
            StringComparison.Ordinal))) files.Add(await served.Artifacts.PathAsync(file.Content, stop));
        var found = await Task.Run(() => NumberedRows.Read(SharedTables.Of(served.Artifacts), files, columns, rows, stop), stop);
        return TypedResults.Ok(new RowsAnswer(dataName, columns, [.. found.Select(f => new RowAnswer(f.Key, f.Value))]));
    }

    static async Task<Results<Ok<ChosenAmong>, Refused>> ThresholdsAsync(string asset, string number, HttpContext http, Served served, CancellationToken stop)
    {
        if (!Asked.Version($"{asset}@{number}", out var name, out var refused)) return refused;
        if (await served.Metadata.VersionAsync(name, stop) is not { } version) return Refused.NotFound(Message.Of("making.no-version", ("version", name)));
        if (await ChosenAmong.OfAsync(served.Metadata, served.Artifacts, version, stop) is not { } among)
            return Refused.NotFound(Message.Of("views.no-threshold", ("version", name)));
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return TypedResults.Ok(among);
    }

    static async Task<Results<FileStreamHttpResult, Refused>> PageAsync(string asset, string number, string path, HttpContext http, Served served,
        CancellationToken stop)
    {
        if (!Asked.Version($"{asset}@{number}", out var name, out var refused)) return refused;
        if (await served.Metadata.VersionAsync(name, stop) is not { } version) return Refused.NotFound(Message.Of("making.no-version", ("version", name)));
        if (!path.EndsWith(".html", StringComparison.Ordinal) || version.Files.FirstOrDefault(f => f.Path == path) is not { } file)
            return Refused.NotFound(Message.Of("serve.no-file", ("version", name), ("path", Asked.Cut(path))));
        http.Response.Headers.ContentSecurityPolicy = Sandbox;
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return TypedResults.Stream(served.Artifacts.Open(file.Content), "text/html; charset=utf-8");
    }

    static Refused NoReport(VersionName name) => Refused.NotFound(Message.Of("views.no-report", ("version", name)));
}

/// <param name="Kind">test or analysis.</param>
/// <param name="Pages">HTML pages of the version, each under <c>pages/</c>.</param>
/// <param name="Report">docs/formats/test-report.md or analysis-report.md; each message has its sentence beside it as <c>text</c>.</param>
sealed record ReportAnswer(VersionName Version, string Kind, IReadOnlyList<string> Pages, JsonNode Report);

/// <param name="Data">The version they are rows of.</param>
sealed record RowsAnswer(VersionName Data, IReadOnlyList<string> Columns, IReadOnlyList<RowAnswer> Rows);

/// <param name="Row">Its number in the data, from 0.</param>
/// <param name="Values">[columns] as text; null where the row has none.</param>
sealed record RowAnswer(long Row, IReadOnlyList<string?> Values);
