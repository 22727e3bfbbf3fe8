namespace Kumiki.Statistics;

/// <summary>A range that holds the true figure in a share <paramref name="Level"/> of samples.</summary>
public readonly record struct Interval(double Low, double High, double Level)
{
    public override string ToString() => $"[{Given.Text(Low)}, {Given.Text(High)}]";
}
