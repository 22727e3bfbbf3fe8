using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;

namespace Kumiki.Lifecycle.Tests;

/// <summary>Rows of a record in a Parquet file, read back as a frame, as training does.</summary>
sealed class PreprocessWorld : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-preprocess-").FullName;
    readonly TableEngine engine;

    public PreprocessWorld() => engine = new(new() { SpillFolder = Path.Combine(folder, "spill") });

    public Frame Frame<TRow>(IReadOnlyList<TRow> rows, Features<TRow> features)
    {
        var schema = RowSchema.Of<TRow>();
        var block = new TableBlock(schema);
        foreach (var column in schema.Columns)
        {
            var property = typeof(TRow).GetProperty(column.Property)!;
            object?[] values = [.. rows.Select(r => property.GetValue(r))];
            switch (column.Kind)
            {
                case Tables.ColumnKind.Double: Set<double>(); break;
                case Tables.ColumnKind.Int: Set<int>(); break;
                case Tables.ColumnKind.Bool: Set<bool>(); break;
                case Tables.ColumnKind.DateOnly: Set<DateOnly>(); break;
                default: block.Set(column.Name, [.. values.Select(v => v?.ToString())]); break;
            }

            void Set<T>() where T : unmanaged => block.Set<T>(column.Name, [.. values.Select(v => v is null ? default : (T)v)], [.. values.Select(v => v is null)]);
        }
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".parquet");
        using (var writer = new TableWriter(engine, schema))
        {
            writer.Append(block);
            writer.Complete(path);
        }
        return Preprocessing.Frame.Read(engine, [path], Fitting.Reads(features.Plans), default);
    }

    /// <summary>Learns from the first rows and transforms all.</summary>
    public (string[] Names, float[] Matrix) Transform<TRow>(IReadOnlyList<TRow> rows, int train, Features<TRow> features)
    {
        var frame = Frame(rows, features);
        var model = TransformGraph.Of(Fitting.Of(features.Plans, frame, [.. Enumerable.Range(0, train)], []).Columns);
        using var scorer = Scorer.Open(model.ToBytes());
        return ([.. scorer.Features], scorer.Score(frame.All()));
    }

    public void Dispose()
    {
        engine.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
