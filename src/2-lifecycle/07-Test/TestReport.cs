using System.Linq.Expressions;
using System.Text;
using System.Text.Json;
using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Statistics;
using Kumiki.Tables;
using Kumiki.Testing;

namespace Kumiki;

/// <summary>The test report of a model: what went in, how it was made, how good its answers are, whether the goal is met, and GO or NO-GO. A goal and a threshold are found among its constructor's parameters; both may be missing.</summary>
/// <example><code>public sealed class CreditReport(CreditModel model, CreditGoal goal, CreditThreshold threshold) : TestReport&lt;Applicant&gt;(model);</code></example>
/// <remarks>
/// A version holds <c>report.json</c>, <c>report.html</c>, <c>card.md</c> and <c>card.html</c>. It fits exactly the versions of the model and the threshold it was made of, and each of its checks is a gate of release: released
/// together, a NO-GO keeps the model back. docs/07-test.md; docs/decisions/0006-test-report-is-an-asset.md.
/// </remarks>
public abstract partial class TestReport<TRow>(Model<TRow> model) : Asset
{
    public sealed override AssetKind Kind => AssetKind.Report;

    /// <summary>Parts of the test rows to show alone: <c>slices.By(r => r.Region).By(r => r.Age, 25, 40, 60).Where("new customers", r => r.Months &lt; 6)</c>.</summary>
    protected virtual void Slices(Slices<TRow> slices)
    {
    }

    /// <summary>How much each row counts in every figure: a column of numbers, 0 or more.</summary>
    /// <value>Null: each counts 1.</value>
    protected virtual ColumnSchema? Weights => null;

    /// <summary>Resamples of the bootstrap; 100 or more.</summary>
    /// <value>Null: 1,000 up to 200,000 test rows, then fewer, 200 from a million on.</value>
    protected virtual int? Resamples => null;

    /// <summary>What people have to say on the model's card, beside what the goal says.</summary>
    protected virtual CardText Card => new();

    /// <summary>The language of the pages, <c>en</c> or <c>ja</c>.</summary>
    protected virtual string Language => "en";

    /// <summary>A column by its property, for <see cref="Weights"/>.</summary>
    protected static ColumnSchema Column<TValue>(Expression<Func<TRow, TValue>> column) => RowSchema.Of<TRow>().ColumnOf(column);

    protected sealed override EdgeKind EdgeTo(Asset input) => input.Kind is AssetKind.Model or AssetKind.Threshold ? EdgeKind.Fit : EdgeKind.Source;

    protected sealed override IEnumerable<KeyValuePair<string, string>> Recipe => [new("report", "3"), new("adapter", Adapter.Name)];

    protected sealed override IEnumerable<Finding> Check()
    {
        var found = new List<Finding>();
        if (!Node.InputAssets.Contains(model)) Refuse(Message.Of("report.no-model", ("report", Name)));
        if (Goals.Count > 1) Refuse(Message.Of("report.goals", ("report", Name), ("goals", string.Join(", ", Goals.Select(g => g.Name)))));
        if (Thresholds.Count > 1) Refuse(Message.Of("report.thresholds", ("report", Name), ("thresholds", string.Join(", ", Thresholds.Select(t => t.Name)))));
        foreach (var other in Thresholds.Where(t => t.Model != model)) Refuse(Message.Of("report.threshold-of-other", ("report", Name), ("threshold", other.Name), ("cuts", other.Model.Name)));
        if (Resamples is < 100) Refuse(Message.Of("report.resamples", ("report", Name), ("resamples", Resamples)));
        if (Weights is { IsNumber: false } weights) Refuse(Message.Of("report.weights-number", ("report", Name), ("column", weights.Name), ("type", weights.TypeName)));
        if (!Catalogue.Languages.Contains(Language)) Refuse(Message.Of("report.language", ("report", Name), ("language", Language), ("known", string.Join(", ", Catalogue.Languages))));
        try
        {
            Slices(new());
        }
        catch (KumikiException e)
        {
            Refuse(e.Says);
        }
        return found;

        void Refuse(Message says) => found.Add(new("report", Severity.Refusal, says, []));
    }

    IReadOnlyList<Goal> Goals => [.. Node.InputAssets.OfType<Goal>()];

    IReadOnlyList<Threshold> Thresholds => [.. Node.InputAssets.OfType<Threshold>()];

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var read = await ReadAsync(making, stop);
        var data = await Task.Run(() => Report(making, read, stop), stop);

