namespace Kumiki.Statistics;

/// <summary>The weight of each row as a pass sees it; structs, so that each kind gets its own compiled loop.</summary>
interface IRowWeights
{
    double this[int row] { get; }
}

readonly ref struct EqualWeights : IRowWeights
{
    public double this[int row] => 1;
}

readonly ref struct DrawnWeights(ReadOnlySpan<byte> counts) : IRowWeights
{
    readonly ReadOnlySpan<byte> counts = counts;
    public double this[int row] => counts[row];
}

readonly ref struct GivenWeights(ReadOnlySpan<double> weights) : IRowWeights
{
    readonly ReadOnlySpan<double> weights = weights;
    public double this[int row] => weights[row];
}

readonly ref struct DrawnGivenWeights(ReadOnlySpan<byte> counts, ReadOnlySpan<double> weights) : IRowWeights
{
    readonly ReadOnlySpan<byte> counts = counts;
    readonly ReadOnlySpan<double> weights = weights;
    public double this[int row] => counts[row] * weights[row];
}
