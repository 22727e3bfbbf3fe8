using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>What clients of the Open Inference Protocol talk to over gRPC, on a port of its own: <c>inference.GRPCInferenceService</c>,
/// <c>grpc.health.v1.Health</c>, and reflection for tools.</summary>
/// <remarks>gRPC is HTTP/2 with frames of one flag byte, four bytes of length and a message, and the status in the trailers (github.com/grpc/grpc,
/// doc/PROTOCOL-HTTP2.md).</remarks>
sealed partial class GrpcDoor(Served served, ModelShelf shelf, ILogger log)
{
    const string Service = "/inference.GRPCInferenceService/", Health = "/grpc.health.v1.Health/",
        Reflection = "/grpc.reflection.v1.ServerReflection/", OldReflection = "/grpc.reflection.v1alpha.ServerReflection/";

    const string StatusTrailer = "grpc-status";

    /// <summary>Requests of one stream that are under way at once; its client waits with more.</summary>
    const int Ahead = 16;

    /// <summary>gRPC's own numbers.</summary>
    enum Status
    {
        Ok = 0, InvalidArgument = 3, DeadlineExceeded = 4, NotFound = 5, PermissionDenied = 7, ResourceExhausted = 8, Unimplemented = 12, Internal = 13,
        Unavailable = 14,
    }

