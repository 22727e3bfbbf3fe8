using System.Globalization;
using Kumiki.Packages;

namespace Kumiki.Running;

/// <summary>What the command line asks for.</summary>
sealed record RunnerOrder
{
    static readonly string[] Verbs = ["check", "update", "rollback", "send-logs"];

    /// <summary>One of the verbs; empty: serve.</summary>
    public required string Verb { get; init; }

    /// <summary>A package, or a home.</summary>
    public required string Path { get; init; }

    /// <summary>Of an update: what it brings.</summary>
    public string? Package { get; init; }
    public IReadOnlyList<string> Trust { get; init; } = [];

    /// <summary>0 takes any free one.</summary>
    /// <value>5090.</value>
    public int Port { get; init; } = 5090;

    /// <summary>Bytes of predictions that are kept until they were sent.</summary>
    /// <value>16 MiB.</value>
    public long LogBytes { get; init; } = 16 << 20;

    /// <summary>The server that takes the predictions.</summary>
    public Uri? SendTo { get; init; }

    public TrustedKeys Trusted() => TrustedKeys.Read(Trust);

    /// <exception cref="KumikiException">It is not understood.</exception>
    public static RunnerOrder Parse(IReadOnlyList<string> args)
    {
        var (verb, rest, paths) = (args.Count > 0 && Verbs.Contains(args[0]) ? args[0] : "", new Queue<string>(args), new List<string>());
        if (verb.Length > 0) rest.Dequeue();
        var order = new RunnerOrder { Verb = verb, Path = "" };
        while (rest.TryDequeue(out var word))
        {
            order = word switch
            {
                "--trust" => order with { Trust = [.. order.Trust, Value(word)] },
                "--port" when int.TryParse(Value(word), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 =>
                    order with { Port = port },
                "--log-size" when int.TryParse(Value(word), NumberStyles.None, CultureInfo.InvariantCulture, out var mib) && mib is > 0 and <= 65536 =>
                    order with { LogBytes = (long)mib << 20 },
                "--send-to" or "--to" when Uri.TryCreate(Value(word), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" =>
                    order with { SendTo = url },
                ['-', ..] => throw Odd(word),
                _ => Taken(word),
            };
        }
        var wanted = verb == "update" ? 2 : 1;
        if (paths.Count != wanted || (order.Trust.Count == 0 && verb != "send-logs")
            || (order.SendTo is null && verb == "send-logs")) throw new KumikiException(Message.Of("runner.usage"));
        return order with { Path = paths[0], Package = paths.ElementAtOrDefault(1) };

        string Value(string option) => rest.TryDequeue(out var value) ? value : throw Odd(option);

        RunnerOrder Taken(string path)
        {
            paths.Add(path);
            return order;
        }

        static KumikiException Odd(string word) => new(Message.Of("runner.argument", ("argument", word), ("usage", Message.Of("runner.usage"))));
    }
}
