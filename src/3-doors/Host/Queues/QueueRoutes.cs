using Kumiki.Queues;
using Kumiki.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Queues between applications and models: how full they are, what lies in them, their dead letters, and the streams that work on them.</summary>
static class QueueRoutes
{
    const int MostShown = 200, MostPoints = 240;

    public static void MapQueues(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/queues").WithTags("queues");
        group.MapGet("", ListAsync).WithSummary("Every queue, how full it is and how quickly it moves, and the streams that work on them.");
        group.MapGet("{name}", GetAsync).WithSummary("One queue, with what was seen of it within the hour.");
        group.MapGet("{name}/messages", MessagesAsync)
            .WithSummary("The front of a queue, which stays there; limit is at most 200. Personal fields are left out.");
        group.MapGet("{name}/dead", DeadAsync).WithSummary("The dead letters of a queue, the oldest first, each with its reason; limit is at most 200.");
        group.MapPost("{name}/dead/put-back", PutBackAsync).Accepts<DeadAsked>("application/json")
            .WithSummary("Puts dead letters back at the end of their queue: those of 'keys', or 'all'.");
        group.MapPost("{name}/dead/drop", DropAsync).Accepts<DeadAsked>("application/json")
            .WithSummary("Removes dead letters for good: those of 'keys', or 'all'.");
    }

    static async Task<Ok<QueueList>> ListAsync(QueueWatch watch, EndpointShelf shelf, Served served, Language language, CancellationToken stop)
    {
        var look = await watch.LookAsync(stop);
        var shown = new ShownMessages(await shelf.LiveAsync(0, stop));
        var now = served.Clock.GetUtcNow();
        return TypedResults.Ok(new QueueList(watch.Broker, [.. look.Queues.Select(q => QueueLine.Of(q, watch, now))],
            [.. look.Streams.Select(s => StreamLine.Of(s, watch.RateOf(s), shown, now, language))],
            look.Trouble is { } trouble ? Said.Of(trouble, language) : null));
    }

    static async Task<Results<Ok<QueueDetail>, Refused>> GetAsync(
        string name, QueueWatch watch, EndpointShelf shelf, Served served, Language language, CancellationToken stop)
    {
        if (!Named(name, out var queue, out var refused)) return refused!;
        var look = await watch.LookAsync(stop);
        if (look.Trouble is { } trouble) return new Refused(StatusCodes.Status503ServiceUnavailable, trouble);
        if (look.Queues.FirstOrDefault(q => q.Figures.Queue == queue) is not { } found)
            return Refused.NotFound(Message.Of("queue.none", ("queue", queue)));
        var shown = new ShownMessages(await shelf.LiveAsync(0, stop));
        var now = served.Clock.GetUtcNow();
        return TypedResults.Ok(new QueueDetail(watch.Broker, QueueLine.Of(found, watch, now), Curve(watch.PastOf(queue)),
            [.. look.Streams.Where(s => s.From == name || s.To == name).Select(s => StreamLine.Of(s, watch.RateOf(s), shown, now, language))]));
    }

    /// <summary>At most <see cref="MostPoints"/> points, each with the rates since the one before.</summary>
    static List<QueueMoment> Curve(IReadOnlyList<QueuePoint> past)
    {
        var each = Math.Max(1, (past.Count + MostPoints - 1) / MostPoints);
        var curve = new List<QueueMoment>();
        // Counted from the newest, so that it is always there.
        for (var i = (past.Count - 1) % each; i < past.Count; i += each)
        {
            var (point, before) = (past[i], i - each >= 0 ? past[i - each] : (QueuePoint?)null);
            var seconds = before is { } b ? (point.At - b.At).TotalSeconds : 0;
            var rates = seconds > 0 && point.Counts is { } now && before!.Value.Counts is { } then
                ? ((now.Put - then.Put) / seconds, (now.Taken - then.Taken) / seconds, (now.Done - then.Done) / seconds) : ((double, double, double)?)null;
            curve.Add(new(point.At, point.Ready, point.Held, point.Dead, rates?.Item1, rates?.Item2, rates?.Item3));
        }
        return curve;
    }

    static async Task<Results<Ok<MessageList>, Refused>> MessagesAsync(
        string name, QueueWatch watch, EndpointShelf shelf, CancellationToken stop, string? limit = null)
    {
        if (!Named(name, out var queue, out var refused) || !Asked.Number("limit", limit, 20, 1, MostShown, out var most, out refused)) return refused!;
        if (watch.Broker is { } broker) return new Refused(StatusCodes.Status409Conflict, Message.Of("queue.no-look", ("host", broker), ("queue", queue)));
        var shown = new ShownMessages(await shelf.LiveAsync(0, stop));
        var found = await (await watch.QueueAsync(stop)).PeekAsync(queue, (int)most, stop);
        return TypedResults.Ok(new MessageList([.. found.Select(m =>
        {
            var (body, isCut) = shown.Of(m.Body);
            return new MessageLine(m.Key, m.PutAt, m.Deliveries, m.HiddenUntil, m.Body.Length, body, isCut);
        })]));
    }

    static async Task<Results<Ok<DeadList>, Refused>> DeadAsync(
        string name, QueueWatch watch, EndpointShelf shelf, Language language, CancellationToken stop, string? limit = null)
    {
        if (!Named(name, out var queue, out var refused) || !Asked.Number("limit", limit, 20, 1, MostShown, out var most, out refused)) return refused!;
        var shown = new ShownMessages(await shelf.LiveAsync(0, stop));
        var found = await (await watch.QueueAsync(stop)).DeadAsync(queue, (int)most, stop);
        return TypedResults.Ok(new DeadList([.. found.Select(d =>
        {
            var (body, isCut) = shown.Of(d.Body);
            return new DeadLine(d.Key, d.PutAt, d.DiedAt, d.Deliveries, shown.Of(d.Reason, language), d.Body.Length, body, isCut);
        })]));
    }

