using System.Globalization;
using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class CrossValidationTests
{
    public sealed record Applicant(string Status, int Duration, string Purpose, int Amount, string Savings, int Age, string Housing, bool CreditRisk);

    public sealed class Applicants : Dataset<Applicant>
    {
        public override Source Source => Source.Csv("GermanCredit.csv");
    }

    public sealed class GoodCredit(Applicants rows) : Model<Applicant>
    {
        public override Split Split => Split.Stratified(rows, r => r.CreditRisk, validation: 0.15, test: 0.2);

        public override Learner Learner => Features
            .OneHot(r => r.Status).OneHot(r => r.Purpose).OneHot(r => r.Savings).OneHot(r => r.Housing).Number(r => r.Duration).Number(r => r.Amount).Number(r => r.Age)
            .Then(Trees.Binary(r => r.CreditRisk, positive: null, rounds: 40, depth: 3));

        protected override CrossValidation? CrossValidation => new(folds: 4, repeats: 2);
    }

    [Fact]
    public async Task Each_row_outside_the_test_rows_is_scored_by_a_fit_that_did_not_see_it()
    {
        await using var world = new MakingWorld(typeof(Applicants), typeof(GoodCredit));
        File.Copy(Path.Combine(SharedData.Folder("credit-german"), "GermanCredit.csv"), Path.Combine(world.Root, "GermanCredit.csv"));

        var ends = await world.MakeAsync(new MakeOrder("good-credit") { Upstream = true });

        var model = ends[^1].Result ?? throw new InvalidOperationException(((MakingEnd.Failed)ends[^1]).Why.In("en"));
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        var (outOfFold, test, validation) = (await ReadAsync("out-of-fold"), await ReadAsync("test"), await ReadAsync("validation"));
        Assert.Equal((800, 200, 150), (outOfFold.Count, test.Count, validation.Count));
        Assert.Equal(Enumerable.Range(0, 1000), outOfFold.Rows.Concat(test.Rows).Order());
        Assert.Equal(outOfFold.Rows.Order(), outOfFold.Rows);
        double[] folds = [.. model.Facts["folds.roc_auc"].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
        Assert.Equal(8, folds.Length);
        Assert.Equal(folds.Average(), model.Metrics["roc_auc.folds"], 1e-5);
        Assert.InRange(model.Metrics["roc_auc.folds"], 0.68, 0.82);
        Assert.InRange(model.Metrics["roc_auc.test"], model.Metrics["roc_auc.folds.low"] - 0.05, model.Metrics["roc_auc.folds.high"] + 0.05);
        Assert.Equal("true", model.Facts["positive"]);
        Assert.Equal("strata of credit_risk", model.Facts["split.by"]);

        async Task<Scored> ReadAsync(string part) => ScoredRows.Read(engine, await world.Artifacts.PathAsync(model.Files.Single(f => f.Path == $"scored/{part}.parquet").Content, default), default);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void Fewer_than_two_folds_or_one_repetition_are_refused(int folds, int repeats) => Assert.Throws<ArgumentOutOfRangeException>(() => new CrossValidation(folds, repeats));
}
