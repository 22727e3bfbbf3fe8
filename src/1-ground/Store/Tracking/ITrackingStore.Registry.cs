namespace Kumiki.Tracking;

public partial interface ITrackingStore
{
    // ── registered models ──

    /// <exception cref="TrackingException">The name is taken.</exception>
    Task<RegisteredModel> CreateModelAsync(string name, string? description, IReadOnlyList<Entry> tags, CancellationToken stop);

    Task<RegisteredModel> ModelAsync(string name, CancellationToken stop);
    Task<RegisteredModel> DescribeModelAsync(string name, string? description, CancellationToken stop);

    /// <summary>Versions, tags and aliases follow.</summary>
    Task<RegisteredModel> RenameModelAsync(string name, string newName, CancellationToken stop);

    /// <summary>Removes a model with its versions, tags and aliases.</summary>
    Task DeleteModelAsync(string name, CancellationToken stop);

    /// <summary>Sets a tag, or with a null value takes it away; one that is not there is no error.</summary>
    Task TagModelAsync(string name, string key, string? value, CancellationToken stop);

    /// <summary>Points an alias at a version, or with a null version takes it away; one that is not there is no error.</summary>
    /// <exception cref="TrackingException">No such model or version.</exception>
    Task AliasModelAsync(string name, string alias, int? version, CancellationToken stop);

    /// <exception cref="TrackingException">No such model or alias.</exception>
    Task<ModelVersion> AliasedAsync(string name, string alias, CancellationToken stop);

    /// <summary>Prompts are left out, unless <paramref name="prompts"/>, and then only they are found.</summary>
    Task<IReadOnlyList<RegisteredModel>> SearchModelsAsync(Search search, bool prompts, Page page, CancellationToken stop);

    // ── versions ──

    /// <summary>Gives a version the next number. A source of <c>models:/</c> is resolved to where those files are; a logged model is told of it in its tag
    /// <c>mlflow.modelVersions</c>.</summary>
    /// <exception cref="TrackingException">No such model, or the source names a version or logged model that is not there.</exception>
    Task<ModelVersion> CreateVersionAsync(NewModelVersion version, CancellationToken stop);

    Task<ModelVersion> VersionAsync(string model, int number, CancellationToken stop);
    Task<ModelVersion> DescribeVersionAsync(string model, int number, string? description, CancellationToken stop);

    /// <summary>Removes a version with its tags and aliases; its number is not given again.</summary>
    Task DeleteVersionAsync(string model, int number, CancellationToken stop);

    /// <param name="stage">One of <see cref="ModelStage.All"/>.</param>
    /// <param name="archiveOthers">Whether the versions that are in that stage go to Archived.</param>
    Task<ModelVersion> MoveVersionAsync(string model, int number, string stage, bool archiveOthers, CancellationToken stop);

    /// <summary>As <see cref="TagModelAsync"/>.</summary>
    Task TagVersionAsync(string model, int number, string key, string? value, CancellationToken stop);

    /// <summary>As <see cref="SearchModelsAsync"/>.</summary>
    Task<IReadOnlyList<ModelVersion>> SearchVersionsAsync(Search search, bool prompts, Page page, CancellationToken stop);
}
