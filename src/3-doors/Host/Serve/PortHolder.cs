using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kumiki.Hosting;

/// <summary>Who listens on a port of this machine, from <c>/proc</c>.</summary>
static class PortHolder
{
    /// <summary>Which program holds the port, where it can be seen, and a port that is free.</summary>
    public static Message InUse(ServeAddress at)
    {
        var free = FreeAfter(at);
        return Find(at.Port) is var (pid, name)
            ? Message.Of("serve.port-held", ("port", at.Port), ("program", name), ("pid", pid), ("free", free))
            : Message.Of("serve.port-in-use", ("port", at.Port), ("free", free));
    }

    static (int Pid, string Name)? Find(int port)
    {
        var sockets = new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(l => InodeOf(l, port)).OfType<string>().Select(i => $"socket:[{i}]").ToHashSet();
        if (sockets.Count == 0) return null;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)))
        {
            try
            {
                if (!Directory.EnumerateFileSystemEntries($"{process}/fd").Any(f => new FileInfo(f).LinkTarget is { } target && sockets.Contains(target)))
                    continue;
                return (int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture), CommandOf(process));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // another user's process, or one that ended while we looked: it may not be read, so it is not named
            }
        }
        return null;
    }

    static string CommandOf(string process)
    {
        var command = File.ReadAllText($"{process}/cmdline").Replace('\0', ' ').Trim();
        return command.Length <= 60 ? command : command[..60] + "…";
    }

    /// <summary>The socket's inode, if a line of <c>/proc/net/tcp</c> is a listener (state 0A) on <paramref name="port"/>.</summary>
    internal static string? InodeOf(string line, int port)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 9 && fields[3] == "0A" && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal) ? fields[9] : null;
    }

    static int FreeAfter(ServeAddress at)
    {
        for (var port = at.Port + 1; port < Math.Min(at.Port + 50, 65536); port++)
        {
            using var listener = new TcpListener(new IPEndPoint(at.Host, port));
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                continue;   // taken too: the next one
            }
        }
        return 0;
    }
}
