using System.Globalization;
using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>The figures of one column. Where its values are few, or the table is looked at whole, every distinct value is counted, and all follows exactly;
/// else see <see cref="LargeColumn"/>.</summary>
sealed class ColumnStudy(AnalyzedTable table, AnalysisOptions options)
{
    /// <summary>Characters of a text that a report keeps.</summary>
    internal const int ShownText = 200;

    readonly LargeColumn large = new(table, options);

    /// <summary>Rows of each day, for the time column.</summary>
    public ValueCounts? TimeDays { get; private set; }

    public ColumnReport Of(ColumnScan scan)
    {
        var column = scan.Schema;
        var isCounted = table.IsWhole || scan.DistinctAbout <= options.CountedValues;
        var report = new ColumnReport
        {
            Name = column.Name,
            Type = column.TypeName,
            Kind = column.IsNumber ? ValueKind.Number : column.Kind switch { ColumnKind.Bool => ValueKind.Truth, ColumnKind.DateOnly or ColumnKind.DateTime =>
                ValueKind.Date, ColumnKind.Enum => ValueKind.Category, _ => ValueKind.Text },
            Hidden = options.Hides(column),
            Missing = table.Rows - scan.Present,
            MissingShare = table.Rows == 0 ? 0 : (double)(table.Rows - scan.Present) / table.Rows,
            Distinct = new(0, Exact: true),
        };
        if (scan.Present == 0) return report;
        report = report.Kind switch
        {
            ValueKind.Number => scan.Finite == 0 ? report with { Number = Empty(scan) } : isCounted ? Counted(scan, report) : large.Number(scan, report),
            ValueKind.Date => Dates(scan, report),
            ValueKind.Text when !isCounted => large.Text(scan, report),
            _ => Values(scan, report),
        };
        return report.Hidden ? report with { Number = null, Date = null, Top = [] } : report;
    }

    ColumnReport Counted(ColumnScan scan, ColumnReport report)
    {
        var counts = table.Counts($"SELECT {scan.Double}, count(*) FROM {table.From} WHERE {scan.HasValue} GROUP BY 1");
        var (mean, std) = counts.Moments();
        var quantiles = counts.Quantiles(exact: true);
        var linear = counts.Into(Bins.Linear(counts.Min, counts.Max, quantiles.P75 - quantiles.P25, counts.Rows, counts.IsWhole));
        Histogram? log = null;
        if (counts.Max > 0 && scan.Negatives == 0 && counts.Values.Length > 2)
        {
            var least = counts.Values[counts.Min > 0 ? 0 : 1];
            if (least < counts.Max) log = counts.Into(Bins.Log(least, counts.Max));
        }
        return report with
        {
            Distinct = new(counts.Values.Length, Exact: true),
            Number = new()
            {
                Min = counts.Min,
                Max = counts.Max,
                Mean = mean,
                Std = std,
                Quantiles = quantiles,
                Zeros = scan.Zeros,
                Negatives = scan.Negatives,
                Infinite = scan.Infinite,
                NotANumber = scan.NotANumber,
                Histogram = linear,
                LogHistogram = log is not null && Bins.ShowsMore(log, linear) ? log : null,
            },
            Top = [.. counts.Top(options.Sizes.TopValues)
                .Select(t => new TopValue(t.Value.ToString("R", CultureInfo.InvariantCulture), t.Rows, (double)t.Rows / counts.Rows))],
        };
    }

    /// <summary>Nothing but what is no number.</summary>
    static NumberReport? Empty(ColumnScan scan) => new()
    {
        Min = double.NaN,
        Max = double.NaN,
        Mean = double.NaN,
        Quantiles = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, Exact: true),
        Zeros = 0,
        Negatives = 0,
        Infinite = scan.Infinite,
        NotANumber = scan.NotANumber,
        Histogram = new([], []),
    };

    ColumnReport Values(ColumnScan scan, ColumnReport report)
    {
        var top = table.All($"""
            WITH counted AS MATERIALIZED (SELECT CAST({scan.Schema.Sql} AS VARCHAR) AS v, count(*) AS n FROM {table.From} WHERE {scan.Schema.Sql} IS NOT NULL GROUP BY 1)
            SELECT left(v, {ShownText}), n, (SELECT count(*) FROM counted) FROM counted ORDER BY n DESC, v LIMIT {options.Sizes.TopValues}
            """);
        var distinct = (long)top[0][2]!;
        return report with
        {
            Kind = report.Kind != ValueKind.Text ? report.Kind : IsCategory(distinct, scan.Present) ? ValueKind.Category : ValueKind.Text,
            Distinct = new(distinct, Exact: true),
            Text = scan.Text,
            Top = [.. top.Select(t => new TopValue((string)t[0]!, (long)t[1]!, (double)(long)t[1]! / scan.Present))],
        };
    }

    /// <summary>Texts that come again and again are names of kinds.</summary>
    static bool IsCategory(long distinct, long rows) => distinct <= 1000 && (distinct * 2 <= rows || distinct <= 2);

    ColumnReport Dates(ColumnScan scan, ColumnReport report)
    {
        var x = scan.Schema.Sql;
        var days = table.Counts($"SELECT CAST(CAST({x} AS DATE) - DATE '1970-01-01' AS DOUBLE), count(*) FROM {table.From} WHERE {x} IS NOT NULL GROUP BY 1");
        if (report.Name == options.Time) TimeDays = days;
        return report with
        {
            Distinct = scan.Schema.Kind == ColumnKind.DateOnly ? new(days.Values.Length, Exact: true)
                : table.IsWhole || scan.DistinctAbout <= options.CountedValues
                    ? new((long)table.One($"SELECT count(DISTINCT {x}) FROM {table.From}")[0]!, Exact: true)
                : large.Distinct(scan),
            Date = Coverage.Dates(days),
            Top = scan.Schema.Kind == ColumnKind.DateOnly
                ? [.. days.Top(options.Sizes.TopValues).Where(t => t.Rows > 1)
                    .Select(t => new TopValue(Coverage.Day(t.Value).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), t.Rows, (double)t.Rows / days.Rows))]
                : [],
        };
    }
}
