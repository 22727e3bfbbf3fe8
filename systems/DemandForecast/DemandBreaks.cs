using System.Linq.Expressions;
using Kumiki;

namespace DemandForecast;

/// <summary>An abrupt change of one series.</summary>
/// <param name="Week">The week in which it was certain.</param>
/// <param name="Kind"><c>fall</c> or <c>rise</c>.</param>
/// <param name="Size">Units a week away from what was to be expected, as a share of it: −0.4 is two fifths less.</param>
/// <param name="Since">The week in which it began: <paramref name="Week"/> or the one before.</param>
/// <param name="Recovered">The first of two weeks in which forecasts are as good as usual again; missing while they are not.</param>
/// <param name="Weeks">From <paramref name="Since"/> to <paramref name="Recovered"/>.</param>
public sealed record DemandBreak(string Store, string Item, DateOnly Week, string Kind, double Size, DateOnly Since, DateOnly? Recovered, int? Weeks,
    string Says, string SaysJa);

/// <summary>Abrupt changes: a competitor opens, a festival is cancelled, an item goes out of fashion; and how long it took until what is expected had
/// followed.</summary>
/// <remarks>
/// 1. What a week sold is compared with what was usual one week before it, in spreads; days of the calendar and offers are no break, for the week's
/// expectation is that of the model's own columns with weeks of another listed price or with other
/// special days left out. 2. The differences of the 26 weeks before, without the last two, give a robust scale: 1.4826 × their median distance from their
/// median (Rousseeuw and Croux 1993). 3. A week of <see cref="Once"/> scales, or two weeks
/// running of <see cref="Twice"/> on one side, is a break (the run rules of Shewhart charts: Western Electric 1956). 4. It is over with the first of two weeks
/// running below two scales.
/// </remarks>
public sealed class DemandBreaks(WeeklyDemand demand) : Dataset<DemandBreak>
{
    /// <summary>Scales that one week has to be away.</summary>
    [Parameter(Min = 2, Max = 20)] public double Once { get; init; } = 5;

    /// <summary>Scales that each of two weeks has to be away.</summary>
    [Parameter(Min = 1, Max = 20)] public double Twice { get; init; } = 3;

    protected override Expression<Func<DemandBreak, string>> Tells => Catalogue.ProcessLanguage == "ja" ? b => b.SaysJa : b => b.Says;

    public override Query Query => $"""
        WITH weeks AS (
          SELECT store, item, week, units, usual, (units - usual) / spread AS off
          FROM {demand} WHERE ahead = 1 AND coalesce(abs(price_change), 0) < 0.02 AND special_days = 0 AND coalesce(special_days_change, 0) = 0
              AND evidence = 1),
        centred AS (SELECT *, median(off) OVER before AS middle, count(*) OVER before AS known FROM weeks
          WINDOW before AS (PARTITION BY store, item ORDER BY week RANGE BETWEEN INTERVAL 196 DAY PRECEDING AND INTERVAL 15 DAY PRECEDING)),
        scaled AS (SELECT a.store, a.item, a.week, any_value(a.units) AS units, any_value(a.usual) AS usual, any_value(a.off) - any_value(a.middle) AS off,
            greatest(1.4826 * median(abs(b.off - a.middle)), 0.8) AS scale
          FROM centred a JOIN weeks b ON a.store = b.store AND a.item = b.item AND b.week BETWEEN a.week - 196 AND a.week - 15 WHERE a.known >= 8
              GROUP BY a.store, a.item, a.week),
        judged AS (SELECT *, off / scale AS far, lag(off / scale) OVER s AS before, lag(week) OVER s AS week_before,
            lead(abs(off / scale)) OVER s AS after FROM scaled WINDOW s AS (PARTITION BY store, item ORDER BY week)),
        alarms AS (
          SELECT *, CASE WHEN far * before > 0 AND abs(before) >= {Twice} THEN week_before ELSE week END AS since FROM judged
          WHERE abs(far) >= {Once} OR (abs(far) >= {Twice} AND abs(before) >= {Twice} AND far * before > 0)),
        calm AS (SELECT store, item, week FROM judged WHERE abs(far) < 2 AND after < 2),
        ends AS (SELECT a.*, (SELECT min(c.week) FROM calm c WHERE c.store = a.store AND c.item = a.item AND c.week > a.week) AS recovered FROM alarms a),
        breaks AS (
          SELECT store, item, recovered, min(week) AS week, min(since) AS since, arg_min(units / usual - 1, week)::DOUBLE AS size FROM ends GROUP BY store,
              item, recovered)
        SELECT store, item, week, CASE WHEN size < 0 THEN 'fall' ELSE 'rise' END AS kind, size, since, recovered, ((recovered - since) / 7)::INTEGER AS weeks,
               item || ' in ' || store || ' sold ' || round(abs(size) * 100)::INTEGER || ' % ' || CASE WHEN size < 0 THEN 'less' ELSE 'more' END
                   || ' than usual from ' || since || ' on; forecasts '
                 || CASE WHEN recovered IS NULL THEN 'have not followed yet: look for the cause.' ELSE 'had followed by ' || recovered || '.' END AS says,
               store || ' の ' || item || ' は ' || since || ' から普段より ' || round(abs(size) * 100)::INTEGER || '% ' || CASE WHEN size < 0 THEN '少なく' ELSE '多く'
                   END || '売れました。'
                 || CASE WHEN recovered IS NULL THEN '予測はまだ追いついていません。原因を確かめてください。' ELSE '予測は ' || recovered || ' までに追いつきました。' END AS says_ja
        FROM breaks ORDER BY since DESC, store, item
        """;
}
