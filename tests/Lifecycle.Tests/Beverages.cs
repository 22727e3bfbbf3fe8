using System.ComponentModel.DataAnnotations;

namespace Kumiki.Lifecycle.Tests;

public sealed record Sale(DateOnly Date, string Store, string Item, [property: Column("sales")][Range(0, 100_000)] int Units, decimal TotalSalesAmount);

public sealed record DemandRow(DateOnly Week, string Store, string Item, int Units, double? TwoWeeksAgo, double? LastYear);

public sealed class Sales : Dataset<Sale>
{
    [Parameter] public string Files { get; init; } = "item_sale_records_*.csv";

    public override Source Source => Source.Csv(Files);

    public override Partition Partition => Partition.ByMonth<Sale>(s => s.Date);

    public override void Expect(Expectations<Sale> rows) => rows.Unique(s => (s.Date, s.Store, s.Item));
}

public sealed class WeeklyDemand(Sales sales) : Dataset<DemandRow>
{
    [Parameter] public string From { get; init; } = "2020-01-06";

    public override Query Query => $"""
        WITH weekly AS (SELECT store, item, date_trunc('week', date)::DATE AS week, sum(sales)::INTEGER AS units FROM {sales} WHERE date >= {DateOnly.Parse(From, System.Globalization.CultureInfo.InvariantCulture)} GROUP BY ALL)
        SELECT *, lag(units, 2) OVER w AS two_weeks_ago, lag(units, 52) OVER w AS last_year FROM weekly WINDOW w AS (PARTITION BY store, item ORDER BY week) ORDER BY week, store, item
        """;
}

public sealed class DemandModel(WeeklyDemand demand) : Model<DemandRow>
{
    [Parameter(Min = 1)] public int Rounds { get; init; } = 60;

    public override Split Split => Split.ByTime(demand, r => r.Week, validation: 4, test: 8);

    public override Learner Learner => Features
        .OneHot(r => r.Store).OneHot(r => r.Item).Impute(r => r.TwoWeeksAgo, Impute.Median).Impute(r => r.LastYear, Impute.Median, indicator: true)
        .Then(Trees.Regression(r => r.Units, Rounds, depth: 4));

    protected override IReadOnlyList<Baseline<DemandRow>> Baselines => [Baseline<DemandRow>.Of("two-weeks-ago", r => r.TwoWeeksAgo)];
}

public sealed class LinearModel(WeeklyDemand demand) : Model<DemandRow>
{
    public override Split Split => Split.ByTime(demand, r => r.Week, validation: 4, test: 8);

    public override Learner Learner => Features.OneHot(r => r.Store).OneHot(r => r.Item).Impute(r => r.TwoWeeksAgo, Impute.Median).Scale(r => r.TwoWeeksAgo).Then(Linear.Ridge(r => r.Units));
}

public sealed class Forecast(DemandModel model, WeeklyDemand demand) : BatchPrediction<DemandRow>
{
    protected override int SegmentRows => 3000;
}

/// <summary>A model for each store with two years of sales.</summary>
[KeysFrom(typeof(Sales), "store", AtLeast = 5000)]
public sealed class OwnModel(FamilyKey store, WeeklyDemand demand) : Model<DemandRow>
{
    public string Store { get; } = store.Raw;

    public override Split Split => Split.ByTime(demand, r => r.Week, validation: 4, test: 8);

    public override Learner Learner => Features.OneHot(r => r.Item).Impute(r => r.TwoWeeksAgo, Impute.Median).Then(Linear.Ridge(r => r.Units, alpha: 1 + Store.Length));
}

/// <summary>Stores with a model by it, the others by the model of all stores.</summary>
public sealed class FamilyForecast(Family<OwnModel> own, DemandModel global, WeeklyDemand demand) : BatchPrediction<DemandRow>
{
    protected override int SegmentRows => 1000;

    public override string ToString() => $"{own.Members.Count} models, else {global.Name}, of {demand.Name}";
}

public sealed class OwnForecast(Family<OwnModel> own, WeeklyDemand demand) : BatchPrediction<DemandRow>
{
    public override string ToString() => $"{own.Members.Count} models of {demand.Name}";
}

[KeysFrom(typeof(Sales), "store")]
public sealed class StoreModel(FamilyKey store, WeeklyDemand demand) : Model<DemandRow>
{
    public string Store { get; } = store.Raw;

    public override Split Split => Split.ByTime(demand, r => r.Week, validation: 4, test: 8);

    public override Learner Learner => Features.OneHot(r => r.Item).Impute(r => r.TwoWeeksAgo, Impute.Median).Then(Linear.Ridge(r => r.Units));
}
