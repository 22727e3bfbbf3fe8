using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Turns what an engine or the file system said while we worked with tables into a sentence that can be acted on.</summary>
static class TableFailure
{
    /// <summary>Runs work that writes under <paramref name="target"/>; a full disk or exhausted memory becomes one sentence.</summary>
    internal static void Guard(TableEngine engine, string target, Action work)
    {
        try
        {
            work();
        }
        catch (DuckDbException e) when (e.DiskFull)
        {
            throw DiskFull(engine, target, e, e.Reason);
        }
        catch (DuckDbException e) when (e.Type == DuckDbErrorType.OutOfMemory)
        {
            throw new KumikiException(Message.Of("tables.out-of-memory", ("limit", engine.MemoryBytes >> 20), ("spill", engine.SpillFolder),
                ("reason", FirstLine(e.Reason))), e);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == NoSpace)
        {
            throw DiskFull(engine, target, e, e.Message);
        }
    }

    const int NoSpace = 28;     // ENOSPC; .NET passes the raw number on

    static KumikiException DiskFull(TableEngine engine, string target, Exception e, string reason) =>
        new(Message.Of("tables.disk-full", ("path", target), ("spill", engine.SpillFolder), ("reason", FirstLine(reason))), e);

    /// <summary>Checks Parquet files before they are read, where DuckDB's words would not name the mend.</summary>
    internal static void RequireFiles(IReadOnlyList<string> files)
    {
        foreach (var file in files)
            if (!File.Exists(file)) throw new KumikiException(Message.Of("tables.file-missing", ("file", file)));
    }

    /// <summary>Finds which of the files DuckDB could not read, and says so; other failures come back as they were.</summary>
    internal static KumikiException Reading(IReadOnlyList<string> files, DuckDbException e)
    {
        // A damaged page is told without the file's name, and without a class of its own.
        var reads = e.Type is DuckDbErrorType.Io or DuckDbErrorType.InvalidInput or DuckDbErrorType.Invalid or DuckDbErrorType.Serialization
            or DuckDbErrorType.Internal;
        if (!reads) return e;
        var file = files.FirstOrDefault(f => e.Reason.Contains(f, StringComparison.Ordinal));
        if (file is null && e.Type is (DuckDbErrorType.InvalidInput or DuckDbErrorType.Io)) return e;
        file ??= string.Join(" / ", files.Take(5)) + (files.Count > 5 ? " / …" : "");
        return file.Length == 0 ? e : new KumikiException(Message.Of("tables.file-broken", ("file", file), ("reason", FirstLine(e.Reason))), e);
    }

    internal static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('.', ' ');
}
