using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kumiki.Client;

/// <summary>Calls of one server: tried again while it does not answer, and its refusals as exceptions.</summary>
/// <remarks>A call: 1. it is made; 2. no answer, or one of the kind that passes (408, 429, 500, 502, 503, 504): waits, twice as long each time with a draw in
/// it, or as long as the server says; 3. a call that may not be made twice is looked for, for the answer may be all that was lost; 4. again from 1, until the
/// time for it is over.</remarks>
sealed class TrackingHttp : IDisposable
{
    static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100), LongestWait = TimeSpan.FromSeconds(10), OneCall = TimeSpan.FromSeconds(100);

    /// <summary>An answer of 500 may be the caller's fault on some servers: not tried for as long as the others, but this often, as other clients do.</summary>
    const int MostFaults = 7;

    readonly HttpClient http;
    readonly TrackingOptions options;
    readonly AuthenticationHeaderValue? authorization;
    volatile bool answered;

    /// <param name="address">Ends with a slash.</param>
    internal TrackingHttp(Uri address, TrackingOptions options)
    {
        (Address, this.options) = (address, options);
        http = new(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AllowAutoRedirect = false,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("Kumiki.Client");
        http.DefaultRequestHeaders.AcceptLanguage.ParseAdd(Catalogue.ProcessLanguage);
        authorization = options switch
        {
            { Token.Length: > 0 } => new("Bearer", options.Token),
            { UserName.Length: > 0 } => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.UserName}:{options.Password}"))),
            _ => null,
        };
    }

    internal Uri Address { get; }

    /// <summary>Of the tracking API: <c>runs/create</c>.</summary>
    internal Uri Api(string path) => new(Address, "api/2.0/mlflow/" + path);

    internal Task<WireAnswer> GetAsync(string path, CancellationToken stop) => AskAsync(HttpMethod.Get, Api(path), null, stop);

    /// <param name="done">Looks whether it was done already, before it is asked again.</param>
    internal Task<WireAnswer> PostAsync(string path, JsonObject body, CancellationToken stop, Func<CancellationToken, Task<WireAnswer?>>? done = null) =>
        AskAsync(HttpMethod.Post, Api(path), body, stop, done);

    internal Task<WireAnswer> AskAsync(
        HttpMethod method, Uri address, JsonObject? body, CancellationToken stop, Func<CancellationToken, Task<WireAnswer?>>? done = null)
    {
        var bytes = body is null ? null : Encoding.UTF8.GetBytes(body.ToJsonString());
        return TriedAsync(async token =>
        {
            using var content = bytes is null ? null : Json(bytes);
            using var response = await SendAsync(new(method, address) { Content = content }, OneCall, token);
            return await AnswerAsync(response, token);
        }, stop, done);
    }

    internal static HttpContent Json(ReadOnlyMemory<byte> body)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new("application/json");
        return content;
    }

    /// <summary>Step 1: one try. The answer's body is still to be read.</summary>
    /// <param name="within">Until the answer begins.</param>
    /// <exception cref="PassingException">It did not work this time.</exception>
    /// <exception cref="TrackingRefusedException">The server refuses.</exception>
    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan within, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(within, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        // Parts may go to another server, by an address that is its own right to.
        if (request.RequestUri!.Authority == Address.Authority) request.Headers.Authorization = authorization;
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new PassingException($"no answer within {within.TotalSeconds:0} s", null, e);
        }
        catch (HttpRequestException e)
        {
            throw new PassingException(Innermost(e), null, e);
        }
        answered = true;
        if (response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable) return response;
        using (response)
        {
            var error = await ErrorAsync(response, stop);
            if (response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
                throw new PassingException(error.Says.ToString(), response.Headers.RetryAfter is { } after
                    ? after.Delta ?? after.Date - options.Clock.GetUtcNow() : null, error);
            throw error;
        }
    }

    /// <summary>Steps 2 to 4 around one try.</summary>
    /// <exception cref="TrackingUnreachableException">The time for it is over.</exception>
    internal async Task<T> TriedAsync<T>(Func<CancellationToken, Task<T>> once, CancellationToken stop, Func<CancellationToken, Task<T?>>? done = null)
        where T : class
    {
        long? since = null;
        var faults = 0;
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                if (since is not null && done is not null && await done(stop) is { } before) return before;
                return await once(stop);
            }
            catch (PassingException e)
            {
                if (e.InnerException is TrackingRefusedException { Status: 500 } fault && ++faults == MostFaults) throw fault;
                var tried = options.Clock.GetElapsedTime(since ??= options.Clock.GetTimestamp());
                var left = (answered ? options.RetryFor : options.ConnectFor) - tried;
                if (left <= TimeSpan.Zero) throw GivenUp(e, Math.Round(tried.TotalSeconds));
                // The draw keeps many clients from coming back all at once; nothing that is kept hangs on it.
                var next = e.RetryAfter is { } after && after > wait ? after : wait * (0.5 + Random.Shared.NextDouble() / 2);
                await Task.Delay(next < left ? next : left, options.Clock, stop);
            }
        }
    }

    TrackingUnreachableException GivenUp(PassingException e, double seconds) => new(e.InnerException is TrackingRefusedException said
        ? Message.Of("client.unable", ("address", Address), ("seconds", seconds), ("reason", said.Message))
        : Message.Of("client.unreachable", ("address", Address), ("seconds", seconds), ("reason", e.Message)), e);

    internal async Task<WireAnswer> AnswerAsync(HttpResponseMessage response, CancellationToken stop)
    {
        var bytes = await BytesAsync(response, stop);
        return Parsed(bytes) ?? throw NotTracking(response);
    }

    public void Dispose() => http.Dispose();

    async Task<TrackingRefusedException> ErrorAsync(HttpResponseMessage response, CancellationToken stop)
    {
        var status = (int)response.StatusCode;
        return Parsed(await BytesAsync(response, stop)) is { ErrorCode: { Length: > 0 } code } said
            ? new(code, status, Message.Of("client.refused", ("says", said.Message ?? code), ("code", code), ("path", Shown(response))))
            : NotTracking(response);
    }

    async Task<byte[]> BytesAsync(HttpResponseMessage response, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(OneCall, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            return await response.Content.ReadAsByteArrayAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new PassingException($"only the head of an answer within {OneCall.TotalSeconds:0} s", null, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new PassingException(Innermost(e), null, e);
        }
    }

    static WireAnswer? Parsed(byte[] json)
    {
        try
        {
            return WireAnswers.Read(json);
        }
        catch (JsonException)
        {
            return null;        // another program's page
        }
    }

    TrackingRefusedException NotTracking(HttpResponseMessage response) => new("ENDPOINT_NOT_FOUND", (int)response.StatusCode,
        Message.Of("client.not-tracking", ("address", Address), ("path", Shown(response)), ("status", (int)response.StatusCode)));

    static string Shown(HttpResponseMessage response) => response.RequestMessage?.RequestUri?.AbsolutePath is { } path
        ? path.Length <= 200 ? path : path[..200] + "…" : "";

    internal static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner) e = inner;
        return e.Message;
    }
}

/// <summary>A call that did not work this time, and may the next.</summary>
sealed class PassingException(string reason, TimeSpan? retryAfter, Exception? inner = null) : Exception(reason, inner)
{
    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
