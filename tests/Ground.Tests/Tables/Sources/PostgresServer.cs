using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

/// <summary>A PostgreSQL of its own on loopback, started for one test class and gone after it.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    const string Programs = "/usr/lib/postgresql/15/bin", Locked = "host all locked 127.0.0.1/32 scram-sha-256\n";

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-postgres-").FullName;
    readonly int port = FreePort();
    Process? server;

    public string Variable { get; } = $"KUMIKI_TEST_DB_{Guid.NewGuid():N}";

    public string ConnectionString => $"Host=127.0.0.1;Port={port};Username=postgres;Password=very-secret;Database=postgres;Pooling=False";

    public int Port => port;

    public async Task InitializeAsync()
    {
        Assert.True(Directory.Exists(Programs), $"{Programs} is missing: ./kumiki setup --for test installs postgresql-15.");
        // It refuses to run as root.
        if (Environment.UserName == "root")
        {
            await RunAsync("chmod", "755", folder);
            await RunAsync("chown", "postgres:postgres", folder);
        }
        await RunAsync(AsPostgres([$"{Programs}/initdb", "-D", $"{folder}/data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]));
        await StartAsync();
        Environment.SetEnvironmentVariable(Variable, ConnectionString);
    }

    async Task StartAsync()
    {
        // The first line of pg_hba.conf that fits counts: whoever is called locked needs a password.
        var access = await File.ReadAllTextAsync($"{folder}/data/pg_hba.conf");
        if (!access.StartsWith(Locked, StringComparison.Ordinal)) await File.WriteAllTextAsync($"{folder}/data/pg_hba.conf", Locked + access);
        var start = AsPostgres([$"{Programs}/postgres", "-D", $"{folder}/data", "-p", port.ToString(CultureInfo.InvariantCulture), "-k", folder,
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60"]);
        server = Process.Start(new ProcessStartInfo(start[0], start[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        server.ErrorDataReceived += (_, _) => { };      // read away: a full pipe would hold the server up
        server.BeginErrorReadLine();
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await SqlAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (patience.Elapsed < TimeSpan.FromSeconds(60) && !server.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Kills the server as a power cut would, and starts it again.</summary>
    public async Task CrashAsync()
    {
        await StopAsync("KILL");
        // Its children end when they see that it is gone; until then they hold the port and the folder.
        for (var patience = Stopwatch.StartNew(); HasChildren() && patience.Elapsed < TimeSpan.FromSeconds(30);) await Task.Delay(20);
        File.Delete($"{folder}/data/postmaster.pid");
        await StartAsync();
    }

    bool HasChildren()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(p[^1]) && int.TryParse(Path.GetFileName(p), out _)))
        {
            try
            {
                if (new DirectoryInfo($"{process}/cwd").LinkTarget == $"{folder}/data") return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // it has just gone
            }
        }
        return false;
    }

    async Task StopAsync(string signal)
    {
        // setpriv has become the server, so the pid is its own.
        await RunAsync("kill", $"-{signal}", server!.Id.ToString(CultureInfo.InvariantCulture));
        await server.WaitForExitAsync();
        server.Dispose();
    }

    public async Task SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    static string[] AsPostgres(string[] command) =>
        Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command] : command;

    static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command[0]}: {await said}{errors}");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task DisposeAsync()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        if (server is not null) await StopAsync("INT");         // PostgreSQL's fast shutdown
        Directory.Delete(folder, recursive: true);
    }
}
