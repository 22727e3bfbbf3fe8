using System.Net;
using System.Net.Sockets;
using Kumiki.Hosting;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

public sealed class StartTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-start-").FullName;
    DemoWorld world = null!;

    public async Task InitializeAsync() => world = await DemoWorld.EmptyAsync(folder);

    [Fact]
    public async Task It_says_where_it_answers_and_whose_data_it_shows()
    {
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);

        Assert.Equal($"Kumiki answers on http://127.0.0.1:{server.Address.Port} (data: {folder})", server.Says.In("en"));
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("healthz")).StatusCode);
        Assert.Equal("""{"assets":[]}""", await http.GetStringAsync("api/assets"));
    }

    [Fact]
    public async Task A_port_in_use_is_one_sentence_with_the_holder_and_a_free_port()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var refused = await Assert.ThrowsAsync<KumikiException>(() => KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", port), default));

        Assert.Equal("serve.port-held", refused.Says.Id);
        Assert.Equal((port.ToString(), Environment.ProcessId.ToString()), (refused.Says.Values["port"], refused.Says.Values["pid"]));
        var free = int.Parse(refused.Says.Values["free"]);
        await using var there = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", free), default);
        Assert.Equal(free, there.Address.Port);
    }

    [Fact]
    public async Task A_second_server_on_one_folder_is_refused_with_the_address_of_the_first()
    {
        await using var first = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);

        var refused = await Assert.ThrowsAsync<KumikiException>(() => KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default));

        Assert.Equal("store.server-runs", refused.Says.Id);
        Assert.Equal(first.Address.ToString().TrimEnd('/'), refused.Says.Values["address"]);
    }

    [Fact]
    public async Task A_folder_is_free_again_when_its_server_stopped()
    {
        await (await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default)).DisposeAsync();
        await using var second = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);

        Assert.NotEqual(0, second.Address.Port);
    }

    [Fact]
    public async Task A_stream_that_is_open_does_not_keep_the_server_from_stopping()
    {
        var server = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);
        using var http = new HttpClient { BaseAddress = server.Address };
        using var reader = new StreamReader(await http.GetStreamAsync("api/changes"));
        Assert.Equal("event: change", await reader.ReadLineAsync());

        var stopped = server.DisposeAsync().AsTask();

        Assert.Same(stopped, await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromSeconds(4))));
    }

    [Fact]
    public async Task A_run_whose_process_is_gone_is_shown_as_crashed()
    {
        var gone = LivingProcess.Current with { Pid = int.MaxValue };
        var run = await world.BeginAsync("sales", [], [], gone);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));

        await foreach (var _ in world.Metadata.ChangesAsync(-1, limit.Token))
            if ((await world.Metadata.RunAsync(run, limit.Token))!.State != RunState.Running) break;

        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Contains("\"state\":\"crashed\"", await http.GetStringAsync($"api/runs/{run}", limit.Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.168.1.7")]
    [InlineData("::")]
    [InlineData("example.com")]
    public void An_address_that_others_could_reach_is_refused_without_authentication(string host)
    {
        var refused = Assert.Throws<KumikiException>(() => ServeAddress.Of(host, 5080));

        Assert.Equal("serve.not-loopback", refused.Says.Id);
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1:5080")]
    [InlineData("127.0.0.2", "127.0.0.2:5080")]
    [InlineData("[::1]", "[::1]:5080")]
    public void An_address_of_this_machine_is_taken(string host, string address) => Assert.Equal(address, ServeAddress.Of(host, 5080).ToString());

    [Fact]
    public void A_listener_is_found_in_the_kernels_table_and_a_connection_is_not()
    {
        Assert.Equal("41270", PortHolder.InodeOf("   0: 0100007F:13D8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41270 1 0000000000000000 100 0 0 10 0", 5080));
        Assert.Null(PortHolder.InodeOf("   1: 0100007F:13D8 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 41271 1 0000000000000000 100 0 0 10 0", 5080));
        Assert.Null(PortHolder.InodeOf("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", 5080));
    }

    public async Task DisposeAsync()
    {
        await world.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
