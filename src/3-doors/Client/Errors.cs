namespace Kumiki.Client;

/// <summary>The server answered that it does not do what was asked.</summary>
/// <param name="code">The protocol's: <c>INVALID_PARAMETER_VALUE</c>, <c>RESOURCE_DOES_NOT_EXIST</c> …</param>
/// <param name="status">Of HTTP.</param>
public sealed class TrackingRefusedException(string code, int status, Message says) : KumikiException(says)
{
    public string Code { get; } = code;
    public int Status { get; } = status;
}

/// <summary>The server did not answer, or answered that it cannot now, for as long as it was tried.</summary>
public sealed class TrackingUnreachableException(Message says, Exception? inner = null) : KumikiException(says, inner);

/// <summary>Values that were given to be logged and are not on the server, since it refused them or could not be reached.</summary>
/// <param name="values">All that were refused, or all that waited when the server was given up; the first 100,000.</param>
public sealed class NotLoggedException(Message says, IReadOnlyList<LoggedValue> values, Exception inner) : KumikiException(says, inner)
{
    public IReadOnlyList<LoggedValue> Values { get; } = values;
}
