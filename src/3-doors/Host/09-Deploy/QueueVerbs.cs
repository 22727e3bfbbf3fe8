using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Queues;
using Kumiki.Shell;

namespace Kumiki;

sealed partial class Doors
{
    const string QueueVariable = "KUMIKI_QUEUE", QueuePasswordVariable = "KUMIKI_QUEUE_PASSWORD";

    static readonly Option<string?> QueueOption = new("--queue")
    {
        Description = $"The broker with the queues, amqp://USER@HOST:5672/VHOST; {QueueVariable} by default, else the data folder. "
            + $"Its password is in {QueuePasswordVariable}.",
    };

    static readonly Option<int> DeliveriesOption = new("--most-deliveries")
    {
        Description = "How often a message is delivered before it is a dead letter, 1 … 20.",
        DefaultValueFactory = _ => new QueueSettings().MostDeliveries,
    };

    static readonly Argument<string> QueueArgument = new("queue") { Description = "A queue's name, such as applications." };

    IEnumerable<Command> Queueing()
    {
        yield return Stream();
        yield return Queues();
    }

    /// <summary>The queues that were asked for: the data folder's, or a broker's.</summary>
    /// <exception cref="KumikiException">No backend of the program knows the address, or a password stands on the command line.</exception>
    async Task<IMessageQueue> QueueOfAsync(ParseResult parsed, Session session, CancellationToken stop)
    {
        var settings = new QueueSettings();
        if (parsed.CommandResult.Command.Options.Contains(DeliveriesOption)) settings = settings with { MostDeliveries = parsed.GetValue(DeliveriesOption) };
        return OpenerOf(parsed) is var (address, open) ? await open(address, session.Claims(settings), settings, Session.Clock, stop) : session.Queue(settings);
    }

    /// <summary>The broker that was asked for; null: the data folder's queues.</summary>
    /// <exception cref="KumikiException">No backend of the program knows the address, or a password stands on the command line.</exception>
    (string Address, QueueOpener Open)? OpenerOf(ParseResult parsed)
    {
        var named = parsed.GetValue(QueueOption);
        if (named is not null && Uri.TryCreate(named, UriKind.Absolute, out var shown) && shown.UserInfo.Contains(':', StringComparison.Ordinal))
            throw new KumikiException(Message.Of("queue.password-shown", ("variable", QueuePasswordVariable), ("whole", QueueVariable)));
        var address = named ?? Environment.GetEnvironmentVariable(QueueVariable);
        if (string.IsNullOrEmpty(address)) return null;
        var at = address.IndexOf(':', StringComparison.Ordinal);
        if (at > 0 && Project.Queues.TryGetValue(address[..at], out var open)) return (address, open);
        throw new KumikiException(Message.Of("queue.no-backend", ("address", at > 0 ? $"{address[..at]}:…" : address),
            ("others", string.Concat(Project.Queues.Keys.Order(StringComparer.Ordinal).Select(k => $", {k}://…")))));
    }

    /// <summary>The broker's host and port, without its user; null: the data folder's queues.</summary>
    string? BrokerOf(ParseResult parsed) =>
        OpenerOf(parsed) is not var (address, _) ? null
        : !Uri.TryCreate(address, UriKind.Absolute, out var uri) ? "?"
        : $"{uri.Host}:{(uri.Port > 0 ? uri.Port : uri.Scheme == "amqps" ? 5671 : 5672).ToString(CultureInfo.InvariantCulture)}";

    static int InRange(string option, int found, int least, int most) => found >= least && found <= most ? found
        : throw new KumikiException(Message.Of("queue.most", ("option", option), ("least", least), ("most", most), ("found", found)));

    Command QueueVerb(string name, string description, IReadOnlyList<Symbol> symbols,
        Func<ParseResult, IMessageQueue, Terminal, CancellationToken, Task<int>> act) =>
        Verb(name, description, [.. symbols, QueueOption], async (parsed, session, terminal, stop) =>
    {
        await using var queue = await QueueOfAsync(parsed, session, stop);
        return await act(parsed, queue, terminal, stop);
    });

