using Kumiki.Analyzing;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Lifecycle.Tests.Analyzing;

/// <summary>A temporary folder, an engine, and tables written by SQL.</summary>
sealed class AnalysisWorld : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-analysis-").FullName;

    public AnalysisWorld(int threads = 2) => Engine = new(new() { SpillFolder = Path.Combine(folder, "spill"), Threads = threads, MemoryBytes = 1L << 30 });

    public TableEngine Engine { get; }

    /// <summary>A Parquet file of a query's rows, cast to the record's types.</summary>
    public string Write<T>(string sql) => Write(sql, RowSchema.Of<T>());

    public string Write(string sql, RowSchema schema)
    {
        var path = Path.Combine(folder, "rows.parquet");
        using var database = DuckDbDatabase.OpenInMemory(1L << 29, 1, null);
        using var connection = database.Connect();
        var columns = schema.Columns.Select(c => $"CAST({c.Sql} AS {c.Type}) AS {c.Sql}");
        connection.Execute($"COPY (SELECT {string.Join(", ", columns)} FROM ({sql})) TO {SqlText.Quote(path)} (FORMAT parquet, ROW_GROUP_SIZE 20000)");
        return path;
    }

    public AnalysisReport Analyze<T>(string sql, AnalysisOptions? options = null) =>
        TableAnalysis.Of(Engine, [Write<T>(sql)], RowSchema.Of<T>(), options ?? new("table"));

    public AnalysisReport AnalyzeCsv<T>(string csv, string? header = null, AnalysisOptions? options = null) =>
        TableAnalysis.Of(Engine, Load<T>(csv, header), RowSchema.Of<T>(), options ?? new("table"));

    /// <param name="header">A first line for a file that has none.</param>
    public IReadOnlyList<string> Load<T>(string csv, string? header = null)
    {
        var path = Path.Combine(folder, "rows.csv");
        File.WriteAllText(path, (header is null ? "" : header + "\n") + File.ReadAllText(csv));
        return [.. SourceLoad.Run(Engine, Source.Csv(path), RowSchema.Of<T>(), folder, Directory.CreateDirectory(Path.Combine(folder, "loaded")).FullName).Files
            .Select(f => f.Path)];
    }

    /// <summary>The findings as sentences.</summary>
    public static string[] Said(AnalysisReport report) => [.. report.Findings.Select(f => f.Says.In("en"))];

    public void Dispose()
    {
        Engine.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
