using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Kumiki;
using Kumiki.Store;
using Kumiki.Tables;

namespace DemandForecast;

/// <summary>Rows of a dataset that was made, and the verb that prints them.</summary>
static class StoredRows
{
    static readonly Argument<string> What = new("what") { Description = "A dataset (demand-breaks), or one of its versions (demand-breaks@3)." };

    public static IReadOnlyList<Symbol> Options { get; } = [What];

    /// <summary>Prints every row as CSV, its header first.</summary>
    public static async Task<int> PrintAsync(ParseResult parsed, CancellationToken stop)
    {
        await foreach (var row in ReadAsync(WorkshopVerbs.DataFolder(parsed), parsed.GetValue(What)!, null, withNames: true, stop))
            Console.Out.WriteLine(Line(row));
        return 0;
    }

    /// <summary>Reads a version row by row; a table of any size takes little memory.</summary>
    /// <param name="what">An asset, of which the newest version is read, or a version.</param>
    /// <param name="columns">Null: all.</param>
    /// <param name="withNames">Whether the first row holds the columns' names.</param>
    /// <exception cref="KumikiException">There is no such version, or it has no rows.</exception>
    public static async IAsyncEnumerable<object?[]> ReadAsync(string folder, string what, IReadOnlyList<string>? columns, bool withNames,
        [EnumeratorCancellation] CancellationToken stop)
    {
        await using var opened = DataFolder.Open(folder, TimeProvider.System);
        if (!VersionName.TryParse(what, null, out var name) && (await opened.Metadata.NewestAsync(stop)).TryGetValue(what, out var newest)) name = new(what,
            newest);
        var version = name.Asset is null ? null : await opened.Metadata.VersionAsync(name, stop);
        var files = new List<string>();
        foreach (var kept in version?.Files.Where(f => f.Path.StartsWith("rows/",
            StringComparison.Ordinal)) ?? []) files.Add(await opened.Artifacts.PathAsync(kept.Content, stop));
        if (files.Count == 0) throw new KumikiException(Message.Of("demand.no-rows", ("what", what)));

        using var spill = opened.Artifacts.NewScratch();
        using var engine = new TableEngine(new() { SpillFolder = spill.Folder });
        using var reader = new TableReader(engine, files, columns, cancellation: stop);
        if (withNames) yield return [.. reader.Columns.Select(c => c.Name)];
        while (reader.Next())
            for (var row = 0; row < reader.Batch.Rows; row++) yield return [.. Enumerable.Range(0, reader.Columns.Count).Select(c => reader.Batch[c].Value(row))];
    }

    /// <summary>A line of CSV.</summary>
    public static string Line(IEnumerable<object?> values) => string.Join(',', values.Select(value => value switch
    {
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        double number => number.ToString("0.##########", CultureInfo.InvariantCulture),
        bool truth => truth ? "true" : "false",
        string text when text.AsSpan().IndexOfAny(",\"\r\n") >= 0 => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    }));
}
