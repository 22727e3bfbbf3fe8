using System.Globalization;
using System.Text.Json;
using Kumiki.Analyzing;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Analyzing;

/// <summary>Against pandas, numpy, scipy and scikit-learn on real tables: golden/make-golden.py.</summary>
public sealed class GoldenTests
{
    internal sealed record Credit(string Status, int Duration, string CreditHistory, string Purpose, int Amount, string Savings, string EmploymentDuration,
        int InstallmentRate, string PersonalStatusSex, string OtherDebtors,
        int PresentResidence, string Property, int Age, string OtherInstallmentPlans, string Housing, int NumberCredits, string Job, int PeopleLiable,
            string Telephone, string ForeignWorker, int CreditRisk);

    internal sealed record Wine(double? FixedAcidity, double? VolatileAcidity, double? CitricAcid, double? ResidualSugar, double? Chlorides,
        double? FreeSulfurDioxide, double? TotalSulfurDioxide, double? Density, double? Ph,
        double? Sulphates, double? Alcohol, int Quality);

    const string WineHeader = "fixed_acidity,volatile_acidity,citric_acid,residual_sugar,chlorides,free_sulfur_dioxide,total_sulfur_dioxide,density,ph,sulphates,alcohol,quality";

    static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden.Checkout(),
        "tests/Lifecycle.Tests/03-Analyze/golden/analysis.json"))).RootElement;

    static readonly string WineCsv = Path.Combine(SharedData.Folder("tabular-small"), "winequality-red.csv");

    [Fact]
    public void German_credit_has_the_figures_of_pandas_and_scipy_and_the_ROC_areas_of_scikit_learn()
    {
        using var world = new AnalysisWorld();

        var report = world.AnalyzeCsv<Credit>(Path.Combine(SharedData.Folder("credit-german"), "GermanCredit.csv"),
            options: new("credit") { Target = "credit_risk" });

        Same(Root.GetProperty("credit"), report);
        Assert.Equal((TargetTask.Binary, "1"), (report.Target!.Task, report.Target.Positive));
        Assert.Equal([("1", 700L), ("0", 300L)], report.Target.Classes.Select(c => (c.Value, c.Rows)));
        foreach (var column in Root.GetProperty("credit").GetProperty("target").EnumerateObject())
            Near(column.Value.GetDouble(), report.Target.Columns.Single(c => c.Column == column.Name).Value, column.Name);
        Assert.Empty(report.Target.Leaks);
    }

    [Fact]
    public void Red_wine_has_the_figures_of_pandas_and_scipy()
    {
        using var world = new AnalysisWorld();

        var report = world.AnalyzeCsv<Wine>(WineCsv, WineHeader, new("wine") { Target = "quality" });

        Same(Root.GetProperty("wine"), report);
        Assert.Equal(TargetTask.Classes, report.Target!.Task);
    }

    [Fact]
    public void Red_wine_with_holes_has_the_figures_of_pandas_over_the_rows_that_have_both_values()
    {
        using var world = new AnalysisWorld();
        var path = Path.Combine(Directory.CreateTempSubdirectory("kumiki-holes-").FullName, "wine.csv");
        File.WriteAllLines(path, File.ReadAllLines(WineCsv).Select((line, row) =>
            string.Join(',', line.Split(',').Select((field, column) => column < 11 && (row * 7 + column * 13) % 11 == 0 ? "" : field))));

        var report = world.AnalyzeCsv<Wine>(path, WineHeader, new("wine") { Target = "quality" });

        Same(Root.GetProperty("wine-holes"), report);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Beverage_sales_have_the_figures_weeks_and_months_of_pandas()
    {
        using var world = new AnalysisWorld();

        var report = world.AnalyzeCsv<Sale>(Directory.GetFiles(SharedData.Folder("beverage-sales"), "item_sale_records_*.csv")[0],
            options: new("sales") { Time = "date" });

        Same(Root.GetProperty("sales"), report);
        var months = Root.GetProperty("sales").GetProperty("months").EnumerateArray().Select(m => (m[0].GetString() + "-01", m[1].GetInt64()));
        Assert.Equal(months, Written(report.Coverage!.Month!));
        Assert.Equal(Root.GetProperty("sales").GetProperty("weeks").EnumerateArray().Select(w => (w[0].GetString()!, w[1].GetInt64())),
            Written(report.Coverage.Week!));
        Assert.Equal((639, 0, 1), (report.Coverage.Dates.Days, report.Coverage.Dates.GapCount, report.Coverage.Dates.Usual));
    }

    static IEnumerable<(string, long)> Written(Periods periods) => periods.From.Zip(periods.Rows, (f, r) =>
        (f.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), r));

    static void Same(JsonElement golden, AnalysisReport report)
    {
        Assert.Equal((golden.GetProperty("rows").GetInt64(), golden.GetProperty("duplicates").GetInt64(), true),
            (report.Rows, report.DuplicateRows, report.Exact));
        foreach (var told in golden.GetProperty("columns").EnumerateObject()) Same(told.Value, report.Column(told.Name));
        foreach (var pair in golden.GetProperty("pairs").EnumerateArray())
        {
            var (a, b) = (pair[0].GetString()!, pair[1].GetString()!);
            var found = report.Relations.Pairs.SingleOrDefault(p => (p.A, p.B) == (a, b) || (p.A, p.B) == (b, a));
            Assert.True(found is not null, $"{a} × {b} is missing.");
            Assert.Equal(pair[2].GetString(), JsonNamingPolicy.CamelCase.ConvertName(found.Measure.ToString()));
            Near(pair[3].GetDouble(), found.Value, $"{a} × {b}");
            if (pair[4].ValueKind == JsonValueKind.Number) Near(pair[4].GetDouble(), found.Spearman!.Value, $"Spearman {a} × {b}");
        }
        Assert.Equal(golden.GetProperty("pairs").GetArrayLength(), report.Relations.Pairs.Count);
    }

    static void Same(JsonElement told, ColumnReport column)
    {
        Assert.Equal((told.GetProperty("missing").GetInt64(), told.GetProperty("distinct").GetInt64()), (column.Missing, column.Distinct.Count));
        var top = told.GetProperty("top").EnumerateArray().ToList();
        if (column.Number is not { } x)
        {
            Assert.Equal(top.Select(t => (t[0].GetString()!, t[1].GetInt64())), column.Top.Select(t => (t.Value, t.Rows)));
            Assert.Equal(told.GetProperty("lengths")[0].GetInt64(), column.Text!.MinLength);
            Near(told.GetProperty("lengths")[1].GetDouble(), column.Text.MeanLength, column.Name);
            Assert.Equal(told.GetProperty("lengths")[2].GetInt64(), column.Text.MaxLength);
            return;
        }
        Assert.Equal(top.Select(t => t.GetInt64()), column.Top.Select(t => t.Rows));
        foreach (var (name, value) in (ReadOnlySpan<(string, double)>)[("min", x.Min), ("max", x.Max), ("mean", x.Mean),
            ("std", x.Std!.Value)]) Near(told.GetProperty(name).GetDouble(), value, $"{name} of {column.Name}");
        var q = x.Quantiles;
        foreach (var (expected, found) in told.GetProperty("quantiles").EnumerateArray().Zip([q.P1, q.P5, q.P25, q.P50, q.P75, q.P95,
            q.P99])) Near(expected.GetDouble(), found, $"a quantile of {column.Name}");
        Assert.Equal((told.GetProperty("zeros").GetInt64(), told.GetProperty("negatives").GetInt64()), (x.Zeros, x.Negatives));
        Assert.Equal(told.GetProperty("histogram").EnumerateArray().Select(n => n.GetInt64()), x.Histogram.Counts);
    }

    static void Near(double expected, double found, string what) => Assert.True(Math.Abs(expected - found) <= 1e-10 * Math.Max(1, Math.Abs(expected)),
        $"{what}: {found}, not {expected}");
}
