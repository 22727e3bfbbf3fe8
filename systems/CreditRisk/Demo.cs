using System.CommandLine;
using System.Globalization;
using Kumiki;

namespace CreditRisk;

/// <summary>From nothing to a released decision; again, it only does what is missing.</summary>
static class Demo
{
    static readonly Option<int> Port = new("--port") { Description = "Where to serve.", DefaultValueFactory = _ => 5080 };
    static readonly Option<bool> NoServe = new("--no-serve") { Description = "Stop when everything is released." };

    public static IReadOnlyList<Symbol> Options { get; } = [Port, NoServe];

    public static async Task<int> RunAsync(WorkshopVerbs verbs, ParseResult parsed, CancellationToken stop)
    {
        var data = WorkshopVerbs.DataFolder(parsed);
        var released = Path.Combine(data, "credit-demo-released");
        if (!File.Exists(released))
        {
            if (Directory.Exists(Applications.Folder) && Directory.EnumerateFiles(Applications.Folder, "*.csv").Any()) Say("1/4", $"taking the applications that are in {Applications.Folder}");
            else Say("1/4", $"writing three years of applications: {GenerateApplications.Write(Applications.Folder, new(40_000, new(2023, 1, 1), new(2025, 12, 31), 1))}");
            Say("2/4", "making the decision and all it is made from");
            foreach (var asset in (string[])["credit-decision", "default-report", "loss-model", "scorecard", "applications-report"])
                if (await verbs.RunAsync(["make", asset, "--upstream", "--stage", "--data", data], stop) is not 0 and var failed) return failed;
            Say("3/4", "releasing them as one set");
            if (await verbs.RunAsync(["release", "--message", "The first credit decision", "--data", data], stop) is not 0 and var refused) return refused;
            await File.WriteAllTextAsync(released, "The demo was released; remove this file to make and release it again.\n", stop);
        }
        if (parsed.GetValue(NoServe)) return 0;
        Say("4/4", "serving");
        return await verbs.RunAsync(["serve", "--port", parsed.GetValue(Port).ToString(CultureInfo.InvariantCulture), "--data", data], stop);
    }

    static void Say(string step, string what) => Console.Out.WriteLine($"[{step}] {what}");
}
