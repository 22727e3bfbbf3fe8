using System.Net.Sockets;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>What PostgreSQL or the way to it refused, as a sentence that names host and database, never the password.</summary>
static class PostgresTrouble
{
    /// <summary>The sentence for an error; null where the error is ours.</summary>
    internal static KumikiException? Of(NpgsqlException error, PostgresAddress address, TimeSpan patience)
    {
        return error is PostgresException said ? Refused(said) : Failed();

        KumikiException? Refused(PostgresException said) => said.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => Says("store.postgres-password"),
            PostgresErrorCodes.InvalidCatalogName => Says("store.postgres-no-database"),
            PostgresErrorCodes.TooManyConnections => Says("store.postgres-connections"),
            PostgresErrorCodes.InsufficientPrivilege => Says("store.postgres-rights"),
            PostgresErrorCodes.DiskFull => Says("store.postgres-full"),
            PostgresErrorCodes.ReadOnlySqlTransaction => Says("store.postgres-read-only"),
            PostgresErrorCodes.LockNotAvailable => Says("store.postgres-held"),
            _ when IsGone(said.SqlState) => Says("store.postgres-lost"),
            _ => null,
        };

        KumikiException Failed() => Says(
            NeedsPassword(error) ? "store.postgres-password"
            : error.InnerException is TimeoutException or SocketException { SocketErrorCode: not (SocketError.ConnectionReset or SocketError.Shutdown) } ? "store.postgres-unreachable"
            : "store.postgres-lost");

        KumikiException Says(string id) => new(Message.Of(id, ("host", address.Host), ("database", address.Database), ("user", address.User),
            ("schema", address.Schema), ("seconds", patience.TotalSeconds)), error);
    }

    /// <summary>Whether the same may succeed a moment later: the connection went, the server starts again, or two transactions stood in each other's way. What
    /// was not committed is rolled back then.</summary>
    internal static bool MayPass(NpgsqlException error) => error is PostgresException said
        ? IsGone(said.SqlState) || said.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.TooManyConnections
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
