using System.Globalization;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Monitoring;

/// <summary>Reads what a board shows from the Parquet files of its versions.</summary>
/// <remarks>Every query stands on two tables: <c>actual (k0 …, day, value)</c>, and <c>judged (k0 …, week, prediction, lower, upper, ahead, known_until,
/// actual, baseline)</c>, the forecasts whose weeks are over. Names of
/// columns are those the board's class gave and the files have; what somebody asked for is bound as values.</remarks>
sealed partial class BoardReader(TableEngine engine, BoardVersions versions)
{
    const int MostSplit = 8;

    readonly BoardPlan plan = versions.Plan;
    bool? manyKinds;

    /// <summary>k0, k1 …</summary>
    string KeyNames => string.Join(", ", plan.Keys.Select((_, i) => $"k{i}"));

    BoardTable ActualTable => versions.Actual ?? throw new KumikiException(Message.Of("board.no-rows", ("board", plan.Name), ("asset", plan.Actual.Name)));

    BoardTable ForecastTable => versions.Forecasts
        ?? throw new KumikiException(plan.Forecasts is null ? Message.Of("board.no-forecasts", ("board", plan.Name)) : Message.Of("board.no-rows", ("board",
            plan.Name), ("asset", plan.Forecasts.Name)));

    // ── the tables ──

    string Actual()
    {
        var table = ActualTable;
        foreach (var column in (IEnumerable<string>)[.. plan.Keys, plan.Time, plan.Value]) Require(table, column);
        return $"(SELECT {Keys()}, {SqlText.Name(plan.Time)}::DATE AS day, {SqlText.Name(plan.Value)}::DOUBLE AS value FROM {SqlText.Rows(table.Files)})";
    }

    string Keys() => string.Join(", ", plan.Keys.Select((k, i) => $"{SqlText.Name(k)}::VARCHAR AS k{i}"));

    /// <summary>Forecasts under names of ours; a column they do not have is NULL.</summary>
    string Forecasts(BoardTable table, ForecastColumns columns, bool withActual)
    {
        foreach (var column in (IEnumerable<string>)[.. plan.Keys, columns.Week, columns.Prediction, .. withActual ? [columns.Actual]
            : Array.Empty<string>()]) Require(table, column);
        return $"""
            (SELECT {Keys()}, {SqlText.Name(columns.Week)}::DATE AS week, {SqlText.Name(columns.Prediction)}::DOUBLE AS prediction,
                    {Or(columns.Lower, "DOUBLE")} AS lower, {Or(columns.Upper, "DOUBLE")} AS upper, {Or(columns.Ahead, "INTEGER")} AS ahead, {Or(columns.KnownUntil, "DATE")} AS known_until
                    {(withActual ? $", {SqlText.Name(columns.Actual)}::DOUBLE AS actual, {Or(columns.Baseline, "DOUBLE")} AS baseline, {Or(columns.Kind, "VARCHAR")} AS kind" : "")}
             FROM {SqlText.Rows(table.Files)})
            """;

        string Or(string column, string type) => table.Columns.Contains(column) ? $"{SqlText.Name(column)}::{type}" : $"NULL::{type}";
    }

    void Require(BoardTable table, string column)
    {
        if (!table.Columns.Contains(column)) throw new KumikiException(Message.Of("board.no-column", ("version", table.Version), ("column", column),
            ("board", plan.Name)));
    }

