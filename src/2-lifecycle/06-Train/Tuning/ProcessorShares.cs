namespace Kumiki.Tuning;

/// <summary>The processors of the machine, divided among what runs at the same time: while no more run than there are processors, their threads are never
/// more.</summary>
/// <param name="slots">How many may run at once.</param>
sealed class ProcessorShares(int processors, int slots)
{
    readonly Lock gate = new();
    int free = processors, running;

    /// <summary>Takes a share, to be given back by <see cref="Return"/>.</summary>
    /// <param name="waiting">What wants one, this one among them; 1 or more. The last to begin takes all that is left.</param>
    /// <returns>1 or more.</returns>
    public int Take(int waiting)
    {
        lock (gate)
        {
            var threads = Math.Max(1, free / Math.Clamp(waiting, 1, Math.Max(1, slots - running)));
            free -= threads;
            running++;
            return threads;
        }
    }

    public void Return(int threads)
    {
        lock (gate)
        {
            free += threads;
            running--;
        }
    }
}
