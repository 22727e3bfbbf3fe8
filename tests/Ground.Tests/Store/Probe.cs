using System.Diagnostics;

namespace Kumiki.Store.Tests;

/// <summary>The probe program as a process of its own; see tests/StoreProbe.</summary>
sealed class Probe : IDisposable
{
    readonly Process process;
    readonly Task<string> errors;

    Probe(ProcessStartInfo start)
    {
        process = Process.Start(start)!;
        errors = process.StandardError.ReadToEndAsync();
    }

    public int Pid => process.Id;

    /// <summary>Starts <c>StoreProbe ARGUMENTS</c>, under another command if one is named.</summary>
    public static Probe Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? under = null)
    {
        IReadOnlyList<string> words = [.. under ?? [], "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "StoreProbe.dll"), .. arguments];
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var word in words.Skip(1)) start.ArgumentList.Add(word);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new(start);
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>The lines it said; what is said has been done.</returns>
    public static async Task<(int ExitCode, IReadOnlyList<string> Said)> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? under = null)
    {
        using var probe = Start(arguments, environment, under);
        return await probe.EndAsync();
    }

    public Task<string?> LineAsync() => process.StandardOutput.ReadLineAsync();

    public void Kill() => process.Kill();

    /// <summary>A line on its standard input; lost where it was killed.</summary>
    public void Say(string line)
    {
        lock (process)
        {
            try
            {
                process.StandardInput.WriteLine(line);
                process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // it was killed, and reads no more
            }
        }
    }

    public void EndInput() => process.StandardInput.Close();

    /// <summary>Waits for its end.</summary>
    public async Task<(int ExitCode, IReadOnlyList<string> Said)> EndAsync()
    {
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        // A line that a kill cut short was not said.
        var lines = said.Split('\n')[..^1];
        if (process.ExitCode is not (0 or 1 or Killed)) throw new InvalidOperationException($"The probe ended with {process.ExitCode}: {await errors}");
        return (process.ExitCode, lines);
    }

    /// <summary>The exit code of a process ended by SIGKILL.</summary>
    public const int Killed = 137;

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}
