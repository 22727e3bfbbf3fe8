using Kumiki.Host.Tests.Serve;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>An experiment of runs that learn, another with none.</summary>
public sealed class ExperimentPageWorld : IAsyncLifetime
{
    internal TrackingWorld World { get; } = new();
    internal string Experiment { get; private set; } = "";
    internal List<string> Runs { get; } = [];

    public async Task InitializeAsync()
    {
        await World.InitializeAsync();
        Experiment = await World.NewExperimentAsync("roaster");
        for (var i = 0; i < 6; i++)
        {
            var run = await World.NewRunAsync(Experiment, 1_700_000_000_000 + i * 1000, $"batch-{i}");
            Runs.Add(run);
            var points = string.Join(", ", Enumerable.Range(0, 40).Select(s => FormattableString.Invariant($$"""{"key": "loss", "value": {{1.0 / (1 + s * (i + 1) * 0.1)}}, "timestamp": {{1_700_000_000_000 + i * 1000 + s * 1000}}, "step": {{s}}}""")));
            await World.LogAsync(run, $$""" "metrics": [{{points}}, {"key": "final score", "value": {{i}}, "timestamp": 1}], "params": [{"key": "depth", "value": "{{i % 3}}"}, {"key": "kind", "value": "{{(i < 3 ? "tree" : "net")}}"}, {"key": "same", "value": "1"}]""");
            if (i < 5) await World.PostAsync("runs/update", $$"""{"run_id": "{{run}}", "status": "{{(i == 0 ? "FAILED" : "FINISHED")}}", "end_time": {{1_700_000_100_000 + i * 1000}}}""");
        }
    }

    internal async Task<string> NewRunsAsync(string experiment, int count)
    {
        var last = "";
        for (var i = 0; i < count; i++) last = await World.NewRunAsync(experiment, i, $"run-{i}");
        return last;
    }

    public Task DisposeAsync() => World.DisposeAsync();
}

/// <summary>Experiments, their runs and comparing them, by clicks and keys alone.</summary>
public sealed class ExperimentPageTests(ExperimentPageWorld made, Browser browser) : IClassFixture<ExperimentPageWorld>, IClassFixture<Browser>
{
    readonly TrackingWorld world = made.World;

    string Compare(string rest = "") => $"#/experiments/compare?runs={string.Join(',', made.Runs)}{rest}";

    static ILocator Rows(Visit visit) => visit.Page.Locator(".runs-table tbody tr");

