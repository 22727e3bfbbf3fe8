using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Kumiki.Bench;

/// <summary>A million malformed requests over sockets against a server of a process of its own, while a client that asks rightly watches its answers.</summary>
/// <remarks>Their number and seed may be given by KUMIKI_BENCH_REQUESTS and KUMIKI_BENCH_SEED. A figure that breaks a promise fails the benchmark.</remarks>
static class MalformedRequests
{
    const int Together = 16, Parts = 10;

    /// <summary>Memory may grow by so much from the first tenth, when pools are filled, to the end.</summary>
    const double MostGrowthMiB = 64;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var (count, seed) = (Given("KUMIKI_BENCH_REQUESTS", 1_000_000), Given("KUMIKI_BENCH_SEED", 1));
        var data = Path.Combine(folder, "data");
        await ServingLoad.KeepAsync(data, [("trees", ServingLoad.Model())], stop);
        var grpc = Server.FreePort();
        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data, "--grpc-port", grpc.ToString(CultureInfo.InvariantCulture)], said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            var rest = new Uri($"http://127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}/");
            var values = ServingLoad.Draws(2);
            var json = $$"""{"id":"x","parameters":{"timeout":5000000,"priority":1},"inputs":[{"name":"features","datatype":"FP32","shape":[2,28],"data":[{{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}}]}],"outputs":[{"name":"score"}]}""";
            var head = Encoding.UTF8.GetBytes("""{"inputs":[{"name":"features","datatype":"FP32","shape":[2,28],"parameters":{"binary_data_size":224}}],"parameters":{"binary_data_output":true}}""");
            using var malformed = new Malformed(rest, grpc, seed, json, [.. head, .. MemoryMarshal.AsBytes<float>(values)], head.Length, ServingLoad.Grpc(2, values)[5..], "trees");
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var watching = WatchAsync(rest, json, over.Token);
            var first = 0.0;
            for (var part = 0; part < Parts; part++)
            {
                await malformed.SendAsync(count / Parts * part, count / Parts * (part + 1), Together, stop);
                if (part == 0) first = server.MemoryMiB(shared: false);
            }
            var last = server.MemoryMiB(shared: false);
            await over.CancelAsync();
            var (asked, wrong) = await watching;
            foreach (var (outcome, times) in malformed.Outcomes.OrderBy(o => o.Key, StringComparer.Ordinal)) figures.Print($"became.{outcome.Replace(' ', '.')}", times, "requests");
            figures.Print("requests", malformed.Outcomes.Values.Sum(), "requests");
            figures.Print("broken-promises", malformed.Outcomes.Values.Sum() == count / Parts * Parts ? malformed.Wrong.Count : -1, "requests");
            figures.Print("memory.after-a-tenth", first, "MiB");
            figures.Print("memory.at-the-end", last, "MiB");
            figures.Print("others.asked", asked, "requests");
            figures.Print("others.wrong", wrong, "requests");
            await server.StopAsync(stop);
            foreach (var one in malformed.Wrong.Take(5)) Console.Error.WriteLine(one);
            if (malformed.Wrong.Count > 0 || wrong > 0 || last > first + MostGrowthMiB) throw new BenchmarkException("A promise was broken: the figures above say which.");
        }
    });

    /// <summary>Asks one row after another until it is told to stop.</summary>
    /// <returns>How often, and how often the answer was not the first one's bytes.</returns>
    static async Task<(int Asked, int Wrong)> WatchAsync(Uri rest, string json, CancellationToken stop)
    {
        using var http = new HttpClient();
        var (asked, wrong, first) = (0, 0, "");
        while (!stop.IsCancellationRequested)
        {
            using var content = new StringContent(json);
            try
            {
                using var answer = await http.PostAsync(new Uri(rest, "/v2/models/trees/infer"), content, stop);
                var said = await answer.Content.ReadAsStringAsync(stop);
                if (asked++ == 0) first = said;
                if (!answer.IsSuccessStatusCode || said != first) wrong++;
                await Task.Delay(20, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
        }
        return (asked, wrong);
    }

    static int Given(string variable, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
