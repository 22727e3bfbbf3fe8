namespace Kumiki.Serving;

/// <summary>Tells whether more is asked of a model than it can answer, from how its queue moves. Long alone it may be: clients that wait for their answers
/// before they ask again make it no longer than they are many. Growing it must not be.</summary>
/// <remarks>
/// As CoDel does it (Nichols and Jacobson 2012, "Controlling queue delay"), by how long those waited that leave the queue, not by its length:
/// 1. it stands, from when one left that had waited longer than <c>target</c>, until one leaves that had not;
/// 2. it stood for <see cref="Interval"/>, and since then <see cref="Burst"/> more came than left: it is overfull, and who would wait longer than the target is
/// refused;
/// 3. for <see cref="Calm"/> nobody had to be refused: it is not.
/// Not thread-safe; times are since some fixed moment.
/// </remarks>
sealed class StandingQueue
{
    /// <summary>So many clients may begin at once, each with one request, without being taken for a queue that grows.</summary>
    public const int Burst = 64;

    /// <summary>The target is so many runs, or <see cref="LeastTarget"/>.</summary>
    const double Runs = 10;

    static readonly TimeSpan LeastTarget = TimeSpan.FromMilliseconds(20), Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer than the time after which a refused client is told to ask again.</summary>
    static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    TimeSpan? since;
    TimeSpan lastRefused;
    int before, refused;

    /// <summary>Whether it is overfull.</summary>
    public bool IsOverfull { get; private set; }

    /// <summary>How long a request may wait in an overfull queue.</summary>
    /// <param name="runMs">What a run takes of late, in milliseconds.</param>
    public static TimeSpan TargetOf(double runMs) => TimeSpan.FromMilliseconds(Math.Max(LeastTarget.TotalMilliseconds, Runs * runMs));

    /// <summary>A request left the queue to be run.</summary>
    /// <param name="waited">How long it had waited.</param>
    /// <param name="left">Requests that still wait.</param>
    public void Took(TimeSpan now, TimeSpan waited, TimeSpan target, int left)
    {
        if (IsOverfull)
        {
            IsOverfull = now - lastRefused < (target > Calm ? target : Calm);
            since = null;
            return;
        }
        if (waited <= target)
        {
            since = null;
            return;
        }
        if (since is not { } stands)
        {
            (since, before, refused) = (now, left, 0);
            return;
        }
        if (now - stands < Interval || left + refused - before < Burst) return;
        (IsOverfull, lastRefused) = (true, now);
    }

    /// <summary>A request was refused because too many wait, or it would wait too long.</summary>
    public void Refused(TimeSpan now)
    {
        refused++;
        lastRefused = now;
    }
}