    [Fact]
    public async Task An_experiment_is_found_made_renamed_deleted_and_brought_back()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/experiments", refusals: true);
        var page = visit.Page;
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "roaster" })).ToContainTextAsync("6");

        await page.GetByRole(AriaRole.Button, new() { Name = "New experiment …" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("roaster");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("already exists");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("grinder's");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await visit.SeesAsync("grinder's");
        await Assertions.Expect(page.Locator(".first")).ToContainTextAsync($"MLFLOW_TRACKING_URI={world.Server.Address.ToString().TrimEnd('/')}");
        await Assertions.Expect(page.Locator(".first")).ToContainTextAsync("MLFLOW_EXPERIMENT_NAME='grinder'\\''s'");

        await page.GetByRole(AriaRole.Button, new() { Name = "Rename grinder's …" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("grinder");
        await page.Keyboard.PressAsync("Enter");
        await visit.SeesAsync("grinder");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete grinder …" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete now" }).ClickAsync();
        await Assertions.Expect(page.GetByText("This experiment is deleted")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "All experiments" }).ClickAsync();
        await visit.SeesAsync("Experiments");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "grinder" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Show" }).SelectOptionAsync("DELETED_ONLY");
        await page.GetByRole(AriaRole.Row).Filter(new() { HasText = "grinder" }).GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Assertions.Expect(page.GetByText("There is no such experiment.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Show" }).SelectOptionAsync("ALL");
        await page.GetByRole(AriaRole.Searchbox).FillAsync("GRIND");
        await Assertions.Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        Assert.Equal("", await visit.AxeAsync());
    }

    [Fact]
    public async Task A_filter_is_completed_by_keys_marked_where_it_cannot_be_read_and_kept_by_the_address()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, $"#/experiments/{made.Experiment}");
        var page = visit.Page;
        var field = page.GetByRole(AriaRole.Combobox, new() { Name = "Filter" });
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(6);

        await field.FillAsync("fin");
        await field.PressAsync("End");
        await field.PressAsync("ArrowDown");
        await field.PressAsync("Enter");
        await Assertions.Expect(field).ToHaveValueAsync("metrics.`final score` ");
        await field.PressSequentiallyAsync(">= 2 OR x");
        await field.PressAsync("Escape");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".place mark")).ToHaveTextAsync("OR");
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(6);

        await field.FillAsync("metrics.`final score` >= 2");
        await field.PressAsync("Enter");
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(4);
        await page.GetByText("Build a filter").ClickAsync();
        await page.GetByRole(AriaRole.Group).Locator("select").First.SelectOptionAsync("FINISHED");
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(3);
        await Assertions.Expect(field).ToHaveValueAsync("metrics.`final score` >= 2 AND attributes.status = 'FINISHED'");
        await page.GetByLabel("name holds").FillAsync("BATCH-3");
        await page.GetByLabel("name holds").PressAsync("Enter");
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(1);
        await page.ReloadAsync();
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(6);
    }

    [Fact]
    public async Task Columns_are_chosen_sorted_by_a_click_and_kept_as_a_view()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, $"#/experiments/{made.Experiment}");
        var page = visit.Page;
        await Assertions.Expect(Rows(visit).First).ToContainTextAsync("batch-5");

        await page.GetByText("Columns (").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "None", Exact = true }).ClickAsync();
        await page.GetByLabel("Find").Last.FillAsync("score");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "final score" }).CheckAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Button, new() { Name = "metric final score" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "metric final score" }).ClickAsync();
        await Assertions.Expect(Rows(visit).First).ToContainTextAsync("batch-0");
        await Assertions.Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "metric final score" })).ToHaveAttributeAsync("aria-sort", "ascending");
        Assert.Equal("", await visit.AxeAsync());

        await page.GetByRole(AriaRole.Button, new() { Name = "Save this view …" }).ClickAsync();
        await page.GetByLabel("Name of the view").FillAsync("by score");
        await page.Keyboard.PressAsync("Enter");
        var views = page.GetByRole(AriaRole.Combobox, new() { Name = "View", Exact = true });
        await Assertions.Expect(views.Locator("option:checked")).ToHaveTextAsync("by score");
        await views.SelectOptionAsync("");
        await Assertions.Expect(Rows(visit).First).ToContainTextAsync("batch-5");
        await views.SelectOptionAsync("by score");
        await Assertions.Expect(Rows(visit).First).ToContainTextAsync("batch-0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Rename by score …" }).ClickAsync();
        await page.GetByLabel("Name of the view").FillAsync("best first");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(views.Locator("option")).ToHaveTextAsync(["none", "best first"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete best first …" }).ClickAsync();
        await Assertions.Expect(views).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Runs_are_chosen_with_Shift_tagged_deleted_and_restored_and_new_ones_appear_by_themselves()
    {
        var experiment = await world.NewExperimentAsync("many");
        await made.NewRunsAsync(experiment, 60);
        await using var visit = await browser.VisitAsync(world.Server.Address, $"#/experiments/{experiment}");
        var page = visit.Page;
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(50);
        await Assertions.Expect(page.Locator(".pager")).ToContainTextAsync("1 … 50 of 60");

        await page.GetByLabel("Choose run-59").ClickAsync();
        await page.GetByLabel("Choose run-57").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await Assertions.Expect(page.GetByText("3 chosen.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Tag …" }).ClickAsync();
        await page.GetByLabel("Key").FillAsync("kept");
        await page.GetByLabel("Value").FillAsync("yes");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set on all chosen" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Key")).ToHaveCountAsync(0);
        Assert.Equal("run-59 run-58 run-57", await world.FoundAsync(experiment, "tags.kept = 'yes'"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete …", Exact = true }).Last.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete now" }).ClickAsync();
        await Assertions.Expect(page.Locator(".pager")).ToContainTextAsync("of 57");
        await page.GetByRole(AriaRole.Button, new() { Name = "On", Exact = true }).ClickAsync();
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(7);
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Show" }).SelectOptionAsync("DELETED_ONLY");
        await Assertions.Expect(Rows(visit)).ToHaveCountAsync(3);
        await page.GetByLabel("Choose all on this page").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("No run matches.")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Show all again" }).ClickAsync();
        await world.NewRunAsync(experiment, 1000, "late arrival");
        await Assertions.Expect(Rows(visit).First).ToContainTextAsync("late arrival");
        await Assertions.Expect(page.Locator(".pager")).ToContainTextAsync("of 61");
    }

    [Fact]
    public async Task Curves_grow_while_a_run_goes_on_and_say_in_numbers_what_they_draw()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, $"#/experiments/{made.Experiment}");
        var page = visit.Page;
        await page.GetByLabel("Choose all on this page").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare" }).ClickAsync();
        await visit.SeesAsync("Compare tracked runs");
        await Assertions.Expect(page.Locator(".chart:visible")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator(".chart:visible path.line[d]")).ToHaveCountAsync(12);      // six lines and their keys
        await page.Locator(".figures summary:visible").ClickAsync();
        var growing = page.Locator(".figures tr").Filter(new() { HasText = "batch-5" });
        await Assertions.Expect(growing).ToContainTextAsync("40");

        await world.LogAsync(made.Runs[5], """ "metrics": [{"key": "loss", "value": 0.0125, "timestamp": 1700000300000, "step": 40}]""");
        await Assertions.Expect(growing).ToContainTextAsync("0.0125");
        await Assertions.Expect(growing).ToContainTextAsync("41");

        await page.GetByLabel("smoothing").FillAsync("0.8");
        await Assertions.Expect(page.Locator(".chart:visible svg[role=img] path.faint")).ToHaveCountAsync(6);
        await page.GetByRole(AriaRole.Combobox, new() { Name = "over" }).SelectOptionAsync("time");
        await Assertions.Expect(page.Locator(".chart:visible svg[role=img]").First).ToContainTextAsync("2 min");
        await page.Locator(".run-keys .key").Filter(new() { HasText = "batch-2" }).ClickAsync();
        await Assertions.Expect(page.Locator(".chart:visible path.lit")).ToHaveCountAsync(1);
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator(".chart:visible svg[role=img] path.faint")).ToHaveCountAsync(6);
        Assert.Equal("", await visit.AxeAsync());
    }

    [Fact]
    public async Task Only_what_differs_is_shown_and_axes_keep_the_runs_that_go_through_a_stretch()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, Compare("&tab=differences"));
        var page = visit.Page;
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Parameters", Exact = true }).GetByRole(AriaRole.Rowheader)).ToHaveTextAsync(["depth", "kind"]);

        await page.GetByRole(AriaRole.Link, new() { Name = "Parallel coordinates" }).ClickAsync();
        await Assertions.Expect(page.GetByText("6 of 6 runs pass.")).ToBeVisibleAsync();
        await page.GetByLabel("Lowest metrics.final score").FillAsync("3");
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByText("3 of 6 runs pass.")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".thread.out")).ToHaveCountAsync(3);
        await page.GetByLabel("Only this params.kind").SelectOptionAsync("tree");
        await Assertions.Expect(page.GetByText("0 of 6 runs pass.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Let all pass" }).ClickAsync();
        var grip = (await page.Locator(".grip").First.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(grip.X + grip.Width / 2, grip.Y + 2);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(grip.X + grip.Width / 2, grip.Y + grip.Height / 4, new() { Steps = 4 });
        await page.Mouse.UpAsync();
        await Assertions.Expect(page.GetByText("2 of 6 runs pass.")).ToBeVisibleAsync();
        Assert.Equal("", await visit.AxeAsync());
    }

    [Fact]
    public async Task Points_of_a_scatter_are_named_when_the_keyboard_comes_to_them()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, Compare("&tab=scatter&x=params.depth&y=metrics.final+score&colour=metrics.loss"));
        var page = visit.Page;
        await Assertions.Expect(page.Locator(".spot")).ToHaveCountAsync(6);

        await page.Locator(".scatter a[tabindex='0']").FocusAsync();
        await Assertions.Expect(page.Locator(".scatter figcaption")).ToContainTextAsync("batch-0: params.depth 0, metrics.final score 0");
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(page.Locator(".scatter figcaption")).ToContainTextAsync("batch-3: params.depth 0, metrics.final score 3");
        Assert.Equal("", await visit.AxeAsync());
    }

    [Theory]
    [InlineData("#/experiments/99999", "No Experiment with id=99999 exists")]
    [InlineData("#/experiments/compare?runs=0123456789abcdef0123456789abcdef,b", "Run with id=")]
    [InlineData("#/experiments/compare", "Two to 100 runs can be compared.")]
    public async Task What_is_not_there_is_said(string address, string says)
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, address, refusals: true);
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync(says);
    }

    [Fact]
    public async Task The_pages_fit_a_telephone_and_are_readable_for_all()
    {
        string[] addresses = ["#/experiments", $"#/experiments/{made.Experiment}", $"#/experiments/{made.Experiment},0?filter=x", Compare(), Compare("&tab=differences"), Compare("&tab=parallel"), Compare("&tab=scatter")];
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Dark, "ja-JP"), (1400, ColorScheme.Light, "ja-JP") })
            foreach (var address in addresses)
            {
                await using var visit = await browser.VisitAsync(world.Server.Address, address, width, scheme, language, refusals: true);
                Assert.Equal("", await visit.AxeAsync());
                Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
            }
    }
}
