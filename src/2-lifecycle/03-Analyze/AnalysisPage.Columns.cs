using Kumiki.Reports;

namespace Kumiki.Analyzing;

sealed partial class AnalysisPage
{
    /// <summary>Bars a picture of frequent values has; the table has all.</summary>
    const int ShownBars = 10;

    void WriteColumns()
    {
        if (report.Columns.Count == 0) return;
        var section = page.Section(Say(Message.Of("analysis.columns")), "columns");
        foreach (var column in report.Columns) Write(section.Section(column.Name, Link(column.Name)[1..]), column);
    }

    void Write(ReportSection card, ColumnReport column)
    {
        List<(string, string)> figures =
        [
            (Say(Message.Of("analysis.type")), column.Type),
            (Say(Message.Of("analysis.missing")), column.Missing == 0 ? "0" : $"{Shown.Count(column.Missing)} ({Shown.Share(column.MissingShare)})"),
            (Say(Message.Of("analysis.distinct")), Distinct(column)),
        ];
        if (column.Number is { } x) figures.AddRange(Figures(x));
        if (column.Text is { } text)
        {
            figures.Add((Say(Message.Of("analysis.lengths")),
                $"{Shown.Count(text.MinLength)} … {Shown.Number(text.MeanLength)} … {Shown.Count(text.MaxLength)}"));
            figures.Add((Say(Message.Of("analysis.blank")), Shown.Count(text.Empty)));
        }
        if (column.Date is { } dates)
        {
            figures.Add((Say(Message.Of("analysis.from")), Day(dates.Min)));
            figures.Add((Say(Message.Of("analysis.to")), Day(dates.Max)));
            figures.Add((Say(Message.Of("analysis.days")), Shown.Count(dates.Days)));
            figures.Add((Say(Message.Of("analysis.gaps")), Shown.Count(dates.GapCount)));
        }
        card.Figures(figures);
        if (column.Hidden) card.Note(Say(Message.Of("analysis.hidden-note")));
        else if (column.Missing == report.Rows) card.Note(Say(Message.Of("analysis.all-missing")));
        else Draw(card, column);
    }

    IEnumerable<(string, string)> Figures(NumberReport x) =>
    [
        (Say(Message.Of("analysis.mean")), Shown.Number(x.Mean)),
        (Say(Message.Of("analysis.std")), Shown.Number(x.Std)),
        (Say(Message.Of("analysis.least")), Shown.Number(x.Min)),
        ("1 %", Shown.Number(x.Quantiles.P1)),
        ("5 %", Shown.Number(x.Quantiles.P5)),
        ("25 %", Shown.Number(x.Quantiles.P25)),
        (Say(Message.Of("analysis.median")), Shown.Number(x.Quantiles.P50)),
        ("75 %", Shown.Number(x.Quantiles.P75)),
        ("95 %", Shown.Number(x.Quantiles.P95)),
        ("99 %", Shown.Number(x.Quantiles.P99)),
        (Say(Message.Of("analysis.greatest")), Shown.Number(x.Max)),
        (Say(Message.Of("analysis.zeros")), Shown.Count(x.Zeros)),
        (Say(Message.Of("analysis.negatives")), Shown.Count(x.Negatives)),
        (Say(Message.Of("analysis.infinite")), Shown.Count(x.Infinite + x.NotANumber)),
    ];

    void Draw(ReportSection card, ColumnReport column)
    {
        var rows = Say(Message.Of("analysis.rows"));
        if (column.Number is { Histogram.Counts.Count: > 0 } x)
        {
            Histogram(card, column.Name, x.Histogram, x, isLog: false);
            if (x.LogHistogram is { } log) Histogram(card, column.Name, log, x, isLog: true);
        }
        if (column.Date is { } dates)
        {
            var periods = dates.Histogram;
            var edges = periods.From.Select(Days).Append(Days(dates.Max) + 1).ToList();
            if (edges.Count > 2) edges[^1] = Math.Max(edges[^1], edges[^2] + (edges[^2] - edges[^3]));
            var caption = Say(Message.Of("analysis.rows-of-by", ("column", column.Name), ("unit", Unit(periods.Unit))));
            card.Figure(Plot.Histogram(new(caption, edges, periods.Rows) { IsDate = true, Up = rows }), caption, PeriodTable(periods));
        }
        var isRepeated = column.Kind switch
        {
            ValueKind.Number => column.Distinct.Count > 1 && column.Top is [var most, ..] && most.Rows > 1
                && column.Number?.Histogram.Counts.Count != column.Distinct.Count,
            ValueKind.Date => column.Top is [var most, ..] && most.Share * column.Date!.Days >= 3,      // else it only says that days are alike
            _ => true,
        };
        if (column.Top.Count > 0 && isRepeated) Top(card, column);
    }

    void Histogram(ReportSection card, string column, Histogram histogram, NumberReport x, bool isLog)
    {
        var caption = isLog ? Say(Message.Of("analysis.histogram-log", ("column", column))) : Say(Message.Of("analysis.histogram", ("column", column)));
        var says = $"{caption}: {Shown.Number(x.Min)} … {Shown.Number(x.Max)}; {Say(Message.Of("analysis.median"))} {Shown.Number(x.Quantiles.P50)}";
        var median = x.Quantiles.P50 >= histogram.Edges[0] ? (IReadOnlyList<(double, string)>)[(x.Quantiles.P50, Say(Message.Of("analysis.median")))] : [];
        card.Figure(Plot.Histogram(new(says, histogram.Edges, histogram.Counts) { IsLog = isLog, Up = Say(Message.Of("analysis.rows")), Marks = median }),
            caption,
            new([Head.Number(Say(Message.Of("analysis.from"))), Head.Number(Say(Message.Of("analysis.to"))), Head.Number(Say(Message.Of("analysis.rows")))],
                [.. histogram.Counts.Select((c, i) => (IReadOnlyList<Cell>)[Shown.Number(histogram.Edges[i]), Shown.Number(histogram.Edges[i + 1]),
                    Shown.Count(c)])]));
    }

    void Top(ReportSection card, ColumnReport column)
    {
        var caption = Say(Message.Of("analysis.top", ("column", column.Name)));
        var says = $"{caption}: {string.Join(", ", column.Top.Take(3).Select(t => $"{Shown.Cut(t.Value, 200, 10)} {Shown.Share(t.Share)}"))}";
        card.Figure(Plot.Bars(new(says, [.. column.Top.Take(ShownBars).Select(t => new Bar(Visible(t.Value), t.Share, Shown.Share(t.Share)))])), caption,
            ValueTable(column.Top));
    }

    ReportTable ValueTable(IReadOnlyList<TopValue> values) =>
        new([Say(Message.Of("analysis.value")), Head.Number(Say(Message.Of("analysis.rows"))), Head.Number(Say(Message.Of("analysis.share")))],
        [.. values.Select(t => (IReadOnlyList<Cell>)[Visible(t.Value), Shown.Count(t.Rows), Shown.Share(t.Share)])]);

    /// <summary>A text that can be seen: the empty one by its name.</summary>
    string Visible(string value) => string.IsNullOrWhiteSpace(value) ? Say(Message.Of("analysis.blank-value")) : value;
}
