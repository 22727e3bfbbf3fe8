using System.Diagnostics;
using System.Globalization;
using Kumiki.Native;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Store;

namespace Kumiki.Importing;

/// <summary>What a stranger's model may use while it is looked at.</summary>
public sealed record CheckLimits
{
    /// <summary>Memory beside twice the bytes of the model's files.</summary>
    /// <value>1 GiB.</value>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <value>60 s.</value>
    public TimeSpan Processor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>From its start to its end, whatever it waits for.</summary>
    /// <value>2 minutes.</value>
    public TimeSpan Wall { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The most bytes of a model with its external data.</summary>
    /// <value>32 GiB.</value>
    public long MostBytes { get; init; } = 32L << 30;
}

/// <summary>How a look at a model ended.</summary>
public abstract record CheckEnd
{
    CheckEnd() { }

    /// <summary>ONNX Runtime opened it.</summary>
    /// <param name="By">What did: <c>ONNX Runtime 1.30.0</c>.</param>
    public sealed record Sound(ForeignModel Model, string By) : CheckEnd;

    public sealed record Refused(Message Why) : CheckEnd;
}

/// <summary>Looks at ONNX files that were made elsewhere, without trusting them.</summary>
/// <remarks>
/// 1. <see cref="Look"/>, in this process: the file is read field by field; operators, external data. 2. <see cref="OpenAsync"/>: a child process without our
/// environment, whose memory, processor time, files and wall clock are limited by the system, opens it in ONNX Runtime from a folder that holds the model's
/// files and nothing else, and runs it once over zeros where it takes them. Whatever becomes of the child is one sentence here.
/// </remarks>
/// <param name="command">This program, told to look at a model: the verb <see cref="Verb"/>.</param>
public sealed class ModelCheck(IReadOnlyList<string> command, IArtifactStore artifacts, CheckLimits? limits = null)
{
    /// <summary>The hidden verb of the child.</summary>
    public const string Verb = "check-onnx";

    /// <summary>The child's answer begins with one of these.</summary>
    const string Opened = "opened ", NotOpened = "refused ", NoMemory = "memory ";

    const int MostSaid = 16 * 1024, LongestReason = 300, SignalExit = 128, ProcessorSignal = 24, KillSignal = 9;

    /// <summary>One child at a time: each may take much memory.</summary>
    static readonly SemaphoreSlim One = new(1);

    readonly CheckLimits limits = limits ?? new();

    /// <summary>Step 1.</summary>
    /// <param name="onnx">The model among <paramref name="files"/>; its external data are looked for below its folder.</param>
    /// <exception cref="RefusedModelException">The file is no model, or one that is not opened here.</exception>
    public async Task<ForeignModel> LookAsync(string onnx, IReadOnlyList<VersionFile> files, CancellationToken stop)
    {
        var file = files.First(f => f.Path == onnx);
        if (file.Bytes == 0) throw new RefusedModelException(Message.Of("onnx.unreadable", ("at", 0)));
        if (file.Bytes > int.MaxValue) throw new RefusedModelException(Message.Of("imported.too-long", ("file", onnx), ("most", int.MaxValue)));
        var folder = onnx[..(onnx.LastIndexOf('/') + 1)];
        var sizes = files.ToDictionary(f => f.Path, f => f.Bytes, StringComparer.Ordinal);
        var path = await artifacts.PathAsync(file.Content, stop);
        return await Task.Run(() =>
        {
            using System.Buffers.IMemoryOwner<byte> bytes = MappedFile.Open(path);
            try
            {
                return ForeignModel.Look(bytes.Memory, below => sizes.TryGetValue(folder + below, out var size) ? size : null);
            }
            catch (KumikiException e)
            {
                throw new RefusedModelException(e.Says);
            }
        }, stop);
    }

    /// <summary>Step 2, for a model that was looked at.</summary>
    public async Task<CheckEnd> OpenAsync(ForeignModel model, string onnx, IReadOnlyList<VersionFile> files, CancellationToken stop)
    {
        var folder = onnx[..(onnx.LastIndexOf('/') + 1)];
        List<VersionFile> needed = [files.First(f => f.Path == onnx), .. files.Where(f => f.Path.StartsWith(folder, StringComparison.Ordinal)
            && model.External.Contains(f.Path[folder.Length..]))];
        var bytes = needed.Sum(f => f.Bytes);
        if (bytes > limits.MostBytes) return new CheckEnd.Refused(Message.Of("imported.too-long", ("file", onnx), ("most", limits.MostBytes)));
        await One.WaitAsync(stop);
        try
        {
            using var scratch = artifacts.NewScratch();
            foreach (var file in needed) await PlaceAsync(file, scratch.File(file.Path[folder.Length..]), stop);
            return await RunAsync(model, scratch.File(onnx[folder.Length..]), bytes, stop);
        }
        finally
        {
            One.Release();
        }
    }

    async Task PlaceAsync(VersionFile file, string path, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var blob = await artifacts.PathAsync(file.Content, stop);
        if (!HardLink.Try(blob, path)) await Task.Run(() => File.Copy(blob, path), stop);
    }

