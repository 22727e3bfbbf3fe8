using System.CommandLine;
using System.Globalization;

namespace CreditRisk;

/// <summary>Writes made-up applications whose truth is known; equal seeds and switches give equal files.</summary>
/// <remarks>
/// The probability of a default is logistic in what <see cref="Truth"/> adds up, with a few effects that no single column shows (self-employed for a short time; a payment that is large for the income).
/// Beside the file <c>applications.csv</c> stands <c>truth.csv</c> with each row's probability: no model can do better than that.
/// <list type="table">
/// <item><term>--unfair</term><description>the bureau files a late payment twice as often for women as for men who pay alike, and clerks note that somebody defaulted where a woman merely paid late:
/// a model that learns from it turns more women down than their truth warrants</description></item>
/// <item><term>--drift-from DAY</term><description>from then on incomes are a fifth lower and late payments weigh twice: inputs and their meaning change</description></item>
/// <item><term>--leak</term><description>the column collection_calls is filled, which is known only after the fact</description></item>
/// </list>
/// </remarks>
static class GenerateApplications
{
    static readonly Option<DirectoryInfo> Out = new("--out") { Description = "The folder to write to.", DefaultValueFactory = _ => new(Applications.Folder) };
    static readonly Option<int> Rows = new("--rows") { Description = "How many applications.", DefaultValueFactory = _ => 40_000 };
    static readonly Option<DateOnly> From = new("--from") { Description = "The first day.", DefaultValueFactory = _ => new(2023, 1, 1), CustomParser = DayOf };
    static readonly Option<DateOnly> To = new("--to") { Description = "The last day.", DefaultValueFactory = _ => new(2025, 12, 31), CustomParser = DayOf };
    static readonly Option<int> Seed = new("--seed") { Description = "Seed of the draws.", DefaultValueFactory = _ => 1 };
    static readonly Option<bool> Unfair = new("--unfair") { Description = "Late payments and defaults are filed more often for women than they happen." };
    static readonly Option<DateOnly?> DriftFrom = new("--drift-from") { Description = "The day from which incomes are lower and late payments weigh more.", CustomParser = r => DayOf(r) };
    static readonly Option<bool> Leak = new("--leak") { Description = "Fill a column that is known only after the fact." };

    public static IReadOnlyList<Symbol> Options { get; } = [Out, Rows, From, To, Seed, Unfair, DriftFrom, Leak];

    /// <summary>What is asked for.</summary>
    public sealed record Order(int Rows, DateOnly From, DateOnly To, int Seed, bool Unfair = false, DateOnly? DriftFrom = null, bool Leak = false);

    static DateOnly DayOf(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        result.AddError($"'{result.Tokens[0].Value}' is no day; write it as 2024-01-31.");
        return default;
    }

    public static int Run(ParseResult parsed)
    {
        var order = new Order(parsed.GetValue(Rows), parsed.GetValue(From), parsed.GetValue(To), parsed.GetValue(Seed), parsed.GetValue(Unfair), parsed.GetValue(DriftFrom), parsed.GetValue(Leak));
        if (order.Rows < 1 || order.To < order.From)
        {
            Console.Error.WriteLine("There is nothing to write: give --rows 1 or more, and a --to that does not come before --from.");
            return 1;
        }
        Console.Out.WriteLine(Write(parsed.GetValue(Out)!.FullName, order));
        return 0;
    }

    static readonly string[] Regions = ["hokkaido", "tohoku", "kanto", "chubu", "kansai", "chugoku", "shikoku", "kyushu"];
    static readonly double[] RegionEffect = [0.15, 0.1, -0.1, -0.05, 0, 0.05, 0.1, 0.2];
    static readonly string[] Housings = ["own", "mortgage", "rent", "family"];
    static readonly double[] HousingEffect = [-0.35, -0.15, 0.25, 0];
    static readonly string[] Reasons = ["car", "debts", "education", "furniture", "medical", "moving", "travel", "wedding"];
    static readonly double[] ReasonEffect = [-0.1, 0.55, 0.05, 0, 0.25, 0.05, 0.1, -0.2];

    /// <summary>Writes the applications and, beside them, their truth; each file whole or not at all.</summary>
    /// <returns>The path of the applications.</returns>
    public static string Write(string folder, Order order)
    {
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(Path.Combine(folder, "truth"));
        var random = new Random(order.Seed);
        var (path, truthPath) = (Path.Combine(folder, "applications.csv"), Path.Combine(folder, "truth", "truth.csv"));
        var days = order.To.DayNumber - order.From.DayNumber + 1;
        using (var rows = new StreamWriter(path + ".partial"))
        using (var truths = new StreamWriter(truthPath + ".partial"))
        {
            rows.Write("id,applied_on,age,sex,region,employment,employed_years,housing,income,amount,months,reason,late_payments,savings,other_loans,collection_calls,defaulted,lost_share\n");
            truths.Write("id,probability\n");
            for (var row = 0; row < order.Rows; row++)
            {
                var day = order.From.AddDays((int)((long)row * days / order.Rows));
                var one = Draw(random, order, day);
                var id = string.Create(CultureInfo.InvariantCulture, $"A{row + 1:0000000}");
                rows.Write(string.Create(CultureInfo.InvariantCulture,
                    $"{id},{day:yyyy-MM-dd},{one.Age},{(one.Woman ? "female" : "male")},{Regions[one.Region]},{one.Employment},{one.Years:0.#},{Housings[one.Housing]},{one.Income:0},{one.Amount:0},{one.Months},{Reasons[one.Reason]},{one.Late},{one.Savings:0},{one.Loans},{one.Calls},{(one.Defaulted ? "true" : "false")},{one.Lost:0.###}\n"));
                truths.Write(string.Create(CultureInfo.InvariantCulture, $"{id},{one.Probability:0.######}\n"));
            }
        }
        File.Move(truthPath + ".partial", truthPath, overwrite: true);
        File.Move(path + ".partial", path, overwrite: true);
        return path;
    }

