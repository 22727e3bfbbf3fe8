using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kumiki.Preprocessing;

/// <summary>The power transform of Yeo and Johnson, Biometrika 87 (2000) 954: makes a column as alike a normal distribution as a power of it can be.</summary>
static class YeoJohnson
{
    const double Epsilon = 2.220446049250313e-16;
    const int Piece = 1 << 14;

    /// <summary>The power of greatest likelihood, found as scipy finds it: bracketed from (−2, 2), then Brent's method to 1.48e-8.</summary>
    /// <param name="values">No NaN.</param>
    /// <returns>1, which changes nothing, for a constant; null without values.</returns>
    public static double? Lambda(double[] values)
    {
        if (values.Length == 0) return null;
        if (Array.TrueForAll(values, v => v == values[0])) return 1;
        // ln(1 + |x|) once; then each power is an exponential of its multiple.
        var logs = Array.ConvertAll(values, v => LogOnePlus(Math.Abs(v)));
        var signed = 0.0;
        for (var i = 0; i < values.Length; i++) signed += values[i] < 0 ? -logs[i] : logs[i];
        var powers = new double[values.Length];
        return Minimise(lambda => -LogLikelihood(values, logs, signed, lambda, powers), -2, 2);
    }

    static double LogOnePlus(double x)
    {
        // Kahan's: exact to the last digits for small x too.
        var y = 1 + x;
        return y == 1 ? x : Math.Log(y) * x / (y - 1);
    }

    static double LogLikelihood(double[] values, double[] logs, double signed, double lambda, double[] powers)
    {
        var pieces = (values.Length + Piece - 1) / Piece;
        var sums = new double[pieces];
        Parallel.For(0, pieces, p =>
        {
            var at = p * Piece;
            var length = Math.Min(Piece, values.Length - at);
            var into = powers.AsSpan(at, length);
            Power(values.AsSpan(at, length), logs.AsSpan(at, length), lambda, into);
            var sum = 0.0;
            foreach (var power in into) sum += power;
            sums[p] = sum;
        });
        var mean = sums.Sum() / values.Length;
        Parallel.For(0, pieces, p =>
        {
            var sum = 0.0;
            foreach (var power in powers.AsSpan(p * Piece, Math.Min(Piece, powers.Length - (p * Piece)))) sum += (power - mean) * (power - mean);
            sums[p] = sum;
        });
        var variance = sums.Sum() / values.Length;
        return variance < 2.2250738585072014e-308 ? double.NegativeInfinity : (-values.Length / 2.0 * Math.Log(variance)) + ((lambda - 1) * signed);
    }

    /// <summary>The transform, given ln(1 + |x|): quicker than powers, and off by some last digits.</summary>
    static void Power(ReadOnlySpan<double> values, ReadOnlySpan<double> logs, double lambda, Span<double> into)
    {
        var (above, below) = (lambda, 2 - lambda);
        for (var i = 0; i < values.Length; i++) into[i] = logs[i] * (values[i] < 0 ? below : above);
        Exponentials(into);
        for (var i = 0; i < values.Length; i++)
        {
            var exponent = values[i] < 0 ? below : above;
            var size = Math.Abs(exponent) < Epsilon ? logs[i] : (into[i] - 1) / exponent;
            into[i] = values[i] < 0 ? -size : size;
        }
    }

    static void Exponentials(Span<double> numbers)
    {
        var vectors = MemoryMarshal.Cast<double, Vector256<double>>(numbers);
        foreach (ref var vector in vectors) vector = Vector256.Exp(vector);
        var rest = numbers[(vectors.Length * Vector256<double>.Count)..];
        foreach (ref var number in rest) number = Vector256.Exp(Vector256.Create(number))[0];
    }

    /// <summary>The transform by powers, in the steps of the graph; a NaN stays one.</summary>
    public static void Transform(Span<double> values, double lambda)
    {
        foreach (ref var value in values) value = value < 0 ? -Boxed(1 - value, 2 - lambda) : Boxed(1 + value, lambda);
    }

