namespace Kumiki.Tracking;

/// <summary>A label of a model's version in the registry; a label of its own, that moves none of Kumiki's stages.</summary>
public static class ModelStage
{
    /// <summary>As they are answered; read in any case.</summary>
    public static IReadOnlyList<string> All { get; } = ["None", "Staging", "Production", "Archived"];

    /// <summary>Null where there is no such stage.</summary>
    public static string? Of(string text) => All.FirstOrDefault(stage => stage.Equals(text, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A model by name, with its versions.</summary>
/// <param name="Latest">The highest version in each stage that has one.</param>
/// <param name="Aliases">With the version each names, by alias.</param>
public sealed record RegisteredModel(
    string Name, string? Description, long CreatedMs, long UpdatedMs,
    IReadOnlyList<ModelVersion> Latest, IReadOnlyList<Entry> Tags, IReadOnlyList<(string Alias, int Version)> Aliases);

/// <summary>One version of a registered model.</summary>
/// <param name="Number">From 1; never given twice, not even after a deletion.</param>
/// <param name="Source">As the client gave it.</param>
/// <param name="Storage">Where its files are: the source, with <c>models:/</c> resolved.</param>
/// <param name="LoggedModel">The logged model it is; null for none.</param>
public sealed record ModelVersion(
    string Model, int Number, string? Description, string Stage, string Source, string Storage, string? Run, string? RunLink, string? LoggedModel,
    long CreatedMs, long UpdatedMs, IReadOnlyList<Entry> Tags, IReadOnlyList<string> Aliases);

/// <summary>A version to register.</summary>
public sealed record NewModelVersion(string Model, string Source, string? Run, string? RunLink, string? Description, string? LoggedModel,
    IReadOnlyList<Entry> Tags);
