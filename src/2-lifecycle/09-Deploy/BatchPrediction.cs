using System.Globalization;
using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Every row of a dataset with a model's prediction beside it; asks for one model and one dataset of the row type.</summary>
/// <remarks>Rows are scored in segments of <see cref="SegmentRows"/>; a finished segment is kept, so that a making that was killed goes on where it stopped, and each row is in the result exactly
/// once. A row's prediction has the same bits alone and in any batch.</remarks>
public abstract class BatchPrediction<TRow> : Asset
{
    public sealed override AssetKind Kind => AssetKind.Predictions;

    /// <summary>Rows a segment has; each is one file of the version.</summary>
    /// <value>500,000.</value>
    protected virtual int SegmentRows => 500_000;

    protected sealed override EdgeKind EdgeTo(Asset input) => input.Kind == AssetKind.Model ? EdgeKind.Source : EdgeKind.Scored;

    protected override IEnumerable<KeyValuePair<string, string>> Recipe => [new("adapter", Adapter.Name), new("batch", "1"), new("segment", SegmentRows.ToString(CultureInfo.InvariantCulture)), new("onnxruntime", "1.30.0")];

    protected override IEnumerable<Finding> Check()
    {
        var kinds = Node.InputAssets.ToList();
        if (kinds.OfType<Model<TRow>>().Count() != 1 || kinds.OfType<Dataset<TRow>>().Count() != 1)
            yield return new("prediction", Severity.Refusal, Message.Of("prediction.inputs", ("asset", Name), ("row", typeof(TRow).Name)), []);
    }

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var inputs = Node.InputAssets.ToList();
        var model = making.Input(inputs.OfType<Model<TRow>>().Single());
        var data = making.Input(inputs.OfType<Dataset<TRow>>().Single());
        var bytes = await model.BytesAsync("model.onnx", stop);
        var files = await data.PathsAsync("rows", stop);
        var total = long.Parse(data.Record.Facts["rows"], CultureInfo.InvariantCulture);

        using var scorer = Scorer.Open(bytes);
        var segments = (int)((total + SegmentRows - 1) / SegmentRows);
        using (making.Step("score"))
        {
            var scoring = new SegmentScoring(making.Tables(), scorer, files, SegmentRows);
            var writing = Task.CompletedTask;
            try
            {
                for (var segment = 0; segment < segments; segment++)
                {
                    if (making.Checkpoints.Contains(FileOf(segment))) continue;
                    var (number, scores) = (segment, await Task.Run(() => scoring.Score(segment, stop), stop));
                    await writing;
                    writing = Task.Run(() => Keep(making, scoring, number, scores, total, stop), stop);     // beside the scoring of the next segment
                }
            }
            finally
            {
                await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);      // it works in this making's scratch folder
            }
            await writing;
            foreach (var (column, rows) in scoring.Unknown)
                making.Log("warn", Message.Of("prediction.unknown", ("asset", Name), ("column", column), ("rows", rows)).ToString());
        }
        for (var segment = 0; segment < segments; segment++)
        {
            await making.AddFileAsync(FileOf(segment), making.Checkpoints.Take(FileOf(segment), making.Scratch), stop);
        }
        making.Fact("rows", total.ToString(CultureInfo.InvariantCulture));
        making.Fact("model", model.Name.ToString());
        making.Schema(PredictedRows.SchemaOf(RowSchema.Of<TRow>(), ModelOutputs.Of(scorer)).ToJson());
    }

    void Keep(MakingRun making, SegmentScoring scoring, int segment, float[] scores, long total, CancellationToken stop)
    {
        var scratch = making.Scratch.File($"segment-{segment}.parquet");
        scoring.Write(segment, scores, scratch, stop);
        making.Checkpoints.Keep(FileOf(segment), scratch);
        making.Progress(Math.Min((segment + 1L) * SegmentRows, total), total, "rows");
    }

    static string FileOf(int segment) => string.Create(CultureInfo.InvariantCulture, $"rows/{segment + 1:00000}.parquet");
}
