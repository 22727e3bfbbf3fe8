using System.Globalization;
using Kumiki.Making;

namespace Kumiki;

/// <summary>When something is due, again and again: the five fields of cron, read on the clock of a time zone.</summary>
/// <remarks>
/// Fields: minute 0–59, hour 0–23, day of the month 1–31, month 1–12 or JAN–DEC, day of the week 0–7 (0 and 7 are Sunday) or SUN–SAT; each a
/// <c>*</c>, a value, a range <c>a-b</c>, a step <c>*/n</c> or <c>a-b/n</c>, or a list of these with commas. Where both days are named, a day that is one of
/// the two is due, as in cron; a field that begins with <c>*</c> names no day.
/// The clock's every minute comes once: what is due at a time that the clock leaps over in spring is due at the first instant after the leap, and what is due
/// at a time that the clock shows twice in autumn is due the first time. <c>CronTests</c> holds this against a twin that walks the clock minute by minute.
/// </remarks>
public sealed class Cron
{
    /// <summary>The 29th of February may be eight years away, and where a step of weekdays must meet it, forty.</summary>
    const int LongestWaitYears = 41;

    readonly ulong minutes, hours, days, months, weekdays;
    readonly bool eitherDay;
    readonly WallClock clock;

    Cron(string expression, WallClock clock, IReadOnlyList<CronField> fields)
    {
        (Expression, this.clock) = (expression, clock);
        (minutes, hours, days, months, weekdays) = (fields[0].Values, fields[1].Values, fields[2].Values, fields[3].Values, fields[4].Values);
        eitherDay = !fields[2].IsAny && !fields[4].IsAny;
    }

    /// <summary>The five fields as they were written.</summary>
    public string Expression { get; }

    /// <summary>The IANA name of the time zone.</summary>
    public string Zone => clock.Zone;

    /// <summary>Reads an expression.</summary>
    /// <param name="zone">An IANA name: <c>Europe/Berlin</c>, <c>Asia/Tokyo</c>, <c>UTC</c>.</param>
    /// <exception cref="KumikiException">A field or the zone cannot be read, or no day of any year is due; the sentence says which, and the mend.</exception>
    public static Cron Of(string expression, string zone)
    {
        var written = expression.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (written.Length != 5) throw new KumikiException(Message.Of("schedule.cron-fields", ("cron", expression), ("count", written.Length)));
        IReadOnlyList<CronField> fields = [.. CronField.Kinds.Select((kind, i) => CronField.Read(kind, written[i], expression))];
        var cron = new Cron(expression, WallClock.Of(zone), fields);
        cron.RefuseNever();
        return cron;
    }

    /// <summary>The first instant after <paramref name="instant"/> that is due, in the zone's offset of that moment.</summary>
    public DateTimeOffset After(DateTimeOffset instant)
    {
        // A day early: where the clock has been set back, an instant's wall time may be one that was passed before.
        var first = clock.At(instant).Date.AddDays(-1);
        for (var day = first; day.Year <= first.Year + LongestWaitYears; day = NextDay(day))
        {
            if (!IsDue(day) || clock.FirstInstant(day.AddMinutes(24 * 60 - 1)) <= instant) continue;
            for (var hour = 0; hour < 24; hour++)
            {
                if ((hours >> hour & 1) == 0 || clock.FirstInstant(day.AddMinutes(hour * 60 + 59)) <= instant) continue;
                for (var minute = 0; minute < 60; minute++)
                    if ((minutes >> minute & 1) != 0 && clock.FirstInstant(day.AddHours(hour).AddMinutes(minute)) is var due && due > instant) return due;
            }
        }
        throw new KumikiException(Never(31));
    }

    /// <summary>All instants after the first and up to the second that are due, oldest first.</summary>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset after, DateTimeOffset until)
    {
        for (var due = After(after); due <= until; due = After(due)) yield return due;
    }

    /// <summary>The newest instant after the first and up to the second that is due.</summary>
    public DateTimeOffset? Newest(DateTimeOffset after, DateTimeOffset until)
    {
        for (var back = TimeSpan.FromHours(1); ; back *= 4)
        {
            var from = until - after <= back ? after : until - back;
            if (Between(from, until).LastOrDefault() is { Ticks: > 0 } newest) return newest;
            if (from == after) return null;
        }
    }

    /// <summary>An instant on this clock: <c>2026-01-05 06:00 Europe/Berlin</c>.</summary>
    public string Written(DateTimeOffset instant) => string.Create(CultureInfo.InvariantCulture, $"{clock.At(instant):yyyy-MM-dd HH:mm} {Zone}");

    /// <summary>The instant at which this clock first shows a wall time.</summary>
    public DateTimeOffset InstantOf(DateTime wall) => clock.FirstInstant(wall);

    public override string ToString() => $"{Expression} ({Zone})";

    bool IsDue(DateTime day)
    {
        if ((months >> day.Month & 1) == 0) return false;
        var (ofMonth, ofWeek) = ((days >> day.Day & 1) != 0, (weekdays >> (int)day.DayOfWeek & 1) != 0);
        return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    /// <summary>The next day, or the first of the next month where no day of this one is due.</summary>
    DateTime NextDay(DateTime day) => (months >> day.Month & 1) == 0 ? new DateTime(day.Year, day.Month, 1).AddMonths(1) : day.AddDays(1);

    void RefuseNever()
    {
        if (eitherDay) return;      // some weekday comes in every month
        var longest = Enumerable.Range(1, 12).Where(m => (months >> m & 1) != 0).Max(m => DateTime.DaysInMonth(2024, m));
        if (days >> (longest + 1) << (longest + 1) == days) throw new KumikiException(Never(longest));
    }

    Message Never(int longest) => Message.Of("schedule.cron-never", ("cron", Expression), ("longest", longest));
}
