using System.Diagnostics;
using System.Text.Json;
using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>What a making hands to an asset: its inputs by version, seed, clock, a folder for its files, and the places for all it has to tell.</summary>
/// <remarks>Everything read through it is recorded. May be used from several threads.</remarks>
public sealed class MakingRun
{
    static readonly AsyncLocal<MakingRun?> Running = new();

    readonly Lock gate = new();
    readonly IReadOnlyDictionary<string, VersionRecord> inputs;
    readonly IMetadataStore metadata;
    readonly IArtifactStore artifacts;
    readonly RunJournal journal;
    readonly Action<MakingProgress>? progress;
    readonly Dictionary<string, Dictionary<string, Digest>> read = new(StringComparer.Ordinal);
    readonly Dictionary<string, VersionRecord> undeclared = new(StringComparer.Ordinal);
    readonly List<OutsideRead> outside = [];
    readonly List<VersionFile> files = [];
    readonly Dictionary<string, Digest> parts = new(StringComparer.Ordinal);
    readonly Dictionary<string, double> metrics = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> facts = new(StringComparer.Ordinal);
    readonly List<CheckResult> checks = [];
    readonly Dictionary<string, TimeSpan> steps = new(StringComparer.Ordinal);
    JsonElement? schema;

    internal MakingRun(AssetNode node, RunId run, RunPlan plan, IReadOnlyDictionary<string, VersionRecord> inputs, Workplace at,
        Scratch scratch, RunJournal journal, Action<MakingProgress>? progress)
    {
        (Node, Run, Plan, this.inputs, ProjectFolder, Clock) = (node, run, plan, inputs, at.ProjectFolder, at.Clock);
        (metadata, artifacts, Scratch, this.journal, this.progress) = (at.Metadata, at.Artifacts, scratch, journal, progress);
        Checkpoints = new(at.CheckpointFolder, plan.MakingKey);
        foreach (var input in node.Inputs) read[input.Asset] = [];
    }

    /// <summary>The making that runs on this flow of control; null outside.</summary>
    public static MakingRun? Current { get => Running.Value; internal set => Running.Value = value; }

    public AssetNode Node { get; }

    /// <summary>Its run; of a trial 0 until it has run for a moment, since a short one is written down as a whole at its end.</summary>
    public RunId Run { get; internal set; }
    public RunPlan Plan { get; }
    public string ProjectFolder { get; }

    /// <summary>A folder on the store's file system for the files of the version; removed afterwards.</summary>
    public Scratch Scratch { get; }

    /// <summary>Finished pieces of this making, kept over a kill.</summary>
    public Checkpoints Checkpoints { get; }

    /// <summary>The time, for what depends on it by design; recorded as the run's start.</summary>
    public TimeProvider Clock { get; }

    public long Seed => Plan.Seed;

    /// <summary>Random draws for one purpose: equal for equal seed and purpose, independent of other purposes.</summary>
    public Random RandomFor(string purpose) => new(BitConverter.ToInt32(Convert.FromHexString(Digest.OfParts(Seed.ToString(System.Globalization.CultureInfo.InvariantCulture), purpose).Hex[..8])));

    // ── reading ──

    /// <summary>The version of an input that is in use. Reading its files or parts records that they were read.</summary>
    public InputVersion Input(Asset asset)
    {
        if (inputs.TryGetValue(asset.Name, out var version)) return new(this, version, artifacts);
        throw new KumikiException(Message.Of("making.not-declared", ("asset", Node.Name), ("input", asset.Name)));
    }

    /// <summary>The only input of a type.</summary>
    /// <exception cref="KumikiException">There is none, or more than one.</exception>
    public (T Asset, InputVersion Version) Only<T>(IEnumerable<Asset> among)
        where T : Asset
    {
        var found = among.OfType<T>().ToList();
        return found is [var only]
            ? (only, Input(only))
            : throw new KumikiException(Message.Of("making.only-input", ("asset", Node.Name), ("kind", typeof(T).Name.Split('`')[0]), ("count", found.Count)));
    }

    /// <summary>Reads any version by name, asked for or not. What was not asked for in the constructor is recorded as undeclared, and keeps the result from being released.</summary>
    public async Task<InputVersion> ReadAsync(VersionName name, CancellationToken stop)
    {
        if (inputs.TryGetValue(name.Asset, out var declared) && declared.Name == name) return new(this, declared, artifacts);
        var version = await RecordAsync(name, stop);
        lock (gate) undeclared[name.ToString()] = version;
        return new(this, version, artifacts);
    }

    internal async Task<VersionRecord> RecordAsync(VersionName name, CancellationToken stop) =>
        await metadata.VersionAsync(name, stop) ?? throw new KumikiException(Message.Of("making.no-version", ("version", name)));

