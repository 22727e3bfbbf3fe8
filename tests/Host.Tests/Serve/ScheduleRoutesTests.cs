using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Continuing;
using Kumiki.Hosting;
using Kumiki.Making;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>A server with a project that has a schedule; the server runs it.</summary>
public sealed class ScheduleRoutesTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-schedules-").FullName;
    readonly Project project = new Project().Add<Leaves>().Add<Brew>().Add<Pot>().AddSchedule<TeaTime>();
    readonly Clock clock = new();
    DataFolder data = null!;
    Served served = null!;
    KumikiServer server = null!;
    HttpClient http = null!;

    public async Task InitializeAsync()
    {
        data = DataFolder.Open(folder, clock);
        var place = new Workplace(data.Metadata, data.Artifacts, ProgramClosure.Current(typeof(ScheduleRoutesTests).Assembly), folder,
            Path.Combine(folder, "checkpoints"), new Dictionary<string, string>(), ["false"], clock);
        var schedules = new Schedules(place, _ => Task.FromResult(ProjectGraph.Build(project)));
        served = new()
        {
            Name = "Tea",
            DataFolder = folder,
            Metadata = data.Metadata,
            Artifacts = data.Artifacts,
            Schedules = schedules,
            Attempt = new(),
            Author = "mika",
            Clock = clock
        };
        server = await KumikiServer.StartAsync(served, ServeAddress.Of("127.0.0.1", 0), default);
        http = ClientOf(server);
    }

    static HttpClient ClientOf(KumikiServer server) => new() { BaseAddress = server.Address };

    public async Task DisposeAsync()
    {
        http.Dispose();
        await server.DisposeAsync();
        await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await http.GetStringAsync("api/schedules" + path))!;

    async Task<(int Status, JsonNode Body)> PostAsync(string path, string json = "{}", string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            "api/schedules/" + path)
        { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (origin is not null) request.Headers.Add("Origin", origin);
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>Waits until an occurrence is over.</summary>
    async Task<JsonNode> EndAsync(long number)
    {
        using var limit = new CancellationTokenSource(Patience);
        await foreach (var _ in data.Metadata.ChangesAsync(-1, limit.Token))
            if (await data.Metadata.OccurrenceAsync(number, limit.Token) is { IsOver: true }) break;
        return await GetAsync($"/tea-time/occurrences/{number}");
    }

    [Fact]
    public async Task Schedules_are_told_with_what_is_next_and_how_automatic_each_model_is()
    {
        var all = await GetAsync("");

        var tea = Assert.Single(all["schedules"]!.AsArray())!;
        Assert.Equal(("tea-time", "0 16 * * *", "Europe/London", "atOnce"),
            ((string)tea["name"]!, (string)tea["cron"]!, (string)tea["zone"]!, (string)tea["release"]!));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 16, 0, 0, TimeSpan.Zero), (DateTimeOffset)tea["next"]!);
        Assert.Equal(["brew 2", "pot 1"], all["automation"]!.AsArray().Select(a => $"{a!["model"]} {a["stage"]}"));
        Assert.Equal("No schedule makes pot; declare a class : Schedule that has it in Make, for stage 2.",
            (string)all["automation"]![1]!["missing"]!["text"]!);
        Assert.Equal((string)tea["name"]!, (string)(await GetAsync("/tea-time"))["name"]!);
    }

    [Fact]
    public async Task What_is_asked_for_is_run_by_the_server_and_told_with_every_step()
    {
        var (status, asked) = await PostAsync("tea-time/run");
        Assert.Equal((202, "byHand", "mika"), (status, (string)asked["cause"]!, (string)asked["by"]!));

        var one = await EndAsync((long)asked["number"]!);

        Assert.Equal(("released", true, 1), ((string)one["state"]!, (bool)one["go"]!, (int)one["release"]!));
        Assert.Equal(["load", "check", "make", "report", "stage", "release"], one["steps"]!.AsArray().Select(s => (string)s!["name"]!));
        Assert.Equal("release 1 is live: brew@1, leaves@1.", (string)one["says"]!["text"]!);
        Assert.Equal("tea-time", (string)Assert.Single((await GetAsync("/tea-time/occurrences"))["occurrences"]!.AsArray())!["schedule"]!);
        Assert.Equal((string)one["says"]!["id"]!, (string)(await GetAsync("/tea-time"))["last"]!["says"]!["id"]!);
    }

    [Fact]
    public async Task What_is_due_is_run_when_its_time_comes()
    {
        Assert.Empty((await GetAsync("/tea-time/occurrences"))["occurrences"]!.AsArray());
        await data.Metadata.KeepScheduleAsync("tea-time", default);
        clock.Now = new(2026, 1, 1, 16, 0, 0, TimeSpan.Zero);

        var one = await EndAsync(1);

        Assert.Equal(("due", "released"), ((string)one["cause"]!, (string)one["state"]!));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 16, 0, 0, TimeSpan.Zero), (DateTimeOffset)(await GetAsync("/tea-time"))["next"]!);
    }

    [Fact]
    public async Task A_schedule_is_paused_and_resumed()
    {
        var (status, paused) = await PostAsync("tea-time/pause");
        Assert.Equal((200, "mika", null), (status, (string)paused["pausedBy"]!, paused["next"]));
        Assert.Equal(1, (int)paused["models"]![0]!["stage"]!);

        Assert.NotNull((await PostAsync("tea-time/resume")).Body["next"]);
    }

    [Fact]
    public async Task What_is_planned_for_later_is_cancelled()
    {
        var (_, planned) = await PostAsync("tea-time/run", """{ "at": "2026-01-01T15:00:00Z" }""");
        Assert.Equal(("waiting", new DateTimeOffset(2026, 1, 1, 15, 0, 0, TimeSpan.Zero)), ((string)planned["state"]!, (DateTimeOffset)planned["due"]!));

        var (status, cancelled) = await PostAsync("tea-time/cancel");

        Assert.Equal((200, "cancelled", "mika"),
            (status, (string)cancelled["occurrences"]![0]!["state"]!, (string)cancelled["occurrences"]![0]!["cancelledBy"]!));
        Assert.Equal((409, "schedule.nothing-open"), await PostAsync("tea-time/cancel") is var again ? (again.Status, (string)again.Body["id"]!) : default);
    }

    [Theory]
    [InlineData("coffee-time/run", "{}", 404, "schedule.unknown")]
    [InlineData("coffee-time/pause", "{}", 404, "schedule.unknown")]
    [InlineData("coffee-time/cancel", "{}", 404, "schedule.unknown")]
    [InlineData("tea-time/run", """{ "at": "soon" }""", 400, "schedule.bad-time")]
    [InlineData("tea-time/run", """{ "at": "2025-01-01T16:00:00Z" }""", 400, "schedule.past")]
    [InlineData("tea-time/run", "{ at", 400, "serve.bad-body")]
    public async Task What_cannot_be_done_is_refused_in_one_sentence(string path, string body, int status, string id)
    {
        var refused = await PostAsync(path, body);

        Assert.Equal((status, id), (refused.Status, (string)refused.Body["id"]!));
        Assert.Empty((await GetAsync("/tea-time/occurrences"))["occurrences"]!.AsArray());
    }

    [Theory]
    [InlineData("/coffee-time", 404)]
    [InlineData("/coffee-time/occurrences", 404)]
    [InlineData("/tea-time/occurrences/7", 404)]
    [InlineData("/tea-time/occurrences/x", 400)]
    [InlineData("/tea-time/occurrences?limit=all", 400)]
    public async Task What_is_not_there_is_refused(string path, int status)
    {
        using var response = await http.GetAsync("api/schedules" + path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_page_of_another_site_changes_nothing()
    {
        var refused = await PostAsync("tea-time/pause", origin: "https://elsewhere.example");
        Assert.Equal((403, "serve.other-origin"), (refused.Status, (string)refused.Body["id"]!));
        Assert.Null((await GetAsync("/tea-time"))["pausedAt"]);
        using var crossSite = new HttpRequestMessage(HttpMethod.Post,
            "api/schedules/tea-time/pause")
        { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        crossSite.Headers.Add("Sec-Fetch-Site", "cross-site");
        using var response = await http.SendAsync(crossSite);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);

        Assert.Equal(200, (await PostAsync("tea-time/pause", origin: server.Address.ToString().TrimEnd('/'))).Status);
    }

    [Fact]
    public async Task The_bare_platform_has_no_schedules_and_says_so()
    {
        using var other = new TemporaryFolder();
        await using var bare = DataFolder.Open(other.Path, clock);
        await using var plain = await KumikiServer.StartAsync(new()
        {
            Name = "Bare",
            DataFolder = other.Path,
            Metadata = bare.Metadata,
            Artifacts = bare.Artifacts
        }, ServeAddress.Of("127.0.0.1", 0), default);
        using var client = new HttpClient { BaseAddress = plain.Address };

        Assert.Empty((await client.GetFromJsonAsync<JsonNode>("api/schedules"))!["schedules"]!.AsArray());
        using var refused = await client.PostAsJsonAsync("api/schedules/tea-time/run", new { });
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("schedule.no-project", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_only_shows_runs_no_schedule_and_takes_no_orders()
    {
        await server.DisposeAsync();
        await data.Metadata.KeepScheduleAsync("tea-time", default);
        var asked = await data.Metadata.AskOccurrenceAsync("tea-time", clock.Now, "mika", default);
        server = await KumikiServer.StartAsync(served with { ReadOnly = true }, ServeAddress.Of("127.0.0.1", 0), default);
        using var client = ClientOf(server);

        using var refused = await client.PostAsJsonAsync("api/schedules/tea-time/run", new { });

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("serve.read-only", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("waiting", (string)(await client.GetFromJsonAsync<JsonNode>($"api/schedules/tea-time/occurrences/{asked.Number}"))!["state"]!);
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    sealed class Leaves : Asset
    {
        public override AssetKind Kind => AssetKind.Dataset;

        protected override Task MakeAsync(MakingRun making, CancellationToken stop) => making.AddBytesAsync("leaves", new byte[1], stop);
    }

    sealed class Brew(Leaves leaves) : Asset
    {
        public override AssetKind Kind => AssetKind.Model;

        protected override async Task MakeAsync(MakingRun making, CancellationToken stop) =>
            await making.AddBytesAsync("brew", await making.Input(leaves).BytesAsync("leaves", stop), stop);
    }

    sealed class Pot(Leaves leaves) : Asset
    {
        public override AssetKind Kind => AssetKind.Model;

        protected override async Task MakeAsync(MakingRun making, CancellationToken stop) =>
            await making.AddBytesAsync("pot", await making.Input(leaves).BytesAsync("leaves", stop), stop);
    }

    sealed class TeaTime(Brew brew) : Schedule
    {
        public override Cron When => Cron.Of("0 16 * * *", zone: "Europe/London");

        public override IReadOnlyList<Asset> Make => [brew];

        public override ReleasePolicy Release => ReleasePolicy.AtOnce;
    }
}
