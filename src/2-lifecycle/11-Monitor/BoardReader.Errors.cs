using System.Globalization;

namespace Kumiki.Monitoring;

sealed partial class BoardReader
{
    /// <summary>By what errors can be grouped: each key, the week, all keys together (<c>series</c>), and not at all (<c>row</c>).</summary>
    public IReadOnlyList<string> Groups => [.. plan.Keys, "week", "series", "row"];

    /// <summary>By what a table of errors can be sorted.</summary>
    public static IReadOnlyList<string> ErrorColumns { get; } = ["name", "rows", "actual", "prediction", "error", "mae", "rmse", "wape", "inside", "baseline", "week"];

    /// <summary>By what a table of changes can be sorted.</summary>
    public static IReadOnlyList<string> ChangeColumns { get; } = ["name", "week", "before", "now", "change", "size", "share"];

    /// <summary>The names of what stands in a group's <see cref="BoardError.Names"/>.</summary>
    public IReadOnlyList<string> NamesOf(string group) => group switch
    {
        "row" => [.. plan.Keys, "week"],
        "series" => plan.Keys,
        _ => [group],
    };

    /// <summary>Errors of forecasts, grouped and sorted, a page of them.</summary>
    /// <param name="group">One of <see cref="Groups"/>.</param>
    public BoardErrors Errors(BoardFilter filter, string group, BoardPage page, CancellationToken stop)
    {
        var rows = new List<BoardError>();
        EachError(filter, group, page, rows.Add, stop);
        var counted = new Asking();
        var names = string.Join(", ", By(group));
        var what = group == "row" ? "count(*)" : $"count(DISTINCT ({names}))";
        var total = page.Offset == 0 && rows.Count < page.Limit ? rows.Count
            : (long)List($"SELECT {what} FROM {Judged(stop)} WHERE {Where(counted, filter, "week")}", counted, r => r[0]!, stop)[0];
        return new(total, rows);
    }

    /// <summary>The columns that a group's names are.</summary>
    string[] By(string group) => group switch
    {
        "row" => [.. plan.Keys.Select((_, i) => $"k{i}"), "week::VARCHAR"],
        "series" => [.. plan.Keys.Select((_, i) => $"k{i}")],
        "week" => ["week::VARCHAR"],
        _ => [$"k{plan.Keys.ToList().IndexOf(group)}"],
    };

    /// <summary>The same row by row: for results of any size.</summary>
    public void EachError(BoardFilter filter, string group, BoardPage page, Action<BoardError> each, CancellationToken stop)
    {
        var asking = new Asking();
        var by = By(group);
        var names = string.Join(", ", by.Select((_, i) => $"n{i}"));
        var named = string.Join(", ", by.Select((b, i) => $"{b} AS n{i}"));
        const string inside = "CASE WHEN lower IS NULL OR upper IS NULL THEN NULL WHEN actual BETWEEN lower AND upper THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END";
        // A row is a group of its own: only the few that are shown are worked out whole.
        var figures = group == "row"
            ? $"""
                SELECT {named}, 1::BIGINT AS rows, actual, prediction, lower, upper, off AS error, abs(off) AS mae, abs(off) AS rmse, abs(off) / nullif(abs(actual), 0) AS wape, {inside} AS inside, abs(baseline - actual) AS baseline,
                       ahead, known_until, week FROM judged
                """
            : $"""
                SELECT {named}, count(*) AS rows, sum(actual) AS actual, sum(prediction) AS prediction, NULL::DOUBLE AS lower, NULL::DOUBLE AS upper, avg(off) AS error, avg(abs(off)) AS mae, sqrt(avg(off * off)) AS rmse,
                       sum(abs(off)) / nullif(sum(abs(actual)), 0) AS wape, avg({inside}) AS inside, avg(abs(baseline - actual)) AS baseline, NULL::INTEGER AS ahead, NULL::DATE AS known_until, min(week) AS week
                FROM judged GROUP BY {names}
                """;
        var sql = $"""
            WITH judged AS (SELECT *, prediction - actual AS off FROM {Judged(stop)} WHERE {Where(asking, filter, "week")}), figures AS ({figures})
            SELECT * FROM figures ORDER BY {Order(page.By switch { "name" => "n0", var column => column }, page.Down)}, {names}, ahead {Cut(asking, page)}
            """;
        var width = by.Length;
        Each(sql, asking, r => each(new(
            [.. r.Take(width).Select(n => (string?)n ?? "")], (long)r[width]!, Number(r[width + 1]), Number(r[width + 2]), Maybe(r[width + 3]),
                Maybe(r[width + 4]), Number(r[width + 5]), Number(r[width + 6]), Number(r[width + 7]),
            Maybe(r[width + 8]), Maybe(r[width + 9]), Maybe(r[width + 10]), (int?)r[width + 11], (DateOnly?)r[width + 12])), stop);
    }

