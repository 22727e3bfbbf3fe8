using System.Runtime.InteropServices;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed partial class TableEngineTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount(string target);

    [Fact]
    public void A_full_disk_is_one_sentence_for_rows_rejects_transcoding_and_spill()
    {
        var disk = world.NewFolder();
        if (mount("tmpfs", disk, "tmpfs", 0, "size=64k") != 0)
        {
            // Without the right to mount, the device that is always full stands in for the disk.
            var full = Assert.Throws<KumikiException>(() => new TableQuery("SELECT hash(range)::VARCHAR AS x FROM range(1000000)", [], [])
                .Write(world.Engine, RowSchema.Of<TableQueryTests.Text>(), "/dev/full"));
            Assert.Equal("tables.disk-full", full.Says.Id);
            return;
        }
        try
        {
            var random = new Random(1);
            var sales = "date,store,item,sales,total_sales_amount\n"
                + string.Concat(Enumerable.Range(0, 30_000).Select(_ => $"2020-01-01,{random.NextInt64()},x,1,2\n"));
            world.Write("rows.csv", sales);
            world.Write("bad.csv", sales.Replace(",1,2", ",x,2", StringComparison.Ordinal));
            world.Write("wide.csv", [.. System.Text.Encoding.Unicode.GetPreamble(), .. System.Text.Encoding.Unicode.GetBytes(sales)]);
            foreach (var name in (string[])["rows.csv", "bad.csv", "wide.csv"])
            {
                var out1 = Path.Combine(disk, name);
                var error = Assert.Throws<KumikiException>(() => SourceLoad.Run(world.Engine, Source.Csv(name), RowSchema.Of<Sale>(), world.Folder, out1));
                Assert.StartsWith($"The disk is full while writing {out1} (DuckDB spills to {world.Engine.SpillFolder}): free room there and run it again (",
                    error.Says.In("en"), StringComparison.Ordinal);
                Directory.Delete(out1, recursive: true);
            }
            using var spilling = new TableEngine(new() { SpillFolder = Path.Combine(disk, "spill"), MemoryBytes = 64L << 20, Threads = 1 });
            var spilled = Assert.Throws<KumikiException>(() =>
                new TableQuery("SELECT hash(range)::VARCHAR || repeat('x', 20) AS x FROM range(2000000) ORDER BY x", [], [])
                .Write(spilling, RowSchema.Of<TableQueryTests.Text>(), world.File("out.parquet")));
            Assert.Contains(spilled.Says.Id, (string[])["tables.disk-full", "tables.out-of-memory"]);
        }
        finally
        {
            Assert.Equal(0, umount(disk));
        }
    }

    [Fact]
    public void The_memory_limit_is_the_lowest_of_machine_and_groups()
    {
        var root = world.NewFolder();
        void Put(string path, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, path))!);
            File.WriteAllText(Path.Combine(root, path), text);
        }

        Put("proc/meminfo", "MemTotal:       16384 kB\nMemFree: 1 kB\n");
        Assert.Equal(16384L * 1024, MemoryLimit.Bytes(root));
        Put("proc/self/cgroup", "0::/a/b\n");
        Put("sys/fs/cgroup/a/b/memory.max", "max\n");
        Assert.Equal(16384L * 1024, MemoryLimit.Bytes(root));
        Put("sys/fs/cgroup/a/memory.max", "8388608\n");
        Assert.Equal(8388608, MemoryLimit.Bytes(root));
        Put("proc/self/cgroup", "5:cpu,memory:/c\n");
        Put("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "4194304\n");
        Assert.Equal(4194304, MemoryLimit.Bytes(root));
        Assert.InRange(MemoryLimit.Bytes(), 1L << 26, 1L << 50);
    }

    [Fact]
    public void An_engine_takes_six_tenths_and_all_processors_by_default()
    {
        using var engine = new TableEngine(new() { SpillFolder = world.NewFolder() });

        Assert.Equal(MemoryLimit.Bytes() * 6 / 10, engine.MemoryBytes);
        Assert.Equal(Environment.ProcessorCount, engine.Threads);
    }
}
