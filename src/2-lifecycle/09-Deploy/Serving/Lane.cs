using System.Diagnostics;
using Kumiki.Native;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Serving;

/// <summary>Where the requests of one model wait, are put together, and are run.</summary>
/// <remarks>
/// <code>
/// request ─→ 1. a run is free and nobody waits, and the model is quick: run on this thread
///         └→ 2. else it waits, unless too many do ─→ 3. a run that gets free takes the most urgent, and those behind it that join, up to BatchRows
///                                                   ─→ 4. one run ─→ 5. each request gets its rows
/// </code>
/// A watch looks every <see cref="Tick"/> at what waits and what runs, while there is any: whose time is over is told so, and a run that nobody waits for, or
/// that takes too long, is stopped.
/// </remarks>
sealed partial class Lane : IThreadPoolWorkItem, IDisposable
{
    /// <summary>How exactly deadlines are kept while the engine is busy.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>A model whose runs take less is run on the thread that read the request.</summary>
    static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(0.5);

    readonly LoadedModel model;
    readonly ModelLimits limits;
    readonly EngineThreads engine;
    readonly TimeProvider clock;
    readonly Lock gate = new();
    readonly LinkedList<Pending>[] waiting = [.. Enumerable.Range(0, InferenceRequest.Priorities).Select(_ => new LinkedList<Pending>())];
    readonly List<Execution> running = [];
    readonly ITimer watch;
    readonly int[] rowsWaiting = new int[InferenceRequest.Priorities];
    readonly StandingQueue standing = new();
    int queued, runs;
    bool watching;
    double meanRunMs;

