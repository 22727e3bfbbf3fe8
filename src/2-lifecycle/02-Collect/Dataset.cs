using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using Kumiki.Collecting;
using Kumiki.Making;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Rows of a record type, from a source outside or by a query over other datasets; each version is Parquet files with that type's schema.</summary>
/// <remarks>A version holds <c>rows/…</c>; rows a source had that are not of the type are in <c>rejects.jsonl</c> with file, line, column, value and reason. Expectations are held against the
/// version when it is made; one that fails keeps others from being made of it.</remarks>
public abstract class Dataset<TRow> : Asset
{
    const int MostTold = 20;

    public sealed override AssetKind Kind => AssetKind.Dataset;

    /// <summary>Where the rows come from; override this or <see cref="Query"/>.</summary>
    public virtual Source? Source => null;

    /// <summary>SQL over other datasets; override this or <see cref="Source"/>.</summary>
    public virtual Query? Query => null;

    /// <summary>What must hold for every version.</summary>
    public virtual void Expect(Expectations<TRow> rows)
    {
    }

    /// <summary>A column of sentences for people, one a row: what a making finds to say is then logged as a warning, the first 20 in words. For tables of findings.</summary>
    /// <value>Null: the rows say nothing.</value>
    protected virtual Expression<Func<TRow, string>>? Tells => null;

    /// <summary>How the files are cut, so that new rows share all older files.</summary>
    /// <value>Null: not at all.</value>
    public virtual Partition? Partition => null;

    /// <summary>Whether the joins of <see cref="Query"/> go as they are written: the first table passes by, and what is right of a JOIN is held in memory. For
    /// tables of many millions of rows, where DuckDB's guess of which side is the smaller one costs most when it is wrong.</summary>
    protected virtual bool JoinsAsWritten => false;

    protected sealed override IEnumerable<KeyValuePair<string, string>> Recipe => [Source?.Recipe ?? new("query", "1"), new("duckdb", "1.5.6")];

    protected sealed override IReadOnlyList<string> OutsideFiles(string projectFolder) => Source?.Files(projectFolder) ?? [];

    protected sealed override async Task<IReadOnlyList<OutsideRead>?> OutsideStatesAsync(CancellationToken stop) =>
        Source is null ? [] : (await Source.StatesAsync(stop))?.Select(DatasetRows.OutsideOf).ToList();

    protected sealed override IEnumerable<Finding> Check()
    {
        if (Source is null == Query is null)
            yield return new("dataset", Severity.Refusal, Message.Of("dataset.source-or-query", ("dataset", Name)), []);
        else if (Query?.Parts.OfType<QueryPart.Rows>().FirstOrDefault(r => Node.InputAssets.All(i => i != r.Asset)) is { } other)
            yield return new("dataset", Severity.Refusal, Message.Of("dataset.reads-other", ("dataset", Name), ("input", other.Asset.Name)), []);
        foreach (var finding in DatasetRows.CheckSchema<TRow>(Node)) yield return finding;
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var schema = RowSchema.Of<TRow>();
        IReadOnlyList<TableFile> files;
        using (making.Step("rows"))
            files = Query is { } query ? [await QueryAsync(making, query, schema, stop)] : await LoadAsync(making, Source!, schema, stop);

        if (Tells is { } tells)
        {
            using var told = new TableReader(making.Tables(), [.. files.Select(f => f.Path)], [schema.ColumnOf(tells).Name], count: MostTold, cancellation: stop);
            while (told.Next())
                for (var row = 0; row < told.Batch.Rows; row++) making.Log("warn", told.Batch[0].Value(row)!.ToString()!);
            if (files.Sum(f => f.Rows) is > MostTold and var all) making.Log("warn", Message.Of("dataset.told", ("dataset", Name), ("rows", all - MostTold)).ToString());
        }
        var expectations = new Expectations<TRow>();
        Expect(expectations);
        using (making.Step("expectations"))
        {
            var compared = await ComparedAsync(making, expectations, stop);
            foreach (var result in await Task.Run(() => expectations.Check(making.Tables(), [.. files.Select(f => f.Path)], making.Clock, compared, stop), stop))
                making.Check(new CheckResult(result.Name, CheckKind.Expectation, result.Held, result.Says));
        }

        foreach (var column in Node.KeyColumns)
            await making.AddBytesAsync($"keys/{column}.json", JsonSerializer.SerializeToUtf8Bytes(DatasetRows.Counts(making.Tables(), files, column, stop)), stop);
        making.Fact("rows", files.Sum(f => f.Rows).ToString(CultureInfo.InvariantCulture));
        making.Metric("rows", files.Sum(f => f.Rows));
        making.Schema(schema.ToJson());
        foreach (var (file, i) in files.Select((f, i) => (f, i)))
            await making.AddFileAsync(file.Partition is not null ? $"rows/{Path.GetFileName(file.Path)}" : string.Create(CultureInfo.InvariantCulture, $"rows/{i + 1:00000}.parquet"), file.Path, stop);
    }

