using System.CommandLine;
using System.Globalization;
using Kumiki.Hosting;
using Kumiki.Onnx;
using Kumiki.Queues;
using Kumiki.Serving;
using Kumiki.Shell;
using Kumiki.Streaming;

namespace Kumiki;

sealed partial class Doors
{
    Command Stream()
    {
        var endpoint = new Argument<string>("endpoint") { Description = "An endpoint of the live release." };
        var from = new Option<string>("--from") { Description = "The queue with rows: JSON as POST /api/endpoints/NAME/predict takes it.", Required = true };
        var to = new Option<string>("--to") { Description = "The queue for answers, each under its row's key.", Required = true };
        var untilEmpty = new Option<bool>("--until-empty") { Description = "End when no row is left, instead of waiting for more." };
        var batch = new Option<int>("--batch") { Description = "Rows taken and settled at once, 1 … 1000.", DefaultValueFactory = _ => 64 };
        var hidden = new Option<int>("--hidden")
        {
            Description = "Seconds after which the rows of a dead stream come to another, 1 … 3600.",
            DefaultValueFactory = _ => 30,
        };
        return Verb("stream", "Take rows from a queue, answer them by a released endpoint, and put the answers into another queue.",
            [endpoint, from, to, QueueOption, untilEmpty, batch, hidden, DeliveriesOption], async (parsed, session, terminal, stop) =>
        {
            var name = parsed.GetValue(endpoint)!;
            var settings = new StreamSettings(QueueName.Of(parsed.GetValue(from)!), QueueName.Of(parsed.GetValue(to)!))
            {
                UntilEmpty = parsed.GetValue(untilEmpty),
                Batch = InRange("--batch", parsed.GetValue(batch), 1, 1000),
                Hidden = TimeSpan.FromSeconds(InRange("--hidden", parsed.GetValue(hidden), 1, 3600)),
            };
            var room = new ServingSettings { Limits = new() { Queue = 10_000 } };       // the stream itself bounds what waits
            await using var models = new ModelShelf(session.Metadata, session.Artifacts, session.Tracking, room, Session.Clock);
            await using var log = Predictions.PredictionLog.Open(session.Folder, session.Metadata, session.Artifacts, new(), Session.Clock, e => terminal.Line($"· {e.Message}"));
            await using var shelf = new EndpointShelf(session.Metadata, session.Artifacts, models, Session.Clock) { Log = new(log) };
            EndpointShelf.Find(await shelf.LiveAsync(0, stop), name);
            await using var queue = await QueueOfAsync(parsed, session, stop);

            var began = Session.Clock.GetTimestamp();
            await using var signs = new StreamSigns(Store.DataFolder.Queues(session.Metadata, new()), name, settings, BrokerOf(parsed), Session.Clock,
                says => terminal.Line($"· {says}"));
            await signs.BeginAsync();
            var progress = new StreamLines(terminal, signs, Session.Clock);
            terminal.Line(Message.Of("queue.streams", ("endpoint", name), ("from", settings.From), ("to", settings.To)));
            var stream = new PredictionStream(queue, (message, gone) => AnswerAsync(shelf, name, message, gone), settings, progress, Session.Clock);
            var done = await stream.RunAsync(stop);
            var seconds = Session.Clock.GetElapsedTime(began).TotalSeconds;
            return terminal.Result(new { endpoint = name, done.Answered, done.Dead, done.Again, done.Lost, seconds },
                () => terminal.Line(Streamed(done, seconds)));
        });
    }

    /// <summary>Answers a message as the endpoint's own address would: one row is one answer, called by the message's key.</summary>
    static async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(EndpointShelf shelf, string name, Delivery message, CancellationToken gone)
    {
        var release = await shelf.LiveAsync(0, gone);
        var endpoint = EndpointShelf.Find(release, name);
        var body = message.Body.ToArray();
        using var rows = EndpointRows.Read(endpoint.Schema, body, body.Length, out _);
        var ids = rows.IsOne ? [message.Key]
            : Enumerable.Range(1, rows.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{message.Key}/{i}")).ToArray();
        var answer = await shelf.AskAsync(release, endpoint, rows, new() { Ids = ids, Priority = 3 }, gone);
        using var sent = new PooledBuffer();
        EndpointDoor.Write(sent, answer, rows.IsOne, all: false);
        return sent.Written.ToArray();
    }

    static Message Streamed(StreamFigures done, double seconds) => Message.Of("queue.streamed",
        ("answered", done.Answered), ("dead", done.Dead), ("again", done.Again), ("lost", done.Lost),
        ("rate", ((done.Answered + done.Dead) / Math.Max(seconds, 1e-3)).ToString("0", CultureInfo.InvariantCulture)));

    /// <summary>A line a second at most, and one whenever it begins to wait.</summary>
    sealed class StreamLines(Terminal terminal, StreamSigns signs, TimeProvider clock) : IProgress<StreamFigures>
    {
        readonly long began = clock.GetTimestamp();
        long told = clock.GetTimestamp();
        Message? waits;

        public void Report(StreamFigures value)
        {
            signs.Report(value);
            if (value.Waits is { } reason && reason != waits) terminal.Line(Message.Of("queue.waits", ("reason", reason)));
            waits = value.Waits;
            if (clock.GetElapsedTime(told) < TimeSpan.FromSeconds(1)) return;
            told = clock.GetTimestamp();
            terminal.Line(Streamed(value, clock.GetElapsedTime(began).TotalSeconds));
        }
    }
}
