using System.CommandLine;
using System.Text;
using Kumiki.Making;

namespace Kumiki;

sealed partial class Doors
{
    enum GraphFormat { Text, Dot, Json }

    Command Graph()
    {
        var format = new Option<GraphFormat>("--format") { Description = "text, dot (for Graphviz) or json." };
        return Verb("graph", "The assets and what they are made from.", [format], async (parsed, session, terminal, stop) =>
        {
            var graph = await session.GraphAsync(null, stop);
            graph.Sound();
            var states = await session.MakerOf(graph).StatusAsync(stop);
            var asJson = parsed.GetValue(format) == GraphFormat.Json || terminal.Json;
            if (asJson)
                return new Shell.Terminal(json: true).Result(graph.Nodes.Select(n => new
                {
                    n.Name,
                    n.Kind,
                    n.Family,
                    key = n.RawKey,
                    inputs = n.Inputs,
                    parameters = n.Parameters.ToDictionary(p => p.Name, p => p.Value),
                    version = states[n.Name].Version?.Name.ToString(),
                    stale = states[n.Name].Causes.Select(c => c.Says),
                }), () => { });
            if (graph.Nodes.Count == 0)
            {
                terminal.Line(Message.Of("shell.no-assets"));
                return 0;
            }
            terminal.Line((parsed.GetValue(format) == GraphFormat.Dot ? Dot(graph) : Text(graph, states)).TrimEnd());
            terminal.Findings(graph.Findings);
            return 0;
        });
    }

    static string Dot(ProjectGraph graph)
    {
        var dot = new StringBuilder("digraph kumiki {\n  rankdir=LR;\n  node [shape=box];\n");
        foreach (var node in graph.Nodes)
        {
            dot.Append($"  \"{node.Name}\" [label=\"{node.Name}\\n{node.Kind.ToString().ToLowerInvariant()}\"];\n");
            foreach (var input in node.Inputs)
                dot.Append($"  \"{input.Asset}\" -> \"{node.Name}\"{(input.Edge == EdgeKind.Fit ? " [style=bold]" : input.Edge == EdgeKind.Scored ? " [style=dashed]" : "")};\n");
        }
        return dot.Append("}\n").ToString();
    }

    static string Text(ProjectGraph graph, IReadOnlyDictionary<string, (VersionRecord? Version, IReadOnlyList<StaleCause> Causes)> states)
    {
        var text = new StringBuilder();
        var width = graph.Nodes.Max(n => n.Name.Length);
        foreach (var node in graph.Nodes)
        {
            var (version, causes) = states[node.Name];
            var state = version is null ? Message.Of("shell.state-never") : causes.Count == 0 ? Message.Of("shell.state-fresh") : Message.Of("shell.state-stale");
            text.Append(node.Name.PadRight(width)).Append("  ").Append($"{node.Kind.ToString().ToLowerInvariant(),-13}").Append((version is null ? "–" : "@" + version.Name.Number).PadRight(6)).Append(state);
            if (node.Inputs.Count > 0) text.Append("  ← ").AppendJoin(", ", node.Inputs.Select(i => i.Edge switch { EdgeKind.Fit => i.Asset + " (fit)", EdgeKind.Scored => i.Asset + " (scored)", _ => i.Asset }));
            text.Append('\n');
        }
        return text.ToString();
    }
}
