namespace Kumiki.Monitoring;

/// <summary>What a board shows, by names of columns that its class named.</summary>
/// <param name="Keys">1 to 4 columns, the same in the actual rows and the forecasts.</param>
sealed record BoardPlan(
    string Name, Asset Actual, IReadOnlyList<string> Keys, string Time, string Value, string Unit, Asset? Forecasts, ForecastColumns ForecastColumns,
        Asset? Accuracy, ForecastColumns AccuracyColumns, Goal? Goal);
