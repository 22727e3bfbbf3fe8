using System.Diagnostics;
using System.Globalization;

namespace Kumiki.Bench;

/// <summary>Weekly demand forecast two weeks ahead on real sales, each week by <c>./kumiki forecast-demand</c> itself, beside what needs no model and beside a
/// published forecast.</summary>
/// <remarks>Rolling origin (Tashman 2000): for each week of 2021-W10 … W38 a model is trained on what was known on the Sunday two weeks before. "Seasonal
/// ratio" is two weeks ago × (52 weeks earlier / 54 weeks earlier), series by series.
/// Settings were chosen on every second week of 2020-W30 … W50 and 2021-W10 … W30: none of the five published weeks is among them.</remarks>
static class DemandForecasts
{
    static readonly (int Year, int Week)[] Published = [(2020, 52), (2021, 3), (2021, 4), (2021, 31), (2021, 32)];

    sealed record Forecast(double Prediction, double Lower, double Upper);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var data = SharedData();
        var sold = Sold(data);
        var weeks = Enumerable.Range(10, 29).Select(week => (2021, week)).Union(Published).Order().ToList();
        var (forecasts, times) = (new Dictionary<(int, int), Dictionary<(string, string), Forecast>>(), new List<double>());
        foreach (var week in weeks)
        {
            var started = Stopwatch.GetTimestamp();
            forecasts[week] = await ForecastAsync(data, week, Path.Combine(folder, "forecast.csv"), stop);
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        var rolling = weeks.Where(w => w.Item1 == 2021 && w.Item2 >= 10).ToList();
        var naive = new (string Name, Func<int, (string, string), double> Guess)[]
        {
            ("two-weeks-ago", (week, s) => sold[(week - 2, s)]), ("last-year", (week, s) => sold[(week - 52, s)]),
            ("seasonal-ratio", (week, s) => sold[(week - 2, s)] * sold[(week - 52, s)] / sold[(week - 54, s)]),
        };
        var ours = rolling.Average(w => Error(w, (_, s) => forecasts[w][s].Prediction));
        figures.Print("rolling.mae", ours, "units");
        var best = double.PositiveInfinity;
        foreach (var (name, guess) in naive)
        {
            var theirs = rolling.Average(w => Error(w, guess));
            figures.Print($"rolling.mae.{name}", theirs, "units");
            best = Math.Min(best, theirs);
        }
        figures.Print("rolling.ratio", ours / best, "");
        var all = rolling.SelectMany(w => forecasts[w].Select(f => (f.Value, Actual: sold[(Number(w), f.Key)]))).ToList();
        figures.Print("rolling.coverage", 100.0 * all.Count(f => f.Value.Lower <= f.Actual && f.Actual <= f.Value.Upper) / all.Count, "%");
        figures.Print("rolling.width", all.Average(f => f.Value.Upper - f.Value.Lower), "units");

        var (published, own) = (new List<double>(), new List<double>());
        foreach (var week in Published)
        {
            var theirs = File.ReadLines(Path.Combine(data, "reference-forecasts", string.Create(CultureInfo.InvariantCulture,
                $"{week.Year}_{week.Week:00}.csv"))).Skip(1).Select(l => l.Split(','))
                .ToDictionary(f => (f[2], f[3]), f => double.Parse(f[5], CultureInfo.InvariantCulture));
            own.Add(Error(week, (_, s) => forecasts[week][s].Prediction));
            published.Add(Error(week, (_, s) => theirs[s]));
            var name = string.Create(CultureInfo.InvariantCulture, $"{week.Year}-W{week.Week:00}");
            figures.Print($"published.{name}", own[^1], "units");
            figures.Print($"published.{name}.theirs", published[^1], "units");
            foreach (var (rule, guess) in naive.Where(n => n.Name == "two-weeks-ago" || week.Year == 2021))
                if (rule != "seasonal-ratio" || sold.ContainsKey((Number(week) - 54, ("chiba", "beer")))) figures.Print($"published.{name}.{rule}", Error(week,
                    guess), "units");
        }
        figures.Print("published.mean", own.Average(), "units");
        figures.Print("published.mean.theirs", published.Average(), "units");
        figures.Print("seconds", times, "s");

        double Error((int, int) week, Func<int, (string, string), double> guess) => forecasts[week].Keys.Average(s => Math.Abs(guess(Number(week),
            s) - sold[(Number(week), s)]));
    });

    /// <summary>Weeks since a Monday, so that one less is the week before, over every new year.</summary>
    static int Number((int Year, int Week) week) => DateOnly.FromDateTime(ISOWeek.ToDateTime(week.Year, week.Week, DayOfWeek.Monday)).DayNumber / 7;

    static Dictionary<(int Week, (string Store, string Item)), double> Sold(string data)
    {
        var sold = new Dictionary<(int, (string, string)), double>();
        foreach (var fields in File.ReadLines(Path.Combine(data, "item_sale_records_2020_2021q3.csv")).Skip(1).Select(l => l.Split(',')))
        {
            // 0001-01-01 was a Monday.
            var key = (DateOnly.ParseExact(fields[0], "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber / 7, (fields[3], fields[4]));
            sold[key] = sold.GetValueOrDefault(key) + int.Parse(fields[5], CultureInfo.InvariantCulture);
        }
        return sold;
    }

    static async Task<Dictionary<(string, string), Forecast>> ForecastAsync(string data, (int Year, int Week) week, string file, CancellationToken stop)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{week.Year}-W{week.Week:00}");
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, "kumiki"), ["forecast-demand", "--data", data, "--week", name, "--out", file])
        {
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync(stop);
        var complained = await process.StandardError.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new BenchmarkException($"forecast-demand of {name} ended with code {process.ExitCode}: {complained}{await said}");
        return File.ReadLines(file).Skip(1).Select(l => l.Split(',')).ToDictionary(f => (f[0], f[1]), f => new Forecast(Number(f[4]), Number(f[5]),
            Number(f[6])));

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    static string SharedData()
    {
        for (var up = new DirectoryInfo(Checkout.Root); up is not null; up = up.Parent)
            if (Path.Combine(up.FullName, "shared", "data", "beverage-sales") is var path && Directory.Exists(path)) return path;
        throw new BenchmarkException("shared/data/beverage-sales lies in no folder above the checkout.");
    }
}
