using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Serve;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>The pages of tracked runs, their files and the registry, in a real browser.</summary>
public sealed class RegistryPageTests(TrackingWorld world, Browser browser) : IClassFixture<TrackingWorld>, IClassFixture<Browser>
{
    /// <summary>What a script would do if it ran where the pages' own do.</summary>
    const string Attack = "fetch('/ajax-api/3.0/mlflow/registered-models/create', {method: 'POST', headers: {'Content-Type': 'application/json'}, "
        + "body: '{\\\"name\\\": \\\"pwned\\\"}'}).catch(() => 0); window.pwned = 1; document.title = 'pwned'; top.pwned = 1;";

    const string MlModel = """
        flavors:
          python_function: {loader_module: mlflow.sklearn, python_version: 3.11.4}
          sklearn: {sklearn_version: 1.2.1}
        mlflow_version: 3.11.0
        signature:
          inputs: '[{"type": "KIND", "name": "price", "required": true}]'
          outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
        """;

    [Fact]
    public async Task A_run_is_read_noted_tagged_renamed_deleted_and_restored()
    {
        var run = await RunAsync("steady-otter");
        await using var visit = await VisitAsync($"#/tracked/{run}");
        var page = visit.Page;
        await visit.SeesAsync("steady-otter");
        await Assertions.Expect(page.GetByText("sales", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(Row("loss")).ToContainTextAsync("0.01");
        await page.GetByRole(AriaRole.Button, new() { Name = "loss" }).ClickAsync();
        await Assertions.Expect(page.Locator(".chart")).ToBeVisibleAsync();

        var notes = page.Locator("section").Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = "Notes" }) });
        await notes.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await notes.GetByRole(AriaRole.Textbox).FillAsync("## Why 豆🫘\n\nIt is **deeper** than [the last](#/registry) <b>one</b>.");
        await notes.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Assertions.Expect(notes.Locator("strong")).ToHaveTextAsync("deeper");
        await notes.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(notes.GetByRole(AriaRole.Button, new() { Name = "Edit" })).ToBeVisibleAsync();
        await Assertions.Expect(notes.GetByText("<b>one</b>")).ToBeVisibleAsync();
        await notes.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await notes.GetByRole(AriaRole.Textbox).FillAsync(new string('x', 8001));
        await Assertions.Expect(notes.GetByRole(AriaRole.Alert)).ToContainTextAsync("8001 characters are too many");
        await Assertions.Expect(notes.GetByRole(AriaRole.Button, new() { Name = "Save" })).ToBeDisabledAsync();
        await notes.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await page.GetByLabel("Key").FillAsync("checked");
        await page.GetByLabel("Value").FillAsync("by hand");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the tag" }).ClickAsync();
        await Assertions.Expect(page.GetByText("by hand")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the tag checked" }).ClickAsync();
        await Assertions.Expect(page.GetByText("by hand")).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = "Rename" }).ClickAsync();
        await page.GetByLabel("New name").FillAsync("bold-kite");
        await page.GetByLabel("New name").PressAsync("Enter");
        await visit.SeesAsync("bold-kite");

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the run" }).ClickAsync();
        await Assertions.Expect(page.GetByText("it can be restored. Delete it?")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the run" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore the run" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete the run" })).ToBeVisibleAsync();

        var info = (await world.RunAsync(run))["info"]!;
        Assert.Equal(("bold-kite", "active"), ((string)info["run_name"]!, (string)info["lifecycle_stage"]!));

        ILocator Row(string name) => page.GetByRole(AriaRole.Row)
            .Filter(new() { Has = page.GetByRole(AriaRole.Rowheader, new() { Name = name, Exact = true }) });
    }

    [Fact]
    public async Task What_a_run_logs_is_seen_while_it_goes()
    {
        var run = await world.NewRunAsync(name: "going");
        await world.LogAsync(run, """ "metrics": [{"key": "loss", "value": 3, "timestamp": 1, "step": 0}] """);
        await using var visit = await VisitAsync($"#/tracked/{run}");
        var row = visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "loss" });
        await Assertions.Expect(row).ToContainTextAsync("3");
        await Assertions.Expect(row.Locator(".spark")).ToHaveCountAsync(0);

        await world.LogAsync(run, """ "metrics": [{"key": "loss", "value": 0.625, "timestamp": 2, "step": 1}], "params": [{"key": "late", "value": "yes"}] """);

        await Assertions.Expect(row).ToContainTextAsync("0.625");
        await Assertions.Expect(row.Locator(".spark")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.GetByText("late")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Each_kind_of_file_is_shown_as_what_it_is_and_a_broken_one_in_one_sentence()
    {
        var run = await RunAsync("files");
        await PutAsync(run, "table.csv", "store,units\n007,12\n008,豆🫘\n");
        await PutAsync(run, "no-rows.csv", "store,units\n");
        await PutAsync(run, "empty.csv", "");
        await PutAsync(run, "ragged.csv", "a,b\n1,2\n3,4,5\n");
        await PutAsync(run, "cut.parquet", "PAR1");
        await PutAsync(run, "fields.json", """{"depth": 6, "of": {"deep": "<i>x</i>"}}""");
        await PutAsync(run, "broken.json", """{"loss": NaN}""");
        await PutAsync(run, "broken.ipynb", """{"nbformat": 4}""");
        await PutAsync(run, "picture.png", "no picture");
        await PutAsync(run, "weights.bin", "\u0000\u0001");
        await PutAsync(run, "MLproject", "\u0000\u0001");
        await PutAsync(run, "long.log", string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i:000000} 豆🫘\n")));
        await PutAsync(run, "a<b>&\"'.txt", "markup in a name");
        await PutAsync(run, "豆🫘/笔.md", "# 豆🫘\n\n![beside](roc.png)\n");
        await PutAsync(run, "豆🫘/roc.png", Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="));
        await using var visit = await VisitAsync($"#/tracked/{run}", refusals: true);
        var (page, viewer) = (visit.Page, visit.Page.Locator(".viewer"));

        await ShowsAsync("table.csv", "007");
        await Assertions.Expect(viewer.GetByRole(AriaRole.Columnheader, new() { Name = "units" })).ToBeVisibleAsync();
        await ShowsAsync("no-rows.csv", "no rows", ignoreCase: true);
        await ShowsAsync("empty.csv", "The file is empty.");
        await ShowsAsync("ragged.csv", "ragged.csv cannot be read as a table: CSV Error on Line: 3; Expected Number of Columns: 2 Found: 3. Download it");
        await ShowsAsync("cut.parquet", "cut.parquet cannot be read as a table: ");
        await ShowsAsync("fields.json", "depth: 6");
        await ShowsAsync("broken.json", "broken.json is not the JSON its name promises");
        await ShowsAsync("broken.ipynb", "broken.ipynb is not the notebook its name promises");
        await ShowsAsync("picture.png", "picture.png cannot be shown as a picture");
        await ShowsAsync("weights.bin", "Files of this kind are not shown here");
        await ShowsAsync("MLproject", "The file holds no text");
        await ShowsAsync("a<b>&\"'.txt", "markup in a name");
        await page.Locator(".leaf").Filter(new() { HasText = "long.log" }).ClickAsync();
        await Assertions.Expect(viewer.Locator(".pager")).ToContainTextAsync("The first 1 MB of 3 MB");
        Assert.InRange((await viewer.Locator(".lines").TextContentAsync())!.Length, 500_000, 1 << 20);
        await viewer.GetByRole(AriaRole.Button, new() { Name = "Read more" }).ClickAsync();
        await Assertions.Expect(viewer.Locator(".pager")).ToContainTextAsync("The first 2 MB of 3 MB");
        await page.GetByRole(AriaRole.Button, new() { Name = "豆🫘", Exact = true }).ClickAsync();
        await ShowsAsync("笔.md", "豆🫘");
        await Assertions.Expect(viewer.GetByRole(AriaRole.Img, new() { Name = "beside" })).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("document.querySelector('.viewer .markdown img').naturalWidth === 1");
        Assert.Equal("", await visit.AxeAsync());

        async Task ShowsAsync(string file, string text, bool ignoreCase = false)
        {
            await page.Locator(".leaf").Filter(new() { HasText = file }).First.ClickAsync();
            await Assertions.Expect(viewer).ToContainTextAsync(text, new() { IgnoreCase = ignoreCase });
        }
    }

    [Fact]
    public async Task No_script_of_a_logged_file_reaches_the_pages()
    {
        var run = await RunAsync("<img src=x onerror=\"top.pwned=1\">");
        var quoted = Attack.Replace("\"", "&quot;", StringComparison.Ordinal);
        var html = "<h1>A report</h1><p id='p'>still</p><script>document.getElementById('p').textContent = 'ran as ' + self.origin; "
            + $"try {{ {Attack} }} catch (e) {{ }}</script><img src=x onerror=\"{quoted}\"><a href=\"javascript:{quoted}\">go</a>";
        var svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload='top.pwned=1'><rect width='9' height='9'/>"
            + $"<script>{quoted.Replace("=>", "=&gt;", StringComparison.Ordinal)}</script></svg>";
        await PutAsync(run, "page.html", html);
        await PutAsync(run, "drawing.svg", svg);
        await PutAsync(run, "notes.md", $"# Title\n\n{html}\n\n<script>{Attack}</script>\n\n"
            + "[go](javascript:top.pwned=1) [data](data:text/html,x) ![x](javascript:top.pwned=1) ![y](https://127.0.0.1:1/y.png)\n");
        await PutAsync(run, "look.ipynb", new JsonObject
        {
            ["nbformat"] = 4,
            ["cells"] = new JsonArray(
                new JsonObject { ["cell_type"] = "markdown", ["source"] = html },
                new JsonObject
                {
                    ["cell_type"] = "code",
                    ["source"] = html,
                    ["outputs"] = new JsonArray(
                        Shown(new() { ["text/html"] = $"<table><tr><td>{html}in the table</td></tr></table>" }), Shown(new() { ["image/svg+xml"] = svg }),
                        Shown(new() { ["application/javascript"] = Attack, ["text/plain"] = "a script" })),
                }),
        }.ToJsonString());
        await PutAsync(run, "\"><script>top.pwned=1<\u2215script>.txt", "x");
        await world.PostAsync("runs/set-tag", new JsonObject { ["run_id"] = run, ["key"] = "mlflow.note.content", ["value"] = html }.ToJsonString());
        // A frame's script that is not run is an error in the browser's console, and nowhere else.
        await using var context = await browser.ContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{world.Server.Address}#/tracked/{run}");
        var viewer = page.Locator(".viewer");
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("<img src=x");

        foreach (var file in new[] { "notes.md", "look.ipynb", "drawing.svg", "page.html" })
        {
            await page.Locator(".leaf").Filter(new() { HasText = file }).ClickAsync();
            await Assertions.Expect(viewer).ToContainTextAsync(file);
            await Assertions.Expect(viewer.Locator(".loading")).ToHaveCountAsync(0);
            if (file == "look.ipynb") await Assertions.Expect(viewer.Locator("td")).ToContainTextAsync("in the table");
            Assert.Equal(0, await page.Locator(
                "main script, main [onerror], main [onload], main a[href^=javascript], main a[href^=data], main object, main embed").CountAsync());
        }
        var frame = page.FrameLocator("iframe.frame");
        await Assertions.Expect(frame.Locator("#p")).ToHaveTextAsync("still");
        Assert.Equal("", await page.Locator("iframe.frame").GetAttributeAsync("sandbox"));
        await viewer.GetByRole(AriaRole.Button, new() { Name = "Let its own scripts run" }).ClickAsync();
        await Assertions.Expect(frame.Locator("#p")).ToHaveTextAsync("ran as null");
        Assert.Equal("allow-scripts", await page.Locator("iframe.frame").GetAttributeAsync("sandbox"));
        Assert.True(await page.EvaluateAsync<bool>("window.pwned === undefined && document.title !== 'pwned'"));

        foreach (var file in new[] { "page.html", "drawing.svg" })
            foreach (var scripts in new[] { "", "&scripts=true" })
            {
                await page.GotoAsync($"{world.Server.Address}api/tracking/frame?path=0/{run}/artifacts/{file}{scripts}");
                Assert.Equal("null", await page.EvaluateAsync<string>("self.origin"));
                if (scripts == "" && file == "page.html") await Assertions.Expect(page.Locator("#p")).ToHaveTextAsync("still");
            }
        Assert.Equal(404, (await world.SendAsync(HttpMethod.Get, "registered-models/get?name=pwned")).Status);

        static JsonObject Shown(JsonObject data) => new() { ["output_type"] = "display_data", ["data"] = data };
    }

    [Fact]
    public async Task A_model_is_found_described_aliased_staged_compared_and_deleted()
    {
        var (first, second) = (await RunAsync("first", 11.5), await RunAsync("second", 9.25));
        await RegisterAsync("it's beans", first, "double");
        await RegisterAsync("it's beans", second, "float");
        await using var visit = await VisitAsync("#/registry", refusals: true);
        var page = visit.Page;

        await page.GetByRole(AriaRole.Searchbox).FillAsync("BEANS");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "version 2" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("nothing like it");
        await Assertions.Expect(page.GetByText("No registered model fits.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("tags.team = ");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("it's");
        await page.GetByRole(AriaRole.Link, new() { Name = "it's beans" }).ClickAsync();
        await visit.SeesAsync("it's beans");

        await page.GetByLabel("Alias", new() { Exact = true }).FillAsync("champion");
        await page.GetByLabel("Version", new() { Exact = true }).FillAsync("9");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the alias" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("9");
        await page.GetByLabel("Version", new() { Exact = true }).FillAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the alias" }).ClickAsync();
        await Assertions.Expect(page.Locator(".aliases")).ToContainTextAsync("@champion → version 1");

        await page.GetByRole(AriaRole.Link, new() { Name = "version 2" }).ClickAsync();
        await visit.SeesAsync("it's beans version 2");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "price" })).ToContainTextAsync("float");
        await Assertions.Expect(page.GetByText("scikit-learn==1.2.1")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Cannot be released: ")).ToContainTextAsync("ONNX", new() { Timeout = 20_000 });
        await page.GetByLabel("Stage", new() { Exact = true }).SelectOptionAsync("Production");
        await Assertions.Expect(page.GetByLabel("Stage", new() { Exact = true })).ToHaveValueAsync("Production");
        await page.GetByRole(AriaRole.Link, new() { Name = "with version 1" }).ClickAsync();
        await visit.SeesAsync("Versions of it's beans");
        foreach (var (name, left, right) in new[]
        {
            ("mae", "11.5", "9.25"), ("→ price", "double", "float"), ("stage", "None", "Production"), ("aliases", "champion", "∅"), ("commit", "11", "9"),
        })
        {
            var row = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Rowheader, new() { Name = name, Exact = true }) });
            await Assertions.Expect(row).ToContainTextAsync(left);
            await Assertions.Expect(row).ToContainTextAsync(right);
        }
        await Assertions.Expect(page.GetByText("Alike in both: Flavours, Datasets.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "MLmodel" })).ToBeVisibleAsync();

        await page.GotoAsync($"{world.Server.Address}#/registry/it's%20beans/2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the version" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the version" }).ClickAsync();
        await visit.SeesAsync("it's beans");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "version 2" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the model" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the model" }).ClickAsync();
        await visit.SeesAsync("Registry");
        Assert.Equal(404, (await world.SendAsync(HttpMethod.Get, "registered-models/get?name=it%27s%20beans")).Status);
    }

    [Fact]
    public async Task What_is_not_there_is_said_in_one_sentence()
    {
        foreach (var address in new[] { "#/tracked/nowhere", "#/registry/nowhere", "#/registry/nowhere/1", "#/registry-diff/nowhere/1/2" })
        {
            await using var visit = await VisitAsync(address, refusals: true);
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("nowhere");
        }
    }

    [Fact]
    public async Task An_empty_registry_shows_what_a_client_needs_and_a_server_that_only_shows_offers_no_change()
    {
        var empty = new TrackingWorld();
        await empty.StartAsync(readOnly: true);
        try
        {
            await using var visit = await browser.VisitAsync(empty.Server.Address, "#/registry", width: 400, scheme: ColorScheme.Dark);
            await Assertions.Expect(visit.Page.GetByLabel("Lines of a client")).ToContainTextAsync(
                $"mlflow.set_tracking_uri(\"{empty.Server.Address.ToString().TrimEnd('/')}\")");
            Assert.Equal("", await visit.AxeAsync());
            Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth"));
        }
        finally
        {
            await empty.DisposeAsync();
        }

        var run = await RunAsync("shown");
        await world.StopAsync();
        await world.StartAsync(readOnly: true);
        try
        {
            await using var visit = await VisitAsync($"#/tracked/{run}");
            await visit.SeesAsync("shown");
            foreach (var name in new[] { "Edit", "Rename", "Delete the run", "Add the tag" })
                await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = name })).ToHaveCountAsync(0);
        }
        finally
        {
            await world.StopAsync();
            await world.StartAsync();
        }
    }

    [Fact]
    public async Task The_pages_are_clean_for_axe_and_fit_narrow_and_wide_windows_by_day_and_night()
    {
        var (first, second) = (await RunAsync("a-run-with-a-long-name-that-goes-on-and-on-without-a-space-in-it-to-the-edge", 2), await RunAsync("second", 1));
        const string note = "#### Deep\n\n# Top\n\n| a | |\n|---|---|\n| 1 | 2 |\n\n| b | c |\n|---|---|\n| 1 | 2 |\n\n- [x] done";
        await world.PostAsync("runs/set-tag", new JsonObject { ["run_id"] = first, ["key"] = "mlflow.note.content", ["value"] = note }.ToJsonString());
        await PutAsync(first, "look.ipynb", """
            {"cells": [{"cell_type": "code", "execution_count": 1, "source": "1", "outputs": [{"output_type": "stream", "text": "x"}]}]}
            """);
        await RegisterAsync("fits", first, "double");
        await RegisterAsync("fits", second, "long");
        foreach (var address in new[] { $"#/tracked/{first}", "#/registry", "#/registry/fits", "#/registry/fits/1", "#/registry-diff/fits/1/2" })
            foreach (var (width, scheme, language) in new[]
            {
                (400, ColorScheme.Light, "ja-JP"), (400, ColorScheme.Dark, "en-US"), (1400, ColorScheme.Dark, "ja-JP"), (1920, ColorScheme.Light, "en-US"),
            })
            {
                await using var visit = await browser.VisitAsync(world.Server.Address, address, width, scheme, language);
                if (address.Contains("tracked", StringComparison.Ordinal))
                {
                    await visit.Page.Locator(".leaf").Filter(new() { HasText = "look.ipynb" }).ClickAsync();
                    await Assertions.Expect(visit.Page.Locator(".notebook")).ToBeVisibleAsync();
                    await visit.Page.GetByRole(AriaRole.Button, new() { Name = "loss" }).ClickAsync();
                    await Assertions.Expect(visit.Page.Locator(".chart")).ToBeVisibleAsync();
                }
                Assert.Equal("", await visit.AxeAsync());
                Assert.Equal(0, await visit.Page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - innerWidth)"));
            }
    }

    Task<Visit> VisitAsync(string address, bool refusals = false) => browser.VisitAsync(world.Server.Address, address, refusals: refusals);

    /// <summary>A run with a curve, a figure, a parameter, data and a commit.</summary>
    async Task<string> RunAsync(string name, double mae = 1)
    {
        var run = await world.NewRunAsync(name: name);
        var curve = string.Join(", ", Enumerable.Range(0, 50)
            .Select(i => $$"""{"key": "loss", "value": {{(50 - i) / 100.0}}, "timestamp": {{i}}, "step": {{i}}}"""));
        await world.LogAsync(run, $$"""
            "metrics": [{{curve}}, {"key": "mae", "value": {{mae}}, "timestamp": 60, "step": 0}], "params": [{"key": "depth", "value": "{{mae}}"}],
            "tags": [{"key": "mlflow.source.git.commit", "value": "{{(int)mae}}"}]
            """);
        await world.PostAsync("runs/log-inputs", $$"""
            {"run_id": "{{run}}", "datasets": [{"tags": [{"key": "mlflow.data.context", "value": "training"}],
                "dataset": {"name": "sales", "digest": "8af1", "source_type": "local", "source": "/data/sales.csv"} } ] }
            """);
        return run;
    }

    async Task RegisterAsync(string name, string run, string kind)
    {
        await PutAsync(run, "model/MLmodel", MlModel.Replace("KIND", kind, StringComparison.Ordinal));
        await PutAsync(run, "model/requirements.txt", "scikit-learn==1.2.1\n");
        if ((await world.SendAsync(HttpMethod.Get, $"registered-models/get?name={Uri.EscapeDataString(name)}")).Status == 404)
            await world.PostAsync("registered-models/create", new JsonObject { ["name"] = name }.ToJsonString());
        var version = new JsonObject { ["name"] = name, ["source"] = $"mlflow-artifacts:/0/{run}/artifacts/model", ["run_id"] = run };
        await world.PostAsync("model-versions/create", version.ToJsonString());
    }

    Task PutAsync(string run, string path, string text) => PutAsync(run, path, Encoding.UTF8.GetBytes(text));

    async Task PutAsync(string run, string path, byte[] bytes)
    {
        var escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        using var put = await world.Http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/{escaped}", new ByteArrayContent(bytes));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
    }
}
