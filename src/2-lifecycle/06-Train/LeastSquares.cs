using Kumiki.Onnx;
using MathNet.Numerics.LinearAlgebra;

namespace Kumiki.Training;

/// <summary>Linear models by squared error, from one matrix of products: the rows are walked twice, whatever their number. More than
/// <see cref="Moments.MostWeights"/> weights are fitted on the features that are not 0 (<see cref="SparseRows"/>), without that matrix.</summary>
static partial class LeastSquares
{
    /// <summary>Ridge regression by the normal equations of centred columns, solved by Cholesky in double precision; the intercept is not penalised. Hoerl and
    /// Kennard 1970;
    /// scikit-learn's Ridge gives the same weights (LinearTests, 1e-6).</summary>
    /// <param name="most">Weights from the matrix of products.</param>
    /// <exception cref="KumikiException">A feature is missing or infinite, or the features depend on each other.</exception>
    public static LinearFit Ridge(TrainingRows rows, double alpha, TrainingCourse course, int most = Moments.MostWeights)
    {
        if (rows.Features.Width > most) return WideRidge(rows, alpha, course);
        var moments = Moments.Of(rows, nameof(Kumiki.Ridge), course);
        var gram = moments.Gram.Clone();
        for (var f = 0; f < gram.RowCount; f++) gram[f, f] += alpha;
        var weights = Solve(gram, moments.WithTarget) ?? throw new KumikiException(Message.Of("training.singular", ("alpha", alpha)));
        return new([.. weights], [moments.TargetMean], moments.Means, Link.Identity) { Iterations = 1 };
    }

    /// <summary>Elastic net by coordinate descent on the matrix of products: Friedman, Hastie and Tibshirani 2010, "Regularization paths for generalized linear
    /// models via coordinate descent", §2.2;
    /// scikit-learn's ElasticNet and Lasso give the same weights (LinearTests, 1e-6).</summary>
    /// <param name="most">Weights from the matrix of products.</param>
    public static LinearFit ElasticNet(ElasticNet net, TrainingRows rows, TrainingCourse course, int most = Moments.MostWeights)
    {
        if (rows.Features.Width > most) return WideElasticNet(net, rows, course);
        var moments = Moments.Of(rows, nameof(Kumiki.ElasticNet), course);
        var (l1, l2) = (net.Alpha * net.L1Share * moments.Weight, net.Alpha * (1 - net.L1Share) * moments.Weight);
        var (gram, width) = (moments.Gram, moments.Means.Length);
        var weights = new double[width];
        var products = new double[width];      // gram · weights
        var enough = 1e-11 * Math.Sqrt(moments.TargetSquares);
        var iteration = 0;
        for (var settled = false; !settled && iteration < net.MaxIterations; iteration++)
        {
            course.Stop.ThrowIfCancellationRequested();
            settled = true;
            for (var f = 0; f < width; f++)
            {
                var square = gram[f, f];
                if (square + l2 <= 0) continue;      // a constant feature
                var old = weights[f];
                var pull = moments.WithTarget[f] - products[f] + square * old;
                var now = Math.Abs(pull) <= l1 ? 0 : (pull - Math.Sign(pull) * l1) / (square + l2);
                if (now == old) continue;
                weights[f] = now;
                for (var g = 0; g < width; g++) products[g] += gram[f, g] * (now - old);
                if (Math.Abs(now - old) * Math.Sqrt(square) > enough) settled = false;
            }
            if (settled) return Fit();
        }
        course.Warn(Message.Of("training.not-converged", ("learner", nameof(Kumiki.ElasticNet)), ("iterations", iteration), ("penalty", nameof(net.Alpha))));
        return Fit();

        LinearFit Fit() => new(weights, [moments.TargetMean], moments.Means, Link.Identity) { Iterations = iteration };
    }

    /// <returns>Null when the matrix is singular to working precision: rounding may leave a pivot of noise where there should be none.</returns>
    internal static Vector<double>? Solve(Matrix<double> gram, Vector<double> moment)
    {
        try
        {
            var factor = gram.Cholesky();
            var pivots = factor.Factor.Diagonal();
            return Enumerable.Range(0, pivots.Count).Any(i => pivots[i] * pivots[i] <= 1e-12 * gram[i, i]) ? null : factor.Solve(moment);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
