using System.Globalization;
using System.Text.Json.Nodes;
using Kumiki.Journeys;
using Kumiki.Queues;
using Kumiki.Queues.RabbitMq;
using Kumiki.Store;
using Kumiki.Store.Tests;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>The command, from a real broker to a real broker.</summary>
public sealed class RabbitStreamVerbTests(RabbitServer server) : IClassFixture<RabbitServer>, IDisposable
{
    const int Rows = 12_000;
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly QueueName Out = QueueName.Of("answers");

    readonly Demo demo = new(Demo.Bare);

    public void Dispose() => demo.Dispose();

    [Fact]
    public async Task A_stream_that_is_stopped_by_a_signal_is_gone_on_with_by_the_next_and_every_row_has_one_answer()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        string[] place = ["--queue", server.Address, "--data", world.World.Folder];
        string[] stream = ["stream", "verdict", "--from", "rows", "--to", "answers", .. place];
        // Row i has x = (i + ½) / Rows; of row 77 it is no number.
        await File.WriteAllLinesAsync(demo.PathOf("rows.jsonl"), Enumerable.Range(0, Rows).Select(i => i == 77 ? $$"""{"x": "seven", "place": "{{i}}"}"""
            : string.Create(CultureInfo.InvariantCulture, $$"""{"x": {{(i + 0.5) / Rows}} }""")));
        var put = await demo.MustAsync(["queue", "put", "rows", "rows.jsonl", .. place]);
        Assert.StartsWith($"Put {Rows} messages into rows;", put.Out, StringComparison.Ordinal);

        var answered = 0;
        using (var running = demo.Start([], stream))
        {
            await running.LineAsync("verdict answers the rows of rows into answers");
            await running.LineAsync(" answered, ");        // the first line of its progress
            await running.SignalAsync("TERM");
            var said = await running.EndAsync();
            Assert.True(said.Code == 0, $"{said}");
            answered = AnsweredOf(said.Out.Trim().Split('\n')[^1]);
            Assert.InRange(answered, 1, Rows - 2);
        }
        var rest = (await demo.JsonAsync([.. stream, "--until-empty"])).GetProperty("answered").GetInt32();

        // A row that was answered and not settled when the signal came would be answered again, and put once all the same.
        Assert.InRange(rest, Rows - 1 - answered, Rows - 1);
        await using var data = DataFolder.Open(world.World.Folder, TimeProvider.System);
        var settings = new QueueSettings();
        await using var queue = await RabbitQueue.OpenAsync(RabbitAddress.Parse(server.Address), data.Claims(settings), settings, TimeProvider.System, Go);
        var decisions = new Dictionary<string, int>();
        var keys = new HashSet<string>();
        while (keys.Count < Rows - 1)
        {
            var taken = await queue.TakeAsync(Out, 500, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20), Go);
            Assert.True(taken.Count > 0, $"only {keys.Count} answers");
            foreach (var one in taken)
            {
                var answer = JsonNode.Parse(one.Body.Span)!;
                Assert.Equal((one.Key, 1, "verdict@1"), ((string)answer["id"]!, (int)answer["release"]!, (string)answer["endpoint"]!));
                Assert.True(keys.Add(one.Key), $"{one.Key} was answered twice");
                var decision = (string)answer["answer"]!;
                decisions[decision] = decisions.GetValueOrDefault(decision) + 1;
            }
            await queue.SettleAsync([.. taken.Select(t => new Settlement.Done(t))], Go);
        }
        Assert.Empty(await queue.TakeAsync(Out, 1, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), Go));
        // The score is x + 1, high from 1.5 on and unsure from 1.4.
        Assert.Equal((Rows / 2, Rows / 10, (Rows * 4 / 10) - 1), (decisions["high"], decisions["unsure"], decisions["low"]));
        var dead = Assert.Single(JsonNode.Parse((await demo.MustAsync(["queue", "dead", "rows", .. place, "--json"])).Out)!.AsArray())!;
        Assert.Equal("seven", (string)dead["body"]!["x"]!);
    }

    static int AnsweredOf(string line) => int.Parse(line.Split(' ')[0].Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
}
