namespace Kumiki.Tracking;

public partial interface ITrackingStore
{
    Task<LoggedModel> CreateLoggedModelAsync(NewLoggedModel model, CancellationToken stop);

    /// <param name="deletedToo">Whether a deleted one is given as well.</param>
    Task<LoggedModel> LoggedModelAsync(string id, bool deletedToo, CancellationToken stop);

    Task<LoggedModel> EndLoggedModelAsync(string id, LoggedModelStatus status, CancellationToken stop);
    Task DeleteLoggedModelAsync(string id, CancellationToken stop);

    /// <exception cref="TrackingException">No such model, or a parameter that has another value.</exception>
    Task AddLoggedModelParamsAsync(string id, IReadOnlyList<Entry> entries, CancellationToken stop);

    Task<LoggedModel> TagLoggedModelAsync(string id, IReadOnlyList<Entry> tags, CancellationToken stop);
    Task DeleteLoggedModelTagAsync(string id, string key, CancellationToken stop);

    /// <param name="datasets">Only metrics about one of these count in the filter; none: all metrics count.</param>
    Task<IReadOnlyList<LoggedModel>> SearchLoggedModelsAsync(
        IReadOnlyList<long> experiments, Search search, IReadOnlyList<DatasetFilter> datasets, Page page, CancellationToken stop);
}
