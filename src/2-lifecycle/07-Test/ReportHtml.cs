using System.Globalization;
using Kumiki.Reports;

namespace Kumiki.Testing;

/// <summary>A test report as one page.</summary>
sealed partial class ReportHtml
{
    readonly ReportData data;
    readonly string language;
    readonly ReportPage page;

    ReportHtml(ReportData data, string language)
    {
        (this.data, this.language) = (data, language);
        page = new(data.Model, language)
        {
            Kind = Say(Message.Of("testing.page")),
            Lead = Say(Message.Of("testing.lead", ("data", data.Data), ("target", data.Target), ("rows", Shown.Count(data.Input.Parts.Single(p => p.Name == "test").Rows)), ("resamples", Shown.Count(data.Sampling.Resamples)))),
        };
    }

    /// <returns>One HTML file.</returns>
    public static string Of(ReportData data, string language)
    {
        var page = new ReportHtml(data, language);
        page.WriteVerdict();
        page.WriteOutput();
        page.WriteSlices();
        page.WriteImportance();
        page.WriteInput();
        page.WriteProcess();
        return page.page.Html();
    }

    string Say(Message message) => message.In(language);

    static string Number(double? value) => Shown.Number(value);

    static string Between(double low, double high) => double.IsFinite(low) ? $"{Number(low)} … {Number(high)}" : "–";

    void WriteVerdict()
    {
        var section = page.Section(Say(Message.Of("testing.verdict")), "verdict");
        List<(string, string)> facts = [(Say(Message.Of("testing.verdict")), data.Verdict.Go ? "GO" : "NO-GO")];
        if (data.GoalCheck is { } goal)
        {
            facts.Add((goal.Measure, $"{Number(goal.Figure.Value)} {goal.Unit}"));
            facts.Add((Say(Message.Of("testing.interval")), Between(goal.Figure.Low, goal.Figure.High)));
            facts.Add((Say(Message.Of("testing.goal-target")), $"{Number(goal.Target)} {goal.Unit}"));
            if (goal.Today is { } today) facts.Add((Say(Message.Of("testing.today")), $"{Number(today)} {goal.Unit}"));
            if (goal.PerPeriod is { } period) facts.Add((Say(Message.Of("testing.per-period", ("period", goal.Period))), $"{Number(period.Value)} {goal.Unit}"));
        }
        section.Facts(facts);
        if (data.GoalCheck is { } of) section.Text(of.Problem);
        section.Findings([.. data.Verdict.Checks.OrderBy(c => c.Held).Select(c => new ReportFinding(c.Held ? Weight.Note : Weight.Act, Say(c.Says)))]);
    }

    // ── output ──

    string Kind(ContestantKind kind) => Say(kind switch
    {
        ContestantKind.Model => Message.Of("testing.model"),
        ContestantKind.Random => Message.Of("testing.lots"),
        ContestantKind.ZeroRule => Message.Of("testing.zero-rule"),
        ContestantKind.Rule => Message.Of("testing.rule"),
        ContestantKind.Existing => Message.Of("testing.existing"),
        _ => Message.Of("testing.people"),
    });

