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
            var newest = await session.Metadata.NewestAsync(stop);
            List<VersionName> others = [.. newest.Where(n => graph.Find(n.Key) is null).Select(n => new VersionName(n.Key, n.Value))];
            var imported = (await session.Metadata.VersionsAsync(others, stop)).Values
                .Where(v => v.Imported is not null).OrderBy(v => v.Asset, StringComparer.Ordinal).ToList();
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
                    imported = states[n.Name].Version?.Imported,
                }).Concat(imported.Select(v => new
                {
                    Name = v.Asset,
                    v.Kind,
                    v.Family,
                    key = v.RawKey,
                    inputs = (IReadOnlyList<NodeInput>)[.. v.Inputs.Select(i => new NodeInput(i.Version.Asset, i.Edge))],
                    parameters = new Dictionary<string, string>(),
                    version = (string?)v.Name.ToString(),
                    stale = Enumerable.Empty<Message>(),
                    imported = v.Imported,
                })), () => { });
            if (graph.Nodes.Count == 0 && imported.Count == 0)
            {
                terminal.Line(Message.Of("shell.no-assets"));
                return 0;
            }
            terminal.Line((parsed.GetValue(format) == GraphFormat.Dot ? Dot(graph, imported) : Text(graph, states, imported)).TrimEnd());
            terminal.Findings(graph.Findings);
            return 0;
        });
    }

    static string Dot(ProjectGraph graph, IReadOnlyList<VersionRecord> imported)
    {
        var dot = new StringBuilder("digraph kumiki {\n  rankdir=LR;\n  node [shape=box];\n");
        foreach (var node in graph.Nodes)
        {
            dot.Append($"  \"{node.Name}\" [label=\"{node.Name}\\n{node.Kind.ToString().ToLowerInvariant()}\"];\n");
            foreach (var input in node.Inputs)
                dot.Append($"  \"{input.Asset}\" -> \"{node.Name}\"{(input.Edge == EdgeKind.Fit ? " [style=bold]" : input.Edge == EdgeKind.Scored ? " [style=dashed]" : "")};\n");
        }
        foreach (var version in imported)
        {
            dot.Append($"  \"{version.Asset}\" [label=\"{version.Asset}\\nimported model\", style=rounded];\n");
            foreach (var input in version.Inputs) dot.Append($"  \"{input.Version.Asset}\" -> \"{version.Asset}\";\n");
        }
        return dot.Append("}\n").ToString();
    }

    static string Text(ProjectGraph graph, IReadOnlyDictionary<string, (VersionRecord? Version, IReadOnlyList<StaleCause> Causes)> states, IReadOnlyList<VersionRecord> imported)
    {
        var text = new StringBuilder();
        var width = graph.Nodes.Select(n => n.Name.Length).Concat(imported.Select(v => v.Asset.Length)).Max();
        foreach (var node in graph.Nodes)
        {
            var (version, causes) = states[node.Name];
            var state = version is null ? Message.Of("shell.state-never") : node.IsBroughtIn ? Message.Of("shell.state-imported")
                : causes.Count == 0 ? Message.Of("shell.state-fresh") : Message.Of("shell.state-stale");
            text.Append(node.Name.PadRight(width)).Append("  ").Append($"{node.Kind.ToString().ToLowerInvariant(),-13}").Append((version is null ? "–" : "@" + version.Name.Number).PadRight(6)).Append(state);
            if (node.Inputs.Count > 0) text.Append("  ← ").AppendJoin(", ", node.Inputs.Select(i => i.Edge switch { EdgeKind.Fit => i.Asset + " (fit)", EdgeKind.Scored => i.Asset + " (scored)", _ => i.Asset }));
            text.Append('\n');
        }
        foreach (var version in imported)
        {
            text.Append(version.Asset.PadRight(width)).Append("  model        ").Append($"@{version.Name.Number}".PadRight(6))
                .Append(Message.Of("shell.state-imported"));
            if (version.Inputs.Count > 0) text.Append("  ← ").AppendJoin(", ", version.Inputs.Select(i => i.Version.Asset));
            text.Append('\n');
        }
        return text.ToString();
    }
}
