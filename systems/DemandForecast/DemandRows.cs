using Kumiki;

namespace DemandForecast;

/// <summary>What was known some weeks ahead of a week about the demand of one item in one store.</summary>
/// <param name="Week">Monday of the week whose demand is asked for.</param>
/// <param name="KnownUntil">The last day of sales that any other column looks at: a Sunday.</param>
/// <param name="Ahead">Weeks from the week of <paramref name="KnownUntil"/> to <paramref name="Week"/>, 1 to 8.</param>
/// <param name="Units">What was sold; missing where it is not known yet.</param>
/// <param name="Usual">What to expect: the level of the last eight weeks, freed of the season of the year before, in the season of this week.</param>
/// <param name="Spread">How far such an expectation is usually off: the root of it, as counts are, growing with <paramref name="Ahead"/>.</param>
/// <param name="Evidence">How much the row says of the model's question: 1, or a thousandth where no year before is known.</param>
/// <param name="TwoWeeksAgo">Sold two weeks before <paramref name="Week"/>, or in the last known week where that is not known yet.</param>
/// <param name="LastYear">Sold 52 weeks before.</param>
/// <param name="SeasonalRatio"><paramref name="TwoWeeksAgo"/> times what the year before made of the same step, of this series alone.</param>
/// <param name="Season">Logarithm of the chain's step from the last known week to this one a year before.</param>
/// <param name="PriceChange">Logarithm of the listed price over the highest of eight weeks, this one the last.</param>
/// <param name="SpecialDays">Days of the calendar that are held.</param>
/// <param name="SpecialDaysChange">The same less those of the week 52 weeks before.</param>
/// <remarks>The rest are logarithms, each of the series itself, of its item over all stores, of its store over all items, and of the chain: <c>…LastYear</c>
/// the week 52 weeks before over
/// <paramref name="Usual"/>'s counterpart, <c>…Now</c> the last known week and <c>…Lately</c> the last two over what was usual for them, <c>…Step</c> how much
/// more than the chain it rose towards that week a year before.</remarks>
public sealed record DemandRow(
    DateOnly Week, string Store, string Item, DateOnly KnownUntil, int Ahead, int IsoYear, int IsoWeek, int? Units, double Usual, double Spread,
        double Evidence,
    int? TwoWeeksAgo, int? LastYear, double? SeasonalRatio, double? Season, double? PriceChange, int SpecialDays, int? SpecialDaysChange,
    double? SeriesLastYear, double? SeriesNow, double? SeriesLately, double? SeriesStep,
    double? ItemLastYear, double? ItemNow, double? ItemLately, double? ItemStep,
    double? StoreLastYear, double? StoreNow, double? StoreLately, double? StoreStep,
    double? ChainLastYear, double? ChainNow, double? ChainLately);

/// <summary>A store and item that is sold.</summary>
/// <param name="Series">A number of its own, from 1, by store and item.</param>
/// <param name="StoreNumber">From 1, by name.</param>
/// <param name="ItemNumber">From 1, by name.</param>
/// <param name="Drawn">Whether the model learns from it, and breaks are looked for in it.</param>
public sealed record DemandSeriesRow(string Store, string Item, int Series, int StoreNumber, int ItemNumber, bool Drawn);

/// <summary>What is sold where, and from which of it the model learns: all, or so many as are enough.</summary>
/// <remarks>Drawn by the MD5 of their names, so the same ones are drawn again, and a new series takes the place of one other at most.</remarks>
public sealed class DemandSeries(WeeklySales weekly) : Dataset<DemandSeriesRow>
{
    /// <summary>Series that are learnt from at most. Each week of them is eight rows.</summary>
    [Parameter(Min = 1, Max = 1_000_000)] public int MostDrawn { get; init; } = 10_000;

    public override Query Query => $"""
        WITH sold AS (SELECT DISTINCT store, item FROM {weekly})
        SELECT store, item, row_number() OVER (ORDER BY store, item)::INTEGER AS series, dense_rank() OVER (ORDER BY store)::INTEGER AS store_number,
            dense_rank() OVER (ORDER BY item)::INTEGER AS item_number,
            row_number() OVER (ORDER BY md5(store || chr(10) || item), store, item) <= {MostDrawn} AS drawn
        FROM sold ORDER BY series
        """;
}

/// <summary>Every week of the drawn series as it looked one to eight weeks ahead of it: what the model learns from.</summary>
public sealed class WeeklyDemand(WeeklySales weekly, DemandSeries series, ItemPrices prices, SpecialDays calendar, Closures closures) : Dataset<DemandRow>
{
    protected override bool JoinsAsWritten => true;

