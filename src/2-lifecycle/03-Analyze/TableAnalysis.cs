using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>Looks at a table and says what is in it.</summary>
/// <remarks>
/// 1. one pass over all columns: rows, missing, bounds, lengths, about how many distinct values;
/// 2. for each column one to three passes over it alone: its values, or what stands for them where they are too many;
/// 3. equal rows and equal columns;
/// 4. the drawn rows of the columns that can be held against each other, and against the target;
/// 5. the findings, from all of that.
/// </remarks>
static class TableAnalysis
{
    /// <summary>Raised when the report of the same rows changes.</summary>
    public const string Recipe = "1";

    /// <param name="files">Parquet files of one schema; none is a table without rows.</param>
    /// <exception cref="KumikiException">The options name a column that is not there; a file is missing or broken.</exception>
    public static AnalysisReport Of(TableEngine engine, IReadOnlyList<string> files, RowSchema schema, AnalysisOptions options,
        CancellationToken stop = default)
    {
        options.Require(schema);
        using var table = new AnalyzedTable(engine, files, options.Sizes.Rows, stop);
        if (table.Rows == 0) return Findings.Into(Empty(schema, options));

        var study = new ColumnStudy(table, options);
        var columns = ColumnScan.Of(table, schema.Columns).Select(study.Of).ToList();
        var duplicates = Copies.Rows(table, columns);
        var copies = Copies.Columns(table, columns);
        var (relations, target) = Related(table, columns, copies, options, stop);
        return Findings.Into(new()
        {
            Dataset = options.Dataset,
            Rows = table.Rows,
            Exact = table.IsWhole,
            SampleRows = table.SampleRows,
            DuplicateRows = duplicates,
            Columns = columns,
            Copies = copies,
            Relations = relations,
            Target = target,
            Coverage = study.TimeDays is { } days && !options.Hides(schema.Find(options.Time!)!) ? Coverage.Of(options.Time!, days) : null,
            Expectations = options.Expectations,
            Findings = [],
        });
    }

    static AnalysisReport Empty(RowSchema schema, AnalysisOptions options) => new()
    {
        Dataset = options.Dataset,
        Rows = 0,
        Exact = true,
        SampleRows = 0,
        DuplicateRows = 0,
        Columns = [.. schema.Columns.Select(c =>
            new ColumnReport { Name = c.Name, Type = c.TypeName, Kind = c.IsNumber ? ValueKind.Number : ValueKind.Text, Missing = 0, MissingShare = 0,
            Distinct = new(0, Exact: true) })],
        Copies = [],
        Relations = RelationsReport.None,
        Expectations = options.Expectations,
        Findings = [],
    };

    /// <summary>A whole number or text that is another in each row.</summary>
    public static bool IsIdentifier(ColumnReport column, long rows) =>
        rows >= 20 && column.Missing == 0 && column.Distinct.Exact && column.Distinct.Count == rows
            && (column.Kind == ValueKind.Text || (column.Kind == ValueKind.Number && IsWholeType(column.Type)));

    static bool IsWholeType(string type) => type.TrimEnd('?') is "sbyte" or "byte" or "short" or "ushort" or "int" or "uint" or "long" or "ulong";

    /// <summary>Whether a column can be held against others: it has more than one value, and not one each row or too many names.</summary>
    static bool IsRelatable(ColumnReport column, long rows) => column.Kind switch
    {
        ValueKind.Number => column.Distinct.Count > 1 && !IsIdentifier(column, rows),
        ValueKind.Truth or ValueKind.Category => column.Distinct.Count is > 1 and <= SampleTable.MostLevels,
        _ => false,
    };

    static (RelationsReport, TargetReport?) Related(AnalyzedTable table, IReadOnlyList<ColumnReport> columns, IReadOnlyList<IReadOnlyList<string>> copies,
        AnalysisOptions options, CancellationToken stop)
    {
        var target = options.Target is null ? null : columns.First(c => c.Name == options.Target);
        var study = target is null ? null : new TargetStudy(table, target);
        var able = columns.Where(c => IsRelatable(c, table.Rows) && c != target).ToList();
        List<ColumnReport> first = target is not null && study!.Task != TargetTask.None ? [target] : [];
        var most = options.Sizes.RelatedColumns;
        var related = first.Concat(able.Take(most - first.Count)).ToList();
        var byName = columns.ToDictionary(c => c.Name);

        var drawn = related.Count == 0 ? [] : SampleTable.Read(table, related, study?.AsNames);
        var report = related.Count < 2 ? RelationsReport.None
            : new RelationsReport([.. related.Select(c => c.Name)], [.. able.Skip(most - first.Count).Select(c => c.Name)], table.SampleRows, table.IsWhole,
                Relations.Of(drawn, table.Threads, stop));
        if (study is null) return (report, null);

        // The target is held against every column, some at a time so that memory stays bounded.
        if (related.Count > 0) study.Look(drawn, byName, table.Threads, stop);
        drawn = [];
        foreach (var batch in study.Task == TargetTask.None ? [] : able.Skip(most - 1).Chunk(most - 1))
            study.Look(SampleTable.Read(table, [target!, .. batch], study.AsNames), byName, table.Threads, stop);
        study.LookAtMissing(columns);
        return (report, study.Report(copies, columns));
    }
}
