using Kumiki.Predictions;
using Kumiki.Serving;
using Kumiki.Store;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kumiki;

/// <summary>Where an application's predictors find their releases.</summary>
public sealed record KumikiOptions
{
    /// <summary>The folder everything is kept in.</summary>
    /// <value><c>KUMIKI_DATA</c>, else <c>.kumiki</c>.</value>
    public string Data { get; init; } = Environment.GetEnvironmentVariable("KUMIKI_DATA") is { Length: > 0 } named ? named : ".kumiki";

    /// <summary>The stores that are not in the folder.</summary>
    /// <value>What <c>KUMIKI_METADATA</c> and <c>KUMIKI_ARTIFACTS</c> say.</value>
    public StoreSettings Stores { get; init; } = StoreSettings.OfEnvironment();

    /// <summary>Memory, batches, queues and times of models.</summary>
    public ServingSettings Serving { get; init; } = new();

    /// <summary>Whether what predictors answer is logged, in the data folder: docs/prediction-log.md.</summary>
    /// <value>It is.</value>
    public bool LogPredictions { get; init; } = true;

    /// <summary>How long logged predictions are kept; null: for ever.</summary>
    /// <value>90 days.</value>
    public TimeSpan? KeepPredictions { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long a request under way may take once the application stops.</summary>
    /// <value>30 s.</value>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Kumiki within an application.</summary>
public static class KumikiServices
{
    /// <summary>Adds what predictors need. They run in this process and follow production: a release that goes live anywhere on the store answers here within a second, and no request sees two.</summary>
    /// <example><code>
    /// builder.Services.AddKumiki(o => o with { Data = "/srv/kumiki" }).AddPredictor&lt;CreditDecision&gt;();
    /// app.MapPost("/loans", async (Application row, Predictor&lt;Application, Verdict&gt; credit) => await credit.AskAsync(row));
    /// </code></example>
    public static IServiceCollection AddKumiki(this IServiceCollection services, Func<KumikiOptions, KumikiOptions>? options = null)
    {
        services.AddSingleton(provider => new OpenReleases((options ?? (o => o))(new()), provider.GetService<ILogger<OpenReleases>>()));
        services.AddHostedService<ReleasesService>();
        return services;
    }

    /// <summary>Adds a <see cref="Predictor{TIn,TOut}"/> of a released endpoint, which any service may ask for; it is safe to use from many threads.</summary>
    /// <typeparam name="TEndpoint">The endpoint's class.</typeparam>
    public static IServiceCollection AddPredictor<TEndpoint>(this IServiceCollection services)
        where TEndpoint : Asset
    {
        for (var type = typeof(TEndpoint); type is not null; type = type.BaseType)
        {
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(Endpoint<,>)) continue;
            var predictor = typeof(Predictor<,>).MakeGenericType(type.GetGenericArguments());
            var name = AssetName.Of(typeof(TEndpoint).Name);
            services.AddSingleton(new PredictedEndpoint(name));
            services.AddSingleton(predictor, provider => Activator.CreateInstance(predictor, provider.GetRequiredService<OpenReleases>(), name)!);
            return services;
        }
        throw new KumikiException(Message.Of("endpoint.no-class", ("class", typeof(TEndpoint).Name)));
    }

    /// <summary>Adds a <see cref="Predictor{TIn,TOut}"/> of a released endpoint by its name, where the application has not its class.</summary>
    /// <typeparam name="TIn">A record whose columns are the endpoint's fields.</typeparam>
    /// <typeparam name="TOut">An enum with its answers, <see cref="string"/>, or <see cref="double"/> where it answers with numbers.</typeparam>
    public static IServiceCollection AddPredictor<TIn, TOut>(this IServiceCollection services, string endpoint) =>
        services.AddSingleton(new PredictedEndpoint(endpoint)).AddSingleton(provider => new Predictor<TIn, TOut>(provider.GetRequiredService<OpenReleases>(), endpoint));
}

/// <summary>The stores of an application and what is served from them; opened when the application starts, or at the first question.</summary>
sealed partial class OpenReleases(KumikiOptions options, ILogger<OpenReleases>? logger) : IAsyncDisposable
{
    readonly Lock gate = new();
    (DataFolder Data, PredictionLog? Log, ModelShelf Models, EndpointShelf Endpoints)? open;
    bool closed;

    public KumikiOptions Options => options;

    public EndpointShelf Endpoints => Open().Endpoints;

    public ModelShelf Models => Open().Models;

    (DataFolder Data, PredictionLog? Log, ModelShelf Models, EndpointShelf Endpoints) Open()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            if (open is { } already) return already;
            var data = DataFolder.Open(options.Data, TimeProvider.System, options.Stores);
            var log = options.LogPredictions ? PredictionLog.Open(options.Data, data.Metadata, data.Artifacts, new() { Keep = options.KeepPredictions }, TimeProvider.System, Told) : null;
            var models = new ModelShelf(data.Metadata, data.Artifacts, null, options.Serving, TimeProvider.System);
            return (open = (data, log, models, new(data.Metadata, data.Artifacts, models, TimeProvider.System) { Log = log is null ? null : new(log) })).Value;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate) closed = true;
        if (open is not var (data, log, models, endpoints)) return;
        await endpoints.DisposeAsync();
        await models.DisposeAsync();
        if (log is not null) await log.DisposeAsync();
        await data.DisposeAsync();
    }

    void Told(Exception e)
    {
        if (logger is not null) LogFailed(logger, e.Message, e is KumikiException ? null : e);
    }

    /// <summary>Tells whoever runs the application why a model does not answer.</summary>
    public void Tell(Message why)
    {
        if (logger is not null) LogUnloadable(logger, why.ToString());
    }

    [LoggerMessage(LogLevel.Warning, "A model cannot be asked: {Reason}")]
    static partial void LogUnloadable(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Prediction log: {Reason}")]
    static partial void LogFailed(ILogger logger, string reason, Exception? e);
}

/// <summary>An endpoint that the application has a predictor of.</summary>
sealed record PredictedEndpoint(string Name);

/// <summary>Opens the stores when the application starts, so that a wrong folder is said then and the first request finds its model in memory, and lets what was asked be answered when it stops.</summary>
sealed class ReleasesService(OpenReleases releases, IEnumerable<PredictedEndpoint> predicted) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var live = await releases.Endpoints.LiveAsync(0, cancellationToken);
        foreach (var endpoint in predicted.Select(p => live.Endpoints.GetValueOrDefault(p.Name)).OfType<LiveEndpoint>().Distinct())
            // Who asks is told why, or is answered by a fallback: then nobody else would hear of it.
            foreach (var why in await releases.Endpoints.WarmAsync(endpoint, cancellationToken)) releases.Tell(why);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(releases.Options.Drain);
        try
        {
            await releases.Models.DrainAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // the time to stop in is over: the rest is cut off
        }
    }
}
