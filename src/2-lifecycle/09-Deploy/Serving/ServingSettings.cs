using System.Globalization;

namespace Kumiki.Serving;

/// <summary>What a server gives to its models.</summary>
public sealed record ServingSettings
{
    /// <summary>Bytes of models in memory, as estimated from their files; the one used longest ago goes first.</summary>
    /// <value>A quarter of the memory this process may have.</value>
    public long MemoryBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>Bytes of one request's body, unpacked.</summary>
    /// <value>64 MiB.</value>
    public int MostBodyBytes { get; init; } = 64 << 20;

    /// <summary>How long a client may take to send a body.</summary>
    /// <value>30 s.</value>
    public TimeSpan SlowestBody { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What every model is given that is not named in <see cref="Models"/>.</summary>
    public ModelLimits Limits { get; init; } = new();

    /// <summary>Limits of single models, by name.</summary>
    public IReadOnlyDictionary<string, ModelLimits> Models { get; init; } = new Dictionary<string, ModelLimits>();

    internal ModelLimits Of(string model) => Models.GetValueOrDefault(model) ?? Limits;
}

/// <summary>How requests of one model are put together, and how many may wait.</summary>
public sealed record ModelLimits
{
    /// <summary>Rows of requests that wait together and are run as one batch; a request of more rows runs alone.</summary>
    /// <value>64.</value>
    public int BatchRows { get; init; } = 64;

    /// <summary>How long a request may wait for others to be run with it, though the model is idle.</summary>
    /// <value>Zero: only requests that have to wait anyway are run together.</value>
    public TimeSpan BatchWait { get; init; } = TimeSpan.Zero;

    /// <summary>Runs at once, each on one thread.</summary>
    /// <value>The processors of the machine.</value>
    public int Runs { get; init; } = Environment.ProcessorCount;

    /// <summary>Requests that may wait; one more is refused at once.</summary>
    /// <value>256.</value>
    public int Queue { get; init; } = 256;

    /// <summary>The longest a request may be expected to wait; one that would wait longer is refused at once, so that those taken are answered in time however
    /// many ask.</summary>
    /// <value>Null: as long as its own deadline allows, unless the queue keeps growing: then ten runs, and 20 ms at least.</value>
    public TimeSpan? MostWait { get; init; }

    /// <summary>The longest a run may take before it is stopped.</summary>
    /// <value>30 s.</value>
    public TimeSpan RunTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Reads what a person wrote: <c>rows=32,wait-ms=5,runs=1,queue=100,most-wait-ms=50,seconds=10</c>, any of them.</summary>
    /// <exception cref="KumikiException">Something else, or a number out of range.</exception>
    public static ModelLimits Parse(string text)
    {
        var limits = new ModelLimits();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || !int.TryParse(part.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw Bad(part);
            limits = (part[..at], number) switch
            {
                ("rows", >= 1 and <= 65_536) => limits with { BatchRows = number },
                ("wait-ms", <= 10_000) => limits with { BatchWait = TimeSpan.FromMilliseconds(number) },
                ("runs", >= 1 and <= 1024) => limits with { Runs = number },
                ("queue", <= 1_000_000) => limits with { Queue = number },
                ("most-wait-ms", >= 1 and <= 86_400_000) => limits with { MostWait = TimeSpan.FromMilliseconds(number) },
                ("seconds", >= 1 and <= 86_400) => limits with { RunTime = TimeSpan.FromSeconds(number) },
                _ => throw Bad(part),
            };
        }
        return limits;

        static KumikiException Bad(string part) => new(Message.Of("inference.bad-limit", ("part", part)));
    }
}
