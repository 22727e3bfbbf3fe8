using System.ComponentModel;
using System.Diagnostics;

namespace Kumiki.Making;

/// <summary>Runs another program to its end.</summary>
static class ChildProcess
{
    /// <returns>Its exit code and what it wrote; null where there is no such program.</returns>
    /// <remarks>Cancelled, it is killed with all it started.</remarks>
    public static async Task<(int Code, string Output, string Errors)?> RunAsync(string program, string folder, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        Process child;
        try
        {
            child = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return null;
        }
        using (child)
        {
            await using var kill = stop.Register(() => child.Kill(entireProcessTree: true));
            var output = child.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var errors = child.StandardError.ReadToEndAsync(CancellationToken.None);
            await child.WaitForExitAsync(CancellationToken.None);
            stop.ThrowIfCancellationRequested();
            return (child.ExitCode, (await output).Trim(), (await errors).Trim());
        }
    }
}
