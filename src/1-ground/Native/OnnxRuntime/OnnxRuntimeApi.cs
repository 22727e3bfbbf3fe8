using System.Runtime.InteropServices;

namespace Kumiki.Native.OnnxRuntime;

/// <summary>onnxruntime_c_api.h, API version 23, under its own names. The table of functions only ever grows at its end, so a position never changes.</summary>
internal static unsafe partial class OnnxRuntimeApi
{
    const uint ApiVersion = 23;

    static nint* table;

    // Filled on first use and not in a static constructor: a missing library must be said in its own sentence, not wrapped in a TypeInitializationException.
    static nint* Table => table is not null ? table : table = Open();

    [LibraryImport("onnxruntime")]
    private static partial nint* OrtGetApiBase();

    /// <summary>Opens the table, without what this library does unless it is told not to: note down in the user's home what is run, and send it to
    /// its makers.</summary>
    static nint* Open()
    {
        if (setenv("ORT_DISABLE_TELEMETRY", "1", 1) != 0) throw new NativeException(NativeEngine.OnnxRuntime, "start", "its telemetry cannot be turned off");
        var get = (delegate* unmanaged[Cdecl]<uint, nint*>)OrtGetApiBase()[0];
        var opened = get(ApiVersion);
        return opened is not null ? opened : throw new NativeException(NativeEngine.OnnxRuntime, "start", $"version {VersionString} has no API {ApiVersion}");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    internal static string VersionString => Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)OrtGetApiBase()[1])())!;

    // status
    internal static delegate* unmanaged[Cdecl]<nint, byte*> GetErrorMessage => (delegate* unmanaged[Cdecl]<nint, byte*>)Table[2];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseStatus => (delegate* unmanaged[Cdecl]<nint, void>)Table[93];

    // environment, memory
    internal static delegate* unmanaged[Cdecl]<int, byte*, nint*, nint> CreateEnv => (delegate* unmanaged[Cdecl]<int, byte*, nint*, nint>)Table[3];
    internal static delegate* unmanaged[Cdecl]<int, int, nint*, nint> CreateCpuMemoryInfo => (delegate* unmanaged[Cdecl]<int, int, nint*, nint>)Table[69];
    internal static delegate* unmanaged[Cdecl]<nint, void*, nint> AllocatorFree => (delegate* unmanaged[Cdecl]<nint, void*, nint>)Table[76];
    internal static delegate* unmanaged[Cdecl]<nint*, nint> GetAllocatorWithDefaultOptions => (delegate* unmanaged[Cdecl]<nint*, nint>)Table[78];

    // session options
    internal static delegate* unmanaged[Cdecl]<nint*, nint> CreateSessionOptions => (delegate* unmanaged[Cdecl]<nint*, nint>)Table[10];
    internal static delegate* unmanaged[Cdecl]<nint, nint> DisableMemPattern => (delegate* unmanaged[Cdecl]<nint, nint>)Table[17];
    internal static delegate* unmanaged[Cdecl]<nint, nint> DisableCpuMemArena => (delegate* unmanaged[Cdecl]<nint, nint>)Table[19];
    internal static delegate* unmanaged[Cdecl]<nint, int, nint> SetSessionGraphOptimizationLevel => (delegate* unmanaged[Cdecl]<nint, int, nint>)Table[23];
    internal static delegate* unmanaged[Cdecl]<nint, int, nint> SetIntraOpNumThreads => (delegate* unmanaged[Cdecl]<nint, int, nint>)Table[24];
    internal static delegate* unmanaged[Cdecl]<nint, int, nint> SetInterOpNumThreads => (delegate* unmanaged[Cdecl]<nint, int, nint>)Table[25];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseSessionOptions => (delegate* unmanaged[Cdecl]<nint, void>)Table[100];
    internal static delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint> AddSessionConfigEntry =>
        (delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint>)Table[130];

    // session
    internal static delegate* unmanaged[Cdecl]<nint, byte*, nint, nint*, nint> CreateSession =>
        (delegate* unmanaged[Cdecl]<nint, byte*, nint, nint*, nint>)Table[7];
    internal static delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint, nint*, nint> CreateSessionFromArray =>
        (delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint, nint*, nint>)Table[8];
    internal static delegate* unmanaged[Cdecl]<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint> Run =>
        (delegate* unmanaged[Cdecl]<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)Table[9];
    internal static delegate* unmanaged[Cdecl]<nint, nuint*, nint> SessionGetInputCount => (delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Table[30];
    internal static delegate* unmanaged[Cdecl]<nint, nuint*, nint> SessionGetOutputCount => (delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Table[31];
    internal static delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint> SessionGetInputTypeInfo =>
        (delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint>)Table[33];
    internal static delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint> SessionGetOutputTypeInfo =>
        (delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint>)Table[34];
    internal static delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint> SessionGetInputName =>
        (delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint>)Table[36];
    internal static delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint> SessionGetOutputName =>
        (delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint>)Table[37];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseSession => (delegate* unmanaged[Cdecl]<nint, void>)Table[95];

    // run options
    internal static delegate* unmanaged[Cdecl]<nint*, nint> CreateRunOptions => (delegate* unmanaged[Cdecl]<nint*, nint>)Table[39];
    internal static delegate* unmanaged[Cdecl]<nint, nint> RunOptionsSetTerminate => (delegate* unmanaged[Cdecl]<nint, nint>)Table[46];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseRunOptions => (delegate* unmanaged[Cdecl]<nint, void>)Table[97];

    // values
    internal static delegate* unmanaged[Cdecl]<nint, long*, nuint, int, nint*, nint> CreateTensorAsOrtValue =>
        (delegate* unmanaged[Cdecl]<nint, long*, nuint, int, nint*, nint>)Table[48];
    internal static delegate* unmanaged[Cdecl]<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithDataAsOrtValue =>
        (delegate* unmanaged[Cdecl]<nint, void*, nuint, long*, nuint, int, nint*, nint>)Table[49];
    internal static delegate* unmanaged[Cdecl]<nint, int*, nint> IsTensor => (delegate* unmanaged[Cdecl]<nint, int*, nint>)Table[50];
    internal static delegate* unmanaged[Cdecl]<nint, void**, nint> GetTensorMutableData => (delegate* unmanaged[Cdecl]<nint, void**, nint>)Table[51];
    internal static delegate* unmanaged[Cdecl]<nint, nuint, nuint*, nint> GetStringTensorElementLength =>
        (delegate* unmanaged[Cdecl]<nint, nuint, nuint*, nint>)Table[127];
    internal static delegate* unmanaged[Cdecl]<nint, nuint, nuint, void*, nint> GetStringTensorElement =>
        (delegate* unmanaged[Cdecl]<nint, nuint, nuint, void*, nint>)Table[128];

    // Called once a text and back in some ten nanoseconds: not worth telling the garbage collector that this thread is away.
    internal static delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, nuint, nuint, byte**, nint> GetResizedStringTensorElementBuffer =>
        (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, nuint, nuint, byte**, nint>)Table[252];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseValue => (delegate* unmanaged[Cdecl]<nint, void>)Table[96];

    // types and shapes
    internal static delegate* unmanaged[Cdecl]<nint, nint*, nint> CastTypeInfoToTensorInfo => (delegate* unmanaged[Cdecl]<nint, nint*, nint>)Table[55];
    internal static delegate* unmanaged[Cdecl]<nint, int*, nint> GetTensorElementType => (delegate* unmanaged[Cdecl]<nint, int*, nint>)Table[60];
    internal static delegate* unmanaged[Cdecl]<nint, nuint*, nint> GetDimensionsCount => (delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Table[61];
    internal static delegate* unmanaged[Cdecl]<nint, long*, nuint, nint> GetDimensions => (delegate* unmanaged[Cdecl]<nint, long*, nuint, nint>)Table[62];
    internal static delegate* unmanaged[Cdecl]<nint, nint*, nint> GetTensorTypeAndShape => (delegate* unmanaged[Cdecl]<nint, nint*, nint>)Table[65];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseTypeInfo => (delegate* unmanaged[Cdecl]<nint, void>)Table[98];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseTensorTypeAndShapeInfo => (delegate* unmanaged[Cdecl]<nint, void>)Table[99];

    // metadata
    internal static delegate* unmanaged[Cdecl]<nint, nint*, nint> SessionGetModelMetadata => (delegate* unmanaged[Cdecl]<nint, nint*, nint>)Table[111];
    internal static delegate* unmanaged[Cdecl]<nint, nint, byte*, byte**, nint> ModelMetadataLookupCustomMetadataMap =>
        (delegate* unmanaged[Cdecl]<nint, nint, byte*, byte**, nint>)Table[116];
    internal static delegate* unmanaged[Cdecl]<nint, void> ReleaseModelMetadata => (delegate* unmanaged[Cdecl]<nint, void>)Table[118];

    /// <summary>Throws with the library's own message when <paramref name="status"/> is not success, and releases it.</summary>
    /// <param name="doing">What was being done, as it stands after "could not".</param>
    internal static void Check(nint status, string doing)
    {
        if (status != 0) throw Failure(status, doing);
    }

    static NativeException Failure(nint status, string doing)
    {
        var reason = Marshal.PtrToStringUTF8((nint)GetErrorMessage(status)) ?? "";
        ReleaseStatus(status);
        return new(NativeEngine.OnnxRuntime, doing, reason.Trim());
    }
}
