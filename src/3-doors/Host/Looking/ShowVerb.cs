using System.CommandLine;
using System.Globalization;
using Kumiki.Shell;

namespace Kumiki;

sealed partial class Doors
{
    Command Show()
    {
        var what = new Argument<string?>("what") { Description = "An asset, a version (demand-model@7) or a run (run-42); all assets by default.", Arity = ArgumentArity.ZeroOrOne };
        return Verb("show", "What there is of an asset, a version or a run.", [what], async (parsed, session, terminal, stop) => parsed.GetValue(what) switch
        {
            null => await ShowAllAsync(session, terminal, stop),
            var name when VersionName.TryParse(name, null, out var version) => await ShowVersionAsync(session, terminal, version, stop),
            var name when name.StartsWith("run-", StringComparison.Ordinal) => await ShowRunAsync(session, terminal, RunOf(name), stop),
            var name => await ShowAssetAsync(session, terminal, name, stop),
        });
    }

    static async Task<int> ShowAllAsync(Session session, Terminal terminal, CancellationToken stop)
    {
        var newest = await session.Metadata.NewestAsync(stop);
        var staged = (await session.Metadata.StagesAsync(stop)).Where(s => s.Stage == "staging").ToDictionary(s => s.Asset, s => s.Number);
        var production = await session.Metadata.ProductionAsync(stop);
        var all = newest.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => new
        {
            asset = n.Key,
            newest = n.Value,
            staging = staged.TryGetValue(n.Key, out var s) ? s : (int?)null,
            production = production.Set.TryGetValue(n.Key, out var p) ? p : (int?)null,
        }).ToList();
        return terminal.Result(all, () =>
        {
            if (all.Count == 0)
            {
                terminal.Line(Message.Of("shell.nothing-made"));
                terminal.Next("kumiki graph", "kumiki make ASSET --upstream");
            }
            else
                terminal.Table(["ASSET", "NEWEST", "STAGING", "PRODUCTION"], all.Select(a => (IReadOnlyList<string>)[a.asset, At(a.newest), At(a.staging), At(a.production)]));
        });

