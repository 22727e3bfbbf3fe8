using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.S3;
using Kumiki.Store.S3;
using Xunit;

namespace Kumiki.Store.Tests;

[CollectionDefinition(Name)]
public sealed class S3Collection : ICollectionFixture<S3Server>
{
    public const string Name = "S3";
}

/// <summary>A Ceph object gateway of its own on loopback, kept in memory: the real protocol, started once for all tests of this assembly and gone after
/// them.</summary>
public sealed class S3Server : IAsyncLifetime
{
    public const string Bucket = "kumiki-tests";

    static int stores;

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-ceph-").FullName;
    readonly List<Process> servers = [];
    readonly int port = FreePort();

    public string Endpoint => $"http://127.0.0.1:{port}";

    /// <summary>A prefix that nothing is under yet.</summary>
    public string NewStore() => Address($"{Bucket}/p{Interlocked.Increment(ref stores)}");

    public string Address(string place, string keys = "keys") => $"s3://{place}?endpoint={Endpoint}&credentials={folder}/{keys}";

    public AmazonS3Client Client => S3Address.Parse(Address(Bucket)).Connect();

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists("/usr/bin/radosgw"), "radosgw is missing: ./kumiki setup --tests installs it.");
        await WriteAsync("keys", "[default]\naws_access_key_id = K\naws_secret_access_key = S\n");
        await WriteAsync("wrong-keys", "[default]\naws_access_key_id = K\naws_secret_access_key = wrong\n");
        await WriteAsync("unknown-keys", "[default]\naws_access_key_id = nobody\naws_secret_access_key = S\n");
        await WriteAsync("others-keys", "[default]\naws_access_key_id = K2\naws_secret_access_key = S2\n");

        var (cluster, disk, monitor) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString(), FreePort());
        await WriteAsync("ceph.conf",
            $"""
            [global]
            fsid = {cluster}
            mon_host = v2:127.0.0.1:{monitor}/0
            auth_cluster_required = none
            auth_service_required = none
            auth_client_required = none
            osd_pool_default_size = 1
            osd_pool_default_min_size = 1
            mon_allow_pool_size_one = true
            osd_pool_default_pg_num = 1
            osd_pool_default_pg_autoscale_mode = off
            public_addr = 127.0.0.1
            cluster_addr = 127.0.0.1
            osd_objectstore = memstore
            memstore_device_bytes = 2147483648
            osd_data = {folder}/disk
            run_dir = {folder}
            log_file = {folder}/$name.log
            admin_socket = {folder}/$name.socket
            pid_file = {folder}/$name.pid
            [client.rgw]
            ms_mon_client_mode = crc
            rgw_frontends = beast endpoint=127.0.0.1:{port}
            rgw_data = {folder}/gateway

            """);
        foreach (var made in new[] { "disk", "gateway", "monitor" }) Directory.CreateDirectory($"{folder}/{made}");
        await RunAsync("monmaptool", "--create", "--fsid", cluster, "--addv", "a", $"[v2:127.0.0.1:{monitor}]", $"{folder}/map");
        await RunAsync("ceph-mon", "--mkfs", "-i", "a", "--monmap", $"{folder}/map", "--mon-data", $"{folder}/monitor");
        Start("ceph-mon", "-i", "a", "--mon-data", $"{folder}/monitor", "-f");
        await RunAsync("ceph", "osd", "new", disk);
        await RunAsync("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk, "--osd-data", $"{folder}/disk");
        Start("ceph-osd", "-i", "0", "--osd-data", $"{folder}/disk", "-f");
        Start("radosgw", "-n", "client.rgw", "-f");
        await RunAsync("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=u", "--display-name=u", "--access-key=K", "--secret-key=S");
        await RunAsync("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=other", "--display-name=other", "--access-key=K2", "--secret-key=S2");
        using var client = Client;
        for (var patience = Stopwatch.StartNew(); ;)
        {
            try
            {
                await client.PutBucketAsync(Bucket);
                return;
            }
            catch (Exception e) when (e is AmazonS3Exception or HttpRequestException && patience.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(100);
            }
        }
    }

    public Task DisposeAsync()
    {
        foreach (var server in Enumerable.Reverse(servers))
        {
            server.Kill();          // all it has is in memory
            server.WaitForExit();
            server.Dispose();
        }
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(folder, name), text);

    ProcessStartInfo Command(string program, string[] arguments) =>
        new(program, ["-c", $"{folder}/ceph.conf", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };

    void Start(string program, params string[] arguments)
    {
        var server = Process.Start(Command(program, arguments))!;
        server.OutputDataReceived += (_, _) => { };     // read away: a full pipe would hold it up
        server.ErrorDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        servers.Add(server);
    }

    async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Command(program, arguments))!;
        var said = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {await said}{errors}");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
