using Kumiki.Store.Sqlite;
using Xunit;

namespace Kumiki.Store.Tests;

public sealed class LivingProcessTests
{
    [Fact]
    public void This_process_lives_and_so_do_others()
    {
        Assert.True(LivingProcess.IsAlive(LivingProcess.Current));
        Assert.True(LivingProcess.IsAlive(LivingProcess.Of(1)!));
    }

    [Fact]
    public void A_process_that_had_the_same_number_before_is_dead() => Assert.False(LivingProcess.IsAlive(Sample.Dead));

    [Fact]
    public void A_process_of_an_earlier_boot_is_dead() => Assert.False(LivingProcess.IsAlive(LivingProcess.Current with { Boot = "another" }));

    [Fact]
    public void A_process_of_another_machine_counts_as_living() =>
        Assert.True(LivingProcess.IsAlive(Sample.Dead with { Machine = "another", Boot = "another" }));

    [Fact]
    public void A_machine_that_is_called_alike_is_told_by_its_number()
    {
        var ours = LivingProcess.Current.Installation;

        Assert.Equal(ours is not null, LivingProcess.IsAlive(Sample.Dead with { Installation = "another" }));
        Assert.False(LivingProcess.IsAlive(Sample.Dead with { Installation = null }));
    }

    [Fact]
    public async Task An_ended_process_is_dead()
    {
        using var process = System.Diagnostics.Process.Start("sleep", "60");
        var identity = LivingProcess.Of(process.Id)!;
        Assert.True(LivingProcess.IsAlive(identity));
        process.Kill();
        await process.WaitForExitAsync();

        Assert.False(LivingProcess.IsAlive(identity));
        Assert.Null(LivingProcess.Of(process.Id));
    }

    [Theory]
    [InlineData("4711 (beans) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 377905 9 9", 377905L)]
    [InlineData("4711 (a ) (b c) R 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 377905 9 9", 377905L)]
    [InlineData("4711 (beans) Z 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 377905 9 9", null)]
    public void Start_ticks_are_read_whatever_the_program_is_called(string stat, long? ticks) => Assert.Equal(ticks, LivingProcess.ReadStartTicks(stat));

    [Fact]
    public void Holders_of_the_write_lock_are_read_from_the_kernels_list() => Assert.Equal(
        [1234, 77],
        LockHolder.WriterPids(
            [
                "1: POSIX  ADVISORY  WRITE 1234 fe:00:9876 120 120",
                "2: POSIX  ADVISORY  READ 1235 fe:00:9876 120 120",
                "3: POSIX  ADVISORY  WRITE 1236 fe:00:9876 121 127",
                "4: FLOCK  ADVISORY  WRITE 1237 fe:00:9876 0 EOF",
                "5: POSIX  ADVISORY  WRITE 77 fe:01:9876 0 EOF",
                "5: POSIX  ADVISORY  WRITE 78 fe:00:9875 120 120",
                "6: POSIX  ADVISORY  WRITE 0 fe:00:9876 120 120",           // another container's
                "6: -> POSIX  ADVISORY  WRITE 5 fe:00:9876 120 120",        // only waits
            ],
            inode: 9876));
}
