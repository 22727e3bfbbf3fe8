using System.Globalization;
using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>A column of too many distinct values to count each, in a table too large to look at whole.</summary>
/// <remarks>Exact over all rows: least, greatest, mean, deviation, zeros, negatives, the histogram, and the rows of every frequent value shown. Of the drawn
/// rows: the quantiles, and which values are candidates for frequent ones. Distinct
/// values: those whose hash falls into one of m equal parts are counted, times m.
/// <para>Sums are of whole numbers, which come out the same in any order: deviations from the drawn rows' mean, scaled by a power of two so that the greatest
/// has 61 bits.</para></remarks>
sealed class LargeColumn(AnalyzedTable table, AnalysisOptions options)
{
    /// <summary>Distinct values that are really counted, about: their number's relative standard error is one by its root, 0.6 %.</summary>
    const int HashedValues = 32_768;

    /// <summary>Times a value must have been drawn to be counted in all rows.</summary>
    const int DrawnTimes = 10;

    public ColumnReport Number(ColumnScan scan, ColumnReport report)
    {
        var drawn = table.Numbers($"SELECT {scan.Double} FROM {table.From} WHERE {scan.HasValue} AND {table.Drawn}");
        // hardly any row has a value
        if (drawn.Rows < 2) drawn = table.Numbers($"SELECT {scan.Double} FROM {table.From} WHERE {scan.HasValue} LIMIT 1000");
        var quantiles = drawn.Quantiles(exact: false);
        var bins = Bins.Linear(scan.Min, scan.Max, quantiles.P75 - quantiles.P25, scan.Finite, isWhole: false);
        var (mean, std, histogram, hashed) = Sums(scan, drawn.Moments().Mean, bins);
        return report with
        {
            Distinct = Identified(scan, hashed),
            Number = new()
            {
                Min = scan.Min,
                Max = scan.Max,
                Mean = mean,
                Std = std,
                Quantiles = quantiles,
                Zeros = scan.Zeros,
                Negatives = scan.Negatives,
                Infinite = scan.Infinite,
                NotANumber = scan.NotANumber,
                Histogram = histogram,
                LogHistogram = Log(scan, drawn, bins),
            },
            Top = Recounted(scan, drawn),
        };
    }

    (double Mean, double? Std, Histogram Histogram, DistinctCount Distinct) Sums(ColumnScan scan, double centre, Bins bins)
    {
        var reach = Math.Max(scan.Max - centre, centre - scan.Min);
        var square = reach * reach;
        var (scale, squareScale) = (Power(reach), Power(square));
        var hasSquares = double.IsFinite(square);
        var squared = hasSquares ? FormattableString.Invariant($"d * d * {squareScale:R}::DOUBLE") : "0";
        var parts = Parts(scan);
        var (counts, sum, squares, hashed) = (new long[bins.Count], Int128.Zero, Int128.Zero, 0L);
        table.Read(FormattableString.Invariant($"""
            SELECT bin, count(*), sum(CAST(d * {scale:R}::DOUBLE AS BIGINT)), sum(CAST({squared} AS BIGINT)), count(DISTINCT h) FILTER (WHERE h % {parts} = 0)
            FROM (
                SELECT x - ({centre:R}::DOUBLE) AS d, {bins.Sql("x")} AS bin, hash(x) AS h
                FROM (SELECT {scan.Double} AS x FROM {table.From} WHERE {scan.HasValue})
            )
            GROUP BY bin
            """), chunk =>
        {
            for (var row = 0; row < chunk.Rows; row++)
            {
                counts[chunk.Chunk[0].Values<byte>()[row]] += chunk.Chunk[1].Values<long>()[row];
                sum += chunk.Chunk[2].Values<Int128>()[row];
                squares += chunk.Chunk[3].Values<Int128>()[row];
                hashed += chunk.Chunk[4].Values<long>()[row];
            }
        });
        double n = scan.Finite;
        var offset = (double)sum / scale / n;
        var variance = ((double)squares / squareScale - n * offset * offset) / (n - 1);
        return (centre + offset, hasSquares ? Math.Sqrt(Math.Max(variance, 0)) : null, new(bins.Edges, counts), Estimate(hashed, parts));
    }

    /// <summary>The power of two that brings a value up to 2⁶¹.</summary>
    static double Power(double reach) => Math.ScaleB(1, Math.Clamp(61 - (int)Math.Ceiling(Math.Log2(Math.Clamp(reach, 1e-250, 1e300))), -1000, 1000));

