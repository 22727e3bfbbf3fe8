using System.Globalization;
using System.Linq.Expressions;
using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Serving;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>A decision offered to programs: which model, which threshold, what its scores mean, and what is said where the model cannot be asked. A version of it fits exactly the versions it was
/// made from.</summary>
/// <remarks>A version holds <c>endpoint.json</c>, which servers, packages and the offline runner read alike: docs/formats/endpoint.md.</remarks>
/// <typeparam name="TIn">The record that callers send; of it, what a model reads.</typeparam>
/// <typeparam name="TOut">The enum of its answers; <see cref="double"/> where it answers with numbers, <see cref="string"/> with classes.</typeparam>
public abstract class Endpoint<TIn, TOut> : Asset
{
    public sealed override AssetKind Kind => AssetKind.Endpoint;

    /// <summary>How scores become answers.</summary>
    public abstract Decision Decision { get; }

    /// <summary>What is tried in turn where the model fails, takes too long or has too long a queue: <c>[Ask(Decision.At(…)), When(r => r.Amount &lt; 50_000, Verdict.Grant), LastAnswer(TimeSpan.FromHours(1)),
    /// Always(Verdict.Review)]</c>.</summary>
    /// <value>None: the caller gets the error.</value>
    protected virtual IReadOnlyList<Fallback> Fallbacks => [];

    /// <summary>Answers that are computed before anybody asks, found by key: <c>Precomputed.Of(forecasts, r => r.Prediction, r => r.Store, r => r.Item, r => r.Week)</c>. They are the rows of whatever
    /// version of that asset is in production; where there is no such row, the model is asked if the caller sent what it reads.</summary>
    /// <value>Null: every row is asked of the model.</value>
    protected virtual Precomputed? Precomputed => null;

    /// <summary>Asks another model, mostly a smaller one.</summary>
    protected static Fallback Ask(Decision other) => new Fallback.OtherModel(other);

    /// <summary>Answers the rows of which a rule holds. It compares columns with constants: <c>&lt; &lt;= == != &gt;= &gt;</c>, <c>&amp;&amp;</c>, <c>||</c>, <c>!</c>, <c>== null</c>; so it can be
    /// written down and run anywhere.</summary>
    protected static Fallback When(Expression<Func<TIn, bool>> rule, TOut answer) =>
        new Fallback.Planned(() => new PlannedFallback.ByRule(RuleOf.Expression(rule), Fallback.Text(answer), Fallback.Number(answer)));

    /// <summary>Answers what the same session was answered last, where a session is named and its last answer is not older than <paramref name="within"/>.</summary>
    protected static Fallback LastAnswer(TimeSpan within) => new Fallback.Planned(() => new PlannedFallback.LastAnswer(within.TotalSeconds));

    /// <summary>Answers every row the same.</summary>
    protected static Fallback Always(TOut answer) => new Fallback.Planned(() => new PlannedFallback.Always(Fallback.Text(answer), Fallback.Number(answer)));

    protected sealed override EdgeKind EdgeTo(Asset input) =>
        input.Kind is AssetKind.Model or AssetKind.Threshold or AssetKind.SearchIndex ? EdgeKind.Fit : EdgeKind.Source;

    protected override IEnumerable<KeyValuePair<string, string>> Recipe => [new("endpoint", EndpointPlan.CurrentFormat), new("adapter", Adapter.Name)];

    /// <summary>The decision, and those of fallbacks.</summary>
    IEnumerable<Decision> Decisions => [Decision, .. Fallbacks.OfType<Fallback.OtherModel>().Select(f => f.Decision)];

