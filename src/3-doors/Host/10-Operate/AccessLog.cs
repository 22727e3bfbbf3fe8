using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>A line of JSON for each request: when, what, how it ended, how long it took. No bodies, no queries, no addresses, no headers of the client's; a
/// key in
/// an address that has a place in the API's map (<c>/api/versions/{name}</c>) stands as that place.</summary>
/// <remarks>Requests never wait for it: lines go through a queue of <see cref="Room"/> to one writer, and those that find it full are counted and left out.
/// The file is put aside when it is long enough (FILE.1 …), and opened anew where somebody moved it away, and on
/// SIGHUP, which a server that was begun with nohup does not hear.</remarks>
sealed partial class AccessLog : IAsyncDisposable
{
    const int Room = 8192, LongestPath = 200;

    readonly OperatingSettings settings;
    readonly TimeProvider clock;
    readonly ILogger log;
    readonly Channel<Line> lines = Channel.CreateBounded<Line>(new BoundedChannelOptions(Room) { SingleReader = true });
    readonly PosixSignalRegistration? hangUp;
    readonly Task writer;
    Stream file;
    long length, written, dropped;
    volatile bool reopen;

    AccessLog(OperatingSettings settings, TimeProvider clock, ILogger log)
    {
        (this.settings, this.clock, this.log) = (settings, clock, log);
        file = Open();
        // Without a file there is nothing to open anew, and the signal ends the process as ever.
        if (!IsStandardOutput)
            hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => (signal.Cancel, reopen) = (true, true));
        writer = Task.Run(WriteAsync);
    }

    /// <summary>Lines that were written, and lines that were left out.</summary>
    public long Written => Interlocked.Read(ref written);
    public long Dropped => Interlocked.Read(ref dropped);

    bool IsStandardOutput => settings.AccessLog == "-";

    /// <returns>Null where none is asked for.</returns>
    /// <exception cref="KumikiException">The file cannot be written.</exception>
    public static AccessLog? Begin(OperatingSettings settings, TimeProvider clock, ILogger log)
    {
        if (settings.AccessLog is null) return null;
        try
        {
            return new(settings, clock, log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KumikiException(Message.Of("operate.access-log", ("file", settings.AccessLog), ("reason", e.Message)), e);
        }
    }

    readonly record struct Line(
        DateTimeOffset At, TimeSpan Took, string Method, string Path, string Protocol, int Status, string? GrpcStatus, long? Sent, long? Answered, string? Trace,
        bool Gone);

    /// <summary>Passes a request on, and writes down how it ended.</summary>
    public async Task Of(HttpContext http, RequestDelegate next)
    {
        var (at, began) = (clock.GetUtcNow(), clock.GetTimestamp());
        var failed = true;
        try
        {
            await next(http);
            failed = false;
        }
        finally
        {
            var line = new Line(at, clock.GetElapsedTime(began), http.Request.Method, PathOf(http), http.Request.Protocol,
                failed && !http.Response.HasStarted ? StatusCodes.Status500InternalServerError : http.Response.StatusCode, GrpcDoor.StatusOf(http),
                http.Request.ContentLength, http.Response.ContentLength, RequestTrace.IdOf(http), http.RequestAborted.IsCancellationRequested);
            if (!lines.Writer.TryWrite(line)) Interlocked.Increment(ref dropped);
        }
    }

    static string PathOf(HttpContext http)
    {
        if (http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } place }) return place.StartsWith('/') ? place : "/" + place;
        var path = http.Request.Path.Value ?? "";
        return path.Length <= LongestPath ? path : path[..LongestPath] + "…";
    }

    async Task WriteAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        await using var json = new Utf8JsonWriter(buffer);
        while (await lines.Reader.WaitToReadAsync())
        {
            var count = 0;
            while (buffer.WrittenCount < 48 * 1024 && lines.Reader.TryRead(out var line))
            {
                Write(json, line);
                json.Flush();
                json.Reset();
                buffer.Write("\n"u8);
                count++;
            }
            try
            {
                if (!IsStandardOutput && !File.Exists(settings.AccessLog)) reopen = true;
                if (reopen || length >= settings.AccessLogBytes) await TurnAsync();
                await file.WriteAsync(buffer.WrittenMemory);
                await file.FlushAsync();
                length += buffer.WrittenCount;
                Interlocked.Add(ref written, count);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full disk must not stop what is served: the lines are counted as left out, and the next ones are tried again.
                if (Interlocked.Add(ref dropped, count) == count) Fails(log, settings.AccessLog!, e);
            }
            buffer.ResetWrittenCount();
        }
    }

    static void Write(Utf8JsonWriter json, in Line line)
    {
        json.WriteStartObject();
        json.WriteString("at"u8, line.At.UtcDateTime);
        json.WriteString("method"u8, line.Method);
        json.WriteString("path"u8, line.Path);
        json.WriteString("protocol"u8, line.Protocol);
        json.WriteNumber("status"u8, line.Status);
        if (line.GrpcStatus is { } status) json.WriteString("grpc_status"u8, status);
        json.WriteNumber("ms"u8, Math.Round(line.Took.TotalMilliseconds, 3));
        if (line.Sent is { } sent) json.WriteNumber("request_bytes"u8, sent);
        if (line.Answered is { } answered) json.WriteNumber("answer_bytes"u8, answered);
        if (line.Trace is { } trace) json.WriteString("trace"u8, trace);
        if (line.Gone) json.WriteBoolean("gone"u8, true);
        json.WriteEndObject();
    }

    Stream Open()
    {
        if (IsStandardOutput) return Console.OpenStandardOutput();
        var opened = new FileStream(settings.AccessLog!, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        length = opened.Length;
        return opened;
    }

    async Task TurnAsync()
    {
        if (IsStandardOutput)
        {
            length = 0;
            return;
        }
        var before = file;
        if (!reopen)
        {
            for (var n = settings.AccessLogKept; n > 0; n--)
            {
                var from = n == 1 ? settings.AccessLog! : $"{settings.AccessLog}.{n - 1}";
                if (File.Exists(from)) File.Move(from, $"{settings.AccessLog}.{n}", overwrite: true);
            }
            if (settings.AccessLogKept == 0) File.Delete(settings.AccessLog!);
        }
        reopen = false;
        file = Open();      // where it cannot be opened, the one before goes on
        await before.DisposeAsync();
    }

    /// <summary>Writes what is queued, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        hangUp?.Dispose();
        lines.Writer.Complete();
        await writer;
        await file.DisposeAsync();
    }

    [LoggerMessage(LogLevel.Error, "The access log {File} cannot be written")]
    static partial void Fails(ILogger logger, string file, Exception e);
}
