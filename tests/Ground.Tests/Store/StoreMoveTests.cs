using System.Globalization;
using System.Text.Json;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Queues;
using Kumiki.Store.Postgres;
using Kumiki.Store.S3;
using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests;

[Collection(S3Collection.Name)]
public sealed class StoreMoveTests(PostgresServer database, S3Server bucket) : IClassFixture<PostgresServer>, IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly StoreSettings Here = new();
    static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
    readonly TestFolder folder = new();
    readonly HandClock clock = new();

    public void Dispose() => folder.Dispose();

    Task<MoveReport> MoveAsync(StoreSettings from, StoreSettings to, bool dryRun = false, string data = "data") =>
        StoreMove.RunAsync(folder[data], from, to, dryRun, null, clock, Go);

    async Task<string> RefusedAsync(StoreSettings from, StoreSettings to) => (await Assert.ThrowsAsync<KumikiException>(() =>
        MoveAsync(from, to))).Says.In("en");

    /// <summary>Something in every table; the last run and the last alert were forgotten.</summary>
    async Task FillAsync(StoreSettings stores, string data = "data")
    {
        await using var open = DataFolder.Open(folder[data], clock, stores);
        var store = open.Metadata;
        var blob = await open.Artifacts.PutAsync(new MemoryStream(new byte[3_000_000]), Go);
        foreach (var text in new[] { "file a", "file b", "closure", "dll" })
            await open.Artifacts.PutAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), Go);
        var sales = await Sample.MakeAsync(store, "sales", "a");
        var beans = await Sample.MakeAsync(store, "beans", "b", sales.Name);
        Assert.Null(await store.KeepProgramAsync(Digest.Of("closure"), [Digest.Of("dll"), blob.Content], 0, Go));
        var run = (await Sample.BeginAsync(store, "豆", "c", Sample.Dead)).Run;
        await store.AppendMetricsAsync(run, [.. Enumerable.Range(0, 5000).Select(i => new MetricPoint($"m{i % 7}", i, i % 100 == 0 ? double.NaN : i % 50 == 1
            ? -0.0 : i / 3.0, clock.Now))], Go);
        await store.AppendMetricsAsync(run, [new("edge", long.MaxValue, double.PositiveInfinity, clock.Now), new("edge", -1, double.Epsilon, clock.Now)], Go);
        await store.AppendLogAsync(run, [.. Enumerable.Range(0, 2500).Select(i => new LogLine(0, clock.Now, "info", $"line {i} 豆 🫘\n\"x\""))], Go);
        await store.AddTrialAsync("beans", Sample.Plan("trial"), LivingProcess.Current, Sample.Outcome(("mae", 0.5)), [new("loss", 1, 1, clock.Now)], [], Go);
        await store.MoveStagesAsync([("beans", "staging", 1), ("sales", "champion", 1)], "mika", "good", Go);
        await store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name, sales.Name), Go);
        Assert.True(await store.MoveReleaseAsync(1, ReleaseState.Live, Go));
        await store.RememberOutsideAsync([new("/data/a.csv", 10, 20, 30, Digest.Of("old"))], Go);
        await store.KeepScheduleAsync("weekly", Go);
        var asked = await store.AskOccurrenceAsync("weekly", clock.Now, "mika", Go);
        await store.ClaimOccurrenceAsync(asked.Number, LivingProcess.Current, Go);
        await store.EndOccurrenceAsync(asked.Number, 1, OccurrenceState.NoGo, new(), Message.Of("schedule.cancelled", ("by", "mika")), Go);
        Assert.IsType<PredictionsKept.Kept>(await store.KeepPredictionsAsync(new(new("w/000001", 7, 1, 2, clock.Now),
            [new(0, "credit", PredictionKind.Outcomes, clock.Now, blob.Content, blob.Bytes, 7, clock.Now, clock.Now)], []), 0, Go));
        Assert.NotNull(await store.DoomAsync([Digest.Of("orphan")], Sample.Dead, Go));
        var forgotten = await Sample.BeginAsync(store, "beans", "forgotten");
        await store.EndRunAsync(forgotten.Run, 1, RunState.Failed, Message.Of("store.no-run", ("run", "run-1")), null, Go);
        Assert.Equal(1, await store.ForgetRunsAsync(clock.Now + TimeSpan.FromDays(1), dryRun: false, Go));
        await QueueAsync(open);
        await TrackAsync(open.Tracking);
    }

    /// <summary>Something in every table of queues: a message that waits, one that is taken, a dead letter, a claim.</summary>
    static async Task QueueAsync(DataFolder open)
    {
        var (queue, name) = (open.Queue(new()), QueueName.Of("in"));
        await queue.PutAsync(name, [.. Enumerable.Range(0, 250).Select(i => new QueueMessage($"豆 {i}", new byte[] { 0, 255, (byte)i }))], Go);
        var taken = await queue.TakeAsync(name, 2, TimeSpan.FromHours(1), TimeSpan.Zero, Go);
        await queue.SettleAsync([new Settlement.Dead(taken[0], Message.Of("queue.never-settled", ("count", 5)))], Go);
        var (at, failure) = (taken[0].PutAt, Message.Of("queue.never-settled", ("count", 5)));
        await DataFolder.Queues(open.Metadata, new()).SignAsync(
            new("of-a-stream", "verdict", "in", "out", null, "here", 7, at, at, 3, 2, 1, 0, null, failure, false), Go);
        await open.Claims(new()).ClaimAsync(name, ["k"], "x", taken[0].Until, Go);
    }

    /// <summary>All that can be asked of queues, as text.</summary>
    static async Task<IReadOnlyList<string>> AllQueuedAsync(DataFolder open)
    {
        var (queue, name) = (open.Queue(new()), QueueName.Of("in"));
        var all = new List<string>();
        foreach (var figures in await queue.FiguresAsync([], Go)) all.Add(figures.ToString());
        var store = DataFolder.Queues(open.Metadata, new());
        foreach (var (of, counts) in await store.CountsAsync(Go)) all.Add($"{of} {counts}");
        foreach (var sign in await store.SignsAsync(Go)) all.Add($"{sign.Id} {sign.Seen} {sign.Answered} {sign.Failure!.In("en")}");
        foreach (var one in await queue.PeekAsync(name, 1000, Go))
            all.Add($"{one.Key} {Convert.ToHexString(one.Body.Span)} {one.PutAt} {one.Deliveries} {one.HiddenUntil}");
        foreach (var one in await queue.DeadAsync(name, 1000, Go))
            all.Add($"{one.Key} {Convert.ToHexString(one.Body.Span)} {one.DiedAt} {one.Reason.In("en")}");
        return all;
    }

    /// <summary>Something in every table of what clients log.</summary>
    static async Task TrackAsync(ITrackingStore store)
    {
        var experiment = await store.CreateExperimentAsync("豆 🫘", null, [new("team", "roast")], Go);
        await store.RenameExperimentAsync(0, "First", Go);
        var run = (await store.CreateRunAsync(new(experiment, "run", "mika", 5, [new("k", "v")]), Go)).Info.Id;
        var model = await store.CreateLoggedModelAsync(new(experiment, "m", "t", run, [new("a", "1")], [new("b", "2")]), Go);
        for (var batch = 0; batch < 5; batch++)
            await store.LogAsync(run, new([.. Enumerable.Range(0, 1000).Select(i => new LoggedMetric($"m{i % 3}",
                (i % 4) switch { 0 => double.NaN, 1 => double.NegativeInfinity, 2 => -0.0, _ => i / 3.0 }, i / 10, batch * 1000 + i,
                i == 7 ? model.Id : null, i == 7 ? "beans" : null))], [new($"p{batch}", new string('豆', 6000))], [new($"t{batch}", "")]), Go);
        await store.LogInputsAsync(run, [new("beans", "d1", "s", "{}", null, "p", [new("mlflow.data.context", "train")])], [model.Id], Go);
        await store.LogOutputsAsync(run, [new(model.Id, 3)], Go);
        await store.CreateModelAsync("gone", null, [], Go);
        await store.CreateModelAsync("beans", "text", [new("k", "v")], Go);
        await store.DeleteModelAsync("gone", Go);
        foreach (var _ in Enumerable.Range(0, 3))
            await store.CreateVersionAsync(new("beans", $"models:/{model.Id}", run, null, null, null, [new("k", "v")]), Go);
        await store.DeleteVersionAsync("beans", 3, Go);
        await store.AliasModelAsync("beans", "best", 2, Go);
        Assert.Null(await store.KeepArtifactAsync(TrackedPath.Of("1/x/豆.txt")!.Value, new(Digest.Of("file a"), 6), generation: 1, Go));
    }

    /// <summary>All that can be asked of what clients log, as text.</summary>
    static async Task<IReadOnlyList<string>> AllTrackedAsync(ITrackingStore store)
    {
        var all = new List<string>();
        void Add(object? value) => all.Add(JsonSerializer.Serialize(value, Json));
        Add(await store.SearchExperimentsAsync(Search.All, ViewType.All, Page.Whole, Go));
        foreach (var run in await store.SearchRunsAsync([0, 1], Search.All, ViewType.All, Page.Whole, Go))
        {
            Add(run);
            foreach (var metric in run.Metrics) Add(await store.HistoryAsync(run.Info.Id, metric.Key, Page.Whole, Go));
        }
        Add(await store.SearchLoggedModelsAsync([0, 1], Search.All, [], Page.Whole, Go));
        var models = await store.SearchModelsAsync(Search.All, false, Page.Whole, Go);
        Add(models);
        Add(models.SelectMany(m => m.Aliases).Select(a => $"{a.Alias} {a.Version}"));
        Add(await store.SearchVersionsAsync(Search.All, false, Page.Whole, Go));
        Add(await store.ArtifactsAsync(TrackedPath.Of("1/x")!.Value, Go));
        return all;
    }

    /// <summary>All that can be asked of a store, as text.</summary>
    async Task<IReadOnlyList<string>> AllAsync(StoreSettings stores, string data = "data")
    {
        await using var open = DataFolder.Open(folder[data], clock, stores);
        var store = open.Metadata;
        var all = new List<string>();
        void Add(string what, object? value) => all.Add($"{what}: {JsonSerializer.Serialize(value, Json)}");
        Add("revision", await store.RevisionAsync(Go));
        foreach (var version in await store.VersionsAsync(null, 100, null, Go))
        {
            Add("version", version);
            Add("users", (await store.UsersOfAsync(version.Name, 10, Go)).Select(v => v.Name.ToString()));
        }
        foreach (var run in await store.RunsAsync(null, null, 100, null, Go))
        {
            Add("run", run);
            Add("metrics", (await store.MetricsAsync(run.Id, null, Go)).Select(p => (p.Name, p.Step, Bits: p.Value == 0 ? 0
                : BitConverter.DoubleToInt64Bits(p.Value), p.At).ToString()));
            Add("log", await store.LogAsync(run.Id, 0, 10_000, Go));
        }
        Add("tried", (await store.TriedAsync("beans", [Sample.Plan("trial").MakingKey], Go)).Keys.Select(k => k.Hex));
        Add("stages", await store.StagesAsync(Go));
        Add("moves", await store.StageHistoryAsync(null, 100, Go));
        Add("releases", await store.ReleasesAsync(100, null, Go));
        Add("production", await store.ProductionAsync(Go));
        Add("referenced", (await store.ReferencedAsync(Go)).Order().Select(d => d.Hex));
        Add("outside", await store.KnownOutsideAsync("/data/a.csv", 10, 20, 30, Go));
        Add("schedules", await store.SchedulesAsync(Go));
        Add("occurrences", await store.OccurrencesAsync(null, false, 100, null, Go));
        Add("alerts", await store.AlertsAsync(null, false, 100, Go));
        var collection = await store.CollectionAsync(Go);
        Add("collection", (collection.Generation, collection.Owner, string.Join(',', collection.Doomed)).ToString());
        all.AddRange(await AllTrackedAsync(open.Tracking));
        all.AddRange(await AllQueuedAsync(open));
        Add("blobs", open.Artifacts.List().Select(b => (b.Content.Hex, b.Bytes).ToString()).Order());
        return all;
    }

    [Fact]
    public async Task A_store_moves_to_the_other_kinds_and_back_and_is_the_same_at_each_place()
    {
        await FillAsync(Here);
        var before = await AllAsync(Here);
        var there = new StoreSettings { Metadata = database.NewStore(), Artifacts = bucket.NewStore() };
        var back = new StoreSettings { Metadata = folder["back"], Artifacts = folder["back/artifacts"] };

        var report = await MoveAsync(Here, there);

        Assert.Equal((5, 3_000_000L + 6 + 6 + 7 + 3), (report.Blobs, report.Bytes));
        Assert.Equal((4L, 5003L, 2500L, 1L), (report.Records["runs"], report.Records["points"], report.Records["log"], report.Records["store"]));
        Assert.Equal((2L, 5000L, 2L, 1L), (report.Records["tracked_experiments"], report.Records["tracked_points"], report.Records["model_versions"],
            report.Records["tracked_artifacts"]));
        Assert.DoesNotContain(report.Records, table => table.Value == 0);
        Assert.Equal($"{report.Records.Values.Sum()} records and 5 blobs (3000022 bytes) were copied and compared. The old store is as it was.",
            report.Says.In("en"));
        Assert.Equal(before, await AllAsync(Here));
        Assert.Equal(before, await AllAsync(there));
        await MoveAsync(there, back);
        Assert.Equal(before, await AllAsync(Here, "back"));
        Assert.False(Directory.Exists(folder["data/moving"]));
        foreach (var stores in new[] { (there, "data"), (Here, "back") })
        {
            await using var open = DataFolder.Open(folder[stores.Item2], clock, stores.Item1);
            // run-5 was forgotten, and its number is not given again.
            Assert.Equal(new RunId(6), (await Sample.BeginAsync(open.Metadata, "beans", "next")).Run);
            Assert.Equal(2, (await Sample.MakeAsync(open.Metadata, "beans", "next")).Name.Number);
            Assert.Equal(2, (await open.Metadata.AskOccurrenceAsync("weekly", clock.Now.AddDays(1), "mika", Go)).Number);
            Assert.Equal(4, (await open.Tracking.CreateVersionAsync(new("beans", "s3://x", null, null, null, null, []), Go)).Number);
            Assert.Equal(2, await open.Tracking.CreateExperimentAsync("next", null, [], Go));
            var run = await open.Tracking.CreateRunAsync(new(2, "next", null, null, []), Go);
            Assert.Equal("next", (await open.Tracking.RunAsync(run.Info.Id, Go)).Info.Name);
        }
    }

    [Fact]
    public async Task A_move_is_refused_where_it_would_lose_or_mix_something()
    {
        await FillAsync(Here);
        await using (DataFolder.Open(folder["other"], clock)) { }
        var full = new StoreSettings { Metadata = database.NewStore(), Artifacts = bucket.NewStore() };
        await FillAsync(full, "full");
        using (var foreign = new FolderStore(folder["foreign"]).NewScratch()) { }
        await new FolderStore(folder["foreign"]).PutAsync(new MemoryStream([1]), Go);

        Assert.StartsWith("Say where to move:", await RefusedAsync(Here, new()), StringComparison.Ordinal);
        Assert.Equal($"{PostgresAddress.Parse(full.Metadata!)} holds something already, and stores are only moved into empty ones. "
            + "Name another place, or empty that one.",
            await RefusedAsync(Here, new() { Metadata = full.Metadata }));
        Assert.StartsWith($"{folder["other/store.db"]} holds something already", await RefusedAsync(Here, new() { Metadata = folder["other"] }),
            StringComparison.Ordinal);
        Assert.StartsWith($"{folder["foreign"]} holds something already", await RefusedAsync(Here, new() { Artifacts = folder["foreign"] }),
            StringComparison.Ordinal);
        using (var db = Sqlite.Connection.ToWrite(folder["data/store.db"], TimeSpan.FromSeconds(5)))
            db.Run("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept')");
        Assert.Equal("The store also holds notes, for which the other kind of store has no place yet; nothing was copied. "
            + "Stay with this store until a version of Kumiki that has one.",
            await RefusedAsync(Here, new() { Metadata = database.NewStore() }));
        using (ServerLock.Take(folder["data"], "http://127.0.0.1:5080"))
            Assert.Contains("http://127.0.0.1:5080", await RefusedAsync(Here, new() { Artifacts = folder["new"] }), StringComparison.Ordinal);
        await using (var open = DataFolder.Open(folder["data"], clock))
        {
            var run = (await Sample.BeginAsync(open.Metadata, "beans", "running")).Run;
            Assert.Equal($"{run} still run, so the store cannot be moved. Wait for their end or cancel them, then do this again.", await RefusedAsync(Here,
                new() { Artifacts = folder["new"] }));
        }
        Assert.False(Directory.Exists(folder["new"]));
    }

    [Fact]
    public async Task A_dry_run_counts_and_makes_nothing()
    {
        await FillAsync(Here);
        var to = new StoreSettings { Metadata = database.NewStore(), Artifacts = bucket.NewStore() };

        var report = await MoveAsync(Here, to, dryRun: true);

        Assert.Equal($"{report.Records.Values.Sum()} records and 5 blobs (3000022 bytes) would be copied.", report.Says.In("en"));
        Assert.False(PostgresMetadataStore.Look(PostgresAddress.Parse(to.Metadata!), new()));
        using var there = new S3ArtifactStore(S3Address.Parse(to.Artifacts!), folder["look"]);
        Assert.Empty(there.List());
    }

    [Fact]
    public async Task A_damaged_blob_is_named_and_not_taken_over()
    {
        await FillAsync(Here);
        var path = await new FolderStore(folder["data/artifacts"]).PathAsync(Digest.Of("file a"), Go);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(path, "file x");

        Assert.Equal($"Blob {Digest.Of("file a").Short} is damaged in the store it comes from. "
            + "Run kumiki verify, put back a backup of it, then run kumiki move-store again.",
            await RefusedAsync(Here, new() { Artifacts = folder["new"] }));
        Assert.DoesNotContain(Digest.Of("file x"), new FolderStore(folder["new"]).List().Select(b => b.Content));
    }

    /// <returns>What is said instead; null where it opens.</returns>
    async Task<string?> OpensAsync(StoreSettings stores)
    {
        try
        {
            await using var open = DataFolder.Open(folder["new"], clock, stores);
            return null;
        }
        catch (KumikiException e)
        {
            return e.Says.Id;
        }
    }

    /// <summary>Killed at any step, the new store opens for nobody, and the next move goes on to the same end.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_in_the_middle_the_old_store_is_whole_the_new_one_is_closed_and_the_move_goes_on(bool toPostgres)
    {
        await FillAsync(Here);
        var before = await AllAsync(Here);
        var to = new StoreSettings { Metadata = toPostgres ? database.NewStore() : folder["new"], Artifacts = folder["new/artifacts"] };
        var whole = toPostgres ? new StoreSettings { Metadata = to.Metadata, Artifacts = to.Artifacts } : Here;

        var kills = 0;
        for (var kill = 5; ; kill = kills == 1 ? 25 : 7)        // among the blobs, among the records, then wherever it has come to
        {
            var (code, said) = await Probe.RunAsync(["move", folder["data"], to.Metadata!, to.Artifacts!], new Dictionary<string,
                string>
            { ["KUMIKI_KILL_AT"] = kill.ToString(CultureInfo.InvariantCulture) });
            if (code == 0) break;
            Assert.True(code == Probe.Killed, string.Join('\n', said));
            kills++;
            Assert.Equal(before, await AllAsync(Here));
            if (!toPostgres) Assert.False(File.Exists(folder["new/store.db"]) && Directory.GetFiles(folder["new"], "store.db.moving").Length > 0);
            else if (await OpensAsync(whole) is { } refused) Assert.Equal("store.half-moved", refused);
            else Assert.True((await AllAsync(whole, "new")) is ["revision: 0", ..] || before.SequenceEqual(await AllAsync(whole, "new")));
        }

        Assert.True(kills >= 5, $"killed {kills} times");
        Assert.Equal(before, await AllAsync(whole, "new"));
        Assert.Empty(Directory.GetFiles(folder["new"], "*moving*"));
    }
}
