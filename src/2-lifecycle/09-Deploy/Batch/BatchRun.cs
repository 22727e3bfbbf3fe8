using System.Globalization;
using System.Text.Json;
using Kumiki.Native;
using Kumiki.Onnx;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Deploying;

/// <summary>Predicts rows from files or a database and writes them to one place, in bounded memory.</summary>
/// <remarks>
/// 1 find the versions and the input, 2 read and check the rows, one source after the other, 3 score segments and write each, 4 join the segments, 5 let the
/// output appear. What a step finished is kept beside the output, so a run that was killed goes on there when it is asked for again, and gives the same bytes
/// as one that was not: each row is in the output exactly once.
/// </remarks>
sealed class BatchRun
{
    const int MostSegmentRows = 200_000, FewestSegmentRows = 4_096;

    /// <summary>Values of a segment that are in memory at once, at most.</summary>
    const int MostValues = 16_000_000;

    static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web);

    /// <summary>Rows of one source, read and checked.</summary>
    /// <param name="Files">Below its folder, in the order of their rows.</param>
    sealed record Read(IReadOnlyList<string> Files, long Rows, long Rejected, IReadOnlyList<Message> Notes);

    /// <summary>What was counted in a segment.</summary>
    sealed record Counted(Dictionary<string, long> Unknown, Dictionary<string, long> Unscored, Dictionary<string, long> Decisions);

    readonly BatchOrder order;
    readonly BatchTarget target;
    readonly IReadOnlyList<BatchInput> inputs;
    readonly BatchFolder folder;
    readonly TableEngine engine;
    readonly RowSchema schema;
    readonly BatchForm form;
    readonly Action<BatchMoved> moved;
    readonly CancellationToken stop;

    BatchRun(
        BatchOrder order, BatchTarget target, IReadOnlyList<BatchInput> inputs, BatchFolder folder, TableEngine engine, RowSchema schema,
        Action<BatchMoved> moved, CancellationToken stop)
    {
        (this.order, this.target, this.inputs, this.folder) = (order, target, inputs, folder);
        (this.engine, this.schema, this.moved, this.stop) = (engine, schema, moved, stop);
        form = BatchFolder.FormOf(order.Out);
    }

    /// <summary>Runs an order to its end.</summary>
    /// <exception cref="KumikiException">What is wrong with the order, the input or the place of the output.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same order goes on where it stopped.</exception>
    public static async Task<BatchEnd> RunAsync(
        BatchOrder order, IMetadataStore metadata, IArtifactStore artifacts, Action<BatchMoved> moved, CancellationToken stop)
    {
        BatchFolder.FormOf(order.Out);
        using var target = await BatchTarget.OpenAsync(order.Of, metadata, artifacts, stop);
        var inputs = BatchInput.Of(order);
        // Its models are the target's, which disposes them.
        var predictors = new Predictors(target.Model.Asset, [new Predictor(null, target.Model.Name, target.Scorer)], null, namesModel: true)
        {
            RefusesUnknown = order.RefusesUnknown,
        };
        var beside = PredictedRows.Beside(predictors.Outputs, predictors.NamesModel, predictors.MayLack, target.Deciding);
        var spill = Directory.CreateTempSubdirectory("kumiki-predict-").FullName;
        try
        {
            using var engine = new TableEngine(new() { SpillFolder = spill });
            var schema = target.Reads(order.Keys, beside.Columns.Select(c => c.Name), key => inputs[0].Other(key, engine, stop));
            using var folder = BatchFolder.Open(order.Out, Made(order, target, inputs, schema), order.Overwrites);
            if (folder.Finished is { } end)
            {
                folder.Appear(end);
                return end;
            }
            try
            {
                return await new BatchRun(order, target, inputs, folder, engine, schema, moved, stop).RunAsync(predictors);
            }
            catch (KumikiException)
            {
                folder.LeaveNothing();
                throw;
            }
        }
        finally
        {
            Directory.Delete(spill, recursive: true);
        }
    }

    static int SegmentRowsOf(BatchOrder order, BatchTarget target) =>
        order.SegmentRows ?? Math.Clamp(MostValues / Math.Max(1, target.Scorer.Columns.Count), FewestSegmentRows, MostSegmentRows);

    /// <summary>All that the bytes of the output follow from.</summary>
    static string Made(BatchOrder order, BatchTarget target, IReadOnlyList<BatchInput> inputs, RowSchema schema) => JsonSerializer.Serialize(new
    {
        batch = 1,
        adapter = Adapter.Name,
        engines = NativeEngine.All.Select(e => e.Library),
        model = $"{target.Model.Name} {target.Model.Content.Hex}",
        endpoint = target.Endpoint is { } endpoint ? $"{endpoint.Name} {endpoint.Content.Hex}" : null,
        sources = inputs.Select(i => $"{i.Source}"),
        files = inputs.SelectMany(i => i.Stamps),
        order.Sql,
        output = BatchFolder.FormOf(order.Out).ToString(),
        order.Keys,
        order.RefusesUnknown,
        segment = SegmentRowsOf(order, target),
        schema = schema.ToJson(),
    }, Form);

    async Task<BatchEnd> RunAsync(Predictors predictors)
    {
        var reads = new List<Read>();
        foreach (var (number, input) in inputs.Index()) reads.Add(await Task.Run(() => Load(input, number), stop));
        List<string> files = [.. reads.Index().SelectMany(r => r.Item.Files.Select(f => folder.At($"{InputOf(r.Index)}/{f}")))];
        var total = reads.Sum(r => r.Rows);
        var rejected = reads.Sum(r => r.Rejected);

        var carried = order.Keys.Count > 0 ? order.Keys : [.. target.Scorer.Columns.Select(c => c.Name)];
        var scoring = new SegmentScoring(engine, predictors, files, SegmentRowsOf(order, target))
        {
            Carried = carried,
            AsText = form == BatchForm.Csv,
            Deciding = target.Deciding,
        };
        var (segments, resumed) = await ScoreAsync(scoring, predictors, total);
        moved(new("write", 0, 0));
        await Task.Run(() => Join(segments, [.. carried, .. scoring.Beside]), stop);
        if (rejected > 0) JoinRejects(reads);

        var counted = segments.Select(s => folder.Read<Counted>(CountsOf(s))!).ToList();
        var end = new BatchEnd(
            folder.Output, total, rejected, rejected > 0 ? folder.RejectsPath : null, target.Model.Name, target.Endpoint?.Name,
            Sum(counted.Select(c => c.Unscored)), Sum(counted.Select(c => c.Unknown)), Sum(counted.Select(c => c.Decisions)),
            [.. reads.SelectMany(r => r.Notes).Distinct()], resumed, BytesOf(folder.At("whole")));
        folder.Appear(end);
        return end;
    }

    static SortedDictionary<string, long> Sum(IEnumerable<Dictionary<string, long>> counts) =>
        new(counts.SelectMany(c => c).GroupBy(c => c.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(c => c.Value)), StringComparer.Ordinal);

    static long BytesOf(string path) =>
        Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) : new FileInfo(path).Length;

    static string InputOf(int number) => string.Create(CultureInfo.InvariantCulture, $"input/{number + 1:00000}");

    string SegmentOf(int number) => string.Create(CultureInfo.InvariantCulture, $"rows/{number + 1:00000}.{(form == BatchForm.Csv ? "csv" : "parquet")}");

    static string CountsOf(int number) => string.Create(CultureInfo.InvariantCulture, $"counts/{number + 1:00000}.json");

    /// <summary>Reads one source into checked Parquet, unless that was done.</summary>
    Read Load(BatchInput input, int number)
    {
        var name = InputOf(number);
        if (folder.Read<Read>($"{name}/read.json") is { } done) return done;
        moved(new("read", number, inputs.Count));
        var into = folder.NewFolder();
        var progress = new Told(share => moved(new("read", number + share, inputs.Count)));
        var loaded = SourceLoad.Run(engine, input.Source, schema, Environment.CurrentDirectory, into, new() { Progress = progress }, stop);
        var read = new Read([.. loaded.Files.Select(f => Path.GetRelativePath(into, f.Path))], loaded.Rows, loaded.RejectedRows, loaded.Notes);
        File.WriteAllText(Path.Combine(into, "read.json"), JsonSerializer.Serialize(read, Form));
        folder.KeepFolder(into, name);
        return read;
    }

    /// <summary>Tells at once, on the thread that moved.</summary>
    sealed class Told(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }

    /// <summary>Scores every segment that is not there yet; one is written while the next is scored.</summary>
    /// <returns>The segments' numbers, and the rows that were there already.</returns>
    async Task<(IReadOnlyList<int> Segments, long Resumed)> ScoreAsync(SegmentScoring scoring, Predictors predictors, long total)
    {
        var rows = SegmentRowsOf(order, target);
        var segments = Enumerable.Range(0, (int)Math.Max(1, (total + rows - 1) / rows)).ToList();
        var (writing, resumed) = (Task.CompletedTask, 0L);
        try
        {
            foreach (var segment in segments)
            {
                var done = Math.Min((segment + 1L) * rows, total);
                if (folder.Contains(SegmentOf(segment)))
                {
                    resumed += Math.Min(rows, total - ((long)segment * rows));
                    continue;
                }
                stop.ThrowIfCancellationRequested();
                var predicted = await Task.Run(() => scoring.Score(segment, stop), stop);
                var decisions = scoring.Decide(predicted);
                var (unknown, unscored) = predictors.TakeCounts();
                var counted = new Counted(new(unknown), new(unscored), decisions is null ? [] : Count(decisions));
                await writing;
                writing = Task.Run(() =>
                {
                    var file = folder.NewFile();
                    scoring.Write(segment, predicted, file, stop, decisions);
                    folder.Keep(CountsOf(segment), counted);
                    folder.KeepFile(file, SegmentOf(segment));
                    moved(new("score", done, total));
                }, stop);
            }
        }
        finally
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);      // it works in the folder
        }
        await writing;
        return (segments, resumed);
    }

    static Dictionary<string, long> Count(Decided?[] decisions) =>
        decisions.Select(d => d?.Answer).OfType<string>().GroupBy(d => d, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.LongCount());

    /// <summary>Makes the whole output of the segments.</summary>
    void Join(IReadOnlyList<int> segments, IReadOnlyList<string> columns)
    {
        List<string> files = [.. segments.Select(s => folder.At(SegmentOf(s)))];
        switch (form)
        {
            case BatchForm.Folder:
                var into = folder.NewFolder();
                foreach (var file in files)
                    if (!HardLink.Try(file, Path.Combine(into, Path.GetFileName(file)))) File.Copy(file, Path.Combine(into, Path.GetFileName(file)));
                if (folder.Contains("whole")) Directory.Delete(folder.At("whole"), recursive: true);
                folder.KeepFolder(into, "whole");
                break;
            case BatchForm.Parquet:
                var joined = folder.NewFile();
                TableWriter.Join(engine, files, joined, stop);
                folder.KeepFile(joined, "whole");
                break;
            default:
                var text = folder.NewFile();
                using (var whole = File.Create(text))
                {
                    whole.Write(System.Text.Encoding.UTF8.GetBytes(string.Join(',', columns.Select(CsvName)) + "\n"));
                    Append(whole, files);
                }
                folder.KeepFile(text, "whole");
                break;
        }
    }

    static string CsvName(string name) => name.AsSpan().IndexOfAny(",\"\r\n") < 0 ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    void Append(Stream whole, IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            stop.ThrowIfCancellationRequested();
            using var part = File.OpenRead(file);
            part.CopyTo(whole, 1 << 20);
        }
    }

    void JoinRejects(IReadOnlyList<Read> reads)
    {
        var text = folder.NewFile();
        using (var whole = File.Create(text))
            Append(whole, reads.Index().Where(r => r.Item.Rejected > 0).Select(r => folder.At($"{InputOf(r.Index)}/rejects.jsonl")));
        folder.KeepFile(text, "rejects");
    }
}
