using System.Reflection;

namespace Kumiki.Making;

public sealed partial class ProjectGraph
{
    /// <summary>The schedules, by name; each is sound where the graph is.</summary>
    public IReadOnlyList<Schedule> Schedules { get; private init; } = [];

    /// <exception cref="KumikiException">No such schedule; the sentence lists those there are.</exception>
    public Schedule Schedule(string name) => Schedules.FirstOrDefault(s => s.Name == name) ?? throw new KumikiException(Schedules.Count == 0
        ? Message.Of("schedule.none", ("schedule", name))
        : Message.Of("schedule.unknown", ("schedule", name), ("known", string.Join(", ", Schedules.Select(s => s.Name)))));

    /// <summary>Builds the schedules over the assets, which are built.</summary>
    static IReadOnlyList<Schedule> Scheduled(Project project, Classes classes, Dictionary<string, AssetNode> built, List<Finding> findings)
    {
        var schedules = new Dictionary<string, Schedule>(StringComparer.Ordinal);
        foreach (var type in project.Schedules)
        {
            var node = new AssetNode { Name = AssetName.Of(type.Name), Type = type, Inputs = [], Parameters = [] };
            if (!AssetName.IsValid(node.Name)) findings.Add(Refuse("name", Message.Of("graph.bad-name", ("class", type.FullName), ("name", node.Name))));
            else if (schedules.TryGetValue(node.Name, out var other))
                findings.Add(Refuse("name", Message.Of("graph.two-classes", ("name", node.Name), ("first", other.GetType().FullName),
                    ("second", type.FullName))));
            var before = findings.Count;
            var wants = Wanted(node, classes, findings);
            if (findings.Count > before) continue;
            try
            {
                var schedule = (Schedule)Constructor(type)!.Invoke(Arguments(node, wants, built));
                schedule.Name = node.Name;
                findings.AddRange(schedule.Check([.. wants.SelectMany(w => w.Names).Select(n => built[n].Instance!)]));
                if (findings.Count == before) findings.AddRange(News(schedule, built));
                schedules.TryAdd(node.Name, schedule);
            }
            catch (TargetInvocationException e) when (e.InnerException is { } inner)
            {
                findings.Add(Refuse("constructor", Message.Of("graph.constructor-failed", ("asset", node.Name), ("reason", inner.Message))));
            }
        }
        return [.. schedules.Values.OrderBy(s => s.Name, StringComparer.Ordinal)];
    }

    /// <summary>Data whose news could never be noticed.</summary>
    static IEnumerable<Finding> News(Schedule schedule, Dictionary<string, AssetNode> built)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(schedule.Make.Select(a => a.Name));
        while (open.TryPop(out var at))
        {
            if (!reached.Add(at)) continue;
            foreach (var input in built[at].Inputs) open.Push(input.Asset);
        }
        return schedule.NewData.Where(d => !reached.Contains(d.Name))
            .Select(d => Refuse("schedule", Message.Of("schedule.news-elsewhere", ("schedule", schedule.Name), ("asset", d.Name))));
    }
}
