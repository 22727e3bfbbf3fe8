using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Preprocessing;

namespace Kumiki.Training;

/// <summary>What a graph makes of some rows, worked out block by block whenever it is asked for: features for a learner, or a model's scores.</summary>
/// <remarks>Up to 16 MB are kept after the first time; more is worked out again on each pass, so that a large table is in memory once. One thread at a
/// time.</remarks>
sealed class FeatureRows
{
    /// <summary>Rows that are worked out at once.</summary>
    public const int BlockRows = 16_384;

    const long KeptFloats = 4_000_000;

    RowFiller fill;
    float[]? kept;

    /// <param name="fill">Works out the floats of some rows.</param>
    internal FeatureRows(int count, int width, IReadOnlyList<string> names, RowFiller fill) => (Count, Width, Names, this.fill) = (count, width, names, fill);

    public int Count { get; }

    /// <summary>Floats a row.</summary>
    public int Width { get; }

    /// <summary>What the floats of a row are called; may be empty.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Of each feature the columns it comes from; may be empty.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Sources { get; private init; } = [];

    /// <summary>The columns that give most features, with their number: <c>place (49,812), item (310)</c>.</summary>
    public string WidestColumns => Sources.Count == 0 ? "-" : string.Join(", ",
        Sources.CountBy(s => string.Join(" × ", s)).OrderByDescending(c => c.Value).Take(3)
            .Select(c => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{c.Key} ({c.Value:N0})")));

    /// <summary>Rows that are about 16 MB; a block of very wide rows would be gigabytes.</summary>
    public int FewRows => Math.Clamp((int)(KeptFloats / Math.Max(1, Width)), 1, BlockRows);

    /// <summary>Rows of a frame seen through a graph.</summary>
    /// <param name="rows">Row numbers of the frame.</param>
    /// <param name="replaced">What was learnt of the features, where these are the rows it was learnt from: their own values take the place of what the graph computes.</param>
    public static FeatureRows Of(Scorer scorer, Frame frame, int[] rows, CancellationToken stop, Fitted? replaced = null)
    {
        var window = rows.Length == 0 ? null : frame.Window(scorer.Columns.Select(c => c.Name), Math.Min(BlockRows, rows.Length));
        return new(rows.Length, scorer.Width, scorer.Features, (from, into) =>
        {
            for (var done = 0; done * scorer.Width < into.Length; done += BlockRows)
            {
                var here = rows.AsSpan(from + done, Math.Min(BlockRows, into.Length / scorer.Width - done));
                try
                {
                    scorer.Score(window!.Of(here), into.Slice(done * scorer.Width, here.Length * scorer.Width), stop);
                }
                catch (KumikiException e) when (e.Says.Id is "onnx.infinite" or "onnx.score-nan")
                {
                    // The scorer counts from the start of the block; people count from the start of the dataset.
                    var said = e.Says.Values.ToDictionary(v => v.Key, v => (object?)v.Value);
                    var row = frame.RowNumber(here[int.Parse(e.Says.Values["row"], System.Globalization.CultureInfo.InvariantCulture) - 1]) + 1;
                    throw new KumikiException(e.Says.Id == "onnx.infinite"
                        ? Message.Of("onnx.infinite", ("column", said["column"]), ("row", row), ("value", said["value"]))
                        : Message.Of("onnx.score-nan", ("row", row), ("columns", said["columns"])), e);
                }
            }
            replaced?.ReplaceIn(scorer.Features, from, into.Span);
        })
        { Sources = scorer.Sources };
    }

    /// <summary>Rows that are there already.</summary>
    /// <param name="values">[rows × width] row by row.</param>
    public static FeatureRows Of(float[] values, int width, IReadOnlyList<string>? names = null) =>
        new(values.Length / width, width, names ?? [.. Enumerable.Range(1, width).Select(f => $"feature {f}")], (from, into) =>
            values.AsMemory(from * width, into.Length).CopyTo(into))
        { kept = values };

    /// <summary>Some rows.</summary>
    /// <param name="into">[rows × width]</param>
    public void Fill(int from, Memory<float> into)
    {
        if (kept is null && (long)Count * Width <= KeptFloats)
        {
            var all = new float[Count * Width];
            fill(0, all);
            kept = all;
        }
        if (kept is not null) kept.AsMemory(from * Width, into.Length).CopyTo(into);
        else fill(from, into);
    }

    /// <summary>Lets go of the frame, unless the features are kept anyway: nobody asks for them again.</summary>
    public void Release()
    {
        if (kept is null) fill = (_, _) => throw new InvalidOperationException("The rows were let go of.");
    }

    /// <summary>Every row.</summary>
    /// <returns>[rows × width] row by row.</returns>
    /// <exception cref="OverflowException">More than 2³¹ floats.</exception>
    public float[] ToArray()
    {
        if (kept is not null) return kept;
        var all = new float[checked(Count * Width)];
        fill(0, all);
        return all;
    }

    /// <summary>Walks over all rows, piece by piece.</summary>
    /// <param name="use">Given the first row and the piece's floats.</param>
    /// <param name="piece">Rows of a piece; few enough that what is done with them stays in the processor's cache.</param>
    /// <param name="block">Rows worked out at once.</param>
    public void ForEach(Action<int, ReadOnlyMemory<float>> use, int piece = 2048, int block = BlockRows)
    {
        var buffer = new float[Math.Min(Count, block) * Width];
        for (var from = 0; from < Count; from += block)
        {
            var here = buffer.AsMemory(0, Math.Min(block, Count - from) * Width);
            Fill(from, here);
            for (var at = 0; at * Width < here.Length; at += piece) use(from + at,
                here.Slice(at * Width, Math.Min(piece * Width, here.Length - at * Width)));
        }
    }
}
