using System.Xml.Linq;
using Kumiki.Reports;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Analyzing;

/// <summary>An example of each picture, reviewed as a file; KUMIKI_ACCEPT=1 writes them anew.</summary>
public sealed class PlotTests
{
    static readonly Series[] Lines =
    [
        new("this model", [.. Enumerable.Range(0, 24).Select(i => 19_723.0 + i * 14)],
            [.. Enumerable.Range(0, 24).Select(i => i == 9 ? double.NaN : 120 + 40 * Math.Sin(i / 3.0))])
        {
            Low = [.. Enumerable.Range(0, 24).Select(i => 100 + 40 * Math.Sin(i / 3.0))],
            High = [.. Enumerable.Range(0, 24).Select(i => 145 + 40 * Math.Sin(i / 3.0))],
        },
        new("two weeks ago", [.. Enumerable.Range(0, 24).Select(i => 19_723.0 + i * 14)],
            [.. Enumerable.Range(0, 24).Select(i => 118 + 36 * Math.Sin((i - 2) / 3.0))]),
        new("sold", [.. Enumerable.Range(0, 24).Select(i => 19_723.0 + i * 14)], [.. Enumerable.Range(0, 24).Select(i => 121 + 43 * Math.Sin(i / 3.0 + 0.2))]),
    ];

    static readonly string[] Wide = [.. Enumerable.Range(0, 20).Select(i => $"column_{i}")];

