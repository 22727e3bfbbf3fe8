using System.Runtime.InteropServices;
using Kumiki.Host.Tests.Inference;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Serving;

public sealed class LaneTests : IDisposable
{
    readonly EngineThreads engine = new();
    readonly List<IDisposable> held = [];

    public void Dispose()
    {
        engine.Dispose();
        held.Reverse();
        foreach (var one in held) one.Dispose();
    }

    (Lane Lane, LoadedModel Model) Open(byte[] onnx, ModelLimits? limits = null)
    {
        var model = LoadedModel.Open(new("m", 1), onnx, null, LoadedModel.Estimate(onnx.Length), limits ?? new(), new(), default);
        model.Lane = new(model, engine, TimeProvider.System);
        held.Add(model);
        held.Add(model.Lane);
        return (model.Lane, model);
    }

    /// <summary>Rows of one input of numbers.</summary>
    InferenceRequest Request(LoadedModel model, int width, params float[] values)
    {
        var request = new InferenceRequest(model.Signature);
        var bytes = MemoryMarshal.AsBytes<float>(values).ToArray();
        request.Give(0, [values.Length / width, width], bytes, 0, bytes.Length);
        request.Complete();
        held.Add(request);
        return request;
    }

    static float[] Values(InferenceAnswer answer)
    {
        using (answer) return MemoryMarshal.Cast<byte, float>(answer.BytesOf(0)).ToArray();
    }

    async Task<(Task<InferenceAnswer> Running, CancellationTokenSource Over)> OccupyAsync(Lane lane, LoadedModel model, int rows = 1024)
    {
        var over = new CancellationTokenSource();
        held.Add(over);
        var running = lane.AskAsync(Request(model, 768, new float[rows * 768]), over.Token).AsTask();
        while (lane.Running < 1 || lane.Queued > 0) await Task.Delay(1);
        return (running, over);
    }

    [Fact]
    public async Task Requests_run_as_one_get_their_own_rows()
    {
        var (lane, model) = Open(Graphs.Inverse, new() { Runs = 1, BatchWait = TimeSpan.FromMilliseconds(200), BatchRows = 6 });

        var answers = await Task.WhenAll(new[] { new[] { 1f }, [2f, 4f], [8f, 16f, 32f] }.Select(v => lane.AskAsync(Request(model, 1, v), default).AsTask()));

        Assert.Equal([[1f], [0.5f, 0.25f], [0.125f, 0.0625f, 0.03125f]], answers.Select(Values));
        Assert.Equal((3, 6, 1), (model.Figures.Answered, model.Figures.Rows, model.Figures.Runs));
        Assert.True(model.Joins);
    }

    [Fact]
    public async Task One_that_answers_with_no_number_fails_alone()
    {
        var (lane, model) = Open(Graphs.Inverse, new() { Runs = 1, BatchWait = TimeSpan.FromMilliseconds(200), BatchRows = 3 });

        var asked = new[] { 2f, 0f, 4f }.Select(v => lane.AskAsync(Request(model, 1, v), default).AsTask()).ToList();

        Assert.Equal(new[] { 0.5f }, Values(await asked[0]));
        var fault = await Assert.ThrowsAsync<InferenceException>(() => asked[1]);
        Assert.Equal((InferenceFault.ModelFailed, "inference.not-a-number"), (fault.Fault, fault.Says.Id));
        Assert.Equal(new[] { 0.25f }, Values(await asked[2]));
    }

    [Fact]
    public async Task The_most_urgent_goes_first_and_among_equals_the_one_that_came_first()
    {
        var (lane, model) = Open(Graphs.Slow(1), new() { Runs = 1, BatchRows = 1 });
        var (running, over) = await OccupyAsync(lane, model, rows: 20_000);
        var order = new List<string>();
        var asked = new[] { (3, "c"), (2, "b1"), (1, "a1"), (2, "b2"), (1, "a2") }.Select(async p =>
        {
            var request = Request(model, 768, new float[768]);
            request.Priority = p.Item1;
            using var answer = await lane.AskAsync(request, default);
            lock (order) order.Add($"{p.Item2} {answer.Queued.Ticks:d12}");
        }).ToList();
        Assert.Equal(5, lane.Queued);

        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Task.WhenAll(asked);

        // In the order in which they were taken: who came later and was taken later waited …
        var waited = order.ToDictionary(o => o.Split(' ')[0], o => long.Parse(o.Split(' ')[1], null));
        Assert.True(waited["a1"] < waited["b1"] && waited["b1"] < waited["c"] && waited["a2"] < waited["b2"]);
    }

    [Fact]
    public async Task As_many_wait_as_may_and_one_more_is_refused()
    {
        var (lane, model) = Open(Graphs.Slow(2000), new() { Runs = 1, Queue = 2 });
        var (running, over) = await OccupyAsync(lane, model);
        using var gone = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 2).Select(_ => lane.AskAsync(Request(model, 768, new float[768]), gone.Token).AsTask()).ToList();

        var fault = await Assert.ThrowsAsync<InferenceException>(async () => (await lane.AskAsync(Request(model, 768, new float[768]), default)).Dispose());