    Histogram? Log(ColumnScan scan, ValueCounts drawn, Bins linear)
    {
        var least = drawn.Values.ToArray().FirstOrDefault(v => v > 0);
        if (scan.Negatives > 0 || !(least > 0) || least >= scan.Max || !Bins.ShowsMore(drawn.Into(Bins.Log(least, scan.Max)), drawn.Into(linear))) return null;
        if (scan.Min > 0) least = scan.Min;
        else least = (double)table.One($"SELECT min({scan.Double}) FROM {table.From} WHERE {scan.HasValue} AND {scan.Schema.Sql} > 0")[0]!;
        var bins = Bins.Log(least, scan.Max);
        var counts = new long[bins.Count];
        var above = $"(SELECT {scan.Double} AS x FROM {table.From} WHERE {scan.HasValue} AND {scan.Schema.Sql} > 0)";
        foreach (var row in table.All($"SELECT {bins.Sql("x")}, count(*) FROM {above} GROUP BY 1")) counts[(byte)row[0]!] = (long)row[1]!;
        return new(bins.Edges, counts);
    }

    /// <summary>Values that were drawn often, counted in all rows.</summary>
    IReadOnlyList<TopValue> Recounted(ColumnScan scan, ValueCounts drawn)
    {
        var candidates = Runs(drawn).Where(r => r.Rows >= DrawnTimes).OrderByDescending(r => r.Rows).ThenBy(r => r.Value)
            .Take(options.Sizes.TopValues).ToList();
        if (candidates.Count == 0) return [];
        var counted = table.One($"SELECT {string.Join(", ", candidates.Select(c => $"count_if({scan.Double} = {SqlText.Value(c.Value)})"))} FROM {table.From}");
        return Ranked(candidates.Select(c => c.Value).Zip(counted, (v, n) =>
            (v.ToString("R", CultureInfo.InvariantCulture), Convert.ToInt64(n, CultureInfo.InvariantCulture))), scan.Finite);
    }

    static IEnumerable<(double Value, long Rows)> Runs(ValueCounts drawn)
    {
        var values = drawn.Values.ToArray();
        for (var (from, to) = (0, 0); from < values.Length; from = to)
        {
            while (to < values.Length && values[to] == values[from]) to++;
            yield return (values[from], to - from);
        }
    }

    static IReadOnlyList<TopValue> Ranked(IEnumerable<(string Value, long Rows)> counted, long of) =>
        [.. counted.OrderByDescending(c => c.Rows).ThenBy(c => c.Value, StringComparer.Ordinal)
            .Select(c => new TopValue(c.Value, c.Rows, (double)c.Rows / of))];

    public ColumnReport Text(ColumnScan scan, ColumnReport report)
    {
        var x = scan.Schema.Sql;
        // A NUL ends a statement, so that a text with one cannot be asked for.
        var candidates = table.All($"""
            SELECT {x} FROM {table.From} WHERE {x} IS NOT NULL AND {table.Drawn} AND NOT contains({x}, chr(0))
            GROUP BY 1 HAVING count(*) >= {DrawnTimes} ORDER BY count(*) DESC, 1 LIMIT {options.Sizes.TopValues}
            """).Select(r => (string)r[0]!).ToList();
        var parts = Parts(scan);
        var counted = string.Concat(candidates.Select(c => $", count_if({x} = {SqlText.Quote(c)})"));
        var found = table.One($"SELECT {Hashed(x, parts)}{counted} FROM {table.From} WHERE {x} IS NOT NULL");
        return report with
        {
            Distinct = Identified(scan, Estimate((long)found[0]!, parts)),
            Text = scan.Text,
            Top = Ranked(candidates.Select((c, i) => (Cut(c), Convert.ToInt64(found[i + 1], CultureInfo.InvariantCulture))), scan.Present),
        };
    }

    static string Cut(string text) => text.Length > ColumnStudy.ShownText ? text[..ColumnStudy.ShownText] : text;

    /// <summary>Distinct values of any column, by their hashes.</summary>
    public DistinctCount Distinct(ColumnScan scan)
    {
        var (x, parts) = (scan.Schema.Sql, Parts(scan));
        return Estimate((long)table.One($"SELECT {Hashed(x, parts)} FROM {table.From} WHERE {x} IS NOT NULL")[0]!, parts);
    }

    static string Hashed(string x, long parts) => string.Create(CultureInfo.InvariantCulture, $"count(DISTINCT hash({x})) FILTER (WHERE hash({x}) % {parts} = 0)");

    static long Parts(ColumnScan scan) => Math.Max(1, scan.DistinctAbout / HashedValues);

    static DistinctCount Estimate(long hashed, long parts) => parts == 1 ? new(hashed, Exact: true)
        : new(hashed * parts, Exact: false, 1 / Math.Sqrt(Math.Max(hashed, 1)));

    /// <summary>A name or number that may be another in each row is counted to the last, since that is what makes it an identifier.</summary>
    DistinctCount Identified(ColumnScan scan, DistinctCount about)
    {
        var isNear = about is { Exact: false, Error: { } error } && Math.Abs(about.Count - scan.Present) <= 4 * error * scan.Present;
        if (!isNear || !(scan.Schema.IsWhole || scan.Schema.Kind == ColumnKind.String)) return about with { Count = Math.Min(about.Count, scan.Present) };
        return new((long)table.One($"SELECT count(DISTINCT {scan.Schema.Sql}) FROM {table.From}")[0]!, Exact: true);
    }
}
