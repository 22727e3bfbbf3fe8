using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kumiki.Store.Moving;
using Kumiki.Store.Sqlite;
using Microsoft.Data.Sqlite;

namespace Kumiki.Store;

/// <summary>A release on its way from one store into the data folder of a server that answers by it alone: a folder with <c>records.json</c> and
/// <c>artifacts/sha256/ab/cdef…</c>, the blobs that serving reads.</summary>
/// <remarks>The records are those of the release, of its versions, of all that these were made from, and of the runs that made them, as their store has them;
/// the same release gives the same bytes. docs/formats/release-folder.md.</remarks>
public static class ReleaseRecords
{
    public const string FileName = "records.json";

    /// <summary>Says in a data folder which records it has: their SHA-256.</summary>
    public const string Mark = "release";

    const string Form = "kumiki-release/1";

    /// <summary>Where a blob lies in the folder.</summary>
    public static string PathOf(Digest blob) => $"artifacts/sha256/{blob.Hex[..2]}/{blob.Hex[2..]}";

    /// <summary>Reads a release out of a store.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="release">One that was live.</param>
    /// <returns>The bytes of <c>records.json</c>.</returns>
    public static async Task<byte[]> ReadAsync(string folder, StoreSettings stores, IMetadataStore metadata, ReleaseRecord release, CancellationToken stop)
    {
        var versions = new SortedDictionary<long, VersionRecord>();
        var known = new HashSet<VersionName>();
        for (List<VersionName> next = [.. release.Set.Select(s => new VersionName(s.Key, s.Value))]; next.Count > 0;)
        {
            known.UnionWith(next);
            var found = await metadata.VersionsAsync(next, stop);
            foreach (var version in found.Values) versions[version.MadeBy.Number] = version;
            next = [.. found.Values.SelectMany(v => v.Inputs).Select(i => i.Version).Distinct().Where(v => !known.Contains(v))];
        }
        await using var tables = StoreMove.TablesOf(folder, stores);
        var (runs, environments) = (new List<object?[]>(), new SortedDictionary<long, object?[]>());
        var environment = RunsTable.Columns.ToList().IndexOf("environment");
        foreach (var run in versions.Keys)
        {
            var row = await RowAsync(RunsTable, run);
            runs.Add(row);
            var place = Convert.ToInt64(row[environment], System.Globalization.CultureInfo.InvariantCulture);
            if (!environments.ContainsKey(place)) environments[place] = await RowAsync(Table("environments"), place);
        }
        var moved = await RowAsync(Table("releases"), release.Number);
        // As it was when it went live: what became of it later is not this release's.
        moved[1] = nameof(ReleaseState.Live);
        moved[4] = null;
        // A version's own number is given by its store; the run that made it tells as much of their order.
        var rows = new SortedDictionary<string, IReadOnlyList<object?[]>>(StringComparer.Ordinal)
        {
            ["environments"] = [.. environments.Values],
            ["runs"] = runs,
            ["versions"] = [.. versions.Select(v => new object?[] { v.Key, v.Value.Asset, (long)v.Value.Name.Number, v.Key, v.Value.Content.Hex,
                JsonSerializer.Serialize(v.Value, RecordsJson.Default.VersionRecord) })],
            ["version_inputs"] = [.. versions.SelectMany(v => v.Value.Inputs.Where(i => i.Read.Count > 0).Select(i => i.Version).Distinct()
                .Select(i => new object?[] { i.Asset, (long)i.Number, v.Key }))],
            ["version_blobs"] = [.. versions.SelectMany(v => v.Value.Files.Select(f => f.Content).Distinct().Select(b => new object?[] { b.Hex, v.Key }))],
            ["releases"] = [moved],
            ["production"] = [.. release.Set.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => new object?[] { s.Key, (long)s.Value })],
        };
        return JsonSerializer.SerializeToUtf8Bytes(new BroughtRelease(Form, release.Number,
            rows.ToDictionary(t => t.Key,
                t => new BroughtTable(Table(t.Key).Columns, [.. t.Value.Select(r => r.Select(Element).ToArray())]), StringComparer.Ordinal)),
            BroughtJson.Default.BroughtRelease);

