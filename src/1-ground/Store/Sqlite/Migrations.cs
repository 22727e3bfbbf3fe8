using System.Globalization;
using System.Reflection;

namespace Kumiki.Store.Sqlite;

/// <summary>One step of the schema: <c>migrations/0001-versions-and-runs.sql</c>.</summary>
sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>All steps in order, numbered 1, 2, 3 ….</summary>
    internal static IReadOnlyList<Migration> All { get; } = [.. Read().OrderBy(m => m.Number)];

    static IEnumerable<Migration> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)))
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return new(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, text.ReadToEnd());
        }
    }
}

/// <summary>Brings a database to the schema of this program.</summary>
static class Schema
{
    /// <summary>"KMKI", in the file's header: says whose file it is.</summary>
    internal const int ApplicationId = 0x4B4D4B49;

    /// <summary>Runs the steps a database has not had yet, all in one transaction.</summary>
    /// <param name="upTo">The last step to run; tests stop earlier.</param>
    /// <exception cref="KumikiException">It is another program's database, or a newer Kumiki's.</exception>
    internal static void Raise(Connection db, string path, int upTo)
    {
        if (VersionNow(db, path) == upTo) return;
        if (db.First("PRAGMA journal_mode = WAL", row => row.GetString(0), "") != "wal") throw new KumikiException(Message.Of("store.no-wal", ("path", path)));
        db.Run("BEGIN IMMEDIATE");
        try
        {
            // Looked at again: another process may have raised it while this one waited for the lock.
            foreach (var step in Migration.All.Where(m => m.Number <= upTo).SkipWhile(m => m.Number <= Version(db, path)).ToList()) db.Run(step.Sql);
            db.Run($"PRAGMA application_id = {ApplicationId.ToString(CultureInfo.InvariantCulture)}");
            db.Run($"PRAGMA user_version = {upTo.ToString(CultureInfo.InvariantCulture)}");
            DurableStep.At("schema.commit");
            db.Run("COMMIT");
            DurableStep.At("schema.committed");
        }
        catch (Exception)
        {
            if (db.InTransaction) db.Run("ROLLBACK");
            throw;
        }
    }

    /// <summary>Looks on one snapshot: another process may be making the database just now.</summary>
    static int VersionNow(Connection db, string path)
    {
        db.Run("BEGIN");
        try
        {
            return Version(db, path);
        }
        finally
        {
            if (db.InTransaction) db.Run("ROLLBACK");
        }
    }

    /// <returns>0 for an empty database.</returns>
    static int Version(Connection db, string path)
    {
        var application = db.Number("PRAGMA application_id");
        var version = (int)db.Number("PRAGMA user_version")!;
        var isAnothers = application != ApplicationId && (application != 0 || db.Any("SELECT 1 FROM sqlite_schema"));
        if (isAnothers) throw new KumikiException(Message.Of("store.unknown", ("path", path)));
        var known = Migration.All[^1].Number;
        if (version > known) throw new KumikiException(Message.Of("store.newer", ("path", path), ("found", version), ("known", known)));
        return version;
    }
}
