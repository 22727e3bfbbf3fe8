using System.CommandLine;
using Kumiki.Shell;

namespace Kumiki.Doctor;

/// <summary><c>kumiki doctor</c>: what is missing on this machine, and the command that mends it.</summary>
static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "What is missing on this machine, and the command that mends it.");
        command.SetAction(async (parsed, stop) =>
            Print(new Terminal(parsed.GetValue(Doors.Json)), await Examination.OfAsync(parsed.GetValue(Doors.Data)!.FullName, Doors.Stores(parsed), TimeProvider.System, stop)));
        return command;
    }

    /// <returns>0 where nothing is ill.</returns>
    public static int Print(Terminal terminal, IReadOnlyList<Examined> found)
    {
        var ill = found.Count(f => f.Health == Health.Ill);
        return terminal.Result(new { ok = ill == 0, checks = found }, () =>
        {
            var width = found.Max(f => f.Name.Length);
            foreach (var f in found) terminal.Line($"{f.Health switch { Health.Well => '✓', Health.Note => '·', _ => '✗' }} {f.Name.PadRight(width)}  {f.Found}");
            terminal.Line();
            terminal.Line(ill == 0 ? Message.Of("doctor.well") : Message.Of("doctor.ill", ("count", ill)));
            foreach (var mend in found.Where(f => f.Health == Health.Ill).Select(f => f.Mend).OfType<string>().Distinct()) terminal.Next(mend);
        }, ill == 0 ? 0 : 1);
    }
}
