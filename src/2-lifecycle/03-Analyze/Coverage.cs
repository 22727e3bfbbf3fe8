namespace Kumiki.Analyzing;

/// <summary>What days are there, and which are missing.</summary>
static class Coverage
{
    const int MostGaps = 20, MostPeriods = 4000, ShownPeriods = 60;

    static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    static readonly string[] Units = ["day", "week", "month", "year", "decade", "century", "millennium"];

    /// <summary>A day since 1970-01-01 as a date.</summary>
    public static DateOnly Day(double number) => DateOnly.FromDayNumber((int)number + Epoch);

    /// <param name="days">Rows of each day since 1970-01-01; at least one.</param>
    public static DateReport Dates(ValueCounts days)
    {
        var steps = new int[days.Values.Length - 1];
        for (var i = 0; i < steps.Length; i++) steps[i] = (int)(days.Values[i + 1] - days.Values[i]);
        var usual = steps.Length == 0 ? 0 : steps.Order().ElementAt((int)(0.95 * (steps.Length - 1)));
        var gaps = new List<Gap>();
        for (var i = 0; i < steps.Length; i++)
            if (steps[i] > usual) gaps.Add(new(Day(days.Values[i]), Day(days.Values[i + 1]), steps[i] - 1));
        var unit = Units.First(u => u == Units[^1] || Periods(days, u, ShownPeriods) is not null);
        return new(Day(days.Min), Day(days.Max), days.Values.Length, usual,
            [.. gaps.OrderByDescending(g => g.Days).ThenBy(g => g.After).Take(MostGaps).OrderBy(g => g.After)], gaps.Count, Periods(days, unit, int.MaxValue)!);
    }

    public static CoverageReport Of(string column, ValueCounts days) =>
        new(column, Dates(days), Periods(days, "day", MostPeriods), Periods(days, "week", MostPeriods), Periods(days, "month", MostPeriods));

    /// <summary>Rows of each period, those without a row too; null where there would be more than <paramref name="most"/>.</summary>
    static Periods? Periods(ValueCounts days, string unit, int most)
    {
        var (from, rows) = (new List<DateOnly>(), new List<long>());
        for (var at = Begin(Day(days.Min), unit); at <= Day(days.Max);)
        {
            if (from.Count == most) return null;
            from.Add(at);
            if (Next(at, unit) is not { } next) break;
            at = next;
        }
        rows.AddRange(Enumerable.Repeat(0L, from.Count));
        for (var (i, period) = (0, 0); i < days.Values.Length; i++)
        {
            var day = Day(days.Values[i]);
            while (period + 1 < from.Count && from[period + 1] <= day) period++;
            rows[period] += days.Counts[i];
        }
        return new(unit, from, rows);
    }

    static DateOnly Begin(DateOnly day, string unit) => unit switch
    {
        "day" => day,
        "week" => day.DayNumber < 7 ? DateOnly.MinValue : day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
        "month" => new(day.Year, day.Month, 1),
        _ => new(Math.Max(1, day.Year - day.Year % Years(unit)), 1, 1),
    };

    static DateOnly? Next(DateOnly begin, string unit)
    {
        var years = Years(unit);
        if (unit is "day" or "week") return begin.DayNumber + (unit == "day" ? 1 : 7) > DateOnly.MaxValue.DayNumber ? null
            : begin.AddDays(unit == "day" ? 1 : 7);
        if (unit == "month") return begin is { Year: 9999, Month: 12 } ? null : begin.AddMonths(1);
        var next = begin.Year - begin.Year % years + years;
        return next > 9999 ? null : new DateOnly(next, 1, 1);
    }

    static int Years(string unit) => unit switch { "decade" => 10, "century" => 100, "millennium" => 1000, _ => 1 };
}
