using System.Globalization;
using System.Text;

namespace Kumiki.Reports;

/// <summary>One report as one HTML file: no scripts, and nothing from elsewhere.</summary>
/// <remarks><code>
/// var page = new ReportPage("demand-model@7", language) { Lead = "…" };
/// page.Section("Errors").Figure(Plot.Lines(new("…", series)), "Error by week", table).Table(slices);
/// File.WriteAllText(path, page.Html());
/// </code>Every text given is escaped; only what <see cref="Plot"/> drew is taken as it is.</remarks>
/// <param name="title">The page's title.</param>
/// <param name="language">One of the catalogue's languages.</param>
sealed class ReportPage(string title, string language)
{
    readonly List<ReportSection> sections = [];

    public string Language { get; } = language;

    /// <summary>What kind of report it is, above the title.</summary>
    public string? Kind { get; init; }

    /// <summary>A sentence under the title.</summary>
    public string? Lead { get; init; }

    /// <summary>A section of its own in the list of contents.</summary>
    /// <param name="id">What links name; null: by its number.</param>
    public ReportSection Section(string title, string? id = null)
    {
        var section = new ReportSection(this, title, id ?? string.Create(CultureInfo.InvariantCulture, $"section-{sections.Count + 1}"), level: 2);
        sections.Add(section);
        return section;
    }

    public string Html()
    {
        var html = new StringBuilder("<!DOCTYPE html>\n");
        html.Append(CultureInfo.InvariantCulture,
            $"<html lang=\"{Language}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Append(CultureInfo.InvariantCulture,
            $"<meta name=\"color-scheme\" content=\"light dark\">\n<title>{Shown.Escaped(title)}</title>\n<style>{ReportStyle.Css}</style>\n</head>\n<body>\n");
        html.Append("<header>");
        if (Kind is not null) html.Append("<p class=\"kind\">").Append(Shown.Escaped(Kind)).Append("</p>");
        html.Append("<h1>").Append(Shown.Escaped(title)).Append("</h1>");
        if (Lead is not null) html.Append("<p class=\"lead\">").Append(Shown.Escaped(Lead)).Append("</p>");
        html.Append("</header>\n");
        if (sections.Count > 2)
        {
            html.Append("<nav aria-label=\"").Append(Shown.Escaped(Message.Of("report.contents").In(Language))).Append("\"><ul>");
            foreach (var section in sections)
                html.Append("<li><a href=\"#").Append(Shown.Escaped(section.Id)).Append("\">").Append(Shown.Escaped(section.Title)).Append("</a></li>");
            html.Append("</ul></nav>\n");
        }
        html.Append("<main>\n");
        foreach (var section in sections) section.Write(html);
        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }
}
