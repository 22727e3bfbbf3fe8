using System.Runtime.InteropServices;
using System.Text;

namespace Kumiki.Native.DuckDb;

/// <summary>DuckDB refused; its own message and class of error are kept.</summary>
public sealed class DuckDbException(string doing, string reason, DuckDbErrorType type) : NativeException(NativeEngine.DuckDb, doing, reason)
{
    public DuckDbErrorType Type { get; } = type;

    /// <summary>A file system had no room, for a result or for what DuckDB spills.</summary>
    public bool DiskFull => Reason.Contains("No space left on device", StringComparison.Ordinal)
        || Reason.Contains("File too large", StringComparison.Ordinal)
        || Reason.Contains("max_temp_directory_size", StringComparison.Ordinal);
}

/// <summary>The one place where a status of the library is looked at.</summary>
internal static unsafe class DuckDbStatus
{
    internal static void Check(DuckDbState state, string doing, byte* reason, DuckDbErrorType type = DuckDbErrorType.Invalid)
    {
        if (state == DuckDbState.Success) return;
        var text = Text(reason);
        throw new DuckDbException(doing, text.Length > 0 ? text : "no reason was given", type == DuckDbErrorType.Invalid ? TypeOf(text) : type);
    }

    internal static void Check(DuckDbState state, string doing, ResultHandle result, CancellationToken cancellation)
    {
        if (state == DuckDbState.Success) return;
        var type = DuckDbApi.duckdb_result_error_type(result.Data);
        if (type == DuckDbErrorType.Interrupt) cancellation.ThrowIfCancellationRequested();
        Check(state, doing, DuckDbApi.duckdb_result_error(result.Data), type);
    }

    internal static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";

    /// <summary>A text as the C functions want it: UTF-8 and a zero.</summary>
    internal static byte[] CText(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    // Where the C API gives no code, the message begins with the class: "IO Error: …".
    static DuckDbErrorType TypeOf(string reason) => reason.Split(" Error:")[0] switch
    {
        "IO" => DuckDbErrorType.Io,
        "Parser" => DuckDbErrorType.Parser,
        "Binder" => DuckDbErrorType.Binder,
        "Catalog" => DuckDbErrorType.Catalog,
        "Conversion" => DuckDbErrorType.Conversion,
        "Permission" => DuckDbErrorType.Permission,
        "Out of Memory" => DuckDbErrorType.OutOfMemory,
        "Invalid Input" => DuckDbErrorType.InvalidInput,
        "INTERRUPT" => DuckDbErrorType.Interrupt,
        _ => DuckDbErrorType.Invalid,
    };
}
