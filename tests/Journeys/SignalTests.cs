using Xunit;

namespace Kumiki.Journeys;

/// <summary>What a person's Ctrl-C and a supervisor's SIGTERM do.</summary>
public sealed class SignalTests : IDisposable
{
    readonly Demo demo = new();

    public void Dispose() => demo.Dispose();

    [Fact]
    public async Task Ctrl_C_cancels_the_making_says_so_in_one_sentence_and_the_next_making_succeeds()
    {
        await demo.SomeSalesAsync();
        using var making = demo.Start([], ["make", "demand-model", "--upstream", "--set", "demand-model.rounds=5000", "--set", "demand-model.depth=12"]);
        await making.LineAsync("] demand-model …");

        await making.SignalAsync("INT");
        var said = await making.EndAsync();

        Assert.Equal(130, said.Code);
        Assert.Equal("The making of demand-model was cancelled; nothing of it was kept.\n", said.Error);
        var runs = (await demo.JsonAsync("runs")).EnumerateArray().Select(r => (Asset: r.GetProperty("asset").GetString(), State: r.GetProperty("state").GetString())).ToList();
        Assert.Equal(("demand-model", "Cancelled"), runs[0]);
        Assert.DoesNotContain(runs, r => r.State == "Running");
        Assert.DoesNotContain("demand-model", (await demo.MustAsync("show")).Out, StringComparison.Ordinal);

        Assert.Contains("✓ demand-model@1 made by", (await demo.MustAsync("make", "demand-model", "--upstream", "--set", "demand-model.rounds=5")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_also_ends_a_making_in_its_own_process()
    {
        await demo.SomeSalesAsync();
        using var making = demo.Start([], ["make", "demand-model", "--upstream", "--own-process", "--set", "demand-model.rounds=5000", "--set", "demand-model.depth=12"]);
        await making.LineAsync("] demand-model …");

        await making.SignalAsync("INT");
        var said = await making.EndAsync();

        Assert.Equal(130, said.Code);
        Assert.Equal("The making of demand-model was cancelled; nothing of it was kept.\n", said.Error);
        Assert.Equal("Cancelled", (await demo.JsonAsync("runs", "demand-model"))[0].GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_server_that_is_asked_to_stop_stops_with_success(string signal)
    {
        using var server = demo.Start([], ["serve", "--port", "0"]);
        await server.LineAsync("http://127.0.0.1:");

        await server.SignalAsync(signal);
        var said = await server.EndAsync();

        Assert.Equal((0, ""), (said.Code, said.Error));
    }

    [Fact]
    public async Task The_demo_that_is_asked_to_stop_while_it_serves_stops_with_success_every_time()
    {
        await demo.MustAsync("generate-sales", "--from", "2024-01-01", "--to", "2025-09-07", "--stores", "6", "--items", "6");
        await demo.MustAsync("demo", "--no-serve");
        for (var again = 0; again < 8; again++)
        {
            using var serving = demo.Start([], ["demo", "--port", "0"]);
            await serving.LineAsync("http://127.0.0.1:");

            await serving.SignalAsync("TERM");
            var said = await serving.EndAsync();

            Assert.Equal((0, ""), (said.Code, said.Error));
        }
    }

    [Fact]
    public async Task A_second_server_on_the_folder_is_refused_and_told_where_the_first_one_answers()
    {
        using var first = demo.Start([], ["serve", "--port", "0"]);
        var says = await first.LineAsync("http://127.0.0.1:");

        var second = await demo.RunAsync("serve", "--port", "0");

        Assert.Equal((1, ""), (second.Code, second.Out));
        Assert.Equal($"A server (process {first.Id}) already has {demo.PathOf(".kumiki")} and answers at ", second.Error[..second.Error.IndexOf("http", StringComparison.Ordinal)]);
        Assert.EndsWith(". Use that one, stop it, or name another folder with --data DIR.\n", second.Error, StringComparison.Ordinal);
        Assert.Contains(second.Error[second.Error.IndexOf("http", StringComparison.Ordinal)..].Split(". ")[0], says, StringComparison.Ordinal);
    }
}
