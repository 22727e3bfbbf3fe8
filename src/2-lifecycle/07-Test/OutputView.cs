using Kumiki.Statistics;

namespace Kumiki.Testing;

/// <summary>The output view: how good the answers are, beside what else there is.</summary>
static class OutputView
{
    /// <summary>Rows that calibration and residuals are drawn from.</summary>
    public const int MostDrawn = 50_000;

    const int Bins = 10, Points = 200;

    public static OutputData Of(Subject subject, ContestResult result, Choice? choice, GoalStatement? goal, string? noExisting, int[]? dates)
    {
        var contest = result.Contest;
        var contestants = contest.Contestants.Select((c, at) => new ContestantData(c.Name, c.Kind, c.Rows, Defined(at, f => result.Of(at, f)), at == 0 || c.Kind == ContestantKind.Model ? [] : Defined(at, f => result.Difference(at, f)))).ToList();
        var output = new OutputData(contestants, noExisting) { ByTime = dates is null ? [] : ByTime(subject, dates) };
        return subject.Task switch
        {
            LearningTask.Binary => Binary(output, subject, (BinaryContest)contest, choice, goal),
            LearningTask.Classes => Classes(output, subject, (ClassContest)contest),
            _ => output with { Residuals = Residuals(subject), ZeroTruths = ((NumberContest)contest).ZeroTruths },
        };

        IReadOnlyList<FigureData> Defined(int contestant, Func<string, Measured> of) => [.. contest.Figures.Select(f => FigureData.Of(f, of(f))).Where(f => contestant == 0 || !double.IsNaN(f.Value))];
    }

    static OutputData Binary(OutputData output, Subject subject, BinaryContest contest, Choice? choice, GoalStatement? goal)
    {
        var (test, ranked) = (subject.Test, contest.Ranked);
        if (choice is not null) output = output with { Confusion = Decided(subject, ranked, choice, goal) };
        output = output with { Calibration = Calibrated(test, subject.Weights) };
        if (ranked.At(double.NegativeInfinity) is { TruePositive: 0 } or { FalsePositive: 0 }) return output;      // one class has no curve; the figures say null
        var (roc, precision) = (ranked.RocCurve(Points), ranked.PrecisionRecallCurve(Points));
        return output with
        {
            Roc = new("false_positive_rate", "true_positive_rate", roc.FalsePositiveRate, roc.TruePositiveRate, roc.Thresholds),
            PrecisionRecall = new("recall", "precision", precision.Recall, precision.Precision, precision.Thresholds),
            CostCurve = goal?.Costs is { IsTwo: true } costs ? Costs(ranked, costs) : null,
        };
    }

    /// <summary>Thresholds spread evenly over the rows above them; nothing is kept of the others.</summary>
    static LineData Costs(RankedScores ranked, CostMatrix costs)
    {
        var (thresholds, each, next) = (new List<double>(), new List<double>(), 0.0);
        foreach (var (threshold, c) in ranked.Cuts())
        {
            if (c.TruePositive + c.FalsePositive < next && c.FalseNegative + c.TrueNegative > 0) continue;
            thresholds.Add(threshold);
            each.Add((c.TruePositive * costs.Of(true, true) + c.FalsePositive * costs.Of(false, true) + c.FalseNegative * costs.Of(true, false) + c.TrueNegative * costs.Of(false, false)) / c.Total);
            next = c.TruePositive + c.FalsePositive + c.Total / Points;
        }
        return new("threshold", "cost_per_decision", thresholds, each, []);
    }

    static ConfusionData Decided(Subject subject, RankedScores ranked, Choice choice, GoalStatement? goal)
    {
        var (above, grey) = (ranked.At(choice.Value), ranked.At(choice.GreyFrom));
        var costs = goal?.Costs is { IsTwo: true } two ? two : null;
        IReadOnlyList<string> truths = costs?.Truths ?? [.. subject.Classes.Reverse()], decisions = costs?.Decisions ?? ["above", "below"];
        if (choice.GreyFrom < choice.Value)
            return new(choice.Value, choice.GreyFrom, truths, [decisions[0], "review", decisions[1]],
                [[above.TruePositive, grey.TruePositive - above.TruePositive, grey.FalseNegative], [above.FalsePositive, grey.FalsePositive - above.FalsePositive, grey.TrueNegative]]);
        return new(choice.Value, null, truths, decisions, [[above.TruePositive, above.FalseNegative], [above.FalsePositive, above.TrueNegative]]);
    }

    static CalibrationData Calibrated(Scored all, double[]? allWeights)
    {
        var (test, weights) = Thinned(all, allWeights);
        var found = Calibration.Reliability(test.Scores, test.Truth, Bins, Binning.EqualCount, weights);
        var line = LineOf(test, weights);
        return new(found.ExpectedError, found.MaxError, found.Brier.Reliability, found.Brier.Resolution, found.Brier.Uncertainty, found.Brier.WithinBins, line?.Slope, line?.Intercept,
            [.. found.Bins.Select(b =>
            {
                var rows = Math.Max(1, (long)Math.Round(b.Weight));
                var interval = Intervals.Wilson(Math.Clamp((long)Math.Round(b.Observed * rows), 0, rows), rows);
                return new BinData(b.Above, b.UpTo, b.Weight, b.Predicted, b.Observed, interval.Low, interval.High);
            })]);
    }

