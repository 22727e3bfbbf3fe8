using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class SmallModel(Posts posts) : Model<Post>
{
    public override Split Split => Split.ByTime(posts, p => p.Day, validation: 10, test: 10);

    public override Learner Learner => Features.Number(p => p.Redness).Then(Trees.Binary(p => p.Violation, 3, depth: 1));
}

public sealed class SmallThreshold(SmallModel model, ModerationGoal goal) : Threshold(model)
{
    public override Choice Choose(Scored validation) => validation.Cheapest(goal.Costs);
}

/// <summary>An endpoint that stays up.</summary>
public sealed class Steady(ViolationModel model, ViolationThreshold threshold, SmallModel small, SmallThreshold cut) : Endpoint<Post, Verdict>
{
    public override Decision Decision => Decision.At(threshold, above: Verdict.Suspend, greyZone: Verdict.Review, below: Verdict.Publish);

    protected override IReadOnlyList<Fallback> Fallbacks =>
        [Ask(Decision.At(cut, Verdict.Suspend, Verdict.Review, Verdict.Publish)), When(p => p.Redness < 0.1 || p.Place == "garden", Verdict.Publish), LastAnswer(TimeSpan.FromMinutes(5)), Always(Verdict.Review)];

    public override string ToString() => $"{model.Name} {small.Name}";
}

/// <summary>Its decision is on a model that it does not ask for.</summary>
public sealed class Forgetful(ViolationThreshold threshold, ModerationGoal goal) : Endpoint<Post, Verdict>
{
    public override Decision Decision => Decision.At(threshold, Verdict.Suspend, Verdict.Review, Verdict.Publish);

    public override string ToString() => goal.Name;
}

/// <summary>A model without a threshold.</summary>
public sealed class PlainModel(Posts posts) : Model<Post>
{
    public override Split Split => Split.ByTime(posts, p => p.Day, validation: 10, test: 10);

    public override Learner Learner => Features.Number(p => p.Redness).Then(Trees.Binary(p => p.Violation, 3, depth: 1));
}

/// <summary>Another one without a threshold.</summary>
public sealed class OtherModel(Posts posts) : Model<Post>
{
    public override Split Split => Split.ByTime(posts, p => p.Day, validation: 10, test: 10);

    public override Learner Learner => Features.OneHot(p => p.Place).Then(Trees.Binary(p => p.Violation, 2, depth: 1));
}

/// <summary>It answers with another type than its decision does.</summary>
public sealed class Mistyped(PlainModel model) : Endpoint<Post, Verdict>
{
    public override Decision Decision => Decision.Number(model);
}

/// <summary>Two models decide together, one of them at two cuts.</summary>
public sealed class TwoHeads(ViolationModel model, ViolationThreshold threshold, SmallModel small, SmallThreshold cut) : Endpoint<Post, Verdict>
{
    public override Decision Decision => Decision.Strictest([Verdict.Suspend, Verdict.Review, Verdict.Publish],
        Decision.At(threshold, Verdict.Suspend, Verdict.Review, Verdict.Publish), Decision.At(cut, Verdict.Review, Verdict.Review, Verdict.Publish),
        Decision.At(small, 0.75, Verdict.Suspend, Verdict.Publish));

    public override string ToString() => model.Name;
}

/// <summary>It ranks not every answer that its models may give.</summary>
public sealed class Unranked(OtherModel small, PlainModel plain) : Endpoint<Post, Verdict>
{
    public override Decision Decision => Decision.Strictest([Verdict.Suspend, Verdict.Publish], Decision.At(small, 0.75, Verdict.Suspend, Verdict.Publish),
        Decision.At(plain, 0.75, Verdict.Suspend, 0.5, Verdict.Review, Verdict.Publish));
}

/// <summary>Each model answers for itself.</summary>
public sealed class EachHead(OtherModel small, PlainModel plain) : Endpoint<Post, string>
{
    public override Decision Decision => Decision.Each(Decision.At(small, 0.75, Verdict.Suspend, Verdict.Publish), Decision.Number(plain, 0, 1));
}

