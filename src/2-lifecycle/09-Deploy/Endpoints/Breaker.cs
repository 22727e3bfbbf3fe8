namespace Kumiki.Serving;

/// <summary>Keeps requests away from what fails again and again: after <see cref="Failures"/> in a row it is open, and all are refused without being tried; after <see cref="Rest"/> one may try, and
/// closes it if it succeeds.</summary>
/// <remarks>Nygard 2007, "Release It!", "Circuit Breaker".</remarks>
sealed class Breaker(TimeProvider clock)
{
    /// <summary>Failures in a row that open it.</summary>
    public const int Failures = 5;

    /// <summary>How long it stays open before one may try.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    int failed;
    long openedAt;
    bool trying;

    /// <summary>Whether requests are kept away now.</summary>
    public bool IsOpen
    {
        get
        {
            lock (gate) return failed >= Failures;
        }
    }

    /// <summary>Whether a request may try; whoever is let through says how it ended.</summary>
    public bool LetsThrough()
    {
        lock (gate)
        {
            if (failed < Failures) return true;
            if (trying || clock.GetElapsedTime(openedAt) < Rest) return false;
            return trying = true;
        }
    }

    public void Succeeded()
    {
        if (Volatile.Read(ref failed) == 0) return;
        lock (gate) (failed, trying) = (0, false);
    }

    public void Failed()
    {
        lock (gate)
        {
            failed++;
            trying = false;
            if (failed >= Failures) openedAt = clock.GetTimestamp();
        }
    }

    /// <summary>It was tried, and how it ended says nothing of what was tried.</summary>
    public void Abandoned()
    {
        lock (gate) trying = false;
    }
}
