using System.Collections.Concurrent;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Store.Postgres;
using Kumiki.Tracking;
using Npgsql;
using Xunit;

namespace Kumiki.Store.Tests;

public sealed class PostgresMetadataStoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    static readonly CancellationToken Go = CancellationToken.None;
    readonly HandClock clock = new();

    PostgresMetadataStore Open(PostgresAddress address) => PostgresMetadataStore.Open(address, new(), clock);

    string Refused(string address) => Assert.Throws<KumikiException>(() => Open(PostgresAddress.Parse(address))).Says.In("en");

    async Task<T> ValueAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    [Theory]
    [InlineData("postgres://mika:secret@db.example/kumiki", "postgres://mika@db.example:5432/kumiki?schema=kumiki")]
    [InlineData("postgresql://db:5433/k?schema=second&sslmode=verify-full&connections=4", "postgres://{user}@db:5433/k?schema=second")]
    [InlineData("postgres:///k?host=/var/run/postgresql&user=mika", "postgres:///k?host=/var/run/postgresql&schema=kumiki")]
    [InlineData("postgres://m%40x:p%3Aw@[::1]/k", "postgres://m@x@::1:5432/k?schema=kumiki")]
    public void An_address_is_read_and_written_without_its_password(string text, string written) =>
        Assert.Equal(written.Replace("{user}", Environment.UserName, StringComparison.Ordinal), PostgresAddress.Parse(text).ToString());

    [Theory]
    [InlineData("postgres://mika:secret@db/", "postgres://mika:***@db/ is not an address of a PostgreSQL database: it names no database.")]
    [InlineData("postgres:///k", "postgres:///k is not an address of a PostgreSQL database: it names no host.")]
    [InlineData("postgres://:pa@ss@db/", "postgres://:***@db/ is not an address of a PostgreSQL database: it cannot be read.")]
    [InlineData("postgres://db/k?schema=Big", "a schema is named in small letters, digits and _, and begins with a letter.")]
    [InlineData("postgres://db/k?connections=1", "connections is not known there, or not with that value.")]
    [InlineData("postgres://db/k?speed=high", "speed is not known there, or not with that value.")]
    public void What_is_no_address_is_refused_without_its_password(string text, string says)
    {
        var refused = Assert.Throws<KumikiException>(() => PostgresAddress.Parse(text)).Says.In("en");

        Assert.Contains(says, refused, StringComparison.Ordinal);
        Assert.EndsWith("Write it as postgres://USER@HOST:5432/DATABASE.", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_is_said_in_a_sentence_with_its_mend()
    {
        var at = $"127.0.0.1:{server.Port}";
        await server.SqlAsync("SET password_encryption = 'scram-sha-256'; CREATE ROLE locked LOGIN PASSWORD 'right'");
        await server.SqlAsync("CREATE ROLE guest LOGIN; CREATE ROLE alone LOGIN CONNECTION LIMIT 0");

        Assert.Equal("No PostgreSQL answers at 127.0.0.1:1. Start it, or mend the address of the metadata store (KUMIKI_METADATA).",
            Refused("postgres://postgres@127.0.0.1:1/postgres"));
        var password = Refused($"postgres://locked:wrong@{at}/postgres");
        Assert.StartsWith($"PostgreSQL at {at} does not let locked in: the password is wrong or missing", password, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong@", password, StringComparison.Ordinal);
        Assert.Equal(password, Refused($"postgres://locked@{at}/postgres"));
        Assert.Equal($"PostgreSQL at {at} has no database nowhere. Make it with createdb nowhere, or mend the address (KUMIKI_METADATA).",
            Refused($"postgres://postgres@{at}/nowhere"));
        Assert.Equal($"guest lacks a right in database postgres at {at}. Let an administrator run: CREATE SCHEMA theirs AUTHORIZATION guest",
            Refused($"postgres://guest@{at}/postgres?schema=theirs"));
        Assert.StartsWith($"PostgreSQL at {at} has no connection left. Raise its max_connections", Refused($"postgres://alone@{at}/postgres"),
            StringComparison.Ordinal);
        await server.SqlAsync("CREATE ROLE reader LOGIN SUPERUSER; ALTER ROLE reader SET default_transaction_read_only = on");
        Assert.Equal($"Database postgres at {at} only reads: it is a standby, or set to read-only. Name the primary server (KUMIKI_METADATA).",
            Refused($"postgres://reader@{at}/postgres?schema=readonly"));
    }

    [Fact]
    public async Task A_schema_given_to_a_user_without_other_rights_is_enough()
    {
        await server.SqlAsync("CREATE ROLE modest LOGIN; CREATE SCHEMA mine AUTHORIZATION modest");

        await using var store = Open(PostgresAddress.Parse($"postgres://modest@127.0.0.1:{server.Port}/postgres?schema=mine"));

        Assert.Equal(1, (await Sample.MakeAsync(store, "beans", "a")).Name.Number);
    }

    [Fact]
    public async Task A_newer_schema_and_another_programs_are_refused_untouched()
    {
        var (newer, theirs) = (server.Store(), server.Store());
        await Open(newer).DisposeAsync();
        await server.SqlAsync($"UPDATE {newer.Schema}.kumiki_format SET number = 99");
        await server.SqlAsync($"CREATE SCHEMA {theirs.Schema}; CREATE TABLE {theirs.Schema}.runs (id int)");

        Assert.Equal(
            $"Schema {newer.Schema} of database postgres at 127.0.0.1:{server.Port} was written by a newer Kumiki "
            + $"(format 99; this program knows up to {PostgresMigration.All.Count}). Install that version or a later one.",
            Assert.Throws<KumikiException>(() => Open(newer)).Says.In("en"));
        Assert.Equal("store.postgres-unknown", Assert.Throws<KumikiException>(() => Open(theirs)).Says.Id);
        Assert.Equal(1L, await ValueAsync<long>($"SELECT count(*) FROM pg_tables WHERE schemaname = '{theirs.Schema}'"));
    }

    /// <summary>A store as the first Kumiki with PostgreSQL left it.</summary>
    [Fact]
    public async Task A_store_of_an_earlier_format_is_carried_forward_with_what_it_holds()
    {
        var (now, old) = (server.Store(), server.Store());
        await server.SqlAsync($"CREATE SCHEMA {old.Schema}; SET search_path = {old.Schema}; CREATE TABLE kumiki_format (number integer NOT NULL); "
            + $"INSERT INTO kumiki_format VALUES (1); {PostgresMigration.All[0].Sql}");
        await using (var store = Open(now))
        {
            await Sample.MakeAsync(store, "beans", "a");
            await store.MoveStagesAsync([("beans", "staging", 1)], "mika", "good", Go);
            await server.SqlAsync($"SET search_path = {old.Schema}; INSERT INTO environments SELECT * FROM {now.Schema}.environments; "
                + $"INSERT INTO runs SELECT * FROM {now.Schema}.runs; INSERT INTO versions SELECT * FROM {now.Schema}.versions; "
                + $"INSERT INTO stages SELECT * FROM {now.Schema}.stages; "
                + "SELECT setval(pg_get_serial_sequence('runs', 'id'), 1), setval(pg_get_serial_sequence('versions', 'id'), 1), "
                + "setval(pg_get_serial_sequence('environments', 'id'), 1); UPDATE store SET revision = 7");
        }

        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Open(old))));

        Assert.Equal("beans@1", Assert.Single(await stores[0].VersionsAsync(null, 10, null, Go)).Name.ToString());
        Assert.Equal(7, await stores[1].RevisionAsync(Go));
        Assert.Equal("beans@2", (await Sample.MakeAsync(stores[2], "beans", "b")).Name.ToString());
        var run = await stores[3].Tracking.CreateRunAsync(new(0, "first", null, null, []), Go);
        Assert.Equal("first", (await stores[0].Tracking.RunAsync(run.Info.Id, Go)).Info.Name);
        Assert.Equal(PostgresMigration.All.Count, await ValueAsync<int>($"SELECT number FROM {old.Schema}.kumiki_format"));
        foreach (var store in stores) await store.DisposeAsync();
    }

    [Fact]
    public void Migrations_are_numbered_without_gaps() =>
        Assert.Equal(Enumerable.Range(1, PostgresMigration.All.Count), PostgresMigration.All.Select(m => m.Number));

    [Fact]
    public async Task Many_that_open_a_new_store_at_once_all_find_it_whole()
    {
        for (var round = 0; round < 3; round++)
        {
            var address = server.Store();
            var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Open(address))));

            var runs = await Task.WhenAll(stores.Select((store, i) => Sample.BeginAsync(store, "beans", $"{i}")));
            foreach (var store in stores) await store.DisposeAsync();

            Assert.Equal(Enumerable.Range(1, 8).Select(n => (long)n), runs.Select(r => r.Run.Number).Order());
        }
    }

    [Fact]
    public async Task The_audit_says_who_moved_what_and_cannot_be_changed()
    {
        var address = server.Store();
        await using (var store = Open(address))
        {
            var beans = await Sample.MakeAsync(store, "beans", "a");
            await store.MoveStagesAsync([("beans", "staging", 1)], "ken", "good", Go);
            await store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name), Go);
            await store.MoveReleaseAsync(1, ReleaseState.Live, Go);
        }

        Assert.Equal("ken move stages, mika check release, mika make release 1 live, mika release to Live",
            await ValueAsync<string>($"SELECT string_agg(who || ' ' || what, ', ' ORDER BY id) FROM {address.Schema}.audit"));
        foreach (var change in new[] { "UPDATE {0}.audit SET who = 'nobody'", "DELETE FROM {0}.audit" })
            await Assert.ThrowsAsync<PostgresException>(() => server.SqlAsync(change.Replace("{0}", address.Schema, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Text_that_the_database_cannot_keep_as_it_is_loses_no_line()
    {
        await using var store = Open(server.Store());
        var run = (await Sample.BeginAsync(store, "beans", "a")).Run;

        await store.AppendLogAsync(run, [new(0, clock.Now, "info", "a\0b"), new(0, clock.Now, "info", "half \ud83e"), new(0, clock.Now, "info", "🫘 豆")], Go);
        await store.AppendMetricsAsync(run, [new("lo\0ss", 1, 1, clock.Now), new("lo\uFFFDss", 2, 2, clock.Now)], Go);

        Assert.Equal(["a\uFFFDb", "half \uFFFD", "🫘 豆"], (await store.LogAsync(run, 0, 10, Go)).Select(l => l.Text));
        Assert.Equal([("lo\uFFFDss", 1.0), ("lo\uFFFDss", 2.0)], (await store.MetricsAsync(run, null, Go)).Select(p => (p.Name, p.Value)));
    }

    [Fact]
    public async Task A_hundred_thousand_points_go_in_and_come_back()
    {
        await using var store = Open(server.Store());
        var run = (await Sample.BeginAsync(store, "beans", "a")).Run;

        await store.AppendMetricsAsync(run, [.. Enumerable.Range(0, 100_000).Select(i => new MetricPoint($"m{i % 3}", i, i * 0.1, clock.Now))], Go);

        var back = await store.MetricsAsync(run, "m1", Go);
        Assert.Equal(Enumerable.Range(0, 100_000).Where(i => i % 3 == 1).Select(i => ((long)i, i * 0.1)), back.Select(p => (p.Step, p.Value)));
    }

    [Fact]
    public async Task Writers_of_one_run_in_two_processes_give_every_line_its_own_number()
    {
        var address = server.Store();
        await using var one = Open(address);
        await using var other = Open(address);
        var run = (await Sample.BeginAsync(one, "beans", "a")).Run;

        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            var store = i % 2 == 0 ? one : other;
            await store.AppendLogAsync(run, [new(0, clock.Now, "info", $"{i} a"), new(0, clock.Now, "info", $"{i} b")], Go);
            await store.AppendMetricsAsync(run, [new($"m{i % 5}", i, i, clock.Now), new("all", i, i, clock.Now)], Go);
        }));

        var lines = await one.LogAsync(run, 0, 1000, Go);
        Assert.Equal(Enumerable.Range(1, 120).Select(n => (long)n), lines.Select(l => l.Sequence));
        Assert.All(lines.Chunk(2), pair => Assert.Equal((pair[0].Text[..^1] + "b", pair[0].Text[^1]), (pair[1].Text, 'a')));
        Assert.Equal(Enumerable.Range(0, 60).Select(n => (long)n), (await one.MetricsAsync(run, "all", Go)).Select(p => p.Step).Order());
        Assert.Equal(120, (await one.MetricsAsync(run, null, Go)).Count);
        Assert.Equal(1 + 120, await one.RevisionAsync(Go));
    }

    /// <summary>Ends two sessions of the stores now and then.</summary>
    /// <returns>How many were ended.</returns>
    async Task<long> EndSessionsAsync(CancellationToken over)
    {
        var ended = 0L;
        for (; !over.IsCancellationRequested; await Task.Delay(30, CancellationToken.None))
            ended += await ValueAsync<long>(
                "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                + "WHERE application_name = 'kumiki' ORDER BY random() LIMIT 2) ended");
        return ended;
    }

    /// <summary>Sessions are ended at any instant, in their commits too: what was answered is there once, and nothing fails.</summary>
    [Fact]
    public async Task Writes_survive_their_connections_and_are_written_once()
    {
        var address = server.Store();
        await using var store = Open(address);
        var run = (await Sample.BeginAsync(store, "beans", "a")).Run;
        using var over = new CancellationTokenSource();
        var ending = Task.Run(() => EndSessionsAsync(over.Token));

        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => i % 10 == 0
            ? Sample.MakeAsync(store, "beans", $"{i}") as Task
            : store.AppendLogAsync(run, [new(0, clock.Now, "info", $"{i}")], Go)));
        await over.CancelAsync();
        var ended = await ending;

        Assert.True(ended > 20, $"Only {ended} sessions were ended.");
        Assert.Equal(Enumerable.Range(0, 300).Where(i => i % 10 != 0), (await store.LogAsync(run, 0, 1000, Go)).Select(l => int.Parse(l.Text, null)).Order());
        Assert.Equal(Enumerable.Range(1, 30), (await store.VersionsAsync("beans", 100, null, Go)).Select(v => v.Name.Number).Order());
    }

    /// <summary>As for Kumiki's own: what clients log is there once, whenever a session ends.</summary>
    [Fact]
    public async Task What_clients_log_survives_its_connections_and_is_written_once()
    {
        await using var store = Open(server.Store());
        var tracking = store.Tracking;
        var run = (await tracking.CreateRunAsync(new(0, "run", null, null, []), Go)).Info.Id;
        await tracking.CreateModelAsync("beans", null, [], Go);
        using var over = new CancellationTokenSource();
        var ending = Task.Run(() => EndSessionsAsync(over.Token));

        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => (i % 10) switch
        {
            0 => tracking.CreateVersionAsync(new("beans", "s3://x", null, null, null, null, []), Go),
            1 => tracking.CreateRunAsync(new(0, $"{i}", null, null, []), Go),
            2 => tracking.ChangeRunTagAsync(run, "count", old => $"{int.Parse(old ?? "0", null) + 1}", Go),
            3 => tracking.SearchRunsAsync([0], Search.All, ViewType.All, new(0, 5), Go),
            _ => tracking.LogAsync(run, new([new("m", i, i, i)], [], []), Go) as Task,
        }));
        await over.CancelAsync();
        var ended = await ending;

        Assert.True(ended > 20, $"Only {ended} sessions were ended.");
        Assert.Equal(Enumerable.Range(1, 30), (await tracking.SearchVersionsAsync(Search.All, false, Page.Whole, Go)).Select(v => v.Number).Order());
        Assert.Equal(31, (await tracking.SearchRunsAsync([0], Search.All, ViewType.All, Page.Whole, Go)).Count);
        Assert.Equal("30", (await tracking.RunAsync(run, Go)).Tags.Single(t => t.Key == "count").Value);
        Assert.Equal(180, (await tracking.HistoryAsync(run, "m", Page.Whole, Go)).Count);
    }

    [Fact]
    public async Task A_server_that_crashes_and_comes_back_costs_no_answered_write_and_no_listener()
    {
        var address = server.Store();
        await using var store = Open(address);
        var run = (await Sample.BeginAsync(store, "beans", "a")).Run;
        var answered = new ConcurrentBag<int>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var changes = store.ChangesAsync(await store.RevisionAsync(Go), limit.Token).GetAsyncEnumerator(limit.Token);
        var heard = changes.MoveNextAsync().AsTask();

        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            for (var i = 0; i < 40; i++)
            {
                await store.AppendLogAsync(run, [new(0, clock.Now, "info", $"{writer * 100 + i}")], Go);
                answered.Add(writer * 100 + i);
            }
        }));
        Assert.True(await heard);
        await server.CrashAsync();
        await writing;

        Assert.Equal(answered.Order(), (await store.LogAsync(run, 0, 1000, Go)).Select(l => int.Parse(l.Text, null)).Order());
        var last = await store.RevisionAsync(Go);
        while (changes.Current < last) Assert.True(await changes.MoveNextAsync());
        var next = changes.MoveNextAsync().AsTask();
        await store.MoveStagesAsync([], "mika", "nothing", Go);
        await Sample.MakeAsync(store, "beans", "after");
        Assert.True(await next);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_said_after_the_patience()
    {
        await using var other = new PostgresServerOfOneTest();
        await other.Server.InitializeAsync();
        await using var store = PostgresMetadataStore.Open(other.Server.Store(), new() { Patience = TimeSpan.FromMilliseconds(300) }, clock);
        await other.StopAsync();

        var refused = await Assert.ThrowsAsync<KumikiException>(() => store.MoveStagesAsync([("beans", "staging", null)], "mika", "", Go));

        Assert.Equal($"No PostgreSQL answers at 127.0.0.1:{other.Server.Port}. Start it, or mend the address of the metadata store (KUMIKI_METADATA).",
            refused.Says.In("en"));
    }

    [Fact]
    public async Task Who_holds_the_decisions_too_long_is_said()
    {
        var address = server.Store();
        await using var store = PostgresMetadataStore.Open(address, new() { Patience = TimeSpan.FromMilliseconds(300) }, clock);
        await using var holder = new NpgsqlConnection(server.ConnectionString);
        await holder.OpenAsync();
        await using var held = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"SELECT 1 FROM {address.Schema}.store FOR UPDATE", holder)) await hold.ExecuteScalarAsync();

        var refused = await Assert.ThrowsAsync<KumikiException>(() => Sample.BeginAsync(store, "beans", "a"));

        Assert.Equal("store.postgres-held", refused.Says.Id);
        await held.RollbackAsync();
        await Sample.BeginAsync(store, "beans", "a");
    }

    [Fact]
    public async Task A_closed_store_takes_no_more_writes_and_has_kept_the_last()
    {
        var address = server.Store();
        var store = Open(address);
        await using var changes = store.ChangesAsync(0, Go).GetAsyncEnumerator(Go);
        var waiting = changes.MoveNextAsync().AsTask();
        var last = store.BeginRunAsync("beans", Sample.Plan("a"), LivingProcess.Current, Go);
        Assert.True(await waiting);
        while (changes.Current < 1) Assert.True(await changes.MoveNextAsync());
        waiting = changes.MoveNextAsync().AsTask();
        await store.DisposeAsync();

        Assert.IsType<RunBegun.Started>(await last);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.BeginRunAsync("beans", Sample.Plan("b"), LivingProcess.Current, Go));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RunsAsync(null, null, 1, null, Go));
        await using var again = Open(address);
        Assert.Single(await again.RunsAsync(null, null, 10, null, Go));
    }

    /// <summary>A server that a test may stop.</summary>
    sealed class PostgresServerOfOneTest : IAsyncDisposable
    {
        bool stopped;

        public PostgresServer Server { get; } = new();

        public async Task StopAsync()
        {
            stopped = true;
            await Server.DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (!stopped) await Server.DisposeAsync();
        }
    }
}
