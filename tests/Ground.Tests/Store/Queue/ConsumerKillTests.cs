using System.Globalization;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Queues;
using Kumiki.Queues.RabbitMq;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>Consumers are killed in the middle of their work: nothing is lost, and what came of a message is given once.</summary>
public sealed class ConsumerKillTests(RabbitServer broker, PostgresServer database) : IClassFixture<RabbitServer>, IClassFixture<PostgresServer>, IDisposable
{
    const int Rows = 1500, Kills = 3;
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly QueueName In = QueueName.Of("in"), Out = QueueName.Of("out");

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-kill-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public Task In_the_data_folder() => KilledAsync("-", new());

    [Fact]
    public Task In_PostgreSQL() => KilledAsync("-", new() { Metadata = database.NewStore() });

    [Fact]
    public Task In_RabbitMQ() => KilledAsync(broker.Address, new());

    async Task KilledAsync(string address, StoreSettings stores)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, stores);
        var settings = new QueueSettings { MostDeliveries = 20 };
        await using var queue = address == "-" ? data.Queue(settings)
            : await RabbitQueue.OpenAsync(RabbitAddress.Parse(address), data.Claims(settings), settings, TimeProvider.System, Go);
        await queue.PutAsync(In, [.. Enumerable.Range(0, Rows).Select(i => new QueueMessage(i.ToString(CultureInfo.InvariantCulture), new byte[] { 1 }))], Go);
        var environment = new Dictionary<string, string> { [StoreSettings.MetadataVariable] = stores.Metadata ?? "" };

        var said = 0;
        for (var kill = 1; kill <= Kills; kill++)
        {
            using var consumer = Probe.Start(["consume", folder, address, In.ToString(), Out.ToString()], environment);
            for (var lines = 0; lines < Rows / 10; lines++) Assert.NotNull(await consumer.LineAsync());
            consumer.Kill();
            said += Rows / 10 + (await consumer.EndAsync()).Said.Count;
        }
        Assert.InRange(said, Kills * Rows / 10, Rows - 1);
        using var last = Probe.Start(["consume", folder, address, In.ToString(), Out.ToString()], environment);

        var effects = new List<string>();
        while (effects.Count < Rows)
        {
            var taken = await queue.TakeAsync(Out, 200, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), Go);
            Assert.True(taken.Count > 0, $"{effects.Count} of {Rows} answers came.");
            Assert.All(await queue.SettleAsync([.. taken.Select(t => new Settlement.Done(t))], Go), Assert.True);
            effects.AddRange(taken.Select(t => t.Key));
        }
        Assert.Empty(await queue.TakeAsync(Out, 200, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(3), Go));
        Assert.Equal(Rows, effects.Distinct().Count());
        Assert.Equal(Rows, effects.Count);
        Assert.Empty(await queue.DeadAsync(In, 10, Go));
    }
}
