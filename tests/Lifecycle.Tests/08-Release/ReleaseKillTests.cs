using System.Diagnostics;
using System.Globalization;
using Kumiki.ReleaseProbe;
using Kumiki.Store;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Releasing.Tests;

/// <summary>Random sequences of make, stage, release and rollback on the real store, by several users, with kills in between.</summary>
/// <remarks>A few kills always; <c>KUMIKI_ALL_KILLS=1</c> kills at every durable step and at 300 random instants.</remarks>
public sealed class ReleaseKillTests(ITestOutputHelper output) : IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly bool All = Environment.GetEnvironmentVariable("KUMIKI_ALL_KILLS") == "1";
    readonly string root = Directory.CreateTempSubdirectory("kumiki-release-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Whatever_users_do_production_fits_after_every_step_and_readers_see_one_release()
    {
        var (steps, lives) = (0, 0);
        for (var seed = 1; seed <= (All ? 40 : 3); seed++)
        {
            var folder = Path.Combine(root, $"steps{seed}");
            var said = new List<string>();
            await using var one = DataFolder.Open(folder, TimeProvider.System);
            await using var other = DataFolder.Open(folder, TimeProvider.System);     // as another process would
            RandomUser[] users = [new(one, seed * 10, said.Add), new(other, (seed * 10) + 1, said.Add)];
            using var watching = new CancellationTokenSource();
            var reader = WatchAsync(other.Metadata, watching.Token);
            for (var step = 0; step < 40; step++, steps++)
            {
                await users[step % users.Length].WorkAsync(1);
                await CheckAsync(folder, said, $"seed {seed}, step {step}");
            }
            await watching.CancelAsync();
            await reader;
            lives += said.Count(s => s.StartsWith("live", StringComparison.Ordinal));
        }
        output.WriteLine($"{steps} steps, {lives} times live");
        Assert.True(lives > steps / 20, $"{lives} releases in {steps} steps show little.");
    }

    [Fact]
    public async Task Three_users_at_once_leave_nothing_unfit_and_lose_nothing()
    {
        var lives = 0;
        for (var seed = 1; seed <= (All ? 20 : 2); seed++)
        {
            var folder = Path.Combine(root, $"users{seed}");
            var said = new System.Collections.Concurrent.ConcurrentQueue<string>();
            await using (var one = DataFolder.Open(folder, TimeProvider.System))
            await using (var other = DataFolder.Open(folder, TimeProvider.System))
            {
                using var watching = new CancellationTokenSource();
                var reader = WatchAsync(one.Metadata, watching.Token);
                await Task.WhenAll(((DataFolder[])[one, one, other])
                    .Select((data, i) => Task.Run(() => new RandomUser(data, (seed * 10) + i, said.Enqueue).WorkAsync(30))));
                await watching.CancelAsync();
                await reader;
            }
            await CheckAsync(folder, [.. said], $"seed {seed}");
            lives += said.Count(s => s.StartsWith("live", StringComparison.Ordinal));
        }
        output.WriteLine($"{lives} times live");
        Assert.True(lives > 5, $"{lives} releases show little.");
    }

    [Fact]
    public async Task Killed_at_a_durable_step_the_old_production_or_the_new_is_found()
    {
        var (folder, steps) = (Path.Combine(root, "whole"), Path.Combine(root, "steps"));
        var (code, whole) = await RunAsync(folder, 77, 30, ("KUMIKI_STEPS", steps));
        Assert.Equal((0, "done"), (code, whole[^1]));
        Assert.Contains(whole, s => s.StartsWith("live", StringComparison.Ordinal));
        var count = (await File.ReadAllLinesAsync(steps)).Length;

        foreach (var kill in All ? Enumerable.Range(1, count) : Enumerable.Range(0, 5).Select(i => count - (i * count / 8)))
        {
            var killed = Path.Combine(root, $"kill{kill}");
            var (end, said) = await RunAsync(killed, 77, 30, ("KUMIKI_KILL_AT", kill.ToString(CultureInfo.InvariantCulture)));
            Assert.Equal(137, end);
            await CheckAsync(killed, said, $"killed at step {kill} of {count}");

            await using var data = DataFolder.Open(killed, TimeProvider.System);
            await data.Metadata.EndCrashedAsync(LivingProcess.IsAlive, Go);
            var more = said.ToList();
            await new RandomUser(data, kill, more.Add).WorkAsync(15);
            await CheckAsync(killed, more, $"working on after a kill at step {kill}");
        }
    }

    [Fact]
    public async Task Killed_at_any_instant_nothing_acknowledged_is_lost()
    {
        var random = new Random(20250601);
        var folder = Path.Combine(root, "instants");
        var acknowledged = new List<string>();
        for (var kill = 0; kill < (All ? 300 : 2); kill++)
        {
            var users = Enumerable.Range(0, 1 + (kill % 3)).Select(i => Start(folder, (kill * 10) + i, 10_000)).ToList();
            foreach (var user in users)
                for (var line = 1 + random.Next(20); line > 0; line--) acknowledged.Add((await user.StandardOutput.ReadLineAsync())!);
            await Task.Delay(random.Next(60));      // the instant is what is random, and there is no event to wait for
            foreach (var user in users) user.Kill();
            foreach (var user in users) acknowledged.AddRange((await EndAsync(user)).Said);
            if (kill % 20 == 0 || kill < 3) await CheckAsync(folder, acknowledged, $"kill {kill}");
        }
        await CheckAsync(folder, acknowledged, "all kills");
        output.WriteLine($"{acknowledged.Count} acknowledged, {acknowledged.Count(s => s.StartsWith("live", StringComparison.Ordinal))} times live");
    }

    /// <summary>Reads production at each change, as a server would: what it sees is one release, whole.</summary>
    static async Task WatchAsync(IMetadataStore store, CancellationToken stop)
    {
        try
        {
            await foreach (var _ in store.ChangesAsync(0, stop))
            {
                var production = await store.ProductionAsync(stop);
                if (production.Release == 0) continue;
                Assert.Equal((await store.ReleaseAsync(production.Release, stop))!.Set, production.Set);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    /// <summary>What must hold at any time.</summary>
    static async Task CheckAsync(string folder, IReadOnlyList<string> acknowledged, string when)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var versions = await data.Metadata.VersionsAsync(null, int.MaxValue, null, Go);
        var production = await data.Metadata.ProductionAsync(Go);
        var releases = (await data.Metadata.ReleasesAsync(int.MaxValue, null, Go)).Reverse().ToList();

        // 1. production fits, by the twin, and its bytes are there
        Assert.True(new SlowReleaseRule(versions).Fits(production.Set), $"{when}: production is unfit: {string.Join(' ', production.Set)}");
        foreach (var version in versions.Where(v => production.Set.GetValueOrDefault(v.Asset) == v.Name.Number))
            Assert.True(data.Artifacts.Contains(version.Files[0].Content), $"{when}: {version.Name} has lost its file");

        // 2. it is the live release, and only that one is live; each that was live came after the one it was checked on
        var lived = releases.Where(r => r.LiveAt is not null).OrderBy(r => r.Base).ToList();
        Assert.Equal(Enumerable.Range(0, lived.Count).Select(i => (long)i), lived.Select(r => r.Base));
        Assert.Equal(lived.Count, production.Revision);
        Assert.Equal(lived.LastOrDefault()?.Number ?? 0, production.Release);
        Assert.Equal(lived.LastOrDefault()?.Set ?? new Dictionary<string, int>(), production.Set);
        Assert.Equal(lived.TakeLast(1), releases.Where(r => r.State == ReleaseState.Live));

        // 3. a release puts a set on a pile, a rollback takes one off
        var pile = new Stack<IReadOnlyDictionary<string, int>>();
        foreach (var release in lived)
        {
            if (release.Restores is null) pile.Push(release.Set);
            else
            {
                pile.Pop();
                Assert.Equal(pile.Peek(), release.Set);
            }
        }

        // 4. all that was said has been done
        var made = versions.Select(v => v.Name).ToHashSet();
        var moves = (await data.Metadata.StageHistoryAsync(null, int.MaxValue, Go)).Where(m => m.Number is not null).Select(m => $"{m.Asset}@{m.Number}")
            .ToHashSet();
        foreach (var line in acknowledged)
        {
            var held = line.Split(' ') switch
            {
                ["made", var version] => made.Contains(VersionName.Parse(version)),
                ["staged", var version] => moves.Contains(version),
                ["live", var number] => lived.Any(r => r.Number == int.Parse(number, CultureInfo.InvariantCulture)),
                ["unstaged"] or ["done"] => true,
                _ => throw new InvalidOperationException($"The probe said: {line}"),
            };
            Assert.True(held, $"{when}: the probe said '{line}', which is not so");
        }
    }

    static Process Start(string folder, int seed, int steps, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var word in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "ReleaseProbe.dll"), folder,
            seed.ToString(CultureInfo.InvariantCulture), steps.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(word);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    static async Task<(int Code, IReadOnlyList<string> Said)> RunAsync(string folder, int seed, int steps, params (string Name, string Value)[] environment) =>
        await EndAsync(Start(folder, seed, steps, environment));

    static async Task<(int Code, IReadOnlyList<string> Said)> EndAsync(Process user)
    {
        using (user)
        {
            var said = await user.StandardOutput.ReadToEndAsync();
            await user.WaitForExitAsync();
            return (user.ExitCode, said.Split('\n')[..^1]);     // a line that a kill cut short was not said
        }
    }
}
