using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>Six runs that differ in what a search asks for.</summary>
public class SearchedWorld : IAsyncLifetime
{
    TrackingWorld? world;

    internal TrackingWorld World => world ??= NewWorld();

    protected virtual TrackingWorld NewWorld() => new();
    internal string Experiment { get; private set; } = "";
    internal Dictionary<string, string> Runs { get; } = [];

    public async Task InitializeAsync()
    {
        await World.InitializeAsync();
        Experiment = await World.NewExperimentAsync("searched");
        await AddAsync("a", 1, """ "metrics": [{"key": "loss", "value": 0.5, "timestamp": 1}], "params": [{"key": "model", "value": "Tree"}, {"key": "n/a b", "value": "1"}], "tags": [{"key": "team", "value": "roast"}]""");
        await AddAsync("b", 2, """ "metrics": [{"key": "loss", "value": 0.25, "timestamp": 1}], "params": [{"key": "model", "value": "tree"}], "tags": [{"key": "team", "value": "grind"}]""");
        await AddAsync("c", 3, """ "metrics": [{"key": "loss", "value": "NaN", "timestamp": 1}], "params": [{"key": "model", "value": "net_50%"}]""");
        await AddAsync("d", 4, """ "params": [{"key": "model", "value": "Élan"}]""");
        await AddAsync("e", 5, """ "metrics": [{"key": "loss", "value": 9, "timestamp": 1, "step": 1}, {"key": "loss", "value": 0.25, "timestamp": 2, "step": 2}, {"key": "acc", "value": "Infinity", "timestamp": 1}]""");
        await AddAsync("gone", 6, """ "metrics": [{"key": "loss", "value": 0, "timestamp": 1}]""");
        await World.PostAsync("runs/delete", $$"""{"run_id": "{{Runs["gone"]}}"}""");
        await World.PostAsync("runs/update", $$"""{"run_id": "{{Runs["b"]}}", "status": "FINISHED", "end_time": 100}""");
        await World.PostAsync("runs/log-inputs", $$"""{"run_id": "{{Runs["a"]}}", "datasets": [{"dataset": {"name": "beans", "digest": "d1", "source_type": "s", "source": "s"}, "tags": [{"key": "mlflow.data.context", "value": "train"}]}]}""");
    }

    async Task AddAsync(string name, long start, string log)
    {
        Runs[name] = await World.NewRunAsync(Experiment, start, name);
        await World.LogAsync(Runs[name], log);
    }

    public Task DisposeAsync() => World.DisposeAsync();
}

public class RunSearchTests(SearchedWorld searched) : IClassFixture<SearchedWorld>
{
    readonly TrackingWorld world = searched.World;

    [Theory]
    [InlineData("", "e d c b a")]
    [InlineData("metrics.loss < 0.5", "e b")]
    [InlineData("metrics.loss <= 0.5", "e b a")]
    [InlineData("metric.loss = 0.25", "e b")]
    [InlineData("metrics.loss != 0.25", "c a")]
    [InlineData("metrics.loss > -1", "e b a")]
    [InlineData("metrics.acc > 1e300", "e")]
    [InlineData("metrics.other > 0", "")]
    [InlineData("params.model = 'tree'", "b")]
    [InlineData("params.model != 'tree'", "d c a")]
    [InlineData("params.model LIKE 'T%'", "a")]
    [InlineData("parameter.model ilike 't%'", "b a")]
    [InlineData("params.model ILIKE 'é%'", "d")]
    [InlineData("params.model LIKE 'net_50%'", "c")]
    [InlineData("params.model LIKE '____'", "d b a")]
    [InlineData("params.`n/a b` = '1'", "a")]
    [InlineData("params.\"n/a b\" = \"1\"", "a")]
    [InlineData("params.model IS NULL", "e")]
    [InlineData("params.model is not null", "d c b a")]
    [InlineData("tags.team = 'roast'", "a")]
    [InlineData("tags.team != 'roast'", "b")]
    [InlineData("tag.team IS NULL AND metrics.loss > 0", "e")]
    [InlineData("metrics.loss > 0 AND params.model ILIKE 'tree' and tags.team = 'grind'", "b")]
    [InlineData("status = 'FINISHED'", "b")]
    [InlineData("attributes.status != 'FINISHED'", "e d c a")]
    [InlineData("attribute.status LIKE 'RUN%'", "e d c a")]
    [InlineData("run_name = 'a'", "a")]
    [InlineData("attr.`run name` LIKE 'a'", "a")]
    [InlineData("Run name = 'a'", "a")]
    [InlineData("run.start_time >= 3 AND created < 5", "d c")]
    [InlineData("end_time = 100", "b")]
    [InlineData("artifact_uri LIKE 'mlflow-artifacts:/%'", "e d c b a")]
    [InlineData("user_id = 'nobody'", "")]
    [InlineData("dataset.name = 'beans'", "a")]
    [InlineData("datasets.digest IN ('d0', 'd1')", "a")]
    [InlineData("dataset.context LIKE 'tr%' AND dataset.name ILIKE 'BEANS'", "a")]
    [InlineData("dataset.name NOT IN ('beans')", "")]
    [InlineData("params.model = 'O''Brien'", "")]
    [InlineData("params.model = '''; DROP TABLE tracked_runs; --'", "")]
    public async Task A_filter_finds_what_it_says(string filter, string found) => Assert.Equal(found, await world.FoundAsync(searched.Experiment, filter));

