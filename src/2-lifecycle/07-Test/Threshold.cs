using System.Globalization;
using System.Text.Json;
using Kumiki.Making;

namespace Kumiki;

/// <summary>A threshold on the scores of one version of a model, chosen on that version's validation rows.</summary>
public abstract class Threshold(Asset model) : Asset
{
    /// <summary>The model it cuts.</summary>
    public Asset Model { get; } = model;

    public sealed override AssetKind Kind => AssetKind.Threshold;

    /// <summary>Chooses the threshold; never sees the test rows.</summary>
    public abstract Choice Choose(Scored validation);

    protected sealed override EdgeKind EdgeTo(Asset input) => input == Model ? EdgeKind.Fit : EdgeKind.Source;

    protected sealed override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        var model = making.Input(Model);
        if (model.Record.Files.FirstOrDefault(f => f.Path == ScoredRows.Validation) is null) throw new KumikiException(Message.Of("threshold.no-validation", ("threshold", Name), ("model", model.Name)));
        var rows = ScoredRows.Read(making.Tables(), await model.PathAsync(ScoredRows.Validation, stop), stop);
        var choice = Choose(rows);
        var file = await making.AddBytesAsync("parts/choice.json", JsonSerializer.SerializeToUtf8Bytes(choice, JsonSerializerOptions.Web), stop);
        making.Part("choice", file.Content);
        making.Fact("threshold", choice.Value.ToString("R", CultureInfo.InvariantCulture));
        making.Metric("cost.validation", choice.Cost);
        making.Metric("precision.validation", choice.Precision);
        making.Metric("recall.validation", choice.Recall);
    }
}

/// <summary>A chosen threshold.</summary>
/// <param name="Value">Scores at or above it are decided as high.</param>
/// <param name="GreyFrom">Scores from here up to <paramref name="Value"/> are left to a person; equal to it where there is no such zone.</param>
/// <param name="Cost">Cost of all validation rows, in the unit of the matrix.</param>
/// <param name="Precision">In [0, 1]; 1 where nothing is above.</param>
/// <param name="Recall">In [0, 1].</param>
public sealed record Choice(double Value, double GreyFrom, double Cost, double Precision, double Recall, int Rows);
