using System.Globalization;
using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Tables;
using Kumiki.Testing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <param name="Months">Months as a customer.</param>
/// <param name="Copy">Bad, as a number, in the worlds that plant a leak.</param>
public sealed record Loan(string Region, int Age, double Income, double? Debt, int Months, double Noise, double Copy, double Weight, bool Bad);

public sealed class Loans : Dataset<Loan>
{
    public override Source Source => Source.Csv("loans.csv");
}

public sealed class LoanGoal : Goal
{
    [Parameter] public double Aim { get; init; } = 30;
    [Parameter] public GoalFigure Figure { get; init; } = GoalFigure.CostPerDecision;

    protected override GoalStatement Statement => new()
    {
        Problem = "Loans default.",
        Measure = "cost per application",
        Target = Aim,
        Figure = Figure,
        Unit = "JPY",
        Today = 60,
        PersonCost = 80,
        Worth = new("month", 1000, 60_000, 500),
        Costs = CostMatrix.Of("JPY", ("bad", "good"), ("refuse", "grant"), new double[,] { { 0, 100 }, { 40, 0 } }),
        IntendedUse = "Small loans to adults.",
    };
}

public sealed class LoanModel(Loans loans) : Model<Loan>
{
    [Parameter(Min = 1)] public int Rounds { get; init; } = 40;
    [Parameter] public bool Leaky { get; init; }
    [Parameter] public bool Folds { get; init; } = true;

    public override Split Split => Split.Random(loans, validation: 0.2, test: 0.3);

    public override Learner Learner
    {
        get
        {
            var features = Features.OneHot(r => r.Region).Number(r => r.Age).Number(r => r.Income).Number(r => r.Debt).Number(r => r.Noise);
            return (Leaky ? features.Number(r => r.Copy) : features).Then(Trees.Binary(r => r.Bad, Rounds, depth: 3));
        }
    }

    protected override CrossValidation? CrossValidation => Folds ? new(3) : null;
}

public sealed class LoanThreshold(LoanModel model, LoanGoal goal) : Threshold(model)
{
    public override Choice Choose(Scored validation) => validation.Cheapest(goal.Costs);
}

public sealed class LoanReport(LoanModel model, LoanGoal goal, LoanThreshold threshold) : TestReport<Loan>(model)
{
    [Parameter] public bool Weighted { get; init; }

    public string About => $"{goal.Name} {threshold.Name}";

    protected override void Slices(Slices<Loan> slices) => slices.By(r => r.Region).By(r => r.Age, 25, 40, 60).Where("new customers", r => r.Months < 6).Where("three rows", r => r.Income > 1e6);

    protected override ColumnSchema? Weights => Weighted ? Column(r => r.Weight) : null;

    protected override int? Resamples => 200;

    protected override CardText Card => new() { Limits = "Not tried on companies." };
}

/// <summary>A thousand loans of which one knows why they are bad.</summary>
static class ReportWorld
{
    /// <param name="weak">The share of loans whose answer is drawn anew in the region "south" of people under 40; 0: none.</param>
    public static MakingWorld Of(int rows = 1500, double weak = 0, double weight = 1, Func<int, bool>? bad = null, params Type[] more)
    {
        var world = new MakingWorld([typeof(Loans), typeof(LoanGoal), typeof(LoanModel), typeof(LoanThreshold), typeof(LoanReport), .. more]);
        var random = new Random(21);
        var lines = new List<string> { "region,age,income,debt,months,noise,copy,weight,bad" };
        for (var i = 0; i < rows; i++)
        {
            var (region, age, income, debt) = (new[] { "north", "south", "east" }[random.Next(3)], random.Next(18, 80), Math.Round(random.NextDouble() * 100, 2), Math.Round(random.NextDouble() * 100, 2));
            var isBad = debt - income + (age < 30 ? 25 : 0) + 20 * (random.NextDouble() - 0.5) > 20;
            if (region == "south" && age < 40 && random.NextDouble() < weak) isBad = random.Next(2) == 1;
            isBad = bad?.Invoke(i) ?? isBad;
            // Three rich ones among the last rows, too few to judge.
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{region},{age},{(i % (rows / 10) == 7 ? 2e6 : income)},{(i % 19 == 0 ? "" : debt)},{random.Next(1, 60)},{random.NextDouble():0.000},{(isBad ? 1 : 0)},{weight},{(isBad ? "true" : "false")}"));
        }
        File.WriteAllLines(Path.Combine(world.Root, "loans.csv"), lines);
        return world;
    }

    public static async Task<(IReadOnlyDictionary<string, VersionRecord> Made, ReportData Report)> MakeAsync(MakingWorld world, params string[] settings)
    {
        var ends = await world.MakeAsync(new MakeOrder("loan-report") { Upstream = true }, settings);
        Assert.All(ends, e => Assert.True(e.Result is not null, e is MakingEnd.Failed f ? f.Why.In("en") : e.ToString()));
        var made = ends.ToDictionary(e => e.Asset, e => e.Result!);
        return (made, ReportData.FromJson(await File.ReadAllBytesAsync(await PathAsync(world, made["loan-report"], "report.json"))));
    }

    public static async Task<string> WhyAsync(MakingWorld world, params string[] settings) =>
        Assert.IsType<MakingEnd.Failed>((await world.MakeAsync(new MakeOrder("loan-report") { Upstream = true }, settings))[^1]).Why.In("en");

    public static Task<string> PathAsync(MakingWorld world, VersionRecord version, string file) => world.Artifacts.PathAsync(version.Files.Single(f => f.Path == file).Content, default);
}
