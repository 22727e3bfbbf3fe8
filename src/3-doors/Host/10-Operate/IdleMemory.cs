using Kumiki.Native;
using Kumiki.Serving;
using Microsoft.Extensions.Hosting;

namespace Kumiki.Hosting;

/// <summary>Gives memory back that a server does not need while nothing is asked of it: what a start, a look at all models or a model that left the memory has
/// behind it would else be held until somebody asks again.</summary>
sealed class IdleMemory(ModelShelf models, TimeProvider clock) : BackgroundService
{
    static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(BetweenLooks, clock);
        var looks = new Looks();
        while (await NextAsync(timer, stoppingToken))
            if (looks.IsDue(GC.GetTotalAllocatedBytes(), GC.GetTotalMemory(forceFullCollection: false), models.Left)) ProcessMemory.GiveBack();
    }

    /// <returns>False where the server stops.</returns>
    static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>When it is worth it and disturbs nobody.</summary>
    internal sealed class Looks
    {
        /// <summary>Whoever allocates more between two looks is not idle; a scrape of the metrics allocates less.</summary>
        const long Idle = 1 << 20;

        /// <summary>Less is not worth a collection.</summary>
        const long Worth = 4 << 20;

        /// <summary>A greater heap takes so long that a request which comes meanwhile would notice.</summary>
        const long Most = 256 << 20;

        long seen, given, gone;

        /// <param name="allocated">Bytes that were allocated since the process began.</param>
        /// <param name="held">Bytes of the managed heap, with what could be collected.</param>
        /// <param name="left">Models that have left the memory, of which the engine had most.</param>
        public bool IsDue(long allocated, long held, long left)
        {
            var isIdle = allocated - seen < Idle;
            seen = allocated;
            if (!isIdle || (allocated - given < Worth && left == gone) || held > Most) return false;
            (given, gone) = (allocated, left);
            return true;
        }
    }
}
