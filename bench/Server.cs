using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kumiki.Bench;

/// <summary>A server started as a user would start it: <c>./kumiki VERB … --port P</c>.</summary>
sealed class Server : IAsyncDisposable
{
    static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(5) };

    readonly Process process;
    readonly List<string> errors = [];

    Server(Process process, int port) => (this.process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Starts it, and waits until it answers a request for the page.</summary>
    /// <param name="checkout">The clone whose script is run.</param>
    /// <param name="said">Every line it prints.</param>
    /// <param name="folder">Where it runs; in the clone by default.</param>
    /// <returns>The server, and how long it took from the start to the answer.</returns>
    public static async Task<(Server Server, TimeSpan Took)> StartAsync(
        string checkout, IReadOnlyList<string> arguments, Action<string> said, TimeSpan limit, CancellationToken stop, string? folder = null)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(Path.Combine(checkout, "kumiki"), [.. arguments, "--port", port.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = folder ?? checkout,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        var server = new Server(process, port);
        process.OutputDataReceived += (_, e) => { if (e.Data is not null) said(e.Data); };
        process.ErrorDataReceived += (_, e) => { if (e.Data is not null) lock (server.errors) server.errors.Add(e.Data); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            while (!await server.AnswersAsync(stop))
            {
                if (process.HasExited) throw new BenchmarkException($"{string.Join(' ', start.ArgumentList.Prepend("./kumiki"))} ended with code {process.ExitCode} before it answered: {string.Join(" | ", server.errors.TakeLast(5))}");
                if (Stopwatch.GetElapsedTime(started) > limit) throw new BenchmarkException($"{string.Join(' ', start.ArgumentList.Prepend("./kumiki"))} did not answer within {limit}.");
                await Task.Delay(5, stop);
            }
            return (server, Stopwatch.GetElapsedTime(started));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    async Task<bool> AnswersAsync(CancellationToken stop)
    {
        try
        {
            using var answer = await Client.GetAsync($"http://127.0.0.1:{Port}/", stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;   // not listening yet
        }
    }

    /// <summary>Its resident memory in MiB; with <paramref name="shared"/>, pages of files that other processes hold too counted in part (PSS).</summary>
    public double MemoryMiB(bool shared)
    {
        var (file, field) = shared ? ("smaps_rollup", "Pss:") : ("status", "VmRSS:");
        var line = File.ReadLines($"/proc/{process.Id}/{file}").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>Processor seconds that it took since it began.</summary>
    public (double User, double System) Processor => ProcessorOf(process.Id);

    /// <summary>Processor seconds of a process: in its own code and libraries, and in the kernel on its behalf.</summary>
    internal static (double User, double System) ProcessorOf(int process)
    {
        var stat = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');       // the name before may hold blanks
        return (Ticks(fields[11]), Ticks(fields[12]));

        // Hundredths of a second, whatever the kernel's own tick is (proc_pid_stat(5), sysconf(_SC_CLK_TCK) of Linux on x86-64).
        static double Ticks(string field) => long.Parse(field, CultureInfo.InvariantCulture) / 100.0;
    }

    /// <summary>Processor time that it has used, of all its threads.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Asks it to end, as a service manager would, and waits.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> StopAsync(CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync(stop);
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new BenchmarkException($"The server ended with code {process.ExitCode} when asked to end: {string.Join(" | ", errors.TakeLast(5))}");
        return Stopwatch.GetElapsedTime(started);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        process.Dispose();
    }

    /// <summary>A port that nothing listened on a moment ago.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
