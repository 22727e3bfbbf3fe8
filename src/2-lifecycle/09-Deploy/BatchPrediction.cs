using System.Globalization;
using System.Reflection;
using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Every row of a dataset with a model's prediction beside it; asks for one dataset of the row type and one model, or a family of models.</summary>
/// <remarks>Rows are scored in segments of <see cref="SegmentRows"/>; a finished segment is kept, so that a making that was killed goes on where it stopped, and each row is in the result exactly
/// once. A row's prediction has the same bits alone and in any batch.
/// <para>Of a family, each row is predicted by the member of its key. A model asked for beside the family predicts the rows of keys without a member: new ones, and those too thin for one (see
/// <see cref="KeysFromAttribute.AtLeast"/>). The column <c>predicted_by</c> names the version that predicted a row.</para></remarks>
public abstract class BatchPrediction<TRow> : Asset
{
    public sealed override AssetKind Kind => AssetKind.Predictions;

    /// <summary>Rows a segment has; each is one file of the version.</summary>
    /// <value>500,000.</value>
    protected virtual int SegmentRows => 500_000;

    /// <summary>Whether the column <c>predicted_by</c> names the version that predicted a row also where one model predicts all.</summary>
    /// <value>False: the version's fact <c>model</c> says it.</value>
    protected virtual bool NamesModel => false;

    /// <summary>The column with the key of the member that predicts a row, where it asks for a family.</summary>
    /// <value>The column that the family takes its keys from.</value>
    protected virtual string? KeyColumn => FamilyType?.GetCustomAttribute<KeysFromAttribute>()?.Column;

    protected sealed override EdgeKind EdgeTo(Asset input) => input.Kind == AssetKind.Model ? EdgeKind.Source : EdgeKind.Scored;

    protected override IEnumerable<KeyValuePair<string, string>> Recipe => [new("adapter", Adapter.Name), new("batch", "2"), new("segment", SegmentRows.ToString(CultureInfo.InvariantCulture)), new("onnxruntime", "1.30.0")];

    protected override IEnumerable<Finding> Check()
    {
        var inputs = Node.InputAssets.ToList();
        var globals = inputs.OfType<Model<TRow>>().Count(m => !IsMember(m));
        if (inputs.OfType<Dataset<TRow>>().Count() != 1 || (FamilyType is null ? globals != 1 : globals > 1))
            yield return new("prediction", Severity.Refusal, Message.Of("prediction.inputs", ("asset", Name), ("row", typeof(TRow).Name)), []);
        else if (FamilyType is { } family && (KeyColumn is not { } key || RowSchema.Of<TRow>().Find(key) is null))
            yield return new("prediction", Severity.Refusal, Message.Of("prediction.key-column", ("asset", Name), ("family", family.Name), ("row", typeof(TRow).Name), ("column", KeyColumn ?? "-")), []);
    }

    /// <summary>The class of the family of models its constructor asks for; null where it asks for none.</summary>
    Type? FamilyType => GetType().GetConstructors()[0].GetParameters().Select(p => p.ParameterType)
        .Where(t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(Family<>)).Select(t => t.GetGenericArguments()[0]).FirstOrDefault(t => t.IsSubclassOf(typeof(Model<TRow>)));

    bool IsMember(Model<TRow> model) => model.GetType() == FamilyType;

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var inputs = Node.InputAssets.ToList();
        var data = making.Input(inputs.OfType<Dataset<TRow>>().Single());
        using var predictors = await OpenAsync(making, inputs, stop);
        var files = await data.PathsAsync("rows", stop);
        var total = long.Parse(data.Record.Facts["rows"], CultureInfo.InvariantCulture);

        var segments = (int)((total + SegmentRows - 1) / SegmentRows);
        using (making.Step("score"))
        {
            var scoring = new SegmentScoring(making.Tables(), predictors, files, SegmentRows);
            var writing = Task.CompletedTask;
            try
            {
                for (var segment = 0; segment < segments; segment++)
                {
                    if (making.Checkpoints.Contains(FileOf(segment)))
                    {
                        Moved(making, segment, total);
                        continue;
                    }
                    var (number, predicted) = (segment, await Task.Run(() => scoring.Score(segment, stop), stop));
                    await writing;
                    writing = Task.Run(() => Keep(making, scoring, number, predicted, total, stop), stop);     // beside the scoring of the next segment
                }
            }
            finally
            {
                await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);      // it works in this making's scratch folder
            }
            await writing;
            foreach (var (column, rows) in predictors.Unknown)
                making.Log("warn", Message.Of("prediction.unknown", ("asset", Name), ("column", column), ("rows", rows)).ToString());
            foreach (var (column, rows) in predictors.Unscored)
                making.Log("warn", Message.Of("prediction.none", ("asset", Name), ("column", column), ("rows", rows)).ToString());
            foreach (var (version, rows) in predictors.RowsOf)
                making.Log(Message.Of("prediction.by", ("asset", Name), ("version", version), ("rows", rows)).ToString());
        }
        for (var segment = 0; segment < segments; segment++)
        {
            await making.AddFileAsync(FileOf(segment), making.Checkpoints.Take(FileOf(segment), making.Scratch), stop);
        }
        making.Fact("rows", total.ToString(CultureInfo.InvariantCulture));
        making.Fact("model", predictors.Says);
        making.Schema(PredictedRows.SchemaOf(RowSchema.Of<TRow>(), predictors).ToJson());
    }

    async Task<Predictors> OpenAsync(MakingRun making, IReadOnlyList<Asset> inputs, CancellationToken stop)
    {
        var models = new List<(string? Key, InputVersion Version)>();
        foreach (var model in inputs.OfType<Model<TRow>>())
        {
            var version = making.Input(model);
            models.Add((IsMember(model) ? version.Record.RawKey : null, version));
        }
        if (models.Count == 0) throw new KumikiException(Message.Of("prediction.no-members", ("asset", Name), ("family", FamilyType!.Name)));
        var opened = new List<Predictor>();
        try
        {
            foreach (var (key, version) in models) opened.Add(new(key, version.Name, Scorer.Open(await version.BytesAsync("model.onnx", stop))));
            return new(Name, opened, FamilyType is null ? null : RowSchema.Of<TRow>().Find(KeyColumn!), NamesModel);
        }
        catch
        {
            foreach (var predictor in opened) predictor.Scorer.Dispose();
            throw;
        }
    }

    void Keep(MakingRun making, SegmentScoring scoring, int segment, Predicted predicted, long total, CancellationToken stop)
    {
        var scratch = making.Scratch.File($"segment-{segment}.parquet");
        scoring.Write(segment, predicted, scratch, stop);
        making.Checkpoints.Keep(FileOf(segment), scratch);
        Moved(making, segment, total);
    }

    void Moved(MakingRun making, int segment, long total) => making.Progress(Math.Min((segment + 1L) * SegmentRows, total), total, "rows");

    static string FileOf(int segment) => string.Create(CultureInfo.InvariantCulture, $"rows/{segment + 1:00000}.parquet");
}
