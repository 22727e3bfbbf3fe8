using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Native.XGBoost;

/// <summary>xgboost/c_api.h of 1.7.4, under its own names. Every function gives 0, or -1 with a message that belongs to the calling thread.</summary>
internal static unsafe partial class XGBoostApi
{
    const string Library = "xgboost";

    // libgomp reads the environment when it is loaded, and Environment.SetEnvironmentVariable does not reach getenv. Threads that spin between two
    // rounds made training more than twice as slow on a machine with other work. What the user chose stays.
    static XGBoostApi()
    {
        fixed (byte* name = "OMP_WAIT_POLICY\0"u8, passive = "passive\0"u8) _ = setenv(name, passive, overwrite: 0);
    }

    [LibraryImport("libc")]
    private static partial int setenv(byte* name, byte* value, int overwrite);

    [LibraryImport(Library)]
    internal static partial void XGBoostVersion(int* major, int* minor, int* patch);

    [LibraryImport(Library)]
    internal static partial nint XGBGetLastError();

    [LibraryImport(Library)]
    internal static partial int XGBRegisterLogCallback(nint callback);

    // matrices
    [LibraryImport(Library)]
    internal static partial int XGDMatrixCreateFromMat_omp(float* data, ulong rows, ulong columns, float missing, out DMatrixHandle made, int threads);

    [LibraryImport(Library)]
    internal static partial int XGDMatrixFree(nint matrix);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int XGDMatrixSetFloatInfo(DMatrixHandle matrix, string field, float* values, ulong count);

    // matrices of bins, fed block by block: the callbacks are int next(iter) and void reset(iter)
    [LibraryImport(Library)]
    internal static partial int XGProxyDMatrixCreate(out DMatrixHandle made);

    [LibraryImport(Library)]
    internal static partial int XGProxyDMatrixSetDataDense(nint proxy, byte* arrayInterface);

    [LibraryImport(Library, EntryPoint = "XGDMatrixSetFloatInfo")]
    internal static partial int XGProxyDMatrixSetFloatInfo(nint proxy, byte* field, float* values, ulong count);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int XGQuantileDMatrixCreateFromCallback(
        nint iterator, DMatrixHandle proxy, nint reference, delegate* unmanaged[Cdecl]<nint, void> reset, delegate* unmanaged[Cdecl]<nint, int> next,
            string config,
        out DMatrixHandle made);

    // boosters
    [LibraryImport(Library)]
    internal static partial int XGBoosterCreate(nint* matrices, ulong count, out BoosterHandle made);

    [LibraryImport(Library)]
    internal static partial int XGBoosterFree(nint booster);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int XGBoosterSetParam(BoosterHandle booster, string name, string value);

    [LibraryImport(Library)]
    internal static partial int XGBoosterBoostedRounds(BoosterHandle booster, int* rounds);

    [LibraryImport(Library)]
    internal static partial int XGBoosterGetNumFeature(BoosterHandle booster, ulong* features);

    [LibraryImport(Library)]
    internal static partial int XGBoosterUpdateOneIter(BoosterHandle booster, int round, DMatrixHandle train);

    [LibraryImport(Library)]
    internal static partial int XGBoosterBoostOneIter(BoosterHandle booster, DMatrixHandle train, float* gradient, float* hessian, ulong count);

    [LibraryImport(Library)]
    internal static partial int XGBoosterSlice(BoosterHandle booster, int begin, int end, int step, out BoosterHandle made);

    [LibraryImport(Library)]
    internal static partial int XGBoosterEvalOneIter(BoosterHandle booster, int round, nint* matrices, nint* names, ulong count, nint* text);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int XGBoosterPredictFromDMatrix(
        BoosterHandle booster, DMatrixHandle rows, string config, ulong** shape, ulong* rank, float** result);

    [LibraryImport(Library)]
    internal static partial int XGBoosterLoadModelFromBuffer(BoosterHandle booster, byte* model, ulong length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int XGBoosterSaveModelToBuffer(BoosterHandle booster, string config, ulong* length, byte** model);

    /// <summary>Throws with the first line of the library's message (the rest is a stack trace) when <paramref name="result"/> is not 0.</summary>
    /// <param name="doing">What was being done, as it stands after "could not".</param>
    internal static void Check(int result, string doing)
    {
        if (result == 0) return;
        var text = Marshal.PtrToStringUTF8(XGBGetLastError()) ?? "";
        throw new NativeException(NativeEngine.XGBoost, doing, FirstLine(text));
    }

    /// <summary>The first line without its time and place: all after the place of <c>[12:00:00] ./src/data/data.cc:981: Check failed</c>.</summary>
    internal static string FirstLine(string text)
    {
        var line = text.TrimStart().Split('\n')[0].Trim();
        if (!line.StartsWith('[')) return line;
        var at = line.IndexOf("] ", StringComparison.Ordinal);
        var source = at < 0 ? -1 : line.IndexOf(": ", at, StringComparison.Ordinal);
        return source < 0 ? line : line[(source + 2)..];
    }
}

internal sealed class DMatrixHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => XGBoostApi.XGDMatrixFree(handle) == 0;
}

internal sealed class BoosterHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => XGBoostApi.XGBoosterFree(handle) == 0;
}
