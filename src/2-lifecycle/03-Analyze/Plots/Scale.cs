using System.Globalization;

namespace Kumiki.Reports;

/// <summary>From values to places along an axis.</summary>
/// <param name="Low">The value at <paramref name="From"/>.</param>
/// <param name="High">The value at <paramref name="To"/>; not <paramref name="Low"/>.</param>
/// <param name="IsLog">Equal ratios are equally far apart; both ends are above 0.</param>
readonly record struct Scale(double Low, double High, double From, double To, bool IsLog = false)
{
    public double At(double value)
    {
        var share = IsLog ? Math.Log(value / Low) / Math.Log(High / Low) : (value / 2 - Low / 2) / (High / 2 - Low / 2);
        return From + share * (To - From);
    }

    /// <summary>A scale whose ends are round, or stretched where both are one.</summary>
    public static Scale Round(double low, double high, double from, double to, int ticks = 5)
    {
        if (low == high) (low, high) = low == 0 ? (0, 1) : (low - Math.Abs(low) / 2, high + Math.Abs(high) / 2);
        var step = Ticks.Step(low, high, ticks);
        return new(Math.Floor(low / step + 1e-9) * step, Math.Ceiling(high / step - 1e-9) * step, from, to);
    }
}

/// <summary>Round places on an axis.</summary>
static class Ticks
{
    /// <summary>1, 2 or 5 times a power of ten, so that about <paramref name="count"/> fit.</summary>
    public static double Step(double low, double high, int count)
    {
        var rough = (high / count) - (low / count);
        if (!(rough > 0)) return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var first = rough / power;
        return (first < 1.5 ? 1 : first < 3 ? 2 : first < 7 ? 5 : 10) * power;
    }

    public static IReadOnlyList<(double At, string Text)> Of(Scale scale, int count)
    {
        if (scale.IsLog) return Powers(scale, count);
        var step = Step(scale.Low, scale.High, count);
        var first = Math.Ceiling(scale.Low / step - 1e-9);
        var ticks = new List<(double, string)>();
        for (var i = first; i * step <= scale.High + (scale.High - scale.Low) * 1e-9 && ticks.Count < 50; i++)
        {
            var at = Math.Round(i * step, 15);
            ticks.Add((at, Shown.Short(at)));
        }
        return ticks;
    }

    static List<(double, string)> Powers(Scale scale, int count)
    {
        var (first, last) = ((int)Math.Ceiling(Math.Log10(scale.Low) - 1e-9), (int)Math.Floor(Math.Log10(scale.High) + 1e-9));
        var every = Math.Max(1, (int)Math.Ceiling((last - first + 1) / (double)count));
        var ticks = new List<(double, string)>();
        for (var power = first; power <= last; power += every) ticks.Add((Math.Pow(10, power), power is >= -3 and <= 6 ? Shown.Short(Math.Pow(10, power))
            : $"1e{power}"));
        return ticks;
    }

    /// <summary>Firsts of years, months, or days; values are days since 1970-01-01.</summary>
    public static IReadOnlyList<(double At, string Text)> Dates(Scale scale, int count)
    {
        var (low, high) = (Day(scale.Low), Day(scale.High));
        var days = scale.High - scale.Low;
        var months = days / 30.44;
        if (months > 36)
        {
            var every = (int)Math.Max(1, Math.Ceiling(months / 12 / count));
            return [.. Enumerable.Range(low.Year, high.Year - low.Year + 1).Where(y => y % every == 0)
                .Select(y => (Number(new(y, 1, 1)), y.ToString(CultureInfo.InvariantCulture))).Where(Inside)];
        }
        if (months > 1.5)
        {
            var every = ((int[])[1, 2, 3, 6, 12]).First(e => months / e <= count || e == 12);
            var firsts = Enumerable.Range(0, (int)months + 3).Select(m => new DateOnly(low.Year, low.Month, 1).AddMonths(m))
                .Where(m => (m.Month - 1) % every == 0);
            return [.. firsts.Select(m => (Number(m), m.ToString("yyyy-MM", CultureInfo.InvariantCulture))).Where(Inside)];
        }
        var step = Math.Max(1, (int)Math.Ceiling(days / count));
        return [.. Enumerable.Range(0, (int)(days / step) + 1).Select(i => low.AddDays(i * step))
            .Select(d => (Number(d), d.ToString("MM-dd", CultureInfo.InvariantCulture))).Where(Inside)];

        bool Inside((double At, string) tick) => tick.At >= scale.Low && tick.At <= scale.High;
    }

    static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    static double Number(DateOnly day) => day.DayNumber - Epoch;

    static DateOnly Day(double number) => DateOnly.FromDayNumber(Math.Clamp((int)number + Epoch, DateOnly.MinValue.DayNumber,
        DateOnly.MaxValue.DayNumber - 1000));
}
