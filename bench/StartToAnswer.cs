namespace Kumiki.Bench;

/// <summary>From the start of <c>./kumiki serve</c> to its first answer, seven times each; the server's memory ten seconds later, when nothing is asked of it; and how long it takes to end.</summary>
static class StartToAnswer
{
    const int Runs = 7;

    public static async Task RunAsync(Figures figures, CancellationToken stop)
    {
        await Checkout.InFolderAsync(async folder =>
        {
            await ServeAsync(figures, "empty", run => Path.Combine(folder, run.ToString(System.Globalization.CultureInfo.InvariantCulture)), stop);
        });

        var demo = Path.Combine(Checkout.Root, ".kumiki");
        if (!Directory.Exists(demo)) throw new BenchmarkException($"{demo} is not there. Run ./kumiki demo once, then this again.");
        await ServeAsync(figures, "demo", _ => demo, stop);
    }

    static async Task ServeAsync(Figures figures, string what, Func<int, string> data, CancellationToken stop)
    {
        List<double> answers = [], ends = [], rss = [], pss = [];
        for (var run = 0; run < Runs; run++)
        {
            var (server, took) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data(run)], said: _ => { }, TimeSpan.FromMinutes(1), stop);
            await using (server)
            {
                answers.Add(took.TotalSeconds);
                if (run == Runs - 1)
                {
                    await Task.Delay(TimeSpan.FromSeconds(10), stop);
                    rss.Add(server.MemoryMiB(shared: false));
                    pss.Add(server.MemoryMiB(shared: true));
                }
                ends.Add((await server.StopAsync(stop)).TotalSeconds);
            }
        }
        figures.Print($"{what}.answer", answers, "s");
        figures.Print($"{what}.end", ends, "s");
        figures.Print($"{what}.rss", rss[0], "MiB");
        figures.Print($"{what}.pss", pss[0], "MiB");
    }
}
