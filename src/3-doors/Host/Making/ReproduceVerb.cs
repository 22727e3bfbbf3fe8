using System.CommandLine;
using Kumiki.Making;
using Kumiki.Shell;

namespace Kumiki;

sealed partial class Doors
{
    Command Reproduce()
    {
        var tolerance = new Option<double>("--tolerance") { Description = "Relative difference of a metric that still counts as equal.", DefaultValueFactory = _ => 1e-9 };
        var rebuild = new Option<bool>("--rebuild") { Description = "Build the program again from its commit and lock file, instead of running the one that was kept." };
        return Verb("reproduce", "Make a version again from its recorded inputs, code, parameters and seed, and compare.", [VersionArgument, tolerance, rebuild], async (parsed, session, terminal, stop) =>
        {
            var version = VersionOf(parsed.GetValue(VersionArgument)!);
            var result = await MakingScreen.ShowAsync(terminal, tell => Reproduction.OfAsync(version, session.PlaceOf(), Path.Combine(session.Folder, "programs"),
                ["repeat-step", "--data", session.Folder], new Dictionary<string, string> { ["KUMIKI_NATIVE"] = Native.NativeEngine.Folders() }, parsed.GetValue(tolerance), parsed.GetValue(rebuild), tell, stop));
            return terminal.Result(result, () =>
            {
                terminal.Line(Message.Of("reproduce.ran", ("version", version), ("run", result.Run), ("commit", result.Program.ShortCommit), ("program", result.Program.Closure.Short)));
                if (result.BitEqual && result.Differences.Count == 0) terminal.Line(Message.Of("reproduce.equal", ("version", version)));
                else
                {
                    terminal.Line(Message.Of("reproduce.differs", ("version", version), ("count", result.Differences.Count)));
                    PrintDifferences(terminal, result.Differences, version.ToString(), "again");
                }
            }, result.BitEqual && result.Differences.Count == 0 ? 0 : 1);
        });
    }

    static void PrintDifferences(Terminal terminal, IReadOnlyList<Difference> differences, string left, string right) =>
        terminal.Table(["", "", left, right], differences.Select(d => (IReadOnlyList<string>)[d.Section, d.Name, d.Left ?? "–", d.Right ?? "–"]));
}
