using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using Lanes = System.Numerics.Vector<double>;
using Vector = System.Numerics.Vector;

namespace Kumiki.Training;

/// <summary>Sums over weighted rows, of features and target less their means.</summary>
/// <param name="Weight">Sum of the rows' weights.</param>
/// <param name="Means">[F] of the features.</param>
/// <param name="Gram">[F × F] products of features.</param>
/// <param name="WithTarget">[F] products with the target.</param>
/// <param name="TargetSquares">Squares of the target.</param>
sealed record Moments(double Weight, double[] Means, double TargetMean, Matrix<double> Gram, Vector<double> WithTarget, double TargetSquares)
{
    /// <summary>Weights up to which a linear learner is fitted by its matrix of products, which is that squared; more are fitted without one.</summary>
    public const int MostWeights = 6000;

    /// <exception cref="KumikiException">A feature is missing or infinite.</exception>
    public static Moments Of(TrainingRows rows, string learner, TrainingCourse course)
    {
        var width = rows.Features.Width;
        var (weight, means) = MeansOf(rows, learner);
        var targetMean = MeanTarget(rows, weight);

        var gram = new DenseMatrix(width);
        var withTarget = new double[width];
        var squares = 0.0;
        rows.Features.ForEach((from, block) =>
        {
            var columns = Columns.Of(block.Span, width, means);
            var (weights, errors) = (new double[columns.Rows], new double[columns.Rows]);
            for (var row = 0; row < columns.Rows; row++)
            {
                weights[row] = rows.Weights?[from + row] ?? 1;
                errors[row] = rows.Target[from + row] - targetMean;
                squares += weights[row] * errors[row] * errors[row];
            }
            columns.AddProducts(weights, gram.Values, withTarget, errors, course.AtOnce);
        });
        return new(weight, means, targetMean, gram, new DenseVector(withTarget), squares);
    }

    internal static double MeanTarget(TrainingRows rows, double weight)
    {
        var sum = 0.0;
        for (var row = 0; row < rows.Count; row++) sum += rows.Target[row] * (rows.Weights?[row] ?? 1);
        return sum / weight;
    }

    /// <summary>So many weights cannot be told apart without a penalty.</summary>
    internal static void RequirePenalty(double penalty, string setting, long weights, TrainingRows rows, string learner)
    {
        if (penalty == 0) throw new KumikiException(Message.Of("training.wide-unpenalised", ("learner", learner), ("weights", weights), ("most", MostWeights),
            ("columns", rows.Features.WidestColumns), ("setting", setting)));
    }

    /// <summary>The sum of the weights, and the weighted mean of each feature.</summary>
    internal static (double Weight, double[] Means) MeansOf(TrainingRows rows, string learner)
    {
        var (weight, means) = (0.0, new double[rows.Features.Width]);
        rows.Features.ForEach((from, block) =>
        {
            for (var row = 0; row * means.Length < block.Length; row++)
            {
                var of = block.Span.Slice(row * means.Length, means.Length);
                var w = rows.Weights?[from + row] ?? 1;
                weight += w;
                for (var f = 0; f < of.Length; f++)
                {
                    if (!float.IsFinite(of[f])) throw new KumikiException(Message.Of("training.not-finite", ("feature", rows.Features.Names[f]),
                        ("learner", learner)));
                    means[f] += w * of[f];
                }
            }
        });
        for (var f = 0; f < means.Length; f++) means[f] /= weight;
        return (weight, means);
    }
}

/// <summary>A block of rows column by column, less a centre, so that products of columns run in lanes.</summary>
/// <param name="Values">[F × Rows]</param>
sealed record Columns(double[] Values, int Rows, int Width)
{
    public static Columns Of(ReadOnlySpan<float> block, int width, ReadOnlySpan<double> centres)
    {
        var rows = block.Length / width;
        var values = new double[block.Length];
        for (var row = 0; row < rows; row++)
            for (var f = 0; f < width; f++) values[f * rows + row] = block[row * width + f] - centres[f];
        return new(values, rows, width);
    }

    public ReadOnlySpan<double> this[int feature] => Values.AsSpan(feature * Rows, Rows);

    /// <summary>Adds the weighted products of all pairs of columns to a symmetric matrix, and those with another column to a vector; the sums do not depend on
    /// the number of threads.</summary>
    /// <param name="gram">[F × F] or empty.</param>
    public void AddProducts(double[] weights, double[] gram, double[] moment, double[] other, ParallelOptions atOnce)
    {
        Parallel.For(0, Width, atOnce, f =>
        {
            var weighted = new double[Rows];
            var of = this[f];
            for (var row = 0; row < weighted.Length; row++) weighted[row] = of[row] * weights[row];
            moment[f] += Dot(weighted, other);
            if (gram.Length == 0) return;
            for (var g = 0; g <= f; g++)
            {
                var sum = Dot(weighted, this[g]);
                gram[f * Width + g] += sum;
                if (g != f) gram[g * Width + f] += sum;
            }
        });
    }

    internal static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sums = Lanes.Zero;
        var at = 0;
        for (; at <= a.Length - Lanes.Count; at += Lanes.Count) sums += new Lanes(a[at..]) * new Lanes(b[at..]);
        var sum = Vector.Sum(sums);
        for (; at < a.Length; at++) sum += a[at] * b[at];
        return sum;
    }
}
