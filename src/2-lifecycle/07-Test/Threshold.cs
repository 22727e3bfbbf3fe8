using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kumiki.Making;

namespace Kumiki;

/// <summary>A threshold on the scores of one version of a model, chosen on that version's validation rows.</summary>
/// <remarks>A version holds <c>parts/choice.json</c> and <c>curve.json</c>: at most some 200 thresholds with their cost a decision, precision, recall and share of rows above.</remarks>
public abstract class Threshold(Asset model) : Asset
{
    /// <summary>The file of a version that holds its curve.</summary>
    internal const string CurveFile = "curve.json";

    const int CurvePoints = 200;

    /// <summary>The model it cuts.</summary>
    public Asset Model { get; } = model;

    public sealed override AssetKind Kind => AssetKind.Threshold;

    /// <summary>Whether it is chosen on the rows of a cross-validation, each scored by a fit that did not see it, rather than on validation rows: there are more of them.</summary>
    /// <value>False; a model without validation rows is cut on the others all the same.</value>
    protected virtual bool OnOutOfFoldRows => false;

    /// <summary>Chooses the threshold; never sees the test rows.</summary>
    public abstract Choice Choose(Scored validation);

    protected override IEnumerable<Finding> Check()
    {
        if (Model is ImportedModel) yield return new("threshold", Severity.Refusal, Message.Of("threshold.imported", ("threshold", Name), ("model", Model.Name)), []);
    }

    protected sealed override EdgeKind EdgeTo(Asset input) => input == Model ? EdgeKind.Fit : EdgeKind.Source;

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var model = making.Input(Model);
        string[] wanted = OnOutOfFoldRows ? [ScoredRows.OutOfFold] : [ScoredRows.Validation, ScoredRows.OutOfFold];
        var path = wanted.FirstOrDefault(w => model.Record.Files.Any(f => f.Path == w))
            ?? throw new KumikiException(OnOutOfFoldRows ? Message.Of("threshold.no-folds", ("threshold", Name), ("model", model.Name)) : Message.Of("threshold.no-validation", ("threshold", Name), ("model", model.Name)));
        var rows = ScoredRows.Read(making.Tables(), await model.PathAsync(path, stop), stop);
        if (rows.Width != 1) throw new KumikiException(Message.Of("threshold.many-scores", ("threshold", Name), ("model", model.Name), ("scores", string.Join(", ", rows.Names))));
        var choice = Choose(rows);
        var file = await making.AddBytesAsync("parts/choice.json", JsonSerializer.SerializeToUtf8Bytes(choice, JsonSerializerOptions.Web), stop);
        making.Part("choice", file.Content);
        await making.AddBytesAsync(CurveFile, JsonSerializer.SerializeToUtf8Bytes(CostCurve.Of(rows, choice.Costs).Points(CurvePoints), JsonSerializerOptions.Web), stop);
        making.Fact("threshold", choice.Value.ToString("R", CultureInfo.InvariantCulture));
        making.Fact("threshold.rule", choice.Rule);
        making.Fact("threshold.rows", path == ScoredRows.Validation ? "validation" : "out-of-fold");
        making.Metric("cost.validation", choice.Cost);
        making.Metric("precision.validation", choice.Precision);
        making.Metric("recall.validation", choice.Recall);
    }

    /// <summary>Refuses to cut the scores of another version of the model than the threshold was chosen on.</summary>
    /// <exception cref="KumikiException">It was chosen on another version.</exception>
    internal static void RequireFit(VersionRecord threshold, VersionRecord model)
    {
        var chosenOn = threshold.Inputs.FirstOrDefault(i => i.Version.Asset == model.Asset);
        if (chosenOn is not null && chosenOn.Version != model.Name && !chosenOn.IsReadingOf(model))
            throw new KumikiException(Message.Of("threshold.other-model", ("threshold", threshold.Name), ("chosenOn", chosenOn.Version), ("model", model.Name), ("asset", threshold.Asset)));
    }
}

/// <summary>A chosen threshold.</summary>
/// <param name="Value">Scores at or above it are decided as high.</param>
/// <param name="GreyFrom">Scores from here up to <paramref name="Value"/> are left to a person; equal to it where there is no such zone.</param>
/// <param name="Cost">Cost of all the rows it was chosen on, in the unit of the matrix; wrong decisions where there was none.</param>
/// <param name="Precision">In [0, 1]; 1 where nothing is above.</param>
/// <param name="Recall">In [0, 1].</param>
public sealed record Choice(double Value, double GreyFrom, double Cost, double Precision, double Recall, int Rows)
{
    /// <summary>How it was chosen, such as <c>cheapest</c> or <c>precision 0.9</c>.</summary>
    public string Rule { get; init; } = "";

    /// <summary>Rows at or above it.</summary>
    public int Above { get; init; }

    /// <summary>Rows left to a person.</summary>
    public int Reviewed { get; init; }

    /// <summary>What a person's decision was counted with.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double ReviewCost { get; init; }

    /// <summary>The matrix it was chosen by.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CostMatrix? Costs { get; init; }
}
