using System.Globalization;
using Kumiki.Preprocessing;

namespace Kumiki.Testing;

/// <summary>The rows of a model, part by part.</summary>
/// <param name="Train">Row numbers, rising; each has a target.</param>
/// <param name="Columns">What the model reads.</param>
/// <param name="SplitColumn">What tells the parts apart; null: rows are drawn.</param>
sealed record PartedRows(Frame Frame, int[] Train, int[] Validation, int[] Test, IReadOnlyList<string> Columns, string Target, string? SplitColumn, bool ByTime, bool ByGroup)
{
    public IEnumerable<(string Name, int[] Rows)> Parts => [("train", Train), ("validation", Validation), ("test", Test)];

    /// <summary>Numbers of a column, or places in its distinct texts; missing is NaN.</summary>
    public double[] Codes(string column) => Frame.IsText(column) ? Array.ConvertAll(Frame.Coded(column).Codes, c => c < 0 ? double.NaN : c) : Frame.Numbers(column);
}

/// <summary>The input view: what the parts hold, and whether the test rows know what they should not.</summary>
static class InputView
{
    /// <summary>Training rows looked at for columns that give the target away.</summary>
    const int Looked = 100_000;

    public static InputData Of(PartedRows rows, Subject subject, IReadOnlyDictionary<string, string> facts)
    {
        var columns = rows.Columns.Select(c => Column(rows, c)).ToList();
        var means = new Dictionary<string, double?> { ["train"] = Mean(subject.Training), ["validation"] = Mean(subject.Validation?.Truth ?? []), ["test"] = Mean(subject.Test.Truth) };
        return new(
            [.. rows.Parts.Select(p => new PartData(p.Name, p.Rows.Length, subject.Task == LearningTask.Classes ? null : means[p.Name]))],
            new SortedDictionary<string, string>(facts.Where(f => f.Key.StartsWith("split.", StringComparison.Ordinal)).ToDictionary(), StringComparer.Ordinal),
            columns, [.. Leaks(rows, subject)]);

        static double? Mean(double[] values) => values.Length == 0 ? null : values.Average();
    }

    static ColumnData Column(PartedRows rows, string column)
    {
        var codes = rows.Codes(column);
        var missing = rows.Parts.Where(p => p.Rows.Length > 0).ToDictionary(p => p.Name, p => (double)p.Rows.Count(r => double.IsNaN(codes[r])) / p.Rows.Length);
        if (rows.Frame.IsText(column))
        {
            var known = rows.Train.Select(r => codes[r]).Where(c => !double.IsNaN(c)).ToHashSet();
            return new(column, "text", missing, known.Count, rows.Test.Count(r => !double.IsNaN(codes[r]) && !known.Contains(codes[r])), null, null, null, null, null);
        }
        var (train, test) = (Range(rows.Train), Range(rows.Test));
        var outside = train is var (min, max) ? rows.Test.Count(r => codes[r] < min || codes[r] > max) : 0;
        return new(column, "number", missing, null, null, train?.Min, train?.Max, test?.Min, test?.Max, outside);

        (double Min, double Max)? Range(int[] part)
        {
            (double Min, double Max) range = (double.PositiveInfinity, double.NegativeInfinity);
            foreach (var row in part)
                if (!double.IsNaN(codes[row])) range = (Math.Min(range.Min, codes[row]), Math.Max(range.Max, codes[row]));
            return range.Min <= range.Max ? range : null;
        }
    }

    static IEnumerable<LeakData> Leaks(PartedRows rows, Subject subject)
    {
        if (rows.SplitColumn is { } by)
        {
            var keys = rows.Frame.Keys(by);
            if (rows.ByTime)
            {
                var (last, first) = (rows.Train.Max(r => keys[r]), rows.Test.Min(r => keys[r]));
                yield return last < first
                    ? new("time", true, Message.Of("report.time-order", ("column", by), ("last", Day(last)), ("first", Day(first))))
                    : new("time", false, Message.Of("report.time-mixed", ("column", by), ("last", Day(last)), ("first", Day(first))));
            }
            else if (rows.ByGroup)
            {
                var trained = rows.Train.Select(r => keys[r]).ToHashSet();
                var shared = rows.Test.Select(r => keys[r]).Distinct().Count(trained.Contains);
                yield return shared == 0 ? new("groups", true, Message.Of("report.groups-apart", ("column", by))) : new("groups", false, Message.Of("report.groups-shared", ("column", by), ("groups", shared)));
            }
        }
        var twins = Twins(rows);
        yield return new("duplicates", null, Message.Of("report.duplicates", ("rows", twins), ("of", rows.Test.Length)));
        foreach (var leak in Copies(rows, subject)) yield return leak;
    }

