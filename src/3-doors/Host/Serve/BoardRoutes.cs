using System.Globalization;
using System.Text;
using Kumiki.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Boards: actual rows and forecasts side by side.</summary>
static class BoardRoutes
{
    public static void MapBoards(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/boards").WithTags("boards");
        group.MapGet("", ListAsync).WithSummary("The boards of the project, each with what it shows.");
        group.MapGet("{name}",
            GetAsync).WithSummary("One board: keys, versions, the time there is, the weeks ahead, its goal. use=newest takes the newest versions instead of production's.");
        group.MapGet("{name}/keys/{key}", KeysAsync).WithSummary("The values of a key, in order: holds is a piece of them, limit at most 1,000.");
        group.MapGet("{name}/actuals", ActualsAsync).WithSummary("Sums by grain = day, week or month; key.NAME=VALUE, from, to; by is a key to split them by.");
        group.MapGet("{name}/forecasts",
            ForecastsAsync).WithSummary("Forecasts by week beside what happened, and the weeks to come; key.NAME=VALUE, from, to, ahead.");
        group.MapGet("{name}/errors",
            ErrorsAsync).WithSummary("Errors by group = a key, week, series or row; sort, down, offset, limit; key.NAME=VALUE, from, to, ahead.");
        group.MapGet("{name}/errors.csv", ErrorsCsvAsync).WithSummary("All rows of that table as CSV.");
        group.MapGet("{name}/changes",
            ChangesAsync).WithSummary("The newest forecasts beside those before; sort, down, offset, limit; key.NAME=VALUE, from, to.");
        group.MapGet("{name}/changes.csv", ChangesCsvAsync).WithSummary("All rows of that table as CSV.");
        group.MapGet("{name}/goal", GoalAsync).WithSummary("The goal's figure week by week beside its target; key.NAME=VALUE, from, to, ahead.");
    }

    static async Task<Ok<BoardList>> ListAsync(Served served, CancellationToken stop)
    {
        var boards = new List<BoardLine>();
        foreach (var plan in await PlansAsync(served, stop))
        {
            var versions = await BoardVersions.ReadAsync(plan, served.Metadata, served.Artifacts, newest: false, stop);
            boards.Add(new(plan.Name, plan.Keys, plan.Value, plan.Unit, VersionsAnswer.Of(versions)));
        }
        return TypedResults.Ok(new BoardList(served.Project is not null, boards));
    }

    static async Task<IReadOnlyList<BoardPlan>> PlansAsync(Served served, CancellationToken stop) =>
        served.Project is { } project ? [.. (await project([], stop)).Graph.Views.OfType<Board>().Select(b => b.Plan)] : [];

