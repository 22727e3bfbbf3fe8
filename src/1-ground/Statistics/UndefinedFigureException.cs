namespace Kumiki.Statistics;

/// <summary>A figure that these rows, though each is well formed, do not define: there are none, they are of one class, or their weights sum to zero.</summary>
/// <remarks>A report shows a gap for it and the <see cref="Bootstrap"/> counts it; a row that is itself wrong (NaN, a negative weight) is a plain
/// <see cref="KumikiException"/>.</remarks>
public sealed class UndefinedFigureException(Message message) : KumikiException(message);
