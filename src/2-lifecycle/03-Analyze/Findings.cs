using System.Globalization;
using Kumiki.Reports;

namespace Kumiki.Analyzing;

/// <summary>What to look at, in plain sentences, the weightiest first.</summary>
/// <remarks>70 and more: act; 40 and more: look; below: good to know. More than <see cref="Most"/> columns of one finding become one sentence.</remarks>
static class Findings
{
    const int Most = 5;

    /// <summary>The report with its findings.</summary>
    public static AnalysisReport Into(AnalysisReport report)
    {
        var found = Of(report).OrderByDescending(f => f.Weight).ToList();
        return report with { Findings = found };
    }

    static IEnumerable<AnalysisFinding> Of(AnalysisReport report)
    {
        if (report.Rows == 0) return [new(100, null, Message.Of("analysis.find-no-rows", ("dataset", report.Dataset))), .. Expectations(report)];
        List<AnalysisFinding> found = [.. Expectations(report), .. Target(report), .. Table(report), .. Columns(report)];
        if (report.Rows == 1) return [new(100, null, Message.Of("analysis.find-one-row", ("dataset", report.Dataset))), .. found];
        return found;
    }

    static IEnumerable<AnalysisFinding> Expectations(AnalysisReport report) =>
        report.Expectations.Where(e => !e.Held).Select(e => new AnalysisFinding(85, null, Message.Of("analysis.find-expectation", ("name", e.Name))));

    static IEnumerable<AnalysisFinding> Target(AnalysisReport report)
    {
        if (report.Target is not { } target) yield break;
        var column = report.Column(target.Column);
        if (column.Distinct.Count < 2)
            yield return new(92, target.Column, Message.Of("analysis.find-target-one", ("target", target.Column), ("count", column.Distinct.Count)));
        else if (target.Task == TargetTask.None)
            yield return new(92, target.Column, Message.Of("analysis.find-target-none", ("target", target.Column),
                ("count", Shown.Count(column.Distinct.Count))));
        if (target.Missing > 0) yield return new(80, target.Column, Message.Of("analysis.find-target-missing", ("target", target.Column),
            ("rows", Shown.Count(target.Missing)), ("share", Shown.Share(column.MissingShare))));
        foreach (var leak in target.Leaks)
        {
            var value = Shown.Number(leak.Value);
            if (leak.Reason == LeakReason.Copy)
                yield return new(98, leak.Column, Message.Of("analysis.find-copies-target", ("column", leak.Column), ("target", target.Column)));
            if (leak.Reason == LeakReason.Predicts)
                yield return new(95, leak.Column, Message.Of("analysis.find-predicts", ("column", leak.Column), ("target", target.Column),
                    ("measure", Name(target.Columns.First(c => c.Column == leak.Column).Measure)), ("value", value)));
            if (leak.Reason == LeakReason.Missing)
                yield return new(94, leak.Column, Message.Of("analysis.find-missing-tells", ("column", leak.Column), ("target", target.Column)));
        }
        if (target.Classes is [_, .., var rarest] && rarest.Share < 0.05)
            yield return new(60, target.Column, Message.Of("analysis.find-rare-class", ("target", target.Column), ("class", rarest.Value),
                ("rows", Shown.Count(rarest.Rows)), ("share", Shown.Share(rarest.Share))));
    }

    public static string Name(TargetMeasure measure) => measure switch
    {
        TargetMeasure.RocAuc => "ROC AUC",
        TargetMeasure.RSquared => "R²",
        _ => "Cramér's V",
    };

    public static string Name(RelationMeasure measure) => measure switch
    {
        RelationMeasure.Pearson => "Pearson r",
        RelationMeasure.CorrelationRatio => "η",
        _ => "Cramér's V",
    };