    static string Order(string column, bool down) => $"{column} {(down ? "DESC" : "ASC")} NULLS LAST";

    static string Cut(Asking asking, BoardPage page) => page.Limit is { } limit ? string.Create(CultureInfo.InvariantCulture, $"LIMIT {asking.Bind(limit)} OFFSET {asking.Bind(page.Offset)}") : "";

    /// <summary>The newest forecasts beside those made before them, of series and weeks that both forecast.</summary>
    public BoardChanges Changes(BoardFilter filter, BoardPage page, CancellationToken stop)
    {
        var rows = new List<BoardChange>();
        var (total, before, now) = (0L, 0.0, 0.0);
        var found = EachChange(filter, page, (row, sums) =>
        {
            rows.Add(row);
            (total, before, now) = sums;
        }, stop);
        return new(found.Now, found.Before, found.Version, total, before, now, rows);
    }

    /// <inheritdoc cref="Changes"/>
    public (DateOnly? Now, DateOnly? Before, VersionName? Version) EachChange(
        BoardFilter filter, BoardPage page, Action<BoardChange, (long Total, double Before, double Now)> each, CancellationToken stop)
    {
        var nothing = new Asking();
        var newest = Forecasts(ForecastTable, plan.ForecastColumns, withActual: false);
        var now = (DateOnly?)List($"SELECT max(known_until) FROM {newest}", nothing, r => r[0], stop)[0];
        // Of the forecasts of an earlier day, those in the newest version that holds them.
        var (table, before) = (default(BoardTable), default(DateOnly?));
        foreach (var version in (IEnumerable<BoardTable>)[ForecastTable, .. versions.Earlier])
        {
            var held = Forecasts(version, plan.ForecastColumns, withActual: false);
            var asking = new Asking();
            var earlier = now is null ? null
                : (DateOnly?)List($"SELECT max(known_until) FROM {held} WHERE known_until < {asking.Bind(now)}", asking, r => r[0], stop)[0];
            if (earlier is not null && (before is null || earlier > before)) (table, before) = (version, earlier);
        }
        // Forecasts that do not say what they knew are told apart by their versions.
        if (now is null) table = versions.Earlier is [var last, ..] ? last : null;
        if (table is null) return (now, null, null);

        var ask = new Asking();
        var names = string.Join(", ", plan.Keys.Select((_, i) => $"n.k{i} AS k{i}"));
        var on = string.Join(" AND ", plan.Keys.Select((_, i) => $"n.k{i} = b.k{i}"));
        var sql = $"""
            WITH newest AS (SELECT * FROM {newest} WHERE prediction IS NOT NULL AND {Day(now)} AND {Where(ask, filter with { Ahead = null }, "week")}),
            earlier AS (SELECT * FROM {Forecasts(table, plan.ForecastColumns, withActual: false)} WHERE prediction IS NOT NULL AND {Day(before)}),
            beside AS (SELECT {names}, n.week AS week, b.prediction AS before, n.prediction AS now, n.prediction - b.prediction AS change, abs(n.prediction - b.prediction) AS size,
                              (n.prediction - b.prediction) / nullif(abs(b.prediction), 0) AS share
                       FROM newest n JOIN earlier b ON {on} AND n.week = b.week)
            SELECT *, count(*) OVER (), sum(before) OVER (), sum(now) OVER () FROM beside
            ORDER BY {Order(page.By == "name" ? "k0" : page.By, page.Down)}, {KeyNames}, week {Cut(ask, page)}
            """;
        var width = plan.Keys.Count;
        Each(sql, ask, r => each(
            new([.. r.Take(width).Select(k => (string?)k ?? "")], (DateOnly)r[width]!, Number(r[width + 1]), Number(r[width + 2]), Number(r[width + 3]),
                Maybe(r[width + 5])),
            ((long)r[width + 6]!, Number(r[width + 7]), Number(r[width + 8]))), stop);
        return (now, before, table.Version);

        string Day(DateOnly? day) => day is null ? "true" : $"known_until = {ask.Bind(day)}";
    }
}
