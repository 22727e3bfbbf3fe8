using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Runner.Tests;

public sealed class UpdateTests : IDisposable
{
    const string Row = """{"price": 1, "day": "2024-02-03", "discount": true, "store": "North"}""";

    readonly RunnerWorld world = new();

    string Home => world.PathOf("home");

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task An_update_and_a_rollback_swap_under_load_without_a_dropped_request()
    {
        await world.MustAsync("update", Home, await world.PackageAsync("one.kpkg", release: 1));
        var two = await world.PackageAsync("two.kpkg", release: 2, threshold: -5);
        await using var runner = await world.ServeAsync(Home);
        using var stop = new CancellationTokenSource();
        var answers = new List<JsonNode>[4];
        var clients = Enumerable.Range(0, answers.Length).Select(i => Task.Run(async () =>
        {
            answers[i] = [];
            while (!stop.IsCancellationRequested)
            {
                var (status, body) = await runner.PostAsync("/predict", Row);
                Assert.True(status == 200, body.ToJsonString());
                answers[i].Add(body);
            }
        })).ToList();

        await world.MustAsync("update", Home, two);
        await UntilAsync(runner, release: 2);
        await world.MustAsync("rollback", Home);
        await UntilAsync(runner, release: 1);
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        var all = answers.SelectMany(a => a).ToList();
        // Every answer is of one release as a whole: its endpoint, its threshold and what that makes of the score.
        Assert.All(all, a => Assert.Equal(((int)a["release"]!, $"order-above@{a["release"]}"), (((string)a["endpoint"]!)[^1] - '0', (string)a["threshold"]!)));
        Assert.Equal(["Order"], all.Where(a => (int)a["release"]! == 2).Select(a => (string)a["answer"]!).Distinct());
        Assert.Equal([1, 2], all.Select(a => (int)a["release"]!).Distinct().Order());
        Assert.Single(all.Where(a => (int)a["release"]! == 1).Select(a => (string)a["answer"]!).Distinct());
        Assert.Contains("release 2 answers now, instead of release 1", runner.Errors, StringComparison.Ordinal);
    }

    static async Task UntilAsync(RunnerProcess runner, int release)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((int)(await runner.GetAsync("/release"))["release"]! != release) await Task.Delay(20, limit.Token);
    }

    [Fact]
    public async Task A_package_that_was_changed_or_is_of_another_endpoint_never_becomes_the_one_that_runs()
    {
        await world.MustAsync("update", Home, await world.PackageAsync("one.kpkg"));
        var pointer = await File.ReadAllTextAsync(Path.Combine(Home, "current"));
        var changed = await world.PackageAsync("changed.kpkg", release: 2);
        var bytes = await File.ReadAllBytesAsync(changed);
        bytes[^2000] ^= 1;
        await File.WriteAllBytesAsync(changed, bytes);
        var other = await world.PackageAsync("other.kpkg", release: 2, endpoint: "other");

        var (one, two, three) = (await UpdateAsync(changed), await UpdateAsync(other),
            await world.RunAsync("rollback", Home, "--trust", world.PathOf("packages.key.pub")));

        Assert.Equal((1, 1, 1), (one.Code, two.Code, three.Code));
        Assert.Contains("is not what was signed", one.Error, StringComparison.Ordinal);
        Assert.Contains("runs shop-order", two.Error, StringComparison.Ordinal);
        Assert.Contains("no package from before", three.Error, StringComparison.Ordinal);
        Assert.Equal(pointer, await File.ReadAllTextAsync(Path.Combine(Home, "current")));

        Task<(int Code, string Out, string Error)> UpdateAsync(string package) => world.RunAsync("update", Home, package, "--trust",
            world.PathOf("packages.key.pub"));
    }

    [Fact]
    public async Task An_update_killed_at_any_of_its_durable_steps_leaves_the_old_package_or_the_new_one()
    {
        var (one, two) = (await world.PackageAsync("one.kpkg", release: 1), await world.PackageAsync("two.kpkg", release: 2));
        var releases = new List<int>();
        for (var step = 1; ; step++)
        {
            var home = world.PathOf($"home{step}");
            await world.MustAsync("update", home, one);
            var (code, _, error) = await world.RunAsync([("KUMIKI_KILL_AT", $"{step}")], "update", home, two, "--trust", world.PathOf("packages.key.pub"));
            if (code == 0) break;
            Assert.True(code == 137, error);

            await using (var runner = await world.ServeAsync(home)) releases.Add((int)(await runner.GetAsync("/release"))["release"]!);
            await world.MustAsync("update", home, two);
            await using (var runner = await world.ServeAsync(home)) Assert.Equal(2, (int)(await runner.GetAsync("/release"))["release"]!);
            Assert.Equal(2, Directory.GetFiles(Path.Combine(home, "packages")).Length);
        }
        Assert.Equal(8, releases.Count);
        Assert.Equal(releases.Order(), releases);       // old before the pointer is renamed, new from then on
        Assert.Equal([1, 2], releases.Distinct());
    }

    [Fact]
    public async Task Predictions_outlive_a_kill_and_stay_within_their_bound_without_what_tells_of_a_person()
    {
        await world.MustAsync("update", Home, await world.PackageAsync("one.kpkg"));
        await using (var runner = await world.ServeAsync(Home, "--log-size", "1"))
        {
            await runner.PostAsync("/predict", """{"price": 1, "day": "2024-02-03", "discount": true, "store": "North", "clerk": "Hanako Yamada"}""");
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (Lines().Count == 0) await Task.Delay(50, limit.Token);
            await runner.SignalAsync("KILL");
        }
        var kept = JsonNode.Parse(Assert.Single(Lines())[9..])!;
        Assert.Equal(("shop-order@1", 1, "North"), ((string)kept["endpoint"]!, (int)kept["release"]!, (string)kept["input"]!["store"]!));
        Assert.DoesNotContain("Hanako", kept.ToJsonString(), StringComparison.Ordinal);

        await using (var runner = await world.ServeAsync(Home, "--log-size", "1"))
        {
            var (rows, _) = RunnerWorld.Rows(1000, seed: 1);
            var body = $$"""{"rows": {{rows.ToJsonString()}} }""";
            for (var i = 0; i < 8; i++) Assert.Equal(200, (await runner.PostAsync("/predict", body)).Status);
            await runner.SignalAsync("TERM");
            Assert.Equal(0, runner.Process.ExitCode);
        }
        var log = new DirectoryInfo(Path.Combine(Home, "log"));
        Assert.InRange(log.GetFiles("*.log").Sum(f => f.Length), 400_000, 1_400_000);
        var lost = int.Parse(await File.ReadAllTextAsync(Path.Combine(log.FullName, "lost")), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(8001, lost + Lines().Count);
    }

    List<string> Lines() => Directory.Exists(Path.Combine(Home, "log"))
        ? [.. Directory.GetFiles(Path.Combine(Home, "log"), "*.log").SelectMany(File.ReadAllLines)] : [];
}
