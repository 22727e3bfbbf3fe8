using System.Net.Sockets;
using Kumiki.Predictions;
using Kumiki.Serving;
using Kumiki.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>The pages and the public REST API of one data folder, on one address of this machine.</summary>
/// <remarks>A request goes through: 1. <see cref="Guard"/> (own host names only, headers), 2. <see cref="TrackingDoor"/> where it is a tracking
/// client's, or <see cref="InferenceDoor"/> where it asks a model, else 3. <see cref="Refusals"/> (every error becomes one sentence), 4. the routes of the
/// rooms, or a file of the pages. Built on the
/// empty builder: no configuration is read, so nothing but the arguments decides where it listens.</remarks>
public sealed partial class KumikiServer : IAsyncDisposable
{
    readonly WebApplication app;
    readonly Served served;
    readonly ServerLock hold;
    readonly PredictionLog? predictions;
    int disposed;
    readonly CancellationTokenSource stopping = new();
    readonly Task watch, schedules, models, imports;

    KumikiServer(WebApplication app, Served served, ServerLock hold, PredictionLog? predictions)
    {
        (this.app, this.served, this.hold, this.predictions) = (app, served, hold, predictions);
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        watch = CrashWatch.RunAsync(served, app.Services.GetRequiredService<ILogger<KumikiServer>>(), stopping.Token);
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(ScheduleWatch.Category);
        schedules = served is { ReadOnly: false, Schedules: { } due }
            ? Task.Run(() => ScheduleWatch.RunAsync(served, due, log, stopping.Token))
            : Task.CompletedTask;
        var logger = app.Services.GetRequiredService<ILogger<KumikiServer>>();
        models = served is { ReadOnly: false, Tracking: { } tracking }
            ? Task.Run(() => MadeModels.RunAsync(served, tracking, logger, stopping.Token))
            : Task.CompletedTask;
        imports = served is { ReadOnly: false, Tracking: { } registry, Imports: { } taking }
            ? Task.Run(() => ImportWatch.RunAsync(served, registry, taking, logger, stopping.Token))
            : Task.CompletedTask;
    }

    /// <summary>Where it answers: <c>http://127.0.0.1:5080/</c>.</summary>
    public Uri Address { get; }

    /// <summary>The line to print when it answers.</summary>
    public Message Says => Message.Of("serve.answers", ("url", Address.ToString().TrimEnd('/')), ("data", served.Where ?? served.DataFolder));

    /// <summary>Starts and returns when the first request would be answered.</summary>
    /// <exception cref="KumikiException">Another server has the folder; or the port is taken
    /// (the sentence names who holds it and a free one) or not allowed.</exception>
    public static async Task<KumikiServer> StartAsync(Served served, ServeAddress at, CancellationToken stop)
    {
        at = at.WithPort();
        if (served.GrpcPort == at.Port) throw new KumikiException(Message.Of("inference.grpc-port", ("port", at.Port)));
        if (served.GrpcPort is { } grpc) _ = ServeAddress.Of(at.Host.ToString(), grpc);
        var hold = ServerLock.Take(served.DataFolder, $"http://{at}");
        PredictionLog? predictions = null;
        WebApplication? app = null;
        try
        {
            if (served is { LogPredictions: true, TakesLogs: true })
                predictions = PredictionLog.Open(served.DataFolder, served.Metadata, served.Artifacts, new() { Keep = served.KeepPredictions }, served.Clock,
                    e => LogTrouble(app?.Services.GetRequiredService<ILogger<KumikiServer>>(), e));
            app = Build(served, at, predictions);
            await app.StartAsync(stop);
            return new(app, served, hold, predictions);
        }
        catch (Exception e)
        {
            if (app is not null) await app.DisposeAsync();
            if (predictions is not null) await predictions.DisposeAsync();
            hold.Dispose();
            if (e is IOException { InnerException: AddressInUseException } && served.GrpcPort is { } taken
                && e.Message.Contains($":{taken}:", StringComparison.Ordinal))
                throw new KumikiException(Message.Of("inference.grpc-held", ("port", taken)), e);
            if (e is IOException { InnerException: AddressInUseException }) throw new KumikiException(PortHolder.InUse(at), e);
            if (e is SocketException { SocketErrorCode: SocketError.AccessDenied })
                throw new KumikiException(Message.Of("serve.port-forbidden", ("port", at.Port)), e);
            throw;
        }
    }

    /// <summary>Waits for SIGTERM, Ctrl-C or <paramref name="stop"/>, then lets the requests under way end.</summary>
    public Task WaitAsync(CancellationToken stop) => app.WaitForShutdownAsync(stop);

