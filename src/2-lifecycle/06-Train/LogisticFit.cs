using Kumiki.Onnx;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Kumiki.Training;

/// <summary>Logistic regression by Newton's method on all weights at once: quadratic near the optimum, so that it is found to nearly all digits.</summary>
/// <remarks>
/// Each step: 1. one walk over the rows gives loss, gradient and Hessian, 2. the quadratic they span is made least, by Cholesky, or with an L1 penalty by
/// coordinate descent, 3. the step is halved until the
/// loss falls. Lee, Sun and Saunders 2014, "Proximal Newton-type methods for minimizing composite functions"; scikit-learn's LogisticRegression finds the same
/// weights (LinearTests, 1e-6). More than <see cref="Moments.MostWeights"/> weights without an L1 penalty are fitted on the features that are not 0, by
/// conjugate gradients, without the Hessian: Lin, Weng and Keerthi 2008, "Trust region Newton method for large-scale logistic regression".
/// </remarks>
sealed partial class LogisticFit
{
    readonly LogisticRegression settings;
    readonly TrainingRows rows;
    readonly TrainingCourse course;
    readonly double[] means;
    readonly int width, outputs, size;      // features; 1 of two classes, else one a class; weights and intercepts
    readonly double l1, l2;
    readonly SparseRows? sparse;

    LogisticFit(LogisticRegression settings, TrainingRows rows, int classes, TrainingCourse course, int most)
    {
        (this.settings, this.rows, this.course) = (settings, rows, course);
        (width, outputs) = (rows.Features.Width, settings.ManyClasses ? classes : 1);
        size = checked((width + 1) * outputs);
        (l1, l2) = (settings.Penalty * settings.L1Share, settings.Penalty * (1 - settings.L1Share));
        if (size > most)
        {
            Moments.RequirePenalty(settings.Penalty, nameof(settings.Penalty), size, rows, nameof(LogisticRegression));
            if (l1 > 0) throw new KumikiException(Message.Of("training.too-wide", ("learner", nameof(LogisticRegression)), ("weights", size), ("most", most),
                ("columns", rows.Features.WidestColumns)));
            sparse = SparseRows.Of(rows, nameof(LogisticRegression), course);
        }
        means = sparse?.Means ?? Moments.MeansOf(rows, nameof(LogisticRegression)).Means;
    }

    /// <param name="most">Weights whose Hessian is written out.</param>
    public static LinearFit Train(LogisticRegression settings, TrainingRows rows, int classes, TrainingCourse course, int most = Moments.MostWeights) =>
        new LogisticFit(settings, rows, classes, course, most).Train();

    // Weights lie output by output, each with its intercept last: [outputs × (F + 1)].
    bool IsIntercept(int at) => at % (width + 1) == width;

    LinearFit Train()
    {
        var at = new double[size];
        var here = Look(at);
        var (iteration, settled) = (0, false);
        while (!settled && iteration < settings.MaxIterations)
        {
            course.Stop.ThrowIfCancellationRequested();
            iteration++;
            var step = Step(at, here);
            // How much the quadratic promises; at the optimum nothing.
            var promised = Penalty(at, step, 1) - Penalty(at, step, 0);
            for (var i = 0; i < size; i++) promised += here.Gradient[i] * step[i];
            settled = -promised <= 1e-12 * (1 + Math.Abs(here.Loss));
            var (length, moved) = (1.0, false);
            for (var halving = 0; halving < 40 && !moved; halving++, length /= 2)
            {
                var there = Moved(at, step, length);
                var look = Look(there);
                var fall = Total(here.Loss, at) - Total(look.Loss, there);
                if (fall < -1e-4 * length * promised - 1e-13 * Math.Abs(here.Loss)) continue;
                (at, here, moved) = (there, look, true);
            }
            if (!moved) break;      // rounding leaves nothing to gain
            course.Metric("log_loss.train", here.Loss / here.Weight, iteration);
            course.Progress(iteration, settings.MaxIterations);
        }
        if (!settled) course.Warn(Message.Of("training.not-converged", ("learner", nameof(LogisticRegression)), ("iterations", iteration),
            ("penalty", nameof(settings.Penalty))));
        var (weights, intercepts, centres) = (new double[outputs * width], new double[outputs], sparse?.Centres ?? means);
        for (var output = 0; output < outputs; output++)
        {
            Array.Copy(at, output * (width + 1), weights, output * width, width);
            intercepts[output] = at[output * (width + 1) + width];
            if (sparse is null) continue;
            for (var f = 0; f < width; f++) intercepts[output] += weights[output * width + f] * (centres[f] - means[f]);
        }
        return new(weights, intercepts, centres, outputs == 1 ? Link.Logistic : Link.Softmax) { Iterations = iteration };
    }

