using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>Where an occurrence of a schedule stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OccurrenceState>))]
public enum OccurrenceState
{
    /// <summary>Due, or planned, and not begun; one that was interrupted waits again.</summary>
    Waiting,
    Running,

    /// <summary>GO and staged; it is released when its hold is over.</summary>
    Holding,

    /// <summary>What it made is in production.</summary>
    Released,

    /// <summary>GO and staged; a person releases it.</summary>
    Staged,

    /// <summary>Nothing new: nothing was made, and production is as it was.</summary>
    Unchanged,

    /// <summary>A check of what was made does not hold: the old release stays.</summary>
    NoGo,

    /// <summary>The release does not fit: the old one stays, what was made is staged.</summary>
    Refused,

    /// <summary>The data did not pass its checks, so nothing was trained.</summary>
    Stopped,

    /// <summary>A making failed.</summary>
    Failed,
    Cancelled,

    /// <summary>Its process died too often.</summary>
    Crashed,

    /// <summary>It never began, because a newer one came due before it could.</summary>
    Skipped,
}

/// <summary>Why an occurrence came to be.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OccurrenceCause>))]
public enum OccurrenceCause
{
    /// <summary>It was due.</summary>
    Due,

    /// <summary>It was due while nothing ran schedules; it is the newest of those.</summary>
    CaughtUp,

    /// <summary>A person asked for it.</summary>
    ByHand,
}

/// <summary>One time that a schedule was due, or was run by hand.</summary>
public sealed record OccurrenceRecord
{
    public required long Number { get; init; }
    public required string Schedule { get; init; }
    public required DateTimeOffset Due { get; init; }
    public required OccurrenceCause Cause { get; init; }

    /// <summary>Who asked for it; null where it was due.</summary>
    public string? By { get; init; }

    /// <summary>Times before it that were due while nothing ran schedules, and are not made up for.</summary>
    public int Missed { get; init; }

    public required OccurrenceState State { get; init; }

    /// <summary>The attempt that may still write; 0 before the first.</summary>
    public required int Fence { get; init; }

    /// <summary>The process that runs it, or ran it last.</summary>
    public ProcessIdentity? Owner { get; init; }
    public DateTimeOffset? Started { get; init; }
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Who asked for it to be cancelled; it ends at its next step.</summary>
    public string? CancelledBy { get; init; }

    public OccurrenceProgress Progress { get; init; } = new();

    [JsonIgnore]
    public bool IsOver => State is not (OccurrenceState.Waiting or OccurrenceState.Running or OccurrenceState.Holding);
}

/// <summary>How far an occurrence has come; written down after every step.</summary>
public sealed record OccurrenceProgress
{
    public IReadOnlyList<OccurrenceStep> Steps { get; init; } = [];

    /// <summary>The versions it came out with, made or found.</summary>
    public IReadOnlyList<VersionName> Versions { get; init; } = [];

    /// <summary>The verdict: GO or NO-GO; null before there is one.</summary>
    public bool? Go { get; init; }

    /// <summary>What is staged, or to be.</summary>
    public IReadOnlyList<VersionName> Staged { get; init; } = [];

    /// <summary>When its hold is over; null where it has none.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>The live release when it was staged, 0 before the first: where another went live since, a person was faster.</summary>
    public int StagedOver { get; init; }

    /// <summary>The release it went live with.</summary>
    public int? Release { get; init; }

    /// <summary>What keeps it back: checks that do not hold, findings of the release.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>What was made afterwards from production.</summary>
    public IReadOnlyList<VersionName> Afterwards { get; init; } = [];

    /// <summary>How it ended, in one sentence; null while it has not.</summary>
    public Message? Says { get; init; }
}

/// <summary>One step of an occurrence.</summary>
/// <param name="Name">load, check, make, report, stage, release or afterwards.</param>
/// <param name="Good">Null while it runs.</param>
/// <param name="Says">What came of it.</param>
public sealed record OccurrenceStep(string Name, DateTimeOffset Started, DateTimeOffset? Ended, bool? Good, Message? Says);

/// <summary>What is kept of a schedule itself.</summary>
/// <param name="Since">From when on its times count.</param>
/// <param name="Considered">Up to when its times have become occurrences, or were passed over.</param>
/// <param name="PausedAt">Null where it is not paused.</param>
public sealed record ScheduleRecord(string Schedule, DateTimeOffset Since, DateTimeOffset Considered, DateTimeOffset? PausedAt, string? PausedBy);

/// <summary>Something a person should look at.</summary>
/// <param name="Schedule">The schedule it is about.</param>
/// <param name="Occurrence">The occurrence that raised it.</param>
/// <param name="Closed">When a later occurrence ended well; null while it is open.</param>
public sealed record AlertRecord(long Number, string Schedule, long Occurrence, DateTimeOffset At, Message Says, DateTimeOffset? Closed);