    [Fact]
    public async Task A_run_is_found_by_its_id_and_by_a_list_of_ids()
    {
        Assert.Equal("a", await world.FoundAsync(searched.Experiment, $"run_id = '{searched.Runs["a"]}'"));
        Assert.Equal("c a", await world.FoundAsync(searched.Experiment, $"attributes.run_id IN ('{searched.Runs["a"]}', '{searched.Runs["c"]}')"));
        Assert.Equal("e d b", await world.FoundAsync(searched.Experiment, $"run_id NOT IN ('{searched.Runs["a"]}', \"{searched.Runs["c"]}\")"));
    }

    [Theory]
    [InlineData("metrics.loss", "e b a c d")]
    [InlineData("metrics.loss ASC", "e b a c d")]
    [InlineData("metrics.`loss` desc", "a e b c d")]
    [InlineData("params.model", "a c b d e")]
    [InlineData("params.model DESC", "d b c a e")]
    [InlineData("tags.team", "b a e d c")]
    [InlineData("start_time", "a b c d e")]
    [InlineData("attributes.start_time DESC", "e d c b a")]
    [InlineData("end_time", "b e d c a")]
    [InlineData("end_time DESC", "b e d c a")]
    [InlineData("status", "b e d c a")]
    [InlineData("attribute.`run name` DESC", "e d c b a")]
    public async Task An_order_puts_nan_after_numbers_and_what_is_missing_last(string order, string found) =>
        Assert.Equal(found, await world.FoundAsync(searched.Experiment, "", order));

    [Fact]
    public async Task An_order_of_several_goes_on_where_the_first_does_not_decide()
    {
        Assert.Equal("b e a c d", await world.FoundAsync(searched.Experiment, "", "metrics.loss", "start_time ASC"));
        Assert.Equal("e d b c a", await world.FoundAsync(searched.Experiment, "", "metrics.acc", "params.model DESC"));
        Assert.Equal("e b", await world.FoundAsync(searched.Experiment, "metrics.loss < 0.3", "metrics.loss DESC"));
    }

