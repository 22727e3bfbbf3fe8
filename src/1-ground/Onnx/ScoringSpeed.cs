using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>How fast table columns are scored, beside ONNX Runtime alone on tensors that were ready before the clock started.</summary>
/// <param name="RowsPerSecond">Through <see cref="Scorer"/>: columns to tensors, run, checked scores out.</param>
/// <param name="BareRowsPerSecond">The same graph, blocks and threads, only ONNX Runtime's <c>Run</c>.</param>
public sealed record ScoringSpeed(double RowsPerSecond, double BareRowsPerSecond)
{
    /// <summary>The share of ONNX Runtime's own speed that is left.</summary>
    public double Ratio => RowsPerSecond / BareRowsPerSecond;

    /// <summary>Measures both by turns, and keeps the best pass of each.</summary>
    /// <param name="passes">Passes over all rows for each side; 1 or more.</param>
    /// <exception cref="KumikiException">As <see cref="Scorer.Score(IReadOnlyList{Column}, Memory{float}, CancellationToken)"/>.</exception>
    public static ScoringSpeed Of(ReadOnlyMemory<byte> model, IReadOnlyList<Column> rows, int passes, TimeProvider clock, ScorerOptions? options = null)
    {
        options ??= new();
        using var scorer = Scorer.Open(model, options);
        using var session = OnnxSession.Open(model.Span);
        var count = rows[0].Count;
        var scores = new float[count * scorer.Width];
        var ready = new List<(OnnxTensor[] Inputs, OnnxTensor[] Output)>();
        try
        {
            for (var from = 0; from < count; from += options.BlockRows) ready.Add(Prepare(scorer, rows, from, Math.Min(options.BlockRows, count - from)));
            var (whole, bare) = (double.MaxValue, double.MaxValue);
            for (var pass = 0; pass <= passes; pass++)
            {
                var start = clock.GetTimestamp();
                scorer.Score(rows, scores);
                var middle = clock.GetTimestamp();
                Parallel.ForEach(ready, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, b => session.Run(b.Inputs, b.Output));
                var end = clock.GetTimestamp();
                if (pass == 0) continue;    // warm-up
                whole = Math.Min(whole, clock.GetElapsedTime(start, middle).TotalSeconds);
                bare = Math.Min(bare, clock.GetElapsedTime(middle, end).TotalSeconds);
            }
            return new(count / whole, count / bare);
        }
        finally
        {
            foreach (var tensor in ready.SelectMany(b => b.Inputs.Concat(b.Output))) tensor.Dispose();
        }
    }

    static (OnnxTensor[] Inputs, OnnxTensor[] Output) Prepare(Scorer scorer, IReadOnlyList<Column> rows, int from, int count)
    {
        using var block = scorer.NewBlock(count);
        block.Begin(count);
        for (var c = 0; c < scorer.Columns.Count; c++) rows.First(r => r.Name == scorer.Columns[c].Name).Fill(block, c, from, count);
        return (block.TakeInputs(), [OnnxTensor.Of(TensorType.Float, count, scorer.Width)]);
    }
}
