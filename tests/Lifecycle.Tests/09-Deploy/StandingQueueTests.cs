using Kumiki.Serving;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Serving;

/// <summary>A queue before one run at a time of 3.4 ms, in made-up time: who comes, waits, is refused and answered is counted, nothing is run.</summary>
public sealed class StandingQueueTests
{
    const double RunMs = 3.4;
    static readonly TimeSpan Target = StandingQueue.TargetOf(RunMs);

    readonly StandingQueue standing = new();
    readonly Queue<double> waiting = new();
    readonly PriorityQueue<Action, (double At, int Number)> events = new();
    readonly List<(double Came, double Took)> answered = [];
    readonly List<double> refused = [];
    double now, freeAt;
    int number;
    bool running;

    void At(double ms, Action does) => events.Enqueue(does, (ms, number++));

    void Run(double untilMs)
    {
        while (events.TryPeek(out var does, out var when) && when.At <= untilMs)
        {
            events.Dequeue();
            now = when.At;
            does();
        }
    }

    /// <returns>False where it was refused.</returns>
    bool Come(Action answer)
    {
        // As a lane asks: those before it, and one more for what runs.
        if (running && standing.IsOverfull && (waiting.Count + 1) * RunMs > Target.TotalMilliseconds)
        {
            standing.Refused(TimeSpan.FromMilliseconds(now));
            refused.Add(now);
            return false;
        }
        waiting.Enqueue(now);
        answers.Enqueue(answer);
        if (!running) Take();
        return true;
    }

    readonly Queue<Action> answers = new();

    void Take()
    {
        running = waiting.TryDequeue(out var came);
        if (!running) return;
        var answer = answers.Dequeue();
        standing.Took(TimeSpan.FromMilliseconds(now), TimeSpan.FromMilliseconds(now - came), Target, waiting.Count);
        freeAt = now + RunMs;
        At(freeAt, () =>
        {
            answered.Add((came, now - came));
            Take();
            answer();
        });
    }

    /// <summary>Requests at fixed times that wait for no answer.</summary>
    void Open(double times, double fromMs, double toMs)
    {
        for (var at = fromMs; at < toMs; at += RunMs / times) At(at, () => Come(static () => { }));
    }

    /// <summary>Clients that ask again as soon as they have their answer, and after a second where they are refused.</summary>
    void Closed(int clients, double startsOverMs, double thinksMs = 0.2)
    {
        for (var client = 0; client < clients; client++) At(startsOverMs * client / clients, Ask);

        void Ask()
        {
            if (!Come(() => At(now + thinksMs, Ask))) At(now + 1000, Ask);
        }
    }

    double P99(double fromMs) => answered.Where(a => a.Came >= fromMs).Select(a => a.Took).Order().ToArray() is var took ? took[(int)(took.Length * 0.99)] : 0;

    [Fact]
    public void Asked_three_times_as_much_as_it_can_those_taken_wait_at_most_twice_as_long_as_at_its_capacity()
    {
        Closed(8, startsOverMs: 0);
        Run(5_000);
        var capacity = P99(1_000);
        Assert.Empty(refused);
        var overload = new StandingQueueTests();

        overload.Open(times: 3, 0, 10_000);
        overload.Run(10_000);

        Assert.InRange(overload.P99(1_000) / capacity, 1, 2);
        // Nothing is lost by it: it answers as many as it can.
        Assert.InRange(overload.answered.Count, 0.99 * 10_000 / RunMs, 10_000 / RunMs);
    }

    [Theory]
    [InlineData(64, 0)]
    [InlineData(64, 300)]
    [InlineData(64, 3_000)]
    [InlineData(250, 0)]
    public void Clients_that_wait_for_their_answers_are_not_refused(int clients, double startsOverMs)
    {
        Closed(clients, startsOverMs);

        Run(20_000);

        Assert.Empty(refused);
        Assert.True(P99(5_000) > Target.TotalMilliseconds);     // though they wait long
    }

    [Theory]
    [InlineData(1.05)]
    [InlineData(1.5)]
    [InlineData(20)]
    public void A_queue_that_grows_is_held_however_slowly_it_does(double times)
    {
        Open(times, 0, 30_000);

        Run(30_000);

        Assert.NotEmpty(refused);
        Assert.InRange(P99(15_000), RunMs, Target.TotalMilliseconds + RunMs);
    }

    [Fact]
    public void When_fewer_ask_nobody_is_refused_any_more()
    {
        Open(times: 3, 0, 5_000);
        Open(times: 0.9, 5_000, 20_000);

        Run(20_000);

        Assert.True(refused.Max() < 5_200);
        Assert.False(standing.IsOverfull);
    }

    [Fact]
    public void A_run_of_microseconds_lets_wait_for_twenty_milliseconds()
    {
        Assert.Equal(20, StandingQueue.TargetOf(0.05).TotalMilliseconds);
        Assert.Equal(500, StandingQueue.TargetOf(50).TotalMilliseconds);
    }
}