        static string At(int? number) => number is { } n ? $"@{n}" : "–";
    }

    static async Task<int> ShowAssetAsync(Session session, Terminal terminal, string asset, CancellationToken stop)
    {
        var versions = await session.Metadata.VersionsAsync(asset, 50, null, stop);
        if (versions.Count == 0)
        {
            var known = (await session.GraphAsync(null, stop)).Find(asset) is not null;
            throw new KumikiException(known ? Message.Of("shell.never-made", ("asset", asset)) : Message.Of("shell.unknown", ("what", asset)));
        }
        var stages = (await session.Metadata.StagesAsync(stop)).Where(s => s.Asset == asset).ToList();
        var production = (await session.Metadata.ProductionAsync(stop)).Set.TryGetValue(asset, out var live) ? live : 0;
        return terminal.Result(new { asset, versions, stages, production = production == 0 ? null : (int?)production }, () => terminal.Table(["VERSION", "MADE", "BY", "FROM", "METRICS", "STAGES"], versions.Select(v => (IReadOnlyList<string>)
        [
            v.Name.ToString(), When(v.MadeAt), v.MadeBy.ToString(), string.Join(' ', v.Inputs.Select(i => i.Version)),
            string.Join(' ', v.Metrics.Take(3).Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key}={m.Value:G5}"))),
            string.Join(' ', stages.Where(s => s.Number == v.Name.Number).Select(s => s.Stage).Concat(v.Name.Number == production ? ["production"] : [])),
        ])));
    }

    static async Task<int> ShowVersionAsync(Session session, Terminal terminal, VersionName name, CancellationToken stop)
    {
        var (version, run) = await RecordAsync(session, name, stop);
        var users = await session.Metadata.UsersOfAsync(name, 100, stop);
        return terminal.Result(new { version, run, users = users.Select(u => u.Name.ToString()) }, () =>
        {
            terminal.Line($"{version.Name}  {version.Kind.ToString().ToLowerInvariant()}  {version.Content.Short}  {When(version.MadeAt)}  {version.MadeBy}");
            if (run is not null && version.Imported is null) terminal.Line($"  {run.Plan.Code.EntryAssembly} {run.Plan.Code.ShortCommit}{(run.Plan.Code.GitDirty == true ? " (dirty)" : "")}  seed {run.Plan.Seed}  {string.Join(' ', run.Plan.Parameters.Select(p => $"{p.Key}={p.Value}"))}");
            if (version.Imported is not null && run?.Plan is { } trained)
                terminal.Line($"  {trained.Code.EntryAssembly} {trained.Code.ShortCommit}  {string.Join(' ', trained.Parameters.Select(p => $"{p.Key}={p.Value}"))}".TrimEnd());
            foreach (var input in version.Inputs)
                terminal.Line($"  ← {input.Version} ({input.Edge.ToString().ToLowerInvariant()}){(input.Read.Count == 0 ? " not read" : "")}{(input.Declared ? "" : " UNDECLARED")}");
            foreach (var file in version.Outside) terminal.Line($"  ← {file.Path} ({Size(file.Bytes)}, {file.Content.Short}){(file.Declared ? "" : " UNDECLARED")}");
            foreach (var user in users) terminal.Line($"  → {user.Name}");
            foreach (var file in version.Files) terminal.Line($"  {file.Path}  {Size(file.Bytes)}  {file.Content.Short}");
            foreach (var (fact, value) in version.Facts) terminal.Line($"  {fact}: {value}");
            foreach (var (metric, value) in version.Metrics) terminal.Line(string.Create(CultureInfo.InvariantCulture, $"  {metric} = {value:G9}"));
            if (version.Schema is { } schema && version.Imported is not null) ShowSignature(terminal, schema);
            if (version.Imported?.Refused is { } why) terminal.Line($"  ✗ {Message.Of("release.cannot-serve", ("version", version.Name), ("why", why))}");
            foreach (var check in version.Checks) terminal.Line($"  {(check.Held ? "✓" : "✗")} {check.Name}: {check.Says}");
        });
    }

    /// <summary>An imported model's inputs and outputs, as its graph has them; else as its client described them.</summary>
    static void ShowSignature(Terminal terminal, System.Text.Json.JsonElement schema)
    {
        foreach (var side in new[] { "inputs", "outputs" })
        {
            if (schema.TryGetProperty(side, out var values))
                foreach (var value in values.EnumerateArray())
                {
                    var shape = value.GetProperty("shape");
                    var written = shape.ValueKind == System.Text.Json.JsonValueKind.Array
                        ? $"[{string.Join(',', shape.EnumerateArray().Select(d => d.GetString()))}]" : "";
                    terminal.Line($"  {side[..^1]} {value.GetProperty("name").GetString()}: {value.GetProperty("type").GetString()}{written}");
                }
            else if (schema.TryGetProperty("signature", out var said) && said.TryGetProperty(side, out var described)) terminal.Line($"  {side}: {described}");
        }
    }

    static async Task<int> ShowRunAsync(Session session, Terminal terminal, RunId id, CancellationToken stop)
    {
        var run = await session.Metadata.RunAsync(id, stop) ?? throw new KumikiException(Message.Of("making.no-run", ("run", id)));
        return terminal.Result(run, () =>
        {
            terminal.Line($"{run.Id}  {run.Asset}  {run.State.ToString().ToLowerInvariant()}  {When(run.Started)}  {(run.Ended is { } e ? Took(e - run.Started) : "…")}  {run.Result}");
            if (run.Error is { } error) terminal.Line($"  ✗ {error}");
            if (run.Figures.Count > 0) terminal.Line($"  {FiguresOf(run, int.MaxValue)}");
            terminal.Line($"  seed {run.Plan.Seed}  {string.Join(' ', run.Plan.Parameters.Select(p => $"{p.Key}={p.Value}"))}  {string.Join(' ', run.Plan.Notes)}");
            terminal.Line($"  {run.Plan.Code.EntryAssembly} {run.Plan.Code.GitCommit ?? "-"}{(run.Plan.Code.GitDirty == true ? " (dirty)" : "")}  program {run.Plan.Code.Closure.Short}");
            terminal.Line($"  {run.Plan.Environment.Os}, {run.Plan.Environment.Cpu} × {run.Plan.Environment.Cores}, {run.Plan.Environment.Runtime}");
            foreach (var input in run.Plan.Inputs) terminal.Line($"  ← {input}");
            if (run.Cost is { } cost)
            {
                terminal.Line($"  {Took(cost.Wall)} wall, {Took(cost.Cpu)} cpu, peak {Size(cost.PeakMemoryBytes)}");
                foreach (var (step, took) in cost.Steps) terminal.Line($"    {step}: {Took(took)}");
            }
            terminal.Next($"kumiki log {run.Id}");
        });
    }
}
