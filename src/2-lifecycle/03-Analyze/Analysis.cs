using System.Linq.Expressions;
using System.Text;
using Kumiki.Analyzing;
using Kumiki.Making;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>A report on the rows of one dataset: each column, how columns go together, what gives a target away, what time is covered, and first of all what to
/// look at.</summary>
/// <remarks>A version holds <c>report.json</c> (docs/formats/analysis-report.md; the same rows give the same bytes) and <c>report.html</c>, one page that needs
/// nothing else.
/// <code>public sealed class SalesReport(Sales sales) : Analysis&lt;Sale&gt;;</code></remarks>
public abstract class Analysis<TRow> : Asset
{
    public sealed override AssetKind Kind => AssetKind.Report;

    /// <summary>The column that is to be predicted, such as <c>r => r.Churned</c>: the report then looks for what gives it away, its classes, and what goes
    /// with it.</summary>
    /// <value>Null: none.</value>
    public virtual Expression<Func<TRow, object?>>? Target => null;

    /// <summary>The date or time of a row, such as <c>r => r.Date</c>: the report then shows what time is covered, and what days are missing.</summary>
    /// <value>Null: none.</value>
    public virtual Expression<Func<TRow, object?>>? Time => null;

    /// <summary>How much is looked at where looking at everything would take too long.</summary>
    public virtual AnalysisSizes Sample => new();

    /// <summary>The language of <c>report.html</c>: <c>en</c> or <c>ja</c>.</summary>
    /// <value>The language of the process.</value>
    [Parameter]
    public string Language { get; init; } = Catalogue.ProcessLanguage;

    /// <summary>Whether values of a column must not be shown: its counts are, nothing that a value could be read from.</summary>
    protected virtual bool Hides(ColumnSchema column) => false;

    protected sealed override IEnumerable<KeyValuePair<string, string>> Recipe => [new("analysis", TableAnalysis.Recipe), new("duckdb", "1.5.6")];

    protected sealed override IEnumerable<Finding> Check()
    {
        if (Node.InputAssets.OfType<Dataset<TRow>>().Count() != 1)
        {
            yield return Refused(Message.Of("analysis.inputs", ("report", Name), ("row", typeof(TRow).Name)));
            yield break;
        }
        if (!Catalogue.Languages.Contains(Language)) yield return Refused(Message.Of("analysis.language", ("report", Name), ("language", Language),
            ("languages", string.Join(", ", Catalogue.Languages))));
        if (Fault() is { } fault) yield return Refused(fault);
    }

    static Finding Refused(Message says) => new("analysis", Severity.Refusal, says, []);

    Message? Fault()
    {
        try
        {
            Options([]).Require(RowSchema.Of<TRow>());
            return null;
        }
        catch (KumikiException e)
        {
            return e.Says;
        }
    }

    AnalysisOptions Options(IReadOnlyList<CheckResult> checks)
    {
        var schema = RowSchema.Of<TRow>();
        return new(Node.InputAssets.OfType<Dataset<TRow>>().Single().Name)
        {
            Target = Target is null ? null : schema.ColumnOf(Target).Name,
            Time = Time is null ? null : schema.ColumnOf(Time).Name,
            Sizes = Sample,
            Hides = Hides,
            Expectations = [.. checks.Where(c => c.Kind == CheckKind.Expectation).Select(c => new ExpectationFound(c.Name, c.Held, c.Says))],
        };
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var data = making.Input(Node.InputAssets.OfType<Dataset<TRow>>().Single());
        var files = await data.PathsAsync("rows", stop);
        AnalysisReport report;
        using (making.Step("analysis"))
            report = await Task.Run(() => TableAnalysis.Of(making.Tables(), files, RowSchema.Of<TRow>(), Options(data.Record.Checks), stop), stop);
        using (making.Step("page"))
        {
            await making.AddBytesAsync("report.json", report.ToJson(), stop);
            await making.AddBytesAsync("report.html", Encoding.UTF8.GetBytes(AnalysisPage.Of(report, data.Name.ToString(), Language)), stop);
        }
        making.Metric("rows", report.Rows);
        making.Metric("findings", report.Findings.Count);
        foreach (var finding in report.Findings.Take(10)) making.Log(finding.Says.ToString());
    }
}

/// <summary>How much an analysis looks at where looking at everything would take too long; what is not exact says so in the report.</summary>
public sealed record AnalysisSizes
{
    /// <summary>Tables of at most so many rows are looked at whole. Of larger ones, quantiles, relations between columns and candidates for frequent values
    /// come from about so many rows, drawn evenly.</summary>
    /// <value>1,000,000; at least 1,000.</value>
    public int Rows { get; init; } = 1_000_000;

    /// <summary>Columns whose relations with each other are looked at: the target, then the first that have not one value or one each row.</summary>
    /// <value>32, at least 2.</value>
    public int RelatedColumns { get; init; } = 32;

    /// <summary>Frequent values that are listed for a column.</summary>
    /// <value>20, at least 1.</value>
    public int TopValues { get; init; } = 20;
}
