namespace Kumiki.Tracking;

/// <summary>Why a tracking call was not done; every one of them is the caller's to mend.</summary>
public enum TrackingFault
{
    /// <summary>A value breaks a rule, or what it names is not in a state for it.</summary>
    InvalidValue,

    /// <summary>What it names is not there.</summary>
    NotThere,

    /// <summary>What it would make is there already.</summary>
    AlreadyThere,

    /// <summary>What it names is there but deleted.</summary>
    WrongState,
}

/// <summary>A tracking call that was not done, in one sentence; nothing of it was written.</summary>
public sealed class TrackingException(TrackingFault fault, Message says) : KumikiException(says)
{
    public TrackingFault Fault { get; } = fault;
}
