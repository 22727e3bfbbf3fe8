using Kumiki.Making;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>Makes a version when a page or a program asks for it.</summary>
static class MakingRoutes
{
    public static void MapMakings(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/assets/{name}/makings", MakeAsync).WithTags("assets").Accepts<MakingAsked>("application/json")
            .WithSummary(
                "Makes a version in a process of its own; answers when the run has begun, or at once where nothing has to be made. Its run tells the rest.");

    static async Task<Results<Ok<MakingAnswer>, Accepted<MakingAnswer>, Refused>> MakeAsync(
        string name, HttpContext http, Served served, Makings makings, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<MakingAsked>(http, served, stop);
        if (asked is null || !Asked.Asset(name, out refused)) return refused!;
        if (served.Project is not { } project) return new Refused(StatusCodes.Status409Conflict, Message.Of("serve.makes-nothing", ("asset", name)));
        var now = await project(stop);
        if (now.Graph.Find(name) is null) return Refused.NotFound(Message.Of("serve.no-asset", ("asset", name)));
        if (await served.Metadata.RunsAsync(name, RunState.Running, 1, null, stop) is [var running])
            return TypedResults.Accepted($"/api/runs/{running.Id}", new MakingAnswer(name, "begun", running.Id, null, null));
        try
        {
            var begun = await makings.BeginAsync(now.Maker, new(name) { Upstream = asked.Upstream, Anew = asked.Anew, OwnProcess = true });
            var answer = begun switch
            {
                MakingProgress.Started started => new MakingAnswer(started.Asset, "begun", started.Run, null, null),
                MakingProgress.Ended { End: MakingEnd.Made made } => new(made.Asset, "made", made.Run, made.Version.Name, null),
                MakingProgress.Ended { End: MakingEnd.Reused reused } =>
                    new(reused.Asset, "reused", reused.Run, reused.Version.Name, Said.Of(reused.Because, language)),
                MakingProgress.Ended { End: MakingEnd.Failed failed } => new(failed.Asset, "failed", failed.Run, null, Said.Of(failed.Why, language)),
                MakingProgress.Ended { End: MakingEnd.Skipped skipped } => new(skipped.Asset, "failed", null, null, Said.Of(skipped.Why, language)),
                _ => throw new System.Diagnostics.UnreachableException($"Answer {begun.GetType().Name}."),
            };
            return answer.End == "begun" ? TypedResults.Accepted($"/api/runs/{answer.Run}", answer) : TypedResults.Ok(answer);
        }
        catch (KumikiException e)      // the graph has faults, or an input has to be made first
        {
            return new Refused(StatusCodes.Status409Conflict, e.Says);
        }
    }
}

/// <param name="Upstream">Also what it is made from, where that is out of date.</param>
/// <param name="Anew">Even where a version could be reused.</param>
sealed record MakingAsked(bool Upstream = false, bool Anew = false);

/// <param name="End">begun, made, reused or failed.</param>
/// <param name="Run">Null where no run was needed.</param>
sealed record MakingAnswer(string Asset, string End, RunId? Run, VersionName? Version, Said? Says);

/// <summary>The makings this server has under way; they are cancelled, and waited for, when it stops.</summary>
sealed partial class Makings(ILogger<Makings> log) : IAsyncDisposable
{
    readonly CancellationTokenSource stopping = new();
    readonly Lock gate = new();
    readonly HashSet<Task> underWay = [];

    /// <summary>Begins a making.</summary>
    /// <returns>The first run that begins; or how the asked one ended, where none did.</returns>
    /// <exception cref="KumikiException">Nothing could begin.</exception>
    public async Task<MakingProgress> BeginAsync(Maker maker, MakeOrder order)
    {
        var first = new TaskCompletionSource<MakingProgress>(TaskCreationOptions.RunContinuationsAsynchronously);
        var making = Task.Run(MakeAsync, CancellationToken.None);
        lock (gate) underWay.Add(making);
        _ = making.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return await first.Task;

        async Task MakeAsync()
        {
            try
            {
                var ends = await maker.MakeAsync(order, Tell, stopping.Token);
                first.TrySetResult(new MakingProgress.Ended(order.Asset, ends.First(e => e.Asset == order.Asset)));
            }
            catch (Exception e)
            {
                if (!first.TrySetException(e)) Failed(order.Asset, e);
            }
        }

        void Tell(MakingProgress progress)
        {
            if (progress is MakingProgress.Started) first.TrySetResult(progress);
        }

        void Forget(Task task)
        {
            lock (gate) underWay.Remove(task);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        Task[] left;
        lock (gate) left = [.. underWay];
        await Task.WhenAll(left);
        stopping.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "Making {Asset} broke off")]
    partial void Failed(string asset, Exception e);
}
