using System.Globalization;
using System.Text;

namespace Kumiki.Running;

/// <summary>The head of a request: RFC 9112, as strict as it may be.</summary>
sealed class HttpAsked
{
    /// <summary>A head is no longer than this, in bytes.</summary>
    public const int MostHead = 16 * 1024;

    readonly Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);

    HttpAsked(string method, string path, bool keepsAlive) => (Method, Path, KeepsAlive) = (method, path, keepsAlive);

    public string Method { get; }

    /// <summary>The target's path, without what follows a question mark.</summary>
    public string Path { get; }

    /// <summary>Whether the client will ask again over this connection.</summary>
    public bool KeepsAlive { get; private set; }

    /// <summary>Bytes of the body; −1: it comes in chunks.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>Whether the client waits for a word before it sends the body.</summary>
    public bool Waits => Header("Expect") is { } expected && expected.Equals("100-continue", StringComparison.OrdinalIgnoreCase);

    public string? Header(string name) => headers.GetValueOrDefault(name);

    /// <summary>Reads a head, without the empty line at its end.</summary>
    /// <returns>Null where it is none that this server understands; <paramref name="status"/> is then the answer.</returns>
    public static HttpAsked? Read(ReadOnlySpan<byte> head, out int status)
    {
        status = 400;
        if (!Ascii.IsValid(head) || head.Contains((byte)0)) return null;
        var lines = Encoding.ASCII.GetString(head).Split("\r\n");
        if (lines.Any(l => l.AsSpan().IndexOfAny('\r', '\n') >= 0)) return null;
        if (lines[0].Split(' ') is not [{ Length: > 0 } method, ['/', ..] target, ['H', 'T', 'T', 'P', '/', ..] version]) return null;
        if (version is not ("HTTP/1.1" or "HTTP/1.0"))
        {
            status = 505;
            return null;
        }
        var asked = new HttpAsked(method, target.Split('?', 2)[0], version == "HTTP/1.1");
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || line.AsSpan(0, colon).IndexOfAny(' ', '\t') >= 0) return null;
            // Whoever says one of these twice may mean two things.
            if (!asked.headers.TryAdd(line[..colon], line[(colon + 1)..].Trim())
                && line[..colon].ToLowerInvariant() is "content-length" or "transfer-encoding" or "host") return null;
        }
        if (asked.Header("Connection") is { } connection)
            asked.KeepsAlive = connection.Contains("keep-alive", StringComparison.OrdinalIgnoreCase)
                || (asked.KeepsAlive && !connection.Contains("close", StringComparison.OrdinalIgnoreCase));
        return asked.ReadLength(ref status) ? asked : null;
    }

    bool ReadLength(ref int status)
    {
        if (Header("Transfer-Encoding") is { } encoding)
        {
            if (Header("Content-Length") is not null) return false;
            if (!encoding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
            {
                status = 501;
                return false;
            }
            BodyBytes = -1;
        }
        else if (Header("Content-Length") is { } length)
        {
            if (!long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)) return false;
            BodyBytes = bytes;
        }
        return true;
    }

    /// <summary>Whether it names this machine as its host, and comes from no page of another site.</summary>
    public bool IsLocal()
    {
        var host = Header("Host");
        if (host is null || !Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var named) || !named.IsLoopback) return false;
        return Header("Origin") is not { } origin || origin.Equals($"http://{host}", StringComparison.OrdinalIgnoreCase);
    }
}