    double Total(double loss, double[] at) => loss + Penalty(at, at, 0);

    /// <summary>The penalty at <paramref name="at"/> + length · step.</summary>
    double Penalty(double[] at, double[] step, double length)
    {
        var sum = 0.0;
        for (var i = 0; i < size; i++)
        {
            if (IsIntercept(i)) continue;
            var weight = at[i] + length * step[i];
            sum += l1 * Math.Abs(weight) + l2 / 2 * weight * weight;
        }
        return sum;
    }

    double[] Moved(double[] at, double[] step, double length)
    {
        var there = new double[size];
        for (var i = 0; i < size; i++) there[i] = at[i] + length * step[i];
        return there;
    }

    /// <summary>The loss without its penalty and its gradient, and what its Hessian is made of: the matrix itself, or the probabilities of each row.</summary>
    sealed record Outlook(double Loss, double Weight, double[] Gradient, DenseMatrix? Hessian, double[][] Probabilities);

    Outlook Look(double[] at)
    {
        if (sparse is not null) return WideLook(sparse, at);
        var (loss, total, gradient, hessian) = (0.0, 0.0, new double[size], new DenseMatrix(size));
        rows.Features.ForEach((from, block) =>
        {
            var columns = Columns.Of(block.Span, width, means);
            var probabilities = Probabilities(columns, at, from, ref loss, ref total);
            var (ones, slopes, curves) = (Enumerable.Repeat(1.0, columns.Rows).ToArray(), new double[columns.Rows], new double[columns.Rows]);
            for (var a = 0; a < outputs; a++)
                for (var b = a; b < outputs; b++)
                {
                    for (var row = 0; row < columns.Rows; row++)
                    {
                        var weight = rows.Weights?[from + row] ?? 1;
                        var (p, q) = (probabilities[a][row], probabilities[b][row]);
                        curves[row] = weight * (a == b ? p * (1 - p) : -p * q);
                        slopes[row] = weight * (p - (IsOf(from + row, a) ? 1 : 0));
                    }
                    var (gram, edge, rest) = (new double[width * width], new double[width], new double[width]);
                    columns.AddProducts(curves, gram, edge, ones, course.AtOnce);
                    for (var f = 0; f < width; f++)
                    {
                        for (var g = 0; g < width; g++) Add(a, f, b, g, gram[f * width + g]);
                        Add(a, f, b, width, edge[f]);
                        Add(a, width, b, f, edge[f]);
                    }
                    Add(a, width, b, width, curves.Sum());
                    if (a != b) continue;
                    columns.AddProducts(slopes, [], rest, ones, course.AtOnce);
                    for (var f = 0; f < width; f++) gradient[a * (width + 1) + f] += rest[f];
                    gradient[a * (width + 1) + width] += slopes.Sum();
                }
        });
        return new(loss, total, gradient, hessian, []);

        void Add(int a, int f, int b, int g, double value)
        {
            var (row, column) = (a * (width + 1) + f, b * (width + 1) + g);
            hessian[row, column] += value;
            if (a != b) hessian[column, row] += value;
        }
    }

    /// <summary>Does the row belong to what an output is the probability of?</summary>
    bool IsOf(int row, int output) => outputs == 1 ? rows.Target[row] == 1 : rows.Target[row] == output;

