using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Kumiki.Making;
using Kumiki.Shell;
using Kumiki.Tuning;

namespace Kumiki;

sealed partial class Doors
{
    const int TrialsShown = 20;

    Command Tune()
    {
        var trials = new Option<int>("--trials") { Description = "Combinations of parameters to try.", DefaultValueFactory = _ => 30 };
        var method = new Option<SearchMethod>("--method") { Description = "How to choose them; halving tries many a little and goes on with the best." };
        var search = new Option<string[]>("--search")
        {
            Description = "A parameter to search: rounds=50..500, alpha=1..100:log, depth=3,5,7; all whose declaration has two ends by default.",
            AllowMultipleArgumentsPerToken = true,
        };
        var by = new Option<string?>("--by") { Description = "The figure that decides, such as mae; the task's first by default." };
        var folds = new Option<int?>("--folds") { Description = "Judge by cross-validation with so many folds; on validation rows by default." };
        var nested = new Option<int?>("--nested")
        {
            Description = "Do the search again within so many outer folds, and say what it is worth on rows it has not seen.",
        };
        var parallel = new Option<int>("--parallel") { Description = "Trials at one time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var seed = new Option<long>("--seed") { Description = "Seed of the search and of each trial; 0 by default." };
        var limit = new Option<TimeSpan?>("--limit") { Description = "Time for the search, such as 30m: the best of what was tried until then is taken.", CustomParser = Duration };
        var set = new Option<string[]>("--set") { Description = "A parameter that stays as it is set: name=value, or asset.name=value.", AllowMultipleArgumentsPerToken = true };
        var use = new Option<string[]>("--use") { Description = "An input's version (sales@3), or 'newest' for all." };
        var despite = new Option<bool>("--despite-checks") { Description = "Take inputs whose expectations failed; recorded." };
        var stage = new Option<bool>("--stage") { Description = "Stage what was made." };
        trials.Validators.Add(r => { if (r.GetValueOrDefault<int>() < 1) r.AddError("--trials takes 1 or more."); });
        folds.Validators.Add(r => { if (r.GetValueOrDefault<int?>() < 2) r.AddError("--folds takes 2 or more."); });
        nested.Validators.Add(r => { if (r.GetValueOrDefault<int?>() < 2) r.AddError("--nested takes 2 or more."); });
        parallel.Validators.Add(r => { if (r.GetValueOrDefault<int>() < 1) r.AddError("--parallel takes 1 or more."); });
        return Verb("tune", "Search the best parameters of an asset: every trial is a run, and the best one is made a version.",
            [AssetArgument, trials, method, search, by, folds, nested, parallel, seed, limit, set, use, despite, stage],
            async (parsed, session, terminal, stop) =>
        {
            var asset = parsed.GetValue(AssetArgument)!;
            List<ParameterSetting> settings = [.. (parsed.GetValue(set) ?? []).Select(s => SettingOf(s, asset))];
            var uses = parsed.GetValue(use) ?? [];
            var order = new StudyOrder(asset)
            {
                Method = parsed.GetValue(method),
                Trials = parsed.GetValue(trials),
                Search = parsed.GetValue(search) ?? [],
                By = parsed.GetValue(by),
                Folds = parsed.GetValue(folds),
                Nested = parsed.GetValue(nested),
                Parallel = parsed.GetValue(parallel),
                Seed = parsed.GetValue(seed),
                Limit = parsed.GetValue(limit),
                UseNewest = uses.Contains("newest"),
                Use = [.. uses.Where(u => u != "newest").Select(VersionOf)],
                DespiteChecks = parsed.GetValue(despite),
            };
            var maker = session.MakerOf(await session.GraphAsync(settings, stop));
            var study = await MakingScreen.ShowAsync(terminal, tell => Study.RunAsync(maker, order, Session.Clock, tell, stop));
            terminal.Line(Message.Of("tune.ended", ("done", study.Trials.Count), ("taken", study.Trials.Count(t => t.Before)), ("failed", study.Trials.Count(t => t.Why is not null))));
            ShowTrials(terminal, study);
            ShowNested(terminal, study, order.Nested);
            if (study.State == StudyState.Cancelled)
            {
                terminal.Line(Message.Of("tune.cancelled", ("done", study.Trials.Count)));
                return terminal.Result(StudyJson(study, null, []), () => { }, 130);
            }
            if (study.State == StudyState.OutOfTime) terminal.Line(Message.Of("tune.stopped", ("limit", order.Limit)));

            var best = study.Best!;
            var winner = session.MakerOf(await session.GraphAsync([.. settings, .. best.Parameters.Select(p => new ParameterSetting(asset, p.Key, p.Value))], stop));
            var making = new MakeOrder(asset)
            {
                Use = study.Inputs,
                Seed = order.Seed,
                DespiteChecks = order.DespiteChecks,
                Notes =
                [
                    string.Create(CultureInfo.InvariantCulture,
                        $"best of study {study.Study}: trial {best.Number}, {best.Run}, {study.By.Name} {best.Figure:G5}"),
                    .. study.Nested is { } honest && double.IsFinite(honest.Mean)
                        ? [string.Create(CultureInfo.InvariantCulture,
                            $"{study.By.Name} {honest.Mean:G5} ± {honest.StandardError:G2} over {honest.Folds.Count} outer folds")]
                        : Array.Empty<string>(),
                ],
            };
            var end = (await MakingScreen.ShowAsync(terminal, tell => winner.MakeAsync(making, tell, stop)))[^1];
            var staged = new List<VersionName>();
            if (end.Result is { } made)
            {
                var test = string.Join(", ", made.Metrics.Where(m => m.Key.EndsWith(".test", StringComparison.Ordinal)).Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key} {m.Value:G5}")));
                terminal.Line(test.Length > 0
                    ? Message.Of("tune.optimism", ("figure", study.By.Name), ("value", Study.Written(best.Figure)), ("version", made.Name), ("test", test))
                    : Message.Of("tune.optimism-no-test", ("figure", study.By.Name), ("value", Study.Written(best.Figure))));
                if (parsed.GetValue(stage))
                {
                    staged = [made.Name];
                    await session.Metadata.MoveStagesAsync([(asset, "staging", made.Name.Number)], Author, $"kumiki tune --stage, study {study.Study}", stop);
                    terminal.Line(Message.Of("shell.staged", ("versions", made.Name)));
                }
                else terminal.Next($"kumiki show {made.Name}", $"kumiki stage {made.Name}");
            }
            return terminal.Result(StudyJson(study, end, staged), () => { }, end.Result is not null ? 0 : end is MakingEnd.Failed { State: RunState.Cancelled } ? 130 : 1);
        });
    }

    static void ShowTrials(Terminal terminal, StudyEnd study)
    {
        if (study.Trials.Count == 0) return;
        var shares = study.Trials.Any(t => t.Share < 1);
        terminal.Table(["RUN", "TRIAL", .. shares ? ["EFFORT"] : Array.Empty<string>(), study.By.Name.ToUpperInvariant(), "PARAMETERS"], study.Trials.Take(TrialsShown).Select(t => (IReadOnlyList<string>)
            [t.Run.ToString(), t.Number.ToString(CultureInfo.InvariantCulture), .. shares ? [t.Share == 1 ? "1" : $"1/{Math.Round(1 / t.Share)}"] : Array.Empty<string>(),
                t.Why is null ? Study.Written(t.Figure) : "✗", t.Why is null ? t.Written : $"{t.Written}: {t.Why}"]));
        if (study.Trials.Count > TrialsShown) terminal.Line("…");
    }

    /// <param name="asked">Outer folds; null: none.</param>
    static void ShowNested(Terminal terminal, StudyEnd study, int? asked)
    {
        if (asked is null) return;
        if (study.Nested is not { } nested)
        {
            terminal.Line(Message.Of("tune.nested-unfinished"));
            return;
        }
        var by = study.By.Name.ToUpperInvariant();
        terminal.Table(["FOLD", "RUN", by, $"{by} IN SEARCH", "PARAMETERS"], nested.Folds.Select(f => (IReadOnlyList<string>)
            [f.Number.ToString(CultureInfo.InvariantCulture), f.Run?.ToString() ?? "", f.Why is null ? Study.Written(f.Figure) : "✗",
                f.Winner is { } found ? Study.Written(found.Figure) : "✗", f.Why is null ? f.Winner!.Written : $"{f.Winner?.Written}: {f.Why}"]));
        var failed = nested.Folds.Count(f => f.Why is not null);
        terminal.Line(failed > 0
            ? Message.Of("tune.nested-failed", ("failed", failed), ("folds", nested.Folds.Count))
            : Message.Of("tune.nested", ("figure", study.By.Name), ("mean", Study.Written(nested.Mean)),
                ("error", nested.StandardError.ToString("G2", CultureInfo.InvariantCulture)), ("folds", nested.Folds.Count), ("beside", nested.Optimism > 0
                    ? Message.Of("tune.nested-optimism", ("optimism", nested.Optimism.ToString("G3", CultureInfo.InvariantCulture)))
                    : Message.Of("tune.nested-no-optimism"))));
    }

    static object StudyJson(StudyEnd study, MakingEnd? end, IReadOnlyList<VersionName> staged) => new
    {
        study = study.Study,
        asset = study.Asset,
        state = study.State.ToString(),
        by = study.By.Name,
        higherIsBetter = study.By.HigherIsBetter,
        inputs = study.Inputs,
        trials = study.Trials.Select(t => new { t.Number, run = t.Run.ToString(), t.Parameters, t.Share, figure = t.Why is null ? t.Figure : (double?)null, t.Figures, t.Before, t.Why }),
        nested = study.Nested is null ? null : new
        {
            mean = Finite(study.Nested.Mean),
            standardError = Finite(study.Nested.StandardError),
            optimism = Finite(study.Nested.Optimism),
            folds = study.Nested.Folds.Select(f => new
            {
                f.Number,
                run = f.Run?.ToString(),
                f.Winner?.Parameters,
                searched = f.Winner?.Figure,
                figure = Finite(f.Figure),
                f.Figures,
                f.Before,
                f.Why,
            }),
        },
        end = end is null ? null : EndJson(end),
        staged,
    };

    static double? Finite(double value) => double.IsFinite(value) ? value : null;

    /// <summary>Reads <c>90s</c>, <c>30m</c>, <c>2h</c> or <c>00:30:00</c>.</summary>
    static TimeSpan? Duration(ArgumentResult argument)
    {
        var text = argument.Tokens[^1].Value;
        var time = text.Length > 0 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            ? text[^1] switch { 's' => TimeSpan.FromSeconds(count), 'm' => TimeSpan.FromMinutes(count), 'h' => TimeSpan.FromHours(count), _ => TimeSpan.Zero }
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var clock) ? clock : TimeSpan.Zero;
        if (time > TimeSpan.Zero) return time;
        argument.AddError(Message.Of("tune.duration", ("text", text)).ToString());
        return null;
    }
}
