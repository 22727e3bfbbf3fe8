using Kumiki.Making;

namespace Kumiki.Continuing;

/// <summary>How far the making of a model has become automatic.</summary>
/// <param name="Model">A model, or a family of models.</param>
/// <param name="Stage">1: by hand. 2: on a schedule.</param>
/// <param name="Schedules">The schedules that make it, paused ones too.</param>
/// <param name="Missing">What is missing for the next stage.</param>
/// <param name="Mends">Commands that bring it there; empty where that takes more than a command.</param>
public sealed record Automation(string Model, int Stage, IReadOnlyList<string> Schedules, Message Missing, IReadOnlyList<string> Mends)
{
    internal static IReadOnlyList<Automation> Of(ProjectGraph graph, IReadOnlyDictionary<string, ScheduleRecord> kept)
    {
        var makers = graph.Schedules.SelectMany(s => s.Make.SelectMany(a => graph.Upstream(a.Name)).Distinct(), (s, n) => (Model: n.Family ?? n.Name, s.Name))
            .Distinct().ToLookup(m => m.Model, m => m.Name);
        return
        [
            .. graph.Nodes.Where(n => n.Kind == AssetKind.Model && !n.IsBroughtIn).Select(n => n.Family ?? n.Name).Distinct().Order(StringComparer.Ordinal).Select(model =>
            {
                IReadOnlyList<string> all = [.. makers[model]];
                return all.Count == 0 ? new Automation(model, 1, all, Message.Of("schedule.stage-1", ("model", model)), [])
                    : all.All(s => kept[s].PausedAt is not null)
                        ? new(model, 1, all, Message.Of("schedule.stage-paused", ("model", model)), [.. all.Select(s => $"kumiki schedules resume {s}")])
                    : new(model, 2, all, Message.Of("schedule.stage-2", ("model", model)), []);
            }),
        ];
    }
}