public sealed class EndpointMakingTests
{
    [Fact]
    public async Task An_endpoint_of_several_models_fits_each_of_them_and_their_thresholds()
    {
        await using var world = DecisionTests.World(typeof(SmallModel), typeof(SmallThreshold), typeof(TwoHeads), typeof(PlainModel), typeof(OtherModel), typeof(EachHead), typeof(Unranked));

        var ends = await world.MakeAsync(new MakeOrder("two-heads") { And = ["each-head", "unranked"], Upstream = true });
        var version = ends.Single(e => e.Asset == "two-heads").Result!;
        var plan = await PlanAsync(version);

        var rule = Assert.IsType<DecisionRule.Strictest>(plan.Decision.Rule);
        Assert.Equal(["Suspend", "Review", "Publish"], rule.Severity);
        Assert.Equal([("violation-model", "violation-threshold"), ("small-model", "small-threshold"), ("small-model", null)], rule.Parts.Select(p => (p.Model, p.Threshold)));
        Assert.Equal(0.75, Assert.IsType<DecisionRule.AtThreshold>(rule.Parts[2].Rule).Value);
        Assert.Equal(["redness", "place"], plan.Fields.Where(f => f is { IsRead: true, Optional: false }).Select(f => f.Name));
        Assert.Equal(4, version.Inputs.Count(i => i.Edge == EdgeKind.Fit));
        var each = Assert.IsType<DecisionRule.Each>((await PlanAsync(ends.Single(e => e.Asset == "each-head").Result!)).Decision.Rule);
        Assert.Equal(["other-model", "plain-model"], each.Parts.Select(p => p.Model));
        var refused = Assert.IsType<MakingEnd.Failed>(ends.Single(e => e.Asset == "unranked"));
        Assert.Equal(("endpoint.unranked", "Review"), (refused.Why.Id, refused.Why.Values["answer"]));

        async Task<EndpointPlan> PlanAsync(VersionRecord made) =>
            EndpointPlan.Read(await File.ReadAllBytesAsync(await world.Artifacts.PathAsync(made.Files.Single(f => f.Path == EndpointPlan.FileName).Content, default)));
    }

