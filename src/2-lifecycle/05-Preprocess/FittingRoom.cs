namespace Kumiki.Preprocessing;

/// <summary>Room for one column's training values, and for those that are there; column after column uses it again, so that a hundred need the memory of one.</summary>
/// <remarks>One thread at a time.</remarks>
sealed class FittingRoom(int rows)
{
    double[]? values, others;

    /// <summary>[rows]</summary>
    public double[] Values => values ??= new double[rows];

    /// <summary>[rows] what <see cref="Present"/> uses, free before it.</summary>
    public double[] Others => others ??= new double[rows];

    /// <summary>The numbers that are not missing, until the next call; they may be moved about.</summary>
    public Span<double> Present(ReadOnlySpan<double> numbers)
    {
        var count = 0;
        foreach (var number in numbers)
            if (!double.IsNaN(number)) Others[count++] = number;
        return Others.AsSpan(0, count);
    }
}
