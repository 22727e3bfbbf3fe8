using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Kumiki.Store;

/// <summary>An environment as it is written: some kilobytes, the same for thousands of runs, found again by its digest.</summary>
sealed record WrittenEnvironment(string Record)
{
    /// <summary>One object serves all runs of a call.</summary>
    static readonly ConditionalWeakTable<RunEnvironment, WrittenEnvironment> Known = [];

    /// <summary>Stands in a written plan, whose environment is kept apart.</summary>
    internal static readonly RunEnvironment None = new("", "", 0, 0, "", new Dictionary<string, string>(), new Dictionary<string, string>());

    internal Digest Digest { get; } = Digest.Of(Record);

    internal static WrittenEnvironment Of(RunEnvironment environment) =>
        Known.GetValue(environment, e => new(JsonSerializer.Serialize(e, RecordsJson.Default.RunEnvironment)));
}
