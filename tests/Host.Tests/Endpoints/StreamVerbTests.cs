using System.Text.Json.Nodes;
using Kumiki.Journeys;
using Kumiki.Queues;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>Queues and streams from the command line, with a released endpoint.</summary>
public sealed class StreamVerbTests : IAsyncLifetime, IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly QueueName Out = QueueName.Of("out");

    readonly Demo demo = new("CreditRisk");
    EndpointWorld world = null!;

    public async Task InitializeAsync()
    {
        world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
    }

    public async Task DisposeAsync() => await world.DisposeAsync();

    public void Dispose() => demo.Dispose();

    Task<Said> RunAsync(params string[] arguments) => demo.RunAsync([.. arguments, "--data", world.World.Folder]);

    async Task<string> MustAsync(params string[] arguments) => (await demo.MustAsync([.. arguments, "--data", world.World.Folder])).Out;

    async Task<JsonNode> JsonAsync(params string[] arguments) => JsonNode.Parse(await MustAsync([.. arguments, "--json"]))!;

    async Task<string> RefusedAsync(params string[] arguments)
    {
        var said = await RunAsync(arguments);
        Assert.Equal(1, said.Code);
        return said.Error.Trim();
    }

    string File(params IEnumerable<string> lines)
    {
        var path = demo.PathOf("rows.jsonl");
        System.IO.File.WriteAllLines(path, lines);
        return path;
    }

    [Fact]
    public async Task Rows_of_a_file_are_answered_and_wrong_ones_are_mended_and_put_back()
    {
        var file = File("""{"x": 0.2}""", """{"x": 0.7}""", """{"x": "seven"}""", """{"x": 0.3}""");
        Assert.Equal("Put 4 messages into in; 0 were there before.", (await MustAsync("queue", "put", "in", file)).Trim());

        var done = await JsonAsync("stream", "verdict", "--from", "in", "--to", "out", "--until-empty");

        Assert.Equal((3, 1, 0), ((int)done["answered"]!, (int)done["dead"]!, (int)done["again"]!));
        var answers = (await JsonAsync("queue", "take", "out", "--most", "10")).AsArray();
        Assert.Equal(["high", "low", "low"], answers.Select(a => (string)a!["body"]!["answer"]!).Order());
        Assert.All(answers, a => Assert.Equal(((string)a!["key"]!, "verdict@1", 1),
            ((string)a["body"]!["id"]!, (string)a["body"]!["endpoint"]!, (int)a["body"]!["release"]!)));
        var dead = (await JsonAsync("queue", "dead", "in"))[0]!;
        Assert.Contains("x", (string)dead["reason"]!["text"]!, StringComparison.Ordinal);
        Assert.Equal("seven", (string)dead["body"]!["x"]!);

        Assert.Equal("Put 1 dead letters back into in.", (await MustAsync("queue", "put-back", "in", (string)dead["key"]!)).Trim());
        var shown = (await JsonAsync("queue"))[0]!;
        Assert.Equal(("in", 1, 0, 0), ((string)shown["queue"]!, (int)shown["ready"]!, (int)shown["held"]!, (int)shown["dead"]!));
        Assert.Contains("{\"x\": \"seven\"}", await MustAsync("queue", "peek", "in"), StringComparison.Ordinal);
        await MustAsync("stream", "verdict", "--from", "in", "--to", "out", "--until-empty");
        Assert.Equal("Dropped 1 dead letters of in.", (await MustAsync("queue", "drop", "in", "--all")).Trim());
        Assert.StartsWith("No queue holds anything;", await MustAsync("queue"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_is_killed_loses_no_row_and_sends_no_answer_twice()
    {
        const int rows = 6000;
        await MustAsync("queue", "put", "in", File(Enumerable.Repeat("""{"x": 0.7}""", rows)));
        await using var data = DataFolder.Open(world.World.Folder, TimeProvider.System);
        var queue = data.Queue(new());

        for (var kill = 1; kill <= 3; kill++)
        {
            using var running = demo.Start([], ["stream", "verdict", "--from", "in", "--to", "out", "--hidden", "2", "--data", world.World.Folder]);
            await running.LineAsync("verdict answers the rows of in into out");
            while ((await queue.FiguresAsync([Out], Go))[0].Ready < kill * rows / 10) await Task.Delay(20);
            await running.SignalAsync("KILL");
            await running.EndAsync();
        }
        var before = (await queue.FiguresAsync([Out], Go))[0].Ready;
        Assert.InRange(before, 1, rows - 1);
        await MustAsync("stream", "verdict", "--from", "in", "--to", "out", "--until-empty");

        var answers = await queue.PeekAsync(Out, 2 * rows, Go);
        Assert.Equal(rows, answers.Count);
        Assert.Equal(rows, answers.Select(a => a.Key).Distinct().Count());
        Assert.Equal(0, (await queue.FiguresAsync([QueueName.Of("in")], Go))[0].Dead);
    }

    [Fact]
    public async Task A_stream_ends_by_a_signal_with_what_it_has_taken()
    {
        await MustAsync("queue", "put", "in", File(Enumerable.Repeat("""{"x": 0.7}""", 100)));
        await using var data = DataFolder.Open(world.World.Folder, TimeProvider.System);
        var queue = data.Queue(new());
        using var running = demo.Start([], ["stream", "verdict", "--from", "in", "--to", "out", "--data", world.World.Folder]);
        await running.LineAsync("verdict answers the rows of in into out");
        while ((await queue.FiguresAsync([Out], Go))[0].Ready < 100) await Task.Delay(20);

        await running.SignalAsync("TERM");
        var said = await running.EndAsync();

        Assert.Equal(0, said.Code);
        Assert.Contains("100 answered, 0 given up", said.Out, StringComparison.Ordinal);
        var sign = Assert.Single(await Store.DataFolder.Queues(world.World.Metadata, new()).SignsAsync(Go));
        Assert.Equal(("verdict", "in", "out", 100L, 0L, true), (sign.Endpoint, sign.From, sign.To, sign.Answered, sign.Dead, sign.Ended));
        var left = (await queue.FiguresAsync([QueueName.Of("in")], Go))[0];
        Assert.Equal((0L, 0L), (left.Ready, left.Held!.Value));
    }

    [Fact]
    public async Task A_key_of_the_row_makes_putting_a_file_twice_safe()
    {
        var file = File("""{"x": 0.2, "id": "a"}""", "", """{"x": 0.7, "id": 7}""");
        Assert.Equal("Put 2 messages into in; 0 were there before.", (await MustAsync("queue", "put", "in", file, "--key", "id")).Trim());
        Assert.Equal("Put 0 messages into in; 2 were there before.", (await MustAsync("queue", "put", "in", file, "--key", "id")).Trim());
        Assert.Equal(["7", "a"], (await JsonAsync("queue", "peek", "in")).AsArray().Select(m => (string)m!["key"]!).Order());
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_in_a_sentence()
    {
        Assert.Equal("No endpoint nothing is released; released are: verdict.", await RefusedAsync("stream", "nothing", "--from", "in", "--to", "out"));
        Assert.StartsWith("The answers cannot go into in,",
            await RefusedAsync("stream", "verdict", "--from", "in", "--to", "in", "--until-empty"), StringComparison.Ordinal);
        Assert.StartsWith("'a b' is no name of a queue;", await RefusedAsync("queue", "peek", "a b"), StringComparison.Ordinal);
        Assert.Equal("--batch is a number from 1 to 1000, not 0.", await RefusedAsync("stream", "verdict", "--from", "in", "--to", "out", "--batch", "0"));
        Assert.Equal("--most is a number from 1 to 10000, not 0.", await RefusedAsync("queue", "dead", "in", "--most", "0"));
        Assert.StartsWith("Line 2 of ", await RefusedAsync("queue", "put", "in", File("""{"x": 1}""", "{\"x\"")), StringComparison.Ordinal);
        Assert.Contains("is no JSON object on one line (Number)", await RefusedAsync("queue", "put", "in", File("1")), StringComparison.Ordinal);
        Assert.Contains("has no text or number id, which --key names",
            await RefusedAsync("queue", "put", "in", File("""{"x": 1}"""), "--key", "id"), StringComparison.Ordinal);
        Assert.Contains("nowhere.jsonl cannot be read:", await RefusedAsync("queue", "put", "in", "nowhere.jsonl"), StringComparison.Ordinal);
        Assert.StartsWith("Name the dead letters by their keys, or all of them by --all;", await RefusedAsync("queue", "drop", "in"), StringComparison.Ordinal);
        Assert.Contains("leave the password out of --queue", await RefusedAsync("queue", "--queue", "amqp://mika:secret@127.0.0.1/"), StringComparison.Ordinal);
        var unknown = await RefusedAsync("queue", "--queue", "kafka://127.0.0.1/");
        Assert.Equal("'kafka:…' names no queues that this program knows; it knows the data folder's (leave --queue out).", unknown);
    }
}
