using System.CommandLine;
using System.Globalization;
using System.Text;
using Kumiki;

namespace DemandForecast;

/// <summary>What to generate.</summary>
/// <param name="Faults">Whether lines are planted that a person would have to correct.</param>
/// <param name="Breaks">Abrupt changes, after the first year.</param>
/// <param name="Units">What an item sells a day in a store, on average over both.</param>
sealed record SalesPlan(DateOnly From, DateOnly To, int Stores, int Items, int Seed, bool Faults = false, int Breaks = 2, double Units = SalesPlan.UsualUnits)
{
    public const double UsualUnits = 31;

    /// <summary>Of what sells so rarely a register writes no line on a day without a sale.</summary>
    public bool IsRare => Units < 5;
}

/// <summary>Writes a made-up chain whose truth is known: daily sales, masters, prices, calendar and closures; equal plans give equal files.</summary>
/// <remarks>
/// Units are Poisson draws around store size × item popularity × weekday × season × trend × offer × holiday × festival × break.
/// <list type="bullet">
/// <item><description>An item is on offer one week in eight, a fifth cheaper in the price list: half as much again is sold.</description></item>
/// <item><description>On holidays a third more is sold; each store has a festival of three days a year at which it sells twice as much. In the last year the
/// first store's festival is cancelled, and the calendar says so.</description></item>
/// <item><description>Of four stores or more, the last one opens after two fifths of the time and the one before pauses for three weeks; of six or more, the
/// third to last closes for good after nine tenths. Of four items or more, the last one is new after half of the time.</description></item>
/// <item><description>A break is a store that a competitor opens beside (all its items fall by two fifths), or an item that goes out of fashion everywhere (by
/// half), by turns. <c>breaks.csv</c> holds what was planted.</description></item>
/// <item><description>Where fewer than five units are sold a day, days without a sale have no line.</description></item>
/// </list>
/// </remarks>
static class GenerateSales
{
    internal const string MastersFolder = "data/masters";
    const string TruthFolder = "data/truth";

    static readonly Option<DirectoryInfo> Out = new("--out") { Description = "The folder to write sales to.", DefaultValueFactory = _ => new(Sales.Folder) };
    static readonly Option<DirectoryInfo> Masters = new("--masters")
    {
        Description = "The folder to write stores, items, prices, calendar and closures to.",
        DefaultValueFactory = _ => new(MastersFolder)
    };
    static readonly Option<DirectoryInfo> Truth = new("--truth")
    {
        Description = "The folder to write the planted breaks to.",
        DefaultValueFactory = _ => new(TruthFolder)
    };
    static readonly Option<DateOnly> From = new("--from") { Description = "The first day.", DefaultValueFactory = _ => new(2024, 1, 1), CustomParser = DayOf };
    static readonly Option<DateOnly> To = new("--to") { Description = "The last day.", DefaultValueFactory = _ => new(2025, 12, 28), CustomParser = DayOf };
    static readonly Option<int> Stores = new("--stores") { Description = "How many stores.", DefaultValueFactory = _ => 10 };
    static readonly Option<int> Items = new("--items") { Description = "How many items.", DefaultValueFactory = _ => 10 };
    static readonly Option<int> Seed = new("--seed") { Description = "Seed of the draws.", DefaultValueFactory = _ => 1 };
    static readonly Option<int> Breaks = new("--breaks") { Description = "How many abrupt changes to plant.", DefaultValueFactory = _ => 2 };
    static readonly Option<double> Units = new("--units")
    {
        Description = "What an item sells a day in a store, on average; below 5, days without a sale have no line.",
        DefaultValueFactory = _ => SalesPlan.UsualUnits,
    };
    static readonly Option<bool> Faults = new("--faults") { Description = "Plant lines that have to be corrected." };

    static readonly string[] StoreNames = ["asahikawa", "chiba", "fukuoka", "kobe", "morioka", "nagoya", "osaka", "sendai", "shinjuku", "yokohama"];
    static readonly string[] Regions = ["north_east", "east", "west"];
    static readonly int[] RegionOf = [0, 1, 2, 2, 0, 2, 2, 0, 1, 1];
    static readonly string[] ItemNames = ["apple-juice", "barley-tea", "beer", "coffee", "fruit-juice", "green-tea", "milk", "orange-juice", "sports-drink",
        "water"];

