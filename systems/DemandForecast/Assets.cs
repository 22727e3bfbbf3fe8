using Kumiki;

namespace DemandForecast;

/// <summary>What the forecast is for.</summary>
public sealed class DemandGoal : Goal
{
    protected override GoalStatement Statement => new()
    {
        Problem = "Stores order drinks two weeks ahead; what is not ordered is not sold, what is not sold is thrown away.",
        Framing = new("sales, prices and the calendar as they are known on a Sunday",
            "units of an item that a store sells in each of the eight weeks that follow", "squared error in spreads of the usual week"),
        Measure = "mean absolute error of weekly units per store and item, one to eight weeks ahead",
        Unit = "units",
        Figure = GoalFigure.MeanAbsoluteError,
        Better = Better.Lower,
        Target = 25,
        Today = 36,     // orders of two weeks ago, as planners repeated them
        Worth = new("week", Decisions: 100, Value: 3_600),
        Owner = "planning",
        ReviewOn = new(2027, 4, 1),
        Stakeholders = ["planning", "stores"],
        IntendedUse = "A proposal for the weekly order of each store, read by a planner.",
        Limits = "Says nothing of an item in its first week in a store; of a year without sales before it, the season is not known.",
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

/// <summary>One model for all stores and items, one to eight weeks ahead: trees that learn what differs from the usual, in spreads of it.</summary>
public sealed class DemandModel(WeeklyDemand demand, DemandGoal goal) : Model<DemandRow>
{
    /// <summary>Trees.</summary>
    [Parameter(Min = 1, Max = 5000)] public int Rounds { get; init; } = 100;

    /// <summary>Splits from root to leaf.</summary>
    [Parameter(Min = 1, Max = 16)] public int Depth { get; init; } = 3;

    /// <summary>How much each tree counts.</summary>
    [Parameter(Min = 0.001, Max = 1)] public double LearningRate { get; init; } = 0.05;

    /// <summary>Weeks before the tested ones that say how wide an interval has to be; the model does not learn from them.</summary>
    [Parameter(Min = 1, Max = 52)] public int ValidationWeeks { get; init; } = 8;

    /// <summary>The last weeks, which the report looks at; the model does not learn from them.</summary>
    [Parameter(Min = 1, Max = 52)] public int TestWeeks { get; init; } = DemandRows.TestWeeks;

    public override Split Split => Split.ByTime(demand, r => r.Week, ValidationWeeks, TestWeeks);

    public override Learner Learner => Features
        .Number(r => r.Ahead).Number(r => r.Season).Number(r => r.PriceChange).Number(r => r.SpecialDays).Number(r => r.SpecialDaysChange)
        .Number(r => r.SeriesLastYear).Number(r => r.SeriesNow).Number(r => r.SeriesLately).Number(r => r.SeriesStep)
        .Number(r => r.ItemLastYear).Number(r => r.ItemNow).Number(r => r.ItemLately).Number(r => r.ItemStep)
        .Number(r => r.StoreLastYear).Number(r => r.StoreNow).Number(r => r.StoreLately).Number(r => r.StoreStep)
        .Number(r => r.ChainLastYear).Number(r => r.ChainNow).Number(r => r.ChainLately)
        .Then(Trees.Regression(r => r.Units, Rounds, Depth, LearningRate) with
        {
            Offset = Column(r => r.Usual),
            Spread = Column(r => r.Spread),
            Weights = Column(r => r.Evidence),
            Interval = 0.8,
            MinChildWeight = 20,
            Lambda = 30,
            Subsample = 0.7,
            FeatureSample = 0.5,
        });

    protected override IReadOnlyList<Baseline<DemandRow>> Baselines =>
    [
        Baseline<DemandRow>.Of("usual", r => r.Usual),
        Baseline<DemandRow>.Of("two-weeks-ago", r => r.TwoWeeksAgo),
        Baseline<DemandRow>.Of("last-year", r => r.LastYear) with { MayMiss = true },
        Baseline<DemandRow>.Of("seasonal-ratio", r => r.SeasonalRatio) with { MayMiss = true },
    ];

    public override string ToString() => $"{Name} for {goal.Name}";
}

/// <summary>How good the model is on the weeks it has not seen, by store, item and weeks ahead, and whether it may go to production.</summary>
public sealed class DemandReport(DemandModel model, DemandGoal goal) : TestReport<DemandRow>(model)
{
    protected override void Slices(Slices<DemandRow> slices) => slices.By(r => r.Store).By(r => r.Item).By(r => r.Ahead);

    public override string ToString() => $"{Name} for {goal.Name}";
}

/// <summary>The model's answers for the coming weeks, and for the last known weeks as they looked then.</summary>
public sealed class DemandPredictions(DemandModel model, UpcomingDemand upcoming) : BatchPrediction<DemandRow>
{
    protected override bool NamesModel => true;

    public override string ToString() => $"{model.Name} on {upcoming.Name}";
}

/// <summary>The forecast offered to programs: of a store, an item and a week as it was forecast for all of them, with its age; of a row that was not, as the
/// model says now.</summary>
public sealed class DemandAnswer(DemandModel model, DemandForecasts forecasts) : Endpoint<DemandRow, double>
{
    /// <summary>A forecast is made each week; one that was missed is said to be stale, not kept back.</summary>
    static readonly TimeSpan Fresh = TimeSpan.FromDays(10);

    public override Decision Decision => Decision.Number(model, least: 0);

    protected override Precomputed? Precomputed =>
        (Precomputed.Of(forecasts, f => f.Prediction, f => f.Store, f => f.Item, f => f.Week) with { StaleAfter = Fresh })
            .Between<Forecast>(f => f.Lower, f => f.Upper);
}