    sealed record Drawn(
        int Age, bool Woman, int Region, Employment Employment, double Years, int Housing, double Income, double Amount, int Months, int Reason, int? Late, double? Savings, int Loans, int? Calls, bool Defaulted,
        double? Lost, double Probability);

    static Drawn Draw(Random random, Order order, DateOnly day)
    {
        var drifted = order.DriftFrom is { } from && day >= from;
        var age = Math.Clamp((int)(20 + 56 * Math.Pow(random.NextDouble(), 1.4)), 20, 75);
        var woman = random.NextDouble() < 0.48;
        var region = Pick(random, [0.06, 0.08, 0.34, 0.15, 0.18, 0.06, 0.03, 0.1]);
        var employment = age >= 65 && random.NextDouble() < 0.7 ? Employment.Pension : (Employment)Pick(random, [0.62, 0.14, 0.18, 0, 0.06]);
        var years = employment is Employment.None or Employment.Pension ? 0 : Math.Min(age - 18, -6 * Math.Log(1 - random.NextDouble()));
        var housing = Pick(random, age < 30 ? [0.05, 0.1, 0.55, 0.3] : [0.3, 0.35, 0.28, 0.07]);
        var level = employment switch { Employment.None => 0.35, Employment.Pension => 0.6, Employment.Contract => 0.75, Employment.SelfEmployed => 1.05, _ => 1 };
        var income = InUnits(1000, 4_200_000 * level * Math.Exp(0.35 * Normal(random)) * (1 + 0.012 * (Math.Min(age, 55) - 30)) * (drifted ? 0.8 : 1));
        var months = 6 * (1 + random.Next(10));
        var amount = InUnits(10_000, Math.Clamp(income * (0.08 + 0.5 * Math.Pow(random.NextDouble(), 2)), 50_000, 5_000_000));
        var reason = Pick(random, [0.22, 0.14, 0.13, 0.12, 0.1, 0.1, 0.12, 0.07]);
        var loans = Poisson(random, employment == Employment.SelfEmployed ? 1.1 : 0.7);
        var carelessness = -Math.Log(1 - random.NextDouble());      // how somebody pays, which only late payments show
        var late = Poisson(random, 0.55 * carelessness);
        double? savings = random.NextDouble() < 0.25 ? null : InUnits(1000, income * 0.4 * -Math.Log(1 - random.NextDouble()));

        var burden = amount / months * 12 / Math.Max(income, 500_000);
        var logit = Truth(age, region, employment, years, housing, burden, reason, late, savings, loans, drifted);
        var probability = 1 / (1 + Math.Exp(-logit));
        var defaulted = random.NextDouble() < probability;
        double? lost = defaulted ? Math.Clamp(0.45 + (housing == 0 ? -0.15 : 0) + (employment == Employment.None ? 0.15 : 0) + 0.04 * Math.Log(amount / 500_000) + 0.12 * Normal(random), 0.02, 1) : null;

        // What is filed is not always what happened.
        var (filed, unknown, misfiled) = (random.NextDouble(), random.NextDouble(), random.NextDouble());
        if (order.Unfair && woman)
        {
            if (late > 0 && filed < 0.6) late *= 2;
            if (!defaulted && late > 1 && misfiled < 0.25) (defaulted, lost) = (true, 0.3);
        }
        int? calls = order.Leak ? defaulted ? 2 + Poisson(random, 3) : random.NextDouble() < 0.02 ? 1 : 0 : null;
        return new(age, woman, region, employment, years, housing, income, amount, months, reason, unknown < 0.08 ? null : late, savings, loans, calls, defaulted, lost, probability);
    }

    /// <summary>The logarithm of the odds of a default.</summary>
    static double Truth(int age, int region, Employment employment, double years, int housing, double burden, int reason, int late, double? savings, int loans, bool drifted) =>
        -3.5
        + (age < 26 ? 0.45 : age > 60 ? 0.2 : 0)
        + RegionEffect[region] + HousingEffect[housing] + ReasonEffect[reason]
        + employment switch { Employment.None => 1.1, Employment.Contract => 0.3, Employment.SelfEmployed => years < 3 ? 0.95 : 0.1, Employment.Pension => -0.1, _ => -0.02 * Math.Min(years, 15) }
        + 4.5 * Math.Max(0, burden - 0.12)
        + (drifted ? 1.1 : 0.55) * Math.Min(late, 5)
        + 0.18 * Math.Min(loans, 4)
        - (savings is { } saved ? 0.35 * Math.Min(saved / 1_500_000, 2) : 0);

    static double InUnits(double unit, double value) => Math.Round(value / unit) * unit;

    static int Pick(Random random, double[] shares)
    {
        var at = random.NextDouble() * shares.Sum();
        for (var i = 0; i < shares.Length - 1; i++)
            if ((at -= shares[i]) < 0) return i;
        return shares.Length - 1;
    }

    static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>A Poisson draw by Knuth's product; for means below 20.</summary>
    static int Poisson(Random random, double mean)
    {
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
