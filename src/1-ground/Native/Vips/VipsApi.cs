using System.Runtime.InteropServices;

namespace Kumiki.Native.Vips;

/// <summary>vips.h and glib-object.h, under their own names; only calls without variable arguments, which are safe on every
/// platform. One library holds both.</summary>
internal static unsafe partial class VipsApi
{
    const string Library = "vips-cpp";

    /// <summary>GValue: a type and two words.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct GValue
    {
        internal nuint Type;
        internal long First, Second;
    }

    // the process
    [LibraryImport(Library)] internal static partial int vips_init(byte* name);
    [LibraryImport(Library)] internal static partial byte* vips_version_string();
    [LibraryImport(Library)] internal static partial int g_setenv(byte* name, byte* value, int overwrite);
    [LibraryImport(Library)] internal static partial void vips_concurrency_set(int threads);
    [LibraryImport(Library)] internal static partial void vips_cache_set_max(int operations);
    [LibraryImport(Library)] internal static partial void vips_operation_block_set(byte* name, int blocked);
    [LibraryImport(Library)] internal static partial void vips_error_clear();

    // operations
    [LibraryImport(Library)] internal static partial nint vips_operation_new(byte* name);
    [LibraryImport(Library)] internal static partial int vips_object_set_argument_from_string(nint thing, byte* name, byte* value);
    [LibraryImport(Library)] internal static partial nint vips_cache_operation_build(nint operation);
    [LibraryImport(Library)] internal static partial void vips_object_unref_outputs(nint operation);

    // values and objects
    [LibraryImport(Library)] internal static partial nuint vips_image_get_type();
    [LibraryImport(Library)] internal static partial nuint vips_blob_get_type();
    [LibraryImport(Library)] internal static partial GValue* g_value_init(GValue* value, nuint type);
    [LibraryImport(Library)] internal static partial void g_value_unset(GValue* value);
    [LibraryImport(Library)] internal static partial void g_value_set_object(GValue* value, nint thing);
    [LibraryImport(Library)] internal static partial nint g_value_dup_object(GValue* value);
    [LibraryImport(Library)] internal static partial void vips_value_set_blob(GValue* value, nint free, byte* data, nuint bytes);
    [LibraryImport(Library)] internal static partial void g_object_set_property(nint thing, byte* name, GValue* value);
    [LibraryImport(Library)] internal static partial void g_object_get_property(nint thing, byte* name, GValue* value);
    [LibraryImport(Library)] internal static partial void g_object_unref(nint thing);
    [LibraryImport(Library)] internal static partial void g_free(void* memory);

    // images
    [LibraryImport(Library)] internal static partial int vips_image_get_width(nint image);
    [LibraryImport(Library)] internal static partial int vips_image_get_height(nint image);
    [LibraryImport(Library)] internal static partial int vips_image_get_bands(nint image);
    [LibraryImport(Library)] internal static partial int vips_image_get_format(nint image);
    [LibraryImport(Library)] internal static partial int vips_image_get_interpretation(nint image);
    [LibraryImport(Library)] internal static partial int vips_image_get_orientation(nint image);
    [LibraryImport(Library)] internal static partial int vips_image_hasalpha(nint image);
    [LibraryImport(Library)] internal static partial void* vips_image_write_to_memory(nint image, nuint* bytes);
}
