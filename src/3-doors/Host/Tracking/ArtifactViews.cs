using Kumiki.Store;
using Kumiki.Tables;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>What pages show of tracked runs and models beyond what the clients' protocol has: rows of tables, pages in a sandbox, digests of files, and
/// series with their range. A file is named by its path below <see cref="TrackedPath.Root"/>.</summary>
static class ArtifactViews
{
    const int MostRows = 200, MostFiles = 2_000, MostSeries = 50, PageOfPoints = 50_000;

    /// <summary>What a client logged may show itself and do nothing else, also where its address is opened by itself.</summary>
    const string Still = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'self'";

    /// <summary>Its own scripts may run besides, of no origin: they reach neither these pages nor their API nor any network.</summary>
    const string Moving = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
        + "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    static readonly Dictionary<string, string> Frames = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".htm"] = "text/html; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    static readonly Dictionary<string, ForeignForm> Tables = new(StringComparer.OrdinalIgnoreCase)
    {
        [".parquet"] = ForeignForm.Parquet,
        [".csv"] = ForeignForm.Csv,
        [".tsv"] = ForeignForm.Tsv,
    };

    public static void MapArtifactViews(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/tracking").WithTags("tracking");
        group.MapGet("rows", RowsAsync).WithSummary(
            "Some rows of an artifact that is a CSV, TSV or Parquet file, as texts: path is below mlflow-artifacts:/, offset counts from 0, "
                + "limit is at most 200.");
        group.MapGet("frame", FrameAsync).WithSummary(
            "An artifact that is an HTML or SVG file, in a sandbox: it reaches nothing, and runs its own scripts only with scripts=true.");
        group.MapGet("files", FilesAsync).WithSummary("All files below a folder of artifacts, at most 2,000, with their sizes and the SHA-256 of their bytes.");
        group.MapGet("series", SeriesAsync).WithSummary(
            "Metrics of a tracked run, at most 50 by metric_key: all points counted, the lowest and highest, and at most points of them to draw.");
    }

    static async Task<Results<Ok<TrackedRows>, Refused>> RowsAsync(Served served, CancellationToken stop, string? path = null, string? offset = null,
        string? limit = null)
    {
        if (!Asked.Number("offset", offset, 0, 0, long.MaxValue / 2, out var from, out var refused)
            || !Asked.Number("limit", limit, 50, 1, MostRows, out var most, out refused)) return refused;
        var (file, blob, missing) = await FindAsync(served, path, stop);
        if (missing is not null) return missing;
        if (!Tables.TryGetValue(Path.GetExtension(file.Name), out var form))
            return Refused.Bad(Message.Of("artifacts.no-table", ("path", Asked.Cut(file.ToString())), ("known", string.Join(", ", Tables.Keys))));
        if (blob.Bytes == 0) return TypedResults.Ok(new TrackedRows([], 0, true, from, []));
        var bytes = await served.Artifacts.PathAsync(blob.Content, stop);
        try
        {
            var table = await Task.Run(() => ForeignTable.Read(SharedTables.Of(served.Artifacts), bytes, file.Name, form, from, (int)most, stop), stop);
            return TypedResults.Ok(new TrackedRows(table.Columns, table.Count, table.IsWhole, from, table.Rows));
        }
        catch (KumikiException e) when (e.Says.Id == "tables.foreign-broken")
        {
            return new Refused(StatusCodes.Status422UnprocessableEntity, e.Says);
        }
    }

    static async Task<Results<FileStreamHttpResult, Refused>> FrameAsync(HttpContext http, Served served, CancellationToken stop, string? path = null,
        string? scripts = null)
    {
        var (file, blob, missing) = await FindAsync(served, path, stop);
        if (missing is not null) return missing;
        if (!Frames.TryGetValue(Path.GetExtension(file.Name), out var type))
            return Refused.Bad(Message.Of("artifacts.no-frame", ("path", Asked.Cut(file.ToString())), ("known", string.Join(", ", Frames.Keys))));
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = scripts == "true" ? Moving : Still;
        // A browser refuses a sandboxed page that asks to be alone among its origin: it has none.
        headers.Remove("Cross-Origin-Opener-Policy");
        return TypedResults.Stream(served.Artifacts.Open(blob.Content), type);
    }

