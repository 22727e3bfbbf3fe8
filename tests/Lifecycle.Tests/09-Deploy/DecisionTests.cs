using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed record Post(DateOnly Day, double Redness, string Place, bool Violation);

public enum Verdict { Publish, Review, Suspend }

public sealed class Posts : Dataset<Post>
{
    public override Source Source => Source.Csv("posts.csv");
}

public sealed class ModerationGoal : Goal
{
    [Parameter] public string Team { get; init; } = "safety";
    [Parameter] public double Missed { get; init; } = 100;

    protected override GoalStatement Statement => new()
    {
        Problem = "Violations stay up too long.",
        Measure = "violations seen a day",
        Target = 50,
        Owner = Team,
        Costs = CostMatrix.Of("JPY", ("violation", "fine"), ("suspend", "publish"), new[,] { { 0, Missed }, { 5, 0 } }),
    };
}

public sealed class ViolationModel(Posts posts) : Model<Post>
{
    [Parameter(Min = 1)] public int Rounds { get; init; } = 20;

    public override Split Split => Split.ByTime(posts, p => p.Day, validation: 10, test: 10);

    public override Learner Learner => Features.Number(p => p.Redness).OneHot(p => p.Place).Then(Trees.Binary(p => p.Violation, Rounds, depth: 3));
}

public sealed class ViolationThreshold(ViolationModel model, ModerationGoal goal) : Threshold(model)
{
    public override Choice Choose(Scored validation) => validation.Cheapest(goal.Costs, precisionAtLeast: 0.5);
}

public sealed class Moderation(ViolationModel model, ViolationThreshold threshold) : Endpoint<Post, Verdict>
{
    public override Decision Decision => Decision.At(threshold, above: Verdict.Suspend, greyZone: Verdict.Review, below: Verdict.Publish);
}

public sealed class DecisionTests
{
    /// <summary>Posts of 60 days; a post is a violation the more likely the redder it is.</summary>
    /// <param name="more">Asset classes beside the endpoint and what it is made from.</param>
    internal static MakingWorld World(params Type[] more)
    {
        var world = new MakingWorld([typeof(Posts), typeof(ModerationGoal), typeof(ViolationModel), typeof(ViolationThreshold), typeof(Moderation), .. more]);
        var random = new Random(5);
        var lines = new List<string> { "day,redness,place,violation" };
        for (var day = 0; day < 60; day++)
            for (var i = 0; i < 20; i++)
            {
                var redness = random.NextDouble();
                lines.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{new DateOnly(2026, 1, 1).AddDays(day):yyyy-MM-dd},{redness:0.000},{(i % 3 == 0 ? "garden" : "street")},{(random.NextDouble() < redness * redness ? "true" : "false")}"));
            }
        File.WriteAllLines(Path.Combine(world.Root, "posts.csv"), lines);
        return world;
    }

    [Fact]
    public async Task A_threshold_fits_the_model_it_was_chosen_on_and_an_endpoint_both()
    {
        await using var world = World();

        var ends = await world.MakeAsync(new MakeOrder("moderation") { Upstream = true });

        Assert.All(ends, e => Assert.True(e.Result is not null, e is MakingEnd.Failed f ? f.Why.In("en") : e.ToString()));
        var threshold = ends.Single(e => e.Asset == "violation-threshold").Result!;
        Assert.Equal([("moderation-goal@1", EdgeKind.Source, "costs"), ("violation-model@1", EdgeKind.Fit, "")], threshold.Inputs.Select(i => (i.Version.ToString(), i.Edge, string.Join(',', i.Read.Keys))));
        Assert.InRange(threshold.Metrics["precision.validation"], 0.5, 1);
        Assert.InRange(ends.Single(e => e.Asset == "violation-model").Result!.Metrics["roc_auc.test"], 0.7, 1);
        var endpoint = ends[^1].Result!;
        Assert.Equal([EdgeKind.Fit, EdgeKind.Fit], endpoint.Inputs.Select(i => i.Edge));

        var shelf = ends.ToDictionary(e => e.Result!.Name, e => e.Result!);
        Assert.Empty(ReleaseCheck.Of(shelf, Production.Empty, ReleaseRequest.Of([.. shelf.Keys])));
        Assert.Contains(ReleaseCheck.Of(shelf, Production.Empty, ReleaseRequest.Of(threshold.Name)), f => f.Rule == "fit");
    }

    [Fact]
    public async Task A_goal_whose_owner_changed_makes_nothing_stale_and_one_whose_costs_changed_does()
    {
        await using var world = World();
        await world.MakeAsync(new MakeOrder("violation-threshold") { Upstream = true });
        await world.StageAsync("moderation-goal@1", "violation-model@1");

        await world.MakeAsync("moderation-goal", "moderation-goal.team=trust");
        await world.StageAsync("moderation-goal@2");
        Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("violation-threshold", "moderation-goal.team=trust"));

        await world.MakeAsync("moderation-goal", "moderation-goal.missed=1000");
        await world.StageAsync("moderation-goal@3");
        var again = Assert.IsType<MakingEnd.Made>(await world.MakeAsync("violation-threshold", "moderation-goal.missed=1000"));
        Assert.Contains(again.Version.Inputs, i => i.Version.ToString() == "moderation-goal@3");
    }

    [Fact]
    public async Task A_threshold_is_out_of_date_with_another_version_of_its_model_even_of_equal_bits()
    {
        await using var world = World();
        await world.MakeAsync(new MakeOrder("violation-threshold") { Upstream = true });
        await world.StageAsync("moderation-goal@1", "posts@1");
        await world.MakeAsync("violation-model", "violation-model.rounds=21");
        await world.StageAsync("violation-model@2");

        var again = Assert.IsType<MakingEnd.Made>(await world.MakeAsync("violation-threshold"));

        Assert.Equal("violation-model@2", again.Version.Inputs.Single(i => i.Edge == EdgeKind.Fit).Version.ToString());
    }
}
