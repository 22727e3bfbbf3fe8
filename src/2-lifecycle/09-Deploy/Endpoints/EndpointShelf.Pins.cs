using Kumiki.Releasing;

namespace Kumiki.Serving;

/// <summary>Which release a caller wants to be answered by.</summary>
/// <param name="Exactly">This one and no other; null: any.</param>
/// <param name="AtLeast">The oldest that will do.</param>
/// <param name="Session">The one that the caller's session began with, if it may still answer; null: the session begins here.</param>
readonly record struct AskedRelease(int? Exactly = null, int AtLeast = 0, int? Session = null)
{
    /// <summary>Whether the caller named the release that is to answer.</summary>
    public bool IsNamed => Exactly is not null || Session is not null;
}

sealed partial class EndpointShelf
{
    /// <summary>Releases of before that are held open; of more, the one that was asked longest ago is closed. Their models are the model shelf's, within its
    /// memory.</summary>
    const int MostPins = 4;

    readonly SemaphoreSlim opening = new(1);
    readonly ReleaseTrail trail;
    Pin[] pins = [];

    /// <summary>A release of before, open.</summary>
    sealed class Pin(LiveRelease release)
    {
        public LiveRelease Release => release;

        /// <summary>Production's revision up to which it is known not to be rolled back.</summary>
        public long Checked { get; set; }
        public long Used { get; set; }
    }

    /// <summary>The release that answers a caller.</summary>
    /// <exception cref="InferenceException">There is none such, or it was rolled back.</exception>
    public async ValueTask<LiveRelease> ReleaseAsync(AskedRelease asked, CancellationToken stop)
    {
        if (asked.Exactly is { } number)
        {
            if (number < asked.AtLeast) throw InferenceException.Bad(Message.Of("endpoint.release-pair", ("release", number), ("least", asked.AtLeast)));
            return await PinnedAsync(number, stop);
        }
        if (asked.Session is { } begun && begun >= asked.AtLeast)
        {
            try
            {
                return await PinnedAsync(begun, stop);
            }
            catch (InferenceException e) when (e.Fault is InferenceFault.Withdrawn or InferenceFault.NotFound)
            {
                // a release that was rolled back answers no session any more: it goes on with what is live
            }
        }
        return await LiveAsync(asked.AtLeast, stop);
    }

    async ValueTask<LiveRelease> PinnedAsync(int number, CancellationToken stop)
    {
        var now = await NewestAsync(number, stop);
        if (now.Number == number) return now;
        if (Held() is { } open && open.Checked == now.Revision) return Use(open);
        await opening.WaitAsync(stop);
        try
        {
            var (wasLive, undoneBy) = now.Number > number ? await trail.OfAsync(number, now.Number, stop) : (false, null);
            if (!wasLive)
                throw new InferenceException(InferenceFault.NotFound, Message.Of("endpoint.release-never-live", ("release", number), ("live", now.Number)));
            if (undoneBy is { } by)
            {
                pins = [.. pins.Where(p => p.Release.Number != number)];
                throw new InferenceException(InferenceFault.Withdrawn, Message.Of("endpoint.release-rolled-back", ("release", number), ("by", by)));
            }
            if (Held() is not { } pin)
            {
                var record = (await metadata.ReleaseAsync(number, stop))!;
                pin = new(await ReadAsync(new(record.Base + 1, number, record.Set), stop));
                pins = [pin, .. pins.OrderByDescending(p => p.Used).Take(MostPins - 1)];
            }
            pin.Checked = now.Revision;
            return Use(pin);
        }
        finally
        {
            opening.Release();
        }

        Pin? Held() => Array.Find(pins, p => p.Release.Number == number);

        LiveRelease Use(Pin pin)
        {
            pin.Used = clock.GetTimestamp();
            return pin.Release;
        }
    }

    /// <summary>The release that is live; where an older one than the caller knows of was seen last, it is looked for.</summary>
    async ValueTask<LiveRelease> NewestAsync(int known, CancellationToken stop)
    {
        var seen = live;
        if (seen is not null && seen.Number >= known) return seen;
        var now = await LookAsync(seen, stop);
        // A look that another had begun before this caller came may have missed what this caller knows of; the next has not.
        return now.Number >= known || now == seen ? now : await LookAsync(now, stop);
    }
}