    async Task<CheckEnd> RunAsync(ForeignModel model, string path, long bytes, CancellationToken stop)
    {
        var memory = limits.MemoryBytes + 2 * bytes;
        var seconds = Math.Max(1, (int)limits.Processor.TotalSeconds);
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), Verb, path, Written(memory), Written(seconds)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetDirectoryName(path)!,
        };
        // Nothing of ours is the model's business: passwords, addresses, settings of ONNX Runtime.
        foreach (var name in start.Environment.Keys.Where(n => n is not ("PATH" or "DOTNET_ROOT")).ToList()) start.Environment.Remove(name);
        start.Environment["KUMIKI_NATIVE"] = NativeEngine.Folders();
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";       // its shared memory would be a file beyond the limit
        start.Environment["DOTNET_TieredCompilation"] = "1";
        start.Environment["HOME"] = Path.GetDirectoryName(path)!;
        start.Environment["LANG"] = "C.UTF-8";
        using var child = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
        child.StandardInput.Close();
        using var timer = new CancellationTokenSource(limits.Wall);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timer.Token);
        var (said, complained) = (HeadAsync(child.StandardOutput), HeadAsync(child.StandardError));
        try
        {
            await child.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync(CancellationToken.None);
            stop.ThrowIfCancellationRequested();
            return new CheckEnd.Refused(Message.Of("imported.too-slow", ("seconds", (int)limits.Wall.TotalSeconds)));
        }
        await complained;
        var answer = (await said).Split('\n')[0].Trim();
        if (child.ExitCode == 0 && answer.StartsWith(Opened, StringComparison.Ordinal)) return new CheckEnd.Sound(model, answer[Opened.Length..]);
        return new CheckEnd.Refused(
            answer.StartsWith(NotOpened, StringComparison.Ordinal) ? Message.Of("imported.not-opened", ("reason", answer[NotOpened.Length..]))
            : answer.StartsWith(NoMemory.TrimEnd(), StringComparison.Ordinal) ? Message.Of("imported.too-large", ("memory", memory))
            : child.ExitCode is SignalExit + ProcessorSignal or SignalExit + KillSignal ? Message.Of("imported.too-slow", ("seconds", seconds))
            : Message.Of("imported.crashed", ("exit", child.ExitCode)));

        static string Written(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The beginning of what the child says; the rest is read and forgotten, so that it does not wait for us.</summary>
    static async Task<string> HeadAsync(StreamReader from)
    {
        var (head, buffer) = (new System.Text.StringBuilder(), new char[4096]);
        for (int read; (read = await from.ReadAsync(buffer)) > 0;)
            if (head.Length < MostSaid) head.Append(buffer, 0, read);
        return head.ToString();
    }

    /// <summary>What the child does: limits itself, opens the model, says how that went in one line.</summary>
    /// <returns>The exit code.</returns>
    public static int Child(string path, long memoryBytes, int seconds)
    {
        var by = $"ONNX Runtime {OnnxSession.LibraryVersion}";        // loads the library before the limits hold
        new ProcessLimits(memoryBytes, TimeSpan.FromSeconds(seconds), LargestFileBytes: 0).Hold();
        try
        {
            OnnxSession.Try(path);
            RunOnce(path);
            Console.Out.WriteLine(Opened + by);
            return 0;
        }
        catch (OutOfMemoryException)
        {
            Console.Out.WriteLine(NoMemory);
            return 1;
        }
        catch (NativeException e)
        {
            var reason = e.Reason.ReplaceLineEndings(" ");
            Console.Out.WriteLine((IsOfMemory(e) ? NoMemory : NotOpened) + (reason.Length <= LongestReason ? reason : reason[..LongestReason] + "…"));
            return 1;
        }
    }

    /// <summary>Runs a model that takes and gives tensors once over zeros, every open dimension 1: what it makes of them may be an error, for not every model
    /// takes such a shape, but not more than the limits.</summary>
    static void RunOnce(string path)
    {
        try
        {
            using var session = OnnxSession.Open(path);
            OnnxTensor[] inputs = [.. session.Inputs.Select(i => OnnxTensor.Of(i.Type, [.. i.Shape.Select(d => d < 0 ? 1 : d)]))];
            foreach (var output in session.Run(inputs)) output.Dispose();
            foreach (var input in inputs) input.Dispose();
        }
        catch (Exception e) when (e is NativeException native ? !IsOfMemory(native) : e is ArgumentException)
        {
            // lists, maps, a type or size that no tensor of ours has, or a shape that the model does not take
        }
    }

    static bool IsOfMemory(NativeException e) => OutOfMemory.Any(words => e.Reason.Contains(words, StringComparison.OrdinalIgnoreCase));

    /// <summary>How ONNX Runtime and the C++ library say that an allocation failed.</summary>
    static readonly string[] OutOfMemory = ["bad_alloc", "bad allocation", "allocate memory"];
}

/// <summary>A model that is not opened here; the sentence says why.</summary>
public sealed class RefusedModelException(Message says) : KumikiException(says);
