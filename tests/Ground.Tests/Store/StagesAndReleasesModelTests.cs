using Kumiki.Ground.Tests.Tables;
using Kumiki.Store.Postgres;
using Kumiki.Store.Sqlite;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>Random makings, stagings and releases, held against a slow and obvious twin in memory.</summary>
public sealed class StagesAndReleasesModelTests(PostgresServer server) : IClassFixture<PostgresServer>, IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly string[] Assets = ["beans", "rice", "tofu"], Stages = ["staging", "champion"];
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    sealed class Model
    {
        public Dictionary<string, int> Newest { get; } = [];
        public SortedDictionary<(string Asset, string Stage), int> Stages { get; } = [];
        public List<(string Asset, string Stage, int? From, int? To)> Moves { get; } = [];
        public List<(ReleaseState State, long Base, IReadOnlyDictionary<string, int> Set)> Releases { get; } = [];
        public IReadOnlyDictionary<string, int> Production { get; set; } = new Dictionary<string, int>();
        public long Revision { get; set; }

        public bool Exists(string asset, int? number) => number is null || (number >= 1 && number <= Newest.GetValueOrDefault(asset));

        public bool Move(int number, ReleaseState to)
        {
            if (number < 1 || number > Releases.Count) return false;
            var (state, from, set) = Releases[number - 1];
            if (state is ReleaseState.Live or ReleaseState.Withdrawn || to == ReleaseState.Checked || to == state) return false;
            if (to != ReleaseState.Withdrawn && from != Revision) return false;
            if (to == ReleaseState.Live)
            {
                var live = Releases.FindIndex(r => r.State == ReleaseState.Live);
                if (live >= 0) Releases[live] = Releases[live] with { State = ReleaseState.Withdrawn };
                foreach (var asset in Assets)
                    if ((Value(Production, asset), Value(set, asset)) is var (old, now) && old != now) Moves.Add((asset, "production", old, now));
                Production = set;
                Revision++;
            }
            Releases[number - 1] = Releases[number - 1] with { State = to };
            return true;
        }

        static int? Value(IReadOnlyDictionary<string, int> set, string asset) => set.TryGetValue(asset, out var number) ? number : null;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Any_sequence_leaves_what_the_model_says(int seed)
    {
        await using var store = SqliteMetadataStore.Open(folder["store.db"], new(), TimeProvider.System);
        await RunAsync(store, seed);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Any_sequence_leaves_in_PostgreSQL_what_the_model_says(int seed)
    {
        await using var store = PostgresMetadataStore.Open(server.Store(), new(), TimeProvider.System);
        await RunAsync(store, seed);
    }

    static async Task RunAsync(IMetadataStore store, int seed)
    {
        var random = new Random(seed);
        var model = new Model();
        for (var step = 0; step < 200; step++)
        {
            await StepAsync(random, model, store);
            await CheckAsync(model, store, $"seed {seed}, step {step}");
        }
        Assert.True(model.Revision > 1 && model.Releases.Count(r => r.State == ReleaseState.Withdrawn) > 1, $"seed {seed} released too little to tell");
    }

    static async Task StepAsync(Random random, Model model, IMetadataStore store)
    {
        var asset = Assets[random.Next(Assets.Length)];
        switch (random.Next(5))
        {
            case 0:
                var made = await Sample.MakeAsync(store, asset, $"{asset} {model.Newest.GetValueOrDefault(asset)}");
                Assert.Equal(model.Newest[asset] = model.Newest.GetValueOrDefault(asset) + 1, made.Name.Number);
                break;
            case 1:
                var moves = Enumerable.Range(0, random.Next(1, 3)).Select(_ => (
                    Asset: Assets[random.Next(Assets.Length)],
                    Stage: Stages[random.Next(Stages.Length)],
                    Number: random.Next(4) == 0 ? (int?)null : random.Next(1, 5))).ToList();
                var missing = await store.MoveStagesAsync(moves, "mika", "so", Go);
                Assert.Equal(moves.All(m => model.Exists(m.Asset, m.Number)), missing is null);
                if (missing is null) MoveStages(model, moves);
                break;
            case 2:
                var set = Assets.Where(a => model.Newest.ContainsKey(a) && random.Next(3) > 0).ToDictionary(a => a, a => random.Next(1, model.Newest[a] + 1));
                var stale = random.Next(4) == 0 ? 1 : 0;
                var release = await store.AddReleaseAsync(Sample.Draft(Production.Empty) with { Set = set, Base = model.Revision - stale }, Go);
                model.Releases.Add((ReleaseState.Checked, release.Base, set));
                Assert.Equal(model.Releases.Count, release.Number);
                break;
            default:
                var (number, to) = (model.Releases.Count - random.Next(3), (ReleaseState)random.Next(4));
                Assert.Equal(model.Move(number, to), await store.MoveReleaseAsync(number, to, Go));
                break;
        }
    }

    static void MoveStages(Model model, IReadOnlyList<(string Asset, string Stage, int? Number)> moves)
    {
        foreach (var (asset, stage, number) in moves)
        {
            int? from = model.Stages.TryGetValue((asset, stage), out var old) ? old : null;
            if (from == number) continue;
            if (number is { } to) model.Stages[(asset, stage)] = to;
            else model.Stages.Remove((asset, stage));
            model.Moves.Add((asset, stage, from, number));
        }
    }

    static async Task CheckAsync(Model model, IMetadataStore store, string when)
    {
        var production = await store.ProductionAsync(Go);
        Assert.True(model.Revision == production.Revision, when);
        Assert.Equal(model.Production, production.Set);
        Assert.Equal(model.Releases.FindIndex(r => r.State == ReleaseState.Live) + 1, production.Release);
        Assert.Equal(model.Newest, await store.NewestAsync(Go));
        var stages = (await store.StagesAsync(Go)).Select(s => (s.Asset, s.Stage, s.Number)).Order();
        Assert.Equal(model.Stages.Select(s => (s.Key.Asset, s.Key.Stage, s.Value)), stages);
        Assert.Equal(model.Moves, (await store.StageHistoryAsync(null, 1000, Go)).Reverse().Select(m => (m.Asset, m.Stage, m.From, m.Number)));
        Assert.Equal(model.Releases.Select(r => r.State), (await store.ReleasesAsync(1000, null, Go)).Reverse().Select(r => r.State));
    }
}
