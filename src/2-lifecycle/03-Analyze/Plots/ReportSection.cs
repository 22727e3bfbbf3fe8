using System.Globalization;
using System.Text;

namespace Kumiki.Reports;

/// <summary>A part of a report; what is added stands in that order. Figures that follow each other share lines where the screen is wide enough.</summary>
sealed class ReportSection
{
    readonly ReportPage page;
    readonly int level;
    readonly StringBuilder body = new();
    readonly List<ReportSection> inner = [];
    bool isInFigures;

    internal ReportSection(ReportPage page, string title, string id, int level) => (this.page, Title, Id, this.level) = (page, title, id, level);

    public string Title { get; }

    public string Id { get; }

    /// <summary>A sentence or more.</summary>
    public ReportSection Text(string text) => Add($"<p>{Shown.Escaped(text)}</p>\n");

    /// <summary>A sentence in smaller letters: a source, an error, a limit.</summary>
    public ReportSection Note(string text) => Add($"<p class=\"note\">{Shown.Escaped(text)}</p>\n");

    /// <summary>The few figures that matter, large.</summary>
    public ReportSection Facts(params IReadOnlyList<(string Name, string Value)> facts) =>
        Add($"<dl class=\"facts\">{string.Concat(facts.Select(f => $"<div><dt>{Shown.Escaped(f.Name)}</dt><dd>{Shown.Escaped(f.Value)}</dd></div>"))}</dl>\n");

    /// <summary>Names and values in a close list.</summary>
    public ReportSection Figures(params IReadOnlyList<(string Name, string Value)> figures) =>
        Add($"<dl class=\"figures\">{string.Concat(figures.Select(f => $"<div><dt>{Shown.Escaped(f.Name)}</dt><dd>{Shown.Escaped(f.Value)}</dd></div>"))}</dl>\n");

    /// <summary>Sentences in the order they are given, each with its weight.</summary>
    public ReportSection Findings(IReadOnlyList<ReportFinding> findings)
    {
        Flow();
        body.Append("<ol class=\"findings\">\n");
        foreach (var finding in findings)
        {
            var (look, word) = finding.Weight switch
            {
                Weight.Act => ("act", Message.Of("report.act")),
                Weight.Look => ("look", Message.Of("report.look")),
                _ => ("note", Message.Of("report.note")),
            };
            body.Append(CultureInfo.InvariantCulture,
                $"<li class=\"{look}\"><b>{Shown.Escaped(word.In(page.Language))}</b> <span>{Shown.Escaped(finding.Text)}");
            if (finding.Link is not null) body.Append(CultureInfo.InvariantCulture,
                $" <a href=\"{Shown.Escaped(finding.Link)}\">{Shown.Escaped(finding.About ?? finding.Link)}</a>");
            body.Append("</span></li>\n");
        }
        body.Append("</ol>\n");
        return this;
    }

    /// <summary>A picture with its caption, and its numbers to unfold.</summary>
    /// <param name="svg">What a function of <see cref="Plot"/> gave.</param>
    public ReportSection Figure(string svg, string caption, ReportTable table)
    {
        if (!isInFigures) body.Append("<div class=\"plots\">\n");
        isInFigures = true;
        // One that keeps its size scrolls by itself, and can be reached by keyboard to do so.
        var isWide = svg.StartsWith("<svg", StringComparison.Ordinal) && svg[..svg.IndexOf('>')].Contains("min-width", StringComparison.Ordinal);
        body.Append(isWide ? "<figure class=\"wide\">" : "<figure>").Append("<figcaption>").Append(Shown.Escaped(caption)).Append("</figcaption>");
        body.Append(isWide ? $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Shown.Escaped(caption)}\">{svg}</div>" : svg);
        body.Append("<details><summary>").Append(Shown.Escaped(Message.Of("report.numbers").In(page.Language))).Append("</summary>");
        Write(body, table with { Caption = table.Caption ?? caption });
        body.Append("</details></figure>\n");
        return this;
    }

    public ReportSection Table(ReportTable table)
    {
        Flow();
        Write(body, table);
        return this;
    }

    /// <summary>A part to unfold.</summary>
    public ReportSection Details(string summary, Action<ReportSection> fill)
    {
        Flow();
        var hidden = new ReportSection(page, summary, "", level + 1);
        fill(hidden);
        hidden.Flow();
        body.Append("<details><summary>").Append(Shown.Escaped(summary)).Append("</summary>\n").Append(hidden.body).Append("</details>\n");
        return this;
    }

    /// <summary>A section within this one, after all else of it.</summary>
    public ReportSection Section(string title, string? id = null)
    {
        var section = new ReportSection(page, title, id ?? string.Create(CultureInfo.InvariantCulture, $"{Id}-{inner.Count + 1}"), level + 1);
        inner.Add(section);
        return section;
    }

    ReportSection Add(string html)
    {
        Flow();
        body.Append(html);
        return this;
    }

    /// <summary>Ends a line of figures.</summary>
    void Flow()
    {
        if (isInFigures) body.Append("</div>\n");
        isInFigures = false;
    }

    void Write(StringBuilder html, ReportTable table)
    {
        html.Append(CultureInfo.InvariantCulture,
            $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Shown.Escaped(table.Caption ?? Title)}\"><table>");
        if (table.Caption is not null) html.Append("<caption>").Append(Shown.Escaped(table.Caption)).Append("</caption>");
        html.Append("<thead><tr>");
        foreach (var head in table.Heads) html.Append(head.IsNumber ? "<th scope=\"col\" class=\"n\">"
            : "<th scope=\"col\">").Append(Shown.Escaped(head.Text)).Append("</th>");
        html.Append("</tr></thead><tbody>\n");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Count; i++)
            {
                var (tag, look) = (i == 0 ? "th scope=\"row\"" : "td", i < table.Heads.Count && table.Heads[i].IsNumber ? " class=\"n\"" : "");
                html.Append(CultureInfo.InvariantCulture, $"<{tag}{look}>");
                var text = Shown.Escaped(row[i].Text);
                html.Append(row[i].Link is { } link ? $"<a href=\"{Shown.Escaped(link)}\">{text}</a>" : text);
                if (row[i].Share is { } share) html.Append(CultureInfo.InvariantCulture,
                    $"<i class=\"bar\" style=\"width:{Math.Clamp(share, 0, 1) * 100:0.#}%\"></i>");
                html.Append(i == 0 ? "</th>" : "</td>");
            }
            html.Append("</tr>\n");
        }
        html.Append("</tbody></table></div>\n");
    }

    internal void Write(StringBuilder html)
    {
        Flow();
        html.Append(CultureInfo.InvariantCulture,
            $"<section id=\"{Shown.Escaped(Id)}\" class=\"level{level}\"><h{level}>{Shown.Escaped(Title)}</h{level}>\n").Append(body);
        foreach (var section in inner) section.Write(html);
        html.Append("</section>\n");
    }
}
