using System.Diagnostics;
using System.Text.Json;

namespace Kumiki.Journeys;

/// <summary>What a command said, and how it ended.</summary>
/// <param name="Code">0 for success; 137 where the process was killed.</param>
sealed record Said(int Code, string Out, string Error)
{
    public IReadOnlyList<string> Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override string ToString() => $"exit code {Code}\n{Out}{Error}";
}

/// <summary>A folder of its own in which the demo's program runs, as a person would run it.</summary>
sealed class Demo : IDisposable
{
    const string Demand = "DemandForecast";

    /// <summary>The program without a project, which knows every backend.</summary>
    public const string Bare = "Kumiki.Program";

    readonly string program;

    /// <param name="program">The system that is run.</param>
    public Demo(string program = Demand) : this(Directory.CreateTempSubdirectory("kumiki-demo-").FullName, program)
    {
    }

    Demo(string folder, string program) => (Folder, this.program) = (folder, program);

    public string Folder { get; }

    public string PathOf(string relative) => Path.Combine(Folder, relative);

    /// <summary>Where the store has a blob, made writable so that a test may damage it.</summary>
    public string Blob(string digest)
    {
        var path = PathOf($".kumiki/artifacts/sha256/{digest[..2]}/{digest[2..]}");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>The same in another folder: files, times and all.</summary>
    public async Task<Demo> CopyAsync()
    {
        var copy = Directory.CreateTempSubdirectory("kumiki-demo-").FullName;
        var (code, said) = await Checkout.RunAsync("cp", "-a", Folder + "/.", copy);
        return code == 0 ? new(copy, program) : throw new InvalidOperationException(said);
    }

    /// <summary>Writes a file of sales, in the project's form unless <paramref name="text"/> says otherwise.</summary>
    public void Sales(string text, string file = "sales.csv") => Sales(System.Text.Encoding.UTF8.GetBytes(text), file);

    public void Sales(byte[] bytes, string file = "sales.csv")
    {
        Directory.CreateDirectory(PathOf("data/sales"));
        File.WriteAllBytes(PathOf("data/sales/" + file), bytes);
    }

    /// <summary>Writes a table of masters.</summary>
    public void Masters(string text, string file)
    {
        Directory.CreateDirectory(PathOf("data/masters"));
        File.WriteAllText(PathOf("data/masters/" + file), text);
    }

    /// <summary>Writes 100 weeks of made-up sales of 2 stores and 2 items.</summary>
    public async Task SomeSalesAsync() => await MustAsync("generate-sales", "--from", "2023-06-05", "--to", "2025-05-04", "--stores", "2", "--items", "2");

    public Task<Said> RunAsync(params IReadOnlyList<string> arguments) => RunAsync([], arguments);

    public async Task<Said> RunAsync(IReadOnlyList<(string Name, string Value)> environment, IReadOnlyList<string> arguments)
    {
        using var running = Start(environment, arguments);
        return await running.EndAsync();
    }

    /// <summary>Runs a command that has to succeed.</summary>
    public async Task<Said> MustAsync(params IReadOnlyList<string> arguments)
    {
        var said = await RunAsync(arguments);
        return said.Code == 0 ? said : throw new InvalidOperationException($"{string.Join(' ', arguments)}: {said}");
    }

    /// <summary>What a command that has to succeed says with <c>--json</c>.</summary>
    public async Task<JsonElement> JsonAsync(params IReadOnlyList<string> arguments)
    {
        using var document = JsonDocument.Parse((await MustAsync([.. arguments, "--json"])).Out);
        return document.RootElement.Clone();
    }

    public Running Start(IReadOnlyList<(string Name, string Value)> environment, IReadOnlyList<string> arguments)
    {
        var file = program == Bare ? "kumiki" : program;
        var start = new ProcessStartInfo("dotnet", [Checkout.PathOf($"artifacts/bin/{program}/debug_linux-x64/{file}.dll"), .. arguments]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("KUMIKI_", StringComparison.Ordinal) && k != "KUMIKI_NATIVE").ToList()) start.Environment.Remove(name);
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["TZ"] = "UTC";
        start.Environment["KUMIKI_AUTHOR"] = "tester";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>A command that runs; killed when disposed before its end.</summary>
sealed class Running : IDisposable
{
    readonly Process process;
    readonly System.Text.StringBuilder read = new();
    readonly Task<string> complained;

    public Running(Process process)
    {
        this.process = process;
        process.StandardInput.Close();
        complained = process.StandardError.ReadToEndAsync();
    }

    public int Id => process.Id;

    /// <summary>Waits until a line holds a text.</summary>
    public async Task<string> LineAsync(string text)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            read.Append(line).Append('\n');
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        }
        throw new InvalidOperationException($"It ended without saying '{text}':\n{read}{await complained}");
    }

    /// <summary>Sends a signal, such as INT or KILL; a process that has just ended takes none.</summary>
    public async Task SignalAsync(string signal) => await Checkout.RunAsync("kill", $"-{signal}", $"{Id}");

    public async Task<Said> EndAsync()
    {
        read.Append(await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new(process.ExitCode, read.ToString(), await complained);
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