    static IEnumerable<AnalysisFinding> Table(AnalysisReport report)
    {
        if (report.DuplicateRows > 0)
        {
            var share = (double)report.DuplicateRows / report.Rows;
            yield return new(share >= 0.01 ? 72 : 55, null, Message.Of("analysis.find-duplicates", ("rows", Shown.Count(report.DuplicateRows)),
                ("share", Shown.Share(share))));
        }
        foreach (var copies in report.Copies) yield return new(58, copies[0], Message.Of("analysis.find-copies", ("columns", string.Join(", ", copies))));
        var copied = report.Copies.SelectMany(g => g).ToHashSet();
        foreach (var pair in report.Relations.Pairs.Where(p => Math.Abs(p.Value) >= 0.999 && !(copied.Contains(p.A) && copied.Contains(p.B))
            && p.A != report.Target?.Column && p.B != report.Target?.Column).Take(10))
            yield return new(42, pair.A, Message.Of("analysis.find-together", ("a", pair.A), ("b", pair.B), ("measure", Name(pair.Measure)),
                ("value", Shown.Number(pair.Value))));
        if (report.Coverage is { Dates.GapCount: > 0 } coverage)
        {
            var longest = coverage.Dates.Gaps.MaxBy(g => g.Days)!;
            yield return new(52, coverage.Column, Message.Of("analysis.find-gaps", ("column", coverage.Column), ("count", coverage.Dates.GapCount),
                ("days", longest.Days), ("after", longest.After.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))));
        }
    }

    static IEnumerable<AnalysisFinding> Columns(AnalysisReport report)
    {
        var columns = report.Columns;
        var features = columns.Where(c => c.Name != report.Target?.Column).ToList();
        long Present(ColumnReport c) => report.Rows - c.Missing;
        bool IsIdentifier(ColumnReport c) => TableAnalysis.IsIdentifier(c, report.Rows);
        return
        [
            .. Each(70, columns.Where(c => c.Missing == report.Rows),
                c => Message.Of("analysis.find-empty", ("column", c.Name)),
                (count, names) => Message.Of("analysis.find-empty-many", ("count", count), ("columns", names))),
            .. Each(65, features.Where(c => report.Rows > 1 && c.IsConstant && c.Missing == 0),
                c => Message.Of("analysis.find-constant", ("column", c.Name)),
                (count, names) => Message.Of("analysis.find-constant-many", ("count", count), ("columns", names))),
            .. Each(62, columns.Where(c => c.Number is { } x && x.Infinite + x.NotANumber > 0),
                c => Message.Of("analysis.find-infinite", ("column", c.Name), ("rows", Shown.Count(c.Number!.Infinite + c.Number.NotANumber))),
                (count, names) => Message.Of("analysis.find-infinite-many", ("count", count), ("columns", names))),
            .. Each(50, features.Where(c => c.MissingShare is >= 0.2 and < 1),
                c => Message.Of("analysis.find-missing", ("column", c.Name), ("share", Shown.Share(c.MissingShare))),
                (count, names) => Message.Of("analysis.find-missing-many", ("count", count), ("columns", names))),
            .. Each(46, features.Where(IsIdentifier),
                c => Message.Of("analysis.find-identifier", ("column", c.Name)),
                (count, names) => Message.Of("analysis.find-identifier-many", ("count", count), ("columns", names))),
            .. Each(44, features.Where(c => c is { Kind: ValueKind.Text, Distinct.Count: > 1000, Text.MeanLength: < 50 } && !IsIdentifier(c)),
                c => Message.Of("analysis.find-many-values", ("column", c.Name), ("count", Shown.Count(c.Distinct.Count))),
                (count, names) => Message.Of("analysis.find-many-values-many", ("count", count), ("columns", names))),
            .. Each(36, columns.Where(c => c.Text is { Empty: > 0 }),
                c => Message.Of("analysis.find-blank", ("column", c.Name), ("rows", Shown.Count(c.Text!.Empty))),
                (count, names) => Message.Of("analysis.find-blank-many", ("count", count), ("columns", names))),
            .. Each(32, features.Where(c => c.Number?.LogHistogram is not null),
                c => Message.Of("analysis.find-skewed", ("column", c.Name), ("median", Shown.Number(c.Number!.Quantiles.P50)),
                    ("max", Shown.Number(c.Number.Max))),
                (count, names) => Message.Of("analysis.find-skewed-many", ("count", count), ("columns", names))),
            .. Each(30, features.Where(c => c.Number is { } x && c.Distinct.Count > 2 && x.Zeros >= 0.9 * Present(c)),
                c => Message.Of("analysis.find-zeros", ("column", c.Name), ("share", Shown.Share((double)c.Number!.Zeros / Present(c)))),
                (count, names) => Message.Of("analysis.find-zeros-many", ("count", count), ("columns", names))),
        ];
    }

    static IEnumerable<AnalysisFinding> Each(int weight, IEnumerable<ColumnReport> columns, Func<ColumnReport, Message> one, Func<string, string, Message> many)
    {
        var found = columns.ToList();
        if (found.Count <= Most) return found.Select(c => new AnalysisFinding(weight, c.Name, one(c)));
        return [new(weight, found[0].Name, many(Shown.Count(found.Count),
            string.Join(", ", found.Take(8).Select(c => c.Name)) + (found.Count > 8 ? " …" : "")))];
    }
}
