using System.Diagnostics;
#if CRASH_POINTS
using System.Globalization;
#endif

namespace Kumiki.Store;

/// <summary>Counts each step that makes something durable, so that a test build can be killed at every one of them.</summary>
/// <remarks>Compiled away outside test builds. <c>KUMIKI_KILL_AT=n</c> kills the process at its n-th step, as a power cut would; <c>KUMIKI_STEPS=file</c>
/// appends the name of each step passed.</remarks>
public static class DurableStep
{
#if CRASH_POINTS
    static readonly long KillAt = long.TryParse(Environment.GetEnvironmentVariable("KUMIKI_KILL_AT"), CultureInfo.InvariantCulture, out var at) ? at : 0;
    static readonly string? Steps = Environment.GetEnvironmentVariable("KUMIKI_STEPS");
    static readonly Lock Gate = new();
    static long passed;
#endif

    /// <summary>Call right before and right after what makes <paramref name="name"/> durable.</summary>
    [Conditional("CRASH_POINTS")]
    public static void At(string name)
    {
#if CRASH_POINTS
        if (KillAt == 0 && Steps is null) return;
        lock (Gate)
        {
            passed++;
            if (Steps is not null) File.AppendAllText(Steps, $"{passed} {name}\n");
            if (passed == KillAt)
            {
                Process.GetCurrentProcess().Kill();     // SIGKILL: nothing is flushed, no handler runs
                Thread.Sleep(Timeout.Infinite);
            }
        }
#endif
    }
}
