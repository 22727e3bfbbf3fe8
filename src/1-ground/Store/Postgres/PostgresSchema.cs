using System.Globalization;
using System.Reflection;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>One step of the schema: <c>migrations/0001-store.pgsql</c>.</summary>
sealed record PostgresMigration(int Number, string Sql)
{
    /// <summary>All steps in order, numbered 1, 2, 3 ….</summary>
    internal static IReadOnlyList<PostgresMigration> All { get; } = [.. Read().OrderBy(m => m.Number)];

    static IEnumerable<PostgresMigration> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".pgsql", StringComparison.Ordinal)))
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return new(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), text.ReadToEnd());
        }
    }
}

/// <summary>Brings a schema of a database to the tables of this program.</summary>
static class PostgresSchema
{
    /// <summary><c>pg_current_xact_id</c>, by which the end of a write is known even when its answer was lost.</summary>
    const int OldestServer = 13;

    /// <summary>Runs the steps a schema has not had yet, all in one transaction, one process at a time.</summary>
    /// <param name="filling">Whether a move may go on here: a store that is being filled opens for nobody else.</param>
    /// <exception cref="KumikiException">The server is too old, or the schema is another program's, a newer Kumiki's, or half filled.</exception>
    internal static void Raise(NpgsqlConnection db, PostgresAddress address, bool filling = false)
    {
        CheckServer(db, address);
        var last = PostgresMigration.All[^1].Number;
        if (Version(db, address, filling) == last) return;

        using var transaction = db.BeginTransaction();
        Run(db, "SELECT pg_advisory_xact_lock(hashtextextended('kumiki schema ' || $1, 0))", address.Schema);
        var version = Version(db, address, filling);        // another process may have raised it while this one waited for the lock
        if (version == last) return;
        // The name was checked to be a plain one when the address was read.
        if (!(bool)Value(db, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", address.Schema)!) Run(db, $"CREATE SCHEMA {address.Schema}");
        if (version == 0) Run(db, "CREATE TABLE kumiki_format (number integer NOT NULL)");
        foreach (var step in PostgresMigration.All.Where(m => m.Number > version)) Run(db, step.Sql);
        Run(db, "DELETE FROM kumiki_format");
        Run(db, "INSERT INTO kumiki_format VALUES ($1)", last);
        DurableStep.At("schema.commit");
        transaction.Commit();
        DurableStep.At("schema.committed");
    }

    /// <summary>Whether the schema has tables of ours, of this or an older format.</summary>
    /// <exception cref="KumikiException">As for <see cref="Raise"/>.</exception>
    internal static bool IsThere(NpgsqlConnection db, PostgresAddress address)
    {
        CheckServer(db, address);
        return Version(db, address, filling: false) > 0;
    }

    static void CheckServer(NpgsqlConnection db, PostgresAddress address)
    {
        if (db.PostgreSqlVersion.Major < OldestServer)
            throw new KumikiException(Message.Of("store.postgres-old", ("host", address.Host), ("found", db.ServerVersion), ("oldest", OldestServer)));
    }

    /// <returns>0 for a schema that is empty or not there.</returns>
    static int Version(NpgsqlConnection db, PostgresAddress address, bool filling)
    {
        (string, object?)[] at = [("host", address.Host), ("database", address.Database), ("schema", address.Schema)];
        const string tables =
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'p')";
        if ((long)Value(db, tables, address.Schema)! == 0) return 0;
        if (!(bool)Value(db, "SELECT to_regclass($1) IS NOT NULL", $"{address.Schema}.kumiki_format")!)
            throw new KumikiException(Message.Of("store.postgres-unknown", at));
        var version = (int)Value(db, "SELECT number FROM kumiki_format")!;
        if (version > PostgresMigration.All[^1].Number) throw new KumikiException(Message.Of("store.postgres-newer", [.. at, ("found", version),
            ("known", PostgresMigration.All[^1].Number)]));
        if (!filling && (bool)Value(db, "SELECT to_regclass($1) IS NOT NULL", $"{address.Schema}.moving")!)
            throw new KumikiException(Message.Of("store.half-moved", ("store", address)));
        return version;

    }

    static object? Value(NpgsqlConnection db, string sql, params ReadOnlySpan<object> values)
    {
        using var command = new NpgsqlCommand(sql, db);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command.ExecuteScalar();
    }

    static void Run(NpgsqlConnection db, string sql, params ReadOnlySpan<object> values) => Value(db, sql, values);
}
