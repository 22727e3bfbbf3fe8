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

    /// <summary>In a making: from the version in use, recorded as read. Elsewhere: from the code.</summary>
    T Read<T>(string part, Func<GoalStatement, T> fromCode) => MakingRun.Current is { } making && making.Node != Node ? making.Input(this).Part<T>(part) : fromCode(Statement);

    protected sealed override IEnumerable<Finding> Check()
    {
        if (string.IsNullOrWhiteSpace(Statement.Measure))
            yield return new("goal", Severity.Refusal, Message.Of("goal.no-measure", ("goal", Name)), []);
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var statement = Statement;
        await Add("problem", statement.Problem);
        await Add("measure", statement.Measure);
        await Add("target", statement.Target);
        await Add("owner", statement.Owner);
        await Add("costs", statement.Costs);
        making.Fact("problem", statement.Problem);
        making.Fact("measure", statement.Measure);

        async Task Add<T>(string part, T value)
        {
            var file = await making.AddBytesAsync($"parts/{part}.json", JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web), stop);
            making.Part(part, file.Content);
        }
    }
}

/// <summary>What a goal says.</summary>
public sealed record GoalStatement
{
    /// <summary>The business problem, in a sentence.</summary>
    public required string Problem { get; init; }

    /// <summary>The figure that tells success, with its unit; a goal without one is refused.</summary>
    public required string Measure { get; init; }

    /// <summary>What the figure should reach.</summary>
    public double? Target { get; init; }
    public string? Owner { get; init; }
    public CostMatrix? Costs { get; init; }
}
