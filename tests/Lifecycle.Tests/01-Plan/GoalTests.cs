using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class GoalTests
{
    static readonly CostMatrix Costs = CostMatrix.Of("JPY", ("bad", "good"), ("refuse", "grant"), new double[,] { { 0, 400 }, { 45, 0 } }, new[,] { { "nobody", "the lender" }, { "the applicant", "nobody" } });

    static readonly GoalStatement Sound = new()
    {
        Problem = "Loans default.",
        Measure = "cost per application",
        Target = 26,
        Figure = GoalFigure.CostPerDecision,
        Costs = Costs,
        Today = 40,
        Owner = "risk",
        Ethics = Enum.GetValues<EthicsQuestion>().ToDictionary(q => q, q => $"about {q}"),
    };

    static GoalStatement statement = Sound;

    public sealed class StatedGoal : Goal
    {
        protected override GoalStatement Statement => statement;
    }

    static List<Finding> Check(GoalStatement of)
    {
        statement = of;
        return [.. new MakingWorld(typeof(StatedGoal)).Graph().Findings];
    }

    [Fact]
    public void A_goal_that_cannot_tell_success_is_refused_in_one_sentence()
    {
        Assert.Empty(Check(Sound));
        (GoalStatement Of, string Says)[] wrong =
        [
            (Sound with { Measure = " " }, "stated-goal has no measure of success; name the figure that will tell, with its unit."),
            (Sound with { Target = null }, "stated-goal has no target for its measure (cost per application); say with Target what it should reach."),
            (Sound with { Target = double.NaN }, "stated-goal has NaN as its Target; give a finite number."),
            (Sound with { Today = double.PositiveInfinity }, "stated-goal has Infinity as its Today; give a finite number."),
            (Sound with { Better = Better.Higher }, "stated-goal says another way is better for CostPerDecision than it is; leave Better out or say Lower."),
            (Sound with { Costs = null }, "stated-goal states no costs; give its statement a CostMatrix."),
            (Sound with { Costs = Costs with { Truths = ["bad"], Costs = [[0, 400]] } }, "stated-goal has costs for the truths bad; name both, the one that a high score means and the other."),
            (Sound with { Costs = Costs with { Costs = [[0, 400], [45]] } }, "stated-goal has costs that are not one finite number for each of 2 truths and 2 decisions; fill every cell."),
            (Sound with { Figure = GoalFigure.PrecisionAtRecall }, "stated-goal measures PrecisionAtRecall, which holds a share; say with At which, above 0 and at most 1."),
            (Sound with { Worth = new("month", 0) }, "stated-goal has a Worth that cannot be counted with; give decisions a period above 0 and finite numbers."),
        ];
        foreach (var (of, says) in wrong)
        {
            var finding = Assert.Single(Check(of));
            Assert.Equal((Severity.Refusal, says), (finding.Severity, finding.Says.In("en")));
        }
    }

    public sealed class CircularGoal : Goal
    {
        protected override GoalStatement Statement => new() { Problem = "None.", Measure = "cost", Target = 1, Costs = Costs };
    }

    [Fact]
    public void A_statement_that_asks_itself_is_refused_and_ends() => Assert.Equal(
        "The statement of circular-goal asks the goal itself for its costs; state the value there, or give what holds it another name.", Assert.Single(new MakingWorld(typeof(CircularGoal)).Graph().Findings).Says.In("en"));

    [Fact]
    public void Unanswered_questions_of_the_ethics_screen_are_noted_and_keep_nothing_back()
    {
        var finding = Assert.Single(Check(Sound with { Ethics = new Dictionary<EthicsQuestion, string> { [EthicsQuestion.Harm] = "applicants", [EthicsQuestion.Misuse] = " " } }));

        Assert.Equal(Severity.Note, finding.Severity);
        Assert.Equal("stated-goal leaves 5 of 6 questions of the ethics screen open: Fairness, Consent, Contest, Misuse, Need; answer them in Ethics.", finding.Says.In("en"));
    }

    [Fact]
    public async Task Each_statement_is_a_part_of_its_own_and_comes_back_as_it_was()
    {
        statement = Sound with { Framing = new("an application", "the chance of default", "log loss"), Worth = new("month", 1000, 30_000, 500), PersonCost = 12, ReviewOn = new(2027, 1, 31), Constraints = ["answers in 100 ms"] };
        await using var world = new MakingWorld(typeof(StatedGoal));
        var made = (await world.MakeAsync("stated-goal")).Result!;

        Assert.Equal(20, made.Parts.Count(p => p.Key.Length > 0));
        statement = statement with { Owner = "someone else", ReviewOn = new(2028, 1, 31), Stakeholders = ["lender"] };
        var again = (await world.MakeAsync(new MakeOrder("stated-goal") { Anew = true }))[^1].Result!;
        Assert.Equal(["", "owner", "reviewOn", "stakeholders"], made.Parts.Where(p => again.Parts[p.Key] != p.Value).Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_matrix_may_have_any_truths_and_decisions_and_says_what_does_not_fit()
    {
        var matrix = CostMatrix.Of("JPY", ["a", "b", "c"], ["wait", "act"], new double[,] { { 0, 1 }, { 2, 3 }, { 4, 5 } });

        Assert.Equal([4.0, 5], matrix.Costs[2]);
        Assert.Contains("give 3 truths × 2 decisions", Assert.Throws<ArgumentException>(() => CostMatrix.Of("JPY", ["a", "b", "c"], ["wait", "act"], new double[2, 2])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => CostMatrix.Of("JPY", ("a", "b"), ("x", "y"), new[,] { { 0, double.NaN }, { 1, 0 } }));
    }
}
