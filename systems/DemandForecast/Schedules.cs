using Kumiki;

namespace DemandForecast;

/// <summary>Every Monday at six, when last week's sales are in: a new model and its forecast, released together if they are good; else the old model
/// forecasts the new weeks.</summary>
public sealed class WeeklyForecast(Sales sales, DemandModel model, DemandReport report, DemandForecasts forecasts, DemandAnswer answer) : Schedule
{
    public override Cron When => Cron.Of("0 6 * * MON", zone: "Asia/Tokyo");

    public override IReadOnlyList<Asset> Make => [model, report, forecasts, answer];

    public override IReadOnlyList<Asset> NewData => [sales];

    public override ReleasePolicy Release => ReleasePolicy.AtOnce;

    public override IReadOnlyList<Asset> Afterwards => [forecasts];
}