    /// <summary>The versions of an asset before one of them, by number.</summary>
    internal async Task<IReadOnlyList<VersionRecord>> EarlierAsync(VersionName than, CancellationToken stop)
    {
        var found = await metadata.VersionsAsync([.. Enumerable.Range(1, than.Number - 1).Select(number => new VersionName(than.Asset, number))], stop);
        return [.. found.Values.OrderBy(v => v.Name.Number)];
    }

    internal async Task<(RunRecord Run, IReadOnlyList<MetricPoint> Series)> RunAsync(RunId run, CancellationToken stop) =>
        (await metadata.RunAsync(run, stop) ?? throw new KumikiException(Message.Of("making.no-run", ("run", run))), await metadata.MetricsAsync(run, null, stop));

    /// <summary>The version of an asset that production held when this run was begun: what a new version is compared with. Looking at it records nothing, so a release since then makes nothing stale.</summary>
    /// <returns>Null: production held none.</returns>
    public async Task<InputVersion?> InProductionAsync(Asset asset, CancellationToken stop)
    {
        var began = (await RunAsync(Run, stop)).Run.Started;
        int? before = null;
        while (await metadata.ReleasesAsync(100, before, stop) is { Count: > 0 } page)
        {
            if (page.FirstOrDefault(r => r.LiveAt <= began && (r.WithdrawnAt is null || r.WithdrawnAt > began)) is { } live)
                return live.Set.TryGetValue(asset.Name, out var number) ? new(this, await RecordAsync(new(asset.Name, number), stop), artifacts, isBehind: true) : null;
            before = page[^1].Number;
        }
        return null;
    }

    internal void Read(VersionRecord version, string part, Digest digest)
    {
        lock (gate)
        {
            var key = inputs.TryGetValue(version.Asset, out var declared) && declared.Name == version.Name ? version.Asset : version.Name.ToString();
            if (!read.TryGetValue(key, out var readParts)) read[key] = readParts = [];
            readParts[part] = digest;
        }
    }

    /// <summary>Takes in an outside file: hashes it, unless it is the same by size, time and inode as when it was hashed before.</summary>
    /// <param name="declared">False when the asset reads it without having named it as a source.</param>
    public async Task<OutsideRead> TakeInAsync(string path, bool declared, CancellationToken stop)
    {
        var file = await OutsideFile.LookFromAsync(ProjectFolder, path, metadata, stop);
        lock (gate) outside.Add(file with { Declared = declared });
        return file;
    }

    /// <summary>Records what was read outside that is no file.</summary>
    public void TakeIn(OutsideRead read)
    {
        lock (gate) outside.Add(read);
    }

    /// <summary>The newest version of this asset so far; null before the first. Looking at it records nothing, so only what is told about a version may depend on it, never its files.</summary>
    public async Task<InputVersion?> LastAsync(CancellationToken stop)
    {
        if (!(await metadata.NewestAsync(stop)).TryGetValue(Node.Name, out var number)) return null;
        // A making that is repeated does not compare its version with itself.
        while (number > 0 && await metadata.VersionAsync(new(Node.Name, number), stop) is { } version)
        {
            if (version.MadeBy.Number < Run.Number) return new(this, version, artifacts);
            number--;
        }
        return null;
    }

    /// <summary>A folder beside the artifacts for what outlives this making, such as an engine's spill; it goes when disposed, or after the process has died.</summary>
    public Scratch NewProcessScratch() => artifacts.NewScratch();

    // ── telling ──

    /// <summary>Adds a file to the version, moving it from <see cref="Scratch"/> into the store.</summary>
    /// <param name="path">Its path in the version.</param>
    /// <param name="scratchFile">Its path now.</param>
    public async Task<VersionFile> AddFileAsync(string path, string scratchFile, CancellationToken stop)
    {
        var blob = await artifacts.TakeAsync(scratchFile, stop);
        return Added(path, blob);
    }