    protected override IEnumerable<Finding> Check()
    {
        foreach (var decision in Decisions.SelectMany(d => d.Parts))
        {
            if (decision.Threshold is { } threshold && Node.Inputs.All(i => i.Asset != threshold.Name))
                yield return new("endpoint", Severity.Refusal, Message.Of("endpoint.other-threshold", ("endpoint", Name), ("threshold", threshold.Name)), []);
            else if (decision.Threshold is { } cut && Node.Inputs.All(i => i.Asset != cut.Model.Name))
                yield return new("endpoint", Severity.Refusal, Message.Of("endpoint.no-model", ("endpoint", Name), ("threshold", cut.Name), ("model", cut.Model.Name)), []);
            else if (Node.Inputs.All(i => i.Asset != decision.Model.Name))
                yield return new("endpoint", Severity.Refusal, Message.Of("endpoint.other-model", ("endpoint", Name), ("model", decision.Model.Name)), []);
        }
        foreach (var decision in Decisions.Where(d => !d.Answers(typeof(TOut))))
            yield return new("endpoint", Severity.Refusal, Message.Of("endpoint.other-answer", ("endpoint", Name), ("decision", decision), ("type", typeof(TOut).Name)), []);
        if (Precomputed is { } precomputed && Node.Inputs.All(i => i.Asset != precomputed.Rows.Name))
            yield return new("endpoint", Severity.Refusal, Message.Of("precomputed.other-rows", ("endpoint", Name), ("rows", precomputed.Rows.Name)), []);
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var schema = RowSchema.Of<TIn>(pictures: true);
        var fallbacks = Fallbacks.Select(f => f is Fallback.OtherModel other ? new PlannedFallback.Smaller(PlanOf(making, other.Decision)) : ((Fallback.Planned)f).Plan()).ToList();
        var decision = PlanOf(making, Decision);
        var (read, required) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var known = new Dictionary<string, IReadOnlySet<string>?>(StringComparer.Ordinal);
        foreach (var (asked, planned) in Decisions.Zip([decision, .. fallbacks.OfType<PlannedFallback.Smaller>().Select(f => f.Decision)])
            .SelectMany(d => d.First.Parts.Zip(d.Second.Parts)))
        {
            using var model = await AskedModel.OpenAsync(making, making.Input(asked.Model), stop);
            foreach (var input in model.Inputs)
            {
                var column = AskedModel.FieldOf(input, schema)?.Name ?? throw new KumikiException(
                    Message.Of("endpoint.column", ("endpoint", Name), ("model", asked.Model.Name), ("column", input.Name), ("record", typeof(TIn).Name)));
                read.Add(column);
                known.TryAdd(column, input.Known);
                // What only a fallback cannot do without may be missing all the same: then the next one is asked.
                if (Decision.Parts.Any(p => p.Model == asked.Model) && (input.Required || schema.Find(column) is not { Nullable: true })) required.Add(column);
            }
            model.Hold(planned.Rule, (decision.Rule as DecisionRule.Strictest)?.Severity);
        }
        read.UnionWith(fallbacks.OfType<PlannedFallback.ByRule>().SelectMany(r => r.When.Fields));
        var plan = new EndpointPlan
        {
            Input = typeof(TIn).Name,
            Output = typeof(TOut).Name,
            Fields = [.. schema.Columns.Select(c => EndpointFields.Of(c, read.Contains(c.Name), required.Contains(c.Name), known.GetValueOrDefault(c.Name)))],
            Decision = decision,
            Fallbacks = fallbacks,
            Precomputed = Precomputed?.Plan,
        };
        await making.AddBytesAsync(EndpointPlan.FileName, plan.ToBytes(), stop);
        making.Fact("decision", Decision.ToString());
        if (fallbacks.Count > 0) making.Fact("fallbacks", string.Join(" → ", fallbacks.Select(f => f.Name)));
        if (plan.Precomputed is { } before) making.Fact("precomputed", $"{before.Answer} of {before.Rows} by {string.Join(", ", before.Keys)}");
        making.Schema(schema.ToJson());
    }

    static PlannedDecision PlanOf(MakingRun making, Decision decision)
    {
        if (decision.Parts.Count > 1) return new(decision.Model.Name, null, decision.JoinOf([.. decision.Parts.Select(p => PlanOf(making, p))]));
        if (decision.Threshold is not { } threshold) return new(decision.Model.Name, null, decision.RuleOf(null));
        Threshold.RequireFit(making.Input(threshold).Record, making.Input(threshold.Model).Record);
        return new(decision.Model.Name, threshold.Name, decision.RuleOf(making.Input(threshold).Part<Choice>("choice")));
    }
}

