using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>Where a PostgreSQL store is: <c>postgres://user@host:5432/database?schema=kumiki</c>.</summary>
/// <remarks>The password may stand in the address, but is better kept in <c>PGPASSWORD</c> or a password file (<c>PGPASSFILE</c>, <c>~/.pgpass</c>), where the
/// driver finds it. It is never printed.</remarks>
public sealed partial record PostgresAddress
{
    readonly NpgsqlConnectionStringBuilder connection;

    PostgresAddress(NpgsqlConnectionStringBuilder connection, string schema) => (this.connection, Schema) = (connection, schema);

    /// <summary>The host and port, or the folder of a local socket.</summary>
    public string Host => connection.Host!.StartsWith('/') ? connection.Host : string.Create(CultureInfo.InvariantCulture,
        $"{connection.Host}:{connection.Port}");

    public string Database => connection.Database!;

    /// <summary>The schema that holds the tables; made if it is not there.</summary>
    /// <value><c>kumiki</c>.</value>
    public string Schema { get; }

    internal string User => connection.Username ?? Environment.UserName;

    /// <summary>Whether the password stands in it.</summary>
    public bool HasPassword => connection.Password is { Length: > 0 };

    /// <summary>Whether a setting names a PostgreSQL store.</summary>
    public static bool Is(string setting) => setting.StartsWith("postgres:", StringComparison.Ordinal) || setting.StartsWith("postgresql:",
        StringComparison.Ordinal);

    /// <summary>Reads an address. Known in its query: <c>schema</c>, <c>sslmode</c>, <c>sslrootcert</c>, <c>host</c> (a socket's folder), <c>user</c> and
    /// <c>connections</c> (how many a process may open, 4 … 1,000; 20 by default).</summary>
    /// <exception cref="KumikiException">It is none; the sentence says why, without the password.</exception>
    public static PostgresAddress Parse(string text)
    {
        if (!Is(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri)) throw Bad("it cannot be read");
        var connection = new NpgsqlConnectionStringBuilder { MaxPoolSize = 20, Timeout = 15 };
        var schema = "kumiki";
        if (uri.Host.Length > 0) connection.Host = uri.Host.Trim('[', ']');
        connection.Port = uri.Port > 0 ? uri.Port : 5432;
        connection.Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/'));
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) connection.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2 && user[1].Length > 0) connection.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (left, Uri.UnescapeDataString(right)) : (pair, "");
            switch (name)
            {
                case "schema" when SchemaName().IsMatch(value): schema = value; break;
                case "schema": throw Bad("a schema is named in small letters, digits and _, and begins with a letter");
                case "user" when value.Length > 0: connection.Username = value; break;
                case "host" when value.Length > 0: connection.Host = value; break;
                case "sslrootcert" when File.Exists(value): connection.RootCertificate = value; break;
                case "sslmode" when Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true,
                    out var mode):
                    connection.SslMode = mode; break;
                case "connections" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 4 and <= 1000:
                    connection.MaxPoolSize = most;
                    break;
                default: throw Bad($"{name} is not known there, or not with that value");
            }
        }
        if (connection.Host is not { Length: > 0 }) throw Bad("it names no host");
        if (connection.Database.Length == 0 || connection.Database.Contains('/')) throw Bad("it names no database");
        return new(connection, schema);

        KumikiException Bad(string reason) => new(Message.Of("store.postgres-address", ("address", WithoutPassword(text)), ("reason", reason)));
    }

    /// <summary>The address without its password.</summary>
    public override string ToString() => Host.StartsWith('/')
        ? $"postgres:///{Database}?host={Host}&schema={Schema}"
        : $"postgres://{User}@{Host}/{Database}?schema={Schema}";

    public bool Equals(PostgresAddress? other) => other is not null && (Host, Database, Schema) == (other.Host, other.Database, other.Schema);

    public override int GetHashCode() => HashCode.Combine(Host, Database, Schema);

    /// <summary>For the driver. A session whose machine vanished in the middle of a write must not keep the lock: the server ends one that idles.</summary>
    internal string Connecting(TimeSpan patience) => new NpgsqlConnectionStringBuilder(connection.ConnectionString)
    {
        SearchPath = Schema,
        ApplicationName = "kumiki",
        MaxAutoPrepare = 200,
        KeepAlive = 30,
        Options = string.Create(CultureInfo.InvariantCulture,
            $"-c synchronous_commit=on -c jit=off -c lock_timeout={(long)patience.TotalMilliseconds} -c idle_in_transaction_session_timeout=15000"),
    }.ConnectionString;

    static string WithoutPassword(string text) => PasswordPart().Replace(text, "$1:***@");

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$")]
    private static partial Regex SchemaName();

    [GeneratedRegex("(?<=^[a-z]+:(?://)?)([^/:@]*):.*@")]
    private static partial Regex PasswordPart();
}