    static string Day(int days) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Test rows that equal a training row in all that the model reads and in the target.</summary>
    static int Twins(PartedRows rows)
    {
        var hashes = new ulong[rows.Frame.Rows];
        foreach (var column in rows.Columns.Append(rows.Target))
        {
            var codes = rows.Codes(column);
            for (var row = 0; row < hashes.Length; row++) hashes[row] = Mixed(hashes[row] * 0x9E3779B97F4A7C15 + BitConverter.DoubleToUInt64Bits(codes[row]));
        }
        var trained = rows.Train.Select(r => hashes[r]).ToHashSet();
        return rows.Test.Count(r => trained.Contains(hashes[r]));
    }

    static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>Columns that give the target away by themselves: numbers that order it, categories that decide it.</summary>
    static IEnumerable<LeakData> Copies(PartedRows rows, Subject subject)
    {
        var step = Math.Max(1, rows.Train.Length / Looked);
        int[] places = [.. Enumerable.Range(0, (rows.Train.Length + step - 1) / step).Select(i => i * step)];
        var (target, found) = (Array.ConvertAll(places, p => subject.Training[p]), false);
        foreach (var column in rows.Columns)
        {
            var codes = rows.Codes(column);
            var known = Enumerable.Range(0, places.Length).Where(i => !double.IsNaN(codes[rows.Train[places[i]]])).ToArray();
            if (known.Length < 20) continue;
            var (values, truth) = (Array.ConvertAll(known, i => codes[rows.Train[places[i]]]), Array.ConvertAll(known, i => target[i]));
            var strength = Strength(values, truth, rows.Frame.IsText(column), subject.Task);
            if (!(strength >= 0.999)) continue;
            found = true;
            yield return new($"copy-{column}", false, Message.Of("report.copy", ("column", column), ("target", rows.Target), ("strength", strength.ToString("0.####", CultureInfo.InvariantCulture))));
        }
        if (!found) yield return new("copies", true, Message.Of("report.no-copy", ("target", rows.Target)));
    }

    /// <summary>How far one column decides the target, in [0, 1]: the area under the ROC curve on the better side, the share of rows that their category's commonest class gets right (of categories that come more than once),
    /// the correlation.</summary>
    static double Strength(double[] values, double[] truth, bool isText, LearningTask task)
    {
        var isClasses = task is LearningTask.Binary or LearningTask.Classes;
        if (isText || task == LearningTask.Classes)
        {
            if (!isClasses && !isText) return 0;
            var groups = Enumerable.Range(0, values.Length).GroupBy(i => values[i]).Where(g => g.Skip(1).Any()).Select(g => g.Select(i => truth[i]).ToArray()).ToList();
            double count = groups.Sum(g => g.Length);
            if (count < values.Length / 2.0 || truth.Distinct().Count() < 2) return 0;      // mostly keys: nothing comes twice
            if (isClasses) return groups.Sum(g => g.GroupBy(t => t).Max(c => c.Count())) / count;
            var mean = groups.SelectMany(g => g).Average();
            var total = groups.Sum(g => g.Sum(t => (t - mean) * (t - mean)));
            return total > 0 ? 1 - groups.Sum(g => g.Average() is var own ? g.Sum(t => (t - own) * (t - own)) : 0) / total : 0;
        }
        if (task == LearningTask.Binary)
        {
            if (truth.Distinct().Count() < 2) return 0;
            var area = Statistics.Classification.RocAuc(values, truth);
            return Math.Max(area, 1 - area);
        }
        var (x, y) = (values.Average(), truth.Average());
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < values.Length; i++)
        {
            xy += (values[i] - x) * (truth[i] - y);
            xx += (values[i] - x) * (values[i] - x);
            yy += (truth[i] - y) * (truth[i] - y);
        }
        return xx > 0 && yy > 0 ? Math.Abs(xy) / Math.Sqrt(xx * yy) : 0;
    }
}
