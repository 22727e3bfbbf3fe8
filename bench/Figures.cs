using System.Globalization;

namespace Kumiki.Bench;

/// <summary>Where a benchmark writes: one line a figure, <c>NAME.figure = value unit</c>.</summary>
sealed class Figures(string benchmark, TextWriter to)
{
    /// <param name="figure">Words joined by dots, <c>build.seconds</c> is not one: the unit comes last.</param>
    public void Print(string figure, double value, string unit) => Print(figure, Written(value), unit);

    /// <summary>A line that a child wrote in this form.</summary>
    public void Say(string line) => to.WriteLine(line);

    public void Print(string figure, TimeSpan value) => Print(figure, value.TotalSeconds, "s");

    public void Print(string figure, string value, string unit = "") => to.WriteLine($"{benchmark}.{figure} = {value} {unit}".TrimEnd());

    /// <summary>The median, and the least and the greatest beside it.</summary>
    public void Print(string figure, IReadOnlyCollection<double> values, string unit)
    {
        var sorted = values.Order().ToArray();
        Print(figure, sorted.Median(v => v), unit);
        Print(figure + ".min", sorted[0], unit);
        Print(figure + ".max", sorted[^1], unit);
    }

    /// <summary>Four significant digits, never an exponent.</summary>
    static string Written(double value)
    {
        if (value == 0) return "0";
        var decimals = Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 9);
        return Math.Round(value, decimals).ToString("0.#########", CultureInfo.InvariantCulture);
    }
}

static class Medians
{
    public static double Median<T>(this IEnumerable<T> values, Func<T, double> of)
    {
        var sorted = values.Select(of).Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>A benchmark could not be run; the message says why and what to do.</summary>
sealed class BenchmarkException(string message) : Exception(message);
