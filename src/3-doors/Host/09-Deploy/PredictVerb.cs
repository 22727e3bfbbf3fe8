using System.CommandLine;
using System.Globalization;
using Kumiki.Deploying;
using Kumiki.Shell;
using Spectre.Console;

namespace Kumiki;

sealed partial class Doors
{
    IEnumerable<Command> Predicting()
    {
        var of = new Argument<string>("name") { Description = "A model or an endpoint, such as demand-model, demand-model@7 or demand-model@production." };
        var input = new Option<string[]>("--in")
        {
            Description = "Files, quoted patterns or folders of CSV, JSON lines or Parquet, a SQLite file, or postgres:VARIABLE for a database whose address "
                + "that environment variable holds.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var sql = new Option<string?>("--sql") { Description = "The table or SELECT of a database." };
        var output = new Option<string>("--out")
        {
            Description = "What to write: a name that ends in .csv or .parquet, or a folder for Parquet files.",
            Required = true,
        };
        var keys = new Option<string[]>("--keys")
        {
            Description = "The columns that stand beside the predictions, with commas between; all that the model reads by default.",
            AllowMultipleArgumentsPerToken = true,
        };
        var unknown = new Option<string>("--unknown")
        {
            Description = "What becomes of a category that the model never saw: score the row without it, or refuse.",
            DefaultValueFactory = _ => "score",
        }.AcceptOnlyFromAmong("score", "refuse");
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace what is there, once the new is whole." };
        var delimiter = new Option<char?>("--delimiter") { Description = "What stands between the fields of CSV; a comma by default." };
        var encoding = new Option<string?>("--encoding") { Description = "The encoding of text files, such as shift_jis; UTF-8 by default." };
        var segment = new Option<int?>("--segment-rows")
        {
            Description = "Rows that are kept as one: the most that is lost where the run is killed; about 200,000 by default.",
        };
        segment.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1_000_000) result.AddError(Message.Of("predict.segment-rows").ToString());
        });
        yield return Verb(
            "predict", "Predict every row of files or of a database, and write the predictions to one place; stopped, the same command goes on where it was.",
            [of, input, sql, output, keys, unknown, overwrite, delimiter, encoding, segment], async (parsed, session, terminal, stop) =>
            {
                var order = new BatchOrder
                {
                    Of = parsed.GetValue(of)!,
                    In = parsed.GetValue(input)!,
                    Sql = parsed.GetValue(sql),
                    Out = parsed.GetValue(output)!,
                    Keys =
                    [
                        .. (parsed.GetValue(keys) ?? []).SelectMany(k => k.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
                    ],
                    RefusesUnknown = parsed.GetValue(unknown) == "refuse",
                    Overwrites = parsed.GetValue(overwrite),
                    Delimiter = parsed.GetValue(delimiter),
                    Encoding = parsed.GetValue(encoding),
                    SegmentRows = parsed.GetValue(segment),
                };
                try
                {
                    var end = await WatchAsync(terminal, moved => BatchRun.RunAsync(order, session.Metadata, session.Artifacts, moved, stop));
                    return terminal.Result(end, () => Tell(terminal, end));
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return terminal.Error(Message.Of("predict.cancelled"), code: 130);
                }
            });
    }

    static void Tell(Terminal terminal, BatchEnd end)
    {
        var rows = Number(end.Rows);
        terminal.Line(end.Endpoint is { } endpoint
            ? Message.Of("predict.done-decided", ("rows", rows), ("model", end.Model), ("endpoint", endpoint), ("out", end.Out))
            : Message.Of("predict.done", ("rows", rows), ("model", end.Model), ("out", end.Out)));
        foreach (var (decision, count) in end.Decisions) terminal.Line($"  {decision}: {Number(count)}");
        if (end.Resumed > 0) terminal.Line(Message.Of("predict.resumed", ("rows", Number(end.Resumed))));
        if (end.Rejected > 0) terminal.Line(Message.Of("predict.rejected", ("rows", Number(end.Rejected)), ("file", end.RejectsFile)));
        foreach (var (column, count) in end.Unscored) terminal.Line(Message.Of("predict.unscored-rows", ("rows", Number(count)), ("column", column)));
        foreach (var (column, count) in end.Unknown) terminal.Line(Message.Of("predict.unknown-rows", ("rows", Number(count)), ("column", column)));
        foreach (var note in end.Notes) terminal.Line(note);
    }

    static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A bar for each step where a person watches.</summary>
    static async Task<BatchEnd> WatchAsync(Terminal terminal, Func<Action<BatchMoved>, Task<BatchEnd>> work)
    {
        if (!terminal.IsWatched) return await work(static _ => { });
        return await terminal.Ansi.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(),
                new RemainingTimeColumn())
            .StartAsync(async screen =>
            {
                var bars = new System.Collections.Concurrent.ConcurrentDictionary<string, ProgressTask>(StringComparer.Ordinal);
                return await work(moved =>
                {
                    var bar = bars.GetOrAdd(moved.Step, step => screen.AddTask(step, maxValue: 1));
                    bar.IsIndeterminate = moved.Total == 0;
                    if (moved.Total > 0) bar.Value = moved.Done / moved.Total;
                    if (moved.Step == "score")
                        bar.Description = string.Create(CultureInfo.InvariantCulture, $"{moved.Step}  {moved.Done:N0} / {moved.Total:N0}");
                });
            });
    }
}
