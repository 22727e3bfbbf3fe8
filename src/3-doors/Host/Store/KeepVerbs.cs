using System.CommandLine;
using Kumiki.Making;
using Kumiki.Store;

namespace Kumiki;

sealed partial class Doors
{
    IEnumerable<Command> Keeping()
    {
        yield return Verify();
        yield return Gc();
    }

    Command Verify() => Verb("verify", "Hash everything again, and name what changed or is missing and the versions it touches.", [], async (parsed, session, terminal, stop) =>
    {
        var report = await Verification.RunAsync(session.Metadata, session.Artifacts, null, stop);
        return terminal.Result(report, () =>
        {
            foreach (var fault in report.Faults) terminal.Line($"✗ {fault.Says}");
            foreach (var pinned in report.Pinned) terminal.Line($"✗ {pinned.Says}");
            terminal.Line(report.Says);
        }, report.IsSound ? 0 : 1);
    });

    Command Gc()
    {
        var grace = new Option<TimeSpan>("--grace") { Description = "Blobs younger than this stay.", DefaultValueFactory = _ => new CollectionPolicy().Grace };
        var forget = new Option<int?>("--forget-runs-after") { Description = "Days after which runs without a result are forgotten.", DefaultValueFactory = _ => (int?)new CollectionPolicy().ForgetRunsAfter?.TotalDays };
        return Verb("gc", "Remove blobs that no version, run or release needs.", [DryRunOption, grace, forget], async (parsed, session, terminal, stop) =>
        {
            var policy = new CollectionPolicy { Grace = parsed.GetValue(grace), ForgetRunsAfter = parsed.GetValue(forget) is { } days ? TimeSpan.FromDays(days) : null };
            var report = await GarbageCollection.RunAsync(session.Metadata, session.Artifacts, policy, parsed.GetValue(DryRunOption), Session.Clock, stop);
            var checkpoints = Checkpoints.Collect(session.CheckpointFolder, Session.Clock.GetUtcNow() - TimeSpan.FromDays(7), parsed.GetValue(DryRunOption));
            return terminal.Result(new { report, checkpointBytes = checkpoints }, () =>
            {
                if (report.DryRun)
                    foreach (var blob in report.Removed) terminal.Line($"  {blob}");
                terminal.Line(report.Says);
                if (checkpoints > 0) terminal.Line(Message.Of("shell.checkpoints", ("size", Size(checkpoints))));
            });
        });
    }
}