    double[][] Probabilities(Columns columns, double[] at, int from, ref double loss, ref double total)
    {
        var sums = new double[outputs][];
        for (var output = 0; output < outputs; output++)
        {
            var of = sums[output] = new double[columns.Rows];
            Array.Fill(of, at[output * (width + 1) + width]);
            for (var f = 0; f < width; f++)
            {
                var weight = at[output * (width + 1) + f];
                if (weight == 0) continue;
                var column = columns[f];
                for (var row = 0; row < of.Length; row++) of[row] += weight * column[row];
            }
        }
        Turn(sums, from, ref loss, ref total);
        return sums;
    }

    /// <summary>Makes probabilities of sums, and adds up the loss.</summary>
    /// <param name="sums">[outputs][rows]</param>
    /// <param name="from">The first row.</param>
    void Turn(double[][] sums, int from, ref double loss, ref double total)
    {
        for (var row = 0; row < sums[0].Length; row++)
        {
            var weight = rows.Weights?[from + row] ?? 1;
            total += weight;
            if (outputs == 1)
            {
                var (sum, positive) = (sums[0][row], rows.Target[from + row] == 1);
                // log(1 + e^−|x|) keeps the digits that 1 − p would lose.
                loss += weight * (Math.Max(positive ? -sum : sum, 0) + Math.Log(1 + Math.Exp(-Math.Abs(sum))));
                sums[0][row] = sum >= 0 ? 1 / (1 + Math.Exp(-sum)) : Math.Exp(sum) / (1 + Math.Exp(sum));
                continue;
            }
            var most = double.NegativeInfinity;
            for (var output = 0; output < outputs; output++) most = Math.Max(most, sums[output][row]);
            var powers = 0.0;
            for (var output = 0; output < outputs; output++) powers += Math.Exp(sums[output][row] - most);
            loss += weight * (Math.Log(powers) + most - sums[(int)rows.Target[from + row]][row]);
            for (var output = 0; output < outputs; output++) sums[output][row] = Math.Exp(sums[output][row] - most) / powers;
        }
    }

    double[] Step(double[] at, Outlook here) => sparse is not null ? WideStep(sparse, at, here) : l1 == 0 ? NewtonStep(at, here) : ProximalStep(at, here);

    double[] NewtonStep(double[] at, Outlook here)
    {
        var (hessian, slope) = ((DenseMatrix)here.Hessian!.Clone(), new DenseVector(size));
        for (var i = 0; i < size; i++)
        {
            slope[i] = -here.Gradient[i] - (IsIntercept(i) ? 0 : l2 * at[i]);
            if (!IsIntercept(i)) hessian[i, i] += l2;
        }
        // Softmax leaves one direction free (the same added to every class), and separable rows leave many nearly so: a little on the diagonal makes the step
        // short there.
        for (var more = 1e-12 * (1 + hessian.Diagonal().Maximum()); double.IsFinite(more); more *= 100)
        {
            for (var i = 0; i < size; i++) hessian[i, i] += more;
            if (LeastSquares.Solve(hessian, slope) is { } step && step.All(double.IsFinite)) return [.. step];
        }
        return new double[size];
    }

    double[] ProximalStep(double[] at, Outlook here)
    {
        var hessian = here.Hessian!;
        var (step, products) = (new double[size], new double[size]);        // products: hessian · step
        var more = 1e-12 * (1 + hessian.Diagonal().Maximum());
        var enough = 1e-11 * Math.Sqrt(1 + here.Weight);
        for (var (sweep, settled) = (0, false); !settled && sweep < 20_000; sweep++)
        {
            settled = true;
            for (var i = 0; i < size; i++)
            {
                var square = hessian[i, i] + more;
                var (old, now) = (at[i] + step[i], 0.0);
                var slope = here.Gradient[i] + products[i] + more * step[i];
                if (IsIntercept(i)) now = old - slope / square;
                else
                {
                    var pull = square * old - slope;
                    now = Math.Abs(pull) <= l1 ? 0 : (pull - Math.Sign(pull) * l1) / (square + l2);
                }
                if (now == old) continue;
                step[i] += now - old;
                for (var j = 0; j < size; j++) products[j] += hessian.Values[i * size + j] * (now - old);      // symmetric: a column is a row
                if (Math.Abs(now - old) * Math.Sqrt(square) > enough) settled = false;
            }
        }
        return step;
    }
}
