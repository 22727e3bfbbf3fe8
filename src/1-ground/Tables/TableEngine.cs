using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What a <see cref="TableEngine"/> may use.</summary>
public sealed record TableEngineOptions
{
    /// <summary>Where DuckDB writes what does not fit in memory; made when missing.</summary>
    public required string SpillFolder { get; init; }

    /// <value>60 % of what this process may have: its cgroup's limit, else the machine's memory.</value>
    public long? MemoryBytes { get; init; }

    /// <value>The processors of this process.</value>
    public int? Threads { get; init; }
}

/// <summary>DuckDB in this process; one instance a process, made once and shared by all who read, check or write tables.</summary>
/// <remarks>
/// Half of the memory belongs to one database that all share and that uses all threads. The other half is lent in equal shares to short-lived databases of one
/// thread each, as many as there are threads:
/// what is written must be the same bytes every time, and an author's SQL runs alone, where it can reach nothing but its inputs.
/// </remarks>
public sealed class TableEngine : IDisposable
{
    readonly Lock gate = new();
    readonly SemaphoreSlim places;
    DuckDbDatabase? shared;
    int number;

    public TableEngine(TableEngineOptions options)
    {
        Threads = Math.Max(1, options.Threads ?? Environment.ProcessorCount);
        MemoryBytes = options.MemoryBytes ?? MemoryLimit.Bytes() * 6 / 10;
        SpillFolder = Path.GetFullPath(options.SpillFolder);
        Directory.CreateDirectory(SpillFolder);
        places = new(Threads);
    }

    public int Threads { get; }

    public long MemoryBytes { get; }

    public string SpillFolder { get; }

    /// <summary>A connection to the shared database, for trusted SQL of ours.</summary>
    internal DuckDbConnection Connect()
    {
        lock (gate) return (shared ??= DuckDbDatabase.OpenInMemory(MemoryBytes / 2, Threads, SpillFolder)).Connect();
    }

    /// <summary>Closes the shared database once its connections are closed, so that what it keeps for later goes back to the system; whoever connects next opens
    /// it anew, in some ten milliseconds.</summary>
    internal void GiveBack()
    {
        lock (gate)
        {
            shared?.Dispose();
            shared = null;
        }
    }

    /// <summary>A database of one thread for the caller alone; waits until one of the places is free.</summary>
    internal SingleDatabase OpenSingle(CancellationToken cancellation)
    {
        places.Wait(cancellation);
        try
        {
            var spill = Path.Combine(SpillFolder, $"single-{Environment.ProcessId}-{Interlocked.Increment(ref number)}");
            return new(DuckDbDatabase.OpenInMemory(MemoryBytes / 2 / Threads, threads: 1, spill), spill, places);
        }
        catch
        {
            places.Release();
            throw;
        }
    }

    public void Dispose()
    {
        shared?.Dispose();
        places.Dispose();
    }
}

/// <summary>A database of one thread, its connection and its spill folder; gives its place back when disposed.</summary>
sealed class SingleDatabase : IDisposable
{
    readonly DuckDbDatabase database;
    readonly SemaphoreSlim places;

    internal SingleDatabase(DuckDbDatabase database, string spillFolder, SemaphoreSlim places)
    {
        (this.database, SpillFolder, this.places) = (database, spillFolder, places);
        Connection = database.Connect();
    }

    internal DuckDbConnection Connection { get; }

    internal string SpillFolder { get; }

    /// <summary>Lets it reach these files and its spill folder, and nothing else from now on; no SQL can undo that.</summary>
    internal void Confine(IReadOnlyList<string> files, CancellationToken cancellation)
    {
        Directory.CreateDirectory(SpillFolder);
        Connection.Execute("SET TimeZone = 'UTC'", cancellation);     // times with a zone mean the same on every machine
        Connection.Execute($"SET allowed_directories = [{SqlText.Quote(SpillFolder + "/")}]", cancellation);
        Connection.Execute($"SET allowed_paths = [{string.Join(", ", files.Select(SqlText.Quote))}]", cancellation);
        Connection.Execute("SET enable_external_access = false", cancellation);
        Connection.Execute("SET lock_configuration = true", cancellation);
    }

    public void Dispose()
    {
        Connection.Dispose();
        database.Dispose();
        if (Directory.Exists(SpillFolder)) Directory.Delete(SpillFolder, recursive: true);
        places.Release();
    }
}
