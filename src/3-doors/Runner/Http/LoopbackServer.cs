using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kumiki.Running;

/// <summary>HTTP/1.1 for programs of the same machine, over nothing but sockets: a web framework would start twice as slowly.</summary>
/// <remarks>It listens on 127.0.0.1 alone. A head has at most 16 KiB, a body what was said, both come within 30 s, and more than <see cref="MostConnections"/>
/// connections are turned away. Bodies may come in
/// chunks.</remarks>
sealed class LoopbackServer : IAsyncDisposable
{
    public const int MostConnections = 64;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Idle = TimeSpan.FromMinutes(2);

    readonly Socket listener;
    readonly Func<HttpAsked, ReadOnlyMemory<byte>, HttpAnswer> answer;
    readonly Func<int, HttpAsked?, HttpAnswer> refuse;
    readonly int mostBody;
    readonly CancellationTokenSource stopping = new();
    readonly ConcurrentDictionary<Connection, Task> connections = new();       // and the end of each
    readonly Task accepting;

    /// <param name="port">0 takes any free one.</param>
    /// <param name="answer">Answers a whole request; called on many threads at once.</param>
    /// <param name="refuse">Says a status that the server itself gives.</param>
    /// <exception cref="KumikiException">The port is taken or not allowed.</exception>
    public LoopbackServer(int port, int mostBody, Func<HttpAsked, ReadOnlyMemory<byte>, HttpAnswer> answer, Func<int, HttpAsked?, HttpAnswer> refuse)
    {
        (this.mostBody, this.answer, this.refuse) = (mostBody, answer, refuse);
        listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(MostConnections);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new KumikiException(Message.Of("runner.port", ("port", port), ("reason", e.SocketErrorCode)), e);
        }
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(stopping.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                continue;       // whoever knocked has gone again
            }
            socket.NoDelay = true;
            var connection = new Connection(this, socket);
            connections[connection] = connection.Ended;
            _ = Task.Run(connection.ServeAsync);
        }
    }

    /// <summary>Takes no more connections, lets the requests under way be answered, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Dispose();
        await accepting;
        await Task.WhenAll(connections.Values);
        stopping.Dispose();
    }

    sealed class Connection(LoopbackServer server, Socket socket)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(4096);
        readonly TaskCompletionSource ended = new();
        int from, to;       // what was read and not yet used

        public Task Ended => ended.Task;

        public async Task ServeAsync()
        {
            try
            {
                if (server.connections.Count > MostConnections) await SendAsync(server.refuse(503, null), keepsAlive: false);
                else
                    while (await OneAsync())
                    {
                        // the next
                    }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or EndOfStreamException)
            {
                // The client has gone, or was too slow to be told so.
            }
            finally
            {
                socket.Dispose();
                ArrayPool<byte>.Shared.Return(buffer);
                server.connections.TryRemove(this, out _);
                ended.SetResult();
            }
        }

        /// <returns>Whether another may follow.</returns>
        async Task<bool> OneAsync()
        {
            if (to == from && !await WaitAsync()) return false;
            using var limit = new CancellationTokenSource(Patience);
            int end;
            while ((end = buffer.AsSpan(from, to - from).IndexOf("\r\n\r\n"u8)) < 0)
            {
                if (to - from > HttpAsked.MostHead) return await RefuseAsync(431);
                try
                {
                    if (!await FillAsync(limit.Token)) return false;
                }
                catch (OperationCanceledException) when (limit.IsCancellationRequested)
                {
                    return await RefuseAsync(408);
                }
            }
            var asked = HttpAsked.Read(buffer.AsSpan(from, end), out var status);
            from += end + 4;
            if (asked is null) return await RefuseAsync(status);
            if (!asked.IsLocal()) return await RefuseAsync(403, asked);
            if (asked.BodyBytes > server.mostBody) return await RefuseAsync(413, asked);
            if (asked.Waits && asked.BodyBytes != 0) await socket.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());

            byte[]? body;
            try
            {
                body = asked.BodyBytes < 0 ? await ChunksAsync(limit.Token) : await ExactlyAsync((int)asked.BodyBytes, limit.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                return await RefuseAsync(408, asked);
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                return await RefuseAsync(400, asked);
            }
            if (body is null) return await RefuseAsync(413, asked);
            var keepsAlive = asked.KeepsAlive && !server.stopping.IsCancellationRequested;
            await SendAsync(server.answer(asked, body), keepsAlive, withBody: asked.Method != "HEAD");
            return keepsAlive;
        }

        /// <summary>Waits for the next request; a server that stops waits no longer.</summary>
        async Task<bool> WaitAsync()
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(server.stopping.Token);
            idle.CancelAfter(Idle);
            return await FillAsync(idle.Token);
        }

        async Task<bool> FillAsync(CancellationToken stop)
        {
            if (from > 0)
            {
                buffer.AsSpan(from, to - from).CopyTo(buffer);
                (from, to) = (0, to - from);
            }
            if (to == buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, to).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
            var read = await socket.ReceiveAsync(buffer.AsMemory(to), stop);
            to += read;
            return read > 0;
        }

        async Task<byte[]> ExactlyAsync(int bytes, CancellationToken stop)
        {
            var body = new byte[bytes];
            var done = Math.Min(bytes, to - from);
            buffer.AsSpan(from, done).CopyTo(body);
            from += done;
            while (done < bytes)
            {
                var read = await socket.ReceiveAsync(body.AsMemory(done), stop);
                if (read == 0) throw new EndOfStreamException();
                done += read;
            }
            return body;
        }

        /// <returns>Null where they are more than a body may have.</returns>
        /// <exception cref="FormatException">They are no chunks.</exception>
        async Task<byte[]?> ChunksAsync(CancellationToken stop)
        {
            var body = new MemoryStream();
            while (true)
            {
                var line = await LineAsync(stop);
                var semicolon = line.IndexOf(';', StringComparison.Ordinal);
                var bytes = int.Parse(semicolon < 0 ? line : line[..semicolon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                if (bytes < 0) throw new FormatException("A chunk's length is too large.");
                if (bytes == 0) break;
                if (body.Length + bytes > server.mostBody) return null;
                body.Write(await ExactlyAsync(bytes, stop));
                if ((await LineAsync(stop)).Length > 0) throw new FormatException("A chunk is longer than it says.");
            }
            while ((await LineAsync(stop)).Length > 0)
            {
                // what trails a body says nothing here
            }
            return body.ToArray();
        }

        async Task<string> LineAsync(CancellationToken stop)
        {
            int end;
            while ((end = buffer.AsSpan(from, to - from).IndexOf("\r\n"u8)) < 0)
            {
                if (to - from > 1024) throw new FormatException("A line of a chunk is too long.");
                if (!await FillAsync(stop)) throw new EndOfStreamException();
            }
            var line = Encoding.ASCII.GetString(buffer, from, end);
            from += end + 2;
            return line;
        }

        /// <returns>False: after what was not understood nothing more can be.</returns>
        async Task<bool> RefuseAsync(int status, HttpAsked? asked = null)
        {
            await SendAsync(server.refuse(status, asked), keepsAlive: false);
            // What is still on its way is read and dropped for a moment, or the client would see its connection reset and never the answer.
            socket.Shutdown(SocketShutdown.Send);
            using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            for (var left = 1 << 20; left > 0;)
            {
                var read = await socket.ReceiveAsync(buffer, moment.Token);
                if (read == 0) break;
                left -= read;
            }
            return false;
        }

        async Task SendAsync(HttpAnswer answer, bool keepsAlive, bool withBody = true)
        {
            ReadOnlyMemory<byte> bytes = answer.ToBytes(keepsAlive, withBody);
            using var limit = new CancellationTokenSource(Patience);
            while (!bytes.IsEmpty) bytes = bytes[await socket.SendAsync(bytes, limit.Token)..];
        }
    }
}
