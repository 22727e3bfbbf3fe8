using System.Text;
using Kumiki.Client;

namespace Kumiki.ClientProbe;

/// <summary>The sample of docs/client.md, which a test holds to be the same line by line.</summary>
static class Sample
{
    internal static async Task RunAsync()
    {
        await using var client = new TrackingClient();          // MLFLOW_TRACKING_URI, such as http://127.0.0.1:5080

        await using (var run = await client.StartRunAsync("demand", "first try"))
        {
            run.LogParameter("rounds", 300);
            for (var epoch = 0; epoch < 10; epoch++) run.LogMetric("loss", 1.0 / (epoch + 1), epoch);
            run.SetTag("team", "sales");
            await run.LogArtifactAsync(Encoding.UTF8.GetBytes("flavors: {}"), "model/MLmodel");
            try
            {
                await run.FlushAsync();                         // all of it is on the server now, and durable
            }
            catch (NotLoggedException lost)
            {
                foreach (var value in lost.Values) Console.Error.WriteLine($"not logged: {value}");
            }
            var version = await client.Models.RegisterAsync("demand", run, "model");
            await client.Models.SetAliasAsync("demand", "champion", version.Number);
        }

        await foreach (var run in client.SearchRunsAsync(["demand"], "metrics.loss < 0.2", ["metrics.loss ASC"]))
            Console.WriteLine($"{run.Name}: {run.Metrics["loss"]:0.000} after {run.Parameters["rounds"]} rounds");
        var best = await client.Models.VersionAsync("demand", "champion");
        Console.WriteLine(await client.Models.DownloadAsync(best, "downloaded"));
    }
}