    /// <summary>What the report of a test would draw.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Examples = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["bars"] = Plot.Bars(new("Errors by store", [new("chiba", 0.31, "31 %", 0.27, 0.36), new("a store whose name is far too long for its place", 0.9),
            new("大阪府大阪市中央区難波の店舗", 0.12), new("nowhere", 0), new("loss", -0.2, "-20 %") { Colour = 2 }])),
        ["boxes"] = Plot.Boxes(new("Alcohol by quality", [new("3", 9, 9.7, 9.9, 10.5, 11), new("5", 8.5, 9.4, 9.7, 10.2, 14.9),
            new("8", 9.8, 11.3, 12.1, 12.9, 14)]) { Across = "alcohol" }),
        ["confusion"] = Plot.Confusion(new("Truth and decision", ["good", "bad"], new long[,] { { 640, 60 }, { 131, 169 } }) { Truth = "Truth",
            Decision = "Decision" }),
        ["heat-map"] = Plot.HeatMap(new("Correlations", ["age", "amount", "duration"], ["age", "amount", "duration"],
            new[,] { { 1, 0.03, -0.04 }, { 0.03, 1, 0.62 }, { -0.04, 0.62, double.NaN } }, -1, 1)),
        ["hexbin"] = Plot.Scatter(new("Truth and forecast", [.. Enumerable.Range(0, 2000).Select(i => i % 97 + 0.5 * (i % 13))],
            [.. Enumerable.Range(0, 2000).Select(i => i % 97 + 0.7 * (i % 11))]) { HasDiagonal = true, Across = "forecast", Up = "sold" }),
        ["histogram"] = Plot.Histogram(new("Amounts", [0, 2000, 4000, 6000, 8000, 10_000], [12_345, 6000, 800, 0, 3]) { Up = "Rows",
            Marks = [(2300, "median")] }),
        ["histogram-dates"] = Plot.Histogram(new("Rows by month", [19_723, 19_754, 19_783, 19_814, 19_844], [31, 29, 0, 30]) { IsDate = true, Up = "Rows" }),
        ["histogram-log"] = Plot.Histogram(new("Amounts", [1, 10, 100, 1000, 10_000, 100_000], [3, 20, 90, 44, 2]) { IsLog = true, Up = "Rows" }),
        ["importance"] = Plot.Bars(new("Importance", [new("duration", 0.11) { Points = [(-0.2, 0), (-0.1, 0.2), (0.05, 0.5), (0.15, 0.9), (0.3, 1)] },
            new("amount", 0.05) { Points = [(-0.1, 0.9), (0.02, 0.4), (0.1, 0.1)] }]) { Across = "SHAP" }),
        ["lines"] = Plot.Lines(new("Sold and forecast", Lines) { IsDate = true, FromZero = true, Up = "Units", Marks = [(19_723 + 14 * 16, "test")] }),
        ["lines-one"] = Plot.Lines(new("Loss", [new("loss", [1, 2, 3, 4, 5], [0.69, 0.5, 0.41, 0.39, 0.4])]) { HasPoints = true, Across = "round" }),
        ["reliability"] = Plot.Reliability(new("Calibration", [new(0.05, 0.04, 0.02, 0.07, 400), new(0.3, 0.34, 0.27, 0.41, 180),
            new(0.6, 0.52, 0.41, 0.63, 80), new(0.9, 0.88, 0.7, 0.96, 25)]) { Predicted = "predicted", Observed = "observed" }),
        ["scatter"] = Plot.Scatter(new("Area and price", [1, 2, 3, 4, 5.5, double.NaN], [10, 22, 29, 41, 60, 3]) { Across = "area", Up = "price" }),
        ["waterfall"] = Plot.Waterfall(new("One decision", "mean", 0.3,
            [new("duration = 48", 0.21), new("amount = 5,951", 0.08), new("age = 22", 0.02), new("savings: none", -0.11)], "this row")),
        ["wide-heat-map"] = Plot.HeatMap(new("Many", Wide, Wide, Waves(), -1, 1) { Text = v =>
            v.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) }),
    };

    static double[,] Waves()
    {
        var values = new double[20, 20];
        for (var r = 0; r < 20; r++)
            for (var c = 0; c < 20; c++) values[r, c] = Math.Cos((r - c) / 3.0);
        return values;
    }

    public static TheoryData<string> Names => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_picture_is_as_reviewed_sound_XML_and_says_what_it_shows(string name)
    {
        var svg = Examples[name].Replace("><", ">\n<", StringComparison.Ordinal) + "\n";

        var picture = XDocument.Parse(svg).Root!;
        Assert.Equal("img", (string?)picture.Attribute("role"));
        Assert.NotEmpty((string?)picture.Attribute("aria-label") ?? "");
        var path = Path.Combine(Golden.Checkout(), $"tests/Lifecycle.Tests/03-Analyze/Plots/snapshots/{name}.svg");
        if (Environment.GetEnvironmentVariable("KUMIKI_ACCEPT") == "1") File.WriteAllText(path, svg);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == svg,
            $"{path} differs; if the picture is right, run the test with KUMIKI_ACCEPT=1 and look at it.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_text_leaves_its_picture(string name)
    {
        var picture = XDocument.Parse(Examples[name]).Root!;
        var width = double.Parse(((string)picture.Attribute("viewBox")!).Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);

        foreach (var text in picture.Elements("text").Where(t => t.Attribute("transform") is null))
        {
            var at = double.Parse((string)text.Attribute("x")!, System.Globalization.CultureInfo.InvariantCulture);
            var shown = string.Concat(text.Nodes().OfType<XText>().Select(t => t.Value));
            var length = Shown.Width(shown) * double.Parse((string)text.Attribute("font-size")!, System.Globalization.CultureInfo.InvariantCulture);
            var from = (string?)text.Attribute("text-anchor") switch { "end" => at - length, "middle" => at - length / 2, _ => at };
            Assert.True(from >= -1 && from + length <= width + 1, $"'{shown}' reaches from {from:0} to {from + length:0} of {width}.");
        }
    }

    [Theory]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(0, 12_345, "0 2k 4k 6k 8k 10k 12k 14k")]
    [InlineData(-3, 7.2, "-4 -2 0 2 4 6 8")]
    [InlineData(5, 5, "2 3 4 5 6 7 8")]
    public void Ticks_are_round(double low, double high, string ticks) =>
        Assert.Equal(ticks, string.Join(' ', Ticks.Of(Reports.Scale.Round(low, high, 0, 1), 5).Select(t => t.Text)));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(63_900, "63,900")]
    [InlineData(1_234_567.89, "1,234,568")]
    [InlineData(0.0123456, "0.012346")]
    [InlineData(-1.5e20, "-1.5e+20")]
    [InlineData(double.NaN, "–")]
    public void Numbers_are_shown_with_the_digits_that_matter(double value, string shown) => Assert.Equal(shown, Shown.Number(value));

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(0.0001, "< 0.1 %")]
    [InlineData(0.9999, "> 99.9 %")]
    [InlineData(1, "100 %")]
    public void A_share_that_is_not_quite_none_or_all_is_not_shown_as_such(double share, string shown) => Assert.Equal(shown, Shown.Share(share));

    [Fact]
    public void A_page_needs_nothing_else_escapes_what_it_is_given_and_lists_its_sections()
    {
        var page = new ReportPage("a <title>", "en") { Kind = "Test", Lead = "A & B" };
        page.Section("First <one>", "first").Findings([new(Weight.Act, "Do <this>.", "#second", "there")]).Figure(Examples["bars"], "Errors <by> store",
            new(["Store", Head.Number("Error")], [["<i>", "31 %"]]));
        page.Section("Second", "second").Text("x < y").Details("More", more =>
            more.Note("hidden <note>").Table(new(["A"], [[new Cell("link", "#first", 0.5)]])));
        page.Section("Third").Facts(("Rows", "5")).Section("Inner").Figures(("Mean", "1"));

        var html = page.Html();

        Assert.DoesNotContain("<this>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<by>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
        Assert.Contains("<a href=\"#second\">Second</a>", html, StringComparison.Ordinal);
        Assert.Contains("<section id=\"section-3-1\" class=\"level3\"><h3>Inner</h3>", html, StringComparison.Ordinal);
        // Sound as XML once the tags are closed that HTML leaves open.
        var xml = html.Replace("<!DOCTYPE html>\n", "", StringComparison.Ordinal).Replace("<meta charset=\"utf-8\">", "", StringComparison.Ordinal);
        xml = System.Text.RegularExpressions.Regex.Replace(xml, "<meta [^>]*>", "");
        Assert.Equal(1, XDocument.Parse(xml).Descendants("figure").Count(f => f.Element("details") is not null));
    }
}
