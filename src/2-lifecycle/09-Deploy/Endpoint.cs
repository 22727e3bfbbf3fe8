using System.Text.Json;
using Kumiki.Making;

namespace Kumiki;

/// <summary>A decision offered to programs: which model, which threshold, and what each side of it means. A version of it fits exactly the versions it was made from.</summary>
public abstract class Endpoint<TIn, TOut> : Asset
{
    public sealed override AssetKind Kind => AssetKind.Endpoint;

    /// <summary>How scores become answers.</summary>
    public abstract Decision Decision { get; }

    protected sealed override EdgeKind EdgeTo(Asset input) =>
        input.Kind is AssetKind.Model or AssetKind.Threshold or AssetKind.SearchIndex ? EdgeKind.Fit : EdgeKind.Source;

    protected override IEnumerable<Finding> Check()
    {
        if (Decision.Threshold is { } threshold && Node.Inputs.All(i => i.Asset != threshold.Name))
            yield return new("endpoint", Severity.Refusal, Message.Of("endpoint.other-threshold", ("endpoint", Name), ("threshold", threshold.Name)), []);
        else if (Decision.Threshold is { } cut && Node.Inputs.All(i => i.Asset != cut.Model.Name))
            yield return new("endpoint", Severity.Refusal, Message.Of("endpoint.no-model", ("endpoint", Name), ("threshold", cut.Name), ("model", cut.Model.Name)), []);
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var decision = Decision;
        if (decision.Threshold is { } cut) Threshold.RequireFit(making.Input(cut).Record, making.Input(cut.Model).Record);
        Choice? choice = decision.Threshold is { } threshold ? making.Input(threshold).Part<Choice>("choice") : null;
        await making.AddBytesAsync("decision.json", JsonSerializer.SerializeToUtf8Bytes(new
        {
            input = typeof(TIn).Name,
            output = typeof(TOut).Name,
            model = decision.Threshold?.Model.Name,
            threshold = choice?.Value,
            greyFrom = choice?.GreyFrom,
            decision.Above,
            decision.GreyZone,
            decision.Below,
        }, JsonSerializerOptions.Web), stop);
        making.Fact("decision", decision.ToString());
    }
}

/// <summary>How scores become answers, as data: packages and other runtimes can run it.</summary>
public sealed record Decision
{
    Decision() { }

    public Threshold? Threshold { get; private init; }
    public string Above { get; private init; } = "";
    public string GreyZone { get; private init; } = "";
    public string Below { get; private init; } = "";

    /// <summary>One answer above a threshold, one below, and one for the zone left to a person.</summary>
    public static Decision At<TOut>(Threshold threshold, TOut above, TOut greyZone, TOut below)
        where TOut : struct, Enum =>
        new() { Threshold = threshold, Above = above.ToString(), GreyZone = greyZone.ToString(), Below = below.ToString() };

    public override string ToString() => $"{Above} ≥ {Threshold?.Name} > {GreyZone} ≥ … > {Below}";
}
