using Kumiki.Onnx;

namespace Kumiki.Training;

static partial class LeastSquares
{
    /// <summary>Ridge regression by conjugate gradients on the normal equations of centred columns, which are never written out.</summary>
    static LinearFit WideRidge(TrainingRows rows, double alpha, TrainingCourse course)
    {
        const string learner = nameof(Kumiki.Ridge);
        Moments.RequirePenalty(alpha, nameof(Kumiki.Ridge.Alpha), rows.Features.Width, rows, learner);
        var sparse = SparseRows.Of(rows, learner, course);
        var mean = Moments.MeanTarget(rows, sparse.Weight);
        var (wanted, diagonal, numbers) = (new double[sparse.Width], new double[sparse.Width], new double[sparse.Count]);
        for (var row = 0; row < numbers.Length; row++) numbers[row] = sparse.Weights[row] * (rows.Target[row] - mean);
        sparse.Sums(numbers, wanted);
        sparse.Squares(sparse.Weights, diagonal);
        for (var f = 0; f < diagonal.Length; f++) diagonal[f] += alpha;
        var (weights, steps, settled) = Conjugate.Solve((of, into) =>
        {
            sparse.Times(of, 0, numbers);
            for (var row = 0; row < numbers.Length; row++) numbers[row] *= sparse.Weights[row];
            sparse.Sums(numbers, into);
            for (var f = 0; f < into.Length; f++) into[f] += alpha * of[f];
        }, wanted, diagonal, course.Stop);
        if (!settled) course.Warn(Message.Of("training.not-settled", ("learner", learner), ("iterations", steps), ("penalty", nameof(Kumiki.Ridge.Alpha))));
        return Wide(sparse, weights, mean, steps);
    }

    /// <summary>Elastic net by coordinate descent on the residuals: a column is walked only where it is not 0. Rounds over the weights that are not 0
    /// alternate with rounds over all. Friedman, Hastie and Tibshirani 2010, §2.1 and §2.6.</summary>
    static LinearFit WideElasticNet(ElasticNet net, TrainingRows rows, TrainingCourse course)
    {
        const string learner = nameof(Kumiki.ElasticNet);
        Moments.RequirePenalty(net.Alpha, nameof(net.Alpha), rows.Features.Width, rows, learner);
        var sparse = SparseRows.Of(rows, learner, course);
        var mean = Moments.MeanTarget(rows, sparse.Weight);
        var (l1, l2) = (net.Alpha * net.L1Share * sparse.Weight, net.Alpha * (1 - net.L1Share) * sparse.Weight);
        // What is left of a row's target is residuals[row] + moved: centring moves all rows alike.
        var (residuals, moved, squares, targetSquares) = (new double[sparse.Count], 0.0, new double[sparse.Width], 0.0);
        for (var row = 0; row < residuals.Length; row++)
        {
            residuals[row] = rows.Target[row] - mean;
            targetSquares += sparse.Weights[row] * residuals[row] * residuals[row];
        }
        sparse.Squares(sparse.Weights, squares);
        var (weights, enough, active) = (new double[sparse.Width], 1e-11 * Math.Sqrt(targetSquares), false);
        for (var iteration = 1; iteration <= net.MaxIterations; iteration++)
        {
            course.Stop.ThrowIfCancellationRequested();
            var settled = true;
            for (var f = 0; f < weights.Length; f++)
                if (!active || weights[f] != 0) settled &= !Move(f);
            if (settled && !active) return Wide(sparse, weights, mean, iteration);
            active = !settled;
        }
        course.Warn(Message.Of("training.not-converged", ("learner", learner), ("iterations", net.MaxIterations), ("penalty", nameof(net.Alpha))));
        return Wide(sparse, weights, mean, net.MaxIterations);

        // Whether it went further than rounding does.
        bool Move(int f)
        {
            var square = squares[f];
            if (square + l2 <= 0) return false;      // a constant feature
            var (of, values) = sparse.Column(f);
            var (pull, old) = (square * weights[f] + moved * sparse.Means[f] * sparse.Weight, weights[f]);
            for (var at = 0; at < of.Length; at++)
            {
                var row = of.Span[at];
                pull += sparse.Weights[row] * values.Span[at] * residuals[row];
            }
            var now = Math.Abs(pull) <= l1 ? 0 : (pull - Math.Sign(pull) * l1) / (square + l2);
            if (now == old) return false;
            weights[f] = now;
            for (var at = 0; at < of.Length; at++) residuals[of.Span[at]] -= (now - old) * values.Span[at];
            moved += (now - old) * sparse.Means[f];
            return Math.Abs(now - old) * Math.Sqrt(square) > enough;
        }
    }

    static LinearFit Wide(SparseRows sparse, double[] weights, double mean, int iterations)
    {
        var centres = sparse.Centres;
        var intercept = mean;
        for (var f = 0; f < weights.Length; f++) intercept += weights[f] * (centres[f] - sparse.Means[f]);
        return new(weights, [intercept], centres, Link.Identity) { Iterations = iterations };
    }
}
