using System.CommandLine;
using System.Globalization;

namespace DemandForecast;

/// <summary>Writes daily sales with season, weekday, price, trend and noise; equal seeds give equal files.</summary>
/// <remarks>Units are Poisson draws around store size × item popularity × weekday × season × trend × price effect.</remarks>
static class GenerateSales
{
    static readonly Option<DirectoryInfo> Out = new("--out") { Description = "The folder to write to.", DefaultValueFactory = _ => new("data/sales") };
    static readonly Option<DateOnly> From = new("--from") { Description = "The first day.", DefaultValueFactory = _ => new(2024, 1, 1), CustomParser = DayOf };
    static readonly Option<DateOnly> To = new("--to") { Description = "The last day.", DefaultValueFactory = _ => new(2025, 12, 28), CustomParser = DayOf };
    static readonly Option<int> Stores = new("--stores") { Description = "How many stores.", DefaultValueFactory = _ => 10 };
    static readonly Option<int> Items = new("--items") { Description = "How many items.", DefaultValueFactory = _ => 10 };
    static readonly Option<int> Seed = new("--seed") { Description = "Seed of the draws.", DefaultValueFactory = _ => 1 };

    static readonly string[] StoreNames = ["asahikawa", "chiba", "fukuoka", "kobe", "morioka", "nagoya", "osaka", "sendai", "shinjuku", "yokohama"];
    static readonly string[] ItemNames = ["apple-juice", "barley-tea", "beer", "coffee", "fruit-juice", "green-tea", "milk", "orange-juice", "sports-drink", "water"];

    public static IReadOnlyList<Symbol> Options { get; } = [Out, From, To, Stores, Items, Seed];

    static DateOnly DayOf(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        result.AddError($"'{result.Tokens[0].Value}' is no day; write it as 2024-01-31.");
        return default;
    }

    public static int Run(ParseResult parsed)
    {
        var file = Write(parsed.GetValue(Out)!.FullName, parsed.GetValue(From), parsed.GetValue(To), parsed.GetValue(Stores), parsed.GetValue(Items), parsed.GetValue(Seed));
        Console.Out.WriteLine(file);
        return 0;
    }

    /// <summary>Writes one file, whole or not at all.</summary>
    public static string Write(string folder, DateOnly from, DateOnly to, int stores, int items, int seed)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        var sizes = Draw(stores, () => 0.6 + 0.8 * random.NextDouble());
        var popularity = Draw(items, () => 12 + 38 * random.NextDouble());
        var peaks = Draw(items, () => random.Next(366) * 1.0);
        var swings = Draw(items, () => 0.45 * random.NextDouble());
        var prices = Draw(items, () => 100 + 20 * random.Next(8));
        var path = Path.Combine(folder, $"sales_{from:yyyyMMdd}_{to:yyyyMMdd}.csv");
        using (var writer = new StreamWriter(path + ".partial"))
        {
            writer.Write("date,store,item,sales,total_sales_amount\n");
            for (var day = from; day <= to; day = day.AddDays(1))
            {
                var weekday = day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1.35 : day.DayOfWeek == DayOfWeek.Friday ? 1.1 : 0.95;
                var trend = 1 + 0.0002 * (day.DayNumber - from.DayNumber);
                for (var s = 0; s < stores; s++)
                {
                    for (var i = 0; i < items; i++)
                    {
                        var season = 1 + swings[i] * Math.Cos((day.DayOfYear - peaks[i]) / 365.25 * 2 * Math.PI);
                        // A week in eight an item is on offer: a fifth cheaper, and half as much again is sold.
                        var offer = (day.DayNumber / 7 + i * 3 + s) % 8 == 0;
                        var price = offer ? prices[i] * 0.8 : prices[i];
                        var units = Poisson(random, sizes[s] * popularity[i] * weekday * trend * season * (offer ? 1.5 : 1));
                        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd},{Name(StoreNames, s)},{Name(ItemNames, i)},{units},{units * price:0.##}\n"));
                    }
                }
            }
        }
        File.Move(path + ".partial", path, overwrite: true);
        return path;
    }

    static string Name(string[] names, int i) => i < names.Length ? names[i] : $"{names[i % names.Length]}-{i / names.Length + 1}";

    static double[] Draw(int count, Func<double> draw)
    {
        var all = new double[count];
        for (var i = 0; i < count; i++) all[i] = draw();
        return all;
    }

    /// <summary>A Poisson draw: Knuth's product for small means, a rounded normal beyond 60, where both agree within a percent.</summary>
    static int Poisson(Random random, double mean)
    {
        if (mean > 60)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return Math.Max(0, (int)Math.Round(mean + Math.Sqrt(mean) * normal));
        }
        var (limit, product, count) = (Math.Exp(-mean), 1.0, -1);
        do
        {
            product *= random.NextDouble();
            count++;
        }
        while (product > limit);
        return count;
    }
}
