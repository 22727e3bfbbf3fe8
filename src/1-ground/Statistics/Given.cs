using System.Globalization;

namespace Kumiki.Statistics;

/// <summary>What every figure asks of its rows, in one voice; rows are counted from 1 in messages.</summary>
/// <remarks>Lengths that differ are the caller's mistake (<see cref="ArgumentException"/>); values are the data's (<see cref="KumikiException"/>).</remarks>
static class Given
{
    internal static void SameLength(int rows, int others, string what)
    {
        if (rows != others) throw new ArgumentException($"There are {rows} rows, but {others} {what}.", what);
    }

    /// <summary>A flat matrix [rows × width].</summary>
    internal static void Matrix(int rows, int width, int values, string what)
    {
        if (width < 1) throw new ArgumentException($"There must be at least one column of {what}, not {width}.", what);
        if ((long)rows * width != values) throw new ArgumentException($"There are {rows} rows of {width} columns, but {values} {what}.", what);
    }

    internal static void Between(double value, double from, double to, string parameter)
    {
        if (!(value > from && value < to)) throw new ArgumentOutOfRangeException(parameter, value, $"Give a number above {Text(from)} and below {Text(to)}.");
    }

    internal static void AtLeast(int value, int least, string parameter)
    {
        if (value < least) throw new ArgumentOutOfRangeException(parameter, value, $"Give {least} or more.");
    }

    internal static void Rows(string metric, int rows)
    {
        if (rows == 0) throw new UndefinedFigureException(Message.Of("statistics.no-rows", ("metric", metric)));
    }

    internal static void Enough(string metric, int found, int needed, string what)
    {
        if (found < needed) throw TooFew(metric, found, needed, what);
    }

    internal static UndefinedFigureException TooFew(string metric, int found, int needed, string what) =>
        new(Message.Of("statistics.too-few", ("metric", metric), ("needed", needed), ("what", what), ("found", found)));

    internal static void Finite(string metric, ReadOnlySpan<double> values, string what)
    {
        for (var i = 0; i < values.Length; i++)
            if (!double.IsFinite(values[i])) throw NotFinite(metric, values[i], what, i);
    }

    internal static KumikiException NotFinite(string metric, double value, string what, int row) =>
        new(Message.Of("statistics.not-finite", ("metric", metric), ("value", Text(value)), ("what", what), ("row", row + 1L)));

    internal static void Probabilities(string metric, ReadOnlySpan<double> values, int width = 1)
    {
        for (var i = 0; i < values.Length; i++)
            if (!(values[i] >= 0 && values[i] <= 1)) throw Outside(metric, values[i], "probabilities", i / width, "from 0 to 1");
    }

    /// <summary>Each row of [n × width] sums to 1 within 1e-5: what a softmax in single precision keeps.</summary>
    internal static void Distributions(string metric, ReadOnlySpan<double> values, int width)
    {
        Probabilities(metric, values, width);
        for (var row = 0; row < values.Length / width; row++)
        {
            var sum = 0.0;
            foreach (var p in values.Slice(row * width, width)) sum += p;
            if (Math.Abs(sum - 1) > 1e-5)
                throw new KumikiException(Message.Of("statistics.no-distribution", ("metric", metric), ("row", row + 1L), ("sum", Text(sum))));
        }
    }

    internal static KumikiException Outside(string metric, double value, string what, int row, string range) =>
        new(Message.Of("statistics.outside", ("metric", metric), ("value", Text(value)), ("what", what), ("row", row + 1L), ("range", range)));

    /// <summary>Truths of 1 and 0.</summary>
    internal static void Flags(string metric, ReadOnlySpan<double> truth)
    {
        for (var i = 0; i < truth.Length; i++)
            if (truth[i] != 0 && truth[i] != 1) throw Outside(metric, truth[i], "truths", i, "0 or 1");
    }

    internal static void Classes(string metric, ReadOnlySpan<int> values, int classes, string what)
    {
        for (var i = 0; i < values.Length; i++)
            if ((uint)values[i] >= (uint)classes) throw Outside(metric, values[i], what, i, $"class numbers from 0 to {classes - 1}");
    }

    /// <summary>No weights at all mean 1 for every row. Gives their sum, which is above zero.</summary>
    internal static double Weights(string metric, ReadOnlySpan<double> weights, int rows)
    {
        if (weights.IsEmpty) return rows;
        SameLength(rows, weights.Length, nameof(weights));
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (!double.IsFinite(weights[i])) throw NotFinite(metric, weights[i], "weights", i);
            if (weights[i] < 0) throw Outside(metric, weights[i], "weights", i, "zero or more");
            sum += weights[i];
        }
        return sum > 0 ? sum : throw new UndefinedFigureException(Message.Of("statistics.no-weight", ("metric", metric), ("rows", rows)));
    }

    internal static UndefinedFigureException OneClass(string metric, object missing) =>
        new(Message.Of("statistics.one-class", ("metric", metric), ("missing", missing)));

    internal static UndefinedFigureException Constant(string metric, string what, double value) =>
        new(Message.Of("statistics.constant", ("metric", metric), ("what", what), ("value", Text(value))));

    internal static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
