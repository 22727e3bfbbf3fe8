using System.Text;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class EndpointPlanTests
{
    static readonly ModelOutputs Classes = new(["ant", "bee", "cat"], ["ant", "bee", "cat"]);

    [Theory]
    [InlineData(0.29999998f, "low")]
    [InlineData(0.3f, "unsure")]
    [InlineData(0.49999997f, "unsure")]
    [InlineData(0.5f, "high")]
    [InlineData(0.9f, "high")]
    public void A_score_at_a_threshold_is_above_it(float score, string answer) =>
        Assert.Equal(answer, new DecisionRule.AtThreshold(0.5, 0.3f, "high", "unsure", "low").Decide([score], ModelOutputs.Single).Answer);

    [Fact]
    public void A_number_is_held_within_its_bounds_and_so_is_its_interval()
    {
        var rule = new DecisionRule.AsNumber(0, null);

        var decided = rule.Decide([-3, -5, 2], new(["score", "lower", "upper"], []));

        Assert.Equal((0d, 0d, 2d), (decided.Number, decided.Lower, decided.Upper));
        Assert.Null(rule.Decide([7], ModelOutputs.Single).Lower);
    }

    [Fact]
    public void The_likeliest_classes_are_listed_by_falling_probability_those_of_one_by_name()
    {
        var decided = new DecisionRule.TopClasses(2, 0.41, "unsure").Decide([0.4f, 0.2f, 0.4f], Classes);

        Assert.Equal("unsure", decided.Answer);
        Assert.Equal("ant", new DecisionRule.TopClasses(2, 0.4, "unsure").Decide([0.4f, 0.2f, 0.4f], Classes).Answer);
        Assert.Equal(["ant", "cat"], decided.Top!.Select(t => t.Class));
    }

    [Fact]
    public void Of_two_classes_the_one_score_is_the_second_ones()
    {
        var decided = new DecisionRule.TopClasses(3, 0.5, "unsure").Decide([0.25f], new(["score"], ["no", "yes"]));

        Assert.Equal([("no", 0.75), ("yes", 0.25)], decided.Top!.Select(t => (t.Class, t.Probability)));
        Assert.Equal("no", decided.Answer);
    }

    [Fact]
    public void A_plan_is_read_as_it_was_written()
    {
        var plan = new EndpointPlan
        {
            Input = "Post",
            Output = "Verdict",
            Fields =
            [
                new() { Name = "x", Kind = FieldKind.Number, IsRead = true, Min = 0, Max = 10, MaxExcluded = true }, new() { Name = "色", Kind = FieldKind.Choice, Choices = ["赤", "緑"], Optional = true, Personal = true },
                new() { Name = "t", Kind = FieldKind.Text, Known = ["a", "b"] },
            ],
            Decision = new("model", "cut", new DecisionRule.AtThreshold(0, 0, "a", "b", "c")),
            Fallbacks =
            [
                new PlannedFallback.Smaller(new("small", null, new DecisionRule.TopClasses(2, 0.5, "unsure"))),
                new PlannedFallback.ByRule(new FieldRule.Any([new FieldRule.All([new FieldRule.Compares("x", ">=", 3), new FieldRule.Not(new FieldRule.Missing("t"))]), new FieldRule.Is("色", ["赤"])]), "a", null),
                new PlannedFallback.LastAnswer(60), new PlannedFallback.Always(null, 3),
            ],
        };

        var read = EndpointPlan.Read(plan.ToBytes());

        Assert.Equal(Encoding.UTF8.GetString(plan.ToBytes()), Encoding.UTF8.GetString(read.ToBytes()));
        Assert.Equal("model small → rule x >= 3 and not (t is missing) or 色 = 赤 → last answer → constant", string.Join(" → ", read.Fallbacks.Select(f => f.Name)));
        Assert.Contains("赤", Encoding.UTF8.GetString(plan.ToBytes()), StringComparison.Ordinal);
        Assert.Equal(["model", "small"], read.Decisions.Select(d => d.Model));
    }

    static PlannedDecision Part(string model, string above) => new(model, null, new DecisionRule.AtThreshold(0.5, 0.3, above, "review", "publish"));

    [Theory]
    [InlineData(0.1f, 0.2f, "publish")]
    [InlineData(0.1f, 0.3f, "review")]
    [InlineData(0.9f, 0.3f, "suspend")]
    [InlineData(0.3f, 0.9f, "blur")]
    public void The_strictest_answer_of_several_models_is_the_answer(float first, float second, string answer)
    {
        var rule = new DecisionRule.Strictest([Part("a", "suspend"), Part("b", "blur")], ["suspend", "blur", "review", "publish"]);

        Assert.Equal(answer, rule.Join([rule.Parts[0].Rule.Decide([first], ModelOutputs.Single), rule.Parts[1].Rule.Decide([second], ModelOutputs.Single)]).Answer);
        Assert.Equal(["suspend", "blur", "review", "publish"], rule.Answers);
        Assert.Equal("endpoint.unranked", Assert.Throws<KumikiException>(() => rule.Join([new("publish"), new("unheard of")])).Says.Id);
    }

    [Fact]
    public void Each_of_several_models_answers_for_itself()
    {
        var rule = new DecisionRule.Each([Part("a", "\"大\""), new("b", null, new DecisionRule.AsNumber(null, null))]);

        var decided = rule.Join([rule.Parts[0].Rule.Decide([0.9f], ModelOutputs.Single), rule.Parts[1].Rule.Decide([0.25f], ModelOutputs.Single)]);

        Assert.Equal(("""{"a":"\"大\"","b":0.25}""", true), (decided.Answer, decided.IsObject));
    }

    [Fact]
    public void A_plan_of_several_models_is_read_as_it_was_written()
    {
        var plan = new EndpointPlan
        {
            Input = "Photo",
            Output = "Verdict",
            Fields = [new() { Name = "image", Kind = FieldKind.Picture, IsRead = true }],
            Decision = new("a", null, new DecisionRule.Strictest([Part("a", "suspend"), new("b", "cut", new DecisionRule.AtThreshold(1, 1, "review", "review", "publish"))], ["suspend", "review", "publish"])),
            Fallbacks = [new PlannedFallback.Smaller(new("c", null, new DecisionRule.Each([Part("c", "suspend"), Part("d", "review")])))],
        };

        var read = EndpointPlan.Read(plan.ToBytes());

        Assert.Equal(Encoding.UTF8.GetString(plan.ToBytes()), Encoding.UTF8.GetString(read.ToBytes()));
        Assert.Equal(["a", "b", "c", "d"], read.Decisions.Select(d => d.Model));
        Assert.Equal("model c + d", read.Fallbacks[0].Name);
        var written = Encoding.UTF8.GetString(plan.ToBytes());
        Assert.Contains("\"decision\":{\"model\":\"a\",\"rule\":{\"kind\":\"strictest\",", written, StringComparison.Ordinal);
        Assert.Contains("\"severity\":[\"suspend\",\"review\",\"publish\"]", written, StringComparison.Ordinal);
        Assert.Contains("\"parts\":[{\"model\":\"a\",\"rule\":{\"kind\":\"threshold\"", written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "endpoint.plan-unreadable")]
    [InlineData("""{"format":"endpoint/1","input":"a","output":"b","fields":[],"decision":{"model":"m","rule":{"kind":"strictest","severity":["a"]}}}""", "endpoint.plan-unreadable")]
    [InlineData("""{"format":"endpoint/1","input":"a","output":"b","fields":[],"decision":{"model":"m","rule":{"kind":"each","parts":[{"model":"m","rule":{"kind":"number"}}]}}}""", "endpoint.plan-unreadable")]
    [InlineData("""{"format":"endpoint/1","input":"a","output":"b","fields":[],"decision":{"model":"m","rule":{"kind":"each","parts":[{"model":"m","rule":{"kind":"number"}},{"rule":{"kind":"number"}}]}}}""", "endpoint.plan-unreadable")]
    [InlineData("null", "endpoint.plan-unreadable")]
    [InlineData("{\"format\": \"endpoint/1\"}", "endpoint.plan-unreadable")]
    [InlineData("""{"format":"endpoint/1","input":"a","output":"b","fields":[],"decision":{"model":"m","rule":{"kind":"magic"}}}""", "endpoint.plan-unreadable")]
    [InlineData("""{"format":"endpoint/9","input":"a","output":"b","fields":[],"decision":{"model":"m","rule":{"kind":"number"}}}""", "endpoint.plan-newer")]
    public void What_is_no_plan_is_refused(string json, string id) =>
        Assert.Equal(id, Assert.Throws<KumikiException>(() => EndpointPlan.Read(Encoding.UTF8.GetBytes(json))).Says.Id);

    [Theory]
    [InlineData("""{"x": 3, "t": "a"}""", "compares is all any")]
    [InlineData("""{"x": 2.5, "t": "a"}""", "is any")]
    [InlineData("""{"x": 3}""", "compares missing any not")]
    [InlineData("""{"t": "b"}""", "not")]
    [InlineData("""{}""", "missing not")]
    public void A_rule_holds_of_what_is_there(string row, string holds)
    {
        var bytes = Encoding.UTF8.GetBytes(row);
        using var rows = EndpointRows.Read(new([new() { Name = "x", Kind = FieldKind.Number, Optional = true }, new() { Name = "t", Kind = FieldKind.Text, Optional = true }]), bytes, bytes.Length, out _);
        FieldRule compares = new FieldRule.Compares("x", ">=", 3), text = new FieldRule.Is("t", ["a", "c"]);
        (string Name, FieldRule Rule)[] all =
        [
            ("compares", compares), ("is", text), ("missing", new FieldRule.Missing("t")), ("all", new FieldRule.All([compares, text])), ("any", new FieldRule.Any([compares, text])), ("not", new FieldRule.Not(text)),
        ];

        Assert.Equal(holds, string.Join(' ', all.Where(r => r.Rule.Holds(rows, 0)).Select(r => r.Name)));
    }
}
