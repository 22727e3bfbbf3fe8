namespace Kumiki.Training;

/// <summary>How wide an interval has to be, learnt from rows that were not trained on.</summary>
static class Conformal
{
    /// <summary>The margin by which [first output, last output] has to grow to hold the share of new rows.</summary>
    /// <param name="scores">[rows × width] of the calibration rows, row by row: one prediction, or rising quantiles.</param>
    /// <param name="share">In (0, 1).</param>
    /// <returns>In the target's unit; below 0 where quantiles were too wide.</returns>
    /// <exception cref="KumikiException">Too few rows for the share.</exception>
    /// <remarks>The ⌈(n + 1) · share⌉-th smallest of max(first − truth, truth − last): absolute residuals for one prediction (Lei et al. 2018), CQR for
    /// quantiles (Romano et al. 2019, eq. 6–8).
    /// Coverage of new rows is then at least the share on average, whatever the model, if rows are exchangeable.</remarks>
    public static float Margin(ReadOnlySpan<float> scores, int width, double[] truth, double share, string column)
    {
        var rank = (int)Math.Ceiling((truth.Length + 1) * share - 1e-9);
        if (rank > truth.Length) throw new KumikiException(Message.Of("training.interval-rows", ("column", column), ("rows", truth.Length),
            ("needed", (int)Math.Ceiling(share / (1 - share) - 1e-9)), ("share", share)));
        var misses = new double[truth.Length];
        for (var row = 0; row < misses.Length; row++) misses[row] = Math.Max(scores[row * width] - truth[row], truth[row] - scores[row * width + width - 1]);
        Array.Sort(misses);
        var margin = (float)misses[rank - 1];
        return margin < misses[rank - 1] ? MathF.BitIncrement(margin) : margin;
    }
}
