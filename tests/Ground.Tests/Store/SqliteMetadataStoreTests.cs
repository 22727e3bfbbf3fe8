using System.Text.Json;
using Kumiki.Store.Sqlite;
using Xunit;

namespace Kumiki.Store.Tests;

public sealed class SqliteMetadataStoreTests : IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    readonly TestFolder folder = new();
    readonly HandClock clock = new();

    public void Dispose() => folder.Dispose();

    string Database => folder["store.db"];

    SqliteMetadataStore Open(StoreSettings? settings = null) => SqliteMetadataStore.Open(Database, settings ?? new(), clock);

    KumikiException Refused() => Assert.Throws<KumikiException>(() => Open());

    Connection Raw() => Connection.ToWrite(Database, TimeSpan.FromSeconds(5));

    static IReadOnlyList<string> Tables(Connection db) =>
        db.All("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1", row => row.GetString(0));

    public static TheoryData<int> OlderVersions => [.. Migration.All.Select(m => m.Number - 1)];

    [Theory]
    [MemberData(nameof(OlderVersions))]
    public async Task A_database_of_every_older_version_is_raised_and_keeps_what_it_has(int version)
    {
        using (var db = Raw())
        {
            Schema.Raise(db, Database, version);
            Assert.Equal(version, db.Number("PRAGMA user_version"));
            if (version >= 1) AddMaking(db);
            if (version >= 2) db.Run("INSERT INTO stages (asset, stage, number, at, by) VALUES ('beans', 'staging', 1, 0, 'mika')");
        }

        await using var store = Open();
        if (version >= 1)
        {
            Assert.Equal(Digest.Of("a"), (await store.VersionAsync(new("beans", 1), Go))!.Content);
            Assert.Equal("Debian 12", (await store.MakingsAsync("beans", Digest.Of("recipe a"), 1, Go)).Single().Plan.Environment.Os);
        }
        if (version >= 2) Assert.Equal("mika", (await store.StagesAsync(Go)).Single().By);
        Assert.Equal(version >= 1 ? 2 : 1, (await Sample.MakeAsync(store, "beans", "b")).Name.Number);
        var beans = (await store.VersionAsync(new("beans", 1), Go))!.Name;
        await store.AddReleaseAsync(Sample.Draft(Production.Empty, beans), Go);
        Assert.True(await store.MoveReleaseAsync(1, ReleaseState.Live, Go));
        Assert.NotNull(await store.DoomAsync([Digest.Of("orphan")], LivingProcess.Current, Go));
        var trial = await store.AddTrialAsync("beans", Sample.Plan("trial"), LivingProcess.Current, Sample.Outcome(("mae", 0.5)), [], [], Go);
        Assert.Equal(0.5, (await store.RunAsync(trial, Go))!.Figures["mae"]);
        await store.KeepScheduleAsync("weekly", Go);
        Assert.Equal("weekly", (await store.AskOccurrenceAsync("weekly", clock.Now, "mika", Go)).Schedule);

        using var raised = Raw();
        using var fresh = Connection.ToWrite(folder["fresh.db"], TimeSpan.FromSeconds(5));
        Schema.Raise(fresh, folder["fresh.db"], Migration.All[^1].Number);
        Assert.Equal(Tables(fresh), Tables(raised));
    }

    static void AddMaking(Connection db)
    {
        var (plan, version) = (Sample.Plan("a"), Sample.Version("beans", "a") with { Name = new("beans", 1) });
        db.Run("INSERT INTO environments (id, digest, record) VALUES (1, 'd', ?1)",
            JsonSerializer.Serialize(plan.Environment, RecordsJson.Default.RunEnvironment));
        db.Run(
            """
            INSERT INTO runs (asset, state, fence, owner, recipe_key, making_key, closure, environment, plan, started, ended, result)
            VALUES ('beans', 'Made', 1, ?1, ?2, ?3, 'c', 1, ?4, 0, 1, 1)
            """,
            JsonSerializer.Serialize(LivingProcess.Current, RecordsJson.Default.ProcessIdentity), plan.RecipeKey, plan.MakingKey,
            JsonSerializer.Serialize(plan, RecordsJson.Default.RunPlan));
        db.Run("INSERT INTO versions (asset, number, run, content, record) VALUES ('beans', 1, 1, ?1, ?2)",
            version.Content, JsonSerializer.Serialize(version, RecordsJson.Default.VersionRecord));
    }

    [Fact]
    public async Task Trials_are_found_and_forgotten_by_their_own_indexes_however_many_there_are()
    {
        await Open().DisposeAsync();
        using var db = Raw();

        Assert.Equal(["SCAN k VIRTUAL TABLE INDEX 1:", "SEARCH t USING COVERING INDEX trials (asset=? AND making_key=?)"], Plan($"SELECT 1 FROM runs r WHERE {SqliteMetadataStore.HasKey}").Where(p => p.Contains(" k ") || p.Contains(" t ")));
        Assert.Contains("SEARCH r USING INTEGER PRIMARY KEY (rowid=?)", Plan($"SELECT 1 FROM runs r WHERE {SqliteMetadataStore.HasKey} ORDER BY r.id"));
        Assert.Contains(Plan("SELECT count(*) FROM runs WHERE result IS NULL AND ended IS NOT NULL AND state <> 'Tried' AND ended < ?1"), p => p.Contains("runs_without_result (ended", StringComparison.Ordinal));

        List<string> Plan(string sql) => db.All("EXPLAIN QUERY PLAN " + sql, row => row.GetString(3), "a", "[]");
    }

    [Fact]
    public void Migrations_are_numbered_without_gaps() => Assert.Equal(Enumerable.Range(1, Migration.All.Count), Migration.All.Select(m => m.Number));

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_untouched()
    {
        await Open().DisposeAsync();
        using (var db = Raw()) db.Run("PRAGMA user_version = 99");
        var before = await File.ReadAllBytesAsync(Database);

        Assert.Equal(
            $"{Database} was written by a newer Kumiki (format 99; this program knows up to {Migration.All.Count}). Install that version or a later one.",
            Refused().Says.In("en"));
        Assert.Equal(before, await File.ReadAllBytesAsync(Database));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("SQLite format 3\0 but no more than that")]
    public void A_file_that_is_no_database_is_refused_untouched(string text)
    {
        File.WriteAllText(Database, string.Concat(Enumerable.Repeat(text, 100)));
        var before = File.ReadAllBytes(Database);

        Assert.Equal($"{Database} is not a Kumiki store. Move that file away, or name another folder with --data DIR.", Refused().Says.In("en"));
        Assert.Equal(before, File.ReadAllBytes(Database));
    }

    [Fact]
    public void Another_programs_database_is_refused_untouched()
    {
        using (var db = Raw()) db.Run("CREATE TABLE theirs (id INTEGER)");
        var before = File.ReadAllBytes(Database);

        Assert.Equal($"{Database} is not a Kumiki store. Move that file away, or name another folder with --data DIR.", Refused().Says.In("en"));
        Assert.Equal(before, File.ReadAllBytes(Database));
    }

    [Fact]
    public async Task A_damaged_database_is_said_where_it_is_read()
    {
        await using (var store = Open())
            for (var i = 0; i < 50; i++) await Sample.MakeAsync(store, "beans", $"{i}");
        var bytes = await File.ReadAllBytesAsync(Database);
        Array.Fill(bytes, (byte)0xAB, 4096, bytes.Length - 4096);
        await File.WriteAllBytesAsync(Database, bytes);

        var damaged = await Assert.ThrowsAsync<KumikiException>(async () =>
        {
            await using var store = Open();
            await store.VersionsAsync("beans", 100, null, Go);
        });

        Assert.Equal("store.corrupt", damaged.Says.Id);
        Assert.StartsWith($"{Database} is damaged: ", damaged.Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_fails_takes_no_other_of_its_group_with_it()
    {
        await using var store = Open();
        var run = (await Sample.BeginAsync(store, "beans", "a")).Run;
        var before = store.Commits;

        var writes = Enumerable.Range(0, 100).Select(i => store.AppendLogAsync(i % 10 == 0 ? new(999) : run, [new(0, clock.Now, "info", $"{i}")], Go)).ToList();
        foreach (var (i, write) in writes.Index())
            if (i % 10 == 0) await Assert.ThrowsAsync<KumikiException>(() => write);
            else await write;

        Assert.Equal(Enumerable.Range(0, 100).Where(i => i % 10 != 0).Select(i => $"{i}"), (await store.LogAsync(run, 0, 1000, Go)).Select(l => l.Text));
        Assert.True(store.Commits - before < 20, $"{store.Commits - before} commits for 100 writes at once");
    }

    [Fact]
    public async Task The_audit_says_who_moved_what_and_cannot_be_changed()
    {
        await using (var store = Open())
        {
            var beans = await Sample.MakeAsync(store, "beans", "a");
            await store.MoveStagesAsync([("beans", "staging", 1)], "ken", "good", Go);
            await store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name), Go);
            await store.MoveReleaseAsync(1, ReleaseState.Live, Go);
        }

        using var db = Raw();
        Assert.Equal(
            ["ken move stages", "mika check release", "mika make release 1 live", "mika release to Live"],
            db.All("SELECT who || ' ' || what FROM audit ORDER BY id", row => row.GetString(0)));
        Assert.Contains("\"reason\":\"good\"", db.First("SELECT details FROM audit WHERE id = 1", row => row.GetString(0), ""), StringComparison.Ordinal);
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => db.Run("UPDATE audit SET who = 'nobody'"));
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => db.Run("DELETE FROM audit"));
    }

    [Fact]
    public async Task A_closed_store_takes_no_more_writes_and_has_kept_the_last()
    {
        var store = Open();
        await using var changes = store.ChangesAsync(1, Go).GetAsyncEnumerator(Go);
        var waiting = changes.MoveNextAsync().AsTask();
        var last = store.BeginRunAsync("beans", Sample.Plan("a"), LivingProcess.Current, Go);
        await store.DisposeAsync();

        Assert.IsType<RunBegun.Started>(await last);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.BeginRunAsync("beans", Sample.Plan("b"), LivingProcess.Current, Go));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RunsAsync(null, null, 1, null, Go));
        await using var again = Open();
        Assert.Single(await again.RunsAsync(null, null, 10, null, Go));
    }

    [Fact]
    public async Task Many_that_open_a_new_store_at_once_all_find_it_whole()
    {
        for (var round = 0; round < 3; round++)
        {
            var database = folder[$"store-{round}.db"];
            var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SqliteMetadataStore.Open(database, new(), clock))));

            var runs = await Task.WhenAll(stores.Select((store, i) => Sample.BeginAsync(store, "beans", $"{i}")));
            foreach (var store in stores) await store.DisposeAsync();

            Assert.Equal(Enumerable.Range(1, 8).Select(n => (long)n), runs.Select(r => r.Run.Number).Order());
        }
    }
}
