using Kumiki.Reports;

namespace Kumiki.Analyzing;

sealed partial class AnalysisPage
{
    const int ShownRelations = 20;

    void WriteTarget()
    {
        if (report.Target is not { } target) return;
        var section = page.Section(Say(Message.Of("analysis.target", ("column", target.Column))), "target");
        if (target.Classes.Count > 1)
        {
            var caption = Say(Message.Of("analysis.balance", ("column", target.Column)));
            section.Figure(Plot.Bars(new($"{caption}: {string.Join(", ", target.Classes.Take(5).Select(c => $"{Visible(c.Value)} {Shown.Share(c.Share)}"))}",
                [.. target.Classes.Take(ShownBars * 2).Select(c => new Bar(Visible(c.Value), c.Share, Shown.Share(c.Share)))]) { Most = 1 }), caption,
                ValueTable(target.Classes));
        }
        if (target.Columns.Count > 0)
        {
            var caption = Say(Message.Of("analysis.tells", ("column", target.Column)));
            section.Figure(Plot.Bars(new($"{caption}: {string.Join(", ", target.Columns.Take(3).Select(c => $"{c.Column} {Shown.Number(c.Value)}"))}",
                [.. target.Columns.Take(15).Select(c =>
                new Bar(c.Column, c.Value, $"{c.Value.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)}"))]) { Most = 1,
                Across = string.Join(" / ", target.Columns.Select(c => Findings.Name(c.Measure)).Distinct()) }), caption,
                new([Say(Message.Of("analysis.column")), Say(Message.Of("analysis.measure")), Head.Number(Say(Message.Of("analysis.value")))],
                    [.. target.Columns.Select(c => (IReadOnlyList<Cell>)[new(c.Column, Link(c.Column)), Findings.Name(c.Measure), Shown.Number(c.Value)])]));
        }
        foreach (var profile in target.Profiles) Write(section, target, profile);
    }

    void Write(ReportSection section, TargetReport target, TargetProfile profile)
    {
        var isShare = profile.Measure == "share";
        var caption = isShare ? Say(Message.Of("analysis.share-by", ("target", target.Column), ("class", target.Positive), ("column", profile.Column)))
            : Say(Message.Of("analysis.mean-by", ("target", target.Column), ("column", profile.Column)));
        string Value(double value) => isShare ? Shown.Share(value) : Shown.Number(value);
        string Name(ProfilePoint p) => p.Label is { } label ? Visible(label) : p.From == p.To ? Shown.Number(p.From)
            : $"{Shown.Number(p.From)} … {Shown.Number(p.To)}";
        var table = new ReportTable([profile.Column, Head.Number(Say(Message.Of("analysis.rows"))),
            Head.Number(isShare ? Say(Message.Of("analysis.share")) : Say(Message.Of("analysis.mean"))), Head.Number("95 %")],
            [.. profile.Points.Select(p => (IReadOnlyList<Cell>)[Name(p), Shown.Count(p.Rows), Value(p.Value), $"{Value(p.Low)} … {Value(p.High)}"])]);
        section.Figure(Plot.Bars(new($"{caption}: {string.Join(", ", profile.Points.Take(4).Select(p => $"{Name(p)} {Value(p.Value)}"))}",
            [.. profile.Points.Select(p => new Bar(Name(p), p.Value, Value(p.Value), p.Low, p.High))])
        { Most = null }), caption, table);
    }

    void WriteRelations()
    {
        if (report.Relations.Pairs.Count == 0) return;
        var relations = report.Relations;
        var section = page.Section(Say(Message.Of("analysis.relations")), "relations");
        if (relations.LeftOut.Count > 0) section.Note(Say(Message.Of("analysis.left-out", ("count", relations.Columns.Count),
            ("left", relations.LeftOut.Count))));
        var values = new double[relations.Columns.Count, relations.Columns.Count];
        var at = relations.Columns.Select((c, i) => (c, i)).ToDictionary(c => c.c, c => c.i);
        for (var r = 0; r < relations.Columns.Count; r++)
            for (var c = 0; c < relations.Columns.Count; c++) values[r, c] = r == c ? 1 : double.NaN;
        foreach (var pair in relations.Pairs) (values[at[pair.A], at[pair.B]], values[at[pair.B], at[pair.A]]) = (pair.Value, pair.Value);
        var caption = Say(Message.Of("analysis.matrix"));
        var strongest = relations.Pairs.OrderByDescending(p => Math.Max(Math.Abs(p.Value), Math.Abs(p.Spearman ?? 0))).ThenBy(p => p.A, StringComparer.Ordinal)
            .ThenBy(p => p.B, StringComparer.Ordinal).ToList();
        section.Figure(Plot.HeatMap(new($"{caption}: {string.Join(", ", strongest.Take(3).Select(p => $"{p.A} × {p.B} {Shown.Number(p.Value)}"))}",
            relations.Columns, relations.Columns, values, -1, 1) { Text = v => Math.Abs(v) < 0.05 ? "0"
            : v.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) }), caption, PairTable(relations.Pairs));
        section.Table(PairTable([.. strongest.Take(ShownRelations)]) with { Caption = Say(Message.Of("analysis.strongest")) });
    }

    ReportTable PairTable(IReadOnlyList<Relation> pairs) =>
        new([Say(Message.Of("analysis.column")), Say(Message.Of("analysis.column")), Say(Message.Of("analysis.measure")),
        Head.Number(Say(Message.Of("analysis.value"))), Head.Number("Spearman ρ"), Head.Number(Say(Message.Of("analysis.rows")))],
        [.. pairs.Select(p => (IReadOnlyList<Cell>)[new(p.A, Link(p.A)), new(p.B, Link(p.B)), Findings.Name(p.Measure), Shown.Number(p.Value),
            p.Spearman is { } s ? Shown.Number(s) : "", Shown.Count(p.Rows)])]);
}