    static double Boxed(double number, double exponent) => Math.Abs(exponent) < Epsilon ? Math.Log(number) : (Math.Pow(number, exponent) - 1) / exponent;

    /// <summary>A local minimum: bracketed downhill by the golden section and parabolas, then Brent 1973, ch. 5, in the steps of
    /// scipy.optimize.brent.</summary>
    static double Minimise(Func<double, double> f, double first, double second)
    {
        var (a, c, x, fx) = Bracket(f, first, second);
        if (a > c) (a, c) = (c, a);
        var (w, v, fw, fv) = (x, x, fx, fx);
        var (before, step) = (0.0, 0.0);
        for (var round = 0; round < 500; round++)
        {
            var tolerance = (1.48e-8 * Math.Abs(x)) + 1e-11;
            var middle = 0.5 * (a + c);
            if (Math.Abs(x - middle) < (2 * tolerance) - (0.5 * (c - a))) break;
            var golden = true;
            if (Math.Abs(before) > tolerance)
            {
                var one = (x - w) * (fx - fv);
                var two = (x - v) * (fx - fw);
                var p = ((x - v) * two) - ((x - w) * one);
                two = 2 * (two - one);
                if (two > 0) p = -p;
                two = Math.Abs(two);
                var old = before;
                before = step;
                if (p > two * (a - x) && p < two * (c - x) && Math.Abs(p) < Math.Abs(0.5 * two * old))
                {
                    golden = false;
                    step = p / two;
                    var tried = x + step;
                    if (tried - a < 2 * tolerance || c - tried < 2 * tolerance) step = middle - x >= 0 ? tolerance : -tolerance;
                }
            }
            if (golden)
            {
                before = x >= middle ? a - x : c - x;
                step = 0.3819660 * before;
            }
            var u = Math.Abs(step) < tolerance ? x + (step >= 0 ? tolerance : -tolerance) : x + step;
            var fu = f(u);
            if (fu > fx)
            {
                if (u < x) a = u;
                else c = u;
                if (fu <= fw || w == x) (v, w, fv, fw) = (w, u, fw, fu);
                else if (fu <= fv || v == x || v == w) (v, fv) = (u, fu);
            }
            else
            {
                if (u >= x) a = x;
                else c = x;
                (v, w, x, fv, fw, fx) = (w, x, u, fw, fx, fu);
            }
        }
        return x;
    }

    static (double A, double C, double X, double Fx) Bracket(Func<double, double> f, double a, double b)
    {
        const double gold = 1.618034;
        var (fa, fb) = (f(a), f(b));
        if (fa < fb) (a, b, fa, fb) = (b, a, fb, fa);
        var c = b + (gold * (b - a));
        var fc = f(c);
        for (var round = 0; fc < fb && round < 1000; round++)
        {
            var one = (b - a) * (fb - fc);
            var two = (b - c) * (fb - fa);
            var difference = two - one;
            var w = b - ((((b - c) * two) - ((b - a) * one)) / (Math.Abs(difference) < 1e-21 ? 2e-21 : 2 * difference));
            var limit = b + (110 * (c - b));
            double fw;
            if ((w - c) * (b - w) > 0)
            {
                fw = f(w);
                if (fw < fc) return (b, c, w, fw);
                if (fw > fb) return (a, w, b, fb);
                w = c + (gold * (c - b));
                fw = f(w);
            }
            else if ((w - limit) * (limit - c) >= 0)
            {
                w = limit;
                fw = f(w);
            }
            else if ((w - limit) * (c - w) > 0)
            {
                fw = f(w);
                if (fw < fc)
                {
                    (b, c, fb, fc) = (c, w, fc, fw);
                    w = c + (gold * (c - b));
                    fw = f(w);
                }
            }
            else
            {
                w = c + (gold * (c - b));
                fw = f(w);
            }
            (a, b, c, fa, fb, fc) = (b, c, w, fb, fc, fw);
        }
        return (a, c, b, fb);
    }
}
