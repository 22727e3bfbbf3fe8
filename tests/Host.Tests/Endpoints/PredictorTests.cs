using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

public enum Size { Small, Large }

/// <summary>The columns of the endpoint's rows, and one that it does not know.</summary>
public sealed record Seen(double X, [property: Column("place")] string? Where = null, DateOnly? SomeDay = null, long? Count = null, bool? IsSeen = null, decimal? Price = null, TimeSpan? Since = null);

public sealed class PredictorTests
{
    static async Task<WebApplication> ApplicationAsync(EndpointWorld world, Action<IServiceCollection>? more = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddKumiki(o => o with { Data = world.World.Folder }).AddPredictor<Seen, string>("verdict");
        more?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseRouting();
        app.MapPost("/judge", async (Seen row, Predictor<Seen, string> verdicts, CancellationToken stop) => await verdicts.AskAsync(row, stop: stop));
        await app.StartAsync();
        return app;
    }

    [Fact]
    public async Task An_application_answers_by_the_release_that_is_live_and_says_which()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        await using var app = await ApplicationAsync(world);
        using var http = new HttpClient { BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        var predictor = app.Services.GetRequiredService<Predictor<Seen, string>>();
        Assert.Equal(("verdict@1", 1), (predictor.Version.ToString(), predictor.Release));

        using var response = await http.PostAsJsonAsync("/judge", new Seen(0.75, "street", new(2026, 1, 1), 3, true, 1.5m, TimeSpan.FromDays(1)));
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal(("high", 1.75, "model@1", "cut@1"), ((string)answer["value"]!, (double)answer["score"]!, (string)answer["model"]!, (string)answer["threshold"]!));
        var release = await world.ReleaseAsync(2);
        Assert.Equal("model@2", (await predictor.AskAsync(new Seen(0.75), new() { AtLeastRelease = release })).Model.ToString());
        Assert.Equal(("verdict@2", 2), (predictor.Version.ToString(), predictor.Release));
    }

    [Fact]
    public async Task Many_threads_ask_while_releases_come_and_every_answer_is_of_one_release()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        await using var app = await ApplicationAsync(world);
        var predictor = app.Services.GetRequiredService<Predictor<Seen, string>>();
        using var over = new CancellationTokenSource();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
        var callers = Enumerable.Range(0, 4).Select(c => Task.Run(async () =>
        {
            var random = new Random(c);
            while (!over.IsCancellationRequested)
            {
                Seen[] rows = [.. Enumerable.Range(0, 1 + random.Next(20)).Select(_ => new Seen(Math.Round(random.NextDouble(), 3)))];
                var answers = await predictor.AskAsync(rows);
                Assert.Single(answers.Select(a => (a.Release, a.Endpoint, a.Model, a.Threshold)).Distinct());
                foreach (var (row, answer) in rows.Zip(answers))
                {
                    var n = answer.Model!.Value.Number;
                    Assert.Equal(new VersionName("cut", n), answer.Threshold);
                    Assert.Equal((float)row.X + n, (float)answer.Score!.Value, 1e-5f);
                    Assert.Equal(answer.Score >= n + 0.5 ? "high" : answer.Score >= n + 0.4 ? "unsure" : "low", answer.Value);
                }
                seen[answers[0].Release] = true;
            }
        })).ToArray();

