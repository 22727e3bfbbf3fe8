namespace Kumiki.Making;

/// <summary>The clock on the wall of a time zone, and when it first showed a time.</summary>
/// <remarks>Asks the zone only for the offset of an instant, which is never in doubt; the way back is worked out from the offsets a day before and a day
/// after, between which a clock is set at most once.</remarks>
sealed class WallClock
{
    static readonly TimeSpan Day = TimeSpan.FromHours(24), Precise = TimeSpan.FromSeconds(1);

    readonly TimeZoneInfo zone;

    WallClock(TimeZoneInfo zone) => this.zone = zone;

    public string Zone => zone.Id;

    /// <exception cref="KumikiException">No zone of the IANA database has that name.</exception>
    public static WallClock Of(string zone) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) && (zone == "UTC" || found.HasIanaId)
            ? new(found)
            : throw new KumikiException(Message.Of("schedule.zone", ("zone", zone)));

    /// <summary>What the clock shows at an instant.</summary>
    public DateTime At(DateTimeOffset instant) => DateTime.SpecifyKind(instant.UtcDateTime + OffsetAt(instant.UtcDateTime), DateTimeKind.Unspecified);

    /// <summary>The first instant at which the clock shows a time or has leapt over it.</summary>
    public DateTimeOffset FirstInstant(DateTime wall)
    {
        var utc = DateTime.SpecifyKind(wall, DateTimeKind.Utc);
        var (early, late) = (utc - Day, utc + Day);
        var (before, after) = (OffsetAt(early), OffsetAt(late));
        if (OffsetAt(utc - before) == before) return new DateTimeOffset(utc - before).ToOffset(before);
        if (OffsetAt(utc - after) == after) return new DateTimeOffset(utc - after).ToOffset(after);

        // The clock never shows it: find the instant of the leap.
        while (late - early > Precise)
        {
            var middle = early + ((late - early) / 2);
            if (OffsetAt(middle) == before) early = middle;
            else late = middle;
        }
        var leap = new DateTime(late.Ticks - (late.Ticks % Precise.Ticks), DateTimeKind.Utc);
        return new DateTimeOffset(leap).ToOffset(after);
    }

    TimeSpan OffsetAt(DateTime utc) => zone.GetUtcOffset(utc);
}
