using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Kumiki.Queues;
using Kumiki.Serving;
using Kumiki.Store;
using Kumiki.Streaming;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class StreamTests : IAsyncLifetime
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly QueueName In = QueueName.Of("in"), Out = QueueName.Of("out");

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-stream-").FullName;
    DataFolder data = null!;
    IMessageQueue queue = null!;

    public Task InitializeAsync()
    {
        data = DataFolder.Open(folder, TimeProvider.System);
        queue = data.Queue(new() { MostDeliveries = 3 });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    static StreamSettings UntilEmpty { get; } = new(In, Out)
    {
        UntilEmpty = true,
        Batch = 8,
        Rest = TimeSpan.FromMilliseconds(10),
        Idle = TimeSpan.FromMilliseconds(50),
    };

    PredictionStream Stream(StreamAnswerer answerer, StreamSettings? settings = null, IProgress<StreamFigures>? progress = null, IMessageQueue? over = null) =>
        new(over ?? queue, answerer, settings ?? UntilEmpty, progress, TimeProvider.System);

    Task PutAsync(int count) => queue.PutAsync(In, [.. Enumerable.Range(0, count).Select(i => Row(i))], Go);

    static QueueMessage Row(int number)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        return new(text, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Twice the number.</summary>
    static ValueTask<ReadOnlyMemory<byte>> Double(Delivery message, CancellationToken gone) =>
        new(Encoding.UTF8.GetBytes((2 * int.Parse(message.Body.Span, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture)));

    static InferenceException Fault(InferenceFault fault) => new(fault, Message.Of("queue.deliveries", ("found", fault)));

    async Task<IReadOnlyList<WaitingMessage>> AnswersAsync() => await queue.PeekAsync(Out, 10_000, Go);

    [Fact]
    public async Task Every_row_is_answered_once_under_its_key()
    {
        await PutAsync(500);

        var done = await Stream(Double).RunAsync(Go);

        Assert.Equal(new StreamFigures(500, 0, 0, 0, null), done);
        var answers = await AnswersAsync();
        Assert.Equal(500, answers.Count);
        Assert.All(answers, a => Assert.Equal(2 * int.Parse(a.Key, CultureInfo.InvariantCulture), int.Parse(a.Body.Span, CultureInfo.InvariantCulture)));
        Assert.Equal(500, answers.Select(a => a.Key).Distinct().Count());
        Assert.Equal([(0L, 0L)], (await queue.FiguresAsync([In], Go)).Select(f => (f.Ready, f.Held!.Value)));
    }

    [Fact]
    public async Task Two_streams_share_the_rows()
    {
        await PutAsync(1000);
        await using var other = DataFolder.Open(folder, TimeProvider.System);

        var done = await Task.WhenAll(Stream(Double).RunAsync(Go), Stream(Double, over: other.Queue(new())).RunAsync(Go));

        Assert.Equal(1000, done.Sum(d => d.Answered));
        Assert.Equal(1000, (await AnswersAsync()).Select(a => a.Key).Distinct().Count());
    }

    [Fact]
    public async Task A_wrong_row_is_a_dead_letter_with_the_sentence_and_the_others_are_answered()
    {
        await PutAsync(20);

        var done = await Stream((message, gone) => message.Key == "7"
            ? throw new KumikiException(Message.Of("queue.line", ("line", 1), ("file", "x"), ("reason", "no age"))) : Double(message, gone)).RunAsync(Go);

        Assert.Equal((19, 1, 0), (done.Answered, done.Dead, done.Again));
        var dead = Assert.Single(await queue.DeadAsync(In, 10, Go));
        Assert.Equal(("7", 1), (dead.Key, dead.Deliveries));
        Assert.Contains("(no age)", dead.Reason.In("en"), StringComparison.Ordinal);
        Assert.Equal(19, (await AnswersAsync()).Count);
    }

    [Fact]
    public async Task A_row_on_which_the_model_fails_is_tried_again_and_given_up_after_its_last_delivery()
    {
        await PutAsync(20);
        var tries = new ConcurrentDictionary<string, int>();

        var done = await Stream((message, gone) =>
        {
            var tried = tries.AddOrUpdate(message.Key, 1, (_, before) => before + 1);
            return message.Key == "7" || (message.Key == "8" && tried < 3) ? throw Fault(InferenceFault.ModelFailed) : Double(message, gone);
        }).RunAsync(Go);

        Assert.Equal((19, 1, 4), (done.Answered, done.Dead, done.Again));
        Assert.Equal((3, 3, 1), (tries["7"], tries["8"], tries["9"]));
        var dead = Assert.Single(await queue.DeadAsync(In, 10, Go));
        Assert.Equal(("7", 3), (dead.Key, dead.Deliveries));
        Assert.Contains("ModelFailed", dead.Reason.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_model_cannot_be_asked_rows_wait_and_no_delivery_is_counted()
    {
        await PutAsync(100);
        var (calls, waits) = (0, new ConcurrentBag<Message>());
        var seen = new ConcurrentBag<int>();
        var most = 0L;

        var done = await Stream(async (message, gone) =>
        {
            seen.Add(message.Deliveries);
            if (Interlocked.Increment(ref calls) > 150) return await Double(message, gone);
            var held = (await queue.FiguresAsync([In], gone))[0].Held!.Value;
            InterlockedMax(ref most, held);
            throw Fault(InferenceFault.Unavailable);
        }, progress: new Told(f => { if (f.Waits is { } reason) waits.Add(reason); })).RunAsync(Go);

        Assert.Equal(new StreamFigures(100, 0, 0, 0, null), done);
        Assert.All(seen, d => Assert.Equal(1, d));
        Assert.InRange(most, 1, UntilEmpty.Batch * UntilEmpty.Lanes);         // nothing more is taken while the model is away
        Assert.Contains(waits, w => w.In("en").Contains("Unavailable", StringComparison.Ordinal));
    }

    static void InterlockedMax(ref long place, long value)
    {
        for (var known = Interlocked.Read(ref place); value > known;)
        {
            var before = Interlocked.CompareExchange(ref place, value, known);
            if (before == known) return;
            known = before;
        }
    }

    [Fact]
    public async Task A_run_that_takes_longer_than_rows_are_hidden_keeps_its_rows()
    {
        var clock = new TurnedClock();
        await using var turned = DataFolder.Open(folder, clock);
        var rows = turned.Queue(new());
        await rows.PutAsync(In, [Row(1)], Go);
        var (hidden, release, deliveries) = (TimeSpan.FromMilliseconds(300), new TaskCompletionSource(), new ConcurrentBag<int>());

        var running = Stream(async (message, gone) =>
        {
            deliveries.Add(message.Deliveries);
            await release.Task;
            return await Double(message, gone);
        }, UntilEmpty with { Hidden = hidden }, over: rows).RunAsync(Go);
        while (deliveries.IsEmpty) await Task.Delay(10);
        for (var turn = 0; turn < 4; turn++)
        {
            clock.Now += hidden / 2;
            while ((await rows.PeekAsync(In, 1, Go))[0].HiddenUntil != clock.Now + hidden) await Task.Delay(10);
        }
        release.SetResult();

        Assert.Equal((1, 0), ((await running).Answered, (await running).Lost));
        Assert.Equal([1], deliveries);
    }

    sealed class TurnedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Fact]
    public async Task A_stream_that_is_stopped_settles_what_it_has_taken()
    {
        await PutAsync(300);
        using var stop = new CancellationTokenSource();
        var answered = 0;

        var done = await Stream(async (message, gone) =>
        {
            if (Interlocked.Increment(ref answered) == 50) await stop.CancelAsync();
            return await Double(message, gone);
        }, UntilEmpty with { UntilEmpty = false }).RunAsync(stop.Token);

        var figures = (await queue.FiguresAsync([In], Go))[0];
        Assert.Equal(0, figures.Held);
        Assert.Equal(300, done.Answered + figures.Ready);
        Assert.InRange(done.Answered, 50, 50 + UntilEmpty.Lanes * UntilEmpty.Batch);
        Assert.Equal(done.Answered, (await AnswersAsync()).Count);
    }

    [Fact]
    public async Task A_stream_that_waits_for_its_model_gives_its_rows_back_when_it_is_stopped()
    {
        await PutAsync(5);
        using var stop = new CancellationTokenSource();

        await Stream((_, _) => throw Fault(InferenceFault.Unavailable), UntilEmpty with { UntilEmpty = false }, new Told(f =>
        {
            if (f.Waits is not null) stop.Cancel();
        })).RunAsync(stop.Token);

        Assert.Equal([(5L, 0L)], (await queue.FiguresAsync([In], Go)).Select(f => (f.Ready, f.Held!.Value)));
    }

    [Fact]
    public async Task A_fault_of_the_program_ends_the_stream_and_says_so()
    {
        await PutAsync(50);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Stream((_, _) => throw new InvalidOperationException("a fault")).RunAsync(Go));
        Assert.Empty(await AnswersAsync());
    }

    [Fact]
    public async Task Answers_into_the_queue_of_the_rows_are_refused()
    {
        var refused = await Assert.ThrowsAsync<KumikiException>(() => Stream(Double, new(In, In)).RunAsync(Go));
        Assert.StartsWith("The answers cannot go into in,", refused.Says.In("en"), StringComparison.Ordinal);
    }

    sealed class Told(Action<StreamFigures> tell) : IProgress<StreamFigures>
    {
        public void Report(StreamFigures value) => tell(value);
    }
}
