using Kumiki.Making;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>The one table engine of this process; it spills beside the artifacts, into a folder that goes with the process.</summary>
static class SharedTables
{
    static readonly Lock Gate = new();
    static TableEngine? engine;
    static Scratch? spill;

    public static TableEngine Tables(this MakingRun making) => Of(making.NewProcessScratch);

    /// <summary>For who only looks, outside a making.</summary>
    public static TableEngine Of(IArtifactStore artifacts) => Of(artifacts.NewScratch);

    static TableEngine Of(Func<Scratch> newScratch)
    {
        lock (Gate)
        {
            if (engine is not null) return engine;
            spill = newScratch();
            AppDomain.CurrentDomain.ProcessExit += (_, _) => spill.Dispose();
            return engine = new(new TableEngineOptions { SpillFolder = spill.Folder });
        }
    }
}