    static async Task<Results<Ok<BoardAnswer>, Refused>> GetAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        if (asked is null) return refused!;
        var span = await asked.ReadAsync(r => r.Span(stop), stop);
        var says = asked.Plan.Goal?.Says;
        return TypedResults.Ok(new BoardAnswer(
            name, asked.Plan.Keys, asked.Plan.Value, asked.Plan.Unit, VersionsAnswer.Of(asked.Versions),
            new(asked.Plan.Actual.Name, asked.Plan.Forecasts?.Name, asked.Plan.Accuracy?.Name), asked.Versions.Newest, span,
            says is null ? null : new(asked.Plan.Goal!.Name, says.Problem, says.Measure, says.Unit ?? asked.Plan.Unit, says.Target)));
    }

    static async Task<Results<Ok<KeyList>, Refused>> KeysAsync(string name, string key, HttpContext http, Served served, CancellationToken stop,
        string? holds = null, string? limit = null)
    {
        if (!Asked.Limit(limit, 1000, out var most, out var bad)) return bad;
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        if (asked is null) return refused!;
        if (!asked.Plan.Keys.Contains(key)) return asked.NoKey(key);
        var values = await asked.ReadAsync(r => r.KeyValues(key, holds, most + 1, stop), stop);
        return TypedResults.Ok(new KeyList(key, [.. values.Take(most).Select(v => new KeyValue(v.Value, v.Rows))], values.Count > most));
    }

    static async Task<Results<Ok<ActualsAnswer>, Refused>> ActualsAsync(string name, HttpContext http, Served served, CancellationToken stop,
        string? grain = null, string? by = null)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        if (asked is null) return refused!;
        if (!AskedBoard.Choice("grain", grain, "week", ["day", "week", "month"], out var chosen, out var bad)) return bad;
        if (by is { Length: 0 }) by = null;
        if (by is not null && !asked.Plan.Keys.Contains(by)) return asked.NoKey(by);
        var unit = chosen switch { "day" => BoardGrain.Day, "month" => BoardGrain.Month, _ => BoardGrain.Week };
        return TypedResults.Ok(new ActualsAnswer(asked.Versions.Actual?.Version, chosen, by, await asked.ReadAsync(r => r.Sums(asked.Filter, unit, by,
            stop), stop)));
    }

    static async Task<Results<Ok<ForecastsAnswer>, Refused>> ForecastsAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        return asked is null ? refused! : TypedResults.Ok(new ForecastsAnswer(VersionsAnswer.Of(asked.Versions), await asked.ReadAsync(r =>
            r.ByWeek(asked.Filter, stop), stop)));
    }

    static async Task<Results<Ok<ErrorsAnswer>, Refused>> ErrorsAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        if (asked is null) return refused!;
        if (!asked.Table(http, BoardReader.ErrorColumns, "mae", out var group, out var page, out var bad)) return bad;
        var (names, found) = await asked.ReadAsync(r => (r.NamesOf(group), r.Errors(asked.Filter, group, page, stop)), stop);
        return TypedResults.Ok(new ErrorsAnswer(VersionsAnswer.Of(asked.Versions), group, names, found.Total, page.Offset, found.Rows));
    }

    static async Task<Results<FileStreamHttpResult, Refused>> ErrorsCsvAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        if (asked is null) return refused!;
        if (!asked.Table(http, BoardReader.ErrorColumns, "mae", out var group, out var page, out var bad)) return bad;
        return await CsvAsync(asked, $"{name}-errors-by-{group}.csv", (reader, file) =>
        {
            file.Line([.. reader.NamesOf(group), "rows", "actual", "prediction", "lower", "upper", "error", "mean_absolute_error",
                "root_mean_squared_error", "weighted_absolute_percentage_error", "inside_interval", "baseline_error", "ahead", "known_until"]);
            reader.EachError(asked.Filter, group, page with { Offset = 0, Limit = null },
                e => file.Line([.. e.Names, e.Rows, e.Actual, e.Prediction, e.Lower, e.Upper, e.Error, e.Mae, e.Rmse, e.Wape,
                e.Inside, e.Baseline, e.Ahead, e.KnownUntil]), stop);
        }, stop);
    }

    static async Task<Results<Ok<ChangesAnswer>, Refused>> ChangesAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        if (asked is null) return refused!;
        if (!asked.Table(http, BoardReader.ChangeColumns, "size", out _, out var page, out var bad)) return bad;
        var found = await asked.ReadAsync(r => r.Changes(asked.Filter, page, stop), stop);
        return TypedResults.Ok(new ChangesAnswer(VersionsAnswer.Of(asked.Versions), asked.Plan.Keys, page.Offset, found));
    }

    static async Task<Results<FileStreamHttpResult, Refused>> ChangesCsvAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        if (asked is null) return refused!;
        if (!asked.Table(http, BoardReader.ChangeColumns, "size", out _, out var page, out var bad)) return bad;
        return await CsvAsync(asked, $"{name}-changes.csv", (reader, file) =>
        {
            file.Line([.. asked.Plan.Keys, "week", "before", "now", "change", "share"]);
            reader.EachChange(asked.Filter, page with { Offset = 0, Limit = null },
                (c, _) => file.Line([.. c.Names, c.Week, c.Before, c.Now, c.Change, c.Share]), stop);
        }, stop);
    }

    static async Task<Results<Ok<BoardGoal>, Refused>> GoalAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await AskedBoard.OfAsync(name, http, served, stop);
        return asked is null ? refused! : TypedResults.Ok(BoardGoal.Of(asked.Plan, (await asked.ReadAsync(r => r.Errors(asked.Filter, "week", new("week",
            Down: false, Limit: null), stop), stop)).Rows));
    }

    /// <summary>The whole file is written before the first byte is sent, so that a failure is one sentence and not half a table. Nobody else sees it: it has
    /// lost its name by then.</summary>
    static async Task<FileStreamHttpResult> CsvAsync(AskedBoard asked, string name, Action<BoardReader, CsvFile> write, CancellationToken stop)
    {
        var rows = await asked.ReadAsync(reader =>
        {
            using var scratch = asked.Served.Artifacts.NewScratch();
            var stream = new FileStream(scratch.File("rows.csv"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            try
            {
                using (var file = new CsvFile(stream)) write(reader, file);
                stream.Position = 0;
                return stream;
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }, stop);
        return TypedResults.Stream(rows, "text/csv; charset=utf-8", name);
    }
}

/// <summary>Lines of CSV (RFC 4180): numbers in the invariant culture, texts quoted where they must be.</summary>
sealed class CsvFile(Stream stream) : IDisposable
{
    readonly StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
        leaveOpen: true);      // spreadsheets tell UTF-8 by its mark

    public void Line(IReadOnlyList<object?> values)
    {
        writer.Write(string.Join(',', values.Select(Text)));
        writer.Write("\r\n");
    }

    static string Text(object? value)
    {
        var text = value switch
        {
            null => "",
            DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            double number => number.ToString("G12", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
        // A spreadsheet would take a text that begins so for a formula.
        if (value is string && text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t') text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    public void Dispose() => writer.Dispose();
}

sealed record BoardList(bool HasProject, IReadOnlyList<BoardLine> Boards);

sealed record BoardLine(string Name, IReadOnlyList<string> Keys, string Value, string Unit, VersionsAnswer Versions);

/// <param name="Actual">Null: none was made.</param>
sealed record VersionsAnswer(VersionName? Actual, VersionName? Forecasts, VersionName? Accuracy)
{
    public static VersionsAnswer Of(BoardVersions versions) => new(versions.Actual?.Version, versions.Forecasts?.Version, versions.Accuracy?.Version);
}

/// <param name="Newest">Whether they are the newest versions, whatever is in production.</param>
sealed record BoardAnswer(string Name, IReadOnlyList<string> Keys, string Value, string Unit, VersionsAnswer Versions, BoardAssets Assets, bool Newest,
    BoardSpan Span, GoalLine? Goal);

/// <summary>What a board is declared to show; null: nothing of that kind.</summary>
sealed record BoardAssets(string Actual, string? Forecasts, string? Accuracy);

sealed record GoalLine(string Asset, string Problem, string Measure, string Unit, double? Target);

/// <param name="More">Whether there are more than are told.</param>
sealed record KeyList(string Key, IReadOnlyList<KeyValue> Values, bool More);

sealed record KeyValue(string Value, long Rows);

sealed record ActualsAnswer(VersionName? Version, string Grain, string? By, IReadOnlyList<BoardPoint> Points);

sealed record ForecastsAnswer(VersionsAnswer Versions, IReadOnlyList<BoardForecast> Weeks);

/// <param name="Names">What the names of a row are: keys, week.</param>
sealed record ErrorsAnswer(VersionsAnswer Versions, string Group, IReadOnlyList<string> Names, long Total, long Offset, IReadOnlyList<BoardError> Rows);

sealed record ChangesAnswer(VersionsAnswer Versions, IReadOnlyList<string> Keys, long Offset, BoardChanges Changes);