        async Task<object?[]> RowAsync(RecordTable table, long key) => (await tables.PageAsync(table, [key - 1], 1, stop))[0];
    }

    static RecordTable Table(string name) => RecordTable.All.First(t => t.Name == name);

    static RecordTable RunsTable { get; } = Table("runs");

    static JsonElement Element(object? value) => value switch
    {
        null => JsonSerializer.SerializeToElement(null, BroughtJson.Default.String),
        string text => JsonSerializer.SerializeToElement(text, BroughtJson.Default.String),
        double number => JsonSerializer.SerializeToElement(number, BroughtJson.Default.Double),
        var whole => JsonSerializer.SerializeToElement(Convert.ToInt64(whole, System.Globalization.CultureInfo.InvariantCulture), BroughtJson.Default.Int64),
    };

    /// <summary>Brings a release into a data folder that has nothing, or an earlier or later release that came the same way, and makes it live there. Again is
    /// a no-op.</summary>
    /// <remarks>1. The blobs; 2. in one step the records, and production; 3. the mark. Killed between, the next start does it again.</remarks>
    /// <param name="from">The folder.</param>
    /// <param name="dataFolder">Made where it is not there.</param>
    /// <returns>The release's number.</returns>
    /// <exception cref="KumikiException">A file is missing or damaged; the data folder is a project's own, or another project's release is in it; or a server
    /// runs there.</exception>
    public static async Task<int> TakeAsync(string from, string dataFolder, TimeProvider clock, CancellationToken stop)
    {
        var (release, digest) = await OpenAsync(Path.Combine(from, FileName), stop);
        var (store, mark) = (Path.Combine(dataFolder, "store.db"), Path.Combine(dataFolder, Mark));
        var isMarked = File.Exists(mark);
        if (isMarked && await File.ReadAllTextAsync(mark, stop) == digest) return release.Release;
        if (!isMarked && File.Exists(store)) throw new KumikiException(Message.Of("store.brought-own", ("folder", dataFolder)));
        await using (var data = DataFolder.Open(dataFolder, clock))
        {
            using var alone = ServerLock.Take(data.Path, "kumiki serve --from");
            if (!isMarked) MarkAs("-");
            foreach (var path in Directory.EnumerateFiles(Path.Combine(from, "artifacts/sha256"), "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal))
            {
                if (!Digest.TryParse(Path.GetFileName(Path.GetDirectoryName(path)) + Path.GetFileName(path), null, out var blob)) continue;
                if (data.Artifacts.Contains(blob)) continue;
                await using var bytes = File.OpenRead(path);
                if (Convert.ToHexStringLower(await SHA256.HashDataAsync(bytes, stop)) != blob.Hex)
                    throw new KumikiException(Message.Of("store.brought-damaged", ("path", path)));
                bytes.Position = 0;
                await data.Artifacts.PutAsync(bytes, stop);
            }
        }
        Write(store, release, clock.GetUtcNow(), dataFolder);
        MarkAs(digest);
        return release.Release;

        void MarkAs(string text)
        {
            File.WriteAllText(mark + ".new", text);
            DurableFile.Appear(mark + ".new", mark);
        }
    }

    static async Task<(BroughtRelease Release, string Digest)> OpenAsync(string path, CancellationToken stop)
    {
        try
        {
            var bytes = await File.ReadAllBytesAsync(path, stop);
            var release = JsonSerializer.Deserialize(bytes, BroughtJson.Default.BroughtRelease);
            if (release is not { Form: Form, Tables: not null }
                || release.Tables.Any(t => RecordTable.All.All(k => k.Name != t.Key || !t.Value.Columns.SequenceEqual(k.Columns))))
                throw new KumikiException(Message.Of("store.brought-unreadable", ("path", path), ("reason", $"it is not of the form {Form} of this program")));
            return (release, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new KumikiException(Message.Of("store.brought-unreadable", ("path", path), ("reason", e.Message.TrimEnd('.'))), e);
        }
    }

    static void Write(string store, BroughtRelease release, DateTimeOffset now, string dataFolder)
    {
        using var db = Connection.ToWrite(store, TimeSpan.FromSeconds(10));
        db.Run("BEGIN IMMEDIATE");
        try
        {
            // Rows of the same place are the same rows, unless they came from another store.
            foreach (var name in (string[])["environments", "runs", "versions", "version_inputs", "version_blobs"])
            {
                if (!release.Tables.TryGetValue(name, out var table)) continue;
                var known = Table(name);
                var same = string.Join(" AND ", known.Columns.Select((c, i) => $"\"{c}\" IS ?{i + 1}"));
                foreach (var row in table.Rows)
                {
                    var values = row.Select(Value).ToArray();
                    if (db.Any($"SELECT 1 FROM {name} WHERE {same}", values)) continue;
                    db.Run(Insert(known), values);
                }
            }
            db.Run("UPDATE releases SET state = 'Withdrawn', withdrawn_at = ?1 WHERE state = 'Live'", now);
            foreach (var row in release.Tables["releases"].Rows) db.Run(Insert(Table("releases"), "INSERT OR REPLACE"), [.. row.Select(Value)]);
            db.Run("DELETE FROM production");
            foreach (var row in release.Tables["production"].Rows) db.Run(Insert(Table("production")), [.. row.Select(Value)]);
            db.Run("UPDATE store SET revision = revision + 1, production_revision = production_revision + 1, live_release = ?1", release.Release);
            DurableStep.At("brought.commit");
            db.Run("COMMIT");
            DurableStep.At("brought.committed");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == Constraint)
        {
            if (db.InTransaction) db.Run("ROLLBACK");
            throw new KumikiException(Message.Of("store.brought-other", ("folder", dataFolder)), e);
        }
    }

    const int Constraint = 19;

    static string Insert(RecordTable table, string how = "INSERT") =>
        $"{how} INTO {table.Name} ({RecordTable.Quoted(table.Columns)}) VALUES ({string.Join(", ", table.Columns.Select((_, i) => $"?{i + 1}"))})";

    static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole : value.GetDouble(),
        _ => null,
    };
}

/// <param name="Tables">By name; a value is a text, a number or null.</param>
sealed record BroughtRelease(string Form, int Release, IReadOnlyDictionary<string, BroughtTable> Tables);

sealed record BroughtTable(IReadOnlyList<string> Columns, IReadOnlyList<JsonElement[]> Rows);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BroughtRelease))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(long))]
sealed partial class BroughtJson : JsonSerializerContext;
