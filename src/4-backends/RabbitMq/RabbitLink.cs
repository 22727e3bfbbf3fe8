using RabbitMQ.Client;

namespace Kumiki.Queues.RabbitMq;

/// <summary>The connection to a broker, opened again when it was lost.</summary>
/// <remarks>Channels are numbered by the connection they belong to: what was delivered over a lost one is the broker's again.</remarks>
sealed class RabbitLink(RabbitAddress address, TimeSpan patience) : IAsyncDisposable
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(1);

    readonly TimeProvider real = TimeProvider.System;       // the broker lives in real time, whatever clock the messages are stamped by
    readonly SemaphoreSlim opening = new(1);
    readonly CancellationTokenSource ends = new();
    IConnection? connection;
    IChannel? publishing;
    int generation;

    /// <summary>Does it, and again while the broker is away, up to the patience.</summary>
    internal async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> once, CancellationToken stop)
    {
        var began = real.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            ObjectDisposedException.ThrowIf(ends.IsCancellationRequested, this);
            try
            {
                return await once(stop);
            }
            catch (Exception e) when (RabbitTrouble.MayPass(e) && !stop.IsCancellationRequested && real.GetElapsedTime(began) < patience)
            {
                await Task.Delay(pause, real, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested && RabbitTrouble.Of(e, address, patience) is { } said)
            {
                throw said;
            }
        }
    }

    /// <summary>A channel of its own, and the number of its connection.</summary>
    internal async Task<(IChannel Channel, int Generation)> ChannelAsync(CancellationToken stop)
    {
        var (open, number) = await ConnectionAsync(stop);
        return (await open.CreateChannelAsync(null, stop), number);
    }

    /// <summary>The channel that all publish over; a publication ends when the broker has taken the message.</summary>
    internal async Task<IChannel> PublishingAsync(CancellationToken stop)
    {
        var (open, _) = await ConnectionAsync(stop);
        await opening.WaitAsync(stop);
        try
        {
            if (publishing is not { IsOpen: true })
            {
                if (publishing is not null) await publishing.DisposeAsync();
                publishing = null;
                publishing = await open.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), stop);
            }
            return publishing;
        }
        finally
        {
            opening.Release();
        }
    }

    async Task<(IConnection, int)> ConnectionAsync(CancellationToken stop)
    {
        await opening.WaitAsync(stop);
        try
        {
            ObjectDisposedException.ThrowIf(ends.IsCancellationRequested, this);
            if (connection is { IsOpen: true }) return (connection, generation);
            if (connection is not null) await connection.DisposeAsync();
            (connection, publishing) = (null, null);
            connection = await address.Factory().CreateConnectionAsync(stop);
            return (connection, ++generation);
        }
        finally
        {
            opening.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (ends.IsCancellationRequested) return;
        await ends.CancelAsync();
        await opening.WaitAsync();
        if (connection is not null) await connection.DisposeAsync();
        opening.Dispose();
        ends.Dispose();
    }
}
