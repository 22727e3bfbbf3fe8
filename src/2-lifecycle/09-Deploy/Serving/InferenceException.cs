namespace Kumiki.Serving;

/// <summary>Why a request got no answer; each door has a status for it.</summary>
enum InferenceFault
{
    /// <summary>The request is wrong; the sentence names the field.</summary>
    BadRequest,

    /// <summary>No such model or version.</summary>
    NotFound,

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

    public static InferenceException Bad(Message says) => new(InferenceFault.BadRequest, says);
}
