namespace Kumiki.Training;

sealed partial class LogisticFit
{
    Outlook WideLook(SparseRows features, double[] at)
    {
        var sums = new double[outputs][];
        for (var output = 0; output < outputs; output++)
            features.Times(at.AsMemory(output * (width + 1), width), at[output * (width + 1) + width], sums[output] = new double[features.Count]);
        var (loss, total, gradient, slopes) = (0.0, 0.0, new double[size], new double[features.Count]);
        Turn(sums, 0, ref loss, ref total);
        for (var output = 0; output < outputs; output++)
        {
            for (var row = 0; row < slopes.Length; row++) slopes[row] = features.Weights[row] * (sums[output][row] - (IsOf(row, output) ? 1 : 0));
            features.Sums(slopes, gradient.AsMemory(output * (width + 1), width));
            gradient[output * (width + 1) + width] = slopes.Sum();
        }
        return new(loss, total, gradient, null, sums);
    }

    double[] WideStep(SparseRows features, double[] at, Outlook here)
    {
        var (p, weights) = (here.Probabilities, features.Weights);
        var (slope, diagonal, curves) = (new double[size], new double[size], new double[features.Count]);
        for (var output = 0; output < outputs; output++)
        {
            for (var row = 0; row < curves.Length; row++) curves[row] = weights[row] * p[output][row] * (1 - p[output][row]);
            features.Squares(curves, diagonal.AsMemory(output * (width + 1), width));
            diagonal[output * (width + 1) + width] = curves.Sum();
        }
        // Softmax leaves one direction free (the same added to every class's intercept): a little on the diagonal makes the step short there.
        var more = 1e-12 * (1 + diagonal.Max());
        for (var i = 0; i < size; i++)
        {
            slope[i] = -here.Gradient[i] - (IsIntercept(i) ? 0 : l2 * at[i]);
            diagonal[i] += more + (IsIntercept(i) ? 0 : l2);
        }
        var moved = Enumerable.Range(0, outputs).Select(_ => new double[features.Count]).ToArray();
        return Conjugate.Solve((of, into) =>
        {
            for (var output = 0; output < outputs; output++)
                features.Times(of.AsMemory(output * (width + 1), width), of[output * (width + 1) + width], moved[output]);
            for (var row = 0; row < features.Count; row++)
            {
                // Of two classes the other's sum stays where it is.
                var mean = 0.0;
                for (var output = 0; output < outputs; output++) mean += p[output][row] * moved[output][row];
                for (var output = 0; output < outputs; output++) moved[output][row] = weights[row] * p[output][row] * (moved[output][row] - mean);
            }
            for (var output = 0; output < outputs; output++)
            {
                features.Sums(moved[output], into.AsMemory(output * (width + 1), width));
                into[output * (width + 1) + width] = moved[output].Sum();
            }
            for (var i = 0; i < size; i++) into[i] += (more + (IsIntercept(i) ? 0 : l2)) * of[i];
        }, slope, diagonal, course.Stop).Solution;
    }
}
