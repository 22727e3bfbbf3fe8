using System.Globalization;

namespace Kumiki.Making;

/// <summary>What a step in a process of its own tells its parent, a line each on standard output: <c>moved DONE TOTAL UNIT</c> or <c>said LEVEL TEXT</c>.</summary>
public static class StepLine
{
    public static string? Write(MakingProgress progress) => progress switch
    {
        MakingProgress.Moved moved => string.Create(CultureInfo.InvariantCulture, $"moved {moved.Done} {moved.Total} {moved.Unit}"),
        MakingProgress.Said said => $"said {said.Level} {said.Text.ReplaceLineEndings(" ")}",
        _ => null,
    };

    internal static MakingProgress? TryRead(string line, string asset)
    {
        var words = line.Split(' ', 4);
        if (words is ["moved", var done, var total, var unit] && long.TryParse(done, CultureInfo.InvariantCulture, out var d) && long.TryParse(total, CultureInfo.InvariantCulture, out var t))
            return new MakingProgress.Moved(asset, d, t, unit);
        return line.Split(' ', 3) is ["said", var level, var text] ? new MakingProgress.Said(asset, level, text) : null;
    }
}