    /// <summary>Whether a request is a call of gRPC's.</summary>
    public static bool IsFor(HttpContext http) => http.Request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.Ordinal)
        && (type.Length == 16 || type[16] is '+' or ';') && HttpMethods.IsPost(http.Request.Method);

    public Task Of(HttpContext http, RequestDelegate next) => IsFor(http) ? AnswerAsync(http) : next(http);

    async Task AnswerAsync(HttpContext http)
    {
        http.Response.ContentType = "application/grpc";
        // A slow message would end the whole connection, with the calls of others on it; the time that a body has ends the call alone.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        try
        {
            if (!WriteGuard.IsOfOurPages(http.Request))
                await EndAsync(http, Status.PermissionDenied,
                    Message.Of("serve.other-origin", ("origin", InferenceDoor.Short(http.Request.Headers.Origin.ToString()))));
            else await CallAsync(http, http.Request.Path.Value!);
        }
        catch (InferenceException e)
        {
            await EndAsync(http, StatusOf(e.Fault), e.Says);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // who asked is gone: nobody is left to answer
        }
        catch (BadHttpRequestException e)
        {
            await EndAsync(http, Status.ResourceExhausted, Message.Of("inference.bad-request", ("reason", e.Message)));
        }
        catch (KumikiException e)
        {
            await EndAsync(http, Status.Unavailable, e.Says);
        }
        catch (Exception e)
        {
            Failed(log, http.Request.Path, e);
            await EndAsync(http, Status.Internal, Message.Of("serve.failed", ("path", InferenceDoor.Short(http.Request.Path))));
        }
    }

    static Status StatusOf(InferenceFault fault) => fault switch
    {
        InferenceFault.BadRequest => Status.InvalidArgument,
        InferenceFault.NotFound => Status.NotFound,
        InferenceFault.TooLarge or InferenceFault.QueueFull => Status.ResourceExhausted,
        InferenceFault.TooSlow or InferenceFault.DeadlineExceeded => Status.DeadlineExceeded,
        InferenceFault.Unavailable => Status.Unavailable,
        _ => Status.Internal,
    };

    Task CallAsync(HttpContext http, string path) => path switch
    {
        Service + "ModelInfer" => UnaryAsync(http, InferAsync),
        Service + "ModelStreamInfer" => StreamAsync(http),
        Service + "ServerLive" => UnaryAsync(http, (_, answer) => answer.Bool(1, true)),
        Service + "ServerReady" => UnaryAsync(http, (_, answer) => answer.Bool(1, !shelf.IsDraining)),
        Service + "ModelReady" => UnaryAsync(http, ModelReadyAsync),
        Service + "ServerMetadata" => UnaryAsync(http, WriteServer),
        Service + "ModelMetadata" => UnaryAsync(http, MetadataAsync),
        Service + "RepositoryIndex" => UnaryAsync(http, IndexAsync),
        Service + "RepositoryModelLoad" => UnaryAsync(http, (_, body, _) => ChangeAsync(body, load: true, http.RequestAborted)),
        Service + "RepositoryModelUnload" => UnaryAsync(http, (_, body, _) => ChangeAsync(body, load: false, http.RequestAborted)),
        Health + "Check" => UnaryAsync(http, (body, answer) => answer.Int(1, HealthOf(body))),
        Health + "Watch" => WatchAsync(http),
        Reflection + "ServerReflectionInfo" or OldReflection + "ServerReflectionInfo" => ReflectAsync(http),
        _ => EndAsync(http, Status.Unimplemented, Message.Of("serve.no-address", ("path", InferenceDoor.Short(path)))),
    };

    // ── calls ──

    delegate Task Call(HttpContext http, RequestBody body, PooledBuffer answer);

    Task UnaryAsync(HttpContext http, Action<RequestBody, WireWriter> write) => UnaryAsync(http, (_, body, answer) =>
    {
        write(body, new(answer));
        return Task.CompletedTask;
    });

    async Task UnaryAsync(HttpContext http, Call call)
    {
        var frames = new GrpcFrames(http, shelf.Settings, mayBeSilent: false);
        using var body = await frames.ReadAsync() ?? throw WireReader.Broken();
        using var sent = GrpcFrames.Begin();
        await call(http, body, sent);
        await frames.WriteAsync(sent, last: true);
        http.Response.AppendTrailer(StatusTrailer, "0");
    }

    Task InferAsync(HttpContext http, RequestBody body, PooledBuffer into) => InferAsync(http, body, into, inStream: false);

    async Task InferAsync(HttpContext http, RequestBody body, PooledBuffer into, bool inStream)
    {
        using var span = RequestTrace.Begin(http, "infer", says: !inStream);
        try
        {
            using var asking = shelf.Ask();
            var (name, version) = InferenceProto.NamesOf(body);
            var model = await shelf.UseAsync(name, version, http.RequestAborted);
            span.Of(model.Version);
            try
            {
                await InferAsync(http, model, body, into);
            }
            catch (InferenceException e)
            {
                model.Figures.Fail(e.Fault);
                throw;
            }
            finally
            {
                model.Release();
            }
        }
        catch (InferenceException e)
        {
            span.Failed(e.Fault);
            throw;
        }
    }

    static async Task InferAsync(HttpContext http, LoadedModel model, RequestBody body, PooledBuffer into)
    {
        using var request = new InferenceRequest(model.Signature);
        AskedOutputs asked;
        using (ServingTrace.Source.StartActivity("decode"))
        {
            asked = InferenceProto.Read(body, request);
            if (TimeoutOf(http.Request) is { } timeout) request.Timeout = timeout;
            request.Complete();
        }
        using var answer = await model.Lane.AskAsync(request, http.RequestAborted);
        using (ServingTrace.Source.StartActivity("encode")) InferenceProto.Write(into, answer, asked);
    }

    /// <summary>What an answer's trailer says of how a call ended; null where the request was none of gRPC's.</summary>
    public static string? StatusOf(HttpContext http) => IsFor(http)
        ? http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[StatusTrailer] is [{ } status] ? status : "" : null;

    /// <summary>How long the client waits: <c>grpc-timeout</c> is a number of at most 8 digits and a unit.</summary>
    static TimeSpan? TimeoutOf(HttpRequest request)
    {
        if (request.Headers["grpc-timeout"] is not [{ Length: > 1 and <= 9 } text]
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(Math.Min(number, 24 * 365)),
            'M' => TimeSpan.FromMinutes(number),
            'S' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMilliseconds(number),
            'u' => TimeSpan.FromMicroseconds(number),
            'n' => TimeSpan.FromTicks(Math.Max(1, number / 100)),
            _ => null,
        };
    }

    /// <summary>Answers the requests of a stream in their order, of which some are under way at once; one that fails is told so, and the stream goes
    /// on.</summary>
    async Task StreamAsync(HttpContext http)
    {
        var frames = Endless(http);
        // A silent stream must not hold up a server that stops.
        await using var stopping = shelf.Draining.UnsafeRegister(static r => ((PipeReader)r!).CancelPendingRead(), http.Request.BodyReader);
        var answers = Channel.CreateBounded<Task<PooledBuffer>>(Ahead);
        var writing = WriteAsync();
        try
        {
            while (await answers.Writer.WaitToWriteAsync() && await frames.ReadAsync() is { } body)
            {
                var answer = OneAsync(body);
                if (answers.Writer.TryWrite(answer)) continue;
                (await answer).Dispose();       // the stream was ended meanwhile
                break;
            }
            answers.Writer.TryComplete();
        }
        catch (Exception e)
        {
            answers.Writer.TryComplete(e);      // what was read before is answered first
        }
        await writing;
        await EndAsync(http, Status.Ok, null);

        async Task<PooledBuffer> OneAsync(RequestBody body)
        {
            using (body)
            {
                var sent = GrpcFrames.Begin();
                try
                {
                    using var one = new PooledBuffer();
                    await InferAsync(http, body, one, inStream: true);
                    new WireWriter(sent).Bytes(2, one.Written.Span);
                }
                catch (InferenceException e) when (e.Fault != InferenceFault.Unavailable || !shelf.IsDraining)
                {
                    new WireWriter(sent).Text(1, e.Says.In(Language.Of(http).Code));
                }
                catch
                {
                    sent.Dispose();
                    throw;
                }
                return sent;
            }
        }

        async Task WriteAsync()
        {
            Exception? failed = null;
            await foreach (var answer in answers.Reader.ReadAllAsync())
            {
                try
                {
                    using var sent = await answer;
                    if (failed is null) await frames.WriteAsync(sent);
                }
                catch (Exception e)
                {
                    // the first that fails ends the stream; those under way behind it are still waited for, for they use its memory
                    failed ??= e;
                    answers.Writer.TryComplete();
                    http.Request.BodyReader.CancelPendingRead();
                }
            }
            if (failed is not null) ExceptionDispatchInfo.Throw(failed);
        }
    }

    /// <summary>A stream may be long, and silent.</summary>
    GrpcFrames Endless(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        return new(http, shelf.Settings, mayBeSilent: true);
    }

    async Task ReflectAsync(HttpContext http)
    {
        var frames = Endless(http);
        await using var stopping = shelf.Draining.UnsafeRegister(static r => ((PipeReader)r!).CancelPendingRead(), http.Request.BodyReader);
        while (await frames.ReadAsync() is { } body)
        {
            using (body)
            {
                using var sent = GrpcFrames.Begin();
                GrpcReflection.Answer(body, new(sent));
                await frames.WriteAsync(sent);
            }
        }
        await EndAsync(http, Status.Ok, null);
    }

    static void WriteServer(RequestBody body, WireWriter answer)
    {
        answer.Text(1, "kumiki");
        answer.Text(2, typeof(GrpcDoor).Assembly.GetName().Version!.ToString(3));
        answer.Text(3, "model_repository");
    }

    async Task ModelReadyAsync(HttpContext http, RequestBody body, PooledBuffer into)
    {
        var (name, version) = InferenceProto.NamesOf(body);
        bool ready;
        try
        {
            ready = await shelf.IsReadyAsync(name, version, http.RequestAborted);
        }
        catch (InferenceException e) when (e.Fault == InferenceFault.NotFound)
        {
            ready = false;
        }
        new WireWriter(into).Bool(1, ready);
    }

    async Task MetadataAsync(HttpContext http, RequestBody body, PooledBuffer into)
    {
        var answer = new WireWriter(into);
        var (name, version) = InferenceProto.NamesOf(body);
        var versions = await shelf.VersionsAsync(name, http.RequestAborted);
        var model = await shelf.UseAsync(name, version, http.RequestAborted);
        try
        {
            answer.Text(1, name);
            foreach (var number in versions) answer.Text(2, number.ToString(CultureInfo.InvariantCulture));
            answer.Text(3, "onnxruntime_onnx");
            Tensors(4, model.Signature.Inputs);
            Tensors(5, model.Signature.Outputs);
        }
        finally
        {
            model.Release();
        }

        void Tensors(int field, Native.OnnxRuntime.TensorInfo[] tensors)
        {
            using var one = new PooledBuffer();
            foreach (var tensor in tensors)
            {
                one.Clear();
                var part = new WireWriter(one);
                part.Text(1, tensor.Name);
                part.Text(2, TensorTypes.NameOf(tensor.Type));
                part.Packed(3, tensor.Shape.ToArray());
                answer.Bytes(field, one.Written.Span);
            }
        }
    }

    async Task IndexAsync(HttpContext http, RequestBody body, PooledBuffer into)
    {
        var answer = new WireWriter(into);
        var ready = IsReadyOnly(body);
        using var one = new PooledBuffer();
        foreach (var model in await shelf.IndexAsync(ready, http.RequestAborted))
        {
            one.Clear();
            var part = new WireWriter(one);
            part.Text(1, model.Version.Asset);
            part.Text(2, model.Version.Number.ToString(CultureInfo.InvariantCulture));
            part.Text(3, InferenceDoor.StateOf(model.State));
            part.Text(4, model.Reason?.In(Language.Of(http).Code) ?? "");
            answer.Bytes(1, one.Written.Span);
        }
    }

    /// <summary>RepositoryIndexRequest { repository_name 1, ready 2 }.</summary>
    static bool IsReadyOnly(RequestBody body)
    {
        var ready = false;
        var reader = new WireReader(body.Bytes, 0, body.Length);
        while (reader.Next())
        {
            if (reader.Field == 2) ready = reader.Int() != 0;
            else reader.Skip();
        }
        return ready;
    }

    /// <summary>RepositoryModelLoadRequest and RepositoryModelUnloadRequest { repository_name 1, model_name 2 }.</summary>
    Task ChangeAsync(RequestBody body, bool load, CancellationToken gone)
    {
        if (served.ReadOnly) throw new InferenceException(InferenceFault.Unavailable, Message.Of("serve.read-only"));
        var (_, name) = InferenceProto.NamesOf(body);
        return load ? shelf.LoadAsync(name, null, gone) : shelf.UnloadAsync(name, gone);
    }

    // ── health ──

    const ulong Serving = 1, NotServing = 2;

    ulong HealthOf(RequestBody body)
    {
        var (service, _) = InferenceProto.NamesOf(body);
        if (service.Length > 0 && service != Service.Trim('/')) throw new InferenceException(InferenceFault.NotFound,
            Message.Of("inference.no-service", ("service", InferenceDoor.Short(service))));
        return shelf.IsDraining ? NotServing : Serving;
    }

    async Task WatchAsync(HttpContext http)
    {
        var frames = new GrpcFrames(http, shelf.Settings, mayBeSilent: false);
        using var body = await frames.ReadAsync() ?? throw WireReader.Broken();
        await SendAsync(HealthOf(body));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, shelf.Draining);
        await Task.Delay(Timeout.InfiniteTimeSpan, either.Token).ContinueWith(static _ => { }, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (http.RequestAborted.IsCancellationRequested) return;
        await SendAsync(NotServing);
        await EndAsync(http, Status.Ok, null);

        async Task SendAsync(ulong status)
        {
            using var sent = GrpcFrames.Begin();
            new WireWriter(sent).Int(1, status);
            await frames.WriteAsync(sent);
        }
    }

    static async Task EndAsync(HttpContext http, Status status, Message? says)
    {
        if (!http.Response.HasStarted) await http.Response.StartAsync(http.RequestAborted);
        http.Response.AppendTrailer(StatusTrailer, ((int)status).ToString(CultureInfo.InvariantCulture));
        if (says is not null) http.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(says.In(Language.Of(http).Code)));
        await http.Response.CompleteAsync();
    }

    [LoggerMessage(LogLevel.Error, "{Path} failed")]
    static partial void Failed(ILogger logger, string path, Exception e);
}
