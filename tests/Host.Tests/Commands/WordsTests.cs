using System.Text;
using System.Text.Json;
using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

/// <summary>Seventy weeks of sales, made into a forecast too weak to be released: five trees do not beat the baseline.</summary>
public sealed class WeakForecast : IAsyncLifetime
{
    internal Demo Demo { get; } = new();

    public async Task InitializeAsync()
    {
        await Demo.SomeSalesAsync();
        await Demo.MustAsync("make", "demand-forecasts", "--upstream", "--stage", "--set", "demand-model.rounds=5");
        await Demo.MustAsync("make", "demand-model", "--set", "demand-model.rounds=60");
    }

    public Task DisposeAsync()
    {
        Demo.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>What the commands print, reviewed in files beside this one.</summary>
public sealed class WordsTests(WeakForecast world) : IClassFixture<WeakForecast>
{
    readonly Demo demo = world.Demo;

    [Theory]
    [InlineData("graph", "graph")]
    [InlineData("graph-dot", "graph", "--format", "dot")]
    [InlineData("graph-json", "graph", "--format", "json")]
    [InlineData("show", "show")]
    [InlineData("show-version", "show", "demand-model@1")]
    [InlineData("show-asset", "show", "demand-model")]
    [InlineData("why-stale", "why", "demand-model")]
    [InlineData("why-fresh", "why", "sales")]
    [InlineData("diff", "diff", "demand-model@1", "demand-model@2")]
    [InlineData("diff-none", "diff", "sales@1", "sales@1")]
    [InlineData("draft", "draft", "sales")]
    [InlineData("history-empty", "history")]
    [InlineData("verify", "verify")]
    public async Task A_command_prints_the_reviewed_words(string name, params string[] command)
    {
        var said = await demo.MustAsync(command);

        Assert.Equal("", said.Error);
        Snapshot.Same(name, said.Out, demo.Folder);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ja")]
    public async Task A_release_that_is_kept_back_says_every_finding_with_its_mends(string language)
    {
        var said = await demo.RunAsync([("KUMIKI_LANG", language)], ["release", "--dry-run"]);

        Assert.Equal((1, ""), (said.Code, said.Out));
        Snapshot.Same($"release-refused-{language}", said.Error, demo.Folder);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ja")]
    public async Task Every_error_is_one_sentence_of_the_language(string language)
    {
        string[][] commands =
        [
            ["make", "coffee"], ["make", "demand-modl"], ["make", "sales", "--set", "rounds"], ["make", "sales", "--set", "rounds=5"], ["make", "demand-model", "--set", "rounds=0"],
            ["make", "demand-model", "--set", "rounds=many"], ["make", "sales", "--use", "sales"], ["make", "demand-model", "--use", "weekly-demand@9"], ["reproduce", "sales@9"],
            ["show", "coffee"], ["show", "linear-demand-model"], ["show", "sales@9"], ["show", "run-99"], ["log", "run-99"], ["log", "yesterday"], ["why", "coffee"], ["diff", "sales@1", "sales"], ["draft", "demand-model"], ["draft", "coffee"],
            ["stage", "sales@9"], ["stage", "sales"], ["unstage", "coffee"], ["alias", "Champion", "sales@1"], ["release", "sales@9"], ["release", "--waive", "sales@1"], ["rollback"],
            ["serve", "--host", "0.0.0.0"],
        ];
        var all = new StringBuilder();
        foreach (var command in commands)
        {
            var said = await demo.RunAsync([("KUMIKI_LANG", language)], command);
            all.Append($"$ kumiki {string.Join(' ', command)}\n{said.Out}{said.Error}");
            Assert.True(said is { Code: 1, Out: "" }, $"kumiki {string.Join(' ', command)}: {said}");
        }
        Snapshot.Same($"errors-{language}", all.ToString(), demo.Folder);
    }

    [Theory]
    [InlineData("show", "asset")]
    [InlineData("show demand-model@1", "version")]
    [InlineData("show run-3", "id")]
    [InlineData("runs", "id")]
    [InlineData("graph", "name")]
    [InlineData("why demand-model", "asset")]
    [InlineData("diff demand-model@1 demand-model@2", "left")]
    [InlineData("draft sales@1", "draft")]
    [InlineData("gc --dry-run", "report")]
    [InlineData("verify", "faults")]
    public async Task With_json_a_command_prints_one_document_that_holds_its_names(string command, string property)
    {
        var document = await demo.JsonAsync(command.Split(' '));

        var first = document.ValueKind == JsonValueKind.Array ? document[0] : document;
        Assert.True(first.TryGetProperty(property, out _), document.ToString());
    }

    [Fact]
    public async Task With_json_an_error_is_a_document_too_with_the_id_and_values_of_its_sentence()
    {
        var said = await demo.RunAsync("show", "sales@9", "--json");

        Assert.Equal((1, ""), (said.Code, said.Error));
        using var document = JsonDocument.Parse(said.Out);
        var error = document.RootElement.GetProperty("error");
        Assert.Equal(("making.no-version", "sales@9"), (error.GetProperty("id").GetString(), error.GetProperty("values").GetProperty("version").GetString()));
    }
}