    [Fact]
    public void What_cannot_decide_together_is_refused_where_it_is_written()
    {
        var plain = ProjectGraph.Build(new Project().Add<Posts>().Add<PlainModel>())["plain-model"].Instance!;
        Decision One(double cut) => Decision.At(plain, cut, Verdict.Suspend, Verdict.Publish);

        Assert.Throws<ArgumentException>(() => Decision.Strictest([Verdict.Suspend, Verdict.Publish], One(1)));
        Assert.Throws<ArgumentException>(() => Decision.Strictest([Verdict.Suspend, Verdict.Suspend], One(1), One(2)));
        Assert.Throws<ArgumentException>(() => Decision.Each(One(1), One(2)));
        Assert.Throws<ArgumentException>(() => Decision.Strictest([DayOfWeek.Friday], One(1), One(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => One(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Decision.At(plain, 0.5, Verdict.Suspend, 0.6, Verdict.Review, Verdict.Publish));
    }

    [Fact]
    public async Task An_endpoints_version_holds_all_that_is_needed_to_answer()
    {
        await using var world = DecisionTests.World(typeof(SmallModel), typeof(SmallThreshold), typeof(Steady));

        var ends = await world.MakeAsync(new MakeOrder("steady") { Upstream = true });
        Assert.All(ends, e => Assert.True(e.Result is not null, e is MakingEnd.Failed f ? f.Why.In("en") : e.ToString()));
        var version = ends[^1].Result!;
        var plan = EndpointPlan.Read(await File.ReadAllBytesAsync(await world.Artifacts.PathAsync(version.Files.Single(f => f.Path == EndpointPlan.FileName).Content, default)));

        Assert.Equal(["day Date optional", "redness Number read", "place Text read garden street", "violation Flag optional"],
            plan.Fields.Select(f => $"{f.Name} {f.Kind}{(f.Optional ? " optional" : "")}{(f.IsRead ? " read" : "")}{(f.Known is { } known ? " " + string.Join(' ', known) : "")}"));
        var rule = Assert.IsType<DecisionRule.AtThreshold>(plan.Decision.Rule);
        var choice = ends.Single(e => e.Asset == "violation-threshold").Result!;
        Assert.Equal(choice.Facts["threshold"], rule.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(("Suspend", "Review", "Publish"), (rule.Above, rule.GreyZone, rule.Below));
        Assert.Equal(("violation-model", "violation-threshold"), (plan.Decision.Model, plan.Decision.Threshold));
        Assert.Equal("model small-model → rule redness < 0.1 or place = garden → last answer → constant", version.Facts["fallbacks"]);
        Assert.Equal(4, version.Inputs.Count(i => i.Edge == EdgeKind.Fit));
    }

    [Theory]
    [InlineData(typeof(Forgetful), "forgetful", "endpoint.no-model")]
    [InlineData(typeof(Mistyped), "mistyped", "endpoint.other-answer")]
    public async Task A_declaration_that_cannot_answer_is_refused_before_anything_runs(Type endpoint, string asset, string id)
    {
        await using var world = DecisionTests.World(typeof(PlainModel), endpoint);

        var refused = await Assert.ThrowsAsync<GraphException>(() => world.MakeAsync(new MakeOrder(asset) { Upstream = true }));

        Assert.Contains(id, refused.Findings.Select(f => f.Says.Id));
    }

    [Fact]
    public void A_rule_in_csharp_is_read_into_data()
    {
        var limit = 3;
        string Of(System.Linq.Expressions.Expression<Func<Parcel, bool>> rule) => RuleOf.Expression(rule).ToString()!;

        Assert.Equal("weight < 3", Of(p => p.Weight < limit));
        Assert.Equal("weight > 3", Of(p => limit < p.Weight));
        Assert.Equal("pieces >= 2 and place = garden and not (is_open = 1)", Of(p => p.Pieces >= 2 && p.Place == "garden" && !p.IsOpen));
        Assert.Equal("(weight < 1 or pieces = 5) and sent > 20454", Of(p => (p.Weight < 1 || p.Pieces == 5) && p.Sent > new DateOnly(2026, 1, 1)));
        Assert.Equal("not (note is missing)", Of(p => p.Note != null));
        Assert.Equal("note is missing", Of(p => p.Note == null));
        Assert.Equal("not (pieces is missing) and pieces <= 7", Of(p => p.Pieces.HasValue && p.Pieces.Value <= 7));
        Assert.Equal("kind = Large", Of(p => p.Kind == ParcelKind.Large));
        Assert.Equal("not (kind = Small)", Of(p => p.Kind != ParcelKind.Small));
        Assert.Equal("is_open = 1", Of(p => p.IsOpen));
        Assert.Equal("endpoint.rule-expression", Assert.Throws<KumikiException>(() => Of(p => p.Place.Length > 3)).Says.Id);
        Assert.Equal("endpoint.rule-expression", Assert.Throws<KumikiException>(() => Of(p => p.Weight < p.Pieces)).Says.Id);
        Assert.Equal("endpoint.rule-expression", Assert.Throws<KumikiException>(() => Of(p => p.Kind > ParcelKind.Small)).Says.Id);
    }

    enum ParcelKind { Small, Large }

    sealed record Parcel(double Weight, int? Pieces, string Place, bool IsOpen, DateOnly Sent, string? Note, ParcelKind Kind);

    sealed class TurnedTime : TimeProvider
    {
        long now = 1_000_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => now;

        public void Turn(TimeSpan by) => now += (long)by.TotalMilliseconds;
    }

    [Fact]
    public void A_breaker_opens_after_five_failures_in_a_row_and_lets_one_try_after_a_rest()
    {
        var time = new TurnedTime();
        var breaker = new Breaker(time);
        void Fail(int times)
        {
            for (; times > 0; times--)
            {
                Assert.True(breaker.LetsThrough());
                breaker.Failed();
            }
        }

        Fail(4);
        Assert.True(breaker.LetsThrough());
        breaker.Succeeded();
        Fail(5);
        Assert.False(breaker.LetsThrough());
        Assert.True(breaker.IsOpen);

        time.Turn(Breaker.Rest);
        Assert.True(breaker.LetsThrough());
        Assert.False(breaker.LetsThrough());        // one alone
        breaker.Failed();
        Assert.False(breaker.LetsThrough());
        time.Turn(Breaker.Rest);
        Assert.True(breaker.LetsThrough());
        breaker.Abandoned();
        Assert.True(breaker.LetsThrough());
        breaker.Succeeded();
        Assert.False(breaker.IsOpen);
        Fail(4);
    }

    [Fact]
    public void A_session_is_forgotten_when_it_was_quiet_for_half_an_hour()
    {
        var time = new TurnedTime();
        var sessions = new Sessions(time);
        sessions.Remember("credit", "mika", 1, 7, new() { Id = "a", Decided = new("yes") });
        sessions.Remember("credit", "mika", 2, 7, new() { Id = "b", Decided = new("no"), Fallback = "constant" });

        time.Turn(Sessions.Lasts);
        Assert.True(sessions.TryRecall("credit", "mika", 1, null, out var known));
        Assert.Equal("yes", known.Decided.Answer);
        Assert.Equal("yes", sessions.Last("credit", "mika", Sessions.Lasts)!.Value.Decided.Answer);      // what a fallback said is no last answer
        Assert.Null(sessions.Last("credit", "mika", Sessions.Lasts - TimeSpan.FromSeconds(1)));
        Assert.False(sessions.TryRecall("credit", "ken", 1, null, out _));
        Assert.False(sessions.TryRecall("other", "mika", 1, null, out _));

        time.Turn(Sessions.Lasts + TimeSpan.FromSeconds(1));
        Assert.False(sessions.TryRecall("credit", "mika", 1, null, out _));
    }
}
