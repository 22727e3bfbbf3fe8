using System.Globalization;
using System.Text;
using Kumiki.Reports;

namespace Kumiki.Testing;

/// <summary>A model card: what the lineage says, and what people said. Mitchell et al. 2019, "Model cards for model reporting".</summary>
sealed class ModelCard
{
    sealed record Part(string Title, IReadOnlyList<string> Texts, ReportTable? Table = null);

    readonly string model, language;
    readonly List<Part> parts = [];

    /// <param name="data">The dataset version the model was trained on.</param>
    public ModelCard(ReportData report, GoalStatement? goal, CardText said, VersionRecord data, string language)
    {
        (model, this.language) = (report.Model, language);
        string Text(Message message) => message.In(language);
        Add(Text(Message.Of("testing.card-use")), said.IntendedUse ?? goal?.IntendedUse, said.OutOfScope);
        if (goal is not null)
            parts.Add(new(Text(Message.Of("testing.card-goal")), [goal.Problem, .. goal.Framing is { } f ? (string[])[$"{f.Input} → {f.Output} ({f.Objective})"] : [], .. goal.Constraints], Rows(
                Text(Message.Of("testing.figure")), Text(Message.Of("testing.value")),
                (goal.Measure, report.GoalCheck is { } g ? $"{Shown.Number(g.Figure.Value)} [{Shown.Number(g.Figure.Low)}, {Shown.Number(g.Figure.High)}] {g.Unit}" : "–"), (Text(Message.Of("testing.goal-target")), $"{Shown.Number(goal.Target)} {goal.Unit}"), (Text(Message.Of("testing.verdict")), report.Verdict.Go ? "GO" : "NO-GO"))));
        parts.Add(new(Text(Message.Of("testing.card-figures")), [Text(Message.Of("testing.card-interval"))], Rows(Text(Message.Of("testing.figure")), Text(Message.Of("testing.value")),
            [.. report.Output.Contestants[0].Figures.Select(f => (f.Name, $"{Shown.Number(f.Value)} [{Shown.Number(f.Low)}, {Shown.Number(f.High)}]"))])));
        parts.Add(new(Text(Message.Of("testing.card-data")), [], Rows(Text(Message.Of("testing.setting")), Text(Message.Of("testing.value")),
            [(Text(Message.Of("testing.card-version")), data.Name.ToString()), .. data.Facts.Select(f => (f.Key, f.Value)), .. report.Input.Split.Select(s => (s.Key, s.Value)),
                .. data.Outside.Select(o => (Path.GetFileName(o.Path), string.Create(CultureInfo.InvariantCulture, $"{o.Bytes} bytes, sha256 {o.Content.Short}")))])));
        var slices = report.Slices.Declared.Concat(report.Slices.Found).Where(s => !s.TooSmall).ToList();
        if (slices.Count > 0)
            parts.Add(new(Text(Message.Of("testing.slices")), [], new([Text(Message.Of("testing.slice")), Head.Number(Text(Message.Of("testing.rows"))), Head.Number(report.Slices.Loss), Head.Number(Text(Message.Of("testing.rest")))],
                [.. slices.Select(s => (IReadOnlyList<Cell>)[s.Name, Shown.Count(s.Rows), $"{Shown.Number(s.Loss)} [{Shown.Number(s.Low)}, {Shown.Number(s.High)}]", Shown.Number(s.Rest)])])));
        if (report.Output.Confusion is { Threshold: { } cut } confusion)
            parts.Add(new(Text(Message.Of("testing.threshold")), [$"{report.Threshold}: {Shown.Number(cut)}" + (confusion.GreyFrom is { } grey ? $" ({Shown.Number(grey)} … {Shown.Number(cut)}: {confusion.Decisions[1]})" : "")]));
        Add(Text(Message.Of("testing.card-limits")), [said.Limits, goal?.Limits, .. report.Verdict.Checks.Where(c => !c.Held).Select(c => c.Says.In(language))]);
        Add(Text(Message.Of("testing.card-ethics")), [said.Ethics, .. Answered(goal)]);
        Add(Text(Message.Of("testing.card-contact")), said.Contact);

        void Add(string title, params IReadOnlyList<string?> texts) =>
            parts.Add(new(title, texts.OfType<string>().Where(t => t.Length > 0).ToList() is { Count: > 0 } all ? all : [Text(Message.Of("testing.card-unsaid"))]));
    }

    static IEnumerable<string> Answered(GoalStatement? goal) =>
        (goal?.Ethics ?? new Dictionary<EthicsQuestion, string>()).OrderBy(e => e.Key).Where(e => !string.IsNullOrWhiteSpace(e.Value)).Select(e => $"{e.Key}: {e.Value}");

    static ReportTable Rows(string name, string value, params IReadOnlyList<(string Name, string Value)> rows) => new([name, value], [.. rows.Select(r => (IReadOnlyList<Cell>)[r.Name, r.Value])]);

    public string Markdown()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"# {Safe(model)}\n");
        foreach (var part in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {Safe(part.Title)}\n\n");
            foreach (var line in part.Texts) text.Append(CultureInfo.InvariantCulture, $"{Safe(line)}\n\n");
            if (part.Table is not { } table) continue;
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", table.Heads.Select(h => Safe(h.Text)))} |\n|{string.Concat(table.Heads.Select(h => h.IsNumber ? "--:|" : "---|"))}\n");
            foreach (var row in table.Rows) text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(c => Safe(c.Text)))} |\n");
        }
        return text.ToString();

        // A cell ends at a bar, a line at its end, and a tag would be one in the page.
        static string Safe(string written) => written.Replace("|", "\\|", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace('\n', ' ').Replace("<", "&lt;", StringComparison.Ordinal);
    }

    public string Html()
    {
        var page = new ReportPage(model, language) { Kind = Message.Of("testing.card").In(language) };
        foreach (var part in parts)
        {
            var section = page.Section(part.Title);
            foreach (var line in part.Texts) section.Text(line);
            if (part.Table is not null) section.Table(part.Table);
        }
        return page.Html();
    }
}