    Command Queues()
    {
        var names = new Argument<string[]>("queues") { Description = "Which; all by default, but a broker must be told.", Arity = ArgumentArity.ZeroOrMore };
        var queues = QueueVerb("queue", "The queues between an application and its models: how full they are.", [names],
            async (parsed, queue, terminal, stop) =>
        {
            var all = await queue.FiguresAsync([.. parsed.GetValue(names)!.Select(QueueName.Of)], stop);
            var now = Session.Clock.GetUtcNow();
            var shown = all.Select(f => new { queue = f.Queue.ToString(), f.Ready, f.Held, f.Dead, f.Oldest, ageSeconds = (now - f.Oldest)?.TotalSeconds });
            return terminal.Result(shown, () =>
            {
                if (all.Count == 0) terminal.Line(Message.Of("queue.nothing"));
                else terminal.Table(["QUEUE", "READY", "TAKEN", "DEAD", "OLDEST"], all.Select(f => (IReadOnlyList<string>)
                    [f.Queue.ToString(), Count(f.Ready), f.Held is { } held ? Count(held) : "–", Count(f.Dead), f.Oldest is { } oldest ? When(oldest) : "–"]));
            });
        });
        queues.Add(PutIntoQueue());
        queues.Add(TakeFromQueue());
        queues.Add(PeekIntoQueue());
        queues.Add(DeadLetters());
        queues.Add(OfTheDead("put-back", "Put dead letters back at the end of their queue, after what was wrong is mended.",
            (queue, name, keys, stop) => queue.ReviveAsync(name, keys, stop), (count, name) => Message.Of("queue.revived", ("count", count), ("queue", name))));
        queues.Add(OfTheDead("drop", "Remove dead letters for good.",
            (queue, name, keys, stop) => queue.DropAsync(name, keys, stop), (count, name) => Message.Of("queue.dropped", ("count", count), ("queue", name))));
        return queues;
    }

