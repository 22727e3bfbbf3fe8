namespace Kumiki.Serving;

/// <summary>Why a request got no answer; each door has a status for it.</summary>
enum InferenceFault
{
    /// <summary>The request is wrong; the sentence names the field.</summary>
    BadRequest,

    /// <summary>No such model or version.</summary>
    NotFound,

    /// <summary>The release that was asked for was rolled back.</summary>
    Withdrawn,

    TooLarge,

    /// <summary>The client took too long to send it.</summary>
    TooSlow,

    /// <summary>Too many requests wait for the model.</summary>
    QueueFull,

    /// <summary>Not now: the model is unloaded or cannot be loaded, or the server stops.</summary>
    Unavailable,

    DeadlineExceeded,

    /// <summary>The model failed on a request that was right, or answered with what is no number.</summary>
    ModelFailed,
}

/// <summary>A request that got no answer.</summary>
sealed class InferenceException(InferenceFault fault, Message says, Exception? inner = null) : KumikiException(says, inner)
{
    public InferenceFault Fault { get; } = fault;

    /// <summary>The input that is wrong and its row, counted from 1; null where it is about the request as a whole.</summary>
    public (string Input, int Row)? At { get; private init; }

    public static InferenceException Bad(Message says, (string Input, int Row)? at = null) => new(InferenceFault.BadRequest, says) { At = at };
}
