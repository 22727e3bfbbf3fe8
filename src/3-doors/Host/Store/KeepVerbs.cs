using System.CommandLine;
using Kumiki.Making;
using Kumiki.Shell;
using Kumiki.Store;
using Kumiki.Store.Postgres;

namespace Kumiki;

sealed partial class Doors
{
    IEnumerable<Command> Keeping()
    {
        yield return Verify();
        yield return Gc();
        yield return MoveStore();
    }

    Command Verify() => Verb("verify", "Hash everything again, and name what changed or is missing and the versions it touches.", [],
        async (parsed, session, terminal, stop) =>
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

    static Command MoveStore()
    {
        var metadata = new Option<string?>("--to-metadata") { Description = "postgres://USER@HOST:5432/DATABASE, or a folder that gets a store.db." };
        var artifacts = new Option<string?>("--to-artifacts") { Description = "s3://BUCKET/PREFIX?endpoint=URL, or a folder." };
        var command = new Command("move-store",
            "Copy every record and blob into other stores, empty ones, and compare them. The old store stays as it is; killed, it goes on.")
        {
            metadata, artifacts, DryRunOption,
        };
        command.SetAction(async (parsed, stop) =>
        {
            // Not through a session, which would tidy the store that is to be left as it is.
            var (terminal, dryRun) = (TerminalOf(parsed), parsed.GetValue(DryRunOption));
            var named = parsed.GetValue(metadata);
            var to = new StoreSettings
            {
                Metadata = named is not null && PostgresAddress.Is(named) ? WithoutPassword(named) : named,
                Artifacts = parsed.GetValue(artifacts),
            };
            var report = await StoreMove.RunAsync(parsed.GetValue(Data)!.FullName, Stores(parsed), to, dryRun, new MoveLines(terminal), Session.Clock, stop);
            return terminal.Result(report, () =>
            {
                terminal.Line(report.Says);
                if (dryRun) return;
                terminal.Line(Message.Of("shell.move-next"));
                foreach (var (variable, value) in new[] { (StoreSettings.MetadataVariable, to.Metadata), (StoreSettings.ArtifactsVariable, to.Artifacts) })
                    if (value is not null) terminal.Next($"export {variable}='{value}'");
            });
        });
        return command;
    }

    /// <summary>A line whenever a part is done, and in between for each tenth of it.</summary>
    sealed class MoveLines(Terminal terminal) : IProgress<MoveProgress>
    {
        readonly Lock gate = new();
        (string What, bool IsChecking, long Tenth) last = ("", false, 0);

        public void Report(MoveProgress value)
        {
            lock (gate)
            {
                var now = (value.What, value.IsChecking, value.Of == 0 ? 10 : value.Done * 10 / value.Of);
                if (now == last || value.Of == 0) return;
                last = now;
                terminal.Line(value.IsChecking
                    ? Message.Of("shell.move-checked", ("what", value.What), ("done", value.Done), ("of", value.Of))
                    : Message.Of("shell.move-copied", ("what", value.What), ("done", value.Done), ("of", value.Of)));
            }
        }
    }
}
