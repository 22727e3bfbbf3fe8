using System.Globalization;
using System.Text;

namespace Kumiki.Running;

/// <summary>An answer: a status, and one JSON document.</summary>
/// <param name="Headers">More lines of the head.</param>
sealed record HttpAnswer(int Status, ReadOnlyMemory<byte> Body, params IReadOnlyList<(string Name, string Value)> Headers)
{
    /// <summary>The head and the body as they are sent.</summary>
    public byte[] ToBytes(bool keepsAlive, bool withBody)
    {
        var head = new StringBuilder(256)
            .Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {Status} {Words(Status)}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n");
        foreach (var (name, value) in Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (!keepsAlive) head.Append("Connection: close\r\n");
        head.Append("\r\n");
        var bytes = new byte[head.Length + (withBody ? Body.Length : 0)];
        Encoding.ASCII.GetBytes(head.ToString(), bytes);
        if (withBody) Body.Span.CopyTo(bytes.AsSpan(head.Length));
        return bytes;
    }

    static string Words(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Status",
    };
}