    static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    Command PutIntoQueue()
    {
        var file = new Argument<string?>("file") { Description = "JSON lines, one object each; - or none: standard input.", Arity = ArgumentArity.ZeroOrOne };
        var key = new Option<string?>("--key")
        {
            Description = "The field that tells rows apart: put twice, a row is one message. Without it every line is a message of its own.",
        };
        return QueueVerb("put", "Put rows into a queue.", [QueueArgument, file, key], async (parsed, queue, terminal, stop) =>
        {
            const int atOnce = 500;
            var (name, from, field) = (QueueName.Of(parsed.GetValue(QueueArgument)!), parsed.GetValue(file) ?? "-", parsed.GetValue(key));
            var (read, added, waiting) = (0L, 0L, new List<QueueMessage>(atOnce));
            try
            {
                using var lines = from == "-" ? Console.In : new StreamReader(from, new UTF8Encoding(false, throwOnInvalidBytes: true));
                for (var line = 1L; await lines.ReadLineAsync(stop) is { } text; line++)
                {
                    if (string.IsNullOrWhiteSpace(text)) continue;
                    waiting.Add(MessageOf(text, field, line, from));
                    read++;
                    if (waiting.Count == atOnce) await FlushAsync();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
            {
                throw new KumikiException(Message.Of("queue.file", ("file", from), ("reason", e.Message)), e);
            }
            await FlushAsync();
            return terminal.Result(new { queue = name.ToString(), read, added }, () =>
                terminal.Line(Message.Of("queue.put", ("count", added), ("queue", name), ("known", read - added))));

            async Task FlushAsync()
            {
                added += await queue.PutAsync(name, waiting, stop);
                waiting.Clear();
            }
        });
    }

    static QueueMessage MessageOf(string text, string? field, long line, string file)
    {
        try
        {
            using var row = JsonDocument.Parse(text);
            if (row.RootElement.ValueKind != JsonValueKind.Object) throw Bad(row.RootElement.ValueKind.ToString());
            var body = Encoding.UTF8.GetBytes(text);
            if (field is null) return QueueMessage.Of(body);
            var isThere = row.RootElement.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number;
            return isThere && value.ToString() is var key && QueueMessage.IsKey(key) ? new(key, body)
                : throw new KumikiException(Message.Of("queue.line-key", ("line", line), ("file", file), ("field", field)));
        }
        catch (JsonException e)
        {
            throw Bad(e.Message);
        }

        KumikiException Bad(string reason) => new(Message.Of("queue.line", ("line", line), ("file", file), ("reason", reason)));
    }

    static Option<int> MostOption(int most) => new("--most") { Description = "How many, 1 … 10000.", DefaultValueFactory = _ => most };

    Command TakeFromQueue()
    {
        var most = MostOption(1);
        var wait = new Option<int>("--wait") { Description = "Seconds to wait for the first, 0 … 3600.", DefaultValueFactory = _ => 0 };
        return QueueVerb("take", "Take messages, print each on a line, and acknowledge them once they are printed.", [QueueArgument, most, wait],
            async (parsed, queue, terminal, stop) =>
        {
            var (name, left) = (QueueName.Of(parsed.GetValue(QueueArgument)!), InRange("--most", parsed.GetValue(most), 1, 10_000));
            var patience = TimeSpan.FromSeconds(InRange("--wait", parsed.GetValue(wait), 0, 3600));
            var all = new List<Delivery>();
            while (all.Count < left && await queue.TakeAsync(name, left - all.Count, TimeSpan.FromMinutes(5), patience, stop) is { Count: > 0 } taken)
            {
                all.AddRange(taken);
                patience = TimeSpan.Zero;
            }
            terminal.Result(all.Select(d => new { d.Key, d.PutAt, d.Deliveries, body = Shown(d.Body) }), () =>
            {
                if (all.Count == 0) terminal.Line(Message.Of("queue.empty", ("queue", name)));
                foreach (var one in all) terminal.Line(TextOf(one.Body));
            });
            await Console.Out.FlushAsync(stop);
            await queue.SettleAsync([.. all.Select(d => new Settlement.Done(d))], CancellationToken.None);
            return 0;
        });
    }

    Command PeekIntoQueue()
    {
        var most = MostOption(10);
        return QueueVerb("peek", "Show the front of a queue and leave it there; a broker counts that as a delivery.", [QueueArgument, most],
            async (parsed, queue, terminal, stop) =>
        {
            var name = QueueName.Of(parsed.GetValue(QueueArgument)!);
            var found = await queue.PeekAsync(name, InRange("--most", parsed.GetValue(most), 1, 10_000), stop);
            return terminal.Result(found.Select(m => new { m.Key, m.PutAt, m.Deliveries, m.HiddenUntil, body = Shown(m.Body) }), () =>
            {
                if (found.Count == 0) terminal.Line(Message.Of("queue.empty", ("queue", name)));
                else terminal.Table(["KEY", "PUT", "DELIVERED", "BODY"], found.Select(m => (IReadOnlyList<string>)
                    [m.Key, When(m.PutAt), Count(m.Deliveries), Short(m.Body)]));
            });
        });
    }

    Command DeadLetters()
    {
        var most = MostOption(20);
        return QueueVerb("dead", "The dead letters of a queue, the oldest first, each with its reason.", [QueueArgument, most],
            async (parsed, queue, terminal, stop) =>
        {
            var name = QueueName.Of(parsed.GetValue(QueueArgument)!);
            var found = await queue.DeadAsync(name, InRange("--most", parsed.GetValue(most), 1, 10_000), stop);
            return terminal.Result(found.Select(d => new { d.Key, d.PutAt, d.DiedAt, d.Deliveries, d.Reason, body = Shown(d.Body) }), () =>
            {
                if (found.Count == 0) terminal.Line(Message.Of("queue.empty", ("queue", name)));
                foreach (var dead in found)
                {
                    terminal.Line($"✗ {dead.Key}  {When(dead.DiedAt)}  {dead.Reason}");
                    terminal.Line($"    {Short(dead.Body)}");
                }
                if (found.Count > 0) terminal.Next($"kumiki queue put-back {name} {found[0].Key}", $"kumiki queue drop {name} {found[0].Key}");
            });
        });
    }

    Command OfTheDead(string verb, string description, Func<IMessageQueue, QueueName, IReadOnlyCollection<string>?, CancellationToken, Task<int>> act,
        Func<int, QueueName, Message> says)
    {
        var keys = new Argument<string[]>("keys") { Description = "The keys of those meant.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All of them." };
        return QueueVerb(verb, description, [QueueArgument, keys, all], async (parsed, queue, terminal, stop) =>
        {
            var (name, meant) = (QueueName.Of(parsed.GetValue(QueueArgument)!), parsed.GetValue(keys)!);
            if (parsed.GetValue(all) == meant.Length > 0) throw new KumikiException(Message.Of("queue.which", ("queue", name)));
            var count = await act(queue, name, meant.Length > 0 ? meant : null, stop);
            return terminal.Result(new { queue = name.ToString(), count }, () => terminal.Line(says(count, name)));
        });
    }

    static string Short(ReadOnlyMemory<byte> body) => TextOf(body) is { Length: > 100 } text ? text[..100] + "…" : TextOf(body);

    /// <summary>A body on one line: its text, or Base64 where it is none.</summary>
    static string TextOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body.Span);
            return text.Any(char.IsControl) ? JsonSerializer.Serialize(text) : text;
        }
        catch (DecoderFallbackException)
        {
            return Convert.ToBase64String(body.Span);
        }
    }

    /// <summary>A body within JSON: as JSON where it is some, else as its text.</summary>
    static object Shown(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return TextOf(body);
        }
    }
}
