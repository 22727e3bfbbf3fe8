using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>The number of a run in its store: <c>run-42</c>.</summary>
[JsonConverter(typeof(Json))]
public readonly record struct RunId(long Number) : IParsable<RunId>
{
    public override string ToString() => $"run-{Number}";

    public static RunId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a run; write it as run-42.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RunId result)
    {
        var digits = s is not null && s.StartsWith("run-", StringComparison.Ordinal) ? s.AsSpan(4) : s.AsSpan();
        var known = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
        result = new(number);
        return known;
    }

    /// <summary>Written as <c>run-42</c>; public so that source-generated contexts of other assemblies can use it.</summary>
    public sealed class Json : JsonConverter<RunId>
    {
        public override RunId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");
        public override void Write(Utf8JsonWriter writer, RunId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}

/// <summary>Where a run stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunState>))]
public enum RunState
{
    Running,

    /// <summary>Ended with a new version.</summary>
    Made,

    /// <summary>Ended with a version that was there already, because its output was identical.</summary>
    Reused,

    /// <summary>A trial that ended with figures; it has no version and never gets one.</summary>
    Tried,
    Failed,
    Cancelled,

    /// <summary>Its process died; found by a later start.</summary>
    Crashed,
}

/// <summary>One process, told apart from a later one with the same number.</summary>
/// <param name="Boot">The machine's boot id.</param>
/// <param name="StartTicks">Clock ticks from boot to the process's start.</param>
public sealed record ProcessIdentity(string Machine, string Boot, int Pid, long StartTicks)
{
    /// <summary>The installation's own number, for machines that are called alike; null where it has none.</summary>
    public string? Installation { get; init; }
}

/// <summary>The program a run ran: enough to run it again.</summary>
/// <param name="ProjectDigest">Over the author's own assemblies; part of the recipe key.</param>
/// <param name="Closure">Blob of the manifest that lists every file of the program.</param>
public sealed record CodeRevision(Digest ProjectDigest, Digest Closure, string EntryAssembly, string? GitCommit, bool? GitDirty)
{
    /// <summary>The first twelve digits of the commit, as people read it; a dash without one.</summary>
    [JsonIgnore]
    public string ShortCommit => GitCommit is null ? "-" : GitCommit[..Math.Min(12, GitCommit.Length)];
}

/// <summary>What a run ran on.</summary>
public sealed record RunEnvironment(string Os, string Cpu, int Cores, long MemoryBytes, string Runtime, IReadOnlyDictionary<string, string> Packages, IReadOnlyDictionary<string, string> Engines);

/// <summary>One making of an asset, successful or not.</summary>
public sealed record RunRecord
{
    public required RunId Id { get; init; }
    public required string Asset { get; init; }
    public required RunState State { get; init; }

    /// <summary>The attempt that may still commit; an older one is fenced off.</summary>
    public required int Fence { get; init; }
    public required ProcessIdentity Owner { get; init; }
    public required RunPlan Plan { get; init; }
    public required DateTimeOffset Started { get; init; }
    public DateTimeOffset? Ended { get; init; }
    public VersionName? Result { get; init; }
    public Message? Error { get; init; }
    public RunCost? Cost { get; init; }

    /// <summary>What a trial measured, by name; empty for any other run, whose figures its version holds.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>What it really read; known at the end.</summary>
    public IReadOnlyList<InputUse> Inputs { get; init; } = [];
    public IReadOnlyList<OutsideRead> Outside { get; init; } = [];
}

/// <summary>What a run set out to do: everything known before the first byte is computed.</summary>
public sealed record RunPlan
{
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }
    /// <summary>Parameters set from outside for what the asset depends on, near or far: <c>sales.files</c> and its value.</summary>
    public IReadOnlyDictionary<string, string> Upstream { get; init; } = new Dictionary<string, string>();
    public required long Seed { get; init; }

    /// <summary>See <see cref="VersionRecord.RecipeKey"/>.</summary>
    public required Digest RecipeKey { get; init; }

    /// <summary>The recipe key with the inputs chosen: two running makings with one such key are one making.</summary>
    public required Digest MakingKey { get; init; }

    /// <summary>What the recipe key was made of, by name: a later <c>why</c> compares each.</summary>
    public required IReadOnlyDictionary<string, string> Recipe { get; init; }
    public required IReadOnlyList<VersionName> Inputs { get; init; }
    public required CodeRevision Code { get; init; }
    public required RunEnvironment Environment { get; init; }

    /// <summary>Notes on how inputs were chosen, such as <c>--use newest</c>.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>What a run cost.</summary>
/// <param name="Steps">Wall time of each named step.</param>
public sealed record RunCost(TimeSpan Wall, TimeSpan Cpu, long PeakMemoryBytes, IReadOnlyDictionary<string, TimeSpan> Steps);

/// <summary>One point of a metric's series.</summary>
public readonly record struct MetricPoint(string Name, long Step, double Value, DateTimeOffset At);

/// <summary>One line of a run's log.</summary>
public readonly record struct LogLine(long Sequence, DateTimeOffset At, string Level, string Text);
