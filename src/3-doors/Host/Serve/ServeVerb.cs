using System.CommandLine;
using Kumiki.Hosting;
using Kumiki.Making;
using Kumiki.Serving;
using Kumiki.Store;

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
        var grpc = new Option<int?>("--grpc-port") { Description = "Answer models over gRPC too, on this port; not by default." };
        var memory = new Option<int?>("--model-memory") { Description = "MiB of models in memory; a quarter of this machine's by default." };
        var body = new Option<int?>("--most-body") { Description = "MiB of one inference request, unpacked; 64 by default." };
        var limits = new Option<string[]>("--model-limits")
        {
            Description = "NAME:rows=64,wait-ms=0,runs=2,queue=256,most-wait-ms=100,seconds=30, any of them: how a model's requests are batched, run and refused; without NAME:, every model's.",
        };
        var log = new Option<string>("--log-predictions") { Description = "on or off: whether what endpoints answer is logged.", DefaultValueFactory = _ => "on" }
            .AcceptOnlyFromAmong("on", "off");
        var keep = new Option<int?>("--keep-predictions") { Description = "Days after which logged predictions go; 90 by default." };
        var otlp = new Option<string?>("--otlp")
        {
            Description = "Send a trace of each inference request to this collector, http://127.0.0.1:4318; OTEL_EXPORTER_OTLP_ENDPOINT by default, else nowhere.",
        };
        var accessLog = new Option<string?>("--access-log") { Description = "Write a line of JSON for each request to this file; - is the standard output." };
        var accessLogSize = new Option<int>("--access-log-size")
        {
            Description = "MiB of the access log, from which it is put aside for a new one; five are kept.",
            DefaultValueFactory = _ => 64,
        };
        var connections = new Option<int>("--most-connections") { Description = "Connections at once.", DefaultValueFactory = _ => 10_000 };
        var from = new Option<string?>("--from")
        {
            Description = "Answer by the release in this folder, as an image holds one: --data gets it, nothing is made or released, and what is answered is logged.",
        };
        const string Does = "Serve pages, the REST API, models and MLflow's clients in the foreground, and run schedules when they are due.";
        return Verb("serve", Does, [host, port, readOnly, grpc, memory, body, limits, log, keep, otlp, accessLog, accessLogSize, connections, QueueOption, from],
            async (parsed, session, terminal, stop) =>
        {
            var at = ServeAddress.Of(parsed.GetValue(host)!, parsed.GetValue(port));
            if (parsed.GetValue(keep) is < 1 or > 36500) throw new KumikiException(Message.Of("predlog.bad-keep", ("days", parsed.GetValue(keep))));
            var answersOnly = parsed.GetValue(from) is not null;
            var hasProject = !answersOnly && session.Project.Types.Count > 0;
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
                Imports = answersOnly ? null : session.Imports(),
                Project = hasProject ? ProjectAsync : null,
                ReadOnly = answersOnly || parsed.GetValue(readOnly),
                AnswersOnly = answersOnly && !parsed.GetValue(readOnly),
                Serving = Asked(parsed.GetValue(memory), parsed.GetValue(body), parsed.GetValue(limits) ?? []),
                GrpcPort = parsed.GetValue(grpc),
                Operating = OperatingSettings.Of(parsed.GetValue(otlp), parsed.GetValue(accessLog), parsed.GetValue(accessLogSize),
                    parsed.GetValue(connections)),
                LogPredictions = parsed.GetValue(log) == "on",
                KeepPredictions = TimeSpan.FromDays(parsed.GetValue(keep) ?? 90),
                Broker = OpenerOf(parsed) is var (address, open)
                    ? new(BrokerOf(parsed)!, asked => open(address, session.Claims(new()), new() { Patience = TimeSpan.FromSeconds(3) }, Session.Clock, asked))
                    : null,
                Author = Author,
                Schedules = hasProject ? new(place, asked => session.GraphAsync(null, asked)) : null,
            };
            await using var server = await KumikiServer.StartAsync(served, at, stop);
            terminal.Findings(findings);
            terminal.Line(server.Says);
            if (served.GrpcPort is { } grpcPort) terminal.Line(Message.Of("inference.answers-grpc", ("port", grpcPort)));
            await server.WaitAsync(stop);
            return 0;

            async Task<ServedProject> ProjectAsync(IReadOnlyList<ParameterSetting> settings, CancellationToken asked)
            {
                var graph = await session.GraphAsync(settings, asked);
                return new(graph, new(graph, place));
            }
        }, before: async (parsed, stop) =>
        {
            if (parsed.GetValue(from) is not { } folder) return;
            if (Stores(parsed) is not { Metadata: null, Artifacts: null }) throw new KumikiException(Message.Of("store.brought-stores"));
            await ReleaseRecords.TakeAsync(folder, parsed.GetValue(Data)!.FullName, TimeProvider.System, stop);
        });
    }

    static ServingSettings Asked(int? memory, int? body, IReadOnlyList<string> limits)
    {
        if (memory is < 1 or > 16 << 20 || body is < 1 or > 1024) throw new KumikiException(Message.Of("inference.bad-mib", ("memory", memory),
            ("body", body)));
        var settings = new ServingSettings();
        var named = new Dictionary<string, ModelLimits>(StringComparer.Ordinal);
        var all = settings.Limits;
        foreach (var one in limits)
        {
            if (one.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon) named[one[..colon]] = ModelLimits.Parse(one[(colon + 1)..]);
            else all = ModelLimits.Parse(one);
        }
        return settings with
        {
            MemoryBytes = memory is { } mib ? (long)mib << 20 : settings.MemoryBytes,
            MostBodyBytes = body is { } most ? Math.Min(most << 20, Array.MaxLength / 2) : settings.MostBodyBytes,
            Limits = all,
            Models = named,
        };
    }
}
