using System.Runtime.InteropServices;
using System.Text;

namespace Kumiki.Native.OnnxRuntime;

/// <summary>How far a graph is rewritten when it is opened; ONNX Runtime's own numbers.</summary>
public enum GraphOptimisation { None = 0, Basic = 1, Extended = 2, All = 99 }

/// <summary>How a session runs.</summary>
public sealed record OnnxSessionOptions
{
    /// <summary>Threads one run may use.</summary>
    /// <value>1, which makes any batch equal its rows to the last bit; with more, sums over trees differ in their last digits.</value>
    public int Threads { get; init; } = 1;

    /// <value><see cref="GraphOptimisation.All"/>.</value>
    public GraphOptimisation Optimisation { get; init; } = GraphOptimisation.All;

    /// <summary>Whether the engine keeps the memory of a run for the next one.</summary>
    /// <value>True, which is fastest; false gives it back after each run. The results are the same.</value>
    public bool Arena { get; init; } = true;
}

/// <summary>One model opened in ONNX Runtime on the CPU. May be run from many threads at once.</summary>
public sealed unsafe class OnnxSession : IDisposable
{
    readonly SessionHandle session;

    OnnxSession(nint made)
    {
        session = new(made);
        try
        {
            Inputs = Describe(OnnxRuntimeApi.SessionGetInputCount, OnnxRuntimeApi.SessionGetInputName, OnnxRuntimeApi.SessionGetInputTypeInfo);
            Outputs = Describe(OnnxRuntimeApi.SessionGetOutputCount, OnnxRuntimeApi.SessionGetOutputName, OnnxRuntimeApi.SessionGetOutputTypeInfo);
            session.KeepNames(Inputs.Select(i => i.Name), Outputs.Select(o => o.Name));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The version of the library, such as 1.30.0.</summary>
    public static string LibraryVersion => OnnxRuntimeApi.VersionString;

    public IReadOnlyList<TensorInfo> Inputs { get; }
    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>Opens a model from its bytes, which are not needed afterwards.</summary>
    /// <exception cref="NativeException">The bytes are no model that ONNX Runtime can run.</exception>
    public static OnnxSession Open(ReadOnlySpan<byte> model, OnnxSessionOptions? options = null)
    {
        nint made;
        using var chosen = Choose(options ?? new());
        fixed (byte* bytes = model)
        {
            var status = OnnxRuntimeApi.CreateSessionFromArray(OnnxProcess.Env, bytes, (nuint)model.Length, chosen.DangerousGetHandle(), &made);
            OnnxRuntimeApi.Check(status, $"open a model of {model.Length} bytes");
        }
        return new(made);
    }

    /// <summary>Opens a model file, and the external data beside it.</summary>
    /// <exception cref="NativeException">There is no such file, or it is no model that ONNX Runtime can run.</exception>
    public static OnnxSession Open(string path, OnnxSessionOptions? options = null)
    {
        nint made;
        using var chosen = Choose(options ?? new());
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
            OnnxRuntimeApi.Check(OnnxRuntimeApi.CreateSession(OnnxProcess.Env, name, chosen.DangerousGetHandle(), &made), $"open the model {path}");
        return new(made);
    }

    /// <summary>Opens a model file whose inputs and outputs may be anything, lists and maps too, and closes it again.</summary>
    /// <exception cref="NativeException">It is no model that ONNX Runtime can run.</exception>
    public static void Try(string path)
    {
        nint made;
        using var chosen = Choose(new());
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
            OnnxRuntimeApi.Check(OnnxRuntimeApi.CreateSession(OnnxProcess.Env, name, chosen.DangerousGetHandle(), &made), "open it");
        OnnxRuntimeApi.ReleaseSession(made);
    }

    static SessionOptionsHandle Choose(OnnxSessionOptions options)
    {
        var handle = new SessionOptionsHandle();
        var made = handle.DangerousGetHandle();
        OnnxRuntimeApi.Check(OnnxRuntimeApi.SetIntraOpNumThreads(made, options.Threads), "set the threads");
        OnnxRuntimeApi.Check(OnnxRuntimeApi.SetInterOpNumThreads(made, 1), "set the threads");
        OnnxRuntimeApi.Check(OnnxRuntimeApi.SetSessionGraphOptimizationLevel(made, (int)options.Optimisation), "set the optimisation level");
        if (!options.Arena)
        {
            OnnxRuntimeApi.Check(OnnxRuntimeApi.DisableCpuMemArena(made), "turn the arena off");
            OnnxRuntimeApi.Check(OnnxRuntimeApi.DisableMemPattern(made), "turn the arena off");
        }
        // Idle threads that spin take the cores of everybody else.
        fixed (byte* intra = "session.intra_op.allow_spinning\0"u8, inter = "session.inter_op.allow_spinning\0"u8, no = "0\0"u8)
        {
            OnnxRuntimeApi.Check(OnnxRuntimeApi.AddSessionConfigEntry(made, intra, no), "turn spinning off");
            OnnxRuntimeApi.Check(OnnxRuntimeApi.AddSessionConfigEntry(made, inter, no), "turn spinning off");
        }
        return handle;
    }

    TensorInfo[] Describe(
        delegate* unmanaged[Cdecl]<nint, nuint*, nint> countOf,
        delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint> nameOf,
        delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint> typeOf)
    {
        nuint count;
        var handle = session.DangerousGetHandle();
        OnnxRuntimeApi.Check(countOf(handle, &count), "count the inputs and outputs");
        var all = new TensorInfo[count];
        for (nuint i = 0; i < count; i++)
        {
            byte* name;
            nint type, tensor;
            int element;
            OnnxRuntimeApi.Check(nameOf(handle, i, OnnxProcess.Allocator, &name), "read a name");
            var read = OnnxProcess.Take(name);
            OnnxRuntimeApi.Check(typeOf(handle, i, &type), $"read the type of {read}");
            try
            {
                OnnxRuntimeApi.Check(OnnxRuntimeApi.CastTypeInfoToTensorInfo(type, &tensor), $"read the type of {read}");
                if (tensor == 0) throw new NativeException(NativeEngine.OnnxRuntime, $"describe {read}", "it is not a tensor");
                OnnxRuntimeApi.Check(OnnxRuntimeApi.GetTensorElementType(tensor, &element), $"read the type of {read}");
                all[i] = new(read, (TensorType)element, OnnxTensor.ShapeOf(tensor));
            }
            finally
            {
                OnnxRuntimeApi.ReleaseTypeInfo(type);
            }
        }
        return all;
    }

    /// <summary>Runs into tensors that exist already; nothing is allocated here.</summary>
    /// <param name="inputs">One for each of <see cref="Inputs"/>, in that order.</param>
    /// <param name="outputs">One for each of <see cref="Outputs"/>, in that order and of the exact shape.</param>
    /// <exception cref="NativeException">A type or shape does not fit, or a node failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run stops between two nodes.</exception>
    public void Run(ReadOnlySpan<OnnxTensor> inputs, ReadOnlySpan<OnnxTensor> outputs, CancellationToken cancel = default)
    {
        if (outputs.Length != Outputs.Count) throw new ArgumentException($"The model has {Outputs.Count} outputs, not {outputs.Length}.", nameof(outputs));
        Span<nint> made = outputs.Length <= 64 ? stackalloc nint[outputs.Length] : new nint[outputs.Length];
        var held = 0;
        try
        {
            for (; held < outputs.Length; held++) made[held] = Hold(outputs[held].Value);
            Run(inputs, made, cancel);
        }
        finally
        {
            foreach (var output in outputs[..held]) output.Value.DangerousRelease();
        }
    }

    /// <summary>Runs, and gives new output tensors in the order of <see cref="Outputs"/>; the caller disposes them.</summary>
    /// <inheritdoc cref="Run(ReadOnlySpan{OnnxTensor}, ReadOnlySpan{OnnxTensor}, CancellationToken)"/>
    public OnnxTensor[] Run(ReadOnlySpan<OnnxTensor> inputs, CancellationToken cancel = default)
    {
        var made = new nint[Outputs.Count];
        Run(inputs, made, cancel);
        return Array.ConvertAll(made, OnnxTensor.Owning);
    }

    /// <summary>Runs, and gives new output tensors; another thread may stop it.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <inheritdoc cref="Run(ReadOnlySpan{OnnxTensor}, ReadOnlySpan{OnnxTensor}, CancellationToken)"/>
    public OnnxTensor[] Run(ReadOnlySpan<OnnxTensor> inputs, OnnxRun run)
    {
        var made = new nint[Outputs.Count];
        Run(inputs, made, run.Options, run.Stopped);
        return Array.ConvertAll(made, OnnxTensor.Owning);
    }

    void Run(ReadOnlySpan<OnnxTensor> inputs, Span<nint> outputs, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var options = cancel.CanBeCanceled ? new RunOptionsHandle() : null;
        using var stop = options is null ? default : cancel.UnsafeRegister(static o => OnnxRun.Stop((RunOptionsHandle)o!), options);
        Run(inputs, outputs, options, cancel);
    }

    void Run(ReadOnlySpan<OnnxTensor> inputs, Span<nint> outputs, RunOptionsHandle? options, CancellationToken cancel)
    {
        if (inputs.Length != Inputs.Count) throw new ArgumentException($"The model has {Inputs.Count} inputs, not {inputs.Length}.", nameof(inputs));
        cancel.ThrowIfCancellationRequested();
        Span<nint> values = inputs.Length <= 256 ? stackalloc nint[inputs.Length] : new nint[inputs.Length];
        var held = 0;
        Hold(session);
        try
        {
            for (; held < inputs.Length; held++) values[held] = Hold(inputs[held].Value);
            nint status;
            fixed (nint* ins = session.InputNames, inValues = values, outs = session.OutputNames, outValues = outputs)
            {
                status = OnnxRuntimeApi.Run(
                    session.DangerousGetHandle(), options?.DangerousGetHandle() ?? 0,
                    ins, inValues, (nuint)inputs.Length, outs, (nuint)outputs.Length, outValues);
            }
            if (status == 0) return;
            if (cancel.IsCancellationRequested)
            {
                OnnxRuntimeApi.ReleaseStatus(status);
                cancel.ThrowIfCancellationRequested();
            }
            OnnxRuntimeApi.Check(status, "run the model");
        }
        finally
        {
            foreach (var input in inputs[..held]) input.Value.DangerousRelease();
            session.DangerousRelease();
        }
    }

    static nint Hold(SafeHandle handle)
    {
        var held = false;
        handle.DangerousAddRef(ref held);
        return handle.DangerousGetHandle();
    }

    /// <summary>An entry of the model's own metadata, or null.</summary>
    public string? Metadata(string key)
    {
        Hold(session);
        nint metadata = 0;
        try
        {
            byte* value;
            OnnxRuntimeApi.Check(OnnxRuntimeApi.SessionGetModelMetadata(session.DangerousGetHandle(), &metadata), "read the metadata");
            fixed (byte* name = Encoding.UTF8.GetBytes(key + "\0"))
            {
                var status = OnnxRuntimeApi.ModelMetadataLookupCustomMetadataMap(metadata, OnnxProcess.Allocator, name, &value);
                OnnxRuntimeApi.Check(status, $"read the metadata {key}");
            }
            return value is null ? null : OnnxProcess.Take(value);
        }
        finally
        {
            if (metadata != 0) OnnxRuntimeApi.ReleaseModelMetadata(metadata);
            session.DangerousRelease();
        }
    }

    public void Dispose() => session.Dispose();
}

/// <summary>What stops runs from another thread; used by one run at a time, and by many one after another until one is stopped.</summary>
public sealed unsafe class OnnxRun : IDisposable
{
    readonly CancellationTokenSource stopped = new();

    internal RunOptionsHandle Options { get; } = new();
    internal CancellationToken Stopped => stopped.Token;

    /// <summary>Whether <see cref="Stop()"/> was called: then no more runs are begun with it.</summary>
    public bool IsStopped => stopped.IsCancellationRequested;

    /// <summary>Ends the run under way between two nodes, and every later one.</summary>
    public void Stop()
    {
        stopped.Cancel();
        Stop(Options);
    }

    internal static void Stop(RunOptionsHandle options)
    {
        var held = false;
        options.DangerousAddRef(ref held);
        try
        {
            OnnxRuntimeApi.Check(OnnxRuntimeApi.RunOptionsSetTerminate(options.DangerousGetHandle()), "stop a run");
        }
        finally
        {
            options.DangerousRelease();
        }
    }

    public void Dispose()
    {
        Options.Dispose();
        stopped.Dispose();
    }
}
