namespace Kumiki.Tracking;

/// <summary>What a store refuses, in the words of the protocol: every store says the same of the same.</summary>
static class Refusal
{
    internal static TrackingException ExperimentExists(string name) => new(TrackingFault.AlreadyThere,
        Message.Of("tracking.experiment-exists", ("name", name)));

    internal static TrackingException NoExperiment(long id) => Missing(Message.Of("tracking.no-experiment", ("id", id)));

    internal static TrackingException NoExperiment(string name) => Missing(Message.Of("tracking.no-experiment-named", ("name", name)));

    internal static TrackingException NoExperimentTag(long id, string key) => Missing(Message.Of("tracking.no-experiment-tag", ("key", key), ("id", id)));

    internal static TrackingException ExperimentDeleted(long id) => Bad(Message.Of("tracking.experiment-deleted", ("id", id)));

    internal static TrackingException ExperimentToRenameDeleted(long id) => Wrong(Message.Of("tracking.experiment-rename-deleted", ("id", id)));

    internal static TrackingException NoRun(string run) => Missing(Message.Of("tracking.no-run", ("run", run)));

    internal static TrackingException RunDeleted(string run) => Bad(Message.Of("tracking.run-deleted", ("run", run)));

    internal static TrackingException NoRunTag(string run, string key) => Missing(Message.Of("tracking.no-run-tag", ("key", key), ("run", run)));

    /// <param name="of">The run or logged model that has the parameter.</param>
    internal static TrackingException ParamChanged(string of, string key, string old, string given) =>
        Bad(Message.Of("tracking.param-changed", ("key", key), ("old", old), ("run", of), ("new", given)));

    internal static TrackingException NoLoggedModel(string id) => Missing(Message.Of("tracking.no-logged-model", ("id", id)));

    internal static TrackingException NoLoggedModelTag(string id, string key) =>
        Missing(Message.Of("tracking.no-logged-model-tag", ("key", key), ("id", id)));

    internal static TrackingException PathIsFolder(string path) => Bad(Message.Of("tracking.path-is-folder", ("path", path)));

    internal static TrackingException PathBelowFile(string path, string file) => Bad(Message.Of("tracking.path-below-file", ("path", path), ("file", file)));

    internal static TrackingException PathRegistered(string path, string name, long version) =>
        Wrong(Message.Of("tracking.path-registered", ("path", path), ("name", name), ("version", version)));

    internal static TrackingException ModelExists(string name) => new(TrackingFault.AlreadyThere, Message.Of("tracking.model-exists", ("name", name)));

    internal static TrackingException NoModel(string name) => Missing(Message.Of("tracking.no-model", ("name", name)));

    internal static TrackingException NoVersion(string name, int version) => Missing(Message.Of("tracking.no-version", ("name", name), ("version", version)));

    internal static TrackingException NoAlias(string alias) => Bad(Message.Of("tracking.no-alias", ("alias", alias)));

    internal static TrackingException BadSource(string source) => Bad(Message.Of("tracking.bad-source", ("source", source)));

    /// <param name="number">Of the registered version.</param>
    /// <param name="version">Of the asset.</param>
    internal static TrackingException Needed(string name, long number, VersionName version, string needer) =>
        Wrong(Message.Of("tracking.needed", ("version", version), ("name", name), ("number", number), ("needer", needer)));

    internal static TrackingException MadeByKumiki(string name, string asset) => Wrong(Message.Of("tracking.made-model", ("name", name), ("asset", asset)));

    static TrackingException Bad(Message says) => new(TrackingFault.InvalidValue, says);

    static TrackingException Missing(Message says) => new(TrackingFault.NotThere, says);

    static TrackingException Wrong(Message says) => new(TrackingFault.WrongState, says);
}
