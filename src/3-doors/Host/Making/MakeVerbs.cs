using System.CommandLine;
using Kumiki.Making;
using Kumiki.Shell;

namespace Kumiki;

sealed partial class Doors
{
    static readonly Argument<string> AssetArgument = new("asset") { Description = "An asset's name, such as demand-model." };
    static readonly Argument<string> VersionArgument = new("version") { Description = "A version, such as demand-model@7." };

    IEnumerable<Command> Making()
    {
        yield return Make();
        yield return Tune();
        yield return Reproduce();
        yield return RunStep();
        yield return RepeatStep();
    }

    Command Make()
    {
        var upstream = new Option<bool>("--upstream") { Description = "Make what it depends on first, where that is out of date." };
        var downstream = new Option<bool>("--downstream") { Description = "Then make what depends on it." };
        var set = new Option<string[]>("--set") { Description = "A parameter: name=value, or asset.name=value.", AllowMultipleArgumentsPerToken = true };
        var use = new Option<string[]>("--use") { Description = "An input's version (sales@3), or 'newest' for all." };
        var seed = new Option<long>("--seed") { Description = "Seed of all random draws; 0 by default." };
        var anew = new Option<bool>("--anew") { Description = "Make it even where nothing changed." };
        var despite = new Option<bool>("--despite-checks") { Description = "Take inputs whose expectations failed; recorded." };
        var limit = new Option<TimeSpan?>("--limit") { Description = "Longest time for an attempt, as 00:30:00." };
        var retries = new Option<int?>("--retries") { Description = "Further attempts after a failure that is not bad input." };
        var own = new Option<bool?>("--own-process") { Description = "Run each making in a process of its own." };
        var parallel = new Option<int>("--parallel") { Description = "Makings at one time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var stage = new Option<bool>("--stage") { Description = "Stage what was made." };
        parallel.Validators.Add(r => { if (r.GetValueOrDefault<int>() < 1) r.AddError("--parallel takes 1 or more."); });
        retries.Validators.Add(r => { if (r.GetValueOrDefault<int?>() < 0) r.AddError("--retries takes 0 or more."); });
        limit.Validators.Add(r => { if (r.GetValueOrDefault<TimeSpan?>() <= TimeSpan.Zero) r.AddError("--limit takes a time above zero, such as 00:30:00."); });
        return Verb("make", "Make a version of an asset from the staging versions of its inputs.",
            [AssetArgument, upstream, downstream, set, use, seed, anew, despite, limit, retries, own, parallel, stage], async (parsed, session, terminal, stop) =>
        {
            var asset = parsed.GetValue(AssetArgument)!;
            var graph = await session.GraphAsync([.. (parsed.GetValue(set) ?? []).Select(s => SettingOf(s, asset))], stop);
            var uses = parsed.GetValue(use) ?? [];
            var order = new MakeOrder(asset)
            {
                Upstream = parsed.GetValue(upstream),
                Downstream = parsed.GetValue(downstream),
                UseNewest = uses.Contains("newest"),
                Use = [.. uses.Where(u => u != "newest").Select(VersionOf)],
                Seed = parsed.GetValue(seed),
                Anew = parsed.GetValue(anew),
                DespiteChecks = parsed.GetValue(despite),
                Limit = parsed.GetValue(limit),
                Retries = parsed.GetValue(retries),
                OwnProcess = parsed.GetValue(own),
                Parallel = parsed.GetValue(parallel),
            };
            var ends = await MakingScreen.ShowAsync(terminal, tell => session.MakerOf(graph).MakeAsync(order, tell, stop));
            var good = ends.All(e => e.Result is not null);
            var staged = new List<VersionName>();
            if (good && parsed.GetValue(stage))
            {
                staged = [.. ends.Select(e => e.Result!.Name)];
                await session.Metadata.MoveStagesAsync([.. staged.Select(v => (v.Asset, "staging", (int?)v.Number))], Author, "kumiki make --stage", stop);
                terminal.Line(Message.Of("shell.staged", ("versions", string.Join(", ", staged))));
            }
            else if (good && ends.OfType<MakingEnd.Made>().Any())
            {
                terminal.Next($"kumiki show {ends[^1].Result!.Name}", $"kumiki stage {string.Join(' ', ends.OfType<MakingEnd.Made>().Select(e => e.Version.Name))}");
            }
            var cancelled = ends.Any(e => e is MakingEnd.Failed { State: RunState.Cancelled });
            return terminal.Result(new { ends = ends.Select(EndJson), staged }, () => { }, good ? 0 : cancelled ? 130 : 1);
        });
    }

    sealed record EndShown(string Asset, string End, string? Version, string? Run, Message? Why);

    static EndShown EndJson(MakingEnd end) => end switch
    {
        MakingEnd.Made made => new(made.Asset, "made", made.Version.Name.ToString(), made.Run.ToString(), null),
        MakingEnd.Reused reused => new(reused.Asset, "reused", reused.Version.Name.ToString(), reused.Run?.ToString(), reused.Because),
        MakingEnd.Failed failed => new(failed.Asset, failed.State.ToString().ToLowerInvariant(), null, failed.Run?.ToString(), failed.Why),
        MakingEnd.Skipped skipped => new(skipped.Asset, "skipped", null, null, skipped.Why),
        _ => throw new System.Diagnostics.UnreachableException($"Show how {end.GetType().Name} ended."),
    };

    Command RunStep()
    {
        var run = new Argument<string>("run");
        var keepOpen = new Option<bool>("--keep-open");
        var limit = new Option<TimeSpan?>("--limit");
        var command = Verb("run-step", "Run one begun run in this process; what a worker of a cluster starts.", [run, keepOpen, limit], async (parsed, session, terminal, stop) =>
        {
            var id = RunOf(parsed.GetValue(run)!);
            var (end, leftOpen) = await (await MakerForAsync(session, id, stop)).RunStepAsync(id, parsed.GetValue(limit), parsed.GetValue(keepOpen), Tell, stop);
            if (end is MakingEnd.Failed failed) Console.Error.WriteLine(failed.Why);
            return leftOpen ? Maker.StepFailedMayRepeat : end.Result is null ? 1 : 0;
        });
        command.Hidden = true;
        return command;
    }

    Command RepeatStep()
    {
        var run = new Argument<string>("run");
        var command = Verb("repeat-step", "Make what a run made once more, and print the version it would be.", [run], async (parsed, session, terminal, stop) =>
        {
            var id = RunOf(parsed.GetValue(run)!);
            var version = await (await MakerForAsync(session, id, stop)).RepeatAsync(id, Tell, stop);
            Console.Out.WriteLine("version " + System.Text.Json.JsonSerializer.Serialize(version));
            return 0;
        });
        command.Hidden = true;
        return command;
    }

    static void Tell(MakingProgress progress)
    {
        if (StepLine.Write(progress) is { } line) Console.Out.WriteLine(line);
    }

    /// <summary>A maker over the graph with the parameters a run was planned with.</summary>
    static async Task<Maker> MakerForAsync(Session session, RunId id, CancellationToken stop)
    {
        var run = await session.Metadata.RunAsync(id, stop) ?? throw new KumikiException(Message.Of("making.no-run", ("run", id)));
        var graph = await session.GraphAsync([.. run.Plan.Parameters.Select(p => new ParameterSetting(run.Asset, p.Key, p.Value)), .. run.Plan.Upstream.Select(p => SettingOf($"{p.Key}={p.Value}", run.Asset))], stop);
        return session.MakerOf(graph);
    }

    static ParameterSetting SettingOf(string text, string asset)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1) throw new KumikiException(Message.Of("shell.setting", ("text", text)));
        var (name, value) = (text[..equals], text[(equals + 1)..]);
        var dot = name.LastIndexOf('.');
        return dot < 0 ? new(asset, name, value) : new(name[..dot], name[(dot + 1)..], value);
    }

    static VersionName VersionOf(string text) =>
        VersionName.TryParse(text, null, out var version) ? version : throw new KumikiException(Message.Of("shell.version", ("text", text)));

    static RunId RunOf(string text) =>
        RunId.TryParse(text, null, out var run) ? run : throw new KumikiException(Message.Of("shell.run", ("text", text)));

    /// <summary>Who does what a command does: <c>KUMIKI_AUTHOR</c>, else the system's user.</summary>
    static string Author => Environment.GetEnvironmentVariable("KUMIKI_AUTHOR") is { Length: > 0 } named ? named : Environment.UserName;
}
