using Kumiki.Client;
using Kumiki.Host.Tests.Tracking;
using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Client;

public sealed class LoggingTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    static readonly TrackingOptions Quick = new() { Linger = TimeSpan.Zero, RetryFor = TimeSpan.FromSeconds(60), ConnectFor = TimeSpan.FromSeconds(60) };

    TrackingClient Client(TrackingOptions? options = null, string? at = null) => new(at ?? world.Server.Address.ToString(), options ?? Quick);

    [Fact]
    public async Task What_is_logged_is_on_the_server_after_a_flush()
    {
        await using var client = Client();
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);
        var run = await client.StartRunAsync("logged", "first", new Dictionary<string, string> { ["team"] = "roast" });
        run.LogParameter("rounds", 300);
        run.LogParameter("rate", 0.1);
        run.LogParameter("名前", "豆 🫘");
        for (var step = 0; step < 3; step++) run.LogMetric("loss", 1.0 / (step + 1), step, at);
        run.LogMetric("nan", double.NaN, -5, at);
        run.LogMetric("up", double.PositiveInfinity, 0, at);
        run.LogMetric("down", double.NegativeInfinity, 0, at);
        run.SetTag("note", "one");
        run.SetTag("note", "two");

        await run.FlushAsync();

        var read = await client.RunAsync(run.Id);
        Assert.Equal(("first", RunStatus.Running, null), (read.Name, read.Status, read.Ended));
        Assert.Equal(("300", "0.1", "豆 🫘"), (read.Parameters["rounds"], read.Parameters["rate"], read.Parameters["名前"]));
        Assert.Equal((1.0 / 3, double.NaN, double.PositiveInfinity, double.NegativeInfinity),
            (read.Metrics["loss"], read.Metrics["nan"], read.Metrics["up"], read.Metrics["down"]));
        Assert.Equal(("two", "roast", Environment.UserName), (read.Tags["note"], read.Tags["team"], read.Tags["mlflow.user"]));
        LoggedPoint[] points = [new("loss", 1, 0, at), new("loss", 0.5, 1, at), new("loss", 1.0 / 3, 2, at)];
        Assert.Equal(points, await ListAsync(client.HistoryAsync(run.Id, "loss")));
        await run.EndAsync(RunStatus.Failed);
        await run.EndAsync();
        read = await client.RunAsync(run.Id);
        Assert.Equal(RunStatus.Failed, read.Status);
        Assert.True(read.Ended >= read.Started);
        Assert.Throws<ObjectDisposedException>(() => run.LogMetric("late", 1));
    }

    [Fact]
    public async Task A_hundred_thousand_points_of_many_threads_pass_through_a_small_queue()
    {
        await using var client = Client(Quick with { MostWaiting = 3_000 });
        var run = await client.StartRunAsync("many");
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

        var threads = Enumerable.Range(0, 4).Select(t => new Thread(() =>
        {
            for (var i = 0; i < 25_000; i++) run.LogMetric($"m{t}", i, i, at.AddMilliseconds(i));
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        await run.EndAsync();

        for (var t = 0; t < 4; t++)
            Assert.Equal(Enumerable.Range(0, 25_000), (await ListAsync(client.HistoryAsync(run.Id, $"m{t}"))).Select(p => (int)p.Value));
        run = await client.ResumeRunAsync(run.Id);
        for (var i = 25_000; i < 50_001; i++) run.LogMetric("m0", i, i, at.AddMilliseconds(i));
        await run.EndAsync();
        Assert.Equal(Enumerable.Range(0, 50_001), (await ListAsync(client.HistoryAsync(run.Id, "m0"))).Select(p => (int)p.Value));
    }

    [Fact]
    public async Task A_server_killed_in_the_middle_and_started_anew_has_each_point_once()
    {
        using var demo = new Demo();
        var port = FreePort();
        var server = await ServeAsync(demo, port);
        try
        {
            await using var client = Client(at: $"http://127.0.0.1:{port}");
            var run = await client.StartRunAsync("killed");
            var at = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);
            for (var life = 0; life < 3; life++)
            {
                for (var i = life * 10_000; i < (life + 1) * 10_000; i++)
                {
                    run.LogMetric("m", i, i, at.AddMilliseconds(i));
                    if (i % 1_000 == 0) run.SetTag("newest", $"{i}");
                }
                await server.SignalAsync("KILL");       // while batches are on their way
                await server.EndAsync();
                server.Dispose();
                server = await ServeAsync(demo, port);
            }
            await run.EndAsync();

            Assert.Equal(Enumerable.Range(0, 30_000), (await ListAsync(client.HistoryAsync(run.Id, "m"))).Select(p => (int)p.Value));
            Assert.Equal("29000", (await client.RunAsync(run.Id)).Tags["newest"]);
        }
        finally
        {
            server.Dispose();
        }
    }

    [Fact]
    public async Task Calls_whose_answers_are_lost_have_one_effect()
    {
        await using var line = new FaultyLine(world.Server.Address.Port);
        await using var client = Client(at: line.Address);
        line.Losing = ("POST /api/2.0/mlflow/experiments/create", 1, 0);
        var experiment = await client.ExperimentAsync("lost answers");

        line.Losing = ("POST /api/2.0/mlflow/runs/create", 1, 0);
        var run = await client.StartRunAsync("lost answers");
        line.Losing = ("POST /api/2.0/mlflow/runs/log-batch", 3, 0);
        for (var i = 0; i < 5_000; i++) run.LogMetric("m", i, i);
        run.LogParameter("p", 1);
        await run.FlushAsync();
        line.Losing = ("POST /api/2.0/mlflow/runs/update", 1, 0);
        await run.EndAsync();

        Assert.Equal(6, line.Lost);
        Assert.Equal(run.Id, Assert.Single(await ListAsync(client.SearchRunsAsync(["lost answers"]))).Id);
        Assert.Equal(5_000, (await ListAsync(client.HistoryAsync(run.Id, "m"))).Count);
        Assert.Equal(experiment.Id, run.ExperimentId);
    }

    [Fact]
    public async Task The_same_batch_sent_twice_is_one()
    {
        await using var client = Client();
        var run = await client.StartRunAsync("twice");
        IReadOnlyList<LoggedValue> values = [.. Enumerable.Range(0, 10).Select(i => new LoggedValue(LoggedKind.Metric, "m", "", i, i, 5)),
            new(LoggedKind.Metric, "m", "", double.NaN, 3, 5), new(LoggedKind.Parameter, "p", "x", 0, 0, 0), new(LoggedKind.Tag, "t", "y", 0, 0, 0)];

        for (var i = 0; i < 2; i++) await world.PostAsync("runs/log-batch", System.Text.Encoding.UTF8.GetString(LogBatch.Body(run.Id, values).Span));

        Assert.Equal(11, (await ListAsync(client.HistoryAsync(run.Id, "m"))).Count);
        Assert.Equal(("x", "y"), await client.RunAsync(run.Id) is var read ? (read.Parameters["p"], read.Tags["t"]) : default);
        await run.EndAsync();
    }

    [Fact]
    public async Task What_the_server_refuses_is_told_at_the_flush_and_the_rest_is_logged()
    {
        await using var client = Client(Quick with { Linger = TimeSpan.FromMinutes(1) });
        var run = await client.StartRunAsync("refused");
        run.LogParameter("rate", 0.1);
        await run.FlushAsync();
        for (var i = 0; i < 500; i++) run.LogMetric("m", i, i);
        run.LogParameter("rate", 0.2);
        run.LogMetric("no//key", 1);
        for (var i = 500; i < 900; i++) run.LogMetric("m", i, i);
        run.LogParameter("rate", 0.1);

        var lost = await Assert.ThrowsAsync<NotLoggedException>(() => run.FlushAsync());

        Assert.Equal(["parameter rate = 0.2", "metric no//key = 1 at step 0"], lost.Values.Select(v => v.ToString()));
        Assert.StartsWith($"2 values of run {run.Id} were not logged, the first is parameter rate = 0.2: Changing param values is not allowed.",
            lost.Message, StringComparison.Ordinal);
        Assert.Equal("INVALID_PARAMETER_VALUE", Assert.IsType<TrackingRefusedException>(lost.InnerException).Code);
        Assert.Equal(900, (await ListAsync(client.HistoryAsync(run.Id, "m"))).Count);
        await run.FlushAsync();                 // it was said
        run.LogParameter("rate", 0.3);
        Assert.Single((await Assert.ThrowsAsync<NotLoggedException>(() => run.EndAsync())).Values);
        Assert.Equal(RunStatus.Finished, (await client.RunAsync(run.Id)).Status);
    }

    [Fact]
    public async Task A_run_that_was_deleted_meanwhile_takes_nothing_and_says_all_of_it()
    {
        await using var client = Client(Quick with { Linger = TimeSpan.FromMinutes(1) });
        var run = await client.StartRunAsync("deleted");
        await world.PostAsync("runs/delete", $$"""{"run_id": "{{run.Id}}"}""");
        for (var i = 0; i < 2_500; i++) run.LogMetric("m", i, i);

        var lost = await Assert.ThrowsAsync<NotLoggedException>(() => run.FlushAsync());

        Assert.Equal(Enumerable.Range(0, 2_500), lost.Values.Select(v => (int)v.Number));
        Assert.Contains("must be in the 'active' state", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_given_up_with_all_that_was_not_sent()
    {
        await using var line = new FaultyLine(world.Server.Address.Port);
        await using var client = Client(Quick with { RetryFor = TimeSpan.FromMilliseconds(300), MostWaiting = 100 }, line.Address);
        var run = await client.StartRunAsync("away");
        run.LogMetric("m", -1);
        await run.FlushAsync();
        line.Port = FreePort();         // nobody is there

        var logged = 0;
        var full = Assert.Throws<NotLoggedException>(() =>
        {
            for (; logged < 1_000; logged++) run.LogMetric("m", logged, logged);
        });

        Assert.Equal(100, logged);      // one more waited for room until there would be none
        Assert.Equal(100, full.Values.Single().Number);
        var lost = await Assert.ThrowsAsync<NotLoggedException>(() => run.FlushAsync());
        Assert.Equal(Enumerable.Range(0, 100), lost.Values.Select(v => (int)v.Number));
        Assert.Contains($"The tracking server at {line.Address}/ did not answer for", lost.Message, StringComparison.Ordinal);
        Assert.IsType<TrackingUnreachableException>(lost.InnerException);
        line.Port = world.Server.Address.Port;
        Assert.Equal(-1, (await client.RunAsync(run.Id)).Metrics["m"]);
        await Assert.ThrowsAsync<NotLoggedException>(() => run.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_flush_that_is_cancelled_leaves_what_waits_to_be_sent()
    {
        await using var line = new FaultyLine(world.Server.Address.Port);
        await using var client = Client(at: line.Address);
        var run = await client.StartRunAsync("cancelled");
        var there = line.Port;
        line.Port = FreePort();         // nobody is there
        run.LogMetric("m", 1);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.FlushAsync(soon.Token));
        line.Port = there;
        await run.EndAsync();

        Assert.Equal(1, (await client.RunAsync(run.Id)).Metrics["m"]);
        using var before = new CancellationTokenSource();
        await before.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.StartRunAsync("cancelled", stop: before.Token));
    }

    [Theory]
    [InlineData("127.0.0.1:5080")]
    [InlineData("databricks")]
    [InlineData("file:///tmp/mlruns")]
    [InlineData("sqlite:///mlflow.db")]
    public void An_address_that_is_none_is_one_sentence(string address)
    {
        var refused = Assert.Throws<KumikiException>(() => new TrackingClient(address));

        Assert.Equal($"'{address}' is not the address of a tracking server: it begins with http:// or https://, such as http://127.0.0.1:5080.",
            refused.Says.In("en"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_is_another_program_is_one_sentence()
    {
        var port = FreePort();
        await using var nobody = Client(Quick with { ConnectFor = TimeSpan.FromMilliseconds(200) }, $"http://127.0.0.1:{port}");
        var none = await Assert.ThrowsAsync<TrackingUnreachableException>(() => nobody.StartRunAsync("x"));
        Assert.Equal(("client.unreachable", $"http://127.0.0.1:{port}/"), (none.Says.Id, none.Says.Values["address"]));

        await using var elsewhere = Client(at: world.Server.Address + "elsewhere");
        var other = await Assert.ThrowsAsync<TrackingRefusedException>(() => elsewhere.StartRunAsync("x"));
        Assert.Equal($"{world.Server.Address}elsewhere/ answered 404 to /elsewhere/api/2.0/mlflow/experiments/get-by-name, but not as a tracking server does: "
            + "name one that speaks MLflow's protocol.", other.Says.In("en"));
    }

    [Fact]
    public async Task Runs_are_found_page_by_page()
    {
        await using var client = Client();
        var experiment = (await client.ExperimentAsync("pages")).Id;
        for (var i = 0; i < 1_001; i++) await world.NewRunAsync(experiment, i + 1, $"r{i}");

        Assert.Equal(Enumerable.Range(0, 1_001).Reverse().Select(i => $"r{i}"),
            (await ListAsync(client.SearchRunsAsync(["pages", "none such"]))).Select(r => r.Name));
        Assert.Equal("r7", Assert.Single(await ListAsync(client.SearchRunsAsync(["pages"], "attributes.run_name = 'r7'"))).Name);
        await Assert.ThrowsAsync<TrackingRefusedException>(() => ListAsync(client.SearchRunsAsync(["pages"], "nonsense =")));
        Assert.Contains(await ListAsync(client.SearchExperimentsAsync("name LIKE 'pag%'")), e => e.Name == "pages");
        Assert.Empty(await ListAsync(client.SearchRunsAsync(["none such"])));
        await world.PostAsync("experiments/delete", $$"""{"experiment_id": "{{experiment}}"}""");
        Assert.Equal("RESOURCE_ALREADY_EXISTS", (await Assert.ThrowsAsync<TrackingRefusedException>(() => client.StartRunAsync("pages"))).Code);
    }

    [Fact]
    public void A_call_carries_no_more_than_the_protocol_allows()
    {
        static LoggedValue Metric(int i) => new(LoggedKind.Metric, "m", "", i, i, i);
        static LoggedValue Parameter(int i, string text = "x") => new(LoggedKind.Parameter, $"p{i}", text, 0, 0, 0);
        static LoggedValue Tag(int i, string text = "x") => new(LoggedKind.Tag, $"t{i}", text, 0, 0, 0);
        static IEnumerable<LoggedValue> Many(int count, Func<int, LoggedValue> of) => Enumerable.Range(0, count).Select(of);

        Assert.Equal(0, LogBatch.Fitting([]));
        Assert.Equal(1000, LogBatch.Fitting([.. Many(1001, Metric)]));
        Assert.Equal(100, LogBatch.Fitting([.. Many(101, i => Parameter(i))]));
        Assert.Equal(100, LogBatch.Fitting([.. Many(101, i => Tag(i))]));
        Assert.Equal(1000, LogBatch.Fitting([.. Many(950, Metric), .. Many(90, i => Tag(i))]));
        Assert.Equal(2, LogBatch.Fitting([Parameter(1), Parameter(2), Parameter(1)]));
        var long_ = Enumerable.Range(0, 100).Select(i => Tag(i, new string('"', LogBatch.MostTagText))).ToList();
        Assert.InRange(LogBatch.Fitting(long_), 10, 30);
        Assert.True(LogBatch.Body("r", [.. long_.Take(LogBatch.Fitting(long_))]).Length <= LogBatch.MostBytes);
        Assert.Equal("豆🫘", LogBatch.Cut("豆🫘x", 2));
    }

    [Fact]
    public async Task Long_texts_are_cut_as_the_server_would_and_fit()
    {
        await using var client = Client();
        await using var run = await client.StartRunAsync("long");
        for (var i = 0; i < 300; i++) run.SetTag($"t{i}", new string('豆', 9_000));
        run.LogParameter("p", new string('"', 7_000));
        await run.FlushAsync();

        var read = await client.RunAsync(run.Id);
        Assert.Equal(300, read.Tags.Count(t => t.Key.StartsWith('t') && t.Value == new string('豆', 8_000)));
        Assert.Equal(new string('"', 6_000), read.Parameters["p"]);
    }

    [Fact]
    public async Task A_process_that_ends_without_a_flush_has_sent_all_of_it()
    {
        var (code, said) = await ProbeAsync(world.Server.Address.ToString(), "leave", "2500");

        Assert.True(code == 0, said);
        await using var client = Client();
        Assert.Equal(2_500, (await ListAsync(client.HistoryAsync(said.Trim(), "m"))).Count);
    }

    [Fact]
    public async Task The_sample_of_the_document_is_a_program_that_runs()
    {
        var sample = await File.ReadAllTextAsync(Checkout.PathOf("tests/ClientProbe/Sample.cs"));
        var start = sample.IndexOf("    {\n        await using", StringComparison.Ordinal) + 6;
        var lines = sample[start..sample.LastIndexOf("    }\n}", StringComparison.Ordinal)].TrimEnd().Split('\n').Select(l => l.Length > 8 ? l[8..] : "");
        Assert.Contains(string.Join('\n', lines), await File.ReadAllTextAsync(Checkout.PathOf("docs/client.md")), StringComparison.Ordinal);

        var (ended, said) = await ProbeAsync(world.Server.Address.ToString(), "sample");

        Assert.True(ended == 0, said);
        Assert.Equal("first try: 0.100 after 300 rounds\ndownloaded/model\n", said);
    }

    static async Task<(int Code, string Said)> ProbeAsync(string address, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("kumiki-probe-").FullName;
        var said = await Checkout.RunAsync(folder, new Dictionary<string, string> { ["MLFLOW_TRACKING_URI"] = address },
            "dotnet", [Checkout.PathOf("artifacts/bin/Kumiki.ClientProbe/debug/ClientProbe.dll"), .. arguments]);
        Directory.Delete(folder, recursive: true);
        return said;
    }

    static async Task<Journeys.Running> ServeAsync(Demo demo, int port)
    {
        var running = demo.Start([], ["serve", "--port", $"{port}", "--data", demo.PathOf("data-folder")]);
        await running.LineAsync("answers on");
        return running;
    }

    internal static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        await foreach (var item in items) all.Add(item);
        return all;
    }

    internal static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