    [Theory]
    [InlineData("metrics.loss = '0.5'")]
    [InlineData("metrics.loss LIKE 'x'")]
    [InlineData("metrics.loss > x")]
    [InlineData("metrics.loss > NaN")]
    [InlineData("params.model = 1")]
    [InlineData("params.model > 'a'")]
    [InlineData("params.model IN ('a')")]
    [InlineData("status = FINISHED")]
    [InlineData("nothing = 'x'")]
    [InlineData("secrets.x = 'y'")]
    [InlineData("start_time = 'now'")]
    [InlineData("start_time LIKE '1%'")]
    [InlineData("status IN ('FINISHED')")]
    [InlineData("dataset.source = 'x'")]
    [InlineData("metrics.loss")]
    [InlineData("metrics.loss >")]
    [InlineData("metrics.loss > 1 AND")]
    [InlineData("metrics.loss > 1 OR metrics.loss < 0")]
    [InlineData("NOT metrics.loss > 1")]
    [InlineData("(metrics.loss > 1)")]
    [InlineData("metrics.loss > 1; DROP TABLE tracked_runs")]
    [InlineData("params.model = 'open")]
    [InlineData("params. = 'x'")]
    [InlineData("run_id IN ()")]
    [InlineData("run_id IN ('a'")]
    [InlineData("params.model IS 'x'")]
    public async Task A_filter_that_is_not_of_the_grammar_is_refused(string filter)
    {
        var refused = await world.RefusedAsync("runs/search", new JsonObject
        {
            ["experiment_ids"] = new JsonArray(searched.Experiment),
            ["filter"] = filter
        }.ToJsonString());

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (refused.Status, refused.Code));
        Assert.DoesNotContain("SELECT", refused.Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("metrics.loss UP")]
    [InlineData("metrics.loss; DROP TABLE x")]
    [InlineData("lifecycle_stage")]
    [InlineData("dataset.name")]
    public async Task An_order_that_is_not_of_the_grammar_is_refused(string order)
    {
        var refused = await world.RefusedAsync("runs/search", new JsonObject
        {
            ["experiment_ids"] = new JsonArray(searched.Experiment),
            ["order_by"] = new JsonArray(order)
        }.ToJsonString());

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_search_is_bounded_in_what_it_asks_for()
    {
        Assert.Equal("", await world.FoundAsync(searched.Experiment, string.Join(" AND ", Enumerable.Range(0, 100).Select(i => $"params.p{i} = 'x'"))));
        foreach (var filter in new[]
        {
            string.Join(" AND ", Enumerable.Range(0, 101).Select(i => $"params.p{i} = 'x'")),
            $"params.p = '{new string('x', 20_000)}'",
            $"run_id IN ({string.Join(',', Enumerable.Range(0, 1001).Select(i => $"'{i}'"))})",
            new string('(', 10_000),
        })
            Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("runs/search",
                new JsonObject { ["experiment_ids"] = new JsonArray("0"), ["filter"] = filter }.ToJsonString())));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("runs/search",
            """{"experiment_ids": ["0"], "order_by": ["metrics.m", "metric.m DESC"]}""")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("runs/search", """{"experiment_ids": ["0"], "max_results": 50001}""")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("runs/search", """{"experiment_ids": ["zero"]}""")));
    }

    static (int, string) Two((int Status, string Code, string Says) refused) => (refused.Status, refused.Code);

    [Fact]
    public async Task The_deleted_are_found_only_where_they_are_asked_for()
    {
        Assert.Equal("gone", await View("DELETED_ONLY"));
        Assert.Equal("gone e d c b a", await View(3));
        Assert.Equal("e d c b a", await View("1"));
        Assert.Empty(await world.PostAsync("runs/search", "{}"));

        Task<string> View(JsonNode view) => world.FoundAsync(new JsonObject
        {
            ["experiment_ids"] = new JsonArray(searched.Experiment),
            ["run_view_type"] = view
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("metrics.loss")]
    [InlineData("metrics.loss DESC")]
    [InlineData("params.model")]
    [InlineData("end_time")]
    public async Task Pages_neither_overlap_nor_skip(string order)
    {
        var search = new JsonObject { ["experiment_ids"] = new JsonArray(searched.Experiment) };
        if (order.Length > 0) search["order_by"] = new JsonArray(order);
        var whole = await world.FoundAsync((JsonObject)search.DeepClone());
        var seen = new List<string>();
        search["max_results"] = 2;
        while (true)
        {
            var page = await world.PostAsync("runs/search", search.ToJsonString());
            seen.AddRange(page["runs"]!.AsArray().Select(r => (string)r!["info"]!["run_name"]!));
            if (page["next_page_token"] is not { } next) break;
            search["page_token"] = (string)next!;
        }
        Assert.Equal(whole, string.Join(' ', seen));
    }

    [Fact]
    public async Task A_token_is_of_its_own_query_only()
    {
        var token = (string)(await world.PostAsync("runs/search",
            $$"""{"experiment_ids": ["{{searched.Experiment}}"], "max_results": 1, "filter": "metrics.loss > 0"}"""))["next_page_token"]!;

        foreach (var (other, filter) in new[] { (token, "metrics.loss > 1"), ("nonsense!", "metrics.loss > 0"), ("YWJj", "metrics.loss > 0"),
            (new string('A', 5000), "metrics.loss > 0") })
        {
            var refused = await world.RefusedAsync("runs/search",
                $$"""{"experiment_ids": ["{{searched.Experiment}}"], "max_results": 1, "filter": "{{filter}}", "page_token": "{{other}}"}""");
            Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(refused));
            Assert.StartsWith("Invalid page token", refused.Says, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Several_experiments_are_searched_as_one()
    {
        var other = await world.NewExperimentAsync();
        await world.LogAsync(await world.NewRunAsync(other, 3, "x"), """ "metrics": [{"key": "loss", "value": 0.3, "timestamp": 1}]""");

        Assert.Equal("e b x a c d", await world.FoundAsync(new JsonObject
        {
            ["experiment_ids"] = new JsonArray(searched.Experiment, other),
            ["order_by"] = new JsonArray("metrics.loss")
        }));
    }
}
