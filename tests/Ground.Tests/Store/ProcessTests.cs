using System.Globalization;
using System.Runtime.InteropServices;
using Kumiki.Store.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kumiki.Store.Tests;

public sealed class ProcessTests : IDisposable
{
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Four_processes_with_200_makings_each_lose_nothing_and_number_without_gaps()
    {
        var ended = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Probe.RunAsync(["make", folder["data"], "beans", "200"])));

        Assert.All(ended, e => Assert.Equal(0, e.ExitCode));
        Assert.Equal(Enumerable.Range(1, 800), ended.SelectMany(e => e.Said).Select(line => VersionName.Parse(line["made ".Length..]).Number).Order());
        await using var data = DataFolder.Open(folder["data"], TimeProvider.System);
        Assert.Equal(800, (await data.Metadata.NewestAsync(default))["beans"]);
        Assert.Equal(800, (await data.Metadata.RunsAsync("beans", RunState.Made, 1000, null, default)).Count);
        var versions = await data.Metadata.VersionsAsync("beans", 1000, null, default);
        Assert.All(versions, v => Assert.True(data.Artifacts.Contains(v.Files[0].Content)));
        Assert.All(await Task.WhenAll(versions.Take(20).Select(v => data.Metadata.MetricsAsync(v.MadeBy, "loss", default))), points => Assert.Single(points));
    }

    [Fact]
    public void A_server_that_ended_has_let_go_of_its_folder_even_while_its_process_starts_another_program()
    {
        Directory.CreateDirectory(folder["data"]);
        var held = ServerLock.Take(folder["data"], "http://127.0.0.1:5080");
        // Until it runs its program, a child has what its parent has open: here by a second number for the same open file.
        var file = Directory.GetFiles("/proc/self/fd").First(f => File.ResolveLinkTarget(f, returnFinalTarget: false)?.FullName == DataFolder.LockFile(folder["data"]));
        using var copy = new SafeFileHandle(dup(int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture)), ownsHandle: true);

        held.Dispose();

        ServerLock.Take(folder["data"], "http://127.0.0.1:5081").Dispose();
        held.Dispose();
    }

    [DllImport("libc")]
    static extern int dup(int file);

    [Fact]
    public async Task Two_servers_on_one_folder_are_refused_until_the_first_has_died()
    {
        using var first = Probe.Start(["serve", folder["data"], "http://127.0.0.1:5080"]);
        Assert.Equal("serving", await first.LineAsync());

        var refused = Assert.Throws<KumikiException>(() => ServerLock.Take(folder["data"], "http://127.0.0.1:5081"));
        var (code, said) = await Probe.RunAsync(["serve", folder["data"], "http://127.0.0.1:5082"]);

        var sentence = $"A server (process {first.Pid}) already has {folder["data"]} and answers at http://127.0.0.1:5080. "
            + "Use that one, stop it, or name another folder with --data DIR.";
        Assert.Equal(sentence, refused.Says.In("en"));
        Assert.Equal((1, sentence), (code, Assert.Single(said)));

        await using (DataFolder.Open(folder["data"], TimeProvider.System)) first.Kill();
        await first.EndAsync();
        ServerLock.Take(folder["data"], "http://x").Dispose();
        using var next = ServerLock.Take(folder["data"], "http://127.0.0.1:5083");
        var again = Assert.Throws<KumikiException>(() => ServerLock.Take(folder["data"], "http://y"));
        Assert.Equal(($"{Environment.ProcessId}", "http://127.0.0.1:5083"), (again.Says.Values["pid"], again.Says.Values["address"]));
    }

    [Fact]
    public async Task A_store_that_another_process_holds_too_long_is_said_with_that_process()
    {
        var database = folder["store.db"];
        await using var store = SqliteMetadataStore.Open(database, new() { Patience = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        const string hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('begin immediate'); print('held', flush=True); sys.stdin.read()";
        var holder = new System.Diagnostics.ProcessStartInfo("/usr/bin/python3")
        {
            ArgumentList = { "-c", hold, database },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = System.Diagnostics.Process.Start(holder)!;
        Assert.Equal("held", await process.StandardOutput.ReadLineAsync());

        var held = await Assert.ThrowsAsync<KumikiException>(() => Sample.BeginAsync(store, "beans", "a"));
        var reading = await store.RunsAsync(null, null, 10, null, default);
        process.StandardInput.Close();
        await process.WaitForExitAsync();

        Assert.Equal("store.held-by", held.Says.Id);
        Assert.StartsWith($"{process.Id} (/usr/bin/python3 -c", held.Says.Values["process"], StringComparison.Ordinal);
        Assert.Equal(("1", database), (held.Says.Values["seconds"], held.Says.Values["path"]));
        Assert.Empty(reading);
        await Sample.BeginAsync(store, "beans", "a");
    }

    [Fact]
    public async Task A_write_waits_while_another_process_holds_the_store_for_a_while()
    {
        var database = folder["store.db"];
        await using var store = SqliteMetadataStore.Open(database, new(), TimeProvider.System);
        using var other = new SqliteConnection($"Data Source={database};Pooling=False");
        await other.OpenAsync();
        await using var hold = other.CreateCommand();
        hold.CommandText = "BEGIN IMMEDIATE";
        await hold.ExecuteNonQueryAsync();

        var write = Sample.BeginAsync(store, "beans", "a");
        await Task.Delay(100);
        Assert.False(write.IsCompleted);
        hold.CommandText = "COMMIT";
        await hold.ExecuteNonQueryAsync();

        Assert.Equal(new RunId(1), (await write).Run);
    }
}
