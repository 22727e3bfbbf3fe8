using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Journeys;
using Kumiki.Store.Tests;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Two servers, each a process with a data folder of its own, on one PostgreSQL and one place for artifacts.</summary>
public sealed class TwoServersTests(PostgresServer database) : IClassFixture<PostgresServer>, IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    readonly Demo demo = new();

    public void Dispose() => demo.Dispose();

    string Metadata => $"postgres://postgres@127.0.0.1:{database.Port}/postgres?schema=two";

    string Artifacts => demo.PathOf("shared");

    /// <summary>A server and how to ask it.</summary>
    sealed record Server(Journeys.Running Process, HttpClient Http) : IDisposable
    {
        public void Dispose()
        {
            Process.Dispose();
            Http.Dispose();
        }
    }

    async Task<Server> StartAsync(string data)
    {
        var running = demo.Start([], ["serve", "--port", "0", "--data", demo.PathOf(data), "--metadata", Metadata, "--artifacts", Artifacts]);
        var line = await running.LineAsync("Kumiki answers on");
        Assert.Contains($"(data: {demo.PathOf(data)}, postgres://postgres@127.0.0.1:{database.Port}/postgres?schema=two, {Artifacts})", line,
            StringComparison.Ordinal);
        return new(running, new HttpClient { BaseAddress = new(line.Split(' ')[3]), Timeout = Patience });
    }

    [Fact]
    public async Task Two_servers_tell_each_other_what_changed_decide_as_one_and_lose_nothing_when_one_is_killed()
    {
        await (await DemoWorld.FilledAsync(demo.PathOf("filling"), new() { Metadata = Metadata, Artifacts = Artifacts })).DisposeAsync();
        Server[] servers = await Task.WhenAll(StartAsync("one"), StartAsync("two"));
        try
        {
            await TellsAsync(servers[0], servers[1]);
            await TellsAsync(servers[1], servers[0]);
            for (var round = 0; round < 2; round++) await OneRollsBackAsync(servers);

            var history = new ConcurrentBag<Operation<Register>>();
            var (time, start) = (0L, await StagedAsync(servers[0].Http));
            await Task.WhenAll(Enumerable.Range(0, 2).Select(async which =>
            {
                var random = new Random(which);
                for (var round = 0; round < 40; round++)
                {
                    if ((round, which) is (12, 0) or (26, 1))
                    {
                        // What is asked at the moment of the kill gets no answer.
                        var asked = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => AskAsync(servers[which].Http, random.Next(1, 4))));
                        await servers[which].Process.SignalAsync("KILL");
                        await asked;
                        servers[which].Dispose();
                        servers[which] = await StartAsync(which == 0 ? "one" : "two");
                    }
                    await Task.WhenAll(AskAsync(servers[which].Http, random.Next(3) == 0 ? random.Next(1, 4) : null), AskAsync(servers[which].Http, null));
                }
            }));
            var fault = Linearizability.Fault(new Register(start), [.. history]);
            Assert.True(fault is null, $"No order explains:\n{string.Join('\n', fault?.Take(12).Select(o => o.Says) ?? [])}");

            async Task AskAsync(HttpClient http, int? number)
            {
                var from = Interlocked.Increment(ref time);
                try
                {
                    if (number is { } staged)
                    {
                        using var answer = await http.PostAsJsonAsync("api/stages", new { versions = new[] { $"sales@{staged}" }, reason = "asked" });
                        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
                        var to = Interlocked.Increment(ref time);
                        history.Add(new($"stage {staged} [{from}, {to}]", from, to, _ => new(staged)));
                    }
                    else
                    {
                        var read = await StagedAsync(http);
                        var to = Interlocked.Increment(ref time);
                        history.Add(new($"staged {read} [{from}, {to}]", from, to, r => r.Value == read ? r : null));
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    if (number is { } staged) history.Add(new($"stage {staged} [{from}, ?]", from, null, _ => new(staged)));
                }
            }
        }
        finally
        {
            foreach (var server in servers) server.Dispose();
        }
    }

    sealed record Register(int Value);

    /// <summary>The version of sales that was staged last.</summary>
    static async Task<int> StagedAsync(HttpClient http) =>
        (int)JsonNode.Parse(await http.GetStringAsync("api/stages/history?asset=sales&limit=20"))!["moves"]!.AsArray().First(m =>
            (string)m!["stage"]! == "staging")!["number"]!;

    /// <summary>A write through one server is an event of the other's.</summary>
    static async Task TellsAsync(Server writer, Server listener)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var changes = new StreamReader(await listener.Http.GetStreamAsync("api/changes", limit.Token));
        var before = await NextAsync(changes, limit.Token);
        var staged = await StagedAsync(writer.Http) % 3 + 1;

        using var answer = await writer.Http.PostAsJsonAsync("api/stages", new { versions = new[] { $"sales@{staged}" }, reason = "told" }, limit.Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(limit.Token));

        Assert.True(await NextAsync(changes, limit.Token) > before);
        Assert.Equal(staged, await StagedAsync(listener.Http));
    }

    /// <summary>Of two people who bring back what was live before the same release, through two servers, one does.</summary>
    static async Task OneRollsBackAsync(IReadOnlyList<Server> servers)
    {
        var live = (int)JsonNode.Parse(await servers[0].Http.GetStringAsync("api/production"))!["release"]!;

        var ends = await Task.WhenAll(servers.Select(async s =>
        {
            using var answer = await s.Http.PostAsJsonAsync("api/releases/rollback", new { live, reason = "both at once" });
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }));

        Assert.True(ends.Count(e => e.Item1 == 200) == 1 && ends.Count(e => e.Item1 == 409) == 1, string.Join('\n', ends));
        var now = await Task.WhenAll(servers.Select(s => s.Http.GetStringAsync("api/production")));
        Assert.Equal(now[0], now[1]);
        Assert.NotEqual(live, (int)JsonNode.Parse(now[0])!["release"]!);
    }

    static async Task<long> NextAsync(StreamReader reader, CancellationToken stop)
    {
        for (; ; )
        {
            var line = await reader.ReadLineAsync(stop) ?? throw new EndOfStreamException("The stream of changes ended.");
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return (long)JsonNode.Parse(line[6..])!["revision"]!;
        }
    }
}