    async Task<ComparedRows> ComparedAsync(MakingRun making, Expectations<TRow> expectations, CancellationToken stop)
    {
        var tables = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var table in expectations.TablesAsked)
        {
            var asset = Node.InputAssets.FirstOrDefault(a => a.Name == table) ?? throw new KumikiException(Message.Of("dataset.expects-other", ("dataset", Name), ("input", table)));
            tables[table] = await making.Input(asset).PathsAsync("rows", stop);
        }
        var last = expectations.AsksForLast ? await making.LastAsync(stop) : null;
        return new() { Tables = tables, Last = last is null ? null : await last.PathsUnrecordedAsync("rows", stop), LastName = last?.Name.ToString() ?? "" };
    }

    async Task<TableFile> QueryAsync(MakingRun making, Query query, RowSchema schema, CancellationToken stop)
    {
        var rows = new Dictionary<QueryPart.Rows, string>();
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in query.Parts.OfType<QueryPart.Rows>().Distinct())
        {
            var input = making.Input(part.Asset);
            var versions = part.Earlier ? await input.WithEarlierAsync(stop) : [input];
            var read = new List<string>();
            foreach (var version in versions)
            {
                var files = await version.PathsAsync("rows", stop);
                paths.UnionWith(files);
                read.Add(part.Earlier ? string.Create(CultureInfo.InvariantCulture, $"SELECT *, {version.Name.Number} AS version FROM {SqlText.Rows(files)}") : SqlText.Rows(files));
            }
            rows[part] = part.Earlier ? $"({string.Join(" UNION ALL BY NAME ", read)})" : read[0];
        }
        var values = new List<object?>();
        var sql = query.ToSql(part => rows[part], values);
        var ready = new TableQuery(sql, values, [.. paths]) { JoinsAsWritten = JoinsAsWritten, Progress = ProgressOf(making) };
        return await Task.Run(() => ready.Write(making.Tables(), schema, making.Scratch.File("rows.parquet"), stop), stop);
    }

    static Progress<double> ProgressOf(MakingRun making) => new(share => making.Progress((long)(share * 100), 100, "%"));

    async Task<IReadOnlyList<TableFile>> LoadAsync(MakingRun making, Source source, RowSchema schema, CancellationToken stop)
    {
        var files = source.Files(making.ProjectFolder);
        foreach (var file in files) await making.TakeInAsync(file, declared: true, stop);
        var folder = making.Scratch.File("load");
        Directory.CreateDirectory(folder);
        var loaded = await Task.Run(() => SourceLoad.Run(making.Tables(), source, schema, making.ProjectFolder, folder, new LoadOptions { Partition = Partition, Progress = ProgressOf(making) }, stop), stop);

        foreach (var read in loaded.Reads.Where(r => !files.Contains(r.Path))) making.TakeIn(DatasetRows.OutsideOf(read));
        foreach (var (name, value) in DatasetRows.Told(source)) making.Fact(name, value);
        foreach (var note in loaded.Notes) making.Log(note.ToString());
        foreach (var kept in loaded.Content) await making.AddFileAsync(kept.Path, kept.File, stop);
        making.Metric("rows.rejected", loaded.RejectedRows);
        making.Fact("rows.rejected", loaded.RejectedRows.ToString(CultureInfo.InvariantCulture));
        if (loaded.RejectsPath is { } rejects)
        {
            foreach (var count in loaded.Rejects.Take(20)) making.Log("warn", DatasetRows.Rejected(Name, count).ToString());
            await making.AddFileAsync("rejects.jsonl", rejects, stop);
        }
        return loaded.Files;
    }
}
