using Kumiki;

namespace DemandForecast;

/// <summary>A week's sales of one item in one store.</summary>
/// <param name="Week">The Monday.</param>
/// <param name="IsoYear">The year the ISO week belongs to: 2020-12-28 is in 2020's week 53, 2021-01-04 in 2021's week 1.</param>
/// <param name="Units">Units sold.</param>
/// <param name="OpenDays">Days on which the store sold anything, 0 to 7.</param>
/// <param name="Rate">What seven open days would have sold; missing where fewer than three were open.</param>
public sealed record WeekSale(DateOnly Week, string Store, string Item, int IsoYear, int IsoWeek, int Units, int OpenDays, double? Rate);

/// <summary>Sales by ISO week, store and item: a row for every whole week from the item's first one in that store to the last one of the data, so that one row
/// back is one week back.</summary>
/// <remarks>A week without a sale of the item has 0 units. A day without any sale of the store is a day on which it was closed, so a pause is no fall in
/// demand.</remarks>
public sealed class WeeklySales(DailySales days) : Dataset<WeekSale>
{
    protected override bool JoinsAsWritten => true;

    public override Query Query => $"""
        WITH span AS (SELECT (date_trunc('week', min(date) + INTERVAL 6 DAY))::DATE AS first, (date_trunc('week',
            max(date) + INTERVAL 1 DAY) - INTERVAL 7 DAY)::DATE AS last FROM {days}),
        names AS (SELECT store, item, row_number() OVER (ORDER BY store, item)::INTEGER AS series FROM (SELECT DISTINCT store, item FROM {days})),
        sold AS (SELECT series, date_trunc('week', date)::DATE AS week, sum(units)::INTEGER AS units FROM {days} JOIN names USING (store, item) GROUP BY ALL),
        opened AS (SELECT store, date_trunc('week', date)::DATE AS week, count(*)::INTEGER AS open_days FROM (SELECT DISTINCT store, date FROM {days})
            GROUP BY ALL),
        begun AS (SELECT series, greatest(min(week), any_value(first)) AS first, any_value(last) AS last FROM sold, span GROUP BY series),
        weeks AS (SELECT series, unnest(generate_series(first, last, INTERVAL 7 DAY))::DATE AS week FROM begun WHERE first <= last)
        SELECT week, store, item, isoyear(week)::INTEGER AS iso_year, week(week)::INTEGER AS iso_week, coalesce(units, 0) AS units, coalesce(open_days,
            0) AS open_days,
               CASE WHEN open_days >= 3 THEN coalesce(units, 0) * 7.0::DOUBLE / open_days END AS rate
        FROM weeks LEFT JOIN sold USING (series, week) JOIN names USING (series) LEFT JOIN opened USING (store, week)
        ORDER BY week, series
        """;
}