        var json = await making.AddBytesAsync("report.json", data.ToJson(), stop);
        making.Part("report", json.Content);
        var card = new ModelCard(data, read.Goal, Card, read.Data.Record, Language);
        await making.AddBytesAsync("report.html", Encoding.UTF8.GetBytes(ReportHtml.Of(data, Language)), stop);
        await making.AddBytesAsync("card.md", Encoding.UTF8.GetBytes(card.Markdown()), stop);
        await making.AddBytesAsync("card.html", Encoding.UTF8.GetBytes(card.Html()), stop);
        foreach (var check in data.Verdict.Checks) making.Check(new CheckResult(check.Name, check.Name.StartsWith("leak-", StringComparison.Ordinal) ? CheckKind.Test : CheckKind.Goal, check.Held, check.Says));
        making.Fact("verdict", data.Verdict.Go ? "GO" : "NO-GO");
        making.Fact("model", data.Model);
        foreach (var figure in data.Output.Contestants[0].Figures.Where(f => double.IsFinite(f.Value)))
        {
            making.Metric($"{figure.Name}.test", figure.Value);
            if (!double.IsFinite(figure.Low)) continue;
            making.Metric($"{figure.Name}.test.low", figure.Low);
            making.Metric($"{figure.Name}.test.high", figure.High);
        }
    }

    /// <summary>All that a report is made of, read before anything is worked out.</summary>
    sealed record Read(
        InputVersion Model, Choice? Choice, string? Threshold, GoalStatement? Goal, string? GoalName, InputVersion Data, IReadOnlyList<string> Files, Scored Test, Scored? Validation, Scored? OutOfFold, byte[] Graph, byte[]? Booster,
        RunRecord Run, IReadOnlyList<MetricPoint> Series, (VersionName Name, byte[] Graph, Choice? Choice)? Production);

    async Task<Read> ReadAsync(MakingRun making, CancellationToken stop)
    {
        var version = making.Input(model);
        var (choice, threshold) = (default(Choice), default(InputVersion));
        if (Thresholds is [var cut])
        {
            threshold = making.Input(cut);
            Threshold.RequireFit(threshold.Record, version.Record);
            choice = threshold.Part<Choice>("choice");
        }
        var goal = Goals is [var named] ? making.Input(named) : null;
        var statement = goal is null ? null : Goal.ReadAll(goal);
        var task = model.Learner.Algorithm.Task;
        if (version.Record.Facts.GetValueOrDefault("task") != task.ToString() || version.Record.Facts.GetValueOrDefault("target") != model.Learner.Algorithm.Target.Name)
            throw new KumikiException(Message.Of("report.model-changed", ("report", Name), ("model", version.Name), ("asset", model.Name)));

        var test = await ScoredAsync(ScoredRows.Test);
        if (test is null || test.Count == 0) throw new KumikiException(Message.Of("report.no-test-rows", ("report", Name), ("model", version.Name)));
        var data = await version.BehindAsync(model.Split.Data, stop);
        var (run, series) = await version.MakingAsync(stop);
        return new(version, choice, threshold?.Name.ToString(), statement, goal?.Name.ToString(), data, await data.PathsAsync("rows", stop), test, await ScoredAsync(ScoredRows.Validation), await ScoredAsync(ScoredRows.OutOfFold),
            await version.BytesAsync("model.onnx", stop), version.Record.Files.Any(f => f.Path == "booster.ubj") ? await version.BytesAsync("booster.ubj", stop) : null, run, series, await ProductionAsync());

        async Task<Scored?> ScoredAsync(string file) =>
            version.Record.Files.Any(f => f.Path == file) ? ScoredRows.Read(making.Tables(), await version.PathAsync(file, stop), stop) : null;

        async Task<(VersionName, byte[], Choice?)?> ProductionAsync()
        {
            if (await making.InProductionAsync(model, stop) is not { } live || live.Name == version.Name) return null;
            var cutter = Thresholds is [var t] ? await making.InProductionAsync(t, stop) : null;
            return (live.Name, await live.BytesAsync("model.onnx", stop), cutter?.Part<Choice>("choice"));
        }
    }

    ReportData Report(MakingRun making, Read read, CancellationToken stop)
    {
        var (algorithm, test) = (model.Learner.Algorithm, read.Test);
        using var scorer = Scorer.Open(read.Graph);
        var slices = new Slices<TRow>();
        Slices(slices);
        PartedRows rows;
        using (making.Step("read")) rows = Rows(making, read, scorer, slices.Plans, stop);
        var classes = read.Model.Record.Facts.TryGetValue("classes", out var written) ? JsonSerializer.Deserialize<List<string>>(written)! : [];
        var subject = new Subject(read.Model.Name.ToString(), algorithm, classes, test, read.Validation, read.OutOfFold, Targets(rows, algorithm, classes), WeightsOf(rows.Frame, test.Rows), WeightsOf(rows.Frame, read.OutOfFold?.Rows ?? []));

        var plan = new BootstrapPlan { Resamples = Resamples ?? Contest.ResamplesFor(test.Count), Seed = making.RandomFor("bootstrap").Next() };
        var (existing, noExisting) = Earlier(read, rows, scorer, stop);
        IReadOnlyList<(string, double[])> rules = algorithm.IsClasses ? [] : [.. model.DeclaredBaselines.Select(b => (b.Name, b.Guess(rows.Frame, rows.Frame.Numbers(rows.Target), test.Rows))).Where(b => !Array.TrueForAll(b.Item2, double.IsNaN))];
        ContestResult result;
        ContestResult? folds = null;
        string? figure;
        using (making.Step("figures"))
        {
            var contest = Contests.Of(subject, test, subject.Weights, read.Choice, read.Goal, rules, existing, making.RandomFor("lots"));
            figure = read.Goal?.Figure is { } wanted ? GoalView.FigureOf(Name, Goals[0].Name, wanted, subject, contest, read.Choice is not null) : null;
            if (read.Goal is not null && figure is null) making.Log("warn", Message.Of("report.goal-in-words", ("report", Name), ("goal", Goals[0].Name)).ToString());
            result = contest.Run(plan, stop);
            if (figure is not null && read.OutOfFold is { Count: > 0 } tried)
                folds = Contests.Of(subject, tried, subject.OutOfFoldWeights, read.Choice, read.Goal, [], null, making.RandomFor("lots")).Run(plan with { Resamples = Math.Min(plan.Resamples, Contest.ResamplesFor(tried.Count)) }, stop);
        }

        var input = InputView.Of(rows, subject, read.Model.Record.Facts);
        var (goal, verdict) = GoalView.Of(subject.Model, read.Goal, figure, result, folds, input.Leaks);
        var output = OutputView.Of(subject, result, read.Choice, read.Goal, noExisting, rows.ByTime ? Frame.Gather(rows.Frame.Keys(rows.SplitColumn!), test.Rows) : null);
        SlicesData cut;
        using (making.Step("slices")) cut = Cut(making, read, rows, subject, scorer, slices.Plans, stop);
        ImportanceData importance;
        var (part, scored) = read.Validation is { Count: > 0 } validation ? ("validation", validation) : ("test", test);
        var explained = Sampled(scored.Rows, ImportanceView.ShapRows, making.RandomFor("shap"));
        using (making.Step("importance")) importance = ImportanceView.Of(subject, rows.Frame, part, scored, read.Graph, read.Booster, explained, making.RandomFor("permutation"), stop);
        return new()
        {
            Report = Name,
            Model = subject.Model,
            Threshold = read.Threshold,
            Goal = read.GoalName,
            Data = read.Data.Name.ToString(),
            Task = algorithm.Task.ToString(),
            Target = algorithm.Target.Name,
            Positive = read.Model.Record.Facts.GetValueOrDefault("positive"),
            Classes = classes,
            Sampling = new(plan.Resamples, 0.95, Math.Min(test.Count, OutputView.MostDrawn), Math.Min(test.Count, SliceView.MostRows), explained.Length, Math.Min(scored.Count, ImportanceView.PermutationRows), ImportanceView.Repeats),
            Verdict = verdict,
            GoalCheck = goal,
            Input = input,
            Process = ProcessView.Of(read.Model.Record, algorithm, scorer.Features, read.Run, read.Series),
            Output = output,
            Slices = cut,
            Importance = importance,
        };
    }

    static int[] Sampled(int[] rows, int most, Random random)
    {
        var picked = (int[])rows.Clone();
        random.Shuffle(picked);
        Array.Resize(ref picked, Math.Min(most, picked.Length));
        Array.Sort(picked);
        return picked;
    }
}

/// <summary>What people have to say of a model, for its card.</summary>
public sealed record CardText
{
    public string? IntendedUse { get; init; }

    /// <summary>What it must not be used for.</summary>
    public string? OutOfScope { get; init; }

    public string? Limits { get; init; }

    public string? Ethics { get; init; }

    /// <summary>Whom to ask.</summary>
    public string? Contact { get; init; }
}
