namespace Kumiki.Training;

/// <summary>The features of rows by row and by column, without those that are 0: one of fifty thousand categories takes 16 bytes a row. Less their means only
/// in what is worked out, so that nothing is filled in.</summary>
/// <remarks>Products go over rows or over columns side by side, and each sum is taken in one order: they do not depend on the number of threads.</remarks>
sealed class SparseRows
{
    /// <summary>Values other than 0 that are kept: 16 bytes each.</summary>
    const int MostValues = 200_000_000;

    readonly (int[] Starts, int[] Places, float[] Values) byRow, byColumn;
    readonly ParallelOptions atOnce;

    SparseRows(double weight, double[] weights, double[] means, (int[], int[], float[]) byRow, (int[], int[], float[]) byColumn, ParallelOptions atOnce) =>
        (Weight, Weights, Means, this.byRow, this.byColumn, this.atOnce) = (weight, weights, means, byRow, byColumn, atOnce);

    /// <summary>Sum of the rows' weights.</summary>
    public double Weight { get; }

    /// <summary>[rows]</summary>
    public double[] Weights { get; }

    /// <summary>[width] weighted means.</summary>
    public double[] Means { get; }

    public int Count => Weights.Length;

    public int Width => Means.Length;

    /// <summary>What a graph subtracts from each feature: the mean of one that is mostly not 0, whose sum it keeps exact; nothing from a rare
    /// category.</summary>
    public double[] Centres => [.. Means.Select((mean, f) => byColumn.Starts[f + 1] - byColumn.Starts[f] > Count / 2 ? mean : 0)];

    /// <summary>Walks over the rows once.</summary>
    /// <exception cref="KumikiException">A feature is missing or infinite, or too many are not 0.</exception>
    public static SparseRows Of(TrainingRows rows, string learner, TrainingCourse course)
    {
        var width = rows.Features.Width;
        var (starts, places, values, count) = (new int[rows.Count + 1], new int[rows.Count], new float[rows.Count], 0);
        rows.Features.ForEach((from, block) =>
        {
            course.Stop.ThrowIfCancellationRequested();
            for (var row = 0; row * width < block.Length; row++)
            {
                var of = block.Span.Slice(row * width, width);
                for (var f = of.IndexOfAnyExcept(0f); f >= 0 && f < width;)
                {
                    if (!float.IsFinite(of[f]))
                        throw new KumikiException(Message.Of("training.not-finite", ("feature", rows.Features.Names[f]), ("learner", learner)));
                    if (count == MostValues)
                        throw new KumikiException(Message.Of("training.too-dense", ("learner", learner), ("features", width), ("most", MostValues),
                            ("columns", rows.Features.WidestColumns)));
                    if (count == places.Length)
                    {
                        var more = (int)Math.Min(MostValues, 2L * count);
                        Array.Resize(ref places, more);
                        Array.Resize(ref values, more);
                    }
                    (places[count], values[count]) = (f, of[f]);
                    count++;
                    var next = of[(f + 1)..].IndexOfAnyExcept(0f);
                    f = next < 0 ? width : f + 1 + next;
                }
                starts[from + row + 1] = count;
            }
        }, piece: rows.Features.FewRows, block: rows.Features.FewRows);

        var weights = rows.Weights ?? Enumerable.Repeat(1.0, rows.Count).ToArray();
        var byColumn = Turned(starts, places, values, width);
        var (weight, means) = (weights.Sum(), new double[width]);
        for (var f = 0; f < width; f++)
        {
            for (var at = byColumn.Starts[f]; at < byColumn.Starts[f + 1]; at++) means[f] += weights[byColumn.Places[at]] * byColumn.Values[at];
            means[f] /= weight;
        }
        return new(weight, weights, means, (starts, places, values), byColumn, course.AtOnce);
    }

    static (int[] Starts, int[] Places, float[] Values) Turned(int[] starts, int[] places, float[] values, int width)
    {
        var turned = (Starts: new int[width + 1], Places: new int[starts[^1]], Values: new float[starts[^1]]);
        for (var at = 0; at < starts[^1]; at++) turned.Starts[places[at] + 1]++;
        for (var f = 0; f < width; f++) turned.Starts[f + 1] += turned.Starts[f];
        var next = turned.Starts.ToArray();
        for (var row = 0; row + 1 < starts.Length; row++)
            for (var at = starts[row]; at < starts[row + 1]; at++)
            {
                var to = next[places[at]]++;
                (turned.Places[to], turned.Values[to]) = (row, values[at]);
            }
        return turned;
    }

    /// <summary>The rows that have a feature, and its values there.</summary>
    public (ReadOnlyMemory<int> Rows, ReadOnlyMemory<float> Values) Column(int feature)
    {
        var (from, count) = (byColumn.Starts[feature], byColumn.Starts[feature + 1] - byColumn.Starts[feature]);
        return (byColumn.Places.AsMemory(from, count), byColumn.Values.AsMemory(from, count));
    }

    /// <summary>(features − means) · weights + intercept, of every row.</summary>
    /// <param name="weights">[width]</param>
    /// <param name="into">[rows]</param>
    public void Times(ReadOnlyMemory<double> weights, double intercept, double[] into)
    {
        var start = intercept;
        for (var f = 0; f < Width; f++) start -= Means[f] * weights.Span[f];
        const int piece = 4096;
        Parallel.For(0, (Count + piece - 1) / piece, atOnce, p =>
        {
            var of = weights.Span;
            for (var row = p * piece; row < Math.Min(Count, (p + 1) * piece); row++)
            {
                var sum = start;
                for (var at = byRow.Starts[row]; at < byRow.Starts[row + 1]; at++) sum += of[byRow.Places[at]] * byRow.Values[at];
                into[row] = sum;
            }
        });
    }

    /// <summary>Sums over rows of (feature − mean) × number, of every feature.</summary>
    /// <param name="numbers">[rows]</param>
    /// <param name="into">[width]</param>
    public void Sums(double[] numbers, Memory<double> into)
    {
        var all = numbers.Sum();
        ByColumn(f =>
        {
            var sum = 0.0;
            for (var at = byColumn.Starts[f]; at < byColumn.Starts[f + 1]; at++) sum += numbers[byColumn.Places[at]] * byColumn.Values[at];
            into.Span[f] = sum - Means[f] * all;
        });
    }

    /// <summary>Sums over rows of (feature − mean)² × number, of every feature.</summary>
    /// <param name="numbers">[rows]</param>
    /// <param name="into">[width]</param>
    public void Squares(double[] numbers, Memory<double> into)
    {
        var all = numbers.Sum();
        ByColumn(f =>
        {
            var (sum, squares) = (0.0, 0.0);
            for (var at = byColumn.Starts[f]; at < byColumn.Starts[f + 1]; at++)
            {
                var (number, value) = (numbers[byColumn.Places[at]], (double)byColumn.Values[at]);
                (sum, squares) = (sum + number * value, squares + number * value * value);
            }
            into.Span[f] = Math.Max(0, squares - 2 * Means[f] * sum + Means[f] * Means[f] * all);
        });
    }

    void ByColumn(Action<int> work)
    {
        const int piece = 512;
        Parallel.For(0, (Width + piece - 1) / piece, atOnce, p =>
        {
            for (var f = p * piece; f < Math.Min(Width, (p + 1) * piece); f++) work(f);
        });
    }
}
