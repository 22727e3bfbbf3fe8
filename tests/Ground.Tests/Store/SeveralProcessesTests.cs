using System.Collections.Concurrent;
using System.Globalization;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Store.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Store.Tests;

/// <summary>Two processes on one PostgreSQL, one or the other killed again and again: what was asked and answered could have come from one store that does one
/// thing after another.</summary>
public sealed class SeveralProcessesTests(PostgresServer server, ITestOutputHelper output) : IClassFixture<PostgresServer>, IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    sealed record World(int Staged, int Revision, RunState State, int Fence);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Stages_releases_and_run_states_are_linearizable_while_processes_are_killed(int seed)
    {
        var address = server.NewStore();
        await using (var store = PostgresMetadataStore.Open(PostgresAddress.Parse(address), new(), TimeProvider.System))
        {
            for (var i = 1; i <= 9; i++) await Sample.MakeAsync(store, "beans", $"{i}");
            Assert.Equal(10, (await Sample.BeginAsync(store, "beans", "under way", LivingProcess.Of(1))).Run.Number);
        }
        var environment = new Dictionary<string, string> { [StoreSettings.MetadataVariable] = address };
        var history = new ConcurrentBag<(string Asked, string? Answer, long From, long? To)>();
        var time = 0L;
        var kills = 0;

        await Task.WhenAll(Enumerable.Range(0, 2).Select(async which =>
        {
            var random = new Random(seed * 10 + which);
            for (var life = 0; life < 4; life++)
            {
                using var probe = Probe.Start(["answer", folder[$"data-{which}"]], environment);
                Assert.Equal("open", await probe.LineAsync());
                var waiting = new ConcurrentDictionary<int, TaskCompletionSource<string?>>();
                var answers = Task.Run(async () =>
                {
                    while (await probe.LineAsync() is { } line)
                        if (waiting.TryRemove(int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture), out var one))
                            one.SetResult(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
                    foreach (var one in waiting.Values) one.TrySetResult(null);         // killed: nobody will answer
                });
                var (asked, number, revision, fence) = (new List<Task>(), 0, 0, 1);
                var most = life == 3 ? 12 : random.Next(4, 14);
                for (var round = 0; round < most; round++)
                {
                    // Two at once in each process.
                    for (var both = 0; both < 2; both++)
                    {
                        var what = random.Next(8) switch
                        {
                            0 => $"stage {random.Next(1, 10)}",
                            1 or 2 => "staged",
                            3 => $"release {revision}",
                            4 => "production",
                            5 => random.Next(3) == 0 ? "attempt 10" : "state 10",
                            6 when life == 3 && random.Next(4) == 0 => $"end 10 {fence} Failed",
                            _ => "state 10",
                        };
                        asked.Add(AskAsync(what));
                    }
                    if (round < most - 1 || life == 3) await Task.WhenAll(asked);
                }
                if (life < 3)
                {
                    await Task.Delay(random.Next(12));
                    probe.Kill();
                    Interlocked.Increment(ref kills);
                }
                else probe.EndInput();
                await answers;
                await Task.WhenAll(asked);

                async Task AskAsync(string what)
                {
                    var answer = waiting[++number] = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    var from = Interlocked.Increment(ref time);
                    probe.Say($"{number} {what}");
                    var said = await answer.Task;
                    history.Add((what, said, from, said is null ? null : Interlocked.Increment(ref time)));
                    if (what == "production" && said is not null) revision = int.Parse(said, CultureInfo.InvariantCulture);
                    if (what.StartsWith("state", StringComparison.Ordinal) && said is not null) fence = int.Parse(said.Split(' ')[1],
                        CultureInfo.InvariantCulture);
                }
            }
        }));

        // Each of the three things by itself: a history is linearizable when it is for every object of it.
        var operations = history.Where(h => h.Answer is not null || !IsRead(h.Asked))
            .Select(h => (Of: Thing(h.Asked), Operation: new Operation<World>($"{h.Asked} → {h.Answer} [{h.From}, {h.To}]", h.From, h.To,
                Step(h.Asked.Split(' '), h.Answer)))).ToList();
        foreach (var thing in operations.GroupBy(o => o.Of))
        {
            var fault = Linearizability.Fault(new World(0, 0, RunState.Running, 1), [.. thing.Select(o => o.Operation)]);
            Assert.True(fault is null, $"No order explains the history of the {thing.Key}:\n{string.Join('\n', fault?.Take(12).Select(o => o.Says) ?? [])}");
        }
        output.WriteLine($"{operations.Count} operations, {operations.Count(o => o.Operation.Answered is null)} unanswered, {kills} kills");
        Assert.Equal(6, kills);
        Assert.Contains(history, h => h is { Asked: ['r', 'e', 'l', ..], Answer: "live" });
    }

    static string Thing(string asked) => asked.Split(' ')[0] switch { "stage" or "staged" => "stage", "release" or "production" => "production", _ => "run" };

    static bool IsRead(string asked) => asked is "staged" or "production" or "state 10";

    /// <summary>What an answer says of the state; an unanswered question took whatever effect it could.</summary>
    static Func<World, World?> Step(string[] asked, string? answer) => asked switch
    {
        ["stage", var number] => w => w with { Staged = Number(number) },
        ["staged"] => w => w.Staged == Number(answer!) ? w : null,
        ["release", var revision] => w => Number(revision) == w.Revision ? answer == "no" ? null : w with { Revision = w.Revision + 1 } : answer == "live"
            ? null : w,
        ["production"] => w => w.Revision == Number(answer!) ? w : null,
        ["attempt", _] => w => w.State != RunState.Running ? answer is null or "no" ? w : null
            : answer is null || answer == Text(w.Fence + 1) ? w with { Fence = w.Fence + 1 } : null,
        ["end", _, var fence, var state] => w => w.State == RunState.Running && w.Fence == Number(fence)
            ? answer == "no" ? null : w with { State = Enum.Parse<RunState>(state) } : answer == "yes" ? null : w,
        ["state", _] => w => answer == $"{w.State} {Text(w.Fence)}" ? w : null,
        _ => throw new ArgumentException($"Not asked: {string.Join(' ', asked)}"),
    };

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
