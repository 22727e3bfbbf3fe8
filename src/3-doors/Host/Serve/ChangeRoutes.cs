using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Kumiki.Hosting;

/// <summary>Tells who listens that something was written, whichever process wrote it.</summary>
static class ChangeRoutes
{
    public static void MapChanges(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/changes", Get)
            .WithSummary("Server-sent events 'change': the store's revision, once at the start and then whenever it has risen.").WithTags("project");

    static ServerSentEventsResult<ChangeEvent> Get(Served served, IHostApplicationLifetime lifetime, HttpContext http) =>
        TypedResults.ServerSentEvents(ChangesAsync(served, lifetime.ApplicationStopping, http.RequestAborted));

    /// <summary>Ends by itself when the server stops, so that no stream keeps it from stopping.</summary>
    static async IAsyncEnumerable<SseItem<ChangeEvent>> ChangesAsync(Served served, CancellationToken stopping, [EnumeratorCancellation] CancellationToken gone)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, gone);
        var changes = served.Metadata.ChangesAsync(-1, either.Token).GetAsyncEnumerator(either.Token);
        await using (changes)
            while (await NextAsync())
                yield return new(new(changes.Current), "change");

        async Task<bool> NextAsync()
        {
            try
            {
                return await changes.MoveNextAsync();
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                return false;
            }
        }
    }
}

sealed record ChangeEvent(long Revision);
