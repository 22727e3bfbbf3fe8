namespace Kumiki.Store;

public partial interface IMetadataStore
{
    // ── schedules ──

    /// <summary>Every schedule that was ever kept, by name.</summary>
    Task<IReadOnlyList<ScheduleRecord>> SchedulesAsync(CancellationToken stop);

    /// <summary>Begins to keep a schedule, whose times count from now on.</summary>
    /// <returns>The schedule as it is kept, since earlier perhaps.</returns>
    Task<ScheduleRecord> KeepScheduleAsync(string schedule, CancellationToken stop);

    /// <summary>Pauses a schedule, or resumes it: the times that passed meanwhile are passed over.</summary>
    /// <returns>False where it was so already.</returns>
    /// <exception cref="KumikiException">No such schedule is kept.</exception>
    Task<bool> PauseScheduleAsync(string schedule, bool paused, string by, CancellationToken stop);

    /// <summary>Turns the times of a schedule that have come into one occurrence, the newest of them. One that waits, has not begun and was due is skipped
    /// for it.</summary>
    /// <param name="considered">Up to when the times were considered when these were worked out.</param>
    /// <param name="until">Up to when they are considered now.</param>
    /// <param name="due">The newest of them; null where there was none.</param>
    /// <returns>The occurrence; null where there was no time, the schedule is paused, or another process was first.</returns>
    Task<OccurrenceRecord?> PlanOccurrenceAsync(string schedule, DateTimeOffset considered, DateTimeOffset until, DateTimeOffset? due, OccurrenceCause cause,
        int missed, CancellationToken stop);

    /// <summary>Plans an occurrence that a person asked for.</summary>
    /// <param name="due">When it may begin; moved back by an instant where another has that very time.</param>
    Task<OccurrenceRecord> AskOccurrenceAsync(string schedule, DateTimeOffset due, string by, CancellationToken stop);

    /// <summary>Takes a waiting occurrence for a process, or a held one whose hold is over, unless another of its schedule runs, or it was due and its
    /// schedule is paused. A held one gives way to a waiting one: it is left staged.</summary>
    /// <returns>The occurrence under its new fence; null where it could not be taken.</returns>
    Task<OccurrenceRecord?> ClaimOccurrenceAsync(long number, ProcessIdentity owner, CancellationToken stop);

    /// <summary>Writes down how far an occurrence has come.</summary>
    /// <returns>The occurrence as it is now, which says whether it is to be cancelled; null where the fence is not the newest or it runs no more.</returns>
    Task<OccurrenceRecord?> SaveOccurrenceAsync(long number, int fence, OccurrenceProgress progress, CancellationToken stop);

    /// <summary>Lets go of a running occurrence: ends it, holds it, or leaves it waiting for whoever takes it up again.</summary>
    /// <param name="alert">Raised with it; null: none. Without one, what is released, staged or held closes the open alerts of the schedule.</param>
    /// <returns>False when the fence is not the newest or it runs no more.</returns>
    Task<bool> EndOccurrenceAsync(long number, int fence, OccurrenceState state, OccurrenceProgress progress, Message? alert, CancellationToken stop);

    /// <summary>Lets go of running occurrences whose process died: they wait to be taken up again, or after <paramref name="attempts"/> attempts are marked
    /// crashed with an alert.</summary>
    Task<IReadOnlyList<OccurrenceRecord>> EndCrashedOccurrencesAsync(Func<ProcessIdentity, bool> alive, int attempts, CancellationToken stop);

    /// <summary>Cancels an occurrence: at once where it waits or is held, else as soon as its process hears of it.</summary>
    /// <returns>The occurrence as it is then; null where it is over or not there.</returns>
    Task<OccurrenceRecord?> CancelOccurrenceAsync(long number, string by, CancellationToken stop);

    Task<OccurrenceRecord?> OccurrenceAsync(long number, CancellationToken stop);

    /// <summary>Occurrences, newest first; of one schedule if named.</summary>
    /// <param name="open">Only those that are not over.</param>
    Task<IReadOnlyList<OccurrenceRecord>> OccurrencesAsync(string? schedule, bool open, int limit, long? before, CancellationToken stop);

    /// <summary>Alerts, newest first; of one schedule if named.</summary>
    Task<IReadOnlyList<AlertRecord>> AlertsAsync(string? schedule, bool open, int limit, CancellationToken stop);
}
