using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>Kills one command again and again, each time in a fresh copy of the same folder, and looks at what is left.</summary>
/// <remarks>After each kill: 1. the next command clears up: no run is left running; 2. what was said before the kill is there; 3. production is one of the two
/// whole sets; 4. every blob is as it was written; 5. the repeated command succeeds, with the contents an unharmed one gives.</remarks>
sealed class KillCampaign : IDisposable
{
    /// <summary>Of so few sales, few trees learn what beats the usual.</summary>
    const int Rounds = 5, MoreRounds = 10;

    static readonly string[] Forecasts = ["make", "demand-forecasts", "--upstream", "--stage", "--set"];

    readonly Demo prepared;
    readonly string[] command;
    readonly string asset;
    int steps;
    TimeSpan took;
    string content = "", before = "", after = "";

    KillCampaign(Demo prepared, string[] command, string asset) => (this.prepared, this.command, this.asset) = (prepared, command, asset);

    /// <param name="name"><c>load</c>, <c>make</c>, <c>release</c> or <c>gc</c>.</param>
    public static async Task<KillCampaign> PrepareAsync(string name)
    {
        var demo = new Demo();
        await demo.SomeSalesAsync();
        if (name is "release" or "gc")
        {
            await demo.MustAsync([.. Forecasts, $"demand-model.rounds={Rounds}"]);
            await demo.MustAsync("release");
        }
        if (name == "release") await demo.MustAsync([.. Forecasts, $"demand-model.rounds={MoreRounds}"]);
        if (name == "gc")
            for (var i = 0; i < 12; i++) Garbage(demo, BitConverter.GetBytes(i));
        var campaign = name switch
        {
            "load" => new KillCampaign(demo, ["make", "sales"], "sales"),
            "make" => new(demo, [.. Forecasts, $"demand-model.rounds={Rounds}"], "demand-forecasts"),
            "release" => new(demo, ["release", "--message", "the second set"], "demand-forecasts"),
            "gc" => new(demo, ["gc", "--grace", "00:00:00"], "demand-forecasts"),
            _ => throw new ArgumentException($"Nothing called {name} is killed.", nameof(name)),
        };
        await campaign.UnharmedAsync();
        return campaign;
    }

    public void Dispose() => prepared.Dispose();

    /// <summary>Kills it at <paramref name="most"/> of its durable steps, the first and the last among them.</summary>
    /// <returns>How many kills hit it before its end.</returns>
    public Task<int> AtStepsAsync(int most)
    {
        var kills = Math.Min(most, steps);
        return EachAsync(Enumerable.Range(0, kills).Select(i => kills == 1 ? 1 : 1 + (int)((long)i * (steps - 1) / (kills - 1))), async (demo, step) =>
            await demo.RunAsync([("KUMIKI_KILL_AT", $"{step}")], command));
    }

    /// <summary>Kills it from outside at random instants of the time it takes.</summary>
    public Task<int> AtRandomAsync(int kills, int seed)
    {
        var random = new Random(seed);
        var delays = Enumerable.Range(0, kills).Select(_ => took * random.NextDouble()).ToList();
        return EachAsync(Enumerable.Range(0, kills), async (demo, kill) =>
        {
            using var running = demo.Start([], command);
            var end = running.EndAsync();
            await Task.WhenAny(end, Task.Delay(delays[kill]));
            await running.SignalAsync("KILL");
            return await end;
        });
    }

    /// <summary>What the command does when nobody kills it: its steps, its time, its result.</summary>
    async Task UnharmedAsync()
    {
        using var demo = await prepared.CopyAsync();
        before = ProductionOf(await demo.JsonAsync("show"));
        var started = Stopwatch.GetTimestamp();
        var said = await demo.RunAsync([("KUMIKI_STEPS", demo.PathOf("steps"))], command);
        took = Stopwatch.GetElapsedTime(started);
        Assert.True(said.Code == 0, said.ToString());
        Assert.True(File.Exists(demo.PathOf("steps")), "The program counts no durable steps; build it with -c Debug.");
        steps = File.ReadAllLines(demo.PathOf("steps")).Length;
        after = ProductionOf(await demo.JsonAsync("show"));
        content = await ContentAsync(demo);
    }

