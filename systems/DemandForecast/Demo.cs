using System.CommandLine;
using System.Globalization;
using Kumiki;

namespace DemandForecast;

/// <summary>From nothing to a served forecast; again, it only does what is missing.</summary>
static class Demo
{
    static readonly Option<int> Port = new("--port") { Description = "Where to serve.", DefaultValueFactory = _ => 5080 };
    static readonly Option<bool> NoServe = new("--no-serve") { Description = "Stop when everything is released." };

    public static IReadOnlyList<Symbol> Options { get; } = [Port, NoServe];

    public static async Task<int> RunAsync(WorkshopVerbs verbs, ParseResult parsed, CancellationToken stop)
    {
        var data = WorkshopVerbs.DataFolder(parsed);
        var released = Path.Combine(data, "demo-released");
        if (!File.Exists(released))
        {
            if (Directory.Exists(Sales.Folder) && Directory.EnumerateFiles(Sales.Folder, "*.csv").Any()) Say("1/4", $"taking the sales that are in {Sales.Folder}");
            else Say("1/4", $"writing two years of daily sales for 10 stores and 10 items: {GenerateSales.Write(Sales.Folder, new(2024, 1, 1), new(2025, 12, 28), 10, 10, seed: 1)}");
            Say("2/4", "making the forecast and all it is made from");
            if (await verbs.RunAsync(["make", "demand-forecasts", "--upstream", "--stage", "--data", data], stop) is not 0 and var failed) return failed;
            if (await verbs.RunAsync(["make", "linear-demand-model", "--data", data], stop) is not 0 and var failedToo) return failedToo;
            Say("3/4", "releasing them as one set");
            if (await verbs.RunAsync(["release", "--message", "The demo's first release", "--data", data], stop) is not 0 and var refused) return refused;
            await File.WriteAllTextAsync(released, "The demo was released; remove this file to make and release it again.\n", stop);
        }
        if (parsed.GetValue(NoServe)) return 0;
        Say("4/4", "serving");
        return await verbs.RunAsync(["serve", "--port", parsed.GetValue(Port).ToString(CultureInfo.InvariantCulture), "--data", data], stop);
    }

    static void Say(string step, string what) => Console.Out.WriteLine($"[{step}] {what}");
}
