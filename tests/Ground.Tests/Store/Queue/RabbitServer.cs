using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kumiki.Queues;
using Kumiki.Queues.RabbitMq;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>A RabbitMQ of its own on loopback, started for one test class and gone after it.</summary>
public sealed class RabbitServer : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-rabbit-").FullName;
    readonly int port = FreePort(), distribution = FreePort(), names = FreePort();
    Process? server;

    public string Address => $"amqp://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync($"{folder}/rabbitmq.conf", $"listeners.tcp.default = 127.0.0.1:{port}\ndefault_user = guest\ndefault_pass = guest\n");
        await File.WriteAllTextAsync($"{folder}/plugins", "[].\n");
        await StartAsync();
    }

    /// <summary>Starts it, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        // The inner script: the one in /usr/sbin changes its user.
        var start = new ProcessStartInfo($"{Programs()}/rabbitmq-server")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in Settings()) start.Environment[name] = value;
        server = Process.Start(start)!;
        server.OutputDataReceived += (_, _) => { };     // read away: a full pipe would hold the server up
        server.ErrorDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await using var data = DataFolder.Open($"{folder}/data", TimeProvider.System);
        for (var patience = Stopwatch.StartNew(); ;)
        {
            try
            {
                var settings = new QueueSettings { Patience = TimeSpan.FromSeconds(2) };
                await using var queue = await RabbitQueue.OpenAsync(
                    RabbitAddress.Parse(Address), data.Claims(settings), settings, TimeProvider.System, default);
                return;
            }
            catch (KumikiException) when (patience.Elapsed < TimeSpan.FromMinutes(3) && !server.HasExited)
            {
                // it is not up yet
            }
        }
    }

    Dictionary<string, string> Settings() => new()
    {
        ["HOME"] = folder,
        ["RABBITMQ_NODENAME"] = $"kumiki{port}@localhost",
        ["RABBITMQ_MNESIA_BASE"] = $"{folder}/db",
        ["RABBITMQ_LOG_BASE"] = $"{folder}/log",
        ["RABBITMQ_CONFIG_FILE"] = $"{folder}/rabbitmq.conf",
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = $"{folder}/plugins",
        ["RABBITMQ_PID_FILE"] = $"{folder}/pid",
        ["RABBITMQ_DIST_PORT"] = distribution.ToString(CultureInfo.InvariantCulture),
        ["ERL_EPMD_PORT"] = names.ToString(CultureInfo.InvariantCulture),
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        // Its threads sleep when idle; a name server of its own is told apart by its port.
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    };

    static string Programs()
    {
        const string programs = "/usr/lib/rabbitmq/lib";
        var version = Directory.Exists(programs) ? Directory.GetDirectories(programs, "rabbitmq_server-*").Max() : null;
        Assert.True(version is not null, $"{programs} is missing: ./kumiki setup --for test installs rabbitmq-server.");
        return $"{version}/sbin";
    }

    /// <summary>Has it write down which queues there are. A broker keeps what is put into a queue at once, but the names of new queues some time later: killed before, it has the messages of a queue that it does not know.</summary>
    public Task KeepQueuesAsync() => RunAsync($"{Programs()}/rabbitmqctl", "eval", "mnesia:sync_log().");

    /// <summary>Kills it as a power cut would.</summary>
    public Task KillAsync() => StopAsync("KILL");

    async Task StopAsync(string signal)
    {
        var pid = (await File.ReadAllTextAsync($"{folder}/pid")).Trim();
        await RunAsync("kill", $"-{signal}", pid);
        await server!.WaitForExitAsync();
        for (var patience = Stopwatch.StartNew(); Directory.Exists($"/proc/{pid}") && patience.Elapsed < TimeSpan.FromMinutes(1);) await Task.Delay(50);
        server.Dispose();
        server = null;
    }

    async Task RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Settings()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command[0]}: {await said}{errors}");
    }

    /// <summary>A free port that no connection is given: one that knocks at such a port of its own machine before anybody listens may be answered by itself,
    /// and hold the port.</summary>
    static int FreePort()
    {
        for (; ; )
        {
            var port = Random.Shared.Next(10_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // another has it
            }
        }
    }

    public async Task DisposeAsync()
    {
        var started = File.Exists($"{folder}/pid");
        if (server is { HasExited: false }) await StopAsync("TERM");
        if (started) await RunAsync("epmd", "-kill");       // the name server that this one started, by its port
        Directory.Delete(folder, recursive: true);
    }
}
