using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Host.Tests.Serve;
using Kumiki.Journeys;
using Kumiki.Releasing;
using Kumiki.Store.Tests;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>Three servers, each a process of its own, on one PostgreSQL and one bucket: two endpoints of every release, asked all the while.</summary>
/// <remarks>Model n scores x + n, and both endpoints cut at n + 0.5, so only what belongs together answers as it should.</remarks>
public sealed class ReplicaTests(PostgresServer database, S3Server bucket, ITestOutputHelper output)
    : IClassFixture<PostgresServer>, IClassFixture<S3Server>, IDisposable
{
    const int Sets = 5, Rounds = 12;
    static readonly string[] Endpoints = ["verdict", "second"];
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    readonly Demo demo = new("CreditRisk");
    readonly Lazy<string> artifacts = new(bucket.NewStore);

    public void Dispose() => demo.Dispose();

    string Metadata => $"postgres://postgres@127.0.0.1:{database.Port}/postgres?schema=replicas";

    /// <summary>A server as clients behind a balancer see it: it may be gone, and another process comes in its place.</summary>
    sealed class Replica : IDisposable
    {
        public required Journeys.Running Process { get; init; }
        public required HttpClient Http { get; init; }
        public volatile bool IsKilled;

        public void Dispose()
        {
            Process.Dispose();
            Http.Dispose();
        }
    }

    async Task<Replica> StartAsync(int which)
    {
        string[] stores = ["--data", demo.PathOf($"server-{which}"), "--metadata", Metadata, "--artifacts", artifacts.Value];
        var running = demo.Start([], ["serve", "--port", "0", .. stores]);
        var line = await running.LineAsync("Kumiki answers on");
        return new() { Process = running, Http = new() { BaseAddress = new(line.Split(' ')[3]), Timeout = Patience } };
    }

    [Fact]
    public async Task A_caller_who_names_a_release_sees_no_other_while_releases_come_and_servers_are_killed_in_the_middle_of_them()
    {
        await using var world = await DemoWorld.EmptyAsync(demo.PathOf("filling"), new() { Metadata = Metadata, Artifacts = artifacts.Value });
        var sets = new List<string[]>();
        for (var n = 1; n <= Sets; n++) sets.Add(await MakeAsync(world, n));
        Assert.IsType<ReleaseEnd.Live>(await new Releases(world.Metadata, world.Artifacts, TimeProvider.System, "mika").ReleaseAsync(new() { Set = sets[0] }));

        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(StartAsync));
        using var over = new CancellationTokenSource();
        // What each release was seen to hold; no answer may ever say otherwise.
        var setOf = new ConcurrentDictionary<int, int> { [1] = 1 };
        var (answered, named, cut) = (0, 0, 0);
        try
        {
            var clients = Enumerable.Range(0, 6).Select(client => Task.Run(async () =>
            {
                var random = new Random(client);
                while (!over.IsCancellationRequested)
                {
                    // Half of them name a release and ask both endpoints of it, wherever they come to.
                    var releases = setOf.Keys.ToArray();
                    int? release = random.Next(2) == 0 ? null : random.Next(2) == 0 ? releases.Max() : releases[random.Next(releases.Length)];
                    foreach (var endpoint in Endpoints)
                    {
                        var replica = replicas[random.Next(replicas.Length)];
                        try
                        {
                            await AskAsync(replica.Http, endpoint, Math.Round(random.NextDouble(), 3), release);
                            Interlocked.Increment(ref answered);
                            if (release is not null) Interlocked.Increment(ref named);
                        }
                        catch (Exception e) when (replica.IsKilled
                            && e is HttpRequestException or IOException or ObjectDisposedException or TaskCanceledException)
                        {
                            Interlocked.Increment(ref cut);     // a balancer would send it elsewhere
                            await Task.Delay(20);
                        }
                    }
                }
            })).ToArray();

            var (kills, old, releasing, slowest) = (0, 0, TimeSpan.Zero, TimeSpan.Zero);
            var dice = new Random(5);
            for (var round = 1; round <= Rounds; round++)
            {
                var which = round % 3;
                var before = (await world.Metadata.ProductionAsync(default)).Release;
                var newest = (await world.Metadata.ReleasesAsync(1, null, default))[0].Number;
                var began = Stopwatch.GetTimestamp();
                if (round % 2 == 0)
                {
                    // The server that is asked to release dies while it does.
                    var dying = replicas[which];
                    var asked = ReleaseAsync(dying, sets[round % Sets]);
                    // Somewhere on its way, with its candidate kept, or live and not yet said.
                    if (kills % 3 == 0) await Task.Delay(releasing * dice.NextDouble());
                    else await SeenAsync(world, newest, live: kills % 3 == 2);
                    dying.IsKilled = true;
                    await dying.Process.SignalAsync("KILL");
                    await asked;
                    kills++;
                    replicas[which] = await StartAsync(which);
                    dying.Dispose();
                }
                else
                {
                    Assert.True(await ReleaseAsync(replicas[which], sets[round % Sets]), "not released");
                    releasing = Stopwatch.GetElapsedTime(began);
                }
                var production = await world.Metadata.ProductionAsync(default);
                var held = production.Set["model"];
                Assert.All(Endpoints.Append("cut"), asset => Assert.Equal(held, production.Set[asset]));
                if (production.Release == before) old++;
                // Every server takes it over, without being told to look.
                began = Stopwatch.GetTimestamp();
                await Task.WhenAll(replicas.Select(async replica =>
                {
                    using var limit = new CancellationTokenSource(Patience);
                    while (await AskAsync(replica.Http, Endpoints[0], 0.75, null) < production.Release) await Task.Delay(20, limit.Token);
                }));
                if (Stopwatch.GetElapsedTime(began) is var took && took > slowest) slowest = took;
                Assert.False(clients.Any(c => c.IsFaulted), clients.FirstOrDefault(c => c.IsFaulted)?.Exception?.ToString());
            }

            // What is brought back takes the last release away from everyone, and the one before still answers who names it.
            var last = (await world.Metadata.ProductionAsync(default)).Release;
            await over.CancelAsync();
            await Task.WhenAll(clients);
            using (var back = await replicas[0].Http.PostAsJsonAsync("api/releases/rollback", new { live = last, reason = "under load" }))
                Assert.True(back.IsSuccessStatusCode);
            foreach (var replica in replicas)
            {
                Assert.Equal(last + 1, await AskAsync(replica.Http, Endpoints[0], 0.75, last + 1));
                using var refused = await SendAsync(replica.Http, Endpoints[1], 0.75, last);
                var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!;
                Assert.Equal((409, "endpoint.release-rolled-back"), ((int)refused.StatusCode, (string)problem["id"]!));
                Assert.Equal(1, await AskAsync(replica.Http, Endpoints[1], 0.75, 1));
            }
            Assert.InRange(old, 1, kills - 1);
            Assert.True(named > 100 && setOf.Count > Rounds / 2, $"{answered} answers, {named} of named releases, {setOf.Count} releases seen");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{answered} answers, {named} of named releases, {setOf.Count} releases, {kills} kills ({old} left the old release), {cut} requests cut, ")
                + string.Create(CultureInfo.InvariantCulture, $"slowest take-over {slowest.TotalSeconds:0.00} s"));
        }
        finally
        {
            await over.CancelAsync();
            foreach (var replica in replicas) replica.Dispose();
        }

        async Task<int> AskAsync(HttpClient http, string endpoint, double x, int? release)
        {
            using var response = await SendAsync(http, endpoint, x, release);
            var said = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{endpoint} by {release}: {(int)response.StatusCode} {said}");
            var answer = JsonNode.Parse(said)!;
            var by = (int)answer["release"]!;
            var n = int.Parse(((string)answer["model"]!).Split('@')[1], CultureInfo.InvariantCulture);
            Assert.Equal(($"cut@{n}", $"{endpoint}@{n}"), ((string)answer["threshold"]!, (string)answer["endpoint"]!));
            Assert.Equal($"{by}", response.Headers.GetValues("Kumiki-Release").Single());
            Assert.Equal((float)x + n, (float)answer["score"]!, 1e-5f);
            Assert.Equal((float)answer["score"]! >= n + 0.5 ? "high" : (float)answer["score"]! >= n + 0.4 ? "unsure" : "low", (string)answer["answer"]!);
            Assert.Equal(release ?? by, by);
            Assert.Equal(n, setOf.GetOrAdd(by, n));
            return by;
        }
    }

    /// <summary>Waits until a candidate newer than a release is kept, or is live.</summary>
    static async Task SeenAsync(DemoWorld world, int after, bool live)
    {
        using var limit = new CancellationTokenSource(Patience);
        for (; ; await Task.Delay(2, limit.Token))
        {
            if (live && (await world.Metadata.ProductionAsync(limit.Token)).Release > after) return;
            if (!live && (await world.Metadata.ReleasesAsync(1, null, limit.Token))[0].Number > after) return;
        }
    }

    static async Task<HttpResponseMessage> SendAsync(HttpClient http, string endpoint, double x, int? release)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/endpoints/{endpoint}/predict");
        request.Content = new StringContent(string.Create(CultureInfo.InvariantCulture, $$"""{"x": {{x}} }"""), Encoding.UTF8, "application/json");
        if (release is { } number) request.Headers.Add("Kumiki-Release", $"{number}");
        return await http.SendAsync(request);
    }

    /// <returns>Whether the server said that it is live; one that is killed says nothing.</returns>
    static async Task<bool> ReleaseAsync(Replica replica, string[] set)
    {
        try
        {
            using var answer = await replica.Http.PostAsJsonAsync("api/releases", new { set, reason = "next" });
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException && replica.IsKilled)
        {
            return false;
        }
    }

    static async Task<string[]> MakeAsync(DemoWorld world, int n)
    {
        var model = await world.MakeAsync("model", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(n))]);
        var cut = await world.MakeAsync("cut", AssetKind.Threshold, [(model, EdgeKind.Fit)], contents: [("parts/choice.json", Encoding.UTF8.GetBytes($"{n}"))]);
        var set = new List<VersionRecord> { model, cut };
        (string, byte[])[] plan = [("endpoint.json", EndpointWorld.Plan(n + 0.5).ToBytes())];
        foreach (var endpoint in Endpoints)
            set.Add(await world.MakeAsync(endpoint, AssetKind.Endpoint, [(model, EdgeKind.Fit), (cut, EdgeKind.Fit)], contents: plan));
        return [.. set.Select(v => v.Name.ToString())];
    }
}
