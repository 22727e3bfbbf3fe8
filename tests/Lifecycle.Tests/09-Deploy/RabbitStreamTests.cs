using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Kumiki.Queues;
using Kumiki.Queues.RabbitMq;
using Kumiki.Store;
using Kumiki.Store.Tests;
using Kumiki.Streaming;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>A stream over a real broker that is killed and started again.</summary>
public sealed class RabbitStreamTests(RabbitServer server) : IClassFixture<RabbitServer>, IDisposable
{
    const int Rows = 20_000;
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly QueueName In = QueueName.Of("in"), Out = QueueName.Of("out");

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-stream-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_broker_that_is_killed_in_the_middle_loses_no_row_and_doubles_no_effect()
    {
        // Put, stream twice, and use the answers, each with a connection of its own.
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        await using var putting = await OpenAsync(data);
        await using var streaming = await OpenAsync(data);
        await using var alsoStreaming = await OpenAsync(data);
        await using var consuming = await OpenAsync(data);
        Assert.Empty(await streaming.TakeAsync(In, 1, TimeSpan.FromSeconds(30), TimeSpan.Zero, Go));
        Assert.Empty(await consuming.TakeAsync(Out, 1, TimeSpan.FromSeconds(30), TimeSpan.Zero, Go));
        await server.KeepQueuesAsync();
        var effects = new ConcurrentDictionary<string, int>();
        using var stop = new CancellationTokenSource();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(9));
        var some = new TaskCompletionSource();

        var put = Task.Run(async () =>
        {
            foreach (var chunk in Enumerable.Range(0, Rows).Chunk(200))
                await putting.PutAsync(In, [.. chunk.Select(i => new QueueMessage(Text(i), Encoding.UTF8.GetBytes(Text(i))))], limit.Token);
        });
        var streams = new[] { streaming, alsoStreaming }
            .Select(queue => new PredictionStream(queue, Double, new(In, Out), null, TimeProvider.System).RunAsync(stop.Token)).ToList();
        var used = Task.Run(async () =>
        {
            while (effects.Count < Rows)
            {
                var taken = await consuming.TakeAsync(Out, 100, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), limit.Token);
                foreach (var answer in taken)
                {
                    Assert.Equal(2 * int.Parse(answer.Key, CultureInfo.InvariantCulture), int.Parse(answer.Body.Span, CultureInfo.InvariantCulture));
                    effects.AddOrUpdate(answer.Key, 1, (_, before) => before + 1);
                }
                await consuming.SettleAsync([.. taken.Select(t => new Settlement.Done(t))], limit.Token);
                if (effects.Count > Rows / 4) some.TrySetResult();
            }
        });

        await Task.WhenAny(some.Task, used);
        Assert.InRange(effects.Count, 1, Rows - 1);
        await server.KillAsync();
        await server.StartAsync();
        await put;
        await used;
        // What is left are repeats, which nobody is given.
        Assert.Empty(await consuming.TakeAsync(Out, 100, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), limit.Token));
        await stop.CancelAsync();
        var done = await Task.WhenAll(streams);

        Assert.Equal(Rows, effects.Count);
        Assert.All(effects, e => Assert.Equal(1, e.Value));
        Assert.Equal(0, done.Sum(d => d.Dead));
        Assert.InRange(done.Sum(d => d.Answered), Rows, Rows + 2000);         // an answer whose acknowledgement was cut off may have been sent twice
        Assert.Empty(await consuming.DeadAsync(In, 10, Go));
    }

    async Task<RabbitQueue> OpenAsync(DataFolder data)
    {
        var settings = new QueueSettings { Patience = TimeSpan.FromMinutes(5) };
        return await RabbitQueue.OpenAsync(RabbitAddress.Parse(server.Address), data.Claims(settings), settings, TimeProvider.System, Go);
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    static ValueTask<ReadOnlyMemory<byte>> Double(Delivery message, CancellationToken gone) =>
        new(Encoding.UTF8.GetBytes(Text(2 * int.Parse(message.Body.Span, CultureInfo.InvariantCulture))));
}
