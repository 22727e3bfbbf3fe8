using System.Globalization;
using Kumiki.Reports;

namespace Kumiki.Analyzing;

/// <summary>The report as a page.</summary>
sealed partial class AnalysisPage
{
    readonly AnalysisReport report;
    readonly ReportPage page;
    readonly Dictionary<string, int> place;

    AnalysisPage(AnalysisReport report, string version, string language)
    {
        this.report = report;
        place = report.Columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i + 1);
        page = new(version, language)
        {
            Kind = Message.Of("analysis.page").In(language),
            Lead = report.Exact ? Message.Of("analysis.lead", ("rows", Shown.Count(report.Rows)), ("columns", report.Columns.Count)).In(language)
                : Message.Of("analysis.lead-drawn", ("rows", Shown.Count(report.Rows)), ("columns", report.Columns.Count),
                    ("drawn", Shown.Count(report.SampleRows))).In(language),
        };
    }

    /// <param name="version">The version whose rows they are: <c>sales@7</c>.</param>
    /// <returns>One HTML file.</returns>
    public static string Of(AnalysisReport report, string version, string language)
    {
        var page = new AnalysisPage(report, version, language);
        page.WriteFindings();
        page.WriteOverview();
        page.WriteTarget();
        page.WriteCoverage();
        page.WriteRelations();
        page.WriteColumns();
        page.WriteExpectations();
        page.WriteLegend();
        return page.page.Html();
    }

    string Say(Message message) => message.In(page.Language);

    string Link(string column) => string.Create(CultureInfo.InvariantCulture, $"#column-{place[column]}");

    static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    void WriteFindings()
    {
        var section = page.Section(Say(Message.Of("analysis.findings")), "findings");
        if (report.Findings.Count == 0) section.Text(Say(Message.Of("analysis.nothing-found")));
        else section.Findings([.. report.Findings
            .Select(f => new ReportFinding(f.Weight >= 70 ? Weight.Act : f.Weight >= 40 ? Weight.Look : Weight.Note, Say(f.Says), f.Column is null ? null
            : Link(f.Column), f.Column))]);
    }

    void WriteOverview()
    {
        var missing = report.Columns.Sum(c => c.Missing);
        var cells = report.Rows * (double)report.Columns.Count;
        page.Section(Say(Message.Of("analysis.overview")), "overview")
            .Facts((Say(Message.Of("analysis.rows")), Shown.Count(report.Rows)), (Say(Message.Of("analysis.columns")), Shown.Count(report.Columns.Count)),
                (Say(Message.Of("analysis.missing")), Shown.Share(cells == 0 ? 0 : missing / cells)),
                    (Say(Message.Of("analysis.duplicates")), Shown.Count(report.DuplicateRows)))
            .Table(new([Say(Message.Of("analysis.column")), Say(Message.Of("analysis.type")), Head.Number(Say(Message.Of("analysis.missing"))),
                Head.Number(Say(Message.Of("analysis.distinct"))), Say(Message.Of("analysis.range"))],
                [.. report.Columns.Select(c => (IReadOnlyList<Cell>)[new(c.Name, Link(c.Name)), c.Type,
                    new(Shown.Share(c.MissingShare), Share: c.MissingShare > 0 ? c.MissingShare : null), Distinct(c), Range(c)])]));
    }

    static string Distinct(ColumnReport column) => (column.Distinct.Exact ? "" : "≈ ") + (column.Distinct.Exact ? Shown.Count(column.Distinct.Count)
        : Shown.Number(double.Parse(column.Distinct.Count.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)));

    string Range(ColumnReport column) => column switch
    {
        { Hidden: true } => Say(Message.Of("analysis.hidden")),
        { Number: { } x } => $"{Shown.Number(x.Min)} … {Shown.Number(x.Quantiles.P50)} … {Shown.Number(x.Max)}",
        { Date: { } d } => $"{Day(d.Min)} … {Day(d.Max)}",
        { Top: [var first, ..] } => $"{Shown.Cut(first.Value, 220, 11)} ({Shown.Share(first.Share)})",
        _ => "–",
    };

    void WriteCoverage()
    {
        if (report.Coverage is not { } coverage) return;
        var periods = new[] { coverage.Day, coverage.Week, coverage.Month }.OfType<Periods>().FirstOrDefault(p =>
            p.From.Count <= 400) ?? coverage.Month ?? coverage.Dates.Histogram;
        var section = page.Section(Say(Message.Of("analysis.coverage", ("column", coverage.Column))), "coverage");
        section.Figures((Say(Message.Of("analysis.from")), Day(coverage.Dates.Min)), (Say(Message.Of("analysis.to")), Day(coverage.Dates.Max)),
            (Say(Message.Of("analysis.days")), Shown.Count(coverage.Dates.Days)), (Say(Message.Of("analysis.gaps")), Shown.Count(coverage.Dates.GapCount)));
        var caption = Say(Message.Of("analysis.rows-by", ("unit", Unit(periods.Unit))));
        section.Figure(Plot.Lines(new(caption, [new(Say(Message.Of("analysis.rows")), [.. periods.From.Select(Days)],
            [.. periods.Rows.Select(r => (double)r)])]) { IsDate = true, FromZero = true, Up = Say(Message.Of("analysis.rows")) }), caption,
            PeriodTable(periods));
        if (coverage.Dates.Gaps.Count > 0) section.Table(GapTable(coverage.Dates));
    }

    static double Days(DateOnly day) => day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    ReportTable PeriodTable(Periods periods) => new([Unit(periods.Unit), Head.Number(Say(Message.Of("analysis.rows")))],
        [.. periods.From.Zip(periods.Rows, (f, r) => (IReadOnlyList<Cell>)[Day(f), Shown.Count(r)])]);

    ReportTable GapTable(DateReport dates) => new([Say(Message.Of("analysis.after")), Say(Message.Of("analysis.before")),
        Head.Number(Say(Message.Of("analysis.days-missing")))],
        [.. dates.Gaps.Select(g => (IReadOnlyList<Cell>)[Day(g.After), Day(g.Before), Shown.Count(g.Days)])])
    { Caption = Say(Message.Of("analysis.gap-table", ("usual", dates.Usual))) };

    string Unit(string unit) => Say(unit switch
    {
        "day" => Message.Of("analysis.unit-day"),
        "week" => Message.Of("analysis.unit-week"),
        "month" => Message.Of("analysis.unit-month"),
        "year" => Message.Of("analysis.unit-year"),
        "decade" => Message.Of("analysis.unit-decade"),
        "century" => Message.Of("analysis.unit-century"),
        _ => Message.Of("analysis.unit-millennium"),
    });

    void WriteExpectations()
    {
        if (report.Expectations.Count == 0) return;
        page.Section(Say(Message.Of("analysis.expectations")),
            "expectations").Table(new([Say(Message.Of("analysis.expectation")), Say(Message.Of("analysis.result")), Say(Message.Of("analysis.says"))],
            [.. report.Expectations.Select(e =>
                (IReadOnlyList<Cell>)[e.Name, e.Held ? Say(Message.Of("analysis.held")) : Say(Message.Of("analysis.broken")), Say(e.Says)])]));
    }

    void WriteLegend()
    {
        var section = page.Section(Say(Message.Of("analysis.legend")), "legend");
        if (report.Exact) section.Note(Say(Message.Of("analysis.legend-exact")));
        else section.Note(Say(Message.Of("analysis.legend-drawn", ("drawn", Shown.Count(report.SampleRows)))));
        section.Note(Say(Message.Of("analysis.legend-figures"))).Note(Say(Message.Of("analysis.legend-relations"))).Note(Say(Message.Of("analysis.legend-target")));
    }
}
