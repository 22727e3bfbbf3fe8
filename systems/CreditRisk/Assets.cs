using Kumiki;

namespace CreditRisk;

/// <summary>The applications of the years that are over, as they come: one CSV file or many.</summary>
public sealed class Applications : Dataset<Application>
{
    internal const string Folder = "data/applications";

    /// <summary>Where the CSV files are.</summary>
    [Parameter] public string Files { get; init; } = Folder + "/*.csv";

    public override Source Source => Source.Csv(Files);

    public override void Expect(Expectations<Application> rows) => rows.Unique(r => r.Id);
}

/// <summary>The loans that defaulted, for what is lost then.</summary>
public sealed class DefaultedLoans(Applications applications) : Dataset<Application>
{
    public override Query Query => $"SELECT * FROM {applications} WHERE defaulted AND lost_share IS NOT NULL ORDER BY applied_on, id";
}

/// <summary>What lending by a model is for, and what each decision costs.</summary>
public sealed class CreditGoal : Goal
{
    protected override GoalStatement Statement => new()
    {
        Problem = "A lender grants small loans; a loan that defaults costs what is lost of it, an applicant who is turned away without need costs the interest and the customer.",
        Framing = new("an application as it is on the day", "the probability that the loan defaults", "log loss"),
        Measure = "cost per application",
        Unit = "JPY",
        Figure = GoalFigure.CostPerDecision,
        Target = 30_000,
        Today = 38_000,     // every loan is granted
        Costs = CostMatrix.Of("JPY", ("defaults", "repays"), ("decline", "grant"), new double[,] { { 0, 400_000 }, { 45_000, 0 } },
            hurts: new[,] { { "nobody", "the lender" }, { "the applicant", "nobody" } }),
        PersonCost = 32_000,
        Worth = new("month", Decisions: 1_100, Value: 40_000_000, Running: 300_000),
        Owner = "credit risk",
        ReviewOn = new(2027, 4, 1),
        IntendedUse = "Loans of 50,000 to 5,000,000 JPY to private persons.",
        Limits = "Trained on loans that were granted; says nothing of businesses.",
        Ethics = new Dictionary<EthicsQuestion, string>
        {
            [EthicsQuestion.Harm] = "Who is declined without need loses a loan; the cost of it is part of the threshold.",
            [EthicsQuestion.Fairness] = "Sex is no feature; the report shows both sexes as slices.",
            [EthicsQuestion.Consent] = "Applicants agree to it on the form; the rows hold no names.",
            [EthicsQuestion.Contest] = "A person decides again when the applicant asks for it.",
            [EthicsQuestion.Misuse] = "As a price for a loan or a reason to dismiss: the score is calibrated for neither.",
            [EthicsQuestion.Need] = "People decide at 32,000 JPY an application; the report compares.",
        },
    };
}

/// <summary>The probability that a loan defaults.</summary>
public sealed class DefaultModel(Applications applications, CreditGoal goal) : Model<Application>
{
    /// <summary>Trees.</summary>
    [Parameter(Min = 1, Max = 5000)] public int Rounds { get; init; } = 300;

    /// <summary>Splits from root to leaf.</summary>
    [Parameter(Min = 1, Max = 16)] public int Depth { get; init; } = 3;

    /// <summary>How much each tree counts.</summary>
    [Parameter(Min = 0.001, Max = 1)] public double LearningRate { get; init; } = 0.05;

    public override Split Split => Split.ByTime(applications, r => r.AppliedOn, validation: 90, test: 120);

    public override Learner Learner => Features
        .Number(r => r.Age).OneHot(r => r.Region).OneHot(r => r.Employment).Number(r => r.EmployedYears).OneHot(r => r.Housing).Number(r => r.Income).Number(r => r.Amount).Number(r => r.Months)
        .OneHot(r => r.Reason).Impute(r => r.LatePayments, Impute.Zero, indicator: true).Impute(r => r.Savings, Impute.Median, indicator: true).Number(r => r.OtherLoans)
        .Then(Trees.Binary(r => r.Defaulted, rounds: Rounds, depth: Depth, learningRate: LearningRate));
}

/// <summary>The scorecard that was used before: a logistic model of five columns.</summary>
public sealed class Scorecard(Applications applications) : Model<Application>
{
    public override Split Split => Split.ByTime(applications, r => r.AppliedOn, validation: 90, test: 120);

    public override Learner Learner => Features
        .Scale(r => r.Income).Scale(r => r.Amount).Scale(r => r.EmployedYears).Impute(r => r.LatePayments, Impute.Zero).Scale(r => r.LatePayments).OneHot(r => r.Housing)
        .Then(Linear.Logistic(r => r.Defaulted));
}

/// <summary>The share of a loan that is lost where it defaults; trained on the same applications, and held to the same version of them when it is released.</summary>
public sealed class LossModel(DefaultedLoans loans) : Model<Application>
{
    public override Split Split => Split.ByTime(loans, r => r.AppliedOn, validation: 60, test: 90);

    public override Learner Learner => Features
        .OneHot(r => r.Employment).OneHot(r => r.Housing).Number(r => r.Amount).Number(r => r.Months).Impute(r => r.Savings, Impute.Median, indicator: true)
        .Then(Trees.Regression(r => r.LostShare, rounds: 120, depth: 3, learningRate: 0.05));
}

/// <summary>Above which probability a loan is declined: where all decisions together cost least.</summary>
public sealed class DeclineAbove(DefaultModel model, CreditGoal goal) : Threshold(model)
{
    public override Choice Choose(Scored validation) => validation.Cheapest(goal.Costs);
}

/// <summary>The same for the scorecard, which decides while the model cannot be asked.</summary>
public sealed class ScorecardCut(Scorecard scorecard, CreditGoal goal) : Threshold(scorecard)
{
    public override Choice Choose(Scored validation) => validation.Cheapest(goal.Costs);
}

/// <summary>What the model is worth on loans it has not seen, and whether it may go to production.</summary>
public sealed class DefaultReport(DefaultModel model, CreditGoal goal, DeclineAbove threshold) : TestReport<Application>(model)
{
    protected override void Slices(Slices<Application> slices) => slices.By(r => r.Sex).By(r => r.Region).By(r => r.Employment).By(r => r.Age, 26, 40, 60);

    public override string ToString() => $"{goal.Name}, {threshold.Name}";
}

/// <summary>What is in the applications, and what to look at.</summary>
public sealed class ApplicationsReport(Applications applications) : Analysis<Application>
{
    public override System.Linq.Expressions.Expression<Func<Application, object?>> Target => r => r.Defaulted;

    public override System.Linq.Expressions.Expression<Func<Application, object?>> Time => r => r.AppliedOn;

    public override string ToString() => applications.Name;
}

/// <summary>The decision offered to the lender's programs. While the model cannot be asked the scorecard decides; of what neither can, small first loans are granted and a person looks at the rest.</summary>
public sealed class CreditDecision(DefaultModel model, DeclineAbove threshold, Scorecard scorecard, ScorecardCut cut) : Endpoint<Application, Verdict>
{
    public override Decision Decision => Decision.At(threshold, above: Verdict.Decline, greyZone: Verdict.Review, below: Verdict.Grant);

    protected override IReadOnlyList<Fallback> Fallbacks =>
        [Ask(Decision.At(cut, above: Verdict.Decline, greyZone: Verdict.Review, below: Verdict.Grant)), When(r => r.Amount < 100_000 && r.OtherLoans == 0, Verdict.Grant), Always(Verdict.Review)];

    public override string ToString() => $"{model.Name}, then {scorecard.Name}";
}
