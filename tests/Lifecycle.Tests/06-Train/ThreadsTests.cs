using System.Collections.Concurrent;
using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Training;
using Kumiki.Tuning;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class ThreadsTests
{
    [Theory]
    [InlineData(8, 3)]
    [InlineData(2, 2)]
    [InlineData(64, 5)]
    [InlineData(7, 7)]
    public void What_runs_at_once_divides_the_processors_and_leaves_none_idle_while_more_is_waiting(int processors, int slots)
    {
        var (shares, random, running, waiting) = (new ProcessorShares(processors, slots), new Random(1), new List<int>(), 500);
        while (waiting > 0 || running.Count > 0)
        {
            if (waiting > 0 && running.Count < slots)
            {
                running.Add(shares.Take(waiting--));
                Assert.True(running[^1] >= 1);
                Assert.True(running.Sum() <= processors);
                if (running.Count == slots) Assert.Equal(processors, running.Sum());
                continue;
            }
            var ends = random.Next(running.Count);
            shares.Return(running[ends]);
            running.RemoveAt(ends);
        }
        Assert.Equal(processors, shares.Take(1));
    }

    [Fact]
    public void More_at_once_than_there_are_processors_have_one_thread_each()
    {
        var shares = new ProcessorShares(2, 4);
        Assert.Equal([1, 1, 1, 1], Enumerable.Range(0, 4).Select(i => shares.Take(9 - i)));
    }

    static readonly AsyncLocal<Func<Trial, Task>?> OnTry = new();

    public sealed class Knob : Asset
    {
        [Parameter(Min = 0, Max = 1000)] public int Number { get; init; }

        public override AssetKind Kind => AssetKind.Other;

        protected internal override Task MakeAsync(MakingRun making, CancellationToken stop) => Task.CompletedTask;

        protected internal override IReadOnlyList<TrialFigure> TrialFigures => [new("number")];

        protected internal override async Task TryAsync(MakingRun making, Trial trial, CancellationToken stop)
        {
            await OnTry.Value!(trial);
            making.Metric("number", Number);
        }
    }

    [Fact]
    public async Task Trials_that_run_together_are_given_no_more_threads_than_there_are_and_a_lone_one_is_given_all()
    {
        await using var world = new MakingWorld(typeof(Knob));
        var processors = Environment.ProcessorCount;
        var (gate, now, most, given) = (new Lock(), 0, 0, new ConcurrentBag<int>());
        OnTry.Value = async trial =>
        {
            lock (gate) most = Math.Max(most, now += trial.Threads);
            given.Add(trial.Threads);
            await Task.Yield();
            lock (gate) now -= trial.Threads;
        };

        await Study.RunAsync(world.Maker(), new("knob") { Trials = 60, Parallel = processors }, TimeProvider.System, null, default);
        Assert.InRange(most, 1, processors);
        Assert.Equal(60, given.Count);

        foreach (var lone in new[] { new StudyOrder("knob") { Trials = 1, Seed = 1 }, new StudyOrder("knob") { Trials = 5, Seed = 2, Parallel = 1 } })
        {
            given.Clear();
            await Study.RunAsync(world.Maker(), lone, TimeProvider.System, null, default);
            Assert.Equal([processors], given.Distinct());
        }
    }

    [Fact]
    public async Task A_models_trial_trains_with_the_threads_it_is_given()
    {
        await using var world = new MakingWorld(typeof(TuningModelTests.Readings), typeof(TuningModelTests.RidgeModel));
        File.WriteAllText(Path.Combine(world.Root, "readings.csv"), "day,a,b,site,level\n" + string.Concat(Enumerable.Range(0, 60).Select(day =>
            $"{new DateOnly(2024, 1, 1).AddDays(day):yyyy-MM-dd},{day % 7},{day % 5},s,{day % 11}\n")));
        await world.MakeAsync("readings");
        await world.StageAsync("readings@1");

        var end = await Study.RunAsync(world.Maker(), new("ridge-model") { Trials = 1 }, TimeProvider.System, null, default);

        var said = (await world.Store.LogAsync(end.Best!.Run, 0, 10, default))[0].Text;
        Assert.Equal($"Trains with {Environment.ProcessorCount} of {Environment.ProcessorCount} threads.", said);
        var course = new TrainingCourse(0, default) { Threads = 3 };
        var trees = new BoostedTrees(Toy.Schema.ColumnOf((ToyRow r) => r.Sold), TreeLoss.Squared, 1, 1, 1);
        Assert.Contains(("nthread", "3"), Boosting.Common(trees, course));
        Assert.Equal(3, course.AtOnce.MaxDegreeOfParallelism);
    }

    [Theory]
    [InlineData("trees")]
    [InlineData("sampled")]
    [InlineData("quantiles")]
    [InlineData("classes")]
    [InlineData("ridge")]
    [InlineData("logistic")]
    public void What_is_learnt_has_the_same_bits_on_any_number_of_threads(string learns)
    {
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(Path.GetTempPath(), $"kumiki-threads-{Guid.NewGuid():N}") });
        var rows = Toy.Rows(20_000, seed: 3);
        var file = Path.Combine(Path.GetTempPath(), $"kumiki-threads-{Guid.NewGuid():N}.parquet");
        Toy.Write(engine, rows, file);
        var (sold, size, returned) = (Toy.Schema.ColumnOf((ToyRow r) => r.Sold), Toy.Schema.ColumnOf((ToyRow r) => r.Size),
            Toy.Schema.ColumnOf((ToyRow r) => r.Returned));
        Algorithm algorithm = learns switch
        {
            "trees" => new BoostedTrees(sold, TreeLoss.Squared, 20, 6, 0.3) { EarlyStopping = 3 },
            "sampled" => new BoostedTrees(sold, TreeLoss.Squared, 20, 6, 0.3) { Subsample = 0.7, FeatureSample = 0.7 },
            "quantiles" => new BoostedTrees(sold, TreeLoss.Quantile, 5, 4, 0.3) { Quantiles = [0.1, 0.5, 0.9] },
            "classes" => new BoostedTrees(size, TreeLoss.Softmax, 8, 4, 0.3),
            "ridge" => new Ridge(sold, 1),
            _ => new LogisticRegression(returned, false, 1, 0),
        };
        var features = new Features<ToyRow>([]).Impute(r => r.Price, Impute.Median).OneHot(r => r.Place).Number(r => r.Weight).Number(r => r.Code);
        var learner = features.Then(algorithm);
        var frame = Frame.Read(engine, [file], Wanted(learner), default);
        File.Delete(file);
        var target = TargetColumn.Of(algorithm, frame, [.. Enumerable.Range(0, 15_000)]);

        byte[] Fit(int threads) => ModelFit.Of("toy", learner, frame, target, [.. Enumerable.Range(0, 15_000)], [.. Enumerable.Range(15_000, 5000)],
            new(5, default) { Threads = threads }).Graph.ToBytes();

        var one = Fit(1);
        Assert.Equal(one, Fit(2));
        Assert.Equal(one, Fit(7));
    }

    static Dictionary<string, Kumiki.Onnx.ColumnKind> Wanted(Learner learner)
    {
        var wanted = new Dictionary<string, Kumiki.Onnx.ColumnKind>(Fitting.Reads(learner.Features), StringComparer.Ordinal);
        wanted.TryAdd(learner.Algorithm.Target.Name, Frame.KindOf(learner.Algorithm.Target, category: false));
        return wanted;
    }
}
