using System.Text.Json;
using Kumiki.Making;

namespace Kumiki;

/// <summary>A business goal as an asset: what the models of a project are for, and how one will know.</summary>
/// <remarks>Each statement is a part of its own: what reads only the costs is not out of date when the owner changes.</remarks>
public abstract class Goal : Asset
{
    public sealed override AssetKind Kind => AssetKind.Goal;

    /// <summary>What the goal says, in code.</summary>
    protected abstract GoalStatement Statement { get; }

    public string Problem => Read("problem", s => s.Problem);

    /// <summary>The figure that tells success, with its unit.</summary>
    public string Measure => Read("measure", s => s.Measure);
    public double? Target => Read("target", s => s.Target);
    public string? Owner => Read("owner", s => s.Owner);

    /// <exception cref="KumikiException">The goal states no costs.</exception>
    public CostMatrix Costs => Read("costs", s => s.Costs) ?? throw new KumikiException(Message.Of("goal.no-costs", ("goal", Name)));

    /// <exception cref="KumikiException">The goal does not say what a person's decision costs.</exception>
    public double PersonCost => Read("personCost", s => s.PersonCost) ?? throw new KumikiException(Message.Of("goal.no-person-cost", ("goal", Name)));

    /// <exception cref="KumikiException">The goal does not say what it is worth.</exception>
    public Worth Worth => Read("worth", s => s.Worth) ?? throw new KumikiException(Message.Of("goal.no-worth", ("goal", Name)));

    /// <summary>In a making: from the version in use, recorded as read. Elsewhere: from the code.</summary>
    T Read<T>(string part, Func<GoalStatement, T> fromCode) => MakingRun.Current is { } making && making.Node != Node ? making.Input(this).Part<T>(part) : fromCode(Stated(part));

    /// <summary>What it says now, in code: for who shows it and makes nothing of it.</summary>
    internal GoalStatement Says => Stated("statement");

    [ThreadStatic]
    static Goal? stating;

    /// <summary>The statement, which may not ask for what it is about to state: <c>Costs = Costs</c> would never end.</summary>
    GoalStatement Stated(string part)
    {
        if (stating == this) throw new KumikiException(Message.Of("goal.reads-itself", ("goal", Name), ("part", part)));
        var outer = stating;
        stating = this;
        try
        {
            return Statement;
        }
        finally
        {
            stating = outer;
        }
    }

    /// <summary>All that a report shows, part by part.</summary>
    internal static GoalStatement ReadAll(InputVersion version) => new()
    {
        Problem = version.Part<string>("problem"),
        Measure = version.Part<string>("measure"),
        Target = version.Part<double?>("target"),
        Figure = version.Part<GoalFigure?>("figure"),
        At = version.Part<double?>("at"),
        Unit = version.Part<string?>("unit"),
        Better = version.Part<Better?>("better"),
        Today = version.Part<double?>("today"),
        Framing = version.Part<Framing?>("framing"),
        Constraints = version.Part<IReadOnlyList<string>>("constraints"),
        Costs = version.Part<CostMatrix?>("costs"),
        PersonCost = version.Part<double?>("personCost"),
        Worth = version.Part<Worth?>("worth"),
        Ethics = version.Part<Dictionary<EthicsQuestion, string>>("ethics"),
        IntendedUse = version.Part<string?>("intendedUse"),
        Limits = version.Part<string?>("limits"),
    };

    protected sealed override IEnumerable<Finding> Check()
    {
        var found = new List<Finding>();
        GoalStatement says;
        try
        {
            says = Stated("statement");
        }
        catch (KumikiException e)
        {
            return [new("goal", Severity.Refusal, e.Says, [])];
        }
        if (string.IsNullOrWhiteSpace(says.Measure)) Refuse(Message.Of("goal.no-measure", ("goal", Name)));
        if (says.Target is not { } target) Refuse(Message.Of("goal.no-target", ("goal", Name), ("measure", says.Measure)));
        else if (!double.IsFinite(target)) Refuse(Message.Of("goal.not-finite", ("goal", Name), ("what", nameof(says.Target)), ("value", target)));
        if (says.Today is { } today && !double.IsFinite(today)) Refuse(Message.Of("goal.not-finite", ("goal", Name), ("what", nameof(says.Today)), ("value", today)));
        if (says.PersonCost is { } person && !double.IsFinite(person)) Refuse(Message.Of("goal.not-finite", ("goal", Name), ("what", nameof(says.PersonCost)), ("value", person)));
        if (says.Costs?.Fault(Name) is { } fault) Refuse(fault);
        if (says.Figure is { } figure)
        {
            if (says.Better is { } way && way != figure.BetterOf()) Refuse(Message.Of("goal.better", ("goal", Name), ("figure", figure), ("better", figure.BetterOf())));
            if (figure.NeedsAt() && says.At is not (> 0 and <= 1)) Refuse(Message.Of("goal.no-at", ("goal", Name), ("figure", figure)));
            if (figure == GoalFigure.CostPerDecision && says.Costs is null) Refuse(Message.Of("goal.no-costs", ("goal", Name)));
        }
        if (says.Worth is { } worth && !(double.IsFinite(worth.Decisions) && worth.Decisions > 0 && double.IsFinite(worth.Running) && double.IsFinite(worth.Value ?? 0)))
            Refuse(Message.Of("goal.worth", ("goal", Name)));
        EthicsQuestion[] open = [.. Enum.GetValues<EthicsQuestion>().Where(q => string.IsNullOrWhiteSpace(says.Ethics.GetValueOrDefault(q)))];
        if (open.Length > 0)
            found.Add(new("ethics", Severity.Note, Message.Of("goal.ethics", ("goal", Name), ("open", open.Length), ("of", Enum.GetValues<EthicsQuestion>().Length), ("questions", string.Join(", ", open))), []));
        return found;

        void Refuse(Message why) => found.Add(new("goal", Severity.Refusal, why, []));
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var statement = Stated("statement");
        await Add("problem", statement.Problem);
        await Add("measure", statement.Measure);
        await Add("target", statement.Target);
        await Add("owner", statement.Owner);
        await Add("costs", statement.Costs);
        await Add("figure", statement.Figure);
        await Add("at", statement.At);
        await Add("unit", statement.Unit ?? (statement.Figure == GoalFigure.CostPerDecision ? statement.Costs?.Unit : null));
        await Add("better", statement.Better ?? statement.Figure?.BetterOf());
        await Add("today", statement.Today);
        await Add("framing", statement.Framing);
        await Add("constraints", statement.Constraints);
        await Add("resources", statement.Resources);
        await Add("stakeholders", statement.Stakeholders);
        await Add("reviewOn", statement.ReviewOn);
        await Add("personCost", statement.PersonCost);
        await Add("worth", statement.Worth);
        await Add("ethics", new SortedDictionary<EthicsQuestion, string>(statement.Ethics.ToDictionary()));
        await Add("intendedUse", statement.IntendedUse);
        await Add("limits", statement.Limits);
        making.Fact("problem", statement.Problem);
        making.Fact("measure", statement.Measure);

        async Task Add<T>(string part, T value)
        {
            var file = await making.AddBytesAsync($"parts/{part}.json", JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web), stop);
            making.Part(part, file.Content);
        }
    }
}
