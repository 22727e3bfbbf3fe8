using System.Net.Sockets;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>What PostgreSQL or the way to it refused, as a sentence that names host and database, never the password.</summary>
static class PostgresTrouble
{
    /// <summary>The sentence for an error; null where the error is ours.</summary>
    internal static KumikiException? Of(NpgsqlException error, PostgresAddress address, TimeSpan patience)
    {
        (string, object?)[] at =
        [
            ("host", address.Host), ("database", address.Database), ("user", address.User), ("schema", address.Schema), ("seconds", patience.TotalSeconds),
        ];
        return error is PostgresException said ? Refused(said) : Failed();

        KumikiException? Refused(PostgresException said) => said.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => Says(Message.Of("store.postgres-password", at)),
            PostgresErrorCodes.InvalidCatalogName => Says(Message.Of("store.postgres-no-database", at)),
            PostgresErrorCodes.TooManyConnections => Says(Message.Of("store.postgres-connections", at)),
            PostgresErrorCodes.InsufficientPrivilege => Says(Message.Of("store.postgres-rights", at)),
            PostgresErrorCodes.DiskFull => Says(Message.Of("store.postgres-full", at)),
            PostgresErrorCodes.ReadOnlySqlTransaction => Says(Message.Of("store.postgres-read-only", at)),
            PostgresErrorCodes.LockNotAvailable => Says(Message.Of("store.postgres-held", at)),
            _ when IsGone(said.SqlState) => Says(Message.Of("store.postgres-lost", at)),
            _ => null,
        };

        KumikiException Failed() =>
            NeedsPassword(error) ? Says(Message.Of("store.postgres-password", at))
            : error.InnerException is TimeoutException or SocketException { SocketErrorCode: not (SocketError.ConnectionReset or SocketError.Shutdown) }
                ? Says(Message.Of("store.postgres-unreachable", at))
                : Says(Message.Of("store.postgres-lost", at));

        KumikiException Says(Message message) => new(message, error);
    }

    /// <summary>Whether the same may succeed a moment later: the connection went, the server starts again, or two transactions stood in each other's way. What
    /// was not committed is rolled back then.</summary>
    internal static bool MayPass(NpgsqlException error) => error is PostgresException said
        ? IsGone(said.SqlState) || said.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.TooManyConnections
        : !NeedsPassword(error);

    /// <summary>The server ended the session, or takes none just now.</summary>
    static bool IsGone(string state)
    {
        const string idledInTransaction = "25P03";
        return state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or idledInTransaction
            || state.StartsWith("08", StringComparison.Ordinal);
    }

    /// <summary>The server asked for a password, and there is none; the driver has no code for it.</summary>
    static bool NeedsPassword(NpgsqlException error) => error.Message.StartsWith("No password", StringComparison.Ordinal);
}
