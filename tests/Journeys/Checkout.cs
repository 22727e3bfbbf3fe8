using System.Diagnostics;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Kumiki.Journeys;

/// <summary>The checkout these tests were built from, and its script.</summary>
static class Checkout
{
    public static string Root { get; } = Find();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>A file of the real data that lie beside the checkout, in this folder or one above.</summary>
    public static string Data(string relative)
    {
        for (var up = new DirectoryInfo(Root); up is not null; up = up.Parent)
            if (Path.Combine(up.FullName, "shared/data", relative) is var path && File.Exists(path)) return path;
        throw new InvalidOperationException($"shared/data/{relative} lies in no folder above {Root}.");
    }

    /// <summary>Runs a command and gives all it said.</summary>
    public static Task<(int Code, string Said)> RunAsync(string command, params IReadOnlyList<string> arguments) => RunAsync(Root, new Dictionary<string, string>(), command, arguments);

    public static async Task<(int Code, string Said)> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, string command, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var said = process.StandardOutput.ReadToEndAsync();
        var complained = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await said + await complained);
    }

    static string Find()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) return up.FullName;
        throw new InvalidOperationException("These tests run from a checkout.");
    }
}
