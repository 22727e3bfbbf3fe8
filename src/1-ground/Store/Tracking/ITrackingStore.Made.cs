namespace Kumiki.Tracking;

public partial interface ITrackingStore
{
    /// <summary>Whether <see cref="ShowAsync"/> was done for a version.</summary>
    Task<bool> IsShownAsync(VersionName version, CancellationToken stop);

    /// <summary>Shows clients a model that Kumiki made: an experiment for the asset, a finished run, and a registered version of the same number with
    /// its files.
    /// Once is enough; again changes nothing.</summary>
    /// <remarks>The registered model has the asset's name, or where a client took that, the name with <c>(kumiki) </c> behind it. Clients give it no
    /// versions and
    /// take none away: that is for making to do.</remarks>
    Task ShowAsync(MadeModel model, CancellationToken stop);
}

/// <summary>A version of a model asset, as clients see it.</summary>
/// <param name="Run">The run that made it: <c>run-42</c>.</param>
/// <param name="Metrics">Its series, and its final figures.</param>
/// <param name="Files">With the blobs they name.</param>
public sealed record MadeModel(
    VersionName Version, string Run, string User, long StartedMs, long MadeMs, IReadOnlyList<Entry> Params, IReadOnlyList<Entry> Tags,
        IReadOnlyList<LoggedMetric> Metrics,
    IReadOnlyList<DatasetInput> Datasets, IReadOnlyList<VersionFile> Files)
{
    /// <summary>The id clients know its run by: the same whenever it is asked for.</summary>
    public static string RunOf(VersionName version) => Digest.OfParts("made by Kumiki", version.ToString()).Hex[..32];
}