    /// <returns>Null: one class, or classes that do not overlap; the report has a gap there.</returns>
    static CalibrationLine? LineOf(Scored test, double[]? weights)
    {
        try
        {
            return Calibration.Line(test.Scores, test.Truth, weights);
        }
        catch (UndefinedFigureException)
        {
            return null;
        }
    }

    /// <summary>Every so manieth row, where there are more than <see cref="MostDrawn"/>.</summary>
    static (Scored Rows, double[]? Weights) Thinned(Scored rows, double[]? weights)
    {
        var step = (rows.Count + MostDrawn - 1) / MostDrawn;
        if (step <= 1) return (rows, weights);
        int[] kept = [.. Enumerable.Range(0, (rows.Count + step - 1) / step).Select(i => i * step)];
        return (new(Array.ConvertAll(kept, i => rows.Scores[i]), Array.ConvertAll(kept, i => rows.Truth[i])), weights is null ? null : Array.ConvertAll(kept, i => weights[i]));
    }

    static OutputData Classes(OutputData output, Subject subject, ClassContest contest)
    {
        const int most = 50;        // cells that a page can show
        var (test, names) = (subject.Test, subject.Classes);
        var matrix = ConfusionMatrix.Of(Array.ConvertAll(test.Truth, t => (int)t), Array.ConvertAll(contest.Decided, d => (int)d), names.Count, subject.Weights);
        var all = Enumerable.Range(0, names.Count).ToList();
        return output with
        {
            Confusion = names.Count > most ? null : new(null, null, names, names, [.. all.Select(t => (IReadOnlyList<double>)[.. all.Select(d => matrix[t, d])])]),
            ByClass = [.. all.Select(c => (Name: names[c], Of: matrix.Of(c))).Select(c => new ClassData(c.Name, c.Of.TruePositive + c.Of.FalseNegative, c.Of.Precision, c.Of.Recall, c.Of.F1))],
        };
    }

    static ResidualData Residuals(Subject subject)
    {
        var (thinned, _) = Thinned(new(subject.Predicted(subject.Test), subject.Test.Truth), null);
        var (predicted, truth) = (thinned.Scores, thinned.Truth);
        int[] order = [.. Enumerable.Range(0, truth.Length)];
        Array.Sort((double[])predicted.Clone(), order);
        var residuals = Array.ConvertAll(order, row => truth[row] - predicted[row]);
        var bins = new List<ResidualBin>();
        for (var b = 0; b < Math.Min(20, truth.Length); b++)
        {
            var (from, to) = ((int)((long)truth.Length * b / Math.Min(20, truth.Length)), (int)((long)truth.Length * (b + 1) / Math.Min(20, truth.Length)));
            var own = residuals[from..to];
            Array.Sort(own);
            bins.Add(new(predicted[order[(from + to) / 2]], own.Length, NumberContest.Quantile(own, 0.05), NumberContest.Quantile(own, 0.5), NumberContest.Quantile(own, 0.95)));
        }
        Array.Sort(residuals);
        const int cells = 40;
        var (low, high) = (NumberContest.Quantile(residuals, 0.005), NumberContest.Quantile(residuals, 0.995));
        if (!(high > low)) return new(bins, [low, high], [residuals.Length]);
        var counts = new int[cells];
        foreach (var r in residuals) counts[Math.Clamp((int)((r - low) / (high - low) * cells), 0, cells - 1)]++;
        return new(bins, [.. Enumerable.Range(0, cells + 1).Select(i => low + (high - low) * i / cells)], counts);
    }

    /// <param name="dates">[test rows] days since 1970-01-01.</param>
    static IReadOnlyList<TimeData> ByTime(Subject subject, int[] dates)
    {
        const int most = 60;
        var (losses, predicted, truth) = (subject.Losses(subject.Test).Values, subject.Predicted(subject.Test), subject.Test.Truth);
        var days = dates.Distinct().Order().ToArray();
        var groups = Math.Min(most, days.Length);
        return [.. Enumerable.Range(0, dates.Length).GroupBy(row => (int)((long)Array.BinarySearch(days, dates[row]) * groups / days.Length)).OrderBy(g => g.Key).Select(g =>
        {
            double[] own = [.. g.Select(row => losses[row])];
            Interval? interval = own.Length > 1 ? Intervals.Mean(own) : null;
            var day = DateOnly.FromDayNumber(DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber + g.Min(row => dates[row]));
            return new TimeData(day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), own.Length, own.Average(), interval?.Low ?? double.NaN, interval?.High ?? double.NaN,
                g.Average(row => truth[row]), predicted.Length == 0 ? double.NaN : g.Average(row => predicted[row]));
        })];
    }
}
