using Kumiki.Queues;
using Kumiki.Queues.RabbitMq;
using Kumiki.Store;

namespace Kumiki.StoreProbe;

/// <summary>A stream in small.</summary>
static class Consumer
{
    static readonly CancellationToken Go = CancellationToken.None;

    /// <param name="address">Of a broker; a dash: the queues of the folder.</param>
    internal static async Task ConsumeAsync(string folder, string address, string from, string to)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, StoreSettings.OfEnvironment());
        var settings = new QueueSettings { MostDeliveries = 20 };
        await using var queue = address == "-" ? data.Queue(settings)
            : await RabbitQueue.OpenAsync(RabbitAddress.Parse(address), data.Claims(settings), settings, TimeProvider.System, Go);
        var (rows, answers) = (QueueName.Of(from), QueueName.Of(to));
        while (true)
        {
            var taken = await queue.TakeAsync(rows, 16, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1), Go);
            var settled = await queue.SettleAsync([.. taken.Select(t => new Settlement.Done(t, (answers, new(t.Key, t.Body))))], Go);
            foreach (var (message, isMine) in taken.Zip(settled))
                if (isMine) Console.Out.WriteLine(message.Key);
            Console.Out.Flush();
        }
    }
}