    public override Query Query => DemandRows.Of(weekly, series, prices, calendar, closures, upcoming: false);
}

/// <summary>The coming eight weeks of every series that is sold, and the last known weeks of the drawn ones as they looked then: what is forecast.</summary>
public sealed class UpcomingDemand(WeeklySales weekly, DemandSeries series, ItemPrices prices, SpecialDays calendar, Closures closures) : Dataset<DemandRow>
{
    protected override bool JoinsAsWritten => true;

    public override Query Query => DemandRows.Of(weekly, series, prices, calendar, closures, upcoming: true);
}

/// <summary>The query behind both, so that training and forecasting see the same columns.</summary>
static class DemandRows
{
    /// <summary>Weeks ahead.</summary>
    public const int Horizon = 8;

    /// <summary>The last known weeks, which the model is tested on.</summary>
    public const int TestWeeks = 8;

    /// <summary>Weeks that a forecast looks back at the series themselves: the 55 of <c>year_before</c>, and the eight of a level.</summary>
    const int Back = 64;

    /// <remarks>
    /// 0. Weeks on offer, at less than 98 % of the regular price, say nothing of the level, nor do weeks of a closed store. 1. <c>chain</c>: the mean rate of
    /// the series by week, where one says nothing its last one, so that the mean is always of the same series; its value 52 weeks before is the season. 2.
    /// <c>rates</c>: rates by week at four levels, of which 3. <c>levels</c> takes the level that each had at the end of each week:
    /// a mean of the last eight, each divided by its season, the newer ones more (0.9 a week). The season is that of the chain, of the item over all stores,
    /// or the middle of both: whichever would have been nearest over the half
    /// year before (<c>tried</c>, two weeks ahead, in the drawn series). 4. Each week's end looks one to eight weeks ahead. No column but <c>units</c> looks
    /// beyond that end.
    /// <para>Means of item, store and chain are of all series. Of a million series a forecast reads the last <see cref="Back"/> weeks only, and training the
    /// drawn ones (<c>asked</c>); stores, items and series are numbers until the end, which sort and join several times faster than names.</para>
    /// </remarks>
    public static Query Of(WeeklySales sales, DemandSeries demandSeries, ItemPrices prices, SpecialDays calendar, Closures closures, bool upcoming) => $"""
        WITH series AS (SELECT * FROM {demandSeries}),
        stores AS (SELECT DISTINCT store_number AS store, store AS name FROM series),
        item_names AS (SELECT DISTINCT item_number AS item, item AS name FROM series),
        span AS (SELECT ((min(week) - DATE '2000-01-03') / 7)::INTEGER AS first, ((max(week) - DATE '2000-01-03') / 7)::INTEGER AS last FROM {sales}),
        days AS (SELECT n, DATE '2000-01-03' + (7 * n + day)::INTEGER AS date FROM (SELECT unnest(generate_series(first,
            last + {Horizon}))::INTEGER AS n FROM span), (SELECT unnest(range(7)) AS day)),
        day_prices AS (
          SELECT n, i.item, date, arg_max(price, (applied_from, price))::DOUBLE AS price FROM days JOIN {prices} ON date BETWEEN applied_from
              AND applied_to JOIN item_names i ON i.name = item_name GROUP BY ALL),
        week_prices AS (SELECT n, item, avg(price) AS price FROM day_prices GROUP BY ALL),
        listed AS MATERIALIZED (SELECT n, item, price, max(price) OVER (PARTITION BY item ORDER BY n RANGE BETWEEN 7 PRECEDING AND CURRENT ROW) AS regular
            FROM week_prices),
        on_offer AS (SELECT n, item FROM listed WHERE price < 0.98 * regular),
        weekly AS MATERIALIZED (
          SELECT s.series, s.store_number AS store, s.item_number AS item, s.drawn, ((w.week - DATE '2000-01-03') / 7)::INTEGER AS n, units, open_days,
              CASE WHEN on_offer.n IS NULL THEN rate END AS rate
          FROM {sales} w JOIN series s ON s.store = w.store AND s.item = w.item
              LEFT JOIN on_offer ON on_offer.item = s.item_number AND on_offer.n = ((w.week - DATE '2000-01-03') / 7)::INTEGER),
        filled AS (
          SELECT store, n, coalesce(rate, last_value(rate IGNORE NULLS) OVER (PARTITION BY series ORDER BY n ROWS 8 PRECEDING)) AS rate FROM weekly),
        by_store AS MATERIALIZED (SELECT store, n, sum(rate) AS rates, count(rate) AS known, max(open_days) AS open_days FROM filled
            JOIN (SELECT store, n, max(open_days) AS open_days FROM weekly GROUP BY ALL) USING (store, n) GROUP BY store, n),
        chain AS MATERIALIZED (SELECT n, sum(rates) / nullif(sum(known), 0) AS rate FROM by_store GROUP BY n),
        items AS MATERIALIZED (SELECT item, n, avg(rate) AS rate FROM weekly GROUP BY item, n),
        shares AS (SELECT item, n, items.rate / chain.rate AS share, min(n) OVER (PARTITION BY item) AS first FROM items JOIN chain USING (n)
            WHERE chain.rate > 0 AND items.rate > 0),
        item_seasons AS (
          SELECT i.item, chain.n + 52 AS n, chain.rate AS of_chain, chain.rate * coalesce(s.share, avg(s.share) OVER near, i.share) AS of_item
          FROM (SELECT item, avg(share) AS share FROM shares WHERE n < first + 8 GROUP BY item) i CROSS JOIN chain LEFT JOIN shares s ON s.item = i.item
              AND s.n = chain.n
          WHERE chain.rate > 0 WINDOW near AS (PARTITION BY i.item ORDER BY chain.n RANGE BETWEEN 4 PRECEDING AND 4 FOLLOWING)),
        seasons AS (SELECT *, sqrt(of_chain * of_item) AS of_both FROM item_seasons),
        chain_seasons AS (SELECT n + 52 AS n, rate AS season FROM chain WHERE rate > 0),
        asked AS MATERIALIZED (SELECT weekly.* FROM weekly, span WHERE drawn OR ({upcoming} AND n >= last - {Back})),
        rates AS (
          SELECT 'series' AS level, series AS key, store, item, drawn, n, rate FROM asked
          UNION ALL SELECT 'item', item, NULL, item, false, n, rate FROM items
          UNION ALL SELECT 'store', store, store, NULL, false, n, rates / nullif(known, 0) FROM by_store
          UNION ALL SELECT 'chain', 0, NULL, NULL, false, n, rate FROM chain),
        seasoned AS (
          SELECT rates.*, coalesce(of_chain, season) AS of_chain, coalesce(of_both, season) AS of_both, coalesce(of_item, season) AS of_item, pow(10.0 / 9,
              rates.n - span.first) AS weight, chain.rate AS chain_rate
          FROM rates LEFT JOIN seasons ON seasons.n = rates.n AND seasons.item = rates.item LEFT JOIN chain_seasons ON chain_seasons.n = rates.n
              LEFT JOIN chain ON chain.n = rates.n, span),
        weighed AS (
          SELECT *, sum(CASE WHEN rate IS NOT NULL AND of_chain IS NOT NULL THEN weight END) OVER eight AS weights,
              count(rate / of_chain) OVER eight AS seasons_known,
                 sum(rate / of_chain * weight) OVER eight AS by_chain, sum(rate / of_both * weight) OVER eight AS by_both,
                     sum(rate / of_item * weight) OVER eight AS by_item
          FROM seasoned WINDOW eight AS (PARTITION BY level, key ORDER BY n ROWS 7 PRECEDING)),
        tried AS (
          SELECT now.n, sum(abs(now.rate - past.by_chain / past.weights * now.of_chain)) AS chain_off,
              sum(abs(now.rate - past.by_both / past.weights * now.of_both)) AS both_off,
                 sum(abs(now.rate - past.by_item / past.weights * now.of_item)) AS item_off
          FROM weighed now JOIN weighed past ON past.level = 'series' AND past.key = now.key AND past.n = now.n - 2
          WHERE now.level = 'series' AND now.drawn AND past.seasons_known >= 2 AND now.of_chain IS NOT NULL GROUP BY now.n),
        summed AS (SELECT n, sum(chain_off) OVER half_year AS chain_off, sum(both_off) OVER half_year AS both_off,
            sum(item_off) OVER half_year AS item_off FROM tried
          WINDOW half_year AS (ORDER BY n RANGE BETWEEN 25 PRECEDING AND CURRENT ROW)),
        choices AS (SELECT n, CASE WHEN chain_off <= both_off AND chain_off <= item_off THEN 0 WHEN both_off <= item_off THEN 1 ELSE 2 END AS choice
            FROM summed),
        chosen AS (
          SELECT w.level, w.key, w.store, w.item, w.drawn, w.n, rate, chain_rate, seasons_known, coalesce(choice, 0) AS choice,
                 CASE coalesce(choice, 0) WHEN 0 THEN of_chain WHEN 1 THEN of_both ELSE of_item END AS season,
                 CASE coalesce(choice, 0) WHEN 0 THEN by_chain WHEN 1 THEN by_both ELSE by_item END / weights AS free_level
          FROM weighed w LEFT JOIN choices ON choices.n = w.n),
        recent AS (
          SELECT level, key, store, item, drawn, n, rate, season, chain_rate, seasons_known, choice, free_level,
                 coalesce(avg(rate) OVER two, last_value(rate IGNORE NULLS) OVER eight) AS plain_level, avg(rate) OVER four AS four_weeks,
                     avg(rate) OVER two AS two_weeks, avg(season) OVER two AS two_seasons,
                 avg(rate) OVER year_before AS year_before, avg(chain_rate) OVER year_before AS chain_year_before
          FROM chosen
          WINDOW weeks AS (PARTITION BY level, key ORDER BY n),
                 eight AS (weeks ROWS 7 PRECEDING), four AS (weeks ROWS 3 PRECEDING), two AS (weeks ROWS 1 PRECEDING),
                     year_before AS (weeks ROWS BETWEEN 55 PRECEDING AND 52 PRECEDING)),
        levels AS MATERIALIZED (
          SELECT level, key, store, item, drawn, n, year_before, chain_year_before, season, choice, seasons_known >= 2 AS has, plain_level AS plain,
              CASE WHEN seasons_known >= 2 THEN free_level ELSE plain_level END AS base,
                 ln((rate + 1) / (CASE WHEN seasons_known >= 2 THEN free_level * season ELSE plain_level END + 1)) AS now,
                 ln((two_weeks + 1) / (CASE WHEN seasons_known >= 2 THEN free_level * two_seasons ELSE four_weeks END + 1)) AS lately
          FROM recent),
        coming AS (SELECT store, unnest(generate_series(last + 1, last + {Horizon}))::INTEGER AS n FROM stores, span),
        shut AS (
          SELECT store, n, count(*)::INTEGER AS days FROM (SELECT DISTINCT c.store, c.n, day FROM (SELECT *, unnest(range(7)) AS day FROM coming) c
              JOIN stores USING (store) JOIN {closures} shut ON shut.store = stores.name
            AND DATE '2000-01-03' + (7 * n + day)::INTEGER BETWEEN shut.closed_from AND coalesce(shut.closed_to, DATE '9999-12-31')) GROUP BY ALL),
        opened AS (SELECT store, n, open_days FROM by_store UNION ALL SELECT store, n, 7 - coalesce(days, 0) FROM coming LEFT JOIN shut USING (store, n)),
        special AS (
          SELECT s.store, n, count(DISTINCT date)::INTEGER AS days FROM stores s, days JOIN {calendar} c USING (date)
          WHERE NOT c.cancelled AND (c.store IS NULL OR c.store = s.name) GROUP BY ALL),
        origins AS (
          SELECT own.key AS series, own.store, own.item, own.n AS k, own.n + ahead AS n, ahead, own.base, own.plain, own.has, own.now, own.lately,
              own.year_before, own.chain_year_before, own.season, own.choice
          FROM levels own, (SELECT unnest(generate_series(1, {Horizon}))::INTEGER AS ahead), span
          WHERE own.level = 'series' AND own.plain IS NOT NULL
              AND CASE WHEN {upcoming} THEN own.n = last OR (own.drawn AND own.n + ahead > last - {TestWeeks} AND own.n + ahead <= last)
                  ELSE own.n + ahead <= last END),
        past AS (SELECT series, n, units, rate FROM asked, span
            WHERE drawn OR n BETWEEN last - 53 AND last + {Horizon} - 52 OR n >= last - 1),
        joined AS (
          SELECT o.*, t.units, opened.open_days, CASE o.choice WHEN 0 THEN s.of_chain WHEN 1 THEN s.of_both ELSE s.of_item END AS season_then,
              chain_then.rate AS chain_rate_then, y.units AS last_year, y.rate AS rate_then,
                 naive.units AS naive, naive_then.units AS naive_then, i.base AS i_base, i.has AS i_has, i.now AS i_now, i.lately AS i_lately,
                     i.year_before AS i_before, it.rate AS i_then,
                 st.base AS st_base, st.has AS st_has, st.now AS st_now, st.lately AS st_lately, st.year_before AS st_before, stt.rates / nullif(stt.known, 0) AS st_then,
                 c.base AS c_base, c.has AS c_has, c.now AS c_now, c.lately AS c_lately, ln(p.price / p.regular) AS price_change,
                 coalesce(e.days, 0) AS special_days, coalesce(e_then.days, 0) AS special_days_then
          FROM origins o
          LEFT JOIN listed p ON p.item = o.item AND p.n = o.n
          LEFT JOIN special e ON e.store = o.store AND e.n = o.n
          LEFT JOIN special e_then ON e_then.store = o.store AND e_then.n = o.n - 52
          JOIN opened ON opened.store = o.store AND opened.n = o.n
          LEFT JOIN past t ON t.series = o.series AND t.n = o.n
          LEFT JOIN past y ON y.series = o.series AND y.n = o.n - 52
          LEFT JOIN past naive ON naive.series = o.series AND naive.n = least(o.n - 2, o.k)
          LEFT JOIN past naive_then ON naive_then.series = o.series AND naive_then.n = least(o.n - 2, o.k) - 52
          LEFT JOIN seasons s ON s.n = o.n AND s.item = o.item
          LEFT JOIN chain chain_then ON chain_then.n = o.n - 52
          LEFT JOIN levels i ON i.level = 'item' AND i.key = o.item AND i.n = o.k
          LEFT JOIN items it ON it.item = o.item AND it.n = o.n - 52
          LEFT JOIN levels st ON st.level = 'store' AND st.key = o.store AND st.n = o.k
          LEFT JOIN by_store stt ON stt.store = o.store AND stt.n = o.n - 52
          LEFT JOIN levels c ON c.level = 'chain' AND c.n = o.k),
        expected AS (SELECT *, has AND season_then IS NOT NULL AS seasonal, CASE WHEN has AND season_then IS NOT NULL THEN base * season_then ELSE plain
            END AS usual_rate FROM joined),
        usual AS (
          SELECT *, usual_rate * open_days / 7.0 AS usual, CASE WHEN seasonal THEN ln((rate_then + 1) / (usual_rate + 1)) END AS y,
                 CASE WHEN seasonal THEN ln((rate_then + 1) / (year_before + 1)) - ln(chain_rate_then / chain_year_before) END AS step FROM expected)
        SELECT DATE '2000-01-03' + 7 * u.n AS week, named.store, named.item, DATE '2000-01-03' + (7 * k + 6) AS known_until, ahead,
            isoyear(DATE '2000-01-03' + 7 * u.n)::INTEGER AS iso_year,
               week(DATE '2000-01-03' + 7 * u.n)::INTEGER AS iso_week, units, usual, sqrt(greatest(usual, 1) * (1 + ahead / 16.0)) AS spread,
                   CASE WHEN seasonal THEN 1 ELSE 0.001 END::DOUBLE AS evidence,
               naive AS two_weeks_ago, last_year, naive * last_year / nullif(naive_then, 0)::DOUBLE AS seasonal_ratio,
                   CASE WHEN seasonal THEN ln(season_then / season) END AS season,
               price_change, special_days, CASE WHEN seasonal THEN special_days - special_days_then END AS special_days_change,
               y AS series_last_year, now AS series_now, lately AS series_lately, step AS series_step,
               CASE WHEN seasonal AND i_has THEN ln((i_then + 1) / (i_base * season_then + 1)) END AS item_last_year, i_now AS item_now,
                   i_lately AS item_lately,
               CASE WHEN seasonal THEN ln((i_then + 1) / (i_before + 1)) - ln(chain_rate_then / chain_year_before) END AS item_step,
               CASE WHEN seasonal AND st_has THEN ln((st_then + 1) / (st_base * chain_rate_then + 1)) END AS store_last_year, st_now AS store_now,
                   st_lately AS store_lately,
               CASE WHEN seasonal THEN ln((st_then + 1) / (st_before + 1)) - ln(chain_rate_then / chain_year_before) END AS store_step,
               CASE WHEN seasonal AND c_has THEN ln((chain_rate_then + 1) / (c_base * chain_rate_then + 1)) END AS chain_last_year, c_now AS chain_now,
                   c_lately AS chain_lately
        FROM usual u JOIN series named ON named.series = u.series
        WHERE open_days > 0 AND usual IS NOT NULL
        ORDER BY week, u.series, ahead
        """;
}