    public Lane(LoadedModel model, EngineThreads engine, TimeProvider clock)
    {
        (this.model, limits, this.engine, this.clock) = (model, model.Limits, engine, clock);
        watch = clock.CreateTimer(_ => Watch(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Requests that wait.</summary>
    public int Queued => Volatile.Read(ref queued);

    /// <summary>Runs under way.</summary>
    public int Running => Volatile.Read(ref runs);

    /// <summary>A request on its way through.</summary>
    sealed class Pending(InferenceRequest request, long since, long deadline, CancellationToken gone)
    {
        const int Free = 0, Read = 1, Done = 2;

        int state;

        public InferenceRequest Request => request;
        public long Since => since;
        public CancellationToken Gone => gone;

        /// <summary>When its run began.</summary>
        public long Began { get; set; }

        /// <summary>The span of the request; null where no trace is written of it.</summary>
        public Activity? Trace { get; } = ServingTrace.Current;

        /// <summary>Null where the asking thread runs it itself.</summary>
        public TaskCompletionSource<InferenceAnswer>? Source { get; init; }

        public bool IsOver(long now) => now >= deadline || gone.IsCancellationRequested;

        /// <summary>Keeps whoever asked from taking its memory back while it is read.</summary>
        public bool TryRead() => Interlocked.CompareExchange(ref state, Read, Free) == Free;

        public void WasRead() => Volatile.Write(ref state, Free);

        public bool IsDone => Volatile.Read(ref state) == Done;

        bool TryEnd() => Interlocked.CompareExchange(ref state, Done, Free) == Free;

        public void Fail(Exception why)
        {
            if (TryEnd()) Source?.SetException(why);
        }

        /// <returns>False where it was told something else before.</returns>
        public bool TryAnswer(InferenceAnswer answer)
        {
            if (!TryEnd()) return false;
            Source?.SetResult(answer);
            return true;
        }

        /// <summary>Why it gets no answer, when its time is over or who asked is gone.</summary>
        public Exception Over(VersionName version) => gone.IsCancellationRequested ? new OperationCanceledException(gone)
            : new InferenceException(InferenceFault.DeadlineExceeded,
                Message.Of("inference.deadline", ("version", version), ("ms", (long)(request.Timeout ?? default).TotalMilliseconds)));
    }

    /// <summary>A run under way.</summary>
    sealed record Execution(IReadOnlyList<Pending> Batch, RunSlot Slot, long Began);

    /// <summary>Answers a request.</summary>
    /// <param name="gone">When nobody waits for the answer any more.</param>
    /// <exception cref="InferenceException">Too many wait, its time is over, or the model failed.</exception>
    public ValueTask<InferenceAnswer> AskAsync(InferenceRequest request, CancellationToken gone)
    {
        var now = clock.GetTimestamp();
        var deadline = request.Timeout is { } timeout ? now + (long)Math.Min(long.MaxValue / 4, timeout.TotalSeconds * clock.TimestampFrequency)
            : long.MaxValue;
        Pending pending;
        bool dispatch;
        lock (gate)
        {
            var free = runs < limits.Runs;
            if (free && queued == 0 && (limits.BatchWait == TimeSpan.Zero || !model.Joins) && meanRunMs > 0 && meanRunMs < Quick.TotalMilliseconds)
            {
                runs++;
                pending = new(request, now, deadline, gone);
                dispatch = false;
            }
            else
            {
                if (queued >= limits.Queue && (!free || queued >= limits.Queue + limits.Runs))
                {
                    standing.Refused(SinceStart(now));
                    throw new InferenceException(InferenceFault.QueueFull,
                        Message.Of("inference.queue-full", ("version", model.Version), ("most", limits.Queue)));
                }
                if (!free) HoldWait(request, now);
                pending = new(request, now, deadline, gone) { Source = new(TaskCreationOptions.RunContinuationsAsynchronously) };
                waiting[request.Priority - 1].AddLast(pending);
                rowsWaiting[request.Priority - 1] += request.Rows;
                queued++;
                dispatch = free;
                if (free) runs++;
            }
            BeginWatch();
        }
        if (pending.Source is { } source)
        {
            if (dispatch) Dispatch();
            return new(source.Task);
        }
        try
        {
            return new(RunOne(pending));
        }
        finally
        {
            Next();
        }
    }

    /// <summary>Refuses a request that would wait longer than it may: as long as runs take for those before it, judged by the last ones.</summary>
    /// <exception cref="InferenceException">It would.</exception>
    void HoldWait(InferenceRequest request, long now)
    {
        // Where no limit is set, a queue that grows and grows sets one.
        var grows = limits.MostWait is null && standing.IsOverfull;
        var limit = grows ? StandingQueue.TargetOf(meanRunMs) : limits.MostWait;
        var most = limit is { } own && (request.Timeout is not { } timeout || own < timeout) ? own : request.Timeout;
        if (most is not { } may || queued == 0 || meanRunMs == 0) return;
        var (requests, rows) = (0, 0L);
        for (var line = 0; line < request.Priority; line++)
        {
            requests += waiting[line].Count;
            rows += rowsWaiting[line];
        }
        var before = model.Joins ? Math.Min(requests, (rows + limits.BatchRows - 1) / limits.BatchRows) : requests;
        var expectedMs = (before + 1) * meanRunMs / limits.Runs;        // one more for what runs now
        if (expectedMs <= may.TotalMilliseconds) return;
        if (grows) standing.Refused(SinceStart(now));
        throw new InferenceException(InferenceFault.QueueFull, Message.Of("operate.waits-long", ("version", model.Version), ("ms", (long)expectedMs),
            ("most", (long)may.TotalMilliseconds)));
    }

    TimeSpan SinceStart(long timestamp) => clock.GetElapsedTime(0, timestamp);

    void Dispatch()
    {
        if (meanRunMs < Quick.TotalMilliseconds && meanRunMs > 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else engine.Post(this);
    }

    /// <summary>Takes a batch and runs it, then gives the thread back, so that other models have their turn.</summary>
    public void Execute()
    {
        List<Pending> batch;
        lock (gate)
        {
            batch = Take();
            if (batch.Count == 0)
            {
                runs--;
                return;
            }
        }
        try
        {
            Run(batch);
        }
        catch (Exception e)
        {
            // nothing may be left without an end, whatever fails
            foreach (var pending in batch) pending.Fail(e);
        }
        finally
        {
            Next();
        }
    }

    /// <summary>Hands a free run on to those who wait.</summary>
    void Next()
    {
        bool more;
        lock (gate)
        {
            more = queued > 0;
            if (!more) runs--;
        }
        if (more) Dispatch();
    }

    /// <summary>The most urgent request and those behind it that join it; empty where none waits, or all may wait longer for others.</summary>
    List<Pending> Take()
    {
        var batch = new List<Pending>();
        if (queued == 0) return batch;
        var now = clock.GetTimestamp();
        if (model.Joins && limits.BatchWait > TimeSpan.Zero && Waits(now)) return batch;
        var rows = 0;
        foreach (var line in waiting)
        {
            while (line.First is { Value: var next })
            {
                if (next.IsOver(now))
                {
                    line.RemoveFirst();
                    Left(next);
                    next.Fail(next.Over(model.Version));
                    continue;
                }
                if (batch.Count > 0 && (!model.Joins || rows + next.Request.Rows > limits.BatchRows || !batch[0].Request.Joins(next.Request))) return batch;
                line.RemoveFirst();
                Left(next);
                next.Began = now;
                if (batch.Count == 0)
                    standing.Took(SinceStart(now), clock.GetElapsedTime(next.Since, now), StandingQueue.TargetOf(meanRunMs), queued);
                batch.Add(next);
                rows += next.Request.Rows;
                if (!model.Joins || next.Request.Rows == 0) return batch;
            }
        }
        return batch;
    }

    void Left(Pending pending)
    {
        queued--;
        rowsWaiting[pending.Request.Priority - 1] -= pending.Request.Rows;
    }

    bool Waits(long now)
    {
        var rows = 0;
        foreach (var line in waiting)
        {
            foreach (var pending in line)
            {
                if (clock.GetElapsedTime(pending.Since, now) >= limits.BatchWait || pending.Request.Rows == 0) return false;
                rows += pending.Request.Rows;
            }
        }
        return rows < limits.BatchRows;
    }

    InferenceAnswer RunOne(Pending pending)
    {
        pending.Began = clock.GetTimestamp();
        if (pending.IsOver(pending.Began)) throw pending.Over(model.Version);
        var tensors = RunTensors([pending], pending.Request.Rows) ?? throw new InvalidOperationException("Only what waits can be told that its time is over.");
        return Checked(pending, new(model.Version, model.Signature, new(tensors, 1), 0, 0));
    }

    void Run(List<Pending> batch)
    {
        if (!model.TryUse()) throw new InvalidOperationException($"{model.Version} left the memory with requests waiting.");
        try
        {
            int rows;
            OnnxTensor[]? tensors;
            try
            {
                do
                {
                    batch.RemoveAll(p => p.IsDone);     // told meanwhile that its time is over
                    if (batch.Count == 0) return;
                    rows = batch.Sum(p => p.Request.Rows);
                    tensors = RunTensors(batch, rows);
                }
                while (tensors is null);
            }
            catch (InferenceException) when (batch.Count > 1)
            {
                foreach (var pending in batch) Run([pending]);      // one of them is not to blame for another
                return;
            }
            catch (Exception e) when (e is InferenceException or OperationCanceledException)
            {
                foreach (var pending in batch) pending.Fail(batch.Count == 1 ? e : pending.Over(model.Version));
                return;
            }
            var outputs = new RunOutputs(tensors, batch.Count);
            if (batch.Count > 1 && tensors.Any(t => t.Shape.Count == 0 || t.Shape[0] != rows))
            {
                foreach (var _ in batch) outputs.Release();
                foreach (var pending in batch) Run([pending]);
                return;
            }
            var first = 0;
            foreach (var pending in batch)
            {
                var answer = new InferenceAnswer(model.Version, model.Signature, outputs, first, batch.Count == 1 ? 0 : pending.Request.Rows);
                first += pending.Request.Rows;
                try
                {
                    if (!pending.TryAnswer(Checked(pending, answer))) answer.Dispose();
                }
                catch (InferenceException e)
                {
                    pending.Fail(e);
                }
            }
        }
        finally
        {
            model.Release();
        }
    }

    InferenceAnswer Checked(Pending pending, InferenceAnswer answer)
    {
        try
        {
            if (!pending.Request.AllowNaN) answer.HoldFinite();
            var (queued, total) = (clock.GetElapsedTime(pending.Since, pending.Began), clock.GetElapsedTime(pending.Since));
            model.Figures.Answer(pending.Request.Rows, queued, total,
                pending.Trace is { } trace ? new(trace.TraceId, total.TotalSeconds, clock.GetUtcNow()) : null);
            return answer with { Queued = queued, Ran = total - queued };
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <returns>Null where one of them was told meanwhile that its time is over: nothing was run.</returns>
    /// <exception cref="InferenceException">The model failed, or took too long.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    OnnxTensor[]? RunTensors(IReadOnlyList<Pending> batch, int rows)
    {
        var slot = model.Rent(batch[0].Request, rows);
        Execution? execution = null;
        try
        {
            if (!Fill(slot, batch)) return null;
            execution = new(batch, slot, clock.GetTimestamp());
            lock (gate) running.Add(execution);
            OnnxTensor[]? outputs = null;
            try
            {
                return outputs = model.Run(slot);
            }
            finally
            {
                lock (gate) running.Remove(execution);
                var took = clock.GetElapsedTime(execution.Began);
                model.Figures.Ran(rows, took);
                if (ServingTrace.Source.HasListeners()) Trace(batch, rows, execution.Began, failed: outputs is null);
                meanRunMs = meanRunMs == 0 ? took.TotalMilliseconds : (0.8 * meanRunMs) + (0.2 * took.TotalMilliseconds);
            }
        }
        catch (OperationCanceledException) when (execution is not null)
        {
            var now = clock.GetTimestamp();
            if (batch.All(p => p.IsOver(now))) throw batch[0].Over(model.Version) is InferenceException over && batch.Count == 1 ? over
                : new OperationCanceledException(batch[0].Gone);
            throw new InferenceException(InferenceFault.ModelFailed,
                Message.Of("inference.ran-long", ("version", model.Version), ("seconds", limits.RunTime.TotalSeconds)));
        }
        catch (NativeException e)
        {
            throw new InferenceException(InferenceFault.ModelFailed, Message.Of("inference.model-failed", ("version", model.Version), ("reason", e.Reason)), e);
        }
        finally
        {
            model.Return(slot);
        }
    }

    /// <returns>False where one of them was told that its time is over meanwhile.</returns>
    /// <exception cref="InferenceException">A picture is damaged.</exception>
    bool Fill(RunSlot slot, IReadOnlyList<Pending> batch)
    {
        Span<int> filled = slot.Inputs.Length <= 64 ? stackalloc int[slot.Inputs.Length] : new int[slot.Inputs.Length];
        foreach (var pending in batch)
        {
            if (!pending.TryRead()) return false;
            var inTime = true;
            try
            {
                for (var i = 0; inTime && i < slot.Inputs.Length; i++)
                {
                    var tensor = slot.Inputs[i];
                    var bytes = pending.Request.BytesOf(i);
                    if (pending.Request.EncodedAs(i) is { } picture)
                    {
                        inTime = Decode(pending, picture, bytes, tensor.Bytes[filled[i]..]);
                        filled[i] += pending.Request.Rows * picture.Bytes;
                    }
                    else if (tensor.Type == TensorType.Text)
                    {
                        foreach (var text in new InferenceRequest.Texts(bytes, "")) tensor.SetText(filled[i]++, text);
                    }
                    else
                    {
                        bytes.CopyTo(tensor.Bytes[filled[i]..]);
                        filled[i] += bytes.Length;
                    }
                }
            }
            finally
            {
                pending.WasRead();
            }
            if (inTime) continue;
            pending.Fail(pending.Over(model.Version));
            return false;
        }
        return true;
    }

    /// <returns>False where the time of one that waits is over before all its pictures are decoded.</returns>
    /// <exception cref="InferenceException">A picture is damaged.</exception>
    bool Decode(Pending pending, PictureInput picture, ReadOnlySpan<byte> encoded, Span<byte> into)
    {
        var row = 0;
        try
        {
            foreach (var one in new InferenceRequest.Texts(encoded, picture.Tensor))
            {
                if (row > 0 && pending.Source is not null && pending.IsOver(clock.GetTimestamp())) return false;
                picture.Write(one, row + 1, into.Slice(row * picture.Bytes, picture.Bytes));
                row++;
            }
            return true;
        }
        catch (KumikiException e) when (e is not (InferenceException or NativeException))
        {
            throw InferenceException.Bad(e.Says, (picture.Tensor, row + 1));
        }
    }

    // ── the watch ──

    void BeginWatch()
    {
        if (watching) return;
        watching = true;
        watch.Change(Pause, Timeout.InfiniteTimeSpan);
    }

    TimeSpan Pause => limits.BatchWait > TimeSpan.Zero && limits.BatchWait < Tick ? limits.BatchWait : Tick;

    void Watch()
    {
        bool dispatch;
        lock (gate)
        {
            var now = clock.GetTimestamp();
            foreach (var line in waiting)
            {
                for (var node = line.First; node is not null;)
                {
                    var next = node.Next;
                    if (node.Value.IsOver(now))
                    {
                        line.Remove(node);
                        Left(node.Value);
                        node.Value.Fail(node.Value.Over(model.Version));
                    }
                    node = next;
                }
            }
            foreach (var execution in running)
            {
                var over = 0;
                foreach (var pending in execution.Batch)
                {
                    if (!pending.IsOver(now)) continue;
                    over++;
                    if (pending.Source is not null) pending.Fail(pending.Over(model.Version));
                }
                if (!execution.Slot.Run.IsStopped && (over == execution.Batch.Count
                    || clock.GetElapsedTime(execution.Began, now) > limits.RunTime)) execution.Slot.Run.Stop();
            }
            // who waited long enough for others is run now
            dispatch = queued > 0 && runs < limits.Runs;
            if (dispatch) runs++;
            watching = queued > 0 || runs > 0;
            if (watching) watch.Change(Pause, Timeout.InfiniteTimeSpan);
        }
        if (dispatch) Dispatch();
    }

    public void Dispose() => watch.Dispose();
}
