using Kumiki.Ground.Tests.Tables;
using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

public sealed class MoveStoreTests(PostgresServer database) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_store_is_moved_by_one_command_and_worked_in_by_one_setting_each()
    {
        using var demo = new Demo();
        await demo.SomeSalesAsync();
        await demo.MustAsync("make", "sales", "--stage");
        var metadata = $"postgres://postgres@127.0.0.1:{database.Port}/postgres?schema=moved";
        (string, string)[] settings = [("KUMIKI_METADATA", metadata), ("KUMIKI_ARTIFACTS", demo.PathOf("blobs"))];
        string[] move = ["move-store", "--to-metadata", metadata, "--to-artifacts", demo.PathOf("blobs")];
        var shown = (await demo.MustAsync("show", "sales@1")).Out;

        var planned = await demo.JsonAsync([.. move, "--dry-run"]);
        var moved = await demo.MustAsync(move);

        Assert.Equal((true, 1), (planned.GetProperty("dryRun").GetBoolean(), planned.GetProperty("records").GetProperty("versions").GetInt32()));
        Assert.Contains("were copied and compared. The old store is as it was.", moved.Out, StringComparison.Ordinal);
        Assert.Contains($"→ export KUMIKI_METADATA='{metadata}'", moved.Out, StringComparison.Ordinal);
        Assert.Equal(shown, (await demo.RunAsync(settings, ["show", "sales@1"])).Out);
        var anew = await demo.RunAsync(settings, ["make", "sales", "--anew", "--own-process"]);
        Assert.True(anew.Code == 0, anew.ToString());
        Assert.Contains("run-2", (await demo.RunAsync(settings, ["runs"])).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("run-2", (await demo.MustAsync("runs")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await demo.RunAsync(settings, ["verify"])).Code);
        var doctor = await demo.RunAsync(settings, ["doctor"]);
        Assert.Contains($"✓ metadata     The metadata store {metadata} opens", doctor.Out, StringComparison.Ordinal);
        var again = await demo.RunAsync(move);
        Assert.Equal(1, again.Code);
        Assert.Contains("holds something already", again.Error, StringComparison.Ordinal);
        var shouted = await demo.RunAsync("runs", "--metadata", metadata.Replace("postgres@", "postgres:secret@", StringComparison.Ordinal));
        Assert.StartsWith("A password on the command line can be read by everyone on this machine.", shouted.Error.TrimStart('✗', ' '),
            StringComparison.Ordinal);
    }
}
