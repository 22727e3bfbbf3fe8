using System.Text.Json;
using Kumiki.Store;

namespace Kumiki.Testing;

/// <summary>The thresholds that a threshold's version was chosen among, with what deciding at each of them does to the rows it was chosen on.</summary>
/// <param name="Part">validation or out-of-fold: which rows of the model's version they are.</param>
/// <param name="Highs">Rows that are what a high score means.</param>
/// <param name="Points">Falling, at most 1,000; the chosen one and the lower end of its zone of review are always among them.</param>
/// <param name="PersonCost">What a person's decision costs by the goal it was made from, in the unit of the costs; null where no goal says.</param>
sealed record ChosenAmong(
    VersionName Threshold, VersionName Model, string Part, int Rows, int Highs, Choice Choice, IReadOnlyList<CutPoint> Points, double? PersonCost)
{
    public const int MostPoints = 1000;

    /// <returns>Null: the version is no threshold.</returns>
    /// <exception cref="KumikiException">A file of the version cannot be read.</exception>
    public static async Task<ChosenAmong?> OfAsync(IMetadataStore metadata, IArtifactStore artifacts, VersionRecord threshold, CancellationToken stop)
    {
        if (threshold.Kind != AssetKind.Threshold || threshold.Files.FirstOrDefault(f => f.Path == "parts/choice.json") is not { } chosen
            || !threshold.Facts.TryGetValue("threshold.rows", out var part)) return null;
        var choice = (await PartAsync<Choice>(artifacts, chosen, stop))!;
        var person = await PersonCostAsync(metadata, artifacts, threshold, stop);
        foreach (var input in threshold.Inputs.Where(i => i.Edge == EdgeKind.Fit))
        {
            var path = part == "validation" ? ScoredRows.Validation : ScoredRows.OutOfFold;
            if (await metadata.VersionAsync(input.Version, stop) is not { } model || model.Files.FirstOrDefault(f => f.Path == path) is not { } file) continue;
            var scored = await artifacts.PathAsync(file.Content, stop);
            return await Task.Run(
                () =>
                {
                    var curve = CostCurve.Of(ScoredRows.Read(SharedTables.Of(artifacts), scored, stop), choice.Costs);
                    // The first, the last, and two that are named come on top of those spread evenly.
                    var cuts = curve.Some(MostPoints - 4, choice.GreyFrom < choice.Value ? [choice.Value, choice.GreyFrom] : [choice.Value]);
                    return new ChosenAmong(threshold.Name, model.Name, part, choice.Rows, curve.Highs, choice,
                        [.. cuts.Select(c => new CutPoint(c.Value, c.Above, c.Hits))], person);
                }, stop);
        }
        return null;
    }

    static async Task<double?> PersonCostAsync(IMetadataStore metadata, IArtifactStore artifacts, VersionRecord threshold, CancellationToken stop)
    {
        foreach (var input in threshold.Inputs.Where(i => i.Edge == EdgeKind.Source))
            if (await metadata.VersionAsync(input.Version, stop) is { Kind: AssetKind.Goal } goal
                && goal.Files.FirstOrDefault(f => f.Path == "parts/personCost.json") is { } file)
                return await PartAsync<double?>(artifacts, file, stop);
        return null;
    }

    static async Task<T?> PartAsync<T>(IArtifactStore artifacts, VersionFile file, CancellationToken stop)
    {
        await using var stream = artifacts.Open(file.Content);
        return await JsonSerializer.DeserializeAsync<T>(stream, JsonSerializerOptions.Web, stop);
    }
}

/// <param name="Value">The threshold: scores at or above it are decided as high.</param>
/// <param name="Above">Rows at or above it.</param>
/// <param name="Hits">Of them, those that are high.</param>
readonly record struct CutPoint(double Value, int Above, int Hits);
