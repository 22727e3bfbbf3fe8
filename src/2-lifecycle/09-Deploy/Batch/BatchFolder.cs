using System.Globalization;
using System.Text.Json;
using Kumiki.Store;

namespace Kumiki.Deploying;

/// <summary>What a form of output is.</summary>
enum BatchForm { Csv, Parquet, Folder }

/// <summary>The place beside an output where it grows: what a run finished stays there until the output has appeared, and the same order goes on with
/// it.</summary>
/// <remarks>
/// <c>.NAME.predicting/</c> holds <c>order.json</c> (what everything in it was made from), <c>input/N/</c> (rows that were read and checked), <c>rows/N</c>
/// (segments with their scores) and <c>whole</c> (the output, complete). Each appears under its name when it is whole and durable; losing the folder costs
/// its computation, nothing else. At the end: 1. <c>end.json</c> says what was done, 2. the rows set aside appear, 3. the output appears, 4. the folder goes.
/// </remarks>
sealed class BatchFolder : IDisposable
{
    static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web);

    const int WouldBlock = 11;      // EWOULDBLOCK; .NET passes the raw number on

    readonly string work;
    readonly FileStream held;

    BatchFolder(string output, string work, FileStream held) => (Output, this.work, this.held) = (output, work, held);

    /// <summary>Full path of the output.</summary>
    public string Output { get; }

    public string RejectsPath => Output + ".rejects.jsonl";

    /// <summary>What an earlier run of the same order did to its end; null where there is still work.</summary>
    public BatchEnd? Finished { get; private set; }

    public static BatchForm FormOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => BatchForm.Csv,
        ".parquet" => BatchForm.Parquet,
        "" => BatchForm.Folder,
        var other => throw new KumikiException(Message.Of("predict.out-kind", ("out", path), ("ending", other))),
    };

    /// <summary>Opens the place for an order; what another order left there is removed.</summary>
    /// <param name="made">What every part of the output is made from, as text.</param>
    /// <exception cref="KumikiException">The output is there and may not be replaced, there is no folder for it, or another process writes it now.</exception>
    public static BatchFolder Open(string output, string made, bool overwrites)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        var (parent, form) = (Path.GetDirectoryName(path), FormOf(path));
        if (parent is null || !Directory.Exists(parent)) throw new KumikiException(Message.Of("predict.out-folder", ("out", path)));
        if (form == BatchForm.Folder ? File.Exists(path) : Directory.Exists(path)) throw new KumikiException(Message.Of("predict.out-other", ("out", path)));
        var work = Path.Combine(parent, $".{Path.GetFileName(path)}.predicting");
        var order = Path.Combine(work, "order.json");
        if (Path.Exists(path) && !overwrites && !File.Exists(order)) throw There(path);
        try
        {
            if (Directory.Exists(Gone(work))) Directory.Delete(Gone(work), recursive: true);
            Directory.CreateDirectory(work);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new KumikiException(Message.Of("predict.out-denied", ("out", path)), e);
        }
        var folder = new BatchFolder(path, work, Hold(work, path));
        try
        {
            var same = File.Exists(order) && File.ReadAllText(order) == made;
            if (same && folder.Read<BatchEnd>("end.json") is { } end && (Path.Exists(folder.Whole) || Path.Exists(path)))
            {
                folder.Finished = end;
                return folder;
            }
            if (Path.Exists(path) && !overwrites) throw There(path);
            if (same) return folder;
            folder.Clear();
            folder.KeepText("order.json", made);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    static KumikiException There(string path) => new(Message.Of("predict.out-there", ("out", path)));

    static FileStream Hold(string work, string path)
    {
        try
        {
            return new(Path.Combine(work, "held"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == WouldBlock)
        {
            throw new KumikiException(Message.Of("predict.held", ("out", path)), e);
        }
    }

    void Clear()
    {
        foreach (var file in Directory.EnumerateFiles(work).Where(f => Path.GetFileName(f) != "held").ToList()) File.Delete(file);
        foreach (var inside in Directory.EnumerateDirectories(work).ToList()) Directory.Delete(inside, recursive: true);
    }

    public string Spill => Path.Combine(work, "spill");
    string Whole => Path.Combine(work, "whole");

    /// <summary>A place of this name in it.</summary>
    public string At(string name) => Path.Combine(work, name);

    public bool Contains(string name) => Path.Exists(At(name));

    /// <summary>An empty folder to fill, before <see cref="KeepFolder"/>.</summary>
    public string NewFolder()
    {
        var path = At("new");
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A file to write, before <see cref="KeepFile"/>.</summary>
    public string NewFile()
    {
        var path = At("new-file");
        File.Delete(path);
        return path;
    }

    public void KeepFolder(string made, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        DurableFile.AppearFolder(made, At(name));
    }

    public void KeepFile(string made, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        DurableFile.Appear(made, At(name));
    }

    public void Keep<T>(string name, T value) => KeepText(name, JsonSerializer.Serialize(value, Form));

    void KeepText(string name, string text)
    {
        var path = At("new-text");
        File.WriteAllText(path, text);
        KeepFile(path, name);
    }

    /// <summary>What was kept under a name; null where nothing was.</summary>
    public T? Read<T>(string name) where T : class => File.Exists(At(name)) ? JsonSerializer.Deserialize<T>(File.ReadAllText(At(name)), Form) : null;

    /// <summary>Lets the output appear, the rows set aside before it, and removes the place.</summary>
    public void Appear(BatchEnd end)
    {
        if (Finished is null)
        {
            if (Directory.Exists(Whole)) Keep("whole.json", Changed(Whole));
            Keep("end.json", end);
        }
        if (end.RejectsFile is null) File.Delete(RejectsPath);      // those of an output that is replaced
        else if (Contains("rejects")) DurableFile.Appear(At("rejects"), RejectsPath);
        // Folders change places, so the old one may be at hand under the new one's name; the time of its last change tells them apart.
        if (File.Exists(Whole)) DurableFile.Appear(Whole, Output);
        else if (Directory.Exists(Whole) && Changed(Whole) == Read<string>("whole.json")) DurableFile.AppearFolder(Whole, Output);
        Remove();
    }

    static string Changed(string folder) => Directory.GetLastWriteTimeUtc(folder).Ticks.ToString(CultureInfo.InvariantCulture);

    /// <summary>Removes the place, if nothing in it is worth going on with.</summary>
    public void LeaveNothing()
    {
        if (!Contains("input") && !Contains("rows")) Remove();
    }

    // Renamed first: half removed, it must not be taken for an order's.
    void Remove()
    {
        Directory.Move(work, Gone(work));
        held.Dispose();
        Directory.Delete(Gone(work), recursive: true);
    }

    static string Gone(string work) => work + ".gone";

    public void Dispose() => held.Dispose();
}