/// <summary>What an endpoint does where its model cannot be asked; made by the endpoint's own methods.</summary>
public abstract record Fallback
{
    Fallback() { }

    internal sealed record OtherModel(Decision Decision) : Fallback;

    internal sealed record Planned(Func<PlannedFallback> Plan) : Fallback;

    internal static string? Text<T>(T answer) => Number(answer) is null ? Convert.ToString(answer, CultureInfo.InvariantCulture) : null;

    internal static double? Number<T>(T answer) => answer is double or float or decimal or int or long ? Convert.ToDouble(answer, CultureInfo.InvariantCulture) : null;
}

/// <summary>How scores become answers, as data: packages and other runtimes can run it.</summary>
public sealed record Decision
{
    readonly Func<Choice?, DecisionRule>? rule;
    readonly Func<IReadOnlyList<PlannedDecision>, DecisionRule>? join;
    readonly Func<string> says;

    Decision(Asset model, Threshold? threshold, Type? answers, Func<string> says, Func<Choice?, DecisionRule> rule)
    {
        (Model, Threshold, AnswerType, this.says, this.rule) = (model, threshold, answers, says, rule);
        Parts = [this];
    }

    Decision(IReadOnlyList<Decision> parts, Type answers, Func<string> says, Func<IReadOnlyList<PlannedDecision>, DecisionRule> join)
    {
        if (parts.Count < 2) throw new ArgumentException("One model decides by itself; give at least two parts.", nameof(parts));
        if (parts.FirstOrDefault(p => p.Parts.Count > 1) is { } nested)
            throw new ArgumentException($"A part decides by one model, and '{nested}' does by several.", nameof(parts));
        (Model, Parts, AnswerType, this.says, this.join) = (parts[0].Model, [.. parts], answers, says, join);
    }

    /// <summary>The model whose scores are decided on; of several the first.</summary>
    public Asset Model { get; }

    /// <summary>What its scores are held against; null where they are not, and of several models.</summary>
    public Threshold? Threshold { get; }

    /// <summary>The models that decide, each by a rule of its own: itself where it is one.</summary>
    public IReadOnlyList<Decision> Parts { get; }

    /// <summary>The type of the answers; null where any text may be one.</summary>
    internal Type? AnswerType { get; }

    internal DecisionRule RuleOf(Choice? choice) => rule!(choice);

    internal DecisionRule JoinOf(IReadOnlyList<PlannedDecision> parts) => join!(parts);

    /// <summary>Whether an endpoint of this type of answers can decide so.</summary>
    internal bool Answers(Type type) => AnswerType is { } own ? own == type : type == typeof(string) || type.IsEnum;

    /// <summary>One answer above a threshold, one below, and one for the zone left to a person.</summary>
    public static Decision At<TOut>(Threshold threshold, TOut above, TOut greyZone, TOut below)
        where TOut : struct, Enum =>
        new(threshold.Model, threshold, typeof(TOut), () => $"{above} ≥ {threshold.Name} > {greyZone} ≥ … > {below}",
            choice => new DecisionRule.AtThreshold(choice!.Value, choice.GreyFrom, above.ToString(), greyZone.ToString(), below.ToString()));

    /// <summary>One answer from a number on and one below it. The number is declared, not learnt: for a model without rows to choose a threshold on, such as one
    /// that was trained elsewhere.</summary>
    /// <param name="model">A model with one score.</param>
    /// <param name="cut">Scores at or above it get <paramref name="above"/>; a finite number.</param>
    public static Decision At<TOut>(Asset model, double cut, TOut above, TOut below)
        where TOut : struct, Enum => At(model, cut, above, cut, below, below);

