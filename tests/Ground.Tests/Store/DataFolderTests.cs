using System.Diagnostics;
using Xunit;

namespace Kumiki.Store.Tests;

public sealed class DataFolderTests : IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    static DataFolder Open(string path) => DataFolder.Open(path, TimeProvider.System);

    static string Refused(string path) => Assert.Throws<KumikiException>(() => Open(path)).Says.In("en");

    [Fact]
    public async Task A_folder_that_is_not_there_is_made_and_opened_again()
    {
        await using (var data = Open(folder["deep/er/.kumiki"])) await Sample.MakeAsync(data.Metadata, "beans", "a");

        await using var again = Open(folder["deep/er/.kumiki"]);
        Assert.Equal(1, (await again.Metadata.NewestAsync(Go))["beans"]);
        var entries = Directory.EnumerateFileSystemEntries(again.Path).Select(Path.GetFileName).Order();
        Assert.Equal(["artifacts", "server.lock", "store.db", "store.db-shm", "store.db-wal"], entries);
    }

    [Fact]
    public void A_file_is_no_folder()
    {
        File.WriteAllText(folder["beans"], "");

        Assert.Equal($"{folder["beans"]} is a file, but the data are kept in a folder. Name a folder with --data DIR.", Refused(folder["beans"]));
    }

    [Fact]
    public void A_folder_that_may_not_be_made_is_said() =>      // not even root may make one there
        Assert.Equal(
            $"{Environment.UserName} may not write /sys/kumiki. Give that user the right to it (chown or chmod), or name another folder with --data DIR.",
            Refused("/sys/kumiki"));

    [Theory]
    [InlineData(0x6969, "NFS")]
    [InlineData(0x517B, "SMB")]
    [InlineData(unchecked((int)0xFF534D42), "CIFS")]      // as a 32-bit statfs gives it
    [InlineData(0xFE534D42, "SMB2")]
    [InlineData(0x65735546, "FUSE, such as sshfs")]
    [InlineData(0x01021997, "9P")]
    [InlineData(0x00C36400, "Ceph")]
    public void A_network_file_system_is_refused_by_name(long magic, string kind)
    {
        var refused = Assert.Throws<KumikiException>(() => DataFolder.CheckFileSystem("/mnt/share", magic));

        Assert.Equal(
            $"/mnt/share is on a network file system ({kind}), where several processes cannot share a database safely. "
            + "Name a folder on a disk of this machine with --data DIR, or use the PostgreSQL and S3 stores.",
            refused.Says.In("en"));
    }

    [Theory]
    [InlineData(0xEF53)]            // ext4
    [InlineData(0x58465342)]        // XFS
    [InlineData(0x9123683E)]        // Btrfs
    [InlineData(0x01021994)]        // tmpfs
    [InlineData(0x794C7630)]        // overlayfs
    [InlineData(0x2FC12FC1)]        // ZFS
    [InlineData(0xF2F52010)]        // F2FS
    public void A_file_system_of_this_machine_is_taken(long magic) => DataFolder.CheckFileSystem("/data", magic);

    [Fact]
    public void The_kernel_tells_the_kind_of_a_file_system()
    {
        Assert.Equal(0x9FA0, Posix.FileSystemMagic("/proc"));
        Assert.Equal(0x01021994, Posix.FileSystemMagic("/dev/shm"));
    }

    [Fact]
    public async Task A_read_only_file_system_is_said()
    {
        using var disk = new SmallDisk(folder["disk"], megabytes: 4);
        await Open(disk["data"]).DisposeAsync();
        disk.Remount("ro");

        Assert.Equal($"{disk["data"]} is on a read-only file system. Mount it for writing, or name another folder with --data DIR.", Refused(disk["data"]));
        Assert.Equal($"{disk["new"]} is on a read-only file system. Mount it for writing, or name another folder with --data DIR.", Refused(disk["new"]));
    }

    [Fact]
    public async Task A_full_disk_is_said_nothing_is_lost_and_the_store_works_again_when_there_is_room()
    {
        using var disk = new SmallDisk(folder["disk"], megabytes: 8);
        await using var data = Open(disk["data"]);
        await Sample.MakeAsync(data.Metadata, "beans", "a");
        var blob = await data.Artifacts.PutAsync(new MemoryStream(new byte[1000]), Go);
        var run = (await Sample.BeginAsync(data.Metadata, "beans", "b")).Run;
        var large = Enumerable.Repeat((byte)1, 1_000_000).ToArray();
        disk.Fill();

        var put = await Assert.ThrowsAsync<KumikiException>(() => data.Artifacts.PutAsync(new MemoryStream(large), Go));
        var writes = Enumerable.Range(0, 5).Select(i => data.Metadata.AppendMetricsAsync(run, Points(50_000), Go)).ToList();
        var says = new List<string>();
        foreach (var write in writes) says.Add((await Assert.ThrowsAsync<KumikiException>(() => write)).Says.In("en"));

        const string full = "is full, so nothing was written. Free some space (kumiki gc removes what no version needs) and do it again.";
        Assert.Equal($"The disk that holds {disk["data/artifacts"]} {full}", put.Says.In("en"));
        Assert.All(says, said => Assert.Equal($"The disk that holds {disk["data/store.db"]} {full}", said));
        Assert.Empty(await data.Metadata.MetricsAsync(run, null, Go));
        Assert.Equal(1, (await data.Metadata.NewestAsync(Go))["beans"]);
        Assert.Equal(blob.Content, await data.Artifacts.RehashAsync(blob.Content, Go));
        Assert.Empty(Directory.EnumerateFiles(disk["data/artifacts/tmp"], "*", SearchOption.AllDirectories));

        disk.Free();
        await data.Metadata.AppendMetricsAsync(run, [new("loss", 1, 2, DateTimeOffset.UnixEpoch)], Go);
        await Sample.MakeAsync(data.Metadata, "beans", "c");
        await data.Artifacts.PutAsync(new MemoryStream(large), Go);
        Assert.Single(await data.Metadata.MetricsAsync(run, null, Go));
        Assert.Equal(2, (await data.Metadata.NewestAsync(Go))["beans"]);
        Assert.True((await Verification.RunAsync(data.Metadata, data.Artifacts, null, Go)).Faults.All(f => f.Found is null));
    }

    [Fact]
    public async Task A_write_too_large_for_the_disk_does_not_take_the_small_ones_of_its_group_with_it()
    {
        using var disk = new SmallDisk(folder["disk"], megabytes: 8);
        await using var data = Open(disk["data"]);
        var run = (await Sample.BeginAsync(data.Metadata, "beans", "a")).Run;
        disk.Fill(leaveKilobytes: 800);

        var large = data.Metadata.AppendMetricsAsync(run, Points(100_000), Go);
        var small = Enumerable.Range(0, 5).Select(i => data.Metadata.AppendLogAsync(run, [new(0, default, "info", $"{i}")], Go)).ToList();

        Assert.Equal("store.disk-full", (await Assert.ThrowsAsync<KumikiException>(() => large)).Says.Id);
        await Task.WhenAll(small);
        Assert.Equal(5, (await data.Metadata.LogAsync(run, 0, 100, Go)).Count);
    }

    static IReadOnlyList<MetricPoint> Points(int count) => [.. Enumerable.Range(0, count).Select(step => new MetricPoint("loss", step, step, default))];

    /// <summary>A disk of its own in memory; mounting it takes root.</summary>
    sealed class SmallDisk : IDisposable
    {
        readonly string path;

        public SmallDisk(string path, int megabytes)
        {
            this.path = Directory.CreateDirectory(path).FullName;
            Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", path);
        }

        public string this[string name] => Path.Combine(path, name);

        public void Remount(string option) => Run("mount", "-o", $"remount,{option}", path);

        public void Fill(int leaveKilobytes = 0)
        {
            using var file = new FileStream(this["filler"], FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                for (; ; ) file.Write(new byte[4096]);
            }
            catch (IOException)
            {
                file.SetLength(file.Length / 4096 * 4096 - leaveKilobytes * 1024);       // full, as wanted
            }
        }

        public void Free() => File.Delete(this["filler"]);

        public void Dispose() => Run("umount", path);

        static void Run(string program, params IReadOnlyList<string> arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}");
        }
    }
}
