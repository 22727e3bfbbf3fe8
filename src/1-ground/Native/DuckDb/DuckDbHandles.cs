using System.Runtime.InteropServices;

namespace Kumiki.Native.DuckDb;

// Ownership: each handle frees what the library gave it, once. Released in the order result < statement, appender < connection < database.

internal sealed unsafe class DatabaseHandle : SafeHandle
{
    internal DatabaseHandle(nint database) : base(0, ownsHandle: true) => SetHandle(database);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        fixed (nint* database = &handle) DuckDbApi.duckdb_close(database);
        return true;
    }
}

internal sealed unsafe class ConnectionHandle : SafeHandle
{
    internal ConnectionHandle(nint connection) : base(0, ownsHandle: true) => SetHandle(connection);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        fixed (nint* connection = &handle) DuckDbApi.duckdb_disconnect(connection);
        return true;
    }
}

internal sealed unsafe class StatementHandle : SafeHandle
{
    internal StatementHandle(nint statement) : base(0, ownsHandle: true) => SetHandle(statement);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        fixed (nint* statement = &handle) DuckDbApi.duckdb_destroy_prepare(statement);
        return true;
    }
}

internal sealed unsafe class AppenderHandle : SafeHandle
{
    internal AppenderHandle(nint appender) : base(0, ownsHandle: true) => SetHandle(appender);

    public override bool IsInvalid => handle == 0;

    // The rows were flushed and their status checked by duckdb_appender_close; what is left here is an abandoned appender.
    protected override bool ReleaseHandle()
    {
        fixed (nint* appender = &handle) DuckDbApi.duckdb_appender_destroy(appender);
        return true;
    }
}

/// <summary>Owns the 48 bytes of a duckdb_result and what they point to.</summary>
internal sealed unsafe class ResultHandle : SafeHandle
{
    internal ResultHandle() : base(0, ownsHandle: true) => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(DuckDbApi.ResultData)));

    public override bool IsInvalid => handle == 0;

    internal DuckDbApi.ResultData* Data => (DuckDbApi.ResultData*)handle;

    protected override bool ReleaseHandle()
    {
        DuckDbApi.duckdb_destroy_result(Data);
        NativeMemory.Free(Data);
        return true;
    }
}
