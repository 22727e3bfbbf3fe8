using System.Runtime.InteropServices;
using Kumiki.Doctor;
using Kumiki.Native;
using Kumiki.Shell;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Doctor;

public sealed class DoctorTests : IDisposable
{
    const long GiB = 1L << 30;
    static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-doctor-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_missing_library_is_one_sentence_that_names_the_package_and_the_command()
    {
        var engine = NativeEngine.XGBoost with { FileNames = ["libnowhere.so.0"] };

        var found = Checks.Engine(engine, () => throw new InvalidOperationException("A library that is missing is not asked for its version."));

        Assert.Equal(Health.Ill, found.Health);
        Assert.Equal("XGBoost 1.7.4 was not found: libnowhere.so.0 of the Debian package libxgboost0 is missing. Install it: apt-get install libxgboost0", found.Found.In("en"));
        Assert.Equal("apt-get install libxgboost0", found.Mend);
    }

    [Fact]
    public void Every_engine_names_its_package_and_the_command_that_brings_it()
    {
        foreach (var engine in NativeEngine.All.Select(e => e with { FileNames = ["libnowhere.so"] }))
        {
            var said = Checks.Engine(engine, () => "").Found.In("en");
            Assert.Contains(engine.Package, said, StringComparison.Ordinal);
            Assert.EndsWith(engine.Mend, said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_library_that_is_no_library_is_told_apart_from_a_missing_one()
    {
        var path = Path.Combine(folder, "libbroken.so");
        File.WriteAllText(path, "not a library");

        var found = Checks.Engine(NativeEngine.DuckDb with { FileNames = [path] }, () => "");

        Assert.Equal(Health.Ill, found.Health);
        Assert.Equal("native.broken", found.Found.Id);
        Assert.Contains("./kumiki setup", found.Found.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_version_of_an_engine_than_the_tested_one_is_noted()
    {
        var found = Checks.Engine(NativeEngine.XGBoost, () => "2.0.0");

        Assert.Equal(Health.Note, found.Health);
        Assert.Contains("is version 2.0.0, but Kumiki was tested with XGBoost 1.7.4", found.Found.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_machine_that_is_set_up_everything_is_well_and_nothing_is_made()
    {
        var data = Path.Combine(folder, "data");

        var found = await Examination.OfAsync(data, new(), TimeProvider.System, default);

        Assert.DoesNotContain(found, f => f.Health == Health.Ill);
        Assert.Equal(["dotnet", "onnxruntime", "duckdb", "xgboost", "vips-cpp", "git", "node", "data", "disk", "memory", "clock"], found.Select(f => f.Name));
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_store_that_is_there_is_opened_and_a_damaged_one_is_ill()
    {
        var data = Path.Combine(folder, "data");
        await using (DataFolder.Open(data, TimeProvider.System)) { }
        Assert.Equal(Health.Well, (await Examination.OfAsync(data, new(), TimeProvider.System, default)).Single(f => f.Name == "store").Health);

        File.Delete(Path.Combine(data, "store.db-wal"));
        File.WriteAllText(Path.Combine(data, "store.db"), new string('x', 8192));

        Assert.Equal(Health.Ill, (await Examination.OfAsync(data, new(), TimeProvider.System, default)).Single(f => f.Name == "store").Health);
    }

    [Fact]
    public void A_file_where_the_data_folder_should_be_is_ill()
    {
        var path = Path.Combine(folder, "file");
        File.WriteAllText(path, "");

        foreach (var data in new[] { path, Path.Combine(path, "below") })
            Assert.Equal((Health.Ill, $"{path} is a file, but the data are kept in a folder. Name a folder with --data DIR."), (Checks.Folder(data).Health, Checks.Folder(data).Found.In("en")));
    }

    [Theory]
    [InlineData(0, nameof(Health.Ill))]
    [InlineData(GiB - 1, nameof(Health.Ill))]
    [InlineData(GiB, nameof(Health.Note))]
    [InlineData((10 * GiB) - 1, nameof(Health.Note))]
    [InlineData(10 * GiB, nameof(Health.Well))]
    public void A_disk_is_ill_below_one_gibibyte_and_noted_below_ten(long free, string health) => Assert.Equal(health, Checks.Disk("/data", free).Health.ToString());

    [Theory]
    [InlineData((2 * GiB) - 1, nameof(Health.Note))]
    [InlineData(2 * GiB, nameof(Health.Well))]
    public void Memory_is_noted_below_two_gibibytes(long bytes, string health) => Assert.Equal(health, Checks.Memory(bytes).Health.ToString());

    [Fact]
    public void A_clock_before_the_newest_record_is_ill()
    {
        Assert.Equal(Health.Well, Checks.Clock(Noon, Noon).Health);
        Assert.Equal(Health.Well, Checks.Clock(Noon, null).Health);

        var behind = Checks.Clock(Noon, Noon.AddHours(2));

        Assert.Equal(Health.Ill, behind.Health);
        Assert.StartsWith("The clock says 2026-03-01 12:00:00Z, but the newest record was written at 2026-03-01 14:00:00Z", behind.Found.In("en"), StringComparison.Ordinal);
        Assert.Equal(Health.Ill, Checks.Clock(DateTimeOffset.UnixEpoch, null).Health);
    }

    [Fact]
    public void A_tool_that_is_not_there_is_only_noted()
    {
        var found = Checks.Tool("kumiki-no-such-tool", Message.Of("doctor.no-git"), "apt-get install git");

        Assert.Equal((Health.Note, "doctor.no-git"), (found.Health, found.Found.Id));
        Assert.Equal(Health.Well, Checks.Tool("git", Message.Of("doctor.no-git"), "").Health);
    }

    [Fact]
    public void An_older_runtime_is_ill() => Assert.Equal("doctor.dotnet-old", Checks.Runtime(".NET 9.0.4", new Version(9, 0, 4), RuntimeInformation.RuntimeIdentifier).Found.Id);

    [Fact]
    public void The_exit_code_is_zero_only_where_nothing_is_ill()
    {
        var quiet = new Terminal(json: true);
        Assert.Equal(0, DoctorCommand.Print(quiet, [new("git", Health.Note, Message.Of("doctor.no-git"))]));
        Assert.Equal(1, DoctorCommand.Print(quiet, [new("disk", Health.Ill, Message.Of("doctor.disk-full", ("free", "0.1"), ("path", "/data")))]));
    }
}