    static async Task<Results<Ok<TrackedFiles>, Refused>> FilesAsync(Served served, CancellationToken stop, string? path = null)
    {
        if (served.Tracking is not { } store) return NoTracking();
        if (TrackedPath.Of(path ?? "") is not { IsTop: false } top) return BadPath(path);
        var (found, folders) = (new List<TrackedFile>(), new Queue<TrackedPath>([top]));
        while (folders.TryDequeue(out var folder))
            foreach (var entry in await store.ArtifactsAsync(folder, stop))
            {
                if (folder.Below(entry.Name) is not { } below) continue;
                if (entry.Bytes is null) folders.Enqueue(below);
                else if (await store.ArtifactAsync(below, stop) is { } blob)
                {
                    if (found.Count == MostFiles) return TypedResults.Ok(new TrackedFiles(found, false));
                    found.Add(new(below.ToString()[(top.ToString().Length + 1)..], blob.Bytes, blob.Content));
                }
            }
        found.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return TypedResults.Ok(new TrackedFiles(found, true));
    }

    static async Task<Results<Ok<TrackedSeries>, Refused>> SeriesAsync(HttpContext http, Served served, CancellationToken stop, string? run_id = null,
        string? points = null)
    {
        if (served.Tracking is not { } store) return NoTracking();
        if (!Asked.Number("points", points, 300, 10, 100_000, out var most, out var refused)) return refused;
        var keys = http.Request.Query["metric_key"].OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (keys.Count > MostSeries) return Refused.Bad(Message.Of("artifacts.many-series", ("count", keys.Count), ("most", MostSeries)));
        try
        {
            if (string.IsNullOrEmpty(run_id)) throw Fields.Bad(Message.Of("tracking.missing", ("name", "run_id")));
            var run = await store.RunAsync(TrackingRules.RunId(run_id), stop);
            var series = new List<RangedSeries>();
            foreach (var key in keys) series.Add(await RangedAsync(store, run.Info.Id, key, (int)most, stop));
            return TypedResults.Ok(new TrackedSeries(series));
        }
        catch (TrackingException e)
        {
            return new Refused(e.Fault == TrackingFault.NotThere ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, e.Says);
        }
    }

    static async Task<RangedSeries> RangedAsync(ITrackingStore store, string run, string key, int most, CancellationToken stop)
    {
        var all = new List<MetricPoint>();
        for (IReadOnlyList<LoggedMetric>? page = null; page is null || page.Count == PageOfPoints;)
        {
            page = await store.HistoryAsync(run, key, new(all.Count, PageOfPoints), stop);
            all.AddRange(page.Select(p => new MetricPoint(key, p.Step, p.Value, DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(p.TimestampMs, LastMs)))));
        }
        var finite = all.Where(p => double.IsFinite(p.Value)).Select(p => p.Value).ToList();
        var drawn = MetricSeries.Of(key, all, most);
        return new(key, all.Count, finite.Count == 0 ? null : finite.Min(), finite.Count == 0 ? null : finite.Max(), drawn.Points);
    }

    static readonly long LastMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    static async Task<(TrackedPath File, Blob Blob, Refused? Missing)> FindAsync(Served served, string? path, CancellationToken stop)
    {
        if (served.Tracking is not { } store) return (default, default, NoTracking());
        if (TrackedPath.Of(path ?? "") is not { IsTop: false } file) return (default, default, BadPath(path));
        return await store.ArtifactAsync(file, stop) is { } blob ? (file, blob, null)
            : (file, default, Refused.NotFound(Message.Of("tracking.no-artifact", ("path", Asked.Cut(file.ToString())))));
    }

    static Refused NoTracking() => Refused.NotFound(Message.Of("artifacts.no-tracking"));

    static Refused BadPath(string? path) => Refused.Bad(Message.Of("tracking.bad-path", ("path", TrackingRules.Quoted(path ?? ""))));
}

/// <param name="Count">Rows of the file; of a text file at most 100,000.</param>
/// <param name="IsWhole">Whether the file has no more rows and columns than are told here.</param>
/// <param name="Rows">Each a text by column, cut after 300 characters; null where there is none.</param>
sealed record TrackedRows(IReadOnlyList<ForeignColumn> Columns, long Count, bool IsWhole, long Offset, IReadOnlyList<IReadOnlyList<string?>> Rows);

/// <param name="IsWhole">Whether there are no more files.</param>
sealed record TrackedFiles(IReadOnlyList<TrackedFile> Files, bool IsWhole);

/// <param name="Path">Below the folder that was asked for.</param>
/// <param name="Content">The SHA-256 of its bytes.</param>
sealed record TrackedFile(string Path, long Bytes, Digest Content);

sealed record TrackedSeries(IReadOnlyList<RangedSeries> Series);

/// <param name="Count">Points there are; <paramref name="Points"/> may be fewer.</param>
/// <param name="Low">The lowest finite value of all points; null where there is none.</param>
/// <param name="High">The highest.</param>
sealed record RangedSeries(string Name, int Count, double? Low, double? High, IReadOnlyList<SeriesPoint> Points);
