namespace Kumiki.Native.DuckDb;

/// <summary>One DuckDB in memory: its own memory limit, threads and spill folder. Nothing it is asked can reach the network for an extension.</summary>
public sealed unsafe class DuckDbDatabase : IDisposable
{
    readonly DatabaseHandle handle;

    DuckDbDatabase(DatabaseHandle handle) => this.handle = handle;

    /// <summary>The library's version, <c>v1.5.6</c>.</summary>
    public static string LibraryVersion => DuckDbStatus.Text(DuckDbApi.duckdb_library_version());

    /// <summary>Opens an empty database in memory.</summary>
    /// <param name="memoryBytes">Most memory DuckDB keeps before it spills or fails.</param>
    /// <param name="threads">Threads of this database, at least 1.</param>
    /// <param name="spillFolder">Where it may spill; null: it may not, and fails when memory runs out.</param>
    /// <exception cref="DuckDbException">A setting was refused.</exception>
    public static DuckDbDatabase OpenInMemory(long memoryBytes, int threads, string? spillFolder)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(memoryBytes, 1 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        nint config;
        DuckDbStatus.Check(DuckDbApi.duckdb_create_config(&config), "make its settings", null);
        try
        {
            Set(config, "memory_limit", $"{memoryBytes / 1024}KiB");
            Set(config, "threads", threads.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Set(config, "temp_directory", spillFolder ?? "");
            Set(config, "autoinstall_known_extensions", "false");
            Set(config, "autoload_known_extensions", "false");
            // It would keep the bytes of files that were read, which the system's page cache keeps anyway, in this process.
            Set(config, "enable_external_file_cache", "false");
            nint database;
            byte* error = null;
            var state = DuckDbApi.duckdb_open_ext(null, &database, config, &error);
            try
            {
                DuckDbStatus.Check(state, "open a database in memory", error);
            }
            finally
            {
                if (error is not null) DuckDbApi.duckdb_free(error);
            }
            return new(new DatabaseHandle(database));
        }
        finally
        {
            DuckDbApi.duckdb_destroy_config(&config);
        }
    }

    static void Set(nint config, string name, string value)
    {
        fixed (byte* n = DuckDbStatus.CText(name), v = DuckDbStatus.CText(value))
            DuckDbStatus.Check(DuckDbApi.duckdb_set_config(config, n, v), $"set {name} to {value}", null);
    }

    /// <summary>A connection: one statement at a time, any number of connections at once.</summary>
    public DuckDbConnection Connect()
    {
        nint connection;
        DuckDbStatus.Check(DuckDbApi.duckdb_connect(handle, &connection), "connect", null);
        return new(new ConnectionHandle(connection));
    }

    /// <summary>Closes it once its connections are closed.</summary>
    public void Dispose() => handle.Dispose();
}
