using Kumiki;

namespace DemandForecast;

/// <summary>What a planner looks at every week: sales by store and item, forecasts against them, where they were worst, what changed since last week, and the
/// goal.</summary>
public sealed class DemandBoard(DailySales sales, DemandForecasts forecasts, ForecastAccuracy accuracy, DemandGoal goal) : Board<DaySale>(sales)
{
    protected override void Show(BoardPlan<DaySale> board) =>
        board.By(r => r.Store).By(r => r.Item).At(r => r.Date).Sum(r => r.Units, unit: "units").Forecasts(forecasts).Accuracy(accuracy).Goal(goal);
}