    void WriteOutput()
    {
        var section = page.Section(Say(Message.Of("testing.output")), "output");
        var model = data.Output.Contestants[0];
        section.Table(new(
            [Say(Message.Of("testing.figure")), Head.Number(Say(Message.Of("testing.value"))), Head.Number(Say(Message.Of("testing.low"))), Head.Number(Say(Message.Of("testing.high"))), Say(Message.Of("testing.better"))],
            [.. model.Figures.Select(f => (IReadOnlyList<Cell>)[f.Name, Number(f.Value), Number(f.Low), Number(f.High), f.Better is null ? "–" : f.Better == Better.Lower ? Say(Message.Of("testing.lower")) : Say(Message.Of("testing.higher"))])])
        { Caption = Say(Message.Of("testing.figures-caption")) });
        var lead = data.GoalCheck?.Figure.Name ?? model.Figures.First(f => f.Name is "log_loss" or "pinball" or "mae").Name;
        section.Table(new(
            [Say(Message.Of("testing.contestant")), Say(Message.Of("testing.kind")), Head.Number(lead), Head.Number(Say(Message.Of("testing.difference"))), Head.Number(Say(Message.Of("testing.low"))), Head.Number(Say(Message.Of("testing.high")))],
            [.. data.Output.Contestants.Select(c => (c, Of: c.Figures.FirstOrDefault(f => f.Name == lead), Apart: c.Differences.FirstOrDefault(f => f.Name == lead)))
                .Select(c => (IReadOnlyList<Cell>)[c.c.Name, Kind(c.c.Kind), Number(c.Of?.Value), Number(c.Apart?.Value), Number(c.Apart?.Low), Number(c.Apart?.High)])])
        { Caption = Say(Message.Of("testing.contestants-caption")) });
        if (data.Output.NoExisting is { } why) section.Note(why);
        if (data.Output.ZeroTruths is > 0 and var zeros) section.Note(Say(Message.Of("testing.zero-truths", ("rows", zeros))));
        Curves(section);
        if (data.Output.ByClass.Count > 0)
            section.Table(new([Say(Message.Of("testing.class")), Head.Number(Say(Message.Of("testing.rows"))), Head.Number("precision"), Head.Number("recall"), Head.Number("F1")],
                [.. data.Output.ByClass.Select(c => (IReadOnlyList<Cell>)[c.Name, Number(c.Rows), Number(c.Precision), Number(c.Recall), Number(c.F1)])])
            { Caption = Say(Message.Of("testing.by-class")) });
    }

