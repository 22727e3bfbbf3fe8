using System.CommandLine;
using System.Globalization;
using Kumiki.Predictions;

namespace Kumiki;

sealed partial class Doors
{
    static readonly Argument<string> EndpointArgument = new("endpoint") { Description = "An endpoint's name, such as credit-decision." };

    IEnumerable<Command> Logged()
    {
        var predictions = new Command("predictions", "What endpoints answered: list it, show one, ask SQL, take it elsewhere.") { PredictionList(),
            PredictionShow(), PredictionSql(), PredictionExport() };
        yield return predictions;
        yield return Outcomes();
    }

    static PredictionReader ReaderOf(Session session) => new(session.Metadata, session.Artifacts, session.Folder, null);

    Command PredictionList()
    {
        var limit = new Option<int>("--limit") { Description = "How many.", DefaultValueFactory = _ => 20 };
        var before = new Option<string?>("--before") { Description = "Go on after a page: the place that it named." };
        return Verb("list", "An endpoint's predictions, newest first.", [EndpointArgument, limit, before], async (parsed, session, terminal, stop) =>
        {
            using var reader = ReaderOf(session);
            var page = await reader.PageAsync(parsed.GetValue(EndpointArgument)!, Math.Clamp(parsed.GetValue(limit), 1, 1000), parsed.GetValue(before), stop);
            return terminal.Result(page, () =>
            {
                if (page.Predictions.Count == 0) terminal.Line(Message.Of("predlog.nothing", ("endpoint", parsed.GetValue(EndpointArgument)!)));
                else
                    terminal.Table(["AT", "ID", "RELEASE", "SCORE", "DECISION", "TOOK", "OUTCOME"], page.Predictions.Select(p => (IReadOnlyList<string>)
                    [
                        When(p.At), p.Id, p.Release?.ToString(CultureInfo.InvariantCulture) ?? "–", p.Score?.ToString("G5",
                            CultureInfo.InvariantCulture) ?? "–",
                        p.Error is { } error ? $"✗ {error}" : (p.Decision ?? "–") + (p.Fallback is { } instead ? $" ({instead})" : ""),
                        string.Create(CultureInfo.InvariantCulture, $"{p.LatencyUs / 1000.0:0.0} ms"), p.Outcome ?? "–",
                    ]));
                if (page.Before is { } next) terminal.Next($"kumiki predictions list {parsed.GetValue(EndpointArgument)} --before '{next}'");
            });
        });
    }

    Command PredictionShow()
    {
        var id = new Argument<string>("id") { Description = "The prediction's id, as the answer named it." };
        var endpoint = new Option<string?>("--endpoint") { Description = "Whose, where several endpoints have the id." };
        return Verb("show", "One prediction: its row, features, scores, decision, versions, times and outcomes.", [id, endpoint], async (parsed, session,
            terminal, stop) =>
        {
            using var reader = ReaderOf(session);
            var one = await reader.FindAsync(parsed.GetValue(id)!, parsed.GetValue(endpoint), stop)
                ?? throw new KumikiException(Message.Of("predlog.none", ("id", parsed.GetValue(id)!)));
            var p = one.Prediction;
            return terminal.Result(one, () =>
            {
                terminal.Line($"{p.Id}  {When(p.At)}  {p.Endpoint}@{p.Version}  release {p.Release}  {p.Decision ?? "✗"}");
                terminal.Line($"  {string.Join("  ", new[] { p.Models, p.Threshold, p.Arm, p.Fallback, p.TraceId }.Where(t => !string.IsNullOrEmpty(t)))}");
                terminal.Line(string.Create(CultureInfo.InvariantCulture, $"  {p.LatencyUs} µs, of which {p.QueueUs} waiting and {p.RunUs} in the model"));
                if (p.Error is not null) terminal.Line($"  ✗ {p.Error} {p.ErrorText}");
                if (p.Inputs is not null) terminal.Line($"  {p.Inputs}");
                foreach (var (name, value) in one.Scores)
                    if (value is not null) terminal.Line($"  {name} = {value}");
                foreach (var (name, value) in one.Features) terminal.Line($"  {name}: {value ?? "–"}");
                foreach (var outcome in one.Outcomes) terminal.Line($"  {(outcome.Counts ? "→" : "·")} {outcome.Label}  {When(outcome.At)}  {outcome.Note}".TrimEnd());
            });
        });
    }

    Command PredictionSql()
    {
        var sql = new Argument<string>("sql") { Description = "One SELECT over predictions_NAME, outcomes_NAME and, joined, NAME; of an endpoint my-endpoint NAME is my_endpoint." };
        var rows = new Option<int>("--rows") { Description = "The most rows.", DefaultValueFactory = _ => new SqlLimits().Rows };
        return Verb("sql", "Ask SQL over the log.", [sql, rows], async (parsed, session, terminal, stop) =>
        {
            using var reader = ReaderOf(session);
            var answer = await reader.SqlAsync(parsed.GetValue(sql)!, new() { Rows = Math.Clamp(parsed.GetValue(rows), 1, 1_000_000), Bytes = 256 << 20 },
                stop);
            return terminal.Result(answer, () =>
            {
                terminal.Table([.. answer.Columns.Select(c => c.Name)], answer.Rows.Select(r => (IReadOnlyList<string>)[.. r.Select(c => c ?? "–")]));
                if (answer.IsCut) terminal.Line(Message.Of("predlog.cut", ("rows", answer.Rows.Count)));
            });
        });
    }

    Command PredictionExport()
    {
        var file = new Argument<FileInfo>("file") { Description = "A Parquet file to write, which must not exist." };
        return Verb("export", "Write an endpoint's predictions, with their outcomes, as one Parquet file for other tools.", [EndpointArgument, file],
            async (parsed, session, terminal, stop) =>
        {
            using var reader = ReaderOf(session);
            var path = parsed.GetValue(file)!.FullName;
            var rows = await reader.ExportAsync(parsed.GetValue(EndpointArgument)!, path, stop);
            return terminal.Result(new { path, rows }, () => terminal.Line(Message.Of("predlog.exported", ("rows", rows), ("path", path))));
        });
    }

    Command Outcomes()
    {
        var file = new Argument<FileInfo>("file") { Description = "A CSV file with the columns id, value, at and, if you like, note." };
        return Verb("outcomes", "Take in what turned out to be true of predictions; the same file again changes nothing.", [EndpointArgument, file],
            async (parsed, session, terminal, stop) =>
        {
            var endpoint = parsed.GetValue(EndpointArgument)!;
            if (!AssetName.IsValid(endpoint)) throw new KumikiException(Message.Of("serve.bad-name", ("name", endpoint)));
            var kept = 0L;
            var troubles = new List<Exception>();
            await using (var log = PredictionLog.Open(session.Folder, session.Metadata, session.Artifacts, new(), Session.Clock, e =>
            {
                lock (troubles) troubles.Add(e);
            }))
                foreach (var part in OutcomeReading.OfCsv(session.Artifacts, endpoint, parsed.GetValue(file)!.FullName, Session.Clock.GetUtcNow(), stop))
                {
                    await log.AddAsync(part, stop);
                    kept += part.Count;
                }
            return terminal.Result(new { endpoint, kept }, () =>
            {
                // They are durable all the same, and become files when the log is opened next.
                foreach (var trouble in troubles) terminal.Line($"· {trouble.Message}");
                terminal.Line(Message.Of("predlog.outcomes-kept", ("count", kept), ("endpoint", endpoint)));
            });
        });
    }
}