    /// <summary>Adds a small file from memory.</summary>
    public async Task<VersionFile> AddBytesAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        using var stream = new MemoryStream(bytes.ToArray(), writable: false);
        return Added(path, await artifacts.PutAsync(stream, stop));
    }

    /// <summary>Adds a file of an input or an older version as it is: nothing is copied.</summary>
    public VersionFile AddExisting(string path, VersionFile file) => Added(path, new(file.Content, file.Bytes));

    VersionFile Added(string path, Blob blob)
    {
        if (path.Length == 0 || Path.IsPathRooted(path) || path.Split('/').Any(p => p is "" or "." or ".."))
            throw new ArgumentException($"'{path}' is no relative path within a version.", nameof(path));
        var file = new VersionFile(path, blob.Content, blob.Bytes);
        lock (gate)
        {
            if (files.Any(f => f.Path == path)) throw new ArgumentException($"{Node.Name} added the file '{path}' twice.", nameof(path));
            files.Add(file);
        }
        return file;
    }

    /// <summary>Names a part that dependents may read by itself.</summary>
    public void Part(string name, Digest digest)
    {
        lock (gate) parts.Add(name, digest);
    }

    public void Schema(JsonElement value)
    {
        lock (gate) schema = value;
    }

    public void Fact(string name, string value)
    {
        lock (gate) facts[name] = value;
    }

    public void Check(CheckResult check)
    {
        lock (gate) checks.Add(check);
        Log(check.Held ? "info" : "warn", check.Says.ToString());
    }

    /// <summary>A point of a metric's series, live while running; the last one is the version's metric.</summary>
    public void Metric(string name, double value, long step = 0)
    {
        lock (gate) metrics[name] = value;
        journal.Add(new MetricPoint(name, step, value, Clock.GetUtcNow()));
    }

    public void Log(string text) => Log("info", text);

    public void Log(string level, string text)
    {
        journal.Add(new LogLine(0, Clock.GetUtcNow(), level, text));
        progress?.Invoke(new MakingProgress.Said(Node.Name, level, text));
    }

    /// <summary>How far it is.</summary>
    public void Progress(long done, long total, string unit) => progress?.Invoke(new MakingProgress.Moved(Node.Name, done, total, unit));

    /// <summary>Times a part of the making under a name, until disposed.</summary>
    public IDisposable Step(string name) => new StepTimer(this, name);

    sealed class StepTimer(MakingRun making, string name) : IDisposable
    {
        readonly long started = Stopwatch.GetTimestamp();

        public void Dispose()
        {
            var took = Stopwatch.GetElapsedTime(started);
            lock (making.gate) making.steps[name] = making.steps.GetValueOrDefault(name) + took;
        }
    }

    // ── the end ──

    internal IReadOnlyDictionary<string, TimeSpan> Steps => steps;

    /// <summary>The version as it would be committed.</summary>
    internal VersionRecord Result()
    {
        lock (gate)
        {
            var uses = Node.Inputs
                .Where(i => inputs.ContainsKey(i.Asset))
                .Select(i => new InputUse(inputs[i.Asset].Name, i.Edge, read[i.Asset]))
                .Concat(undeclared.Values.Select(v => new InputUse(v.Name, EdgeKind.Source, read.GetValueOrDefault(v.Name.ToString()) ?? [], Declared: false)))
                .OrderBy(u => u.Version)
                .ToList();
            List<VersionFile> sorted = [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)];
            var content = ContentOf(sorted, parts, schema, facts, uses);
            return new()
            {
                Name = new(Node.Name, 1),
                Kind = Node.Kind,
                Content = content,
                Files = sorted,
                Parts = new Dictionary<string, Digest>(parts) { [""] = content },
                Inputs = uses,
                Outside = [.. outside.DistinctBy(o => o.Path).OrderBy(o => o.Path, StringComparer.Ordinal)],
                Metrics = new SortedDictionary<string, double>(metrics, StringComparer.Ordinal),
                Checks = [.. checks],
                Apart = Apartnesses(),
                Schema = schema,
                Facts = new SortedDictionary<string, string>(facts, StringComparer.Ordinal),
                Family = Node.Family,
                RawKey = Node.RawKey,
                RecipeKey = Plan.RecipeKey,
                MadeBy = Run,
                MadeAt = Clock.GetUtcNow(),
            };
        }
    }

    List<Apartness> Apartnesses() =>
        [.. Node.Type.GetCustomAttributes(typeof(ApartFromAttribute), inherit: true).Cast<ApartFromAttribute>().Select(a => new Apartness(AssetName.Of(a.Source.Name), a.Because))];

    /// <summary>What makes two results one version: the same output, made from the same. An input that must fit exactly counts by its number, any other by what was read of it.</summary>
    static Digest ContentOf(List<VersionFile> files, Dictionary<string, Digest> parts, JsonElement? schema, Dictionary<string, string> facts, List<InputUse> uses)
    {
        List<string> all = ["files"];
        foreach (var file in files) all.AddRange([file.Path, file.Content.Hex]);
        all.Add("parts");
        foreach (var (name, digest) in parts.OrderBy(p => p.Key, StringComparer.Ordinal)) all.AddRange([name, digest.Hex]);
        all.AddRange(["schema", schema?.GetRawText() ?? "", "facts"]);
        foreach (var (name, value) in facts.OrderBy(f => f.Key, StringComparer.Ordinal)) all.AddRange([name, value]);
        all.Add("inputs");
        foreach (var use in uses.Where(u => u.Read.Count > 0 || u.Edge == EdgeKind.Fit))
        {
            all.AddRange([use.Version.Asset, use.Edge.ToString(), use.Edge == EdgeKind.Fit ? use.Version.ToString() : ""]);
            foreach (var (part, digest) in use.Read.OrderBy(r => r.Key, StringComparer.Ordinal)) all.AddRange([part, digest.Hex]);
        }
        return Digest.OfParts(all);
    }
}