        while (!seen.ContainsKey(1) && callers.All(c => !c.IsCompleted)) await Task.Delay(5);
        for (var n = 2; n <= 4; n++)
        {
            var release = await world.ReleaseAsync(n);
            while (!seen.ContainsKey(release) && callers.All(c => !c.IsCompleted)) await Task.Delay(5);
        }
        await over.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Equal([1, 2, 3, 4], seen.Keys.Order());
    }

    [Fact]
    public async Task A_release_that_is_named_answers_beside_the_live_one()
    {
        await using var world = await EndpointWorld.StartAsync();
        for (var n = 1; n <= 3; n++) await world.ReleaseAsync(n);
        await using var app = await ApplicationAsync(world);
        var predictor = app.Services.GetRequiredService<Predictor<Seen, string>>();
        async Task<(int, string, double?)> ByAsync(Asking how)
        {
            var answer = await predictor.AskAsync(new Seen(0.75), how);
            return (answer.Release, $"{answer.Model}", answer.Score);
        }

        Assert.Equal((2, "model@2", 2.75), await ByAsync(new() { Release = 2 }));
        Assert.Equal((3, "model@3", 3.75), await ByAsync(new()));
        Assert.Equal((1, "model@1", 1.75), await ByAsync(new() { Session = "mika", SessionRelease = 1 }));
        await world.RollBackAsync();
        Assert.Equal((4, "model@2", 2.75), await ByAsync(new() { Release = 4 }));
        Assert.Equal((4, "model@2", 2.75), await ByAsync(new() { Session = "mika", SessionRelease = 3 }));
        Assert.Equal("endpoint.release-rolled-back", (await Assert.ThrowsAnyAsync<KumikiException>(() => ByAsync(new() { Release = 3 }))).Says.Id);
        Assert.Equal("endpoint.release-never-live", (await Assert.ThrowsAnyAsync<KumikiException>(() => ByAsync(new() { Release = 9 }))).Says.Id);
    }

    [Fact]
    public async Task What_is_wrong_is_said_and_what_is_no_number_is_missing()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        await using var app = await ApplicationAsync(world, services => services.AddPredictor<Seen, double>("verdict").AddPredictor<Seen, Size>("none"));
        var predictor = app.Services.GetRequiredService<Predictor<Seen, string>>();
        async Task<string> RefusedAsync(Func<Task> ask) => (await Assert.ThrowsAnyAsync<KumikiException>(ask)).Says.Id;

        Assert.Equal("endpoint.field-missing", await RefusedAsync(async () => await predictor.AskAsync(new Seen(double.NaN))));
        Assert.Equal("endpoint.field-infinite", await RefusedAsync(async () => await predictor.AskAsync(new Seen(double.PositiveInfinity))));
        Assert.Equal("endpoint.field-range", await RefusedAsync(async () => await predictor.AskAsync(new Seen(1, Count: 0))));
        Assert.Equal("inference.unknown-category", await RefusedAsync(async () => await predictor.AskAsync(new Seen(1, "roof"))));
        Assert.Equal("high", (await predictor.AskAsync(new Seen(1, "roof"), new() { ScoreUnknown = true })).Value);
        Assert.Equal("endpoint.answer-type", await RefusedAsync(async () => await app.Services.GetRequiredService<Predictor<Seen, double>>().AskAsync(new Seen(1))));
        Assert.Equal("endpoint.none", await RefusedAsync(async () => await app.Services.GetRequiredService<Predictor<Seen, Size>>().AskAsync(new Seen(1))));
        Assert.Empty(await predictor.AskAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await predictor.AskAsync([new Seen(1)], new() { Ids = ["a", "b"] }));
        Assert.Equal("endpoint.no-class", Assert.Throws<KumikiException>(() => new ServiceCollection().AddPredictor<NoEndpoint>()).Says.Id);
    }

    abstract class NoEndpoint : Asset;

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_said_at_the_start_though_a_fallback_answers_for_it()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1, model: [1, 2, 3], fallbacks: [new Kumiki.Onnx.PlannedFallback.Always("unsure", null)]);
        using var said = new Heard();
        await using var app = await ApplicationAsync(world, services => services.AddLogging(log => log.AddProvider(said)));

        Assert.Contains("model@1", Assert.Single(said.Lines, l => l.StartsWith("A model cannot be asked: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("unsure", (await app.Services.GetRequiredService<Predictor<Seen, string>>().AskAsync(new Seen(1))).Value);
    }

    /// <summary>Keeps the lines of warnings.</summary>
    sealed class Heard : ILoggerProvider, ILogger
    {
        public System.Collections.Concurrent.ConcurrentBag<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Lines.Add(formatter(state, exception));
        }

        public void Dispose() { }
    }

    [Fact]
    public async Task A_stopped_application_answers_no_more_and_a_wrong_folder_is_said_at_the_start()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        var app = await ApplicationAsync(world);
        var predictor = app.Services.GetRequiredService<Predictor<Seen, string>>();
        await predictor.AskAsync(new Seen(1));
        await app.StopAsync();

        Assert.Equal("inference.stopping", (await Assert.ThrowsAnyAsync<KumikiException>(async () => await predictor.AskAsync(new Seen(1)))).Says.Id);
        await app.DisposeAsync();

        var file = Path.Combine(world.World.Folder, "file");
        await File.WriteAllTextAsync(file, "no folder");
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddKumiki(o => o with { Data = Path.Combine(file, "data") });
        using var host = builder.Build();
        await Assert.ThrowsAnyAsync<KumikiException>(() => host.StartAsync());
    }
}
