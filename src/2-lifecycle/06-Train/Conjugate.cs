namespace Kumiki.Training;

/// <summary>Linear equations of a symmetric positive matrix that is known only by what it does to a vector.</summary>
/// <remarks>Conjugate gradients, each unknown in the unit of its diagonal: Hestenes and Stiefel 1952; Golub and Van Loan, "Matrix computations",
/// §11.5.</remarks>
static class Conjugate
{
    /// <summary>Steps at most; where the unknowns are in like units, a few dozen do.</summary>
    public const int MostSteps = 2000;

    /// <param name="times">Writes matrix · first into second.</param>
    /// <param name="diagonal">[n] of the matrix, above 0.</param>
    /// <returns>The solution, the steps it took, and whether the residual fell to 1e-12 of what it was.</returns>
    public static (double[] Solution, int Steps, bool Settled) Solve(Action<double[], double[]> times, double[] wanted, double[] diagonal,
        CancellationToken stop)
    {
        var (at, residual, product) = (new double[wanted.Length], (double[])wanted.Clone(), new double[wanted.Length]);
        var scaled = Scaled();
        var direction = (double[])scaled.Clone();
        var size = Dot(residual, scaled);
        var enough = 1e-24 * size;
        for (var step = 0; step < MostSteps; step++)
        {
            if (size <= enough) return (at, step, true);
            stop.ThrowIfCancellationRequested();
            times(direction, product);
            var curve = Dot(direction, product);
            if (!(curve > 0)) return (at, step, false);        // rounding has eaten what is left
            var length = size / curve;
            for (var i = 0; i < at.Length; i++)
            {
                at[i] += length * direction[i];
                residual[i] -= length * product[i];
            }
            scaled = Scaled();
            var next = Dot(residual, scaled);
            for (var i = 0; i < at.Length; i++) direction[i] = scaled[i] + next / size * direction[i];
            size = next;
        }
        return (at, MostSteps, size <= enough);

        double[] Scaled()
        {
            var into = new double[residual.Length];
            for (var i = 0; i < into.Length; i++) into[i] = residual[i] / diagonal[i];
            return into;
        }
    }

    static double Dot(double[] a, double[] b) => Columns.Dot(a, b);
}
