using System.CommandLine;
using System.Globalization;
using Kumiki;

namespace DemandForecast;

/// <summary>From nothing to a served forecast; again, it only does what is missing.</summary>
static class Demo
{
    static readonly Option<int> Port = new("--port") { Description = "Where to serve.", DefaultValueFactory = _ => 5080 };
    static readonly Option<bool> NoServe = new("--no-serve") { Description = "Stop when everything is released." };
    static readonly Option<DirectoryInfo?> Csv = new("--csv")
    {
        Description = "A folder of your own: item_sale_records_*.csv, and where there are any items.csv, item_prices.csv, stores.csv, regions.csv, "
            + "calendar.csv, closures.csv.",
    };

    public static IReadOnlyList<Symbol> Options { get; } = [Port, NoServe, Csv];

    public static async Task<int> RunAsync(WorkshopVerbs verbs, ParseResult parsed, CancellationToken stop)
    {
        var data = WorkshopVerbs.DataFolder(parsed);
        var released = Path.Combine(data, "demo-released");
        if (parsed.GetValue(Csv) is { } csv) Say("1/4", $"taking the files of {csv.FullName}: {Take(csv.FullName)}");
        if (!File.Exists(released))
        {
            if (HasSales()) Say("1/4", $"taking the sales that are in {Sales.Folder}");
            else
            {
                var file = GenerateSales.Write(new(new(2024, 1, 1), new(2025, 12, 28), 10, 10, Seed: 1), Sales.Folder, GenerateSales.MastersFolder, "data/truth");
                Say("1/4", $"writing two years of daily sales for 10 stores and 10 items: {file}");
            }
            Say("2/4", "making the forecast and all it is made from");
            foreach (var asset in (string[])["forecast-accuracy", "demand-report", "demand-answer", "demand-breaks", "sales-findings"])
                if (await verbs.RunAsync(["make", asset, "--upstream", "--stage", "--data", data], stop) is not 0 and var failed) return failed;
            Say("3/4", "releasing them as one set");
            if (await verbs.RunAsync(["release", "--message", "The demo's first release", "--data", data], stop) is not 0 and var refused) return refused;
            await File.WriteAllTextAsync(released, "The demo was released; remove this file to make and release it again.\n", stop);
        }
        if (parsed.GetValue(NoServe)) return 0;
        Say("4/4", "serving");
        return await verbs.RunAsync(["serve", "--port", parsed.GetValue(Port).ToString(CultureInfo.InvariantCulture), "--data", data], stop);
    }

    static bool HasSales() => Directory.Exists(Sales.Folder) && Directory.EnumerateFiles(Sales.Folder, "*.csv").Any();

    /// <summary>Copies a user's files to where the project reads them; what is there already is not mixed with others.</summary>
    static int Take(string from)
    {
        if (!Directory.Exists(from)) throw new KumikiException(Message.Of("demand.no-folder", ("folder", from)));
        List<string> sales = [.. Directory.EnumerateFiles(from, "item_sale_records_*.csv").Order(StringComparer.Ordinal)];
        if (sales.Count == 0) throw new KumikiException(Message.Of("demand.no-files", ("folder", from), ("files", "item_sale_records_*.csv")));
        if (HasSales()) throw new KumikiException(Message.Of("demand.sales-there", ("folder", Path.GetFullPath(Sales.Folder))));
        List<string> masters = [.. ((string[])["items.csv", "item_prices.csv", "stores.csv", "regions.csv", "calendar.csv", "closures.csv"]).Select(name
            => Path.Combine(from, name)).Where(File.Exists)];
        Directory.CreateDirectory(GenerateSales.MastersFolder);
        Directory.CreateDirectory(Sales.Folder);
        foreach (var file in masters) Copy(file, GenerateSales.MastersFolder);
        foreach (var file in sales) Copy(file, Sales.Folder);
        return masters.Count + sales.Count;
    }

    /// <summary>A copy is whole as soon as it can be seen, and may be written whatever the original allows.</summary>
    static void Copy(string file, string folder)
    {
        var to = Path.Combine(folder, Path.GetFileName(file));
        using (var source = File.OpenRead(file))
        using (var copy = File.Create(to + ".partial")) source.CopyTo(copy);
        File.Move(to + ".partial", to, overwrite: true);
    }

    static void Say(string step, string what) => Console.Out.WriteLine($"[{step}] {what}");
}