    public static IReadOnlyList<Symbol> Options { get; } = [Out, Masters, Truth, From, To, Stores, Items, Units, Seed, Breaks, Faults];

    static DateOnly DayOf(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        result.AddError($"'{result.Tokens[0].Value}' is no day; write it as 2024-01-31.");
        return default;
    }

    public static int Run(ParseResult parsed)
    {
        var plan = new SalesPlan(parsed.GetValue(From), parsed.GetValue(To), parsed.GetValue(Stores), parsed.GetValue(Items), parsed.GetValue(Seed),
            parsed.GetValue(Faults), parsed.GetValue(Breaks), parsed.GetValue(Units));
        if (plan.To < plan.From || plan.Stores < 1 || plan.Items < 1 || plan.Breaks < 0 || plan.Units is not (> 0 and <= 10_000))
            throw new KumikiException(Message.Of("demand.no-plan", ("from", plan.From), ("to", plan.To), ("stores", plan.Stores), ("items", plan.Items),
                ("breaks", plan.Breaks), ("units", plan.Units)));
        Console.Out.WriteLine(Write(plan, parsed.GetValue(Out)!.FullName, parsed.GetValue(Masters)!.FullName, parsed.GetValue(Truth)!.FullName));
        return 0;
    }

    /// <summary>Writes every file, each whole or not at all.</summary>
    /// <returns>The file with the sales.</returns>
    public static string Write(SalesPlan plan, string folder, string masters, string truth)
    {
        var chain = new Chain(plan);
        Whole(Path.Combine(masters, "regions.csv"), to => Lines(to, "id,name", Regions.Select((r, i) => $"region-{i + 1},{r}")));
        Whole(Path.Combine(masters, "stores.csv"), to => Lines(to, "id,name,region", Enumerable.Range(0, plan.Stores).Select(s =>
            $"store-{s + 1},{Store(s)},{Regions[RegionOf[s % RegionOf.Length]]}")));
        Whole(Path.Combine(masters, "items.csv"), to => Lines(to, "id,name", Enumerable.Range(0, plan.Items).Select(i => $"item-{i + 1},{Item(i)}")));
        Whole(Path.Combine(masters, "item_prices.csv"), to => Lines(to, "id,item_name,price,applied_from,applied_to", chain.Prices().Select((p, n) =>
            $"price-{n + 1},{p}")));
        Whole(Path.Combine(masters, "calendar.csv"), to => Lines(to, "date,name,store,cancelled", chain.Calendar()));
        Whole(Path.Combine(masters, "closures.csv"), to => Lines(to, "store,closed_from,closed_to", chain.Closures()));
        Whole(Path.Combine(truth, "breaks.csv"), to => Lines(to, "store,item,from,factor", chain.Breaks.Select(b =>
            string.Create(CultureInfo.InvariantCulture,
                $"{(b.Store is { } s ? Store(s) : "")},{(b.Item is { } i ? Item(i) : "")},{b.From:yyyy-MM-dd},{b.Factor}"))));
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"item_sale_records_{plan.From:yyyyMMdd}_{plan.To:yyyyMMdd}.csv"));
        Whole(file, chain.WriteSales);
        return file;
    }

    static void Lines(TextWriter to, string header, IEnumerable<string> lines)
    {
        foreach (var line in lines.Prepend(header))
        {
            to.Write(line);
            to.Write('\n');
        }
    }

    static void Whole(string path, Action<TextWriter> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var writer = new StreamWriter(path + ".partial", append: false, new UTF8Encoding(false), 1 << 16)) write(writer);
        File.Move(path + ".partial", path, overwrite: true);
    }

    static string Store(int s) => Name(StoreNames, s);

    static string Item(int i) => Name(ItemNames, i);

    static string Name(string[] names, int i) => i < names.Length ? names[i] : string.Create(CultureInfo.InvariantCulture,
        $"{names[i % names.Length]}-{i / names.Length + 1}");

    /// <param name="Store">Null: everywhere.</param>
    /// <param name="Item">Null: everything.</param>
    sealed record Break(int? Store, int? Item, DateOnly From, double Factor);

    /// <summary>The chain's truth.</summary>
    sealed class Chain
    {
        readonly SalesPlan plan;
        readonly Random random;
        readonly double[] sizes, popularity, peaks, swings, prices;
        readonly int[] festivals;
        readonly int days;

        public Chain(SalesPlan plan)
        {
            (this.plan, random, days) = (plan, new(plan.Seed), plan.To.DayNumber - plan.From.DayNumber + 1);
            sizes = Draw(plan.Stores, () => 0.6 + 0.8 * random.NextDouble());
            popularity = Draw(plan.Items, () => (12 + 38 * random.NextDouble()) * plan.Units / SalesPlan.UsualUnits);
            peaks = Draw(plan.Items, () => random.Next(366) * 1.0);
            swings = Draw(plan.Items, () => 0.45 * random.NextDouble());
            prices = Draw(plan.Items, () => 100 + 20 * random.Next(8));
            festivals = [.. Enumerable.Range(0, plan.Stores).Select(_ => 20 + random.Next(320))];
            // Some weeks after the first year, so that what is usual is known, and long enough before the end to see what follows.
            var (first, room) = (66 * 7, days - 66 * 7 - 12 * 7);
            Breaks = room <= 0 ? [] : [.. Enumerable.Range(0, plan.Breaks).Select(b =>
            {
                var from = Monday(plan.From.AddDays(first + (int)((b + 0.5) * room / plan.Breaks)));
                return b % 2 == 0 ? new Break(random.Next(Math.Max(1, plan.Stores - 3)), null, from, 0.6) : new Break(null, random.Next(Math.Max(1,
                    plan.Items - 1)), from, 0.5);
            })];
        }

        public IReadOnlyList<Break> Breaks { get; }

        public void WriteSales(TextWriter to)
        {
            to.Write("date,store,item,sales,total_sales_amount\n");
            string[] stores = [.. Enumerable.Range(0, plan.Stores).Select(Store)], items = [.. Enumerable.Range(0, plan.Items).Select(Item)];
            var means = new double[plan.Items];
            Span<char> line = stackalloc char[256];
            var lines = 0L;
            for (var day = plan.From; day <= plan.To; day = day.AddDays(1))
            {
                for (var i = 0; i < means.Length; i++) means[i] = day < Begins(i) ? double.NaN : OfItem(i, day);
                for (var s = 0; s < plan.Stores; s++)
                {
                    if (IsClosed(s, day)) continue;
                    var ofStore = OfStore(s, day);
                    for (var i = 0; i < means.Length; i++)
                    {
                        if (double.IsNaN(means[i])) continue;
                        var units = Poisson(random, ofStore * means[i]);
                        if (units == 0 && plan.IsRare) continue;
                        var price = IsOffered(i, day) ? prices[i] * 0.8 : prices[i];
                        if (plan.Faults && Fault(++lines, day, s, i, price, to)) continue;
                        line.TryWrite(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd},{stores[s]},{items[i]},{units},{units * price:0.##}\n", out var written);
                        to.Write(line[..written]);
                    }
                }
            }
        }

        /// <summary>Every ten-thousandth line is one that has to be corrected, of five kinds by turns.</summary>
        static bool Fault(long line, DateOnly day, int s, int i, double price, TextWriter to)
        {
            if (line % 10_000 != 0) return false;
            var (units, amount, store) = (line / 10_000 % 5) switch
            {
                1 => ("-7", "-700", Store(s)),
                2 => ("", "", Store(s)),
                3 => ("99999", string.Create(CultureInfo.InvariantCulture, $"{99999 * price:0.##}"), Store(s)),
                4 => ("12", "1200", "atlantis"),
                _ => (string.Create(CultureInfo.InvariantCulture, $"10,1000\n{day:yyyy-MM-dd},{Store(s)},{Item(i)},11"), "1100", Store(s)),
            };
            to.Write(string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd},{store},{Item(i)},{units},{amount}\n"));
            return true;
        }

        /// <summary>What a day's mean has from its item; the rest is its store's.</summary>
        double OfItem(int i, DateOnly day)
        {
            var weekday = day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1.35 : day.DayOfWeek == DayOfWeek.Friday ? 1.1 : 0.95;
            var trend = 1 + 0.0002 * (day.DayNumber - plan.From.DayNumber);
            var season = 1 + swings[i] * Math.Cos((day.DayOfYear - peaks[i]) / 365.25 * 2 * Math.PI);
            var mean = popularity[i] * weekday * trend * season * (IsOffered(i, day) ? 1.5 : 1) * (IsHoliday(day) ? 1.33 : 1);
            foreach (var b in Breaks)
                if (day >= b.From && b.Item == i) mean *= b.Factor;
            return mean;
        }

        double OfStore(int s, DateOnly day)
        {
            var mean = sizes[s] * (IsFestival(s, day) && !IsCancelled(s, day) ? 2 : 1);
            foreach (var b in Breaks)
                if (day >= b.From && b.Store == s) mean *= b.Factor;
            return mean;
        }

        static DateOnly Monday(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

        static bool IsOffered(int i, DateOnly day) => (Monday(day).DayNumber / 7 + i * 3) % 8 == 0;

        static bool IsHoliday(DateOnly day) => (day.Month, day.Day) is (1, 2 or 3) or (4, 29) or (5, 3 or 4 or 5) or (8, >= 13 and <= 15) or (11, 3) or (12,
            30 or 31);

        bool IsFestival(int s, DateOnly day) => day.DayOfYear >= festivals[s] && day.DayOfYear < festivals[s] + 3;

        bool IsCancelled(int s, DateOnly day) => s == 0 && day > plan.To.AddDays(-365);

        bool IsClosed(int s, DateOnly day)
        {
            var at = day.DayNumber - plan.From.DayNumber;
            if (plan.Stores >= 4 && s == plan.Stores - 1) return at < days * 2 / 5;
            if (plan.Stores >= 4 && s == plan.Stores - 2) return at >= days * 7 / 10 && at < days * 7 / 10 + 21;
            return plan.Stores >= 6 && s == plan.Stores - 3 && at >= days * 9 / 10;
        }

        DateOnly Begins(int i) => plan.Items >= 4 && i == plan.Items - 1 ? plan.From.AddDays(days / 2) : plan.From;

        public IEnumerable<string> Closures()
        {
            if (plan.Stores >= 4) yield return string.Create(CultureInfo.InvariantCulture,
                $"{Store(plan.Stores - 2)},{plan.From.AddDays(days * 7 / 10):yyyy-MM-dd},{plan.From.AddDays(days * 7 / 10 + 20):yyyy-MM-dd}");
            if (plan.Stores >= 6) yield return string.Create(CultureInfo.InvariantCulture,
                $"{Store(plan.Stores - 3)},{plan.From.AddDays(days * 9 / 10):yyyy-MM-dd},");
        }

        /// <summary>The price list of each item, to ten weeks beyond the last day: it is known before.</summary>
        public IEnumerable<string> Prices()
        {
            var end = Monday(plan.To).AddDays(70 + 6);
            for (var i = 0; i < plan.Items; i++)
            {
                var from = Monday(plan.From);
                for (var week = from; week <= end; week = week.AddDays(7))
                {
                    if (week.AddDays(7) <= end && IsOffered(i, week) == IsOffered(i, week.AddDays(7))) continue;
                    yield return string.Create(CultureInfo.InvariantCulture,
                        $"{Item(i)},{(IsOffered(i, week) ? prices[i] * 0.8 : prices[i]):0.##},{from:yyyy-MM-dd},{week.AddDays(6):yyyy-MM-dd}");
                    from = week.AddDays(7);
                }
                if (plan.Faults && i == 0) yield return string.Create(CultureInfo.InvariantCulture,
                    $"{Item(i)},{prices[i] + 5:0.##},{plan.From.AddDays(30):yyyy-MM-dd},{plan.From.AddDays(40):yyyy-MM-dd}");
            }
        }

        public IEnumerable<string> Calendar()
        {
            for (var day = plan.From; day <= plan.To.AddDays(70); day = day.AddDays(1))
            {
                if (IsHoliday(day)) yield return string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd},holiday,,false");
                for (var s = 0; s < plan.Stores; s++)
                    if (IsFestival(s, day)) yield return string.Create(CultureInfo.InvariantCulture,
                        $"{day:yyyy-MM-dd},festival,{Store(s)},{(IsCancelled(s, day) ? "true" : "false")}");
            }
        }

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
}