    async Task<int> EachAsync(IEnumerable<int> kills, Func<Demo, int, Task<Said>> kill)
    {
        var killed = 0;
        await Parallel.ForEachAsync(kills, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (at, _) =>
        {
            using var demo = await prepared.CopyAsync();
            var said = await kill(demo, at);
            try
            {
                if (said.Code == 137) Interlocked.Increment(ref killed);
                else Assert.Equal(0, said.Code);      // it was through before the kill could hit it
                await LookAsync(demo, said);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"'{string.Join(' ', command)}' killed at {at}: {e.Message}\nIt had said: {said}", e);
            }
        });
        return killed;
    }

    async Task LookAsync(Demo demo, Said said)
    {
        // 1
        await NoneRunsAsync(demo);

        // 2
        var shown = await demo.JsonAsync("show");
        var newest = shown.EnumerateArray().ToDictionary(a => a.GetProperty("asset").GetString()!, a => a.GetProperty("newest").GetInt32());
        foreach (var made in said.Lines.Where(l => l.StartsWith("✓ ", StringComparison.Ordinal)).Select(l => l.Split(' ')[1].Split('@')))
            Assert.True(newest.GetValueOrDefault(made[0]) >= int.Parse(made[1], System.Globalization.CultureInfo.InvariantCulture), $"{made[0]}@{made[1]} was made, but is gone.");
        if (said.Lines.Any(l => l.StartsWith("Staged: ", StringComparison.Ordinal)))
            Assert.All(shown.EnumerateArray(), a => Assert.Equal(a.GetProperty("newest").GetInt32(), a.GetProperty("staging").GetInt32()));

        // 3
        var production = ProductionOf(shown);
        var live = said.Lines.Any(l => l.StartsWith("Release ", StringComparison.Ordinal) && l.EndsWith(" is live.", StringComparison.Ordinal));
        Assert.True(production == after || (production == before && !live), $"Production holds {production}, which is neither the old set nor the new one.");
        var history = await demo.JsonAsync("history");
        Assert.Equal(before == "" && production == "" ? 0 : 1, history.EnumerateArray().Count(r => r.GetProperty("state").GetString() == "Live"));

        // 4
        await demo.MustAsync("verify");
        await demo.MustAsync("graph");

        // 5
        await demo.MustAsync(command);      // a release that is live already changes nothing, and says so
        Assert.Equal(content, await ContentAsync(demo));
        Assert.Equal(after, ProductionOf(await demo.JsonAsync("show")));
        await NoneRunsAsync(demo);
        await demo.MustAsync("verify");
        if (command[0] == "gc") Assert.Empty(GarbageIn(demo));
    }

    static async Task NoneRunsAsync(Demo demo) =>
        Assert.DoesNotContain((await demo.JsonAsync("runs", "--limit", "1000")).EnumerateArray(), r => r.GetProperty("state").GetString() == "Running");

    /// <summary>The production set as one line, empty where nothing is released.</summary>
    static string ProductionOf(JsonElement shown) =>
        string.Join(' ', shown.EnumerateArray().Where(a => a.TryGetProperty("production", out _)).Select(a => $"{a.GetProperty("asset").GetString()}@{a.GetProperty("production").GetInt32()}"));

    /// <summary>The digest of the newest version; it covers what was read of the inputs, and so all that is upstream.</summary>
    async Task<string> ContentAsync(Demo demo) => (await demo.JsonAsync("show", asset)).GetProperty("versions")[0].GetProperty("content").GetString()!;

    static void Garbage(Demo demo, byte[] bytes)
    {
        var path = GarbagePath(demo, bytes);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    static IEnumerable<int> GarbageIn(Demo demo) => Enumerable.Range(0, 12).Where(i => File.Exists(GarbagePath(demo, BitConverter.GetBytes(i))));

    static string GarbagePath(Demo demo, byte[] bytes)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return demo.PathOf($".kumiki/artifacts/sha256/{digest[..2]}/{digest[2..]}");
    }
}
