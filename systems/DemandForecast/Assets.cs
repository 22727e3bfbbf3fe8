using System.ComponentModel.DataAnnotations;
using Kumiki;

namespace DemandForecast;

/// <summary>A day's sales of one item in one store.</summary>
/// <param name="Units">Units sold; a day's correction may not be negative.</param>
/// <param name="TotalSalesAmount">In the shop's currency.</param>
public sealed record Sale(DateOnly Date, string Store, string Item, [property: Column("sales")][Range(0, 100_000)] int Units, [Range(0, 1e9)] decimal TotalSalesAmount);

/// <summary>A week's sales, beside those of weeks that are known when the forecast is made: two weeks ahead.</summary>
/// <param name="Week">Monday of the ISO week.</param>
/// <param name="Season">Week of the ISO year, 1 … 53.</param>
public sealed record DemandRow(DateOnly Week, string Store, string Item, int Units, double Price, int Season, double? TwoWeeksAgo, double? ThreeWeeksAgo, double? LastYear, double? EightWeekMean);

/// <summary>What the forecast is for.</summary>
public sealed class DemandGoal : Goal
{
    protected override GoalStatement Statement => new()
    {
        Problem = "Stores order drinks two weeks ahead; what is not ordered is not sold, what is not sold is thrown away.",
        Measure = "mean absolute error of weekly units per store and item",
        Target = 25,
        Owner = "planning",
        Ethics = new Dictionary<EthicsQuestion, string>
        {
            [EthicsQuestion.Harm] = "A shelf that is empty, drinks thrown away; a planner reads each order before it is sent.",
            [EthicsQuestion.Fairness] = "No person is decided on; small stores could be served worse, so errors are shown by store.",
            [EthicsQuestion.Consent] = "Sums of a day; no customer can be told from them.",
            [EthicsQuestion.Contest] = "A planner may order otherwise, and the forecast keeps what it said.",
            [EthicsQuestion.Misuse] = "To judge the staff of a store: its sales are not theirs alone.",
            [EthicsQuestion.Need] = "Planners order today what was sold two weeks ago; the report compares.",
        },
    };
}

/// <summary>The sales as they come: one CSV file or many.</summary>
public sealed class Sales : Dataset<Sale>
{
    internal const string Folder = "data/sales";

    /// <summary>Where the CSV files are.</summary>
    [Parameter] public string Files { get; init; } = Folder + "/*.csv";

    public override Source Source => Source.Csv(Files);

    public override void Expect(Expectations<Sale> rows) => rows.Unique(s => (s.Date, s.Store, s.Item));
}

/// <summary>Sales by ISO week, store and item: weeks without a sale count as 0, and only whole weeks are kept.</summary>
public sealed class WeeklyDemand(Sales sales) : Dataset<DemandRow>
{
    public override Query Query => $"""
        WITH days AS (SELECT date_trunc('week', date)::DATE AS week, store, item, sales, total_sales_amount, date FROM {sales}),
        span AS (SELECT min(week) AS first, max(week) AS last, max(date) AS until FROM days),
        weeks AS (SELECT unnest(generate_series(first, last, INTERVAL 7 DAY))::DATE AS week FROM span),
        series AS (SELECT week, store, item FROM weeks, (SELECT DISTINCT store, item FROM days)),
        weekly AS (
          SELECT week, store, item, coalesce(sum(sales), 0)::INTEGER AS units,
                 (coalesce(sum(total_sales_amount), 0) / nullif(sum(sales), 0))::DECIMAL(18, 4) AS unit_price
          FROM series LEFT JOIN days USING (week, store, item) GROUP BY ALL)
        SELECT week, store, item, units,
               coalesce(unit_price, last_value(unit_price IGNORE NULLS) OVER past, 0)::DOUBLE AS price,
               week(week)::INTEGER AS season,
               lag(units, 2) OVER s::DOUBLE AS two_weeks_ago,
               lag(units, 3) OVER s::DOUBLE AS three_weeks_ago,
               lag(units, 52) OVER s::DOUBLE AS last_year,
               (sum(units) OVER (s ROWS BETWEEN 9 PRECEDING AND 2 PRECEDING) / nullif(count(units) OVER (s ROWS BETWEEN 9 PRECEDING AND 2 PRECEDING), 0))::DOUBLE AS eight_week_mean
        FROM weekly, span
        WHERE week + INTERVAL 6 DAY <= span.until
        WINDOW s AS (PARTITION BY store, item ORDER BY week), past AS (PARTITION BY store, item ORDER BY week ROWS UNBOUNDED PRECEDING)
        ORDER BY week, store, item
        """;
}

/// <summary>One model for all stores and items.</summary>
public sealed class DemandModel(WeeklyDemand demand, DemandGoal goal) : Model<DemandRow>
{
    /// <summary>Trees.</summary>
    [Parameter(Min = 1, Max = 5000)] public int Rounds { get; init; } = 300;

    /// <summary>Splits from root to leaf.</summary>
    [Parameter(Min = 1, Max = 16)] public int Depth { get; init; } = 5;

    /// <summary>How much each tree counts.</summary>
    [Parameter(Min = 0.001, Max = 1)] public double LearningRate { get; init; } = 0.05;

    public override Split Split => Split.ByTime(demand, r => r.Week, validation: 4, test: 8);

    public override Learner Learner => Features
        .OneHot(r => r.Store).OneHot(r => r.Item)
        .Number(r => r.Price).Number(r => r.Season)
        .Impute(r => r.TwoWeeksAgo, Impute.Median).Impute(r => r.ThreeWeeksAgo, Impute.Median).Impute(r => r.LastYear, Impute.Median, indicator: true).Impute(r => r.EightWeekMean, Impute.Median)
        .Then(Trees.Regression(r => r.Units, Rounds, Depth, LearningRate));

    protected override IReadOnlyList<Baseline<DemandRow>> Baselines => [Baseline<DemandRow>.Of("two-weeks-ago", r => r.TwoWeeksAgo)];
}

/// <summary>A linear model on the same rows, to see what the trees are worth.</summary>
public sealed class LinearDemandModel(WeeklyDemand demand) : Model<DemandRow>
{
    /// <summary>The L2 penalty.</summary>
    [Parameter(Min = 0)] public double Alpha { get; init; } = 1;

    public override Split Split => Split.ByTime(demand, r => r.Week, validation: 4, test: 8);

    public override Learner Learner => Features
        .OneHot(r => r.Store).OneHot(r => r.Item).Scale(r => r.Price)
        .Impute(r => r.TwoWeeksAgo, Impute.Median).Scale(r => r.TwoWeeksAgo).Impute(r => r.EightWeekMean, Impute.Median).Scale(r => r.EightWeekMean)
        .Then(Linear.Ridge(r => r.Units, Alpha));
}

/// <summary>The forecast: every week, store and item with the units predicted from what was known two weeks before.</summary>
public sealed class DemandForecasts(DemandModel model, WeeklyDemand demand) : BatchPrediction<DemandRow>;
