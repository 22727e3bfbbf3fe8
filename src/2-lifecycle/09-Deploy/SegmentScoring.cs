using Kumiki.Native.DuckDb;
using Kumiki.Onnx;
using Kumiki.Tables;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki;

/// <summary>Scores one segment after another of a table and writes each as a file: rows are read in order by one reader, blocks are scored on all processors, and written in order.</summary>
sealed class SegmentScoring(TableEngine engine, Scorer scorer, RowSchema schema, IReadOnlyList<string> files, int segmentRows) : IDisposable
{
    readonly RowSchema written = PredictedRows.SchemaOf(schema);
    readonly SortedDictionary<string, long> unknown = new(StringComparer.Ordinal);
    TableReader? reader;
    long at;        // rows the reader has passed, up to the start of its batch
    int used;       // rows of its batch that belong to earlier segments
    bool ended;

    /// <summary>Rows with a category the model never saw, by column.</summary>
    public IReadOnlyDictionary<string, long> Unknown => unknown;
}