    /// <summary>Forecasts whose weeks are over: those of the accuracy, each week once; else the forecasts beside the sums of the weeks that the actual rows
    /// cover whole.</summary>
    string Judged(CancellationToken stop)
    {
        if (versions.Accuracy is { } accuracy)
        {
            var every = $"(SELECT * FROM {Forecasts(accuracy, plan.AccuracyColumns, withActual: true)} WHERE actual IS NOT NULL AND prediction IS NOT NULL)";
            if (!accuracy.Columns.Contains(plan.AccuracyColumns.Kind)) return every;
            manyKinds ??= (bool)List($"SELECT count(DISTINCT kind) > 1 FROM {every}", new(), r => r[0]!, stop)[0];
            if (manyKinds == false) return every;
            // A model that is tried on weeks which were forecast already says a second thing of them.
            var same = string.Join(" AND ", plan.Keys.Select((_, i) => $"live.k{i} = tried.k{i}"));
            return $"""
                (SELECT * FROM {every} WHERE kind = 'live' UNION ALL
                 SELECT * FROM {every} tried WHERE kind IS DISTINCT FROM 'live' AND NOT EXISTS
                   (SELECT 1 FROM {every} live WHERE live.kind = 'live' AND {same} AND live.week = tried.week AND live.ahead IS NOT DISTINCT FROM tried.ahead AND live.known_until IS NOT DISTINCT FROM tried.known_until))
                """;
        }
        var on = string.Join(" AND ", plan.Keys.Select((_, i) => $"f.k{i} = a.k{i}"));
        return $"""
            (SELECT f.*, a.actual, NULL::DOUBLE AS baseline
             FROM {Forecasts(ForecastTable, plan.ForecastColumns, withActual: false)} f
             JOIN (SELECT {KeyNames}, date_trunc('week', day)::DATE AS week, sum(value) AS actual FROM {Actual()} GROUP BY ALL) a ON {on} AND date_trunc('week', f.week)::DATE = a.week
             WHERE f.prediction IS NOT NULL AND a.week + 6 <= (SELECT max(day) FROM {Actual()}))
            """;
    }

    /// <summary>The last week that is over.</summary>
    DateOnly? LastWeek(CancellationToken stop) => versions.Accuracy is { } accuracy
        ? (DateOnly?)List($"SELECT max(week) FROM {Forecasts(accuracy, plan.AccuracyColumns, withActual: true)} WHERE actual IS NOT NULL AND prediction IS NOT NULL", new(), r => r[0], stop)[0]
        : (DateOnly?)List($"SELECT max(week) FROM {Judged(stop)}", new(), r => r[0], stop)[0];

    // ── asking ──

    /// <summary>A query and its bound values.</summary>
    sealed class Asking
    {
        readonly List<object?> values = [];

        public IReadOnlyList<object?> Values => values;

        public string Bind(object? value)
        {
            values.Add(value);
            return string.Create(CultureInfo.InvariantCulture, $"${values.Count}");
        }
    }

    string Where(Asking asking, BoardFilter filter, string time)
    {
        var conditions = new List<string> { "true" };
        foreach (var (key, wanted) in filter.Keys)
            conditions.Add($"k{plan.Keys.ToList().IndexOf(key)} IN ({string.Join(", ", wanted.Select(asking.Bind))})");
        if (filter.From is { } from) conditions.Add($"{time} >= {asking.Bind(from)}");
        if (filter.To is { } to) conditions.Add($"{time} <= {asking.Bind(to)}");
        if (filter.Ahead is { } ahead && time == "week") conditions.Add($"ahead = {asking.Bind(ahead)}");
        return string.Join(" AND ", conditions);
    }

    /// <summary>Runs a query and hands each row over; returns how many there were.</summary>
    long Each(string sql, Asking asking, Action<object?[]> row, CancellationToken stop)
    {
        try
        {
            using var connection = engine.Connect();
            using var statement = connection.Prepare(sql);
            for (var i = 0; i < asking.Values.Count; i++) statement.Bind(i + 1, asking.Values[i]);
            using var rows = statement.Stream(stop);
            var count = 0L;
            while (rows.Next())
            {
                var chunk = rows.Chunk;
                for (var at = 0; at < chunk.Rows; at++, count++)
                {
                    var values = new object?[rows.Columns.Count];
                    for (var column = 0; column < values.Length; column++) values[column] = chunk[column].Value(at);
                    row(values);
                }
            }
            return count;
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading(AllFiles(), e);
        }
    }

    IReadOnlyList<string> AllFiles() => [.. ((IEnumerable<BoardTable?>)[versions.Actual, versions.Forecasts, versions.Accuracy,
        .. versions.Earlier]).OfType<BoardTable>().SelectMany(t => t.Files)];

    List<T> List<T>(string sql, Asking asking, Func<object?[], T> of, CancellationToken stop)
    {
        var list = new List<T>();
        Each(sql, asking, row => list.Add(of(row)), stop);
        return list;
    }

    static double Number(object? value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    static double? Maybe(object? value) => value is null ? null : Number(value) is var number && double.IsFinite(number) ? number : null;
}
