using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kumiki.Store;

/// <summary>What the system or SQLite refused, as a sentence that names the place and the mend.</summary>
static class StoreTrouble
{
    /// <summary>The sentence for an error of the file system; null where it is not one a user can mend.</summary>
    internal static KumikiException? Of(Exception error, string path) => error switch
    {
        UnauthorizedAccessException => NoPermission(path, error),
        IOException { HResult: Posix.NoSpace or Posix.NoQuota } => new(Message.Of("store.disk-full", ("path", path)), error),
        IOException { HResult: Posix.NoPermission or Posix.NotPermitted } => NoPermission(path, error),
        IOException { HResult: Posix.ReadOnlyFileSystem } => new(Message.Of("store.read-only", ("path", path)), error),
        _ => null,
    };

    /// <summary>The sentence for an error of SQLite; null where the error is ours.</summary>
    internal static KumikiException? Of(SqliteException error, string path) => error.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => new(Message.Of("store.disk-full", ("path", path)), error),
        raw.SQLITE_IOERR when error.SqliteExtendedErrorCode == raw.SQLITE_IOERR_SHMSIZE => new(Message.Of("store.disk-full", ("path", path)), error),
        raw.SQLITE_IOERR => new(Message.Of("store.disk-failed", ("path", path), ("reason", error.Message)), error),
        raw.SQLITE_READONLY => new(Message.Of("store.read-only", ("path", path)), error),
        raw.SQLITE_CANTOPEN or raw.SQLITE_PERM => NoPermission(path, error),
        raw.SQLITE_CORRUPT => new(Message.Of("store.corrupt", ("path", path), ("reason", error.Message)), error),
        raw.SQLITE_NOTADB => new(Message.Of("store.unknown", ("path", path)), error),
        _ => null,
    };

    static KumikiException NoPermission(string path, Exception error) =>
        new(Message.Of("store.no-permission", ("path", path), ("user", Environment.UserName)), error);
}
