using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>What the pages of experiments ask for beside the calls of tracking clients.</summary>
public class TrackingRoutesTests(SearchedWorld searched) : IClassFixture<SearchedWorld>
{
    readonly TrackingWorld world = searched.World;
    readonly string experiment = searched.Experiment;

    [Fact]
    public async Task Each_experiment_says_how_many_runs_it_has_and_when_the_newest_began()
    {
        var other = await world.NewExperimentAsync();

        var activity = (await world.GetAsync($"/api/tracking/activity?experiment={experiment}&experiment={other}&experiment=77777"))["experiments"]!.AsArray();

        Assert.Equal([$"{experiment} 5 1 5", $"{other} 0 0 "], activity.Select(a => $"{a!["experiment"]} {a["runs"]} {a["deletedRuns"]} {a["newestMs"]}"));
    }

    [Fact]
    public async Task Keys_are_told_once_each_in_order_for_all_the_experiments_asked_for()
    {
        var other = await world.NewExperimentAsync();
        await world.LogAsync(await world.NewRunAsync(other), """ "params": [{"key": "Zoom", "value": "1"}, {"key": "model", "value": "x"}], "metrics": [{"key": "日", "value": 1, "timestamp": 1}]""");

        var keys = await world.GetAsync($"/api/tracking/keys?experiment={experiment}&experiment={other}");

        Assert.Equal(["acc", "loss", "日"], Texts(keys["metrics"]!));
        Assert.Equal(["Zoom", "model", "n/a b"], Texts(keys["params"]!));
        Assert.Equal(["mlflow.runName", "team"], Texts(keys["tags"]!));
    }

    [Theory]
    [InlineData("", "", 5)]
    [InlineData("", "ALL", 6)]
    [InlineData("", "DELETED_ONLY", 1)]
    [InlineData("metrics.loss < 0.5", "", 2)]
    [InlineData("metrics.loss != 0.25", "", 2)]
    [InlineData("metrics.loss >= 0 AND params.model ILIKE 't%'", "", 2)]
    [InlineData("params.model = 'tree'", "", 1)]
    [InlineData("params.model IS NULL", "", 1)]
    [InlineData("tags.team = 'roast' AND metrics.loss < 0.1", "", 0)]
    public async Task What_a_search_finds_is_counted(string filter, string view, int count) =>
        Assert.Equal(count, (int)(await world.GetAsync($"/api/tracking/count?experiment={experiment}&filter={Uri.EscapeDataString(filter)}&view={view}"))["count"]!);

    [Theory]
    [InlineData("count", "tracking.missing")]
    [InlineData("count?experiment=x", "tracking.bad-experiment-id")]
    [InlineData("count?experiment=0&view=SOME", "tracking.not-among")]
    [InlineData("count?experiment=0&filter=loss%20~%201", "tracking.filter-attribute")]
    [InlineData("runs.csv?experiment=0&filter=metrics.loss", "tracking.filter-clause")]
    [InlineData("runs.csv?experiment=0&column=loss", "tracking.bad-column")]
    [InlineData("runs.csv?experiment=0&column=attributes.colour", "tracking.bad-column")]
    [InlineData("runs.csv?experiment=0&column=metrics.", "tracking.bad-column")]
    [InlineData("runs.json?experiment=0&order=colour", "tracking.filter-attribute")]
    [InlineData("keys?experiment=-1", "tracking.bad-experiment-id")]
    public async Task A_question_that_cannot_be_read_is_refused_in_one_sentence(string path, string id)
    {
        using var response = await world.Http.GetAsync($"/api/tracking/{path}");
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Equal(id, (string)problem["id"]!);
        Assert.DoesNotContain("SELECT", (string)problem["detail"]!, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_table_goes_as_CSV_in_its_order_with_every_digit_and_no_formula()
    {
        var other = await world.NewExperimentAsync();
        var first = await world.NewRunAsync(other, 1, "first");
        var second = await world.NewRunAsync(other, 2, "=cmd|x");
        await world.LogAsync(first, """ "metrics": [{"key": "loss", "value": 0.30000000000000004, "timestamp": 1}], "params": [{"key": "note", "value": "he said \"no\", twice"}]""");
        await world.LogAsync(second, """ "metrics": [{"key": "loss", "value": -1e300, "timestamp": 1}, {"key": "acc", "value": "NaN", "timestamp": 1}]""");

        var some = await world.Http.GetStringAsync($"/api/tracking/runs.csv?experiment={other}&order=metrics.loss%20DESC&column=attributes.run_name&column=metrics.loss&column=metrics.acc&column=params.note");
        var all = (await world.Http.GetStringAsync($"/api/tracking/runs.csv?experiment={other}")).Split("\r\n")[0];

        Assert.Equal(
            "attributes.run_name,metrics.loss,metrics.acc,params.note\r\nfirst,0.30000000000000004,,\"he said \"\"no\"\", twice\"\r\n'=cmd|x,-1E+300,NaN,\r\n", some);
        Assert.EndsWith("attributes.lifecycle_stage,metrics.acc,metrics.loss,params.note,tags.mlflow.runName", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_goes_as_JSON_with_what_each_run_logged()
    {
        var runs = JsonNode.Parse(await world.Http.GetStringAsync($"/api/tracking/runs.json?experiment={experiment}&filter={Uri.EscapeDataString("metrics.acc > 0")}"))!.AsArray();

        var run = Assert.Single(runs)!;
        Assert.Equal(("e", "RUNNING", "Infinity", 0.25, "e"), ((string)run["run_name"]!, (string)run["status"]!, (string)run["metrics"]!["acc"]!,
            (double)run["metrics"]!["loss"]!, (string)run["tags"]!["mlflow.runName"]!));
    }

    [Fact]
    public async Task A_table_of_many_pages_has_every_run_once()
    {
        var other = await world.NewExperimentAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_100), async (i, _) => await world.NewRunAsync(other, i, $"r{i}"));

        var lines = (await world.Http.GetStringAsync($"/api/tracking/runs.csv?experiment={other}&column=attributes.run_name")).Split("\r\n");

        Assert.Equal(Enumerable.Range(0, 2_100).Reverse().Select(i => $"r{i}"), lines[1..^1]);
    }

    static IEnumerable<string> Texts(JsonNode list) => list.AsArray().Select(k => (string)k!);
}
