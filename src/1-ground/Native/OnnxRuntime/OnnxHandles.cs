using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Native.OnnxRuntime;

/// <summary>What lives as long as the process: one OrtEnv at log level 4 (fatal), the CPU's memory info, the default allocator. Never released.</summary>
internal static unsafe class OnnxProcess
{
    static readonly Lock Gate = new();
    static nint env;

    internal static nint Env
    {
        get
        {
            if (Volatile.Read(ref env) != 0) return env;
            lock (Gate)
            {
                if (env != 0) return env;
                nint made, memory, allocator;
                OnnxRuntimeApi.Check(OnnxRuntimeApi.CreateCpuMemoryInfo(1, 0, &memory), "start");
                OnnxRuntimeApi.Check(OnnxRuntimeApi.GetAllocatorWithDefaultOptions(&allocator), "start");
                fixed (byte* id = "kumiki\0"u8) OnnxRuntimeApi.Check(OnnxRuntimeApi.CreateEnv(4, id, &made), "start");
                (CpuMemory, Allocator) = (memory, allocator);
                Volatile.Write(ref env, made);
                return made;
            }
        }
    }

    internal static nint CpuMemory { get => Env != 0 ? field : 0; private set; }
    internal static nint Allocator { get => Env != 0 ? field : 0; private set; }

    /// <summary>A string the library allocated: read, then given back.</summary>
    internal static string Take(byte* text)
    {
        var read = Marshal.PtrToStringUTF8((nint)text) ?? "";
        OnnxRuntimeApi.Check(OnnxRuntimeApi.AllocatorFree(Allocator, text), "free a string");
        return read;
    }
}

/// <summary>An OrtSession and the UTF-8 names that its runs point to: both live until the last run is over.</summary>
internal sealed class SessionHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    internal SessionHandle(nint made) : base(ownsHandle: true) => SetHandle(made);

    internal nint[] InputNames { get; private set; } = [];
    internal nint[] OutputNames { get; private set; } = [];

    internal void KeepNames(IEnumerable<string> inputs, IEnumerable<string> outputs)
    {
        InputNames = [.. inputs.Select(Marshal.StringToCoTaskMemUTF8)];
        OutputNames = [.. outputs.Select(Marshal.StringToCoTaskMemUTF8)];
    }

    protected override unsafe bool ReleaseHandle()
    {
        OnnxRuntimeApi.ReleaseSession(handle);
        foreach (var name in InputNames) Marshal.FreeCoTaskMem(name);
        foreach (var name in OutputNames) Marshal.FreeCoTaskMem(name);
        return true;
    }
}

internal sealed class SessionOptionsHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    internal unsafe SessionOptionsHandle() : base(ownsHandle: true)
    {
        nint made;
        OnnxRuntimeApi.Check(OnnxRuntimeApi.CreateSessionOptions(&made), "make session options");
        SetHandle(made);
    }

    protected override unsafe bool ReleaseHandle() { OnnxRuntimeApi.ReleaseSessionOptions(handle); return true; }
}

internal sealed class RunOptionsHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    internal unsafe RunOptionsHandle() : base(ownsHandle: true)
    {
        nint made;
        OnnxRuntimeApi.Check(OnnxRuntimeApi.CreateRunOptions(&made), "make run options");
        SetHandle(made);
    }

    protected override unsafe bool ReleaseHandle() { OnnxRuntimeApi.ReleaseRunOptions(handle); return true; }
}

internal sealed class ValueHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    internal ValueHandle(nint made) : base(ownsHandle: true) => SetHandle(made);

    protected override unsafe bool ReleaseHandle() { OnnxRuntimeApi.ReleaseValue(handle); return true; }
}

/// <summary>Zeroed bytes aligned to 64. Tensors that look at them hold a reference each, so they are freed after the last of those.</summary>
internal sealed class AlignedMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    internal unsafe AlignedMemory(nuint bytes) : base(ownsHandle: true)
    {
        SetHandle((nint)NativeMemory.AlignedAlloc(Math.Max(bytes, 64), 64));
        NativeMemory.Clear((void*)handle, bytes);
    }

    protected override unsafe bool ReleaseHandle() { NativeMemory.AlignedFree((void*)handle); return true; }
}
