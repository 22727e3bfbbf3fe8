using System.Reflection;

namespace Kumiki.Making;

public sealed partial class ProjectGraph
{
    /// <summary>Builds the views over the assets; what is wrong with one is a note, for nothing is made from it.</summary>
    static IReadOnlyList<View> ViewsOf(Project project, IReadOnlyCollection<AssetNode> nodes, List<Finding> findings)
    {
        var views = new List<View>();
        foreach (var type in project.Views)
        {
            if (Constructor(type) is not { } constructor)
            {
                Note(Message.Of("graph.constructors", ("class", type.Name), ("count", type.GetConstructors().Length)));
                continue;
            }
            var wanted = constructor.GetParameters();
            var found = Array.ConvertAll(wanted, p => (object?)nodes.SingleOrDefault(n => n.Type == p.ParameterType && n.Family is null)?.Instance);
            if (Array.FindIndex(found, f => f is null) is var lacking and >= 0)
            {
                Note(Message.Of("graph.view-needs", ("view", AssetName.Of(type.Name)), ("parameter", wanted[lacking].Name),
                    ("type", wanted[lacking].ParameterType.Name)));
                continue;
            }
            try
            {
                var view = (View)constructor.Invoke(found);
                var faults = view.Faults().ToList();
                foreach (var fault in faults) Note(fault);
                if (faults.Count == 0) views.Add(view);
            }
            catch (TargetInvocationException e) when (e.InnerException is { } inner)
            {
                Note(Message.Of("graph.constructor-failed", ("asset", AssetName.Of(type.Name)), ("reason", inner.Message)));
            }
        }
        return [.. views.OrderBy(v => v.Name, StringComparer.Ordinal)];

        void Note(Message says) => findings.Add(new("view", Severity.Note, says, []));
    }
}
