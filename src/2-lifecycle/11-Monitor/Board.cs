using System.Linq.Expressions;
using Kumiki.Monitoring;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Actual rows and forecasts side by side, for people who plan: any series by keys, such as units by store and item. A view: it has no versions, and
/// shows those of its assets that are in production, else the newest.</summary>
/// <example><code>
/// public sealed class DemandBoard(Sales sales, DemandForecasts forecasts, ForecastAccuracy accuracy, DemandGoal goal) : Board&lt;Sale&gt;(sales)
/// {
///     protected override void Show(BoardPlan&lt;Sale&gt; board) => board
///         .By(r => r.Store).By(r => r.Item).At(r => r.Date).Sum(r => r.Units, unit: "bottles")
///         .Forecasts(forecasts).Accuracy(accuracy).Goal(goal);
/// }
/// </code></example>
/// <remarks>docs/11-monitor.md.</remarks>
public abstract class Board<TActual>(Dataset<TActual> actual) : Board
{
    /// <summary>Names the columns of the actual rows, and what stands beside them.</summary>
    protected abstract void Show(BoardPlan<TActual> board);

    internal sealed override BoardPlan Draw()
    {
        var plan = new BoardPlan<TActual>(actual);
        Show(plan);
        return plan.Of(Name);
    }
}

/// <summary>A board of any rows; derive from <see cref="Board{TActual}"/>.</summary>
public abstract class Board : View
{
    internal Board()
    {
    }

    /// <exception cref="KumikiException">A column is missing or of a wrong type.</exception>
    internal BoardPlan Plan => field ??= Draw();

    internal abstract BoardPlan Draw();

    protected sealed override IEnumerable<Message> Faults()
    {
        try
        {
            _ = Plan;
            return [];
        }
        catch (KumikiException e)
        {
            return [e.Says];
        }
    }
}

/// <summary>What a board shows.</summary>
public sealed class BoardPlan<TActual>
{
    readonly RowSchema schema = RowSchema.Of<TActual>();
    readonly List<ColumnSchema> keys = [];
    readonly Asset actual;
    ColumnSchema? time, value;
    string unit = "";
    Asset? forecasts, accuracy;
    ForecastColumns forecastColumns = new(), accuracyColumns = new();
    Goal? goal;

    internal BoardPlan(Asset actual) => this.actual = actual;

    /// <summary>A key of the series, such as the store; the first is what people look at first. Forecasts have a column of the same name.</summary>
    public BoardPlan<TActual> By<TValue>(Expression<Func<TActual, TValue>> key)
    {
        keys.Add(schema.ColumnOf(key));
        return this;
    }

    /// <summary>The date or time of a row.</summary>
    public BoardPlan<TActual> At<TValue>(Expression<Func<TActual, TValue>> time)
    {
        this.time = schema.ColumnOf(time);
        return this;
    }

    /// <summary>The number that is summed over a day, a week or a month.</summary>
    /// <param name="unit">Shown beside it, such as "bottles".</param>
    public BoardPlan<TActual> Sum<TValue>(Expression<Func<TActual, TValue>> value, string unit = "")
    {
        (this.value, this.unit) = (schema.ColumnOf(value), unit);
        return this;
    }

    /// <summary>Forecasts by the same keys and by week: a dataset or a batch prediction. A version may hold one day's forecasts or those of many; earlier
    /// versions tell what has changed.</summary>
    /// <param name="columns">Null: the columns have their usual names, those of <see cref="ForecastColumns"/>.</param>
    public BoardPlan<TActual> Forecasts(Asset forecasts, ForecastColumns? columns = null)
    {
        (this.forecasts, forecastColumns) = (forecasts, columns ?? new());
        return this;
    }

    /// <summary>Forecasts whose weeks are over, beside what happened. Left out: forecasts are held against the sums of the actual rows.</summary>
    /// <inheritdoc cref="Forecasts"/>
    public BoardPlan<TActual> Accuracy(Asset accuracy, ForecastColumns? columns = null)
    {
        (this.accuracy, accuracyColumns) = (accuracy, columns ?? new());
        return this;
    }

    /// <summary>What the forecasts are for: its target is shown beside the error of each week.</summary>
    public BoardPlan<TActual> Goal(Goal goal)
    {
        this.goal = goal;
        return this;
    }

    internal BoardPlan Of(string board)
    {
        if (keys.Count is 0 or > 4) throw new KumikiException(Message.Of("board.keys", ("board", board), ("count", keys.Count)));
        if (time is not { IsTime: true }) throw new KumikiException(Message.Of("board.time", ("board", board), ("column", time?.Name ?? "-"), ("type", time?.TypeName ?? "-")));
        if (value is not { IsNumber: true }) throw new KumikiException(Message.Of("board.value", ("board", board), ("column", value?.Name ?? "-"), ("type", value?.TypeName ?? "-")));
        if (accuracy is not null && forecasts is null) throw new KumikiException(Message.Of("board.accuracy-alone", ("board", board),
            ("accuracy", accuracy.Name)));
        return new(board, actual, [.. keys.Select(k => k.Name)], time.Name, value.Name, unit, forecasts, forecastColumns, accuracy, accuracyColumns, goal);
    }
}

/// <summary>The names of columns of forecasts. Only week and prediction must be there; a board shows what there is.</summary>
public sealed record ForecastColumns
{
    /// <summary>The week that is forecast, by its Monday.</summary>
    public string Week { get; init; } = "week";

    public string Prediction { get; init; } = "prediction";

    /// <summary>The lower end of the interval.</summary>
    public string Lower { get; init; } = "lower";

    /// <summary>The upper end of the interval.</summary>
    public string Upper { get; init; } = "upper";

    /// <summary>The last day whose rows the forecast knew.</summary>
    public string KnownUntil { get; init; } = "known_until";

    /// <summary>Weeks from what was known to the week that is forecast.</summary>
    public string Ahead { get; init; } = "ahead";

    /// <summary>What happened; of accuracy only.</summary>
    public string Actual { get; init; } = "actual";

    /// <summary><c>live</c> where a forecast was made before its week; of accuracy only. Where a week was also forecast afterwards from the same days, to try a
    /// model, the live one counts.</summary>
    public string Kind { get; init; } = "kind";

    /// <summary>What people would say without a model; of accuracy only.</summary>
    public string Baseline { get; init; } = "two_weeks_ago";
}