    /// <summary>Stops listening, ends the live streams, and lets the other requests under way end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await stopping.CancelAsync();
        await app.StopAsync();
        await watch;
        await schedules;
        await models;
        await imports;
        // When no request is under way any more: what was answered is written, and made into files.
        if (predictions is not null) await predictions.DisposeAsync();
        await app.DisposeAsync();
        hold.Dispose();
        stopping.Dispose();
    }

    static void LogTrouble(ILogger? logger, Exception e)
    {
        if (logger is not null) LogFailed(logger, e.Message, e is KumikiException ? null : e);
    }

    [LoggerMessage(LogLevel.Warning, "Prediction log: {Reason}")]
    static partial void LogFailed(ILogger logger, string reason, Exception? e);

    static WebApplication Build(Served served, ServeAddress at, PredictionLog? predictions)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new() { ApplicationName = "kumiki", EnvironmentName = Environments.Production, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = served.Operating.MostConnections;
            kestrel.Limits.RequestHeadersTimeout = served.Operating.SlowestHead;
            var connections = kestrel.ApplicationServices.GetRequiredService<Operations>().Connections;
            kestrel.Listen(at.Host, at.Port, port => port.Use(connections.Of));
            if (served.GrpcPort is { } grpc)
            {
                kestrel.Listen(at.Host, grpc, port =>
                {
                    port.Protocols = HttpProtocols.Http2;
                    port.Use(connections.Of);
                });
            }
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            .AddFilter(ScheduleWatch.Category, LogLevel.Information)
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)   // else each request gets an Activity that nobody reads
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);      // who starts the server hears its exception
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));     // as long as a model may run
        builder.Services.AddRoutingCore();
        // Answers only; the files of the pages were compressed when they were built, and a stream of events is not kept back.
        builder.Services.AddResponseCompression(compression => compression.MimeTypes = ["application/json", "application/problem+json"]);
        builder.Services.AddOpenApi(ApiDocument.Configure);
        builder.Services.AddSingleton(served);
        builder.Services.AddSingleton(services => new Operations(served.Operating, served.Clock, services.GetRequiredService<ILogger<KumikiServer>>()));
        builder.Services.AddSingleton<Makings>();
        builder.Services.AddSingleton(_ => new ModelShelf(served.Metadata, served.Artifacts, served.Tracking, served.Serving, served.Clock));
        builder.Services.AddSingleton(services => new EndpointShelf(served.Metadata, served.Artifacts, services.GetRequiredService<ModelShelf>(), served.Clock)
        {
            Log = predictions is null ? null : new(predictions),
        });
        builder.Services.AddSingleton(new ServedLog(predictions));
        builder.Services.AddSingleton(_ => new PredictionReader(served.Metadata, served.Artifacts, served.DataFolder, predictions));
        builder.Services.AddHostedService<InferenceDrain>();
        builder.Services.AddSingleton<QueueWatch>().AddHostedService(services => services.GetRequiredService<QueueWatch>());
        builder.Services.AddSingleton<ServerPast>().AddHostedService(services => services.GetRequiredService<ServerPast>());
        builder.Services.AddHostedService(services => new IdleMemory(services.GetRequiredService<ModelShelf>(), served.Clock));
        builder.Services.AddSingleton(services =>
            new EdgeRecords(served.Metadata, served.Artifacts, served.DataFolder, predictions, services.GetRequiredService<PredictionReader>()));
        builder.Services.AddSingleton<PartUploads>();
        builder.Services.ConfigureHttpJsonOptions(json => ApiJson.Into(json.SerializerOptions));

        var app = builder.Build();
        var operations = app.Services.GetRequiredService<Operations>();
        if (operations.AccessLog is { } accessLog) app.Use(accessLog.Of);
        app.Use(Guard.Of);
        if (served.GrpcPort is not null) app.Use(new GrpcDoor(served, app.Services.GetRequiredService<ModelShelf>(),
            app.Services.GetRequiredService<ILogger<KumikiServer>>()).Of);
        app.Use(new InferenceDoor(served, app.Services.GetRequiredService<ModelShelf>(), app.Services.GetRequiredService<ILogger<KumikiServer>>()).Of);
        app.Use(new EndpointDoor(app.Services.GetRequiredService<EndpointShelf>(), app.Services.GetRequiredService<ModelShelf>(), app.Services.GetRequiredService<ILogger<KumikiServer>>()).Of);
        if (served.Tracking is { } tracking) app.Use(new TrackingDoor(served, tracking, app.Services.GetRequiredService<ILogger<KumikiServer>>()).Of);
        app.Use(new MetricsDoor(app.Services.GetRequiredService<ModelShelf>(), app.Services.GetRequiredService<EndpointShelf>(), predictions, operations,
            app.Services.GetRequiredService<QueueWatch>()).Of);
        app.UseResponseCompression();
        app.Use(Refusals.Of);
        app.UseRouting();
        app.MapProject();
        app.MapOverview();
        app.MapGraph();
        app.MapAssets();
        app.MapVersions();
        app.MapTables();
        app.MapArtifactViews();
        app.MapReports();
        app.MapBoards();
        app.MapGoals();
        app.MapRuns();
        app.MapReleases();
        app.MapReleaseWrites();
        app.MapMakings();
        app.MapSchedules();
        app.MapTracking();
        app.MapEndpoints();
        app.MapEdge();
        app.MapPredictions();
        app.MapQueues();
        app.MapOperations();
        app.MapChanges();
        app.MapOpenApi();
        app.MapPages();
        return app;
    }
}
