using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Tuning;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class NestedTests
{
    public sealed record Reading(DateOnly Day, string Site, double A, double B, double C, double D, double E, double F, double G, double H,
        double Level, bool Flag);

    public sealed class Daily : Dataset<Reading>
    {
        public override Source Source => Source.Csv("readings.csv");
    }

    public abstract class Scaled(Daily rows) : Model<Reading>
    {
        public Daily Rows => rows;

        [Parameter(Min = 0.001, Max = 10_000, Log = true)] public double Penalty { get; init; } = 1;

        protected static Features<Reading> Eight => Features
            .Scale(r => r.A).Scale(r => r.B).Scale(r => r.C).Scale(r => r.D).Scale(r => r.E).Scale(r => r.F).Scale(r => r.G).Scale(r => r.H);

        public override Split Split => Split.ByTime(rows, r => r.Day, validation: 10, test: 10);
    }

    public sealed class DailyRidge(Daily rows) : Scaled(rows)
    {
        public override Learner Learner => Eight.Then(Linear.Ridge(r => r.Level, Penalty));
    }

    public sealed class DailyLogistic(Daily rows) : Scaled(rows)
    {
        public override Learner Learner => Eight.Then(Linear.Logistic(r => r.Flag, Penalty));
    }

    public sealed class DailyTrees(Daily rows) : Scaled(rows)
    {
        [Parameter(Min = 1, Max = 6)] public int Depth { get; init; } = 2;

        public override Learner Learner => Eight.OneHot(r => r.Site).Then(Trees.Regression(r => r.Level, 60, Depth) with { EarlyStopping = 5 });
    }

    public sealed class SiteRidge(Daily rows) : Scaled(rows)
    {
        public override Split Split => Split.ByGroup(Rows, r => r.Site);

        public override Learner Learner => Eight.Then(Linear.Ridge(r => r.Level, Penalty));
    }

    public sealed class StratumRidge(Daily rows) : Scaled(rows)
    {
        public override Split Split => Split.Stratified(Rows, r => r.Site);

        public override Learner Learner => Eight.Then(Linear.Ridge(r => r.Level, Penalty));
    }

    static readonly JsonElement Written = Golden.File("06-Train/golden/nested.json");

    static readonly DateOnly First = new(2024, 1, 1);

    /// <param name="spoilt">Rows that hold other numbers: of which row, by its day and site.</param>
    static async Task<MakingWorld> WorldAsync(Func<int, int, bool>? spoilt = null)
    {
        var world = new MakingWorld(typeof(Daily), typeof(DailyRidge), typeof(DailyLogistic), typeof(DailyTrees), typeof(SiteRidge), typeof(StratumRidge));
        var (days, features, level, flag) = (Numbers("days"), Numbers("features"), Numbers("level"), Numbers("flag"));
        var csv = new StringBuilder("day,site,a,b,c,d,e,f,g,h,level,flag\n");
        for (var row = 0; row < days.Length; row++)
        {
            var (own, target) = (features.AsSpan(row * 8, 8).ToArray(), level[row]);
            if (spoilt?.Invoke((int)days[row], row % 14) == true) (own, target) = ([.. own.Select(v => 500 - 300 * v)], 1e4 * (1 + target));
            csv.Append(CultureInfo.InvariantCulture,
                $"{First.AddDays((int)days[row]):yyyy-MM-dd},s{row % 14:00},{string.Join(',', own)},{target},{flag[row] == 1}\n");
        }
        File.WriteAllText(Path.Combine(world.Root, "readings.csv"), csv.ToString());
        await world.MakeAsync("daily");
        await world.StageAsync("daily@1");
        return world;

        static double[] Numbers(string name) => Golden.Numbers(Written.GetProperty(name));
    }

    static Task<StudyEnd> RunAsync(MakingWorld world, StudyOrder order) => Study.RunAsync(world.Maker(), order, TimeProvider.System, null, default);

    static readonly StudyOrder Grid = new("daily-ridge") { Method = SearchMethod.Grid, Search = ["penalty=0.1,1,10,100,1000"], Folds = 3, Nested = 4 };

    [Theory]
    [InlineData("daily-ridge", "ridge")]
    [InlineData("daily-logistic", "logistic")]
    public async Task Figures_and_choices_are_those_of_a_grid_search_within_scikit_learns_cross_validation(string model, string golden)
    {
        await using var world = await WorldAsync();

        var end = await RunAsync(world, Grid with { Asset = model });

        var (wanted, nested) = (Written.GetProperty(golden), end.Nested!);
        Assert.All(nested.Folds, f => Assert.Null(f.Why));
        Close(Golden.Numbers(wanted.GetProperty("figures")), nested.Folds.Select(f => f.Figure));
        Close(Golden.Numbers(wanted.GetProperty("searched")), nested.Folds.Select(f => f.Winner!.Figure));
        Close([wanted.GetProperty("plain").GetDouble()], [end.Best!.Figure]);
        Assert.Equal(Golden.Numbers(wanted.GetProperty("chosen")), nested.Folds.Select(f => double.Parse(f.Winner!.Parameters["penalty"],
            CultureInfo.InvariantCulture)));
        var figures = Golden.Numbers(wanted.GetProperty("figures"));
        var deviation = Math.Sqrt(figures.Sum(f => Math.Pow(f - figures.Average(), 2)) / 3);
        Close([figures.Average(), deviation / 2, figures.Average() - end.Best.Figure], [nested.Mean, nested.StandardError, nested.Optimism]);
        Assert.Equal([1, 2, 3, 4], nested.Folds.Select(f => f.Number));

        static void Close(IEnumerable<double> wanted, IEnumerable<double> got) => Assert.All(wanted.Zip(got), p => Assert.Equal(p.First, p.Second, 1e-6));
    }

    [Theory]
    [InlineData("daily-ridge", 3)]
    [InlineData("daily-ridge", null)]
    [InlineData("daily-trees", null)]
    [InlineData("site-ridge", 3)]
    [InlineData("site-ridge", null)]
    [InlineData("stratum-ridge", 3)]
    [InlineData("stratum-ridge", null)]
    public async Task No_row_that_an_outer_fold_tries_reaches_the_search_within_it(string model, int? folds)
    {
        // By time the last ten days that are not test rows, which the fourth outer fold tries; else one site, or one row, which some outer fold tries.
        Func<int, int, bool> spoilt = model switch
        {
            "site-ridge" => (_, site) => site == 4,
            "stratum-ridge" => (day, site) => (day, site) == (8, 11),
            _ => (day, _) => day is >= 60 and < 70,
        };
        await using var world = await WorldAsync();
        await using var other = await WorldAsync(spoilt);
        var order = model == "daily-trees" ? new StudyOrder(model) { Trials = 3, Search = ["depth"] } : Grid with { Asset = model };
        order = order with { Folds = folds, Nested = 4 };

        var (before, after) = (await RunAsync(world, order), await RunAsync(other, order));

        var (same, differs) = (0, 0);
        foreach (var (was, now) in before.Nested!.Folds.Zip(after.Nested!.Folds))
        {
            Assert.Null(was.Why);
            var (searched, again) = (await SearchedAsync(world, before.Study, was.Number), await SearchedAsync(other, after.Study, now.Number));
            Assert.NotEmpty(searched);
            if (!searched.SequenceEqual(again))
            {
                differs++;
                continue;
            }
            Assert.Equal(was.Winner!.Written, now.Winner!.Written);
            // What it tries is spoilt, or nothing of the fold is: by time, folds before the spoilt days do not know of them.
            if (was.Figure == now.Figure) Assert.True(order.Asset is "daily-ridge" or "daily-trees" && was.Number < 4);
            else same++;
        }
        Assert.Equal(1, same);
        if (model is "site-ridge" or "stratum-ridge") Assert.InRange(differs, 2, 3);     // the row or the site may be a test row only if none differs
    }

    /// <summary>Parameters and all figures of the trials of the search within an outer fold, to the last bit.</summary>
    static async Task<List<string>> SearchedAsync(MakingWorld world, string study, int outer)
    {
        var runs = await world.Store.RunsAsync(null, RunState.Tried, 1000, null, default);
        return [.. runs.Where(r => r.Plan.Notes[0].Contains($"{study}, outer fold {outer} of 4, trial", StringComparison.Ordinal)).Select(r =>
            string.Join(' ', r.Plan.Parameters.Select(p => $"{p.Key}={p.Value}").Concat(r.Figures.Select(f =>
                $"{f.Key}={f.Value:R}")))).Order(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData("time")]
    [InlineData("group")]
    [InlineData("stratum")]
    [InlineData("random")]
    public async Task Both_loops_cut_as_the_split_cuts(string cut)
    {
        await using var world = await WorldAsync();
        var data = new Daily();
        var split = cut switch
        {
            "time" => Split.ByTime(data, (Reading r) => r.Day, validation: 10, test: 10),
            "group" => Split.ByGroup(data, (Reading r) => r.Site),
            "stratum" => Split.Stratified(data, (Reading r) => r.Site),
            _ => Split.Random<Reading>(data),
        };
        using var engine = new Kumiki.Tables.TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        var frame = Kumiki.Preprocessing.Frame.Read(engine, [Parquet(engine, world)], new Dictionary<string, Kumiki.Onnx.ColumnKind>
        {
            ["level"] = Kumiki.Onnx.ColumnKind.Number,
            ["day"] = Kumiki.Onnx.ColumnKind.Date,
            ["site"] = Kumiki.Onnx.ColumnKind.Text,
        }, default);
        var keys = cut switch { "time" => frame.Keys("day"), "random" => new int[frame.Rows], _ => frame.Keys("site") };
        var parts = split.Of(keys, new Random(3));
        var rows = new TrialRows(frame, keys, parts.Train, parts.Validation);
        var algorithm = new Ridge(Kumiki.Tables.RowSchema.Of<Reading>().ColumnOf((Reading r) => r.Level), 1);
        var tried = new HashSet<int>();
        for (var number = 1; number <= 4; number++)
        {
            var judged = rows.Within(new(number, 4, Judges: true), byFolds: true, split, algorithm, Draw);
            var searched = rows.Within(new(number, 4, Judges: false), byFolds: true, split, algorithm, Draw);
            var held = rows.Within(new(number, 4, Judges: false), byFolds: false, split, algorithm, Draw);
            int[] seen = [.. held.Train.Concat(held.Validation).Order()];

            Assert.Equal(judged.Train, searched.Train);
            Assert.Empty(searched.Validation);
            Assert.Equal(judged.Train, seen);
            Assert.NotEmpty(held.Validation);
            Assert.Empty(judged.Train.Intersect(judged.Validation));
            Assert.Empty(judged.Train.Concat(judged.Validation).Intersect(parts.Test));
            Assert.All(judged.Validation, r => Assert.True(tried.Add(r)));
            if (cut == "time")
            {
                Assert.True(judged.Train.Max(r => keys[r]) < judged.Validation.Min(r => keys[r]));
                Assert.True(held.Train.Max(r => keys[r]) < held.Validation.Min(r => keys[r]));
            }
            if (cut == "group")
            {
                Assert.Empty(judged.Train.Select(r => keys[r]).Intersect(judged.Validation.Select(r => keys[r])));
                Assert.Empty(held.Train.Select(r => keys[r]).Intersect(held.Validation.Select(r => keys[r])));
            }
            if (cut == "stratum")
                foreach (var site in keys.Distinct())
                    Assert.InRange(judged.Validation.Count(r => keys[r] == site), 1, 8);      // 17 rows of a site, of which 3 test
        }
        if (cut != "time") Assert.Equal(parts.Train.Concat(parts.Validation).Order(), tried.Order());

        static Random Draw(string purpose) => new(purpose.Length);
        static string Parquet(Kumiki.Tables.TableEngine engine, MakingWorld world) =>
            Directory.EnumerateFiles(world.Root, "*", SearchOption.AllDirectories).Single(f => Begins(f, "PAR1"u8));
        static bool Begins(string file, ReadOnlySpan<byte> with)
        {
            var bytes = File.ReadAllBytes(file);
            return bytes.AsSpan().StartsWith(with);
        }
    }

    static readonly AsyncLocal<Action<Trial>?> OnTry = new();

    /// <summary>Every trial has a figure that is a draw around 0, and so has every judgement: there is nothing to find, only luck.</summary>
    public sealed class Luck : Asset
    {
        [Parameter(Min = 0, Max = 1_000_000)] public int Number { get; init; }

        public override AssetKind Kind => AssetKind.Other;

        protected internal override Task MakeAsync(MakingRun making, CancellationToken stop) => Task.CompletedTask;

        protected internal override IReadOnlyList<TrialFigure> TrialFigures => [new("gain", HigherIsBetter: true)];

        protected internal override Task TryAsync(MakingRun making, Trial trial, CancellationToken stop)
        {
            OnTry.Value?.Invoke(trial);
            making.Metric("gain", Toy.Normal(making.RandomFor($"{Number} {trial.Outer} {trial.Outer?.Judges}")));
            return Task.CompletedTask;
        }
    }

    /// <summary>Looks at all rows, whatever it is confined to.</summary>
    public sealed class Heedless : Asset
    {
        [Parameter(Min = 0, Max = 9)] public int Number { get; init; }

        public override AssetKind Kind => AssetKind.Other;

        protected internal override Task MakeAsync(MakingRun making, CancellationToken stop) => Task.CompletedTask;

        protected internal override IReadOnlyList<TrialFigure> TrialFigures => [new("gain")];

        protected internal override Task TryAsync(MakingRun making, Trial trial, CancellationToken stop)
        {
            making.Metric("gain", Number);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Where_there_is_nothing_to_find_the_best_looks_good_and_the_outer_folds_say_it_is_luck()
    {
        await using var world = new MakingWorld(typeof(Luck));

        var end = await RunAsync(world, new("luck") { Trials = 40, Nested = 30, Seed = 11 });

        // The greatest of 40 draws is 2.16 on average, and what it is worth 0.
        Assert.All(end.Nested!.Folds, f => Assert.InRange(f.Winner!.Figure, 1, 5));
        Assert.InRange(end.Nested.Folds.Average(f => f.Winner!.Figure), 1.9, 2.5);
        Assert.InRange(end.Nested.Mean, -3 * end.Nested.StandardError, 3 * end.Nested.StandardError);
        Assert.InRange(end.Nested.StandardError, 0.12, 0.25);
        Assert.Equal(end.Best!.Figure - end.Nested.Mean, end.Nested.Optimism, 1e-12);
        Assert.Equal(31 * 40 + 30, (await world.Store.RunsAsync("luck", RunState.Tried, 10_000, null, default)).Count);
    }

    [Fact]
    public async Task An_interrupted_nested_study_goes_on_where_it_was_and_a_plain_one_has_the_same_trials()
    {
        await using var whole = new MakingWorld(typeof(Luck));
        var order = new StudyOrder("luck") { Trials = 6, Nested = 3, Parallel = 1 };
        var undisturbed = await RunAsync(whole, order);
        await using var world = new MakingWorld(typeof(Luck));
        using var stop = new CancellationTokenSource();
        var begun = 0;
        OnTry.Value = _ =>
        {
            if (Interlocked.Increment(ref begun) == 16) stop.Cancel();      // 6 plain, 6 + 1 of the first outer fold, 3 of the second
        };

        var first = await Study.RunAsync(world.Maker(), order, TimeProvider.System, null, stop.Token);
        OnTry.Value = null;
        var second = await RunAsync(world, order);
        var plain = await RunAsync(world, order with { Nested = null });

        Assert.Equal((StudyState.Cancelled, null), (first.State, first.Nested));
        Assert.True(second.Nested!.Folds[0].Before);
        Assert.False(second.Nested.Folds[2].Before);
        Assert.Equal(undisturbed.Nested!.Folds.Select(f => (f.Number, f.Winner!.Written, f.Figure)),
            second.Nested.Folds.Select(f => (f.Number, f.Winner!.Written, f.Figure)));
        Assert.Equal((undisturbed.Nested.Mean, undisturbed.Nested.StandardError), (second.Nested.Mean, second.Nested.StandardError));
        Assert.Equal(undisturbed.Study, second.Study);
        Assert.Equal(4 * 6 + 3, (await world.Store.RunsAsync("luck", RunState.Tried, 100, null, default)).Count);
        Assert.All(plain.Trials, t => Assert.True(t.Before));
        Assert.Null(plain.Nested);
    }

    [Fact]
    public async Task An_asset_whose_trials_do_not_ask_which_rows_they_may_see_is_not_judged_so()
    {
        await using var world = new MakingWorld(typeof(Heedless));

        var refused = await Assert.ThrowsAnyAsync<KumikiException>(() => RunAsync(world, new("heedless") { Trials = 3, Nested = 2 }));

        Assert.Equal("heedless cannot be searched within outer folds: its TryAsync does not look at Trial.Outer, so it would be judged on rows it has seen; "
            + "tune it without --nested.", refused.Says.In("en"));
        Assert.Equal(3, (await RunAsync(world, new("heedless") { Trials = 3 })).Trials.Count);
    }

    [Fact]
    public async Task Too_few_dates_for_both_loops_are_refused_by_their_column()
    {
        await using var world = await WorldAsync();

        var refused = await Assert.ThrowsAnyAsync<KumikiException>(() => RunAsync(world, Grid with { Nested = 80 }));

        Assert.Contains("day", refused.Says.In("en"), StringComparison.Ordinal);
        Assert.Equal("split.too-few-folds", refused.Says.Id);
    }
}
