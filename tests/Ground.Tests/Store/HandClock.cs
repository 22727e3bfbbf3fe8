namespace Kumiki.Store.Tests;

/// <summary>A clock that tests turn by hand.</summary>
sealed class HandClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
