using System.CommandLine;
using System.Globalization;
using Kumiki.Making;

namespace Kumiki;

sealed partial class Doors
{
    IEnumerable<Command> Looking()
    {
        yield return Show();
        yield return Runs();
        yield return Log();
        yield return Graph();
        yield return Why();
        yield return Diff();
        yield return Draft();
    }

    Command Why() => Verb("why", "Why an asset's version in use is out of date.", [AssetArgument], async (parsed, session, terminal, stop) =>
    {
        var asset = parsed.GetValue(AssetArgument)!;
        var graph = await session.GraphAsync(null, stop);
        var (version, causes) = await session.MakerOf(graph).WhyAsync(asset, stop);
        return terminal.Result(new { asset, version = version?.Name.ToString(), fresh = causes.Count == 0, causes = causes.Select(c => new { kind = c.GetType().Name.ToLowerInvariant(), says = c.Says }) }, () =>
        {
            if (causes.Count == 0) terminal.Line(Message.Of("shell.fresh", ("version", version!.Name)));
            else
            {
                terminal.Line(Message.Of("shell.stale", ("version", version?.Name.ToString() ?? asset)));
                foreach (var cause in causes) terminal.Line($"  · {cause.Says}");
                if (graph[asset].IsBroughtIn) terminal.Next($"kumiki models import {asset} FILE.onnx");
                else terminal.Next($"kumiki make {asset}{(causes.Any(c => c is StaleCause.Upstream or StaleCause.Never) ? " --upstream" : "")}");
            }
        });
    });

    Command Diff()
    {
        var right = new Argument<string>("other") { Description = "The version to compare with." };
        return Verb("diff", "Two versions side by side: files, schema, facts, metrics, parameters, code, inputs.", [VersionArgument, right], async (parsed, session, terminal, stop) =>
        {
            var (a, runA) = await RecordAsync(session, VersionOf(parsed.GetValue(VersionArgument)!), stop);
            var (b, runB) = await RecordAsync(session, VersionOf(parsed.GetValue(right)!), stop);
            var differences = VersionDiff.Of(a, runA, b, runB);
            return terminal.Result(new { left = a.Name.ToString(), right = b.Name.ToString(), differences }, () =>
            {
                if (differences.Count == 0) terminal.Line(Message.Of("shell.no-difference", ("left", a.Name), ("right", b.Name)));
                else PrintDifferences(terminal, differences, a.Name.ToString(), b.Name.ToString());
            });
        });
    }

    static async Task<(VersionRecord Version, RunRecord? Run)> RecordAsync(Session session, VersionName name, CancellationToken stop)
    {
        var version = await session.Metadata.VersionAsync(name, stop) ?? throw new KumikiException(Message.Of("making.no-version", ("version", name)));
        return (version, await session.Metadata.RunAsync(version.MadeBy, stop));
    }

    Command Runs()
    {
        var asset = new Argument<string?>("asset") { Description = "Only this asset's runs.", Arity = ArgumentArity.ZeroOrOne };
        var state = new Option<RunState?>("--state") { Description = "Only runs in this state." };
        var limit = new Option<int>("--limit") { Description = "How many, newest first.", DefaultValueFactory = _ => 20 };
        var before = new Option<string?>("--before") { Description = "Only runs before this one, for paging." };
        return Verb("runs", "The runs, newest first.", [asset, state, limit, before], async (parsed, session, terminal, stop) =>
        {
            var runs = await session.Metadata.RunsAsync(parsed.GetValue(asset), parsed.GetValue(state), Math.Clamp(parsed.GetValue(limit), 1, 10_000),
                parsed.GetValue(before) is { } b ? RunOf(b) : null, stop);
            return terminal.Result(runs, () =>
            {
                if (runs.Count == 0)
                {
                    terminal.Line(Message.Of("shell.no-runs"));
                    terminal.Next("kumiki make ASSET --upstream");
                }
                else
                    terminal.Table(["RUN", "ASSET", "STATE", "STARTED", "TOOK", "RESULT"], runs.Select(r => (IReadOnlyList<string>)
                        [r.Id.ToString(), r.Asset, r.State.ToString().ToLowerInvariant(), When(r.Started), r.Ended is { } e ? Took(e - r.Started) : "…", r.Result?.ToString() ?? r.Error?.ToString() ?? FiguresOf(r, 3)]));
            });
        });
    }

    Command Log()
    {
        var run = new Argument<string>("run") { Description = "A run, such as run-42." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the run ends." };
        return Verb("log", "What a run said.", [run, follow], async (parsed, session, terminal, stop) =>
        {
            var id = RunOf(parsed.GetValue(run)!);
            var record = await session.Metadata.RunAsync(id, stop) ?? throw new KumikiException(Message.Of("making.no-run", ("run", id)));
            if (terminal.Json) return terminal.Result(await session.Metadata.LogAsync(id, 0, int.MaxValue, stop), () => { });
            var after = await PrintAsync(0);
            if (!parsed.GetValue(follow)) return 0;
            var revision = await session.Metadata.RevisionAsync(stop);
            await using var changes = session.Metadata.ChangesAsync(revision, stop).GetAsyncEnumerator(stop);
            while (record!.State == RunState.Running)
            {
                await changes.MoveNextAsync();
                record = await session.Metadata.RunAsync(id, stop);
                after = await PrintAsync(after);
            }
            terminal.Line($"{record.State.ToString().ToLowerInvariant()} {record.Result?.ToString() ?? record.Error?.ToString()}");
            return record.State is RunState.Made or RunState.Reused or RunState.Tried ? 0 : 1;

            async Task<long> PrintAsync(long from)
            {
                foreach (var line in await session.Metadata.LogAsync(id, from, int.MaxValue, stop))
                {
                    terminal.Line($"{When(line.At)} {(line.Level == "info" ? "" : line.Level.ToUpperInvariant() + " ")}{line.Text}");
                    from = line.Sequence;
                }
                return from;
            }
        });
    }

    /// <summary>What a trial measured.</summary>
    static string FiguresOf(RunRecord run, int most) => string.Join(' ', run.Figures.Take(most).Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Key}={f.Value:G5}")));

    static string When(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    static string Took(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s");

    static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.0} GiB"),
    };
}