    static Task<Results<Ok<DeadDone>, Refused>> PutBackAsync(string name, HttpContext http, Served served, QueueWatch watch, CancellationToken stop) =>
        OfTheDeadAsync(name, http, served, watch, (queue, of, keys) => queue.ReviveAsync(of, keys, stop), stop);

    static Task<Results<Ok<DeadDone>, Refused>> DropAsync(string name, HttpContext http, Served served, QueueWatch watch, CancellationToken stop) =>
        OfTheDeadAsync(name, http, served, watch, (queue, of, keys) => queue.DropAsync(of, keys, stop), stop);

    static async Task<Results<Ok<DeadDone>, Refused>> OfTheDeadAsync(string name, HttpContext http, Served served, QueueWatch watch,
        Func<IMessageQueue, QueueName, IReadOnlyCollection<string>?, Task<int>> act, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<DeadAsked>(http, served, stop);
        if (asked is null || !Named(name, out var queue, out refused)) return refused!;
        if (asked.All == asked.Keys is { Count: > 0 }) return Refused.Bad(Message.Of("queue.which-asked", ("queue", queue)));
        return TypedResults.Ok(new DeadDone(await act(await watch.QueueAsync(stop), queue, asked.All ? null : asked.Keys)));
    }

    static bool Named(string name, out QueueName queue, out Refused? refused)
    {
        (queue, refused) = (default, null);
        try
        {
            queue = QueueName.Of(name);
        }
        catch (KumikiException e)
        {
            refused = Refused.Bad(e.Says);
        }
        return refused is null;
    }
}

/// <param name="Broker">The broker's host; null: the queues are the store's.</param>
/// <param name="Trouble">Why they could not be looked at; null: they could.</param>
sealed record QueueList(string? Broker, IReadOnlyList<QueueLine> Queues, IReadOnlyList<StreamLine> Streams, Said? Trouble);

/// <param name="Held">Messages that are taken, or rest; null where the broker does not say.</param>
/// <param name="AgeSeconds">Of the oldest message; null where there is none, or the broker does not say.</param>
/// <param name="Put">Since the store counts, likewise the others; null where a broker keeps no account.</param>
/// <param name="PutRate">Messages a second over the last minute; null before two looks.</param>
sealed record QueueLine(string Name, long Ready, long? Held, long Dead, DateTimeOffset? Oldest, double? AgeSeconds, long? Put, long? Taken, long? Done,
    double? PutRate, double? TakenRate, double? DoneRate)
{
    public static QueueLine Of(SeenQueue seen, QueueWatch watch, DateTimeOffset now)
    {
        var (of, rates) = (seen.Figures, watch.RatesOf(seen.Figures.Queue));
        return new(of.Queue.ToString(), of.Ready, of.Held, of.Dead, of.Oldest, of.Oldest is { } oldest ? Math.Max(0, (now - oldest).TotalSeconds) : null,
            seen.Counts?.Put, seen.Counts?.Taken, seen.Counts?.Done, rates?.Put, rates?.Taken, rates?.Done);
    }
}

/// <param name="Rate">Answers a second over its last minute; null before two signs.</param>
/// <param name="State">runs, waits, silent (no sign for half a minute), ended.</param>
/// <param name="Waits">Why nothing can be answered just now.</param>
/// <param name="Failure">Why the last message that it could not answer was given up or back.</param>
sealed record StreamLine(string Id, string Endpoint, string From, string To, string State, string Machine, int Process, DateTimeOffset Began,
    DateTimeOffset Seen, long Answered, long Dead, long Again, long Lost, double? Rate, Said? Waits, Said? Failure)
{
    /// <summary>Without a sign for so long a stream counts as silent.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    public static StreamLine Of(StreamSign sign, double? rate, ShownMessages shown, DateTimeOffset now, Language language) => new(sign.Id, sign.Endpoint, sign.From,
        sign.To, sign.Ended ? "ended" : now - sign.Seen > Silence ? "silent" : sign.Waits is null ? "runs" : "waits", sign.Machine, sign.Process, sign.Began,
        sign.Seen, sign.Answered, sign.Dead, sign.Again, sign.Lost, rate, sign.Waits is { } waits ? shown.Of(waits, language) : null,
        sign.Failure is { } failure ? shown.Of(failure, language) : null);
}

sealed record QueueDetail(string? Broker, QueueLine Queue, IReadOnlyList<QueueMoment> Past, IReadOnlyList<StreamLine> Streams);

/// <param name="Put">Messages a second since the moment before; null at the first, and where a broker keeps no account.</param>
sealed record QueueMoment(DateTimeOffset At, long Ready, long Held, long Dead, double? Put, double? Taken, double? Done);

sealed record MessageList(IReadOnlyList<MessageLine> Messages);

/// <param name="Body">At most 4,000 characters, without personal fields; null where nothing of it may be shown.</param>
sealed record MessageLine(string Key, DateTimeOffset PutAt, int Deliveries, DateTimeOffset? HiddenUntil, int Bytes, string? Body, bool IsCut);

sealed record DeadList(IReadOnlyList<DeadLine> Letters);

/// <param name="Body">As of <see cref="MessageLine"/>.</param>
sealed record DeadLine(string Key, DateTimeOffset PutAt, DateTimeOffset DiedAt, int Deliveries, Said Reason, int Bytes, string? Body, bool IsCut);

/// <param name="Keys">Which; or <paramref name="All"/>.</param>
sealed record DeadAsked(IReadOnlyList<string>? Keys = null, bool All = false);

/// <param name="Count">How many were put back or removed.</param>
sealed record DeadDone(int Count);
