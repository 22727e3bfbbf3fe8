using System.Globalization;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>The rows of a version, a page at a time, read where they lie.</summary>
static class TableRoutes
{
    const int MostRows = 200;

    /// <summary>Characters of one cell; a whole text is to be had in the file.</summary>
    const int LongestCell = 300;

    /// <summary>Elements shown of a vector.</summary>
    const int MostElements = 20;

    /// <summary>The name for all of <c>rows/</c> together, as those who use the version read it.</summary>
    const string AllRows = "rows";

    public static void MapTables(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/versions/{asset}/{number}/rows", GetAsync).WithTags("versions")
            .WithSummary(
                "Some rows of a version's table: file is one of its Parquet files, or rows for all under rows/; offset counts from 0, limit is at most 200.");

    static async Task<Results<Ok<TableAnswer>, Refused>> GetAsync(
        string asset, string number, Served served, CancellationToken stop, string? file = null, string? offset = null, string? limit = null)
    {
        if (!Asked.Version($"{asset}@{number}", out var name, out var refused)) return refused;
        if (!Asked.Number("offset", offset, 0, 0, long.MaxValue / 2, out var from, out refused)
            || !Asked.Number("limit", limit, 50, 1, MostRows, out var most, out refused)) return refused;
        if (await served.Metadata.VersionAsync(name, stop) is not { } version) return Refused.NotFound(Message.Of("making.no-version", ("version", name)));

        List<VersionFile> tables = [.. version.Files.Where(f => f.Path.EndsWith(".parquet", StringComparison.Ordinal))];
        List<VersionFile> rows = [.. tables.Where(f => f.Path.StartsWith("rows/", StringComparison.Ordinal)).OrderBy(f => f.Path, StringComparer.Ordinal)];
        List<string> choice = [.. tables.Except(rows).Select(f => f.Path)];
        if (rows.Count > 0) choice.Insert(0, AllRows);
        if (rows.Count > 1) choice.AddRange(rows.Select(f => f.Path));
        if (choice.Count == 0) return Refused.NotFound(Message.Of("serve.no-table", ("version", name)));
        var asked = string.IsNullOrEmpty(file) ? choice[0] : file;
        var read = asked == AllRows ? rows : tables.Where(f => f.Path == asked).ToList();
        if (read.Count == 0)
            return Refused.NotFound(Message.Of("serve.no-file", ("version", name), ("path", Asked.Cut(asked))));

        var paths = new List<string>();
        foreach (var part in read) paths.Add(await served.Artifacts.PathAsync(part.Content, stop));
        return TypedResults.Ok(await Task.Run(() => Read(served, choice, asked, paths, from, most, stop), stop));
    }

    static TableAnswer Read(Served served, IReadOnlyList<string> choice, string asked, List<string> paths, long from, long most, CancellationToken stop)
    {
        var engine = SharedTables.Of(served.Artifacts);
        var count = TableReader.Count(engine, paths, stop);
        using var reader = new TableReader(engine, paths, from: from, count: most, cancellation: stop);
        var rows = new List<IReadOnlyList<string?>>();
        while (reader.Next())
        {
            var batch = reader.Batch;
            for (var row = 0; row < batch.Rows; row++)
            {
                var cells = new string?[reader.Columns.Count];
                for (var column = 0; column < cells.Length; column++) cells[column] = Cell(batch[column], row);
                rows.Add(cells);
            }
        }
        return new(choice, asked, [.. reader.Columns.Select(c => new TableColumn(c.Name, c.Type.ToString(), IsNumber(c.Type.Kind)))], count, from, rows);
    }

    static string? Cell(DuckDbVector vector, int row)
    {
        if (vector.IsNull(row)) return null;
        if (!IsShown(vector.Type)) return $"‹{vector.Type}›";
        return vector.Value(row) switch
        {
            bool truth => truth ? "true" : "false",
            DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Array values => Cut(Elements(values)),
            var value => Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
        };
    }

    static string Elements(Array values)
    {
        var first = values.Cast<object>().Take(MostElements).Select(v => Convert.ToString(v, CultureInfo.InvariantCulture));
        return $"[{string.Join(", ", first)}{(values.Length > MostElements ? $", … {values.Length}" : "")}]";
    }

    static string Cut(string text) => text.Length <= LongestCell ? text : string.Concat(text.AsSpan(0, LongestCell), "…");

    static bool IsNumber(DuckDbKind kind) => kind is DuckDbKind.TinyInt or DuckDbKind.SmallInt or DuckDbKind.Integer or DuckDbKind.BigInt or DuckDbKind.HugeInt
        or DuckDbKind.UTinyInt or DuckDbKind.USmallInt or DuckDbKind.UInteger or DuckDbKind.UBigInt or DuckDbKind.Float
        or DuckDbKind.Double or DuckDbKind.Decimal;

    /// <summary>Whether its values are shown; a file of another program's may hold any type.</summary>
    static bool IsShown(DuckDbType type) =>
        IsNumber(type.Kind) || type.Kind is DuckDbKind.Boolean or DuckDbKind.Date or DuckDbKind.Timestamp or DuckDbKind.TimestampTz or DuckDbKind.Varchar
        || (type.Kind == DuckDbKind.List && type.Element is DuckDbKind.Float or DuckDbKind.Double or DuckDbKind.Integer or DuckDbKind.BigInt);
}

/// <param name="Tables">What can be asked for as <c>file</c>.</param>
/// <param name="Count">Rows of the whole table.</param>
/// <param name="Rows">Each a text by column, written in the invariant culture; null where there is none, cut after 300 characters.</param>
sealed record TableAnswer(IReadOnlyList<string> Tables, string File, IReadOnlyList<TableColumn> Columns, long Count, long Offset,
    IReadOnlyList<IReadOnlyList<string?>> Rows);

sealed record TableColumn(string Name, string Type, bool IsNumber);
