using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Kumiki.Bench;

/// <summary>A PostgreSQL of its own on loopback, with its settings as Debian has them: every commit is durable.</summary>
sealed class PostgresCluster : IAsyncDisposable
{
    const string Programs = "/usr/lib/postgresql/15/bin";

    readonly string folder;
    readonly int port;
    Process? server;

    PostgresCluster(string folder, int port) => (this.folder, this.port) = (folder, port);

    /// <summary>As <c>kumiki serve --metadata</c> takes it.</summary>
    public string Address => $"postgres://postgres@127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/postgres";

    public NpgsqlDataSource Open(string database = "postgres") =>
        NpgsqlDataSource.Create($"Host=127.0.0.1;Port={port.ToString(CultureInfo.InvariantCulture)};Username=postgres;Database={database};No Reset On Close=true");

    /// <remarks>Its data is in the machine's folder for temporary files, which its user may enter.</remarks>
    public static async Task<PostgresCluster> StartAsync(CancellationToken stop)
    {
        if (!Directory.Exists(Programs)) throw new BenchmarkException($"{Programs} is missing: ./kumiki setup --for test installs postgresql-15.");
        var folder = Directory.CreateTempSubdirectory("kumiki-bench-postgres-").FullName;
        if (Environment.UserName == "root") await RunAsync(["chown", "postgres:postgres", folder], stop);       // it refuses to run as root
        await RunAsync(AsPostgres([$"{Programs}/initdb", "-D", $"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]), stop);
        var port = Server.FreePort();
        var cluster = new PostgresCluster(folder, port);
        var start = AsPostgres([$"{Programs}/postgres", "-D", $"{folder}/data", "-p", port.ToString(CultureInfo.InvariantCulture), "-k", folder,
            "-c", "listen_addresses=127.0.0.1"]);
        cluster.server = Process.Start(new ProcessStartInfo(start[0], start[1..]) { RedirectStandardError = true })!;
        cluster.server.ErrorDataReceived += (_, _) => { };      // read away: a full pipe would hold it up
        cluster.server.BeginErrorReadLine();
        for (var patience = Stopwatch.StartNew(); ;)
            try
            {
                await using var source = cluster.Open();
                await using var command = source.CreateCommand("SELECT 1");
                await command.ExecuteNonQueryAsync(stop);
                return cluster;
            }
            catch (NpgsqlException) when (patience.Elapsed < TimeSpan.FromSeconds(60) && !cluster.server.HasExited)
            {
                await Task.Delay(50, stop);
            }
    }

    public async ValueTask DisposeAsync()
    {
        if (server is null) return;
        var postmaster = (await File.ReadAllLinesAsync($"{folder}/data/postmaster.pid"))[0];
        await RunAsync(["kill", "-INT", postmaster], CancellationToken.None);
        await server.WaitForExitAsync();
        server.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    static string[] AsPostgres(string[] command) => Environment.UserName == "root" ? ["runuser", "-u", "postgres", "--", .. command] : command;

    static async Task RunAsync(string[] command, CancellationToken stop)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardOutput.ReadToEndAsync(stop);
        var errors = await process.StandardError.ReadToEndAsync(stop);
        await said;
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new BenchmarkException($"{string.Join(' ', command)}: {errors}");
    }
}
