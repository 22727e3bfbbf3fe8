namespace Kumiki.Monitoring;

sealed partial class BoardReader
{
    /// <summary>What there is to show.</summary>
    public BoardSpan Span(CancellationToken stop)
    {
        var asking = new Asking();
        var actual = versions.Actual is null ? [null, null, 0L] : List($"SELECT min(day), max(day), count(*) FROM {Actual()}", asking, r => r, stop)[0];
        object?[] weeks = [null, null, 0L, 0L];
        List<int> aheads = [];
        if (versions.Accuracy is not null || (versions.Forecasts is not null && versions.Actual is not null))
        {
            // A week said twice changes neither.
            var judged = versions.Accuracy is { } accuracy ? $"(SELECT * FROM {Forecasts(accuracy, plan.AccuracyColumns, withActual: true)} WHERE actual IS NOT NULL AND prediction IS NOT NULL)" : Judged(stop);
            weeks = List($"SELECT min(week), max(week), count(lower + upper), count(baseline) FROM {judged}", asking, r => r, stop)[0];
            aheads = List($"SELECT DISTINCT ahead FROM {judged} WHERE ahead IS NOT NULL ORDER BY 1", asking, r => (int)r[0]!, stop);
        }
        return new((DateOnly?)actual[0], (DateOnly?)actual[1], (long)actual[2]!, aheads, (DateOnly?)weeks[0], (DateOnly?)weeks[1], (long)weeks[2]! > 0,
            (long)weeks[3]! > 0);
    }

    /// <summary>The values of a key in the actual rows, in order.</summary>
    /// <param name="holds">A piece of the value, in any case; null: all.</param>
    public IReadOnlyList<(string Value, long Rows)> KeyValues(string key, string? holds, int limit, CancellationToken stop)
    {
        var asking = new Asking();
        var name = $"k{plan.Keys.ToList().IndexOf(key)}";
        var where = string.IsNullOrEmpty(holds) ? "" : $"AND contains(lower({name}), lower({asking.Bind(holds)}))";
        return List($"SELECT {name}, count(*) FROM {Actual()} WHERE {name} IS NOT NULL {where} GROUP BY 1 ORDER BY 1 LIMIT {asking.Bind(limit)}", asking,
            r => ((string)r[0]!, (long)r[1]!), stop);
    }

    /// <summary>Actual rows summed by day, week (from Monday) or month.</summary>
    /// <param name="by">A key to split them by: its largest values each for itself, the others together under no name. Null: all together.</param>
    public IReadOnlyList<BoardPoint> Sums(BoardFilter filter, BoardGrain grain, string? by, CancellationToken stop)
    {
        var asking = new Asking();
        var (unit, length) = grain switch
        {
            BoardGrain.Day => ("day", "INTERVAL 1 DAY"),
            BoardGrain.Week => ("week", "INTERVAL 7 DAY"),
            _ => ("month", "INTERVAL 1 MONTH"),
        };
        var name = by is null ? "NULL::VARCHAR" : $"k{plan.Keys.ToList().IndexOf(by)}";
        // A period is whole where the rows of all series begin before it and end after it.
        var sql = $"""
            WITH chosen AS (SELECT date_trunc('{unit}', day)::DATE AS since, {name} AS name, sum(value) AS value FROM {Actual()} WHERE {Where(asking, filter, "day")} GROUP BY ALL),
            span AS (SELECT min(day) AS first, max(day) AS last FROM {Actual()}),
            largest AS (SELECT name FROM chosen WHERE name IS NOT NULL GROUP BY name ORDER BY sum(value) DESC, name LIMIT {MostSplit})
            SELECT since, CASE WHEN name IN (SELECT name FROM largest) THEN name END AS split, sum(value), any_value(since >= first AND (since + {length})::DATE - 1 <= last)
            FROM chosen, span GROUP BY since, split ORDER BY since, split
            """;
        return List(sql, asking, r => new BoardPoint((DateOnly)r[0]!, (string?)r[1], Number(r[2]), (bool)r[3]!), stop);
    }

    /// <summary>Forecasts by week, those whose weeks are over and those to come, beside what happened.</summary>
    /// <remarks>Of a week that was forecast more than once, the forecast made last of those that <see cref="BoardFilter.Ahead"/> allows counts. A week to come
    /// is taken as it was forecast last, whatever is asked of
    /// <see cref="BoardFilter.Ahead"/>.</remarks>
    public IReadOnlyList<BoardForecast> ByWeek(BoardFilter filter, CancellationToken stop)
    {
        var asking = new Asking();
        var isPast = versions.Accuracy is not null || versions.Actual is not null;
        var judged = isPast ? $"SELECT {KeyNames}, week, prediction, lower, upper, actual, known_until FROM {Judged(stop)} WHERE {Where(asking, filter, "week")}" : "";
        var coming = versions.Forecasts is null ? "" : $"""
            SELECT {KeyNames}, week, prediction, lower, upper, NULL::DOUBLE AS actual, known_until
            FROM {Forecasts(ForecastTable, plan.ForecastColumns, withActual: false)} WHERE prediction IS NOT NULL AND {Where(asking, filter with { Ahead = null }, "week")}
            {(isPast && LastWeek(stop) is { } last ? $"AND week > {asking.Bind(last)}" : "")}
            """;
        var sql = $"""
            WITH every AS ({string.Join(" UNION ALL ", ((string[])[judged, coming]).Where(s => s.Length > 0))}),
            latest AS (
              SELECT week, arg_max(struct_pack(prediction := prediction, lower := lower, upper := upper, actual := actual), coalesce(known_until, DATE '0001-01-01')) AS f FROM every GROUP BY {KeyNames}, week)
            SELECT week, sum(f.prediction), CASE WHEN count(*) = 1 THEN min(f.lower) END, CASE WHEN count(*) = 1 THEN max(f.upper) END, CASE WHEN count(f.actual) = count(*) THEN sum(f.actual) END, count(*)
            FROM latest GROUP BY week ORDER BY week
            """;
        if (judged.Length == 0 && coming.Length == 0) _ = ForecastTable;
        return List(sql, asking, r => new BoardForecast((DateOnly)r[0]!, Number(r[1]), Maybe(r[2]), Maybe(r[3]), Maybe(r[4]), (long)r[5]!), stop);
    }
}
