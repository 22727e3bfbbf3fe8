namespace Kumiki.Training;

/// <summary>Where the values of features are cut into bins, when there are many rows: by some of them, as LightGBM (<c>bin_construct_sample_cnt</c>) and
/// scikit-learn (the bin mapper of <c>HistGradientBoosting</c>) do.</summary>
/// <remarks>XGBoost's sketch of all rows takes a sixth of a short training's time and half a matrix of floats.</remarks>
static class BinCuts
{
    /// <summary>Rows that are drawn, of those that have a weight.</summary>
    public const int Rows = 200_000;

    /// <summary>The least values of the bins of each feature: so that each bin holds as much of the weight as the next; every value, if there are few.</summary>
    /// <param name="left">Rows that have a weight; more than <see cref="Rows"/>.</param>
    /// <returns>[bins × width] row by row, rising; NaN where a feature has fewer.</returns>
    public static float[] Of(TrainingRows rows, int left, int bins, Random random, int threads)
    {
        var width = rows.Features.Width;
        var (values, weights) = Drawn(rows, left, random);
        var cuts = new float[bins * width];
        Parallel.For(0, width, new() { MaxDegreeOfParallelism = threads }, feature =>
        {
            var at = 0;
            foreach (var cut in Of(values[feature], weights?.ToArray(), bins)) cuts[at++ * width + feature] = cut;
            for (; at < bins; at++) cuts[at * width + feature] = float.NaN;
        });
        return cuts;
    }

    static List<float> Of(float[] values, double[]? weights, int bins)
    {
        // NaN comes first.
        if (weights is null) Array.Sort(values);
        else Array.Sort(values, weights);
        var from = 0;
        while (from < values.Length && float.IsNaN(values[from])) from++;

        var distinct = new List<float>();
        for (var i = from; i < values.Length && distinct.Count <= bins; i++)
            if (i == from || values[i] != values[i - 1]) distinct.Add(values[i]);
        if (distinct.Count <= bins) return distinct;

        var total = 0.0;
        for (var i = from; i < values.Length; i++) total += weights?[i] ?? 1;
        var cuts = new List<float>(bins);
        var (sum, next) = (0.0, 0);     // the weight before i, in bins; the bin to begin
        for (var i = from; i < values.Length && next < bins; sum += (weights?[i] ?? 1) / total * bins, i++)
        {
            // Weights are shares of bins, and sums of them have lost a little of it.
            if (sum < next - 1e-6 || (cuts.Count > 0 && cuts[^1] == values[i])) continue;
            cuts.Add(values[i]);
            // A value with the weight of many bins takes their place.
            next = (int)(sum + 1e-6) + 1;
        }
        return cuts;
    }

    /// <summary>Rows drawn without replacement: Knuth, The Art of Computer Programming 2, §3.4.2, algorithm S.</summary>
    /// <returns>[width][<see cref="Rows"/>], and their weights.</returns>
    static (float[][] Values, double[]? Weights) Drawn(TrainingRows rows, int left, Random random)
    {
        var width = rows.Features.Width;
        float[][] values = [.. Enumerable.Range(0, width).Select(_ => new float[Rows])];
        var (weights, taken) = (rows.Weights is null ? null : new double[Rows], 0);
        rows.Features.ForEach((from, block) =>
        {
            for (var row = 0; row * width < block.Length; row++)
            {
                if (rows.Weights?[from + row] == 0 || random.Next(left--) >= Rows - taken) continue;
                var features = block.Span.Slice(row * width, width);
                // An infinite value is refused by its row's number when that row is binned.
                for (var feature = 0; feature < width; feature++) values[feature][taken] = float.IsInfinity(features[feature]) ? float.NaN : features[feature];
                if (weights is not null) weights[taken] = rows.Weights![from + row];
                taken++;
            }
        });
        return (values, weights);
    }
}