    void Curves(ReportSection section)
    {
        var output = data.Output;
        if (output.Confusion is { } confusion)
        {
            var cells = new double[confusion.Truths.Count, confusion.Decisions.Count];
            for (var t = 0; t < confusion.Truths.Count; t++)
                for (var d = 0; d < confusion.Decisions.Count; d++) cells[t, d] = confusion.Cells[t][d];
            var caption = confusion.Threshold is { } at ? Say(Message.Of("testing.confusion-at", ("threshold", Number(at)))) : Say(Message.Of("testing.confusion"));
            section.Figure(Plot.HeatMap(new(caption, confusion.Truths, confusion.Decisions, cells, 0, confusion.Cells.SelectMany(r => r).DefaultIfEmpty(1).Max()) { Text = v => Number(v), Across = Say(Message.Of("testing.decision")), Up = Say(Message.Of("testing.truth")) }),
                caption, new([Say(Message.Of("testing.truth")), .. confusion.Decisions.Select(d => Head.Number(d))], [.. confusion.Truths.Select((t, i) => (IReadOnlyList<Cell>)[t, .. confusion.Cells[i].Select(c => (Cell)Number(c))])]));
        }
        if (output.Roc is { } roc) Line(section, Say(Message.Of("testing.roc")), roc, square: true, diagonal: true);
        if (output.PrecisionRecall is { } precision) Line(section, Say(Message.Of("testing.precision-recall")), precision, square: true, diagonal: false);
        if (output.CostCurve is { } cost) Line(section, Say(Message.Of("testing.cost-curve")), cost, square: false, diagonal: false, output.Confusion?.Threshold);
        if (output.Calibration is { } calibration)
        {
            var caption = Say(Message.Of("testing.calibration", ("ece", Number(calibration.Ece))));
            section.Figure(Plot.Reliability(new(caption, [.. calibration.Bins.Select(b => new ReliabilityPoint(b.Predicted, b.Observed, b.Low, b.High, (long)b.Weight))]) { Predicted = Say(Message.Of("testing.predicted")), Observed = Say(Message.Of("testing.observed")) }), caption,
                new([Head.Number(Say(Message.Of("testing.predicted"))), Head.Number(Say(Message.Of("testing.observed"))), Head.Number(Say(Message.Of("testing.low"))), Head.Number(Say(Message.Of("testing.high"))), Head.Number(Say(Message.Of("testing.rows")))],
                    [.. calibration.Bins.Select(b => (IReadOnlyList<Cell>)[Number(b.Predicted), Number(b.Observed), Number(b.Low), Number(b.High), Number(b.Weight)])]));
            section.Figures(("ECE", Number(calibration.Ece)), ("MCE", Number(calibration.Mce)), ("Brier: reliability", Number(calibration.Reliability)), ("Brier: resolution", Number(calibration.Resolution)), ("Brier: uncertainty", Number(calibration.Uncertainty)),
                (Say(Message.Of("testing.slope")), Number(calibration.Slope)), (Say(Message.Of("testing.intercept")), Number(calibration.Intercept)));
        }
        if (output.Residuals is { } residuals)
        {
            var caption = Say(Message.Of("testing.residuals"));
            double[] x = [.. residuals.Bins.Select(b => b.Predicted)];
            section.Figure(Plot.Lines(new(caption, [new(caption, x, [.. residuals.Bins.Select(b => b.Middle)]) { Low = [.. residuals.Bins.Select(b => b.Low)], High = [.. residuals.Bins.Select(b => b.High)] }]) { Across = Say(Message.Of("testing.predicted")), HasPoints = true }), caption,
                new([Head.Number(Say(Message.Of("testing.predicted"))), Head.Number("5 %"), Head.Number("50 %"), Head.Number("95 %"), Head.Number(Say(Message.Of("testing.rows")))],
                    [.. residuals.Bins.Select(b => (IReadOnlyList<Cell>)[Number(b.Predicted), Number(b.Low), Number(b.Middle), Number(b.High), Shown.Count(b.Rows)])]));
            if (residuals.Edges.Count == residuals.Counts.Count + 1 && residuals.Edges[^1] > residuals.Edges[0])
                section.Figure(Plot.Histogram(new(Say(Message.Of("testing.residual-counts")), residuals.Edges, [.. residuals.Counts.Select(c => (long)c)])), Say(Message.Of("testing.residual-counts")),
                    new([Head.Number(Say(Message.Of("testing.from"))), Head.Number(Say(Message.Of("testing.rows")))], [.. residuals.Counts.Select((c, i) => (IReadOnlyList<Cell>)[Number(residuals.Edges[i]), Shown.Count(c)])]));
        }
        if (output.ByTime.Count > 0)
        {
            var caption = Say(Message.Of("testing.by-time", ("loss", data.Slices.Loss)));
            double[] days = [.. output.ByTime.Select(t => (double)(DateOnly.Parse(t.From, CultureInfo.InvariantCulture).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber))];
            section.Figure(Plot.Lines(new(caption, [new(data.Slices.Loss, days, [.. output.ByTime.Select(t => t.Loss)]) { Low = [.. output.ByTime.Select(t => t.Low)], High = [.. output.ByTime.Select(t => t.High)] }]) { IsDate = true, HasPoints = true, FromZero = true }), caption,
                new([Say(Message.Of("testing.from")), Head.Number(Say(Message.Of("testing.rows"))), Head.Number(data.Slices.Loss), Head.Number(Say(Message.Of("testing.low"))), Head.Number(Say(Message.Of("testing.high"))), Head.Number(Say(Message.Of("testing.truth"))), Head.Number(Say(Message.Of("testing.predicted")))],
                    [.. output.ByTime.Select(t => (IReadOnlyList<Cell>)[t.From, Shown.Count(t.Rows), Number(t.Loss), Number(t.Low), Number(t.High), Number(t.TruthMean), Number(t.PredictedMean)])]));
        }
    }

    void Line(ReportSection section, string caption, LineData line, bool square, bool diagonal, double? mark = null)
    {
        List<Series> series = [new(Say(Message.Of("testing.model")), line.Xs, line.Ys)];
        if (diagonal) series.Add(new(Say(Message.Of("testing.coin")), [0, 1], [0, 1]));
        section.Figure(Plot.Lines(new(caption, series) { Across = line.X, Up = diagonal ? null : line.Y, Between = square ? (0, 1) : null, FromZero = !square, Marks = mark is { } at ? [(at, Say(Message.Of("testing.threshold")))] : [] }), caption,
            new([Head.Number(line.X), Head.Number(line.Y)], [.. line.Xs.Select((x, i) => (IReadOnlyList<Cell>)[Number(x), Number(line.Ys[i])])]));
    }
}
