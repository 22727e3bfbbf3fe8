namespace Kumiki.Queues;

/// <summary>Whose a message is by its key, and which are done: what a broker that delivers twice does not remember.</summary>
public interface IQueueClaims
{
    /// <summary>Claims messages for a time; those that are claimed by another, whose time is not over, or that are done, stay as they are.</summary>
    /// <returns>For each key, in order.</returns>
    Task<IReadOnlyList<ClaimEnd>> ClaimAsync(QueueName queue, IReadOnlyList<string> keys, string owner, DateTimeOffset until, CancellationToken stop);

    /// <summary>Remembers that messages are done; those of another owner are left to it.</summary>
    Task FinishAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop);

    /// <summary>Lets go of claims that are not done.</summary>
    Task ReleaseAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop);
}

/// <summary>What came of a claim.</summary>
public enum ClaimEnd
{
    /// <summary>It is the caller's.</summary>
    Claimed,

    /// <summary>Another works on it.</summary>
    Held,

    /// <summary>It was done before.</summary>
    Done,
}
