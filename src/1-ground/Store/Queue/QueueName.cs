using System.Text.RegularExpressions;

namespace Kumiki.Queues;

/// <summary>The name of a queue: 1 to 100 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, the first a letter or digit, such as
/// <c>applications.in</c>.</summary>
/// <remarks>Names that begin with <c>amq.</c> or end with <c>.dead</c> are kept for a broker and for dead letters.</remarks>
public readonly partial record struct QueueName
{
    readonly string text;

    QueueName(string text) => this.text = text;

    /// <exception cref="KumikiException">It is no such name.</exception>
    public static QueueName Of(string text) =>
        Plain().IsMatch(text) && !text.StartsWith("amq.", StringComparison.Ordinal) && !text.EndsWith(".dead", StringComparison.Ordinal)
            ? new(text)
            : throw new KumikiException(Message.Of("queue.name", ("name", text.Length > 120 ? text[..120] + "…" : text)));

    public override string ToString() => text ?? "";

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Plain();
}
