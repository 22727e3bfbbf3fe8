using System.Globalization;
using System.Text;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Ground.Tests.Tables;

/// <summary>A temporary folder and an engine of two threads.</summary>
sealed class TableWorld : IDisposable
{
    internal TableWorld(int threads = 2, long memoryBytes = 1L << 30)
    {
        Folder = Directory.CreateTempSubdirectory("kumiki-tables-").FullName;
        Engine = new(new() { SpillFolder = Path.Combine(Folder, "spill"), Threads = threads, MemoryBytes = memoryBytes });
    }

    internal string Folder { get; }

    internal TableEngine Engine { get; }

    internal string File(string name) => Path.Combine(Folder, name);

    internal string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    internal string Write(string name, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(File(name), bytes);
        return File(name);
    }

    internal string NewFolder() => Directory.CreateDirectory(File(Guid.NewGuid().ToString("N"))).FullName;

    internal LoadResult Load<T>(Source source, LoadOptions? options = null) =>
        SourceLoad.Run(Engine, source, RowSchema.Of<T>(), Folder, NewFolder(), options);

    internal LoadResult Load<T>(string csv) => LoadBytes<T>(Encoding.UTF8.GetBytes(csv));

    internal LoadResult LoadBytes<T>(byte[] csv)
    {
        Write("rows.csv", csv);
        return Load<T>(Source.Csv("rows.csv"));
    }

    /// <summary>All rows of Parquet files as text, fields split by bars; null is <c>-</c>.</summary>
    internal IReadOnlyList<string> Rows(params IReadOnlyList<string> files)
    {
        using var reader = new TableReader(Engine, files);
        var all = new List<string>();
        while (reader.Next())
            for (var row = 0; row < reader.Batch.Rows; row++)
            {
                var fields = new List<string>();
                for (var column = 0; column < reader.Columns.Count; column++) fields.Add(Shown(reader.Batch[column].Value(row)));
                all.Add(string.Join('|', fields));
            }
        return all;
    }

    internal IReadOnlyList<string> Rows(LoadResult result) => Rows([.. result.Files.Select(f => f.Path)]);

    static string Shown(object? value) => value switch
    {
        null => "-",
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        Array elements => $"[{string.Join(',', elements.Cast<IFormattable>().Select(e => e.ToString(null, CultureInfo.InvariantCulture)))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>The rejects as <c>line column value: reason</c>.</summary>
    internal static IReadOnlyList<string> Rejects(LoadResult result) =>
        result.RejectsPath is null ? [] : [.. Reject.Read(result.RejectsPath).Select(r => $"{r.Line} {r.Column ?? "-"} {r.Value ?? "-"}: {r.Reason}")];

    internal static object? Sql(string sql)
    {
        using var database = DuckDbDatabase.OpenInMemory(1L << 28, 2, null);
        using var connection = database.Connect();
        return connection.Scalar(sql);
    }

    /// <summary>Real data beside the checkout: shared/data, in this folder or one above.</summary>
    internal static string SharedData(string path)
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (Path.Combine(up.FullName, "shared", "data", path) is var found && System.IO.File.Exists(found)) return found;
        throw new InvalidOperationException($"shared/data/{path} lies in no folder above {AppContext.BaseDirectory}.");
    }

    public void Dispose()
    {
        Engine.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
