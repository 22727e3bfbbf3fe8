using System.Diagnostics;
using Kumiki.Onnx;
using Kumiki.Queues;
using Kumiki.Serving;

namespace Kumiki.Streaming;

/// <summary>Takes messages from a queue, answers them, and puts the answers into another.</summary>
/// <remarks>
/// <para>For each batch: 1. take; 2. answer all, while the model puts what waits together; 3. settle in one step: an answer is put as its message is
/// acknowledged; a message that is wrong is a dead letter with the sentence; one on which the model failed comes again later, and is a dead letter after its
/// last delivery. While the model cannot be asked at all (it is being loaded, its breaker is open, its queue is full), the batch waits here, nothing more is
/// taken, and no delivery is counted.</para>
/// <para>An answer has its message's key. In the data folder answer and acknowledgement are one transaction. A broker takes the answer first; what it
/// delivers again is answered again under the same key, and dropped by whoever takes it.</para>
/// </remarks>
sealed class PredictionStream(IMessageQueue queue, StreamAnswerer answerer, StreamSettings settings, IProgress<StreamFigures>? progress, TimeProvider clock)
{
    static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1), FirstPause = TimeSpan.FromMilliseconds(200), LongestPause = TimeSpan.FromSeconds(10),
        LongestWait = TimeSpan.FromMinutes(1);

    readonly Lock gate = new();
    StreamFigures figures = new(0, 0, 0, 0, null);

    /// <summary>Runs until it is stopped, or with <see cref="StreamSettings.UntilEmpty"/> until nothing is left. What was taken is settled before it
    /// ends.</summary>
    public async Task<StreamFigures> RunAsync(CancellationToken stop)
    {
        if (settings.From == settings.To) throw new KumikiException(Message.Of("queue.same", ("queue", settings.From)));
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAll(Enumerable.Range(0, settings.Lanes).Select(_ => Task.Run(() => LaneAsync(broken), CancellationToken.None)));
        return figures;
    }

    async Task LaneAsync(CancellationTokenSource broken)
    {
        var stop = broken.Token;
        try
        {
            for (var empty = 0; !stop.IsCancellationRequested;)
            {
                var taken = await queue.TakeAsync(settings.From, settings.Batch, settings.Hidden, settings.UntilEmpty ? settings.Idle : LongestWait, stop);
                if (taken.Count > 0) await AnswerAsync(taken, stop);
                empty = taken.Count == 0 && settings.UntilEmpty && await IsOverAsync(stop) ? empty + 1 : 0;
                if (empty == 2) return;         // once could be while a message was on its way
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // asked to stop while it waited for messages
        }
        catch
        {
            await broken.CancelAsync();         // the others end too, and what this one took comes again
            throw;
        }
    }

    /// <summary>Whether nothing is left: the queue has none, no lane has one, and none rests.</summary>
    async Task<bool> IsOverAsync(CancellationToken stop) => await queue.FiguresAsync([settings.From], stop) is [{ Ready: 0, Held: null or 0 }];

    async Task AnswerAsync(IReadOnlyList<Delivery> taken, CancellationToken stop)
    {
        var left = taken;
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var ends = await KeptAsync(left, Task.WhenAll(left.Select(EndAsync)));
            await SettleAsync([.. ends.OfType<Settlement>()]);
            left = [.. left.Where((_, i) => ends[i] is Message)];
            Tell(f => f with { Waits = ends.OfType<Message>().FirstOrDefault() });
            if (left.Count == 0) return;
            await Task.WhenAny(KeptAsync(left, Task.Delay(pause, clock, CancellationToken.None)), Stopped(stop));
            if (!stop.IsCancellationRequested) continue;
            await SettleAsync([.. left.Select(d => new Settlement.Back(d, TimeSpan.Zero))]);
            return;
        }
    }

    static Task Stopped(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource();
        stop.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), stopped);
        return stopped.Task;
    }

    /// <summary>Sees to it that messages go on belonging to this stream while something runs.</summary>
    async Task<T> KeptAsync<T>(IReadOnlyList<Delivery> messages, Task<T> running)
    {
        await KeptAsync(messages, (Task)running);
        return await running;
    }

    async Task KeptAsync(IReadOnlyList<Delivery> messages, Task running)
    {
        while (await Task.WhenAny(running, Task.Delay(settings.Hidden / 3, clock)) != running)
            await queue.ExtendAsync(messages, settings.Hidden, CancellationToken.None);         // what is lost is found when it is settled
    }

    /// <summary>What becomes of a message: a settlement, or why it has to wait.</summary>
    async Task<object> EndAsync(Delivery message)
    {
        try
        {
            // Not stopped with the stream: what was taken is answered, and a run has its own limit of time.
            var answer = new QueueMessage(message.Key, await answerer(message, CancellationToken.None));
            answer.Check(settings.To);
            return new Settlement.Done(message, (settings.To, answer));
        }
        catch (InferenceException e) when (IsAway(e.Fault))
        {
            return e.Says;
        }
        catch (InferenceException e) when (e.Fault is InferenceFault.ModelFailed && !message.IsLast)
        {
            Tell(f => f with { Failure = e.Says });
            return new Settlement.Back(message, RestOf(message.Deliveries));
        }
        catch (FieldsRefusedException e)
        {
            return new Settlement.Dead(message, e.Errors[0].Says);
        }
        catch (KumikiException e)
        {
            return new Settlement.Dead(message, e.Says);
        }
    }

    /// <summary>Whether the model, or the endpoint, cannot be asked just now, whatever the message.</summary>
    static bool IsAway(InferenceFault fault) =>
        fault is InferenceFault.Unavailable or InferenceFault.QueueFull or InferenceFault.DeadlineExceeded or InferenceFault.NotFound;

    TimeSpan RestOf(int deliveries)
    {
        var rest = settings.Rest * Math.Pow(2, deliveries - 1);
        return rest < LongestRest ? rest : LongestRest;
    }

    async Task SettleAsync(IReadOnlyList<Settlement> ends)
    {
        if (ends.Count == 0) return;
        var settled = await queue.SettleAsync(ends, CancellationToken.None);
        var (answered, dead, again, lost) = (0, 0, 0, 0);
        foreach (var (end, isMine) in ends.Zip(settled))
            _ = (end, isMine) switch
            {
                (_, false) => lost++,
                (Settlement.Done, _) => answered++,
                (Settlement.Dead, _) => dead++,
                (Settlement.Back, _) => again++,
                _ => throw new UnreachableException($"Count {end.GetType().Name}."),
            };
        var failure = ends.OfType<Settlement.Dead>().LastOrDefault()?.Reason;
        Tell(f => f with
        {
            Answered = f.Answered + answered,
            Dead = f.Dead + dead,
            Again = f.Again + again,
            Lost = f.Lost + lost,
            Failure = failure ?? f.Failure,
        });
    }

    void Tell(Func<StreamFigures, StreamFigures> change)
    {
        lock (gate)
        {
            var next = change(figures);
            if (next == figures) return;
            figures = next;
            progress?.Report(next);
        }
    }
}
