namespace Kumiki.Monitoring;

/// <summary>A goal's figure, week by week, beside its target.</summary>
/// <param name="Figure">As in test reports: mae, rmse, wape.</param>
/// <param name="Unit">"" where the figure is a share.</param>
/// <param name="Held">Weeks in which the target was reached.</param>
sealed record BoardGoal(string Asset, string Measure, string Figure, string Unit, double? Target, double? Today, bool LowerIsBetter, int Held,
    IReadOnlyList<BoardGoalPoint> Weeks)
{
    /// <summary>What the goal measures, of what can be told of forecasts: its own figure, else the mean absolute error.</summary>
    public static string FigureOf(GoalStatement? says) => says?.Figure switch
    {
        GoalFigure.RootMeanSquaredError => "rmse",
        GoalFigure.WeightedAbsolutePercentageError => "wape",
        _ => "mae",
    };

    /// <param name="weeks">Errors by week.</param>
    public static BoardGoal Of(BoardPlan plan, IReadOnlyList<BoardError> weeks)
    {
        var says = plan.Goal?.Says;
        var figure = FigureOf(says);
        // A goal that measures something else than can be told here has no target here.
        var isMeasured = says?.Figure is null or GoalFigure.MeanAbsoluteError or GoalFigure.RootMeanSquaredError or GoalFigure.WeightedAbsolutePercentageError;
        var target = isMeasured ? says?.Target : null;
        var lower = (says?.Better ?? Better.Lower) == Better.Lower;
        List<BoardGoalPoint> points =
        [
            .. weeks.Select(w => (Week: w.Names[0], Value: figure == "wape" ? w.Wape : figure == "rmse" ? w.Rmse : w.Mae, Row: w))
                .Where(w => w.Value is not null)
                .Select(w => new BoardGoalPoint(DateOnly.ParseExact(w.Week, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
                    w.Value!.Value, figure == "mae" ? w.Row.Baseline : null, w.Row.Rows)),
        ];
        return new(plan.Goal?.Name ?? "", says?.Measure ?? "", figure, figure == "wape" ? "" : says?.Unit ?? plan.Unit, target,
            isMeasured ? says?.Today : null, lower,
            target is { } aim ? points.Count(p => lower ? p.Value <= aim : p.Value >= aim) : 0, points);
    }
}

/// <param name="Baseline">The same figure of what people would say without a model; null: not known.</param>
readonly record struct BoardGoalPoint(DateOnly Week, double Value, double? Baseline, long Rows);
