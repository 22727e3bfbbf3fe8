using Kumiki.Making;
using Kumiki.Statistics;
using Kumiki.Testing;

namespace Kumiki.Bench;

/// <summary>The test report of a model with a million test rows: its figures alone on scores in memory, in seconds and bytes a row above the scores, and the whole making step by step.</summary>
static class TestReport
{
    const int Rows = 1_000_000, Rounds = 3;

    public static async Task RunAsync(Figures figures, CancellationToken stop)
    {
        await FiguresAloneAsync(figures, stop);
        await Checkout.InFolderAsync(folder => WholeAsync(figures, folder, stop));
    }

    static async Task FiguresAloneAsync(Figures figures, CancellationToken stop)
    {
        var random = new Random(1);
        var scores = new double[Rows];
        var truth = new double[Rows];
        for (var i = 0; i < Rows; i++)
        {
            scores[i] = random.NextDouble();
            truth[i] = random.NextDouble() < scores[i] ? 1 : 0;
        }
        var subject = new Subject("bench@1", new LogisticRegression(Tables.RowSchema.Of<Row>().OfProperty(nameof(Row.Bad)), false, 1, 0), ["false", "true"], new(scores, truth), null, null, [0, 1], null, null);
        var goal = new GoalStatement { Problem = "", Measure = "", Figure = GoalFigure.CostPerDecision, Target = 1, Costs = Costs, PersonCost = 20 };
        var choice = new Choice(0.3, 0.3, 0, 0, 0, Rows);

        List<Spent> spent = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var took = await Spent.OfAsync(() => Task.Run(() => Measure(subject, choice, goal, stop), stop));
            if (round > 0) spent.Add(took);     // the first warms up
        }
        var (before, allocated) = (GC.GetTotalMemory(forceFullCollection: true), GC.GetTotalAllocatedBytes(precise: true));
        using var ended = new CancellationTokenSource();
        var peak = Task.Run(() => Peak(ended.Token), stop);
        await Task.Run(() => Measure(subject, choice, goal, stop), stop);
        await ended.CancelAsync();
        figures.Print("rows", Rows, "");
        figures.Print("resamples", Contest.ResamplesFor(Rows), "");
        figures.Print("figures", [.. spent.Select(s => s.Wall)], "s");
        figures.Print("figures.cpu", [.. spent.Select(s => s.Cpu)], "s");
        figures.Print("allocated", (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)Rows, "bytes a row, all that was ever asked for");
        figures.Print("bytes", (await peak - before) / (double)Rows, "bytes a row above the scores, at the most");
    }

    static void Measure(Subject subject, Choice choice, GoalStatement goal, CancellationToken stop)
    {
        var result = Contests.Of(subject, subject.Test, null, choice, goal, [], null, new Random(1)).Run(new BootstrapPlan { Resamples = Contest.ResamplesFor(Rows), Seed = 1 }, stop);
        OutputView.Of(subject, result, choice, goal, null, null);
    }

    /// <summary>The most memory that was in use at once, looked at again and again, each time without what is garbage.</summary>
    static long Peak(CancellationToken ended)
    {
        var most = 0L;
        while (!ended.IsCancellationRequested)
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            ended.WaitHandle.WaitOne(20);
        }
        return most;
    }

    static async Task WholeAsync(Figures figures, string folder, CancellationToken stop)
    {
        await using var world = new World(folder, typeof(ReportRows), typeof(ReportGoal), typeof(ReportModel), typeof(ReportCut), typeof(Report));
        var graph = world.Graph();
        var ends = await world.Maker(graph).MakeAsync(new MakeOrder("report") { Upstream = true }, null, stop);
        if (ends.FirstOrDefault(e => e is not MakingEnd.Made) is { } other) throw World.Unexpected(other);
        var (_, spent) = await Spent.OfAsync(() => world.Maker(graph).MakeAsync(new MakeOrder("report") { Anew = true, UseNewest = true }, null, stop));
        var cost = (await world.RunOfAsync(ends[^1], stop)).Cost!;
        figures.Print("whole", spent.Wall, "s");
        figures.Print("whole.cpu", spent.Cpu, "s");
        foreach (var (step, took) in cost.Steps.OrderBy(s => s.Key, StringComparer.Ordinal)) figures.Print($"step.{step}", took);
        figures.Print("page", ends[^1].Result!.Files.Single(f => f.Path == "report.html").Bytes / 1e3, "kB");
    }

    static readonly CostMatrix Costs = CostMatrix.Of("JPY", ("bad", "good"), ("refuse", "grant"), new double[,] { { 0, 100 }, { 40, 0 } });

    internal sealed record Row(string Region, int Age, double Income, double Debt, bool Bad);

    sealed class ReportRows : Dataset<Row>
    {
        /// <remarks>Four fifths test.</remarks>
        public override Query Query => $"""
            WITH draws AS (SELECT i, hash(i * 7) AS a, hash(i * 11) AS b, hash(i * 13) AS c, hash(i * 17) AS d, hash(i * 19) AS e FROM range({Rows * 5 / 4}) t(i))
            SELECT 'region-' || (a % 8) AS region, (18 + b % 60)::INTEGER AS age, (c % 10000 / 100.0)::DOUBLE AS income, (d % 10000 / 100.0)::DOUBLE AS debt,
                   (d % 10000 / 100.0 - c % 10000 / 100.0 + e % 80 > 60) AS bad
            FROM draws ORDER BY i
            """;
    }

    sealed class ReportGoal : Goal
    {
        protected override GoalStatement Statement => new() { Problem = "Loans default.", Measure = "cost per application", Target = 30, Figure = GoalFigure.CostPerDecision, Costs = TestReport.Costs, PersonCost = 80 };
    }

    sealed class ReportModel(ReportRows rows) : Model<Row>
    {
        public override Split Split => Split.Random(rows, validation: 0.1, test: 0.8);

        public override Learner Learner => Features.OneHot(r => r.Region).Number(r => r.Age).Number(r => r.Income).Number(r => r.Debt).Then(Trees.Binary(r => r.Bad, 50, depth: 4));
    }

    sealed class ReportCut(ReportModel model, ReportGoal goal) : Threshold(model)
    {
        public override Choice Choose(Scored validation) => validation.Cheapest(goal.Costs);
    }

    sealed class Report(ReportModel model, ReportGoal goal, ReportCut cut) : TestReport<Row>(model)
    {
        public override string ToString() => $"{goal.Name} {cut.Name}";

        protected override void Slices(Slices<Row> slices) => slices.By(r => r.Region).By(r => r.Age, 25, 40, 60);
    }
}
