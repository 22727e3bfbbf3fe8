using System.Globalization;
using Kumiki.Queues;
using Kumiki.Queues.RabbitMq;
using RabbitMQ.Client;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>The contract on a real broker, and what only a broker does.</summary>
public sealed class RabbitQueueContract(RabbitServer server) : MessageQueueContract, IClassFixture<RabbitServer>
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly TimeSpan Hidden = TimeSpan.FromMinutes(1), Patient = TimeSpan.FromSeconds(30);
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-queue-").FullName;
    readonly List<DataFolder> opened = [];

    protected override TimeSpan Soon => TimeSpan.FromSeconds(2);

    protected override async Task<IMessageQueue> OpenAsync(QueueSettings settings, TimeProvider clock)
    {
        var data = DataFolder.Open(folder, clock);
        opened.Add(data);
        return await RabbitQueue.OpenAsync(RabbitAddress.Parse(server.Address), data.Claims(settings), settings, clock, Go);
    }

    protected override async Task RemoveAsync()
    {
        foreach (var data in opened) await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    async Task PublishAsync(string queue, BasicProperties properties)
    {
        await using var connection = await RabbitAddress.Parse(server.Address).Factory().CreateConnectionAsync(Go);
        await using var channel = await connection.CreateChannelAsync(new(true, true), Go);
        await channel.BasicPublishAsync("", queue, mandatory: true, properties, new byte[] { 1, 2 }, Go);
    }

    [Fact]
    public async Task A_message_of_another_program_without_an_id_is_a_dead_letter_and_gets_one()
    {
        Assert.Empty(await Queue.TakeAsync(In, 1, Hidden, TimeSpan.Zero, Go));      // makes the queue
        await PublishAsync(In.ToString(), new());
        await PublishAsync(In.ToString(), new() { MessageId = "theirs", Timestamp = new(1_700_000_000) });

        var taken = Assert.Single(await Queue.TakeAsync(In, 10, Hidden, Patient, Go));

        Assert.Equal(("theirs", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)), (taken.Key, taken.PutAt));
        var dead = Assert.Single(await Queue.DeadAsync(In, 10, Go));
        Assert.StartsWith("It has no message-id", dead.Reason.In("en"), StringComparison.Ordinal);
        Assert.Equal(1, await Queue.ReviveAsync(In, [dead.Key], Go));
        Assert.Equal(dead.Key, Assert.Single(await Queue.TakeAsync(In, 10, Hidden, Patient, Go)).Key);
    }

    [Fact]
    public async Task What_another_process_works_on_is_not_given_to_a_second_one()
    {
        await using var other = await OpenAsync(new(), Clock);
        await Queue.PutAsync(In, [new("a", new byte[] { 1 })], Go);
        var first = Assert.Single(await Queue.TakeAsync(In, 1, Hidden, Patient, Go));
        await PublishAsync(In.ToString(), new() { MessageId = "a" });       // a publisher that had no answer sends again

        Assert.Empty(await other.TakeAsync(In, 1, Hidden, Soon, Go));
        Assert.Equal([true], await Queue.SettleAsync([new Settlement.Done(first)], Go));
        Assert.Empty(await other.TakeAsync(In, 1, Hidden, Soon, Go));
        Assert.Empty(await Queue.TakeAsync(In, 1, Hidden, Soon, Go));
        Assert.Equal(0, (await Queue.FiguresAsync([In], Go))[0].Ready);
    }

    [Fact]
    public async Task A_queue_of_another_kind_is_refused_in_a_sentence()
    {
        await using (var connection = await RabbitAddress.Parse(server.Address).Factory().CreateConnectionAsync(Go))
        await using (var channel = await connection.CreateChannelAsync(null, Go))
            await channel.QueueDeclareAsync(In.ToString(), durable: true, exclusive: false, autoDelete: false, cancellationToken: Go);

        var refused = await Assert.ThrowsAsync<KumikiException>(() => Queue.PutAsync(In, [new("a", new byte[] { 1 })], Go));

        Assert.StartsWith("A queue of that name on 127.0.0.1:", refused.Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_queues_can_only_be_seen_by_name()
    {
        var refused = await Assert.ThrowsAsync<KumikiException>(() => Queue.FiguresAsync([], Go));
        Assert.Contains("name those you want to see", refused.Says.In("en"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://nobody:wrong@127.0.0.1:{0}/", "refuses the user nobody")]
    [InlineData("amqp://127.0.0.1:{0}/elsewhere", "no virtual host elsewhere")]
    [InlineData("amqp://127.0.0.1:1/", "could not be reached for 1 s")]
    public async Task A_broker_that_cannot_be_used_says_why_and_never_the_password(string address, string says)
    {
        var port = RabbitAddress.Parse(server.Address).Host.Split(':')[1];
        var written = string.Format(CultureInfo.InvariantCulture, address, port);
        await using var data = DataFolder.Open(folder, Clock);

        var refused = await Assert.ThrowsAsync<KumikiException>(() => RabbitQueue.OpenAsync(RabbitAddress.Parse(written), data.Claims(new()),
            new() { Patience = TimeSpan.FromSeconds(1) }, TimeProvider.System, Go));

        Assert.Contains(says, refused.Says.In("en"), StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", refused.Says.In("en"), StringComparison.Ordinal);
    }
}

public sealed class RabbitAddressTests
{
    [Theory]
    [InlineData("amqp://h", "amqp://guest@h:5672/")]
    [InlineData("amqp://mika:s%20ecret@h:1234/a%2Fb", "amqp://mika@h:1234/a%2Fb")]
    [InlineData("amqps://mika@h/x", "amqps://mika@h:5671/x")]
    public void An_address_is_written_without_its_password(string text, string written) => Assert.Equal(written, RabbitAddress.Parse(text).ToString());

    [Theory]
    [InlineData("http://mika:secret@h/")]
    [InlineData("amqp://")]
    [InlineData("amqp://mika:secret@h/a/b")]
    [InlineData("amqp://mika:secret@h/a?x=1")]
    public void Another_text_is_refused_without_its_password(string text)
    {
        var refused = Assert.Throws<KumikiException>(() => RabbitAddress.Parse(text)).Says.In("en");
        Assert.Contains("is no address of a RabbitMQ broker", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused, StringComparison.Ordinal);
    }
}
