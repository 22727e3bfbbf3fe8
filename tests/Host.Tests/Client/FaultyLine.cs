using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kumiki.Host.Tests.Client;

/// <summary>A line between a client and its server that loses answers: the server has done what was asked, and the client never hears of it.</summary>
sealed class FaultyLine : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stopping = new();
    readonly Task accepting;
    CancellationTokenSource moving = new();

    /// <param name="port">Of the server.</param>
    internal FaultyLine(int port)
    {
        Port = port;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>Where the server is now. When it moves, who talks to it is cut off.</summary>
    internal int Port
    {
        get;
        set
        {
            field = value;
            Interlocked.Exchange(ref moving, new()).Cancel();
        }
    }

    internal string Address => $"http://{listener.LocalEndpoint}";

    /// <summary>How many answers to requests that begin so are to be lost yet: after how many bytes of them.</summary>
    internal (string Begins, int Times, int After) Losing { get; set; } = ("nothing", 0, 0);

    /// <summary>How many were lost.</summary>
    internal int Lost { get; private set; }

    async Task AcceptAsync()
    {
        try
        {
            while (true) _ = CarryAsync(await listener.AcceptTcpClientAsync(stopping.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the line is taken down
        }
    }

    async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, moving.Token);
        var stop = end.Token;
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, Port, stop);
                var (left, right) = (client.GetStream(), server.GetStream());
                var lose = -1;
                await await Task.WhenAny(ForthAsync(), BackAsync());

                async Task ForthAsync()
                {
                    var buffer = new byte[64 * 1024];
                    for (int read; (read = await left.ReadAsync(buffer, stop)) > 0;)
                    {
                        var (begins, times, after) = Losing;
                        if (times > 0 && Encoding.ASCII.GetString(buffer, 0, Math.Min(read, begins.Length)) == begins)
                        {
                            Losing = (begins, times - 1, after);
                            lose = after;
                        }
                        await right.WriteAsync(buffer.AsMemory(0, read), stop);
                    }
                }

                async Task BackAsync()
                {
                    var buffer = new byte[64 * 1024];
                    for (int read; (read = await right.ReadAsync(buffer, stop)) > 0;)
                    {
                        if (lose >= 0 && (lose -= read) < 0)
                        {
                            Lost++;
                            return;
                        }
                        await left.WriteAsync(buffer.AsMemory(0, read), stop);
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // one of the two hung up
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Dispose();
        await accepting;
        stopping.Dispose();
    }
}
