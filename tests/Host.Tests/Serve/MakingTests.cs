using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Making with other settings over HTTP, and cancelling.</summary>
public sealed class MakingTests(MakingWorld world) : IClassFixture<MakingWorld>
{
    const string Mocha = "api/assets/blend.mocha/makings";

    [Fact]
    public async Task A_form_finds_every_parameter_with_its_type_and_what_the_version_in_use_had()
    {
        var asset = JsonNode.Parse(await world.Http.GetStringAsync("api/assets/blend.mocha"))!;

        Assert.Equal(
            ["degree choice City [Light City French] City", "note text  [] ", "rate number 0.1 [] 0.1", "rounds integer 10 [] 20", "washed bool false [] false"],
            asset["parameters"]!.AsArray().Select(p =>
                $"{p!["name"]} {p["type"]} {p["value"]} [{string.Join(' ', p["options"]!.AsArray().Select(o => (string)o!))}] {p["inUse"]}"));
        var input = asset["inputs"]![0]!;
        Assert.Equal("harvest 1  2", $"{input["name"]} {input["staging"]} {input["production"]} {input["newest"]}");
    }

    [Fact]
    public async Task Parameters_inputs_seed_and_notes_are_what_was_asked_for_and_a_cancelled_run_says_so()
    {
        var (status, begun) = await world.PostAsync(Mocha, """{"set": {"rounds": "40", "degree": "french"}, "use": ["harvest@2"], "seed": 7}""");
        Assert.Equal((HttpStatusCode.Accepted, "begun"), (status, (string)begun["end"]!));
        var run = RunId.Parse((string)begun["run"]!);
        var plan = (await world.Metadata.RunAsync(run, default))!.Plan;
        Assert.Equal("40 French 0.1 harvest@2 7", $"{plan.Parameters["rounds"]} {plan.Parameters["degree"]} {plan.Parameters["rate"]} {plan.Inputs[0]} {plan.Seed}");

        var shown = JsonNode.Parse(await world.Http.GetStringAsync($"api/runs/{run}"))!;
        Assert.True((bool)shown["mayCancel"]!);
        Assert.Equal(HttpStatusCode.Accepted, (await world.PostAsync($"api/runs/{run}/cancel", "{}")).Status);
        Assert.Equal(RunState.Cancelled, (await world.EndedAsync(run)).State);
        Assert.False((bool)JsonNode.Parse(await world.Http.GetStringAsync($"api/runs/{run}"))!["mayCancel"]!);
        var (again, refused) = await world.PostAsync($"api/runs/{run}/cancel", "{}");
        Assert.Equal((HttpStatusCode.Conflict, "serve.run-ended"), (again, (string)refused["id"]!));
    }

    [Fact]
    public async Task A_second_click_leads_to_the_run_that_makes_the_same_and_other_settings_to_one_of_their_own()
    {
        var (_, first) = await world.PostAsync(Mocha, """{"set": {"rounds": "41"}}""");
        var (_, second) = await world.PostAsync(Mocha, """{"set": {"rounds": "41"}}""");
        var (_, other) = await world.PostAsync(Mocha, """{"set": {"rounds": "42"}}""");

        Assert.Equal((string)first["run"]!, (string)second["run"]!);
        Assert.NotEqual((string)first["run"]!, (string)other["run"]!);
        foreach (var run in new[] { first, other }) await world.PostAsync($"api/runs/{run["run"]}/cancel", "{}");
        foreach (var run in new[] { first, other }) await world.EndedAsync(RunId.Parse((string)run["run"]!));
    }

    [Fact]
    public async Task A_whole_family_takes_the_setting_and_is_cancelled_together()
    {
        var (_, begun) = await world.PostAsync(Mocha, """{"set": {"rounds": "50"}, "family": true, "stage": true}""");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        IReadOnlyList<RunRecord> running = [];
        await foreach (var _ in world.Metadata.ChangesAsync(-1, limit.Token))
            if ((running = await world.Metadata.RunsAsync(null, RunState.Running, 10, null, limit.Token)).Count == 2) break;

        Assert.Equal(["blend.kilimanjaro 50", "blend.mocha 50"], running.Select(r => $"{r.Asset} {r.Plan.Parameters["rounds"]}").Order());
        await world.PostAsync($"api/runs/{begun["run"]}/cancel", "{}");
        foreach (var run in running) Assert.Equal(RunState.Cancelled, (await world.EndedAsync(run.Id)).State);
        Assert.DoesNotContain(await world.Metadata.StagesAsync(default), s => s.Asset.StartsWith("blend.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_there_is_already_is_staged_where_that_is_asked_for()
    {
        var (status, reused) = await world.PostAsync("api/assets/harvest/makings", """{"set": {"bags": "4"}, "stage": true}""");

        Assert.Equal((HttpStatusCode.OK, "reused", "harvest@2"), (status, (string)reused["end"]!, (string)reused["version"]!));
        Assert.Contains(await world.Metadata.StagesAsync(default), s => s is { Asset: "harvest", Stage: "staging", Number: 2 });
        await world.PostAsync("api/stages", """{"versions": ["harvest@1"]}""");
    }

    [Theory]
    [InlineData(Mocha, """{"set": {"rounds": "501"}}""", 400, "graph.parameter-range")]
    [InlineData(Mocha, """{"set": {"rounds": "many"}}""", 400, "graph.parameter-value")]
    [InlineData(Mocha, """{"set": {"degree": "burnt"}}""", 400, "graph.parameter-value")]
    [InlineData(Mocha, """{"set": {"sugar": "1"}}""", 400, "graph.no-parameter")]
    [InlineData(Mocha, """{"set": {"tea.rounds": "1"}}""", 400, "graph.no-asset")]
    [InlineData(Mocha, """{"set": {"rounds": 40}}""", 400, "serve.bad-body")]
    [InlineData(Mocha, """{"use": ["harvest"]}""", 400, "serve.bad-version")]
    [InlineData(Mocha, """{"use": ["tea@1"]}""", 400, "serve.no-asset")]
    [InlineData(Mocha, """{"use": ["harvest@9"]}""", 409, "making.no-version")]
    [InlineData(Mocha, """{"and": ["harvest"]}""", 400, "serve.no-member")]
    [InlineData("api/assets/harvest/makings", """{"family": true}""", 400, "serve.no-family")]
    [InlineData("api/assets/tea/makings", "{}", 404, "serve.no-asset")]
    [InlineData("api/runs/run-99/cancel", "{}", 404, "making.no-run")]
    [InlineData("api/runs/never/cancel", "{}", 400, "serve.bad-run")]
    public async Task What_cannot_be_made_or_cancelled_is_refused_in_one_sentence_and_begins_nothing(string path, string body, int status, string id)
    {
        var (answered, answer) = await world.PostAsync(path, body);

        Assert.Equal((status, id), ((int)answered, (string)answer["id"]!));
        Assert.Empty(await world.Metadata.RunsAsync(null, RunState.Running, 10, null, default));
    }
}
