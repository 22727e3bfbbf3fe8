namespace Kumiki.Client;

/// <summary>What a run still has to send, and the one who sends it: in the order in which it was logged, batch after batch.</summary>
/// <remarks>
/// <para>A value's way: 1. it waits, at most so many of them, whoever logs one more waits too; 2. as many as fit go into one call, which is tried again while
/// the server does not answer: a repeated point, parameter or tag is one and the same to the server, so that a call that came through twice has one effect;
/// 3. a call that is refused is halved, until what is refused stands alone and the rest is on the server.</para>
/// <para>When the server was tried for long enough, all that waits counts as not logged, and so does what comes later.</para>
/// </remarks>
sealed class LogQueue
{
    const int MostRefused = 100_000, HopelessAfter = 8;

    readonly TrackingHttp http;
    readonly TrackingOptions options;
    readonly string run;
    readonly object gate = new();
    readonly List<LoggedValue> waiting = [];        // from `sent` on
    readonly List<LoggedValue> refused = [];
    readonly Task sender;
    TaskCompletionSource news = New();              // something to look at: a value, a flush, the end
    TaskCompletionSource settled = New();           // a batch went
    int sent, refusals, flushes;
    long added, done;
    bool ending;
    Exception? refusal, failure;

    internal LogQueue(TrackingHttp http, TrackingOptions options, string run)
    {
        (this.http, this.options, this.run) = (http, options, run);
        sender = Task.Run(SendAllAsync);
    }

    /// <summary>Step 1.</summary>
    /// <exception cref="NotLoggedException">The server was given up before.</exception>
    internal void Add(in LoggedValue value)
    {
        lock (gate)
        {
            while (added - done >= options.MostWaiting && failure is null) Monitor.Wait(gate);
            ObjectDisposedException.ThrowIf(ending, typeof(ActiveRun));
            if (failure is not null) throw NotLogged([value], 1, failure);
            waiting.Add(value);
            added++;
            if (waiting.Count - sent is 1 or LogBatch.MostInAll) news.TrySetResult();
        }
    }

    /// <summary>Returns when all that was logged before is on the server.</summary>
    /// <exception cref="NotLoggedException">Not all is; it names what is not, once.</exception>
    internal async Task FlushAsync(CancellationToken stop)
    {
        long upTo;
        lock (gate)
        {
            upTo = added;
            flushes++;
            news.TrySetResult();
        }
        try
        {
            for (; ; )
            {
                Task next;
                lock (gate)
                {
                    if (failure is null && done < upTo) next = settled.Task;
                    else if (NotYetSaid() is { } said) throw said;
                    else return;
                }
                await next.WaitAsync(stop);
            }
        }
        finally
        {
            lock (gate) flushes--;
        }
    }

    /// <summary>Takes nothing more; what waits is still sent.</summary>
    internal async Task EndAsync(CancellationToken stop)
    {
        lock (gate)
        {
            ending = true;
            news.TrySetResult();
            Monitor.PulseAll(gate);
        }
        await FlushAsync(stop);
        await sender.WaitAsync(stop);
    }

    async Task SendAllAsync()
    {
        try
        {
            for (; ; )
            {
                await NewsAsync();
                IReadOnlyList<LoggedValue> batch;
                lock (gate)
                {
                    var rest = waiting.GetRange(sent, Math.Min(waiting.Count - sent, LogBatch.MostInAll));
                    batch = rest.GetRange(0, LogBatch.Fitting(rest));
                    if (batch.Count == 0 && ending) return;
                }
                if (batch.Count == 0) continue;
                await SendAsync(batch);
                lock (gate)
                {
                    sent += batch.Count;
                    done += batch.Count;
                    if (sent == waiting.Count || sent >= options.MostWaiting)
                    {
                        waiting.RemoveRange(0, sent);
                        sent = 0;
                    }
                    Settled();
                }
            }
        }
        catch (Exception e)
        {
            // Whoever logs or flushes from now on is told.
            lock (gate)
            {
                failure = e;
                Settled();
            }
        }
    }

    void Settled()
    {
        Monitor.PulseAll(gate);
        settled.TrySetResult();
        settled = New();
    }

    /// <summary>Waits for the first value, then a little for more; not where a batch is full, or somebody waits for what is there.</summary>
    async Task NewsAsync()
    {
        Task first;
        lock (gate)
        {
            if (ending) return;
            if (waiting.Count > sent && (flushes > 0 || waiting.Count - sent >= LogBatch.MostInAll)) return;
            if (news.Task.IsCompleted) news = New();
            first = waiting.Count > sent ? Task.CompletedTask : news.Task;
        }
        await first;
        Task more;
        lock (gate)
        {
            if (ending || flushes > 0 || waiting.Count - sent >= LogBatch.MostInAll) return;
            if (news.Task.IsCompleted) news = New();
            more = news.Task;
        }
        using var lingering = new CancellationTokenSource();
        await Task.WhenAny(more, Task.Delay(options.Linger, options.Clock, lingering.Token));
        await lingering.CancelAsync();
    }

    /// <summary>Steps 2 and 3.</summary>
    async Task SendAsync(IReadOnlyList<LoggedValue> batch)
    {
        var (parts, accepted, alone) = (new Stack<IReadOnlyList<LoggedValue>>([batch]), 0, 0);
        while (parts.TryPop(out var part))
        {
            var body = LogBatch.Body(run, part);
            try
            {
                await http.TriedAsync(async stop =>
                {
                    using var response = await http.SendAsync(new(HttpMethod.Post, http.Api("runs/log-batch")) { Content = TrackingHttp.Json(body) },
                        TimeSpan.FromSeconds(100), stop);
                    return await http.AnswerAsync(response, stop);
                }, CancellationToken.None);
                accepted += part.Count;
            }
            catch (TrackingRefusedException e) when (part.Count == 1 || e is { Status: 401 or 403 or 404 or 500 } or { Code: "ENDPOINT_NOT_FOUND" }
                || (accepted == 0 && alone >= HopelessAfter))
            {
                alone++;
                Refused(part, e);
            }
            catch (TrackingRefusedException)
            {
                parts.Push([.. part.Skip(part.Count / 2)]);
                parts.Push([.. part.Take(part.Count / 2)]);
            }
        }
    }

    void Refused(IReadOnlyList<LoggedValue> values, Exception why)
    {
        lock (gate)
        {
            refusal ??= why;
            refusals += values.Count;
            refused.AddRange(values.Take(MostRefused - refused.Count));
        }
    }

    NotLoggedException? NotYetSaid()
    {
        if (failure is not null)
        {
            IReadOnlyList<LoggedValue> all = [.. refused, .. waiting.Skip(sent)];
            return NotLogged([.. all.Take(MostRefused)], refusals + (added - done), failure);
        }
        if (refusal is null) return null;
        var said = NotLogged([.. refused], refusals, refusal);
        (refusal, refusals) = (null, 0);
        refused.Clear();
        return said;
    }

    NotLoggedException NotLogged(IReadOnlyList<LoggedValue> values, long count, Exception why) => new(Message.Of("client.not-logged",
        ("count", count), ("run", run), ("first", values.Count > 0 ? values[0] : ""), ("reason", why.Message)), values, why);

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
