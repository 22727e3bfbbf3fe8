namespace Kumiki;

/// <summary>What a project does again and again without a person: when it is due, what it makes, and what becomes of that. What it works on is what its
/// constructor asks for, as with assets.</summary>
/// <example><code>
/// public sealed class WeeklyForecast(Sales sales, DemandReport report, DemandForecasts forecasts) : Schedule
/// {
///     public override Cron When => Cron.Of("0 6 * * 1", zone: "Asia/Tokyo");
///     public override IReadOnlyList&lt;Asset> Make => [report, forecasts];
///     public override IReadOnlyList&lt;Asset> NewData => [sales];
///     public override IReadOnlyList&lt;Asset> Afterwards => [forecasts];
///     public override ReleasePolicy Release => ReleasePolicy.AtOnce;
/// }
/// </code></example>
/// <remarks>
/// Each time it is due is an occurrence, which goes these steps and is kept with all of them: 1. <b>load</b>: the data are taken in; 2. <b>check</b>:
/// expectations, rejected rows and news are looked at, and what does not hold ends it here; 3. <b>make</b>: what is out of date is made; 4. <b>report</b>:
/// reports are made, and every check of what was made says GO or NO-GO; 5. <b>stage</b>: predictions and endpoints are made
/// by a model that is good, and all is staged; 6. <b>release</b> by the policy; 7. <b>afterwards</b>: what is made from production. docs/12-continue.md.
/// </remarks>
public abstract class Schedule
{
    string? name;

    /// <summary>The class name in kebab case: <c>weekly-forecast</c>.</summary>
    public string Name
    {
        get => name ?? AssetName.Of(GetType().Name);
        internal set => name = value;
    }

    /// <summary>When it is due.</summary>
    public abstract Cron When { get; }

    /// <summary>What is made, with everything it is made from that is out of date. First models, then reports, and on GO what the models say.</summary>
    public abstract IReadOnlyList<Asset> Make { get; }

    /// <summary>Data that must have come since the last time; where one of them has not, nothing is made and it says so.</summary>
    /// <value>None: without news it ends quietly as unchanged.</value>
    public virtual IReadOnlyList<Asset> NewData => [];

    /// <summary>The largest share of a source's rows that may be rejected, 0 … 1; above it nothing is made.</summary>
    /// <value>0.01.</value>
    public virtual double MostRejected => 0.01;

    /// <summary>What is staged on GO, each with all it was made from.</summary>
    /// <value>All of <see cref="Make"/>.</value>
    public virtual IReadOnlyList<Asset> Stage => Make;

    /// <summary>What becomes of what was staged.</summary>
    /// <value>It is left for a person to release.</value>
    public virtual ReleasePolicy Release => ReleasePolicy.ByPerson;

    /// <summary>What is made at the end from the models in production and the data of this time, on NO-GO too, then staged and, unless a person releases,
    /// released.</summary>
    /// <value>Nothing. What production holds together with a model is named in <see cref="Make"/> too: on GO it then goes live with the model, which would
    /// not fit without it.</value>
    public virtual IReadOnlyList<Asset> Afterwards => [];

    /// <summary>What is wrong with the declaration, all at once; every asset it names is one its constructor asked for.</summary>
    internal IEnumerable<Finding> Check(IReadOnlyCollection<Asset> asked)
    {
        if (Fault() is { } fault) yield return Refuse(fault);
        var (make, afterwards, newData, stage) = (Make, Afterwards, NewData, Stage);
        if (make.Count == 0) yield return Refuse(Message.Of("schedule.makes-nothing", ("schedule", Name)));
        IReadOnlyList<Asset> others = [.. make.Concat(afterwards).Concat(newData).Concat(stage).Distinct().Where(a => !asked.Contains(a))];
        foreach (var other in others.DistinctBy(a => a.GetType()))
            yield return Refuse(Message.Of("schedule.not-asked", ("schedule", Name), ("asset", other.GetType().Name)));
        if (others.Count > 0) yield break;      // what is not part of the graph has no name to speak of
        foreach (var other in newData.Where(d => d.Kind is not (AssetKind.Dataset or AssetKind.Labels or AssetKind.Features or AssetKind.Other)))
            yield return Refuse(Message.Of("schedule.no-data", ("schedule", Name), ("asset", other.Name), ("kind", other.Kind.ToString().ToLowerInvariant())));
        foreach (var other in stage.Except(make)) yield return Refuse(Message.Of("schedule.stages-other", ("schedule", Name), ("asset", other.Name)));
        if (MostRejected is not (>= 0 and <= 1)) yield return Refuse(Message.Of("schedule.most-rejected", ("schedule", Name), ("share", MostRejected)));
        if (Release.Hold is { } hold && (hold <= TimeSpan.Zero || hold > TimeSpan.FromDays(366)))
            yield return Refuse(Message.Of("schedule.hold", ("schedule", Name), ("hold", hold)));

        static Finding Refuse(Message says) => new("schedule", Severity.Refusal, says, []);
    }

    /// <summary>What keeps <see cref="When"/> from being read.</summary>
    Message? Fault()
    {
        try
        {
            _ = When;
            return null;
        }
        catch (KumikiException e)
        {
            return Message.Of("schedule.when", ("schedule", Name), ("says", e.Says));
        }
    }

    public override string ToString() => Name;
}

/// <summary>What becomes of what a schedule staged.</summary>
public sealed record ReleasePolicy
{
    ReleasePolicy()
    {
    }

    /// <summary>It stays staged; a person releases it.</summary>
    public static ReleasePolicy ByPerson { get; } = new() { IsByPerson = true };

    /// <summary>It is released at once, if it fits.</summary>
    public static ReleasePolicy AtOnce { get; } = new();

    /// <summary>It is released after a time in which a person may cancel it.</summary>
    /// <param name="hold">Above zero, at most 366 days.</param>
    public static ReleasePolicy After(TimeSpan hold) => new() { Hold = hold };

    public bool IsByPerson { get; private init; }

    /// <summary>How long it is held back; null: not at all.</summary>
    public TimeSpan? Hold { get; private init; }

    public override string ToString() => IsByPerson ? "by a person" : Hold is { } hold ? $"after {hold}" : "at once";
}