    /// <inheritdoc cref="At{TOut}(Asset, double, TOut, TOut)"/>
    /// <param name="greyFrom">Scores from here up to <paramref name="cut"/> get <paramref name="greyZone"/>.</param>
    public static Decision At<TOut>(Asset model, double cut, TOut above, double greyFrom, TOut greyZone, TOut below)
        where TOut : struct, Enum
    {
        if (!double.IsFinite(cut)) throw new ArgumentOutOfRangeException(nameof(cut), cut, "A cut is a finite number.");
        if (!(greyFrom <= cut) || !double.IsFinite(greyFrom))
            throw new ArgumentOutOfRangeException(nameof(greyFrom), greyFrom, "The zone between begins at or below the cut.");
        return new(model, null, typeof(TOut), () => string.Create(CultureInfo.InvariantCulture, $"{above} ≥ {cut} of {model.Name} > {below}"),
            _ => new DecisionRule.AtThreshold(cut, greyFrom, above.ToString(), greyZone.ToString(), below.ToString()));
    }

    /// <summary>The model's number as it is, with its interval where the model gives one; for an endpoint of <see cref="double"/>.</summary>
    /// <param name="least">What is below becomes this.</param>
    /// <param name="most">What is above becomes this.</param>
    public static Decision Number(Asset model, double? least = null, double? most = null) =>
        new(model, null, typeof(double),
            () => string.Create(CultureInfo.InvariantCulture, $"{model.Name} in [{least ?? double.NegativeInfinity}, {most ?? double.PositiveInfinity}]"),
            _ => new DecisionRule.AsNumber(least, most));

    /// <summary>The likeliest classes with their probabilities; for an endpoint of <see cref="string"/>, or of an enum whose names are the classes.</summary>
    /// <param name="count">How many are listed; from 1.</param>
    /// <param name="atLeast">The probability from which the likeliest is the answer, in [0, 1].</param>
    /// <param name="otherwise">The answer where it is not reached: whoever asks decides then, or a person.</param>
    public static Decision Top(Asset model, int count, double atLeast = 0, string otherwise = "unsure")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!(atLeast is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(atLeast), atLeast, "A probability is in [0, 1].");
        return new(model, null, null, () => string.Create(CultureInfo.InvariantCulture, $"top {count} of {model.Name}, {otherwise} below {atLeast}"),
            _ => new DecisionRule.TopClasses(count, atLeast, otherwise));
    }

    /// <summary>Several models decide, and the strictest of their answers is the answer: <c>Strictest([Verdict.Suspend, Verdict.Review, Verdict.Publish], At(…), At(…))</c>. Each part's own answer is told
    /// beside it. Models that share a network in front of them run it once.</summary>
    /// <param name="severity">Every answer that a part may give, the strictest first.</param>
    /// <param name="parts">At least two, each of one model.</param>
    public static Decision Strictest<TOut>(IReadOnlyList<TOut> severity, params IReadOnlyList<Decision> parts)
        where TOut : struct, Enum
    {
        if (severity.Distinct().Count() != severity.Count || severity.Count == 0)
            throw new ArgumentException("Name each answer once, the strictest first.", nameof(severity));
        if (parts.FirstOrDefault(p => !p.Answers(typeof(TOut))) is { } other)
            throw new ArgumentException($"'{other}' does not answer with {typeof(TOut).Name}.", nameof(parts));
        List<string> names = [.. severity.Select(s => s.ToString())];
        return new(parts, typeof(TOut), () => $"{string.Join(" > ", names)} of {string.Join("; ", parts)}", planned => new DecisionRule.Strictest(planned, names));
    }

    /// <summary>Several models decide, each for itself, and the answer is an object with the answer of each by its model's name; for an endpoint of <see cref="string"/>, whose text is
    /// that object's JSON.</summary>
    /// <param name="parts">At least two, each of another model.</param>
    public static Decision Each(params IReadOnlyList<Decision> parts)
    {
        if (parts.DistinctBy(p => p.Model).Count() != parts.Count)
            throw new ArgumentException("Their answers are named for their models; give each model once.", nameof(parts));
        return new(parts, typeof(string), () => string.Join("; ", parts), planned => new DecisionRule.Each(planned));
    }

    public override string ToString() => says();
}
