namespace Kumiki.Testing;

/// <summary>Predicted numbers, or quantiles of them.</summary>
sealed class NumberContest : Contest
{
    static readonly string[] Points = ["mae", "rmse", "wape", "mape", "smape", "r2", "bias"];

    /// <summary>Someone's predictions: a point, and one of each quantile; an array of one number is the same for every row.</summary>
    sealed record Answers(double[] Point, double[][] Quantiles);

    readonly double[] truth;
    readonly double[]? weights;
    readonly double centre;
    readonly double[] quantiles;
    readonly List<Answers> answers = [];
    readonly (double[] Lower, double[] Upper, double Level)? interval;
    readonly bool[]?[] only;         // rows a contestant is measured on; null: all

    /// <param name="point">The model's score that stands for the prediction.</param>
    /// <param name="quantiles">The model's quantiles with the names of their scores; may be empty.</param>
    /// <param name="training">Targets of the training rows.</param>
    /// <param name="rules">Declared baselines; NaN where one has no answer.</param>
    /// <param name="level">The share an interval promises to hold.</param>
    public NumberContest(Scored test, string point, IReadOnlyList<(double Share, string Name)> quantiles, double[]? weights, double[] training, IReadOnlyList<(string Name, double[] Guesses)> rules, double? level,
        (string Name, Scored Rows)? existing, Random random)
    {
        (truth, this.weights, this.quantiles) = (test.Truth, weights, [.. quantiles.Select(q => q.Share)]);
        centre = truth.Average();
        var sorted = (double[])training.Clone();
        Array.Sort(sorted);
        var (mean, median) = (training.Average(), Quantile(sorted, 0.5));
        var lots = Array.ConvertAll(truth, _ => training[random.Next(training.Length)]);
        List<Contestant> all = [new("model", ContestantKind.Model), new("random", ContestantKind.Random), new("mean", ContestantKind.ZeroRule), new("median", ContestantKind.ZeroRule)];
        answers.AddRange([Of(test), Same(lots), Same([mean]), new([median], [.. this.quantiles.Select(q => new[] { Quantile(sorted, q) })])]);
        var masks = new List<bool[]?> { null, null, null, null };
        foreach (var (name, guesses) in rules)
        {
            bool[]? mask = guesses.Any(double.IsNaN) ? Array.ConvertAll(guesses, g => !double.IsNaN(g)) : null;
            var reference = 0;
            if (mask is not null)
            {
                reference = all.Count;
                all.Add(new($"model where {name} answers", ContestantKind.Model) { Rows = mask.Count(m => m) });
                answers.Add(answers[0]);
                masks.Add(mask);
            }
            all.Add(new(name, ContestantKind.Rule, reference) { Rows = mask?.Count(m => m) });
            answers.Add(Same(guesses));
            masks.Add(mask);
        }
        if (existing is { } other)
        {
            all.Add(new(other.Name, ContestantKind.Existing));
            answers.Add(Of(other.Rows));
            masks.Add(null);
        }
        (Contestants, only) = (all, [.. masks]);
        if (test.Names.Contains("lower")) interval = (test.Only("lower").Scores, test.Only("upper").Scores, level ?? 0.9);
        Figures = [.. Points, .. quantiles.Count > 0 ? (string[])["pinball"] : [], .. interval is null ? (string[])[] : ["coverage", "width", "winkler"]];

        Answers Of(Scored rows) => new(rows.Only(point).Scores, [.. quantiles.Select(q => rows.Only(q.Name).Scores)]);
        Answers Same(double[] guesses) => new(guesses, [.. quantiles.Select(_ => guesses)]);
    }

    public override IReadOnlyList<Contestant> Contestants { get; }

    public override IReadOnlyList<string> Figures { get; }

    public override int Rows => truth.Length;

    /// <summary>Rows whose truth is 0, which <c>mape</c> leaves out: no error is a share of nothing.</summary>
    public int ZeroTruths => truth.Count(t => t == 0);

    public override void Measure(ReadOnlySpan<byte> counts, Span<double> into)
    {
        into.Fill(double.NaN);
        for (var c = 0; c < answers.Count; c++) Point(c, counts, into.Slice(c * Figures.Count, Figures.Count));
        if (interval is not null) Interval(counts, into[(Figures.Count - 3)..]);
    }

    void Point(int contestant, ReadOnlySpan<byte> counts, Span<double> into)
    {
        var (point, mask) = (answers[contestant].Point, only[contestant]);
        double all = 0, sizes = 0, squares = 0, sum = 0, truths = 0, shares = 0, apart = 0, smape = 0, first = 0, second = 0;
        for (var row = 0; row < truth.Length; row++)
        {
            if (counts[row] == 0 || mask?[row] == false) continue;
            var weight = weights is null ? counts[row] : counts[row] * weights[row];
            var (real, guess) = (truth[row], point.Length == 1 ? point[0] : point[row]);
            var (error, size, off) = (guess - real, Math.Abs(guess - real), real - centre);
            all += weight;
            sizes += weight * size;
            squares += weight * error * error;
            sum += weight * error;
            truths += weight * Math.Abs(real);
            if (real != 0) (shares, apart) = (shares + weight * size / Math.Abs(real), apart + weight);
            if (size > 0) smape += weight * 2 * size / (Math.Abs(real) + Math.Abs(guess));
            first += weight * off;
            second += weight * off * off;
        }
        if (all == 0) return;
        var spread = second - first * first / all;
        into[0] = sizes / all;
        into[1] = Math.Sqrt(squares / all);
        into[2] = truths > 0 ? sizes / truths : double.NaN;
        into[3] = apart > 0 ? shares / apart : double.NaN;
        into[4] = smape / all;
        into[5] = spread > 1e-12 * second ? 1 - squares / spread : double.NaN;
        into[6] = sum / all;
        if (quantiles.Length > 0) into[Points.Length] = Pinball(contestant, counts);
    }

    double Pinball(int contestant, ReadOnlySpan<byte> counts)
    {
        double all = 0, sum = 0;
        for (var q = 0; q < quantiles.Length; q++)
        {
            var (share, guesses) = (quantiles[q], answers[contestant].Quantiles[q]);
            for (var row = 0; row < truth.Length; row++)
            {
                if (counts[row] == 0 || only[contestant]?[row] == false) continue;
                var weight = weights is null ? counts[row] : counts[row] * weights[row];
                var over = truth[row] - (guesses.Length == 1 ? guesses[0] : guesses[row]);
                all += weight;
                sum += weight * (over > 0 ? share : share - 1) * over;
            }
        }
        return sum / all;
    }

    void Interval(ReadOnlySpan<byte> counts, Span<double> into)
    {
        var (lower, upper, level) = interval!.Value;
        double all = 0, inside = 0, width = 0, winkler = 0;
        for (var row = 0; row < truth.Length; row++)
        {
            if (counts[row] == 0) continue;
            var weight = weights is null ? counts[row] : counts[row] * weights[row];
            var missed = Math.Max(Math.Max(lower[row] - truth[row], truth[row] - upper[row]), 0);
            all += weight;
            if (missed == 0) inside += weight;
            width += weight * (upper[row] - lower[row]);
            winkler += weight * (upper[row] - lower[row] + 2 / (1 - level) * missed);
        }
        (into[0], into[1], into[2]) = (inside / all, width / all, winkler / all);
    }

    /// <summary>Linear between neighbours, as numpy has it.</summary>
    internal static double Quantile(ReadOnlySpan<double> sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
    }
}
