using System.Globalization;
using Kumiki.Statistics;

namespace Kumiki.Testing;

/// <summary>Whether the goal is met, and GO or NO-GO: each check is one sentence, and a gate of release.</summary>
/// <remarks>
/// 1. The target is met by the interval's worse end, not by the estimate.
/// 2. The model is better than what is done today, if the goal says what that is, by the same end.
/// 3. It is better than everything that needs no model, by the interval of the difference on the same resamples.
/// 4. The rows of the cross-validation agree: their figure meets the target too, and the test rows were not a lucky draw.
/// 5. The decisions of a period cost no more than the goal says they are worth.
/// 6. No look for a leak found one.
/// </remarks>
static class GoalView
{
    const double Level = 0.95;

    /// <summary>The figure of a goal in a contest of this task.</summary>
    /// <exception cref="KumikiException">The task has no such figure, or needs a threshold for it.</exception>
    public static string FigureOf(string report, string goal, GoalFigure figure, Subject subject, Contest contest, bool hasChoice)
    {
        var id = figure.Id();
        if (contest.Figures.Contains(id)) return id;
        throw new KumikiException(subject.Task == LearningTask.Binary && !hasChoice && figure is GoalFigure.CostPerDecision or GoalFigure.Accuracy or GoalFigure.Precision or GoalFigure.Recall or GoalFigure.F1
            ? Message.Of("report.no-threshold", ("report", report), ("goal", goal), ("figure", figure))
            : Message.Of("report.no-figure", ("report", report), ("goal", goal), ("figure", figure), ("task", subject.Task), ("known", string.Join(", ", contest.Figures))));
    }

    /// <param name="outOfFold">The contest on the rows of the cross-validation; null: there is none.</param>
    public static (GoalData? Goal, VerdictData Verdict) Of(string model, GoalStatement? goal, string? figure, ContestResult result, ContestResult? outOfFold, IReadOnlyList<LeakData> leaks)
    {
        var checks = new List<CheckData>();
        GoalData? data = null;
        if (goal is not null && figure is not null && goal.Target is { } target) data = Goal(model, goal, figure, target, result, outOfFold, checks);
        Baselines(model, figure ?? result.Contest.Figures.First(f => f is "log_loss" or "pinball" or "mae"), result, checks);
        foreach (var leak in leaks)
            if (leak.Held is { } held) checks.Add(new($"leak-{Slug(leak.Name)}", held, leak.Says));
        return (data, new(checks.All(c => c.Held), checks));
    }

    static GoalData Goal(string model, GoalStatement goal, string figure, double target, ContestResult result, ContestResult? outOfFold, List<CheckData> checks)
    {
        var better = Contest.BetterOf(figure)!.Value;
        var (measured, unit) = (result.Of(0, figure, Level), goal.Unit);
        var end = measured.Interval is { } interval ? Worse(interval) : double.NaN;
        checks.Add(Meets(end, target)
            ? new("target", true, Message.Of("report.target-met", ("model", model), ("measure", goal.Measure), ("value", Text(measured.Value)), ("end", Text(end)), ("target", Text(target)), ("unit", unit ?? "")))
            : new("target", false, Message.Of("report.target-missed", ("model", model), ("measure", goal.Measure), ("value", Text(measured.Value)), ("end", Text(end)), ("target", Text(target)), ("unit", unit ?? ""))));
        if (goal.Today is { } today)
            checks.Add(end != today && Meets(end, today)
                ? new("today", true, Message.Of("report.today-better", ("model", model), ("end", Text(end)), ("today", Text(today)), ("unit", unit ?? "")))
                : new("today", false, Message.Of("report.today-not", ("model", model), ("end", Text(end)), ("today", Text(today)), ("unit", unit ?? ""))));

        Measured? folds = outOfFold?.Of(0, figure, Level);
        if (folds is { } tried)
            checks.Add(Meets(tried.Value, target) && tried.Interval is { } around && !(better == Better.Lower ? end < around.Low : end > around.High)
                ? new("cross-validation", true, Message.Of("report.folds-agree", ("model", model), ("value", Text(tried.Value)), ("target", Text(target)), ("unit", unit ?? "")))
                : new("cross-validation", false, Message.Of("report.folds-differ", ("model", model), ("value", Text(tried.Value)), ("target", Text(target)), ("unit", unit ?? ""), ("test", Text(measured.Value)))));

        FigureData? period = null;
        if (goal.Worth is { } worth && better == Better.Lower)
        {
            var (low, high) = (Total(measured.Interval?.Low ?? double.NaN), Total(measured.Interval?.High ?? double.NaN));
            period = new("per_period", Total(measured.Value), low, high, Better.Lower);
            if (worth.Value is { } value)
                checks.Add(high <= value
                    ? new("worth", true, Message.Of("report.worth", ("model", model), ("period", worth.Period), ("end", Text(high)), ("value", Text(value)), ("unit", unit ?? "")))
                    : new("worth", false, Message.Of("report.not-worth", ("model", model), ("period", worth.Period), ("end", Text(high)), ("value", Text(value)), ("unit", unit ?? ""))));

            double Total(double each) => each * worth.Decisions + worth.Running;
        }
        return new(goal.Problem, goal.Measure, unit, FigureData.Of(figure, measured), target, goal.Today, folds is { } f ? FigureData.Of(figure, f) : null, goal.Worth?.Period, goal.Worth?.Decisions, period, goal.Worth?.Value);

        double Worse(Interval range) => better == Better.Lower ? range.High : range.Low;
        bool Meets(double value, double wanted) => better == Better.Lower ? value <= wanted : value >= wanted;
    }

    static void Baselines(string model, string figure, ContestResult result, List<CheckData> checks)
    {
        var better = Contest.BetterOf(figure)!.Value;
        foreach (var (at, contestant) in result.Contest.Contestants.Index())
        {
            var theirs = result.Of(at, figure, Level);
            if (!contestant.NeedsNoModel || double.IsNaN(theirs.Value)) continue;
            var difference = result.Difference(at, figure, Level);
            var wins = difference.Interval is { } interval && (better == Better.Lower ? interval.High < 0 : interval.Low > 0);
            (string, object?)[] said =
            [
                ("model", model), ("other", contestant.Name), ("figure", figure), ("theirs", Text(theirs.Value)), ("ours", Text(result.Of(contestant.Reference, figure).Value)),
                ("low", Text(difference.Interval?.Low ?? double.NaN)), ("high", Text(difference.Interval?.High ?? double.NaN)),
            ];
            checks.Add(new($"better-than-{Slug(contestant.Name)}", wins, wins ? Message.Of("report.better", said) : Message.Of("report.not-better", said)));
        }
    }

    static string Text(double value) => value.ToString(Math.Abs(value) >= 1000 ? "#,0" : "G5", CultureInfo.InvariantCulture);

    static string Slug(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));
}