        Assert.Equal((InferenceFault.QueueFull, 2), (fault.Fault, lane.Queued));
        await gone.CancelAsync();
        foreach (var one in waiting) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.Equal(0, lane.Queued);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_would_wait_longer_than_the_limit_or_its_own_deadline_is_refused_and_the_more_urgent_is_not(bool limit)
    {
        // The trial tells nothing of how long runs take; a first request of many rows does.
        var (lane, model) = Open(Graphs.Slow(20), new() { Runs = 1, BatchRows = 1, MostWait = limit ? TimeSpan.FromMilliseconds(1) : null });
        (await lane.AskAsync(Request(model, 768, new float[64 * 768]), default)).Dispose();
        var (running, over) = await OccupyAsync(lane, model, rows: 60_000);
        using var gone = new CancellationTokenSource();
        InferenceRequest Of(int priority)
        {
            var request = Request(model, 768, new float[768]);
            (request.Priority, request.Timeout) = (priority, limit ? null : TimeSpan.FromMilliseconds(1));
            return request;
        }
        // Nobody waits yet: it is taken, for the run may end any moment.
        var waiting = lane.AskAsync(Request(model, 768, new float[768]), gone.Token).AsTask();

        var fault = await Assert.ThrowsAsync<InferenceException>(async () => (await lane.AskAsync(Of(priority: 2), default)).Dispose());

        Assert.Equal((InferenceFault.QueueFull, "operate.waits-long", 1), (fault.Fault, fault.Says.Id, lane.Queued));
        await over.CancelAsync();
        await gone.CancelAsync();
        foreach (var one in new[] { running, waiting }) await Assert.ThrowsAnyAsync<Exception>(() => one);
    }

    [Fact]
    public async Task A_queue_that_keeps_growing_refuses_who_would_wait_long_without_a_limit()
    {
        var (lane, model) = Open(Graphs.Slow(20), new() { Runs = 1, BatchRows = 1, Queue = 1_000_000 });
        using var gone = new CancellationTokenSource();
        var taken = new List<Task<InferenceAnswer>>();
        InferenceException? refused = null;

        // Twice as many come as are answered.
        for (var answered = 0L; refused is null; answered = model.Figures.Answered)
        {
            try
            {
                if (taken.Count <= 2 * (answered + 10)) taken.Add(lane.AskAsync(Request(model, 768, new float[768]), gone.Token).AsTask());
                else await Task.Delay(1);
            }
            catch (InferenceException e)
            {
                refused = e;
            }
        }

        Assert.Equal((InferenceFault.QueueFull, "operate.waits-long"), (refused.Fault, refused.Says.Id));
        Assert.True(lane.Queued >= StandingQueue.Burst);
        await gone.CancelAsync();
        foreach (var one in taken)
        {
            try
            {
                (await one).Dispose();
            }
            catch (OperationCanceledException)
            {
                // it waited
            }
        }
    }

    [Fact]
    public async Task Many_clients_that_wait_for_their_answers_are_not_refused()
    {
        var (lane, model) = Open(Graphs.Slow(20), new() { Runs = 1, BatchRows = 1 });

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            for (var asked = 0; asked < 20; asked++)
            {
                using var request = new InferenceRequest(model.Signature);
                request.Give(0, [1, 768], new byte[4 * 768], 0, 4 * 768);
                request.Complete();
                (await lane.AskAsync(request, default)).Dispose();
            }
        }));

        Assert.Equal((64 * 20, 0), (model.Figures.Answered, model.Figures.Failed));
    }

    [Fact]
    public async Task Whose_deadline_is_over_leaves_the_queue()
    {
        var (lane, model) = Open(Graphs.Slow(2000), new() { Runs = 1 });
        var (running, over) = await OccupyAsync(lane, model);
        var request = Request(model, 768, new float[768]);
        request.Timeout = TimeSpan.FromMilliseconds(30);

        var fault = await Assert.ThrowsAsync<InferenceException>(async () => await lane.AskAsync(request, default));

        Assert.Equal((InferenceFault.DeadlineExceeded, 0, 1), (fault.Fault, lane.Queued, lane.Running));
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Limits_are_read_and_what_is_none_is_refused()
    {
        var limits = ModelLimits.Parse("rows=32, wait-ms=5,runs=1,queue=100,most-wait-ms=50,seconds=10");

        Assert.Equal((32, 5.0, 1, 100, 50.0, 10.0), (limits.BatchRows, limits.BatchWait.TotalMilliseconds, limits.Runs, limits.Queue, limits.MostWait!.Value.TotalMilliseconds, limits.RunTime.TotalSeconds));
        Assert.Null(ModelLimits.Parse("rows=1").MostWait);
        foreach (var bad in (string[])["rows=0", "most-wait-ms=0", "most-wait-ms=-1", "queue", "=1", "runs=x", "color=3"])
            Assert.Equal("inference.bad-limit", Assert.Throws<KumikiException>(() => ModelLimits.Parse(bad)).Says.Id);
    }

    [Fact]
    public async Task Threads_are_added_for_work_that_waits_while_all_hang()
    {
        using var threads = new EngineThreads();
        using var release = new ManualResetEventSlim();
        using var done = new SemaphoreSlim(0);
        for (var i = 0; i < Environment.ProcessorCount; i++) threads.Post(new Work(() => release.Wait()));

        threads.Post(new Work(() => done.Release()));

        Assert.True(await done.WaitAsync(TimeSpan.FromMinutes(1)));
        release.Set();
    }

    sealed class Work(Action does) : IThreadPoolWorkItem
    {
        public void Execute() => does();
    }
}
