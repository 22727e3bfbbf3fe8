using System.Globalization;
using Kumiki.Making;
using Spectre.Console;

namespace Kumiki.Shell;

/// <summary>Shows makings while they run: bars in a terminal, plain lines otherwise.</summary>
static class MakingScreen
{
    public static async Task<T> ShowAsync<T>(Terminal terminal, Func<Action<MakingProgress>, Task<T>> work)
    {
        if (!terminal.IsWatched) return await work(p => Plain(terminal, p));
        return await terminal.Ansi.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(async screen =>
            {
                var bars = new System.Collections.Concurrent.ConcurrentDictionary<string, ProgressTask>(StringComparer.Ordinal);
                return await work(p => Bar(terminal, screen, bars, p));
            });
    }

    static void Bar(Terminal terminal, ProgressContext screen, System.Collections.Concurrent.ConcurrentDictionary<string, ProgressTask> bars, MakingProgress progress)
    {
        switch (progress)
        {
            case MakingProgress.Started started:
                bars.GetOrAdd(started.Asset, a => screen.AddTask(Markup.Escape(a), maxValue: 1)).IsIndeterminate = true;
                break;
            case MakingProgress.Moved moved when moved.Total > 0:
                var bar = bars.GetOrAdd(moved.Asset, a => screen.AddTask(Markup.Escape(a), maxValue: 1));
                (bar.IsIndeterminate, bar.Value) = (false, (double)moved.Done / moved.Total);
                bar.Description = Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{moved.Asset}  {moved.Done:N0} / {moved.Total:N0} {moved.Unit}"));
                break;
            case MakingProgress.Said { Level: not "info" } said:
                terminal.Ansi.WriteLine($"{said.Asset}: {said.Text}");
                break;
            case MakingProgress.Ended ended:
                if (bars.TryGetValue(ended.Asset, out var done)) (done.IsIndeterminate, done.Value) = (false, 1);
                terminal.Ansi.WriteLine(Line(ended.End));
                break;
        }
    }

    static void Plain(Terminal terminal, MakingProgress progress)
    {
        switch (progress)
        {
            case MakingProgress.Started started:
                terminal.Line($"[{started.Place}/{started.Of}] {started.Asset} …");
                break;
            case MakingProgress.Said said:
                terminal.Line($"  {said.Text}");
                break;
            case MakingProgress.Ended { End: MakingEnd.Failed failed }:
                if (!terminal.Json) terminal.Error(failed.Why);     // the JSON document holds it
                break;
            case MakingProgress.Ended ended:
                terminal.Line(Line(ended.End));
                break;
        }
    }

    public static string Line(MakingEnd end) => end switch
    {
        MakingEnd.Made made => Message.Of("shell.made", ("version", made.Version.Name), ("run", made.Run)).ToString(),
        MakingEnd.Reused reused => Message.Of("shell.reused", ("version", reused.Version.Name), ("because", reused.Because)).ToString(),
        MakingEnd.Failed failed => $"✗ {failed.Why}",
        MakingEnd.Skipped skipped => $"– {skipped.Why}",
        _ => throw new System.Diagnostics.UnreachableException($"Say how {end.GetType().Name} ended."),
    };
}
