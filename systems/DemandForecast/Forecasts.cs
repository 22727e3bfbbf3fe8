using Kumiki;

namespace DemandForecast;

/// <summary>The forecast of one week's demand of one item in one store.</summary>
/// <param name="Week">Its Monday.</param>
/// <param name="KnownUntil">The last day of sales it was made from.</param>
/// <param name="Ahead">Weeks ahead, 1 to 8.</param>
/// <param name="Prediction">Units, 0 or more.</param>
/// <param name="Lower">Four weeks of five are at or above <paramref name="Lower"/> and at or below <paramref name="Upper"/>.</param>
/// <param name="Model">The version that said it, such as <c>demand-model@7</c>.</param>
public sealed record Forecast(
    string Store, string Item, DateOnly Week, int IsoYear, int IsoWeek, DateOnly KnownUntil, int Ahead, double Prediction, double Lower, double Upper,
        string Model);

/// <summary>A forecast beside what came.</summary>
/// <param name="Kind"><c>live</c>: it was forecast before the week began, and this is what came; <c>test</c>: a week that was known already and that the model
/// was tested on, as it would have been forecast.</param>
/// <param name="TwoWeeksAgo">What repeating the sales of two weeks before would have said; those of the last known week where these were not known yet.</param>
public sealed record ForecastOutcome(
    string Store, string Item, DateOnly Week, int IsoYear, int IsoWeek, DateOnly KnownUntil, int Ahead, double Prediction, double Lower, double Upper,
        int Actual, int? TwoWeeksAgo, string Model, string Kind);

/// <summary>The forecast of the eight weeks that follow the data, with the interval that holds four of five. Every version is kept, so what was forecast when
/// can always be asked.</summary>
public sealed class DemandForecasts(DemandPredictions predictions) : Dataset<Forecast>
{
    public override Query Query => $"""
        SELECT store, item, week, iso_year, iso_week, known_until, ahead, greatest(prediction, 0)::DOUBLE AS prediction, greatest(prediction_lower,
            0)::DOUBLE AS lower, greatest(prediction_upper, 0)::DOUBLE AS upper,
               predicted_by AS model
        FROM {predictions} WHERE known_until = (SELECT max(known_until) FROM {predictions}) ORDER BY week, store, item
        """;

    public override void Expect(Expectations<Forecast> rows) => rows.Unique(r => (r.Week, r.Store, r.Item));
}

/// <summary>All forecasts that were ever made, as soon as their week is known; and, so that a new model has a past, the weeks it was tested on.</summary>
/// <remarks>Of two forecasts of one week that were made from the same days the later version counts.</remarks>
public sealed class ForecastAccuracy(DemandForecasts forecasts, DemandPredictions predictions, WeeklySales weekly) : Dataset<ForecastOutcome>
{
    public override Query Query => $"""
        WITH said AS (
          SELECT store, item, week, known_until, arg_max(ahead, version) AS ahead, arg_max(prediction, version) AS prediction, arg_max(lower,
              version) AS lower, arg_max(upper, version) AS upper,
                 arg_max(model, version) AS model, 'live' AS kind
          FROM {new VersionsOf(forecasts)} GROUP BY store, item, week, known_until
          UNION ALL
          SELECT store, item, week, known_until, ahead, greatest(prediction, 0), greatest(prediction_lower, 0), greatest(prediction_upper, 0), predicted_by,
              'test'
          FROM {predictions} WHERE units IS NOT NULL)
        SELECT came.store, came.item, came.week, came.iso_year, came.iso_week, known_until, ahead, prediction, lower, upper, came.units AS actual,
            naive.units AS two_weeks_ago, model, kind
        FROM said JOIN {weekly} came USING (store, item, week)
        LEFT JOIN {weekly} naive ON naive.store = said.store AND naive.item = said.item AND naive.week = least(said.week - 14, said.known_until - 6)
        WHERE came.open_days > 0
        ORDER BY came.week, came.store, came.item, known_until, kind
        """;
}
