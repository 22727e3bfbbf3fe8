using System.CommandLine;
using Kumiki.Hosting;
using Kumiki.Making;

namespace Kumiki;

sealed partial class Doors
{
    IEnumerable<Command> Serving()
    {
        yield return Serve();
    }

    Command Serve()
    {
        var host = new Option<string>("--host") { Description = "A loopback address.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port") { Description = "0 takes any free port.", DefaultValueFactory = _ => 5080 };
        var readOnly = new Option<bool>("--read-only") { Description = "Only show: refuse to make, stage or release from the pages." };
        const string Does = "Serve pages, the REST API and MLflow's clients in the foreground, and run schedules when they are due.";
        return Verb("serve", Does, [host, port, readOnly], async (parsed, session, terminal, stop) =>
        {
            var at = ServeAddress.Of(parsed.GetValue(host)!, parsed.GetValue(port));
            var hasProject = session.Project.Types.Count > 0;
            var findings = hasProject ? (await session.GraphAsync(null, stop)).Findings : [];
            var place = session.PlaceOf();
            var served = new Served
            {
                Name = session.Project.Name,
                DataFolder = session.Folder,
                Where = session.Where,
                Metadata = session.Metadata,
                Artifacts = session.Artifacts,
                Tracking = session.Tracking,
                Imports = session.Imports(),
                Project = hasProject ? ProjectAsync : null,
                ReadOnly = parsed.GetValue(readOnly),
                Author = Author,
                Schedules = hasProject ? new(place, asked => session.GraphAsync(null, asked)) : null,
            };
            await using var server = await KumikiServer.StartAsync(served, at, stop);
            terminal.Findings(findings);
            terminal.Line(server.Says);
            await server.WaitAsync(stop);
            return 0;

            async Task<ServedProject> ProjectAsync(IReadOnlyList<ParameterSetting> settings, CancellationToken asked)
            {
                var graph = await session.GraphAsync(settings, asked);
                return new(graph, new(graph, place));
            }
        });
    }
}
