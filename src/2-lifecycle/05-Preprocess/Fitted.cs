using Kumiki.Onnx;

namespace Kumiki.Preprocessing;

/// <summary>What was learnt of all features.</summary>
/// <param name="Columns">For the graph.</param>
/// <param name="Replaced">Features of the training rows that must not be what the graph computes, because they would hold the row's own target.</param>
sealed record Fitted(IReadOnlyList<FittedColumn> Columns, IReadOnlyList<Replacement> Replaced)
{
    /// <summary>Puts the training rows' own values into their features.</summary>
    /// <param name="names">The features, as the scorer names them.</param>
    /// <param name="from">The place of the first row among those that were fitted on.</param>
    /// <param name="features">[rows × names] row by row, of rows that were fitted on.</param>
    public void ReplaceIn(IReadOnlyList<string> names, int from, Span<float> features)
    {
        foreach (var (feature, values) in Replaced)
        {
            var at = 0;
            while (names[at] != feature) at++;
            for (var row = 0; row * names.Count < features.Length; row++) features[(row * names.Count) + at] = values[from + row];
        }
    }
}

/// <param name="Values">[rows] one for each training row.</param>
sealed record Replacement(string Feature, float[] Values);
