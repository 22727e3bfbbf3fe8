using System.Globalization;
using Xunit;

namespace Kumiki.Ground.Tests.Making;

public sealed class CronTests
{
    static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    static string[] Due(string cron, string zone, string after, string until) =>
        [.. Cron.Of(cron, zone).Between(Utc(after), Utc(until)).Select(d => d.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture))];

    static string Refused(string cron, string zone = "UTC", string language = "en") =>
        Assert.Throws<KumikiException>(() => Cron.Of(cron, zone)).Says.In(language);

    [Theory]
    // Monday at six, on the clock of Berlin, before and after the clocks change (29 March and 25 October 2026).
    [InlineData("0 6 * * 1", "Europe/Berlin", "2026-03-20", "2026-04-07", "2026-03-23 06:00 +01:00", "2026-03-30 06:00 +02:00", "2026-04-06 06:00 +02:00")]
    // 02:30 is leapt over on 29 March: due once, at 03:00.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28", "2026-03-31", "2026-03-28 02:30 +01:00", "2026-03-29 03:00 +02:00", "2026-03-30 02:30 +02:00")]
    // 02:30 is shown twice on 25 October: due the first time.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-26T12:00", "2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00")]
    // All that is leapt over falls on one instant, with what is due then anyway.
    [InlineData("*/30 1-3 29 3 *", "Europe/Berlin", "2026-03-28", "2026-03-30", "2026-03-29 01:00 +01:00", "2026-03-29 01:30 +01:00",
        "2026-03-29 03:00 +02:00", "2026-03-29 03:30 +02:00")]
    // São Paulo's clock leapt from 00:00 to 01:00 on 4 November 2018: that day has no midnight.
    [InlineData("0 0 * * *", "America/Sao_Paulo", "2018-11-03", "2018-11-05T12:00", "2018-11-03 00:00 -03:00", "2018-11-04 01:00 -02:00",
        "2018-11-05 00:00 -02:00")]
    // Samoa had no 30 December 2011 at all.
    [InlineData("0 9 * * *", "Pacific/Apia", "2011-12-28T20:00", "2011-12-31T12:00", "2011-12-29 09:00 -10:00", "2011-12-31 00:00 +14:00",
        "2011-12-31 09:00 +14:00")]
    // Lord Howe's clock is set by half an hour.
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00", "2026-10-04T12:00", "2026-10-04 02:30 +11:00")]
    // Both days named: one of the two is enough. One of them *: the other.
    [InlineData("0 12 13 * FRI", "UTC", "2026-02-01", "2026-02-28", "2026-02-06 12:00 +00:00", "2026-02-13 12:00 +00:00", "2026-02-20 12:00 +00:00",
        "2026-02-27 12:00 +00:00")]
    [InlineData("0 12 13 * *", "UTC", "2026-02-01", "2026-03-28", "2026-02-13 12:00 +00:00", "2026-03-13 12:00 +00:00")]
    [InlineData("0 0 29 2 *", "UTC", "2026-01-01", "2033-01-01", "2028-02-29 00:00 +00:00", "2032-02-29 00:00 +00:00")]
    [InlineData("0 0 * JAN SAT-SUN", "Asia/Tokyo", "2025-12-31", "2026-01-10", "2026-01-03 00:00 +09:00", "2026-01-04 00:00 +09:00", "2026-01-10 00:00 +09:00")]
    public void Times_are_due_on_the_clock_of_their_zone(string cron, string zone, string after, string until, params string[] due) =>
        Assert.Equal(due, Due(cron, zone, after, until));

    [Theory]
    [InlineData("0 6 * *", "the cron expression '0 6 * *' has 4 fields, but five are needed: minute, hour, day of month, month, day of week; '0 6 * * 1' is Mondays at 06:00.")]
    [InlineData("@weekly", "the cron expression '@weekly' has 1 fields, but five are needed: minute, hour, day of month, month, day of week; '0 6 * * 1' is Mondays at 06:00.")]
    [InlineData("0 6 30 2 *", "the cron expression '0 6 30 2 *' never comes due: the months it names have at most 29 days; name a day up to 29.")]
    [InlineData("0 6 31 4,6,9,11 *", "the cron expression '0 6 31 4,6,9,11 *' never comes due: the months it names have at most 30 days; name a day up to 30.")]
    [InlineData("60 6 * * 1", "field 1 (minute) of the cron expression '60 6 * * 1' cannot be read: '60'; it takes 0–59, as *, 5, 1-5, */2, 1-9/2 or a list of these with commas.")]
    [InlineData("0 6 * * MOND", "field 5 (day of week) of the cron expression '0 6 * * MOND' cannot be read: 'MOND'; it takes 0–7, SUN–SAT, as *, 5, 1-5, */2, 1-9/2 or a list of these with commas.")]
    [InlineData("*/0 6 * * 1", "field 1 (minute) of the cron expression '*/0 6 * * 1' cannot be read: '*/0'; it takes 0–59, as *, 5, 1-5, */2, 1-9/2 or a list of these with commas.")]
    [InlineData("0 6,, * * 1", "field 2 (hour) of the cron expression '0 6,, * * 1' cannot be read: '6,,'; it takes 0–23, as *, 5, 1-5, */2, 1-9/2 or a list of these with commas.")]
    [InlineData("0 -5 * * 1", "field 2 (hour) of the cron expression '0 -5 * * 1' cannot be read: '-5'; it takes 0–23, as *, 5, 1-5, */2, 1-9/2 or a list of these with commas.")]
    [InlineData("0 22-2 * * *", "the range '22-2' in field 2 (hour) of the cron expression '0 22-2 * * *' goes backwards; write it as 22-23,0-2.")]
    [InlineData("0 6 * * FRI-MON", "the range 'FRI-MON' in field 5 (day of week) of the cron expression '0 6 * * FRI-MON' goes backwards; write it as 5-6,0-1.")]
    public void What_cannot_be_read_or_never_comes_is_refused_with_its_mend(string cron, string says) => Assert.Equal(says, Refused(cron));

    [Theory]
    [InlineData("Europe/Berln")]
    [InlineData("")]
    [InlineData("../Berlin")]
    [InlineData("Mars/Olympus Mons")]
    public void A_zone_that_there_is_not_is_refused_by_name(string zone)
    {
        Assert.Equal($"'{zone}' is no time zone of this machine; write an IANA name such as Europe/Berlin, Asia/Tokyo or UTC (Debian's package tzdata holds them).", Refused("0 6 * * 1", zone));
        Assert.StartsWith($"'{zone}' はこのマシンにあるタイムゾーンではありません。", Refused("0 6 * * 1", zone, "ja"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_mends_of_ranges_can_be_read()
    {
        Assert.Equal(["2026-01-05 22:00 +00:00", "2026-01-05 23:00 +00:00", "2026-01-06 00:00 +00:00"],
            Due("0 22-23,0-0 * * *", "UTC", "2026-01-05T12:00", "2026-01-06T12:00"));
        Assert.Equal(4, Due("0 6 * * 5-6,0-1", "UTC", "2026-01-05T12:00", "2026-01-12T12:00").Length);
    }

    /// <summary>A twin that walks the clock: what is due in a minute is all that the clock came to show, or leapt over, since it stood highest.</summary>
    static IEnumerable<DateTimeOffset> Slow(string cron, TimeZoneInfo zone, DateTimeOffset after, DateTimeOffset until)
    {
        var fields = cron.Split(' ');
        var highest = Wall(after.AddDays(-2));
        for (var at = after.AddDays(-2); at <= until; at = at.AddMinutes(1))
        {
            var isDue = false;
            for (; highest <= Wall(at); highest = highest.AddMinutes(1)) isDue |= Fits(highest);
            if (isDue && at > after) yield return at;
        }

        DateTime Wall(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).DateTime;

        bool Fits(DateTime wall)
        {
            var (day, weekday) = (One(fields[2], wall.Day, 31), One(fields[4], (int)wall.DayOfWeek, 6)
                || (wall.DayOfWeek == DayOfWeek.Sunday && One(fields[4], 7, 7)));
            var days = fields[2][0] == '*' || fields[4][0] == '*' ? day && weekday : day || weekday;
            return One(fields[0], wall.Minute, 59) && One(fields[1], wall.Hour, 23) && days && One(fields[3], wall.Month, 12);
        }

        static bool One(string field, int value, int top) => field.Split(',').Any(part =>
        {
            var step = part.Split('/');
            var ends = step[0] == "*" ? [top == 31 || top == 12 ? 1 : 0, top == 7 ? -1 : top] : step[0].Split('-')
                .Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            return value >= ends[0] && value <= ends[^1] && (step.Length == 1 || (value - ends[0]) % int.Parse(step[1], CultureInfo.InvariantCulture) == 0);
        });
    }

    [Theory]
    [InlineData("UTC", "2026-02-20", 1)]
    [InlineData("Asia/Tokyo", "2026-02-20", 2)]
    [InlineData("Europe/Berlin", "2026-03-20", 3)]
    [InlineData("Europe/Berlin", "2026-10-15", 4)]
    [InlineData("Europe/Dublin", "2026-10-15", 5)]
    [InlineData("America/New_York", "2026-03-01", 6)]
    [InlineData("America/Sao_Paulo", "2018-10-28", 7)]
    [InlineData("America/Sao_Paulo", "2019-02-10", 8)]
    [InlineData("Australia/Lord_Howe", "2026-03-28", 9)]
    [InlineData("Australia/Lord_Howe", "2026-09-28", 10)]
    [InlineData("Africa/Casablanca", "2026-02-10", 11)]
    [InlineData("Pacific/Apia", "2011-12-22", 12)]
    [InlineData("Asia/Kathmandu", "2026-01-25", 13)]
    public void Random_expressions_are_due_when_a_walk_along_the_clock_says(string zone, string from, int seed)
    {
        var random = new Random(seed);
        var (after, found) = (Utc(from), 0);
        for (var i = 0; i < 12; i++)
        {
            var cron = $"{Field(0, 59)} {(i % 3 == 0 ? $"{random.Next(4)}" : Field(0, 23))} {(i % 2 == 0 ? "*" : Field(1, 28))} {(i % 4 == 0 ? Field(1, 12) : "*")} {(i % 2 == 1 && i % 3 > 0 ? "*" : Field(0, 7))}";
            var slow = Slow(cron, TimeZoneInfo.FindSystemTimeZoneById(zone), after, after.AddDays(24)).ToList();

            Assert.True(slow.SequenceEqual(Cron.Of(cron, zone).Between(after, after.AddDays(24))), $"{cron} {zone}");
            Assert.Equal(slow.Count == 0 ? null : slow[^1], Cron.Of(cron, zone).Newest(after, after.AddDays(24)));
            found += slow.Count;
        }
        Assert.True(found > 100, $"{found} times show little.");

        string Field(int min, int max)
        {
            var (a, b) = (random.Next(min, max + 1), random.Next(min, max + 1));
            return random.Next(5) switch
            {
                0 => "*",
                1 => $"*/{random.Next(1, 9)}",
                2 => $"{a}",
                3 => $"{Math.Min(a, b)}-{Math.Max(a, b)}/{random.Next(1, 5)}",
                _ => $"{a},{b}",
            };
        }
    }

    [Fact]
    public void A_year_of_minutes_is_counted_off_from_its_end()
    {
        var cron = Cron.Of("* * * * *", "Europe/Berlin");

        Assert.Equal(Utc("2026-12-31T23:59"), cron.Newest(Utc("2026-01-01"), Utc("2026-12-31T23:59:30")));
        Assert.Null(cron.Newest(Utc("2026-01-01T00:00"), Utc("2026-01-01T00:00:59")));
        Assert.Equal("2026-07-01 08:00 Europe/Berlin", cron.Written(Utc("2026-07-01T06:00")));
    }
}
