using Microsoft.Win32.SafeHandles;

namespace Kumiki.Native.Vips;

/// <summary>What lives as long as the process: the library, told to run on the calling thread, keep nothing, and open JPEG, PNG and WebP only.</summary>
internal static unsafe class VipsProcess
{
    static readonly Lock Gate = new();
    static volatile bool started;

    internal static void Start()
    {
        if (started) return;
        lock (Gate)
        {
            if (started) return;
            // One line a row of a damaged picture would go to stderr otherwise.
            fixed (byte* name = "VIPS_WARNING\0"u8, yes = "1\0"u8) _ = VipsApi.g_setenv(name, yes, 1);
            fixed (byte* name = "kumiki\0"u8)
                if (VipsApi.vips_init(name) != 0) throw new NativeException(NativeEngine.Vips, "start", "vips_init failed");
            VipsApi.vips_concurrency_set(1);
            VipsApi.vips_cache_set_max(0);
            fixed (byte* all = "VipsForeignLoad\0"u8, jpeg = "VipsForeignLoadJpeg\0"u8, png = "VipsForeignLoadPng\0"u8, webp = "VipsForeignLoadWebp\0"u8)
            {
                VipsApi.vips_operation_block_set(all, 1);
                VipsApi.vips_operation_block_set(jpeg, 0);
                VipsApi.vips_operation_block_set(png, 0);
                VipsApi.vips_operation_block_set(webp, 0);
            }
            started = true;
        }
    }
}

/// <summary>A VipsImage: mostly a promise to make pixels when they are asked for.</summary>
internal sealed unsafe class VipsImage : SafeHandleZeroOrMinusOneIsInvalid
{
    VipsImage(nint made) : base(ownsHandle: true) => SetHandle(made);

    protected override bool ReleaseHandle()
    {
        VipsApi.g_object_unref(handle);
        return true;
    }

    internal int Width => VipsApi.vips_image_get_width(handle);
    internal int Height => VipsApi.vips_image_get_height(handle);
    internal int Bands => VipsApi.vips_image_get_bands(handle);

    /// <summary>VipsBandFormat; 0 is one byte.</summary>
    internal int Format => VipsApi.vips_image_get_format(handle);

    /// <summary>VipsInterpretation; 22 is sRGB.</summary>
    internal int Interpretation => VipsApi.vips_image_get_interpretation(handle);

    /// <summary>As EXIF has it, 1 to 8; 1 where the picture says none.</summary>
    internal int Orientation => VipsApi.vips_image_get_orientation(handle);

    internal bool HasAlpha => VipsApi.vips_image_hasalpha(handle) != 0;

    /// <summary>Opens encoded bytes, which must stay where they are while the image lives.</summary>
    /// <returns>Null where they are no such picture.</returns>
    internal static VipsImage? Load(ReadOnlySpan<byte> loader, byte* data, int length, params ReadOnlySpan<(string Name, string Value)> options) =>
        Run(loader, null, data, length, options);

    /// <summary>This image through an operation; null where that fails.</summary>
    internal VipsImage? Through(ReadOnlySpan<byte> operation, params ReadOnlySpan<(string Name, string Value)> options) =>
        Run(operation, this, null, 0, options);

    static VipsImage? Run(ReadOnlySpan<byte> name, VipsImage? from, byte* data, int length, ReadOnlySpan<(string Name, string Value)> options)
    {
        nint operation;
        fixed (byte* text = name) operation = VipsApi.vips_operation_new(text);
        if (operation == 0) throw new NativeException(NativeEngine.Vips, "make an operation", System.Text.Encoding.UTF8.GetString(name[..^1]));
        if (from is not null) Set(operation, "in\0"u8, VipsApi.vips_image_get_type(), value => VipsApi.g_value_set_object((VipsApi.GValue*)value, from.handle));
        else
            Set(operation, "buffer\0"u8, VipsApi.vips_blob_get_type(),
                value => VipsApi.vips_value_set_blob((VipsApi.GValue*)value, 0, data, (nuint)length));
        foreach (var (option, value) in options)
        {
            fixed (byte* key = System.Text.Encoding.UTF8.GetBytes(option + "\0"), text = System.Text.Encoding.UTF8.GetBytes(value + "\0"))
                if (VipsApi.vips_object_set_argument_from_string(operation, key, text) != 0)
                    throw new NativeException(NativeEngine.Vips, $"set {option}", value);
        }
        var built = VipsApi.vips_cache_operation_build(operation);
        // Built and given are mostly the same object, so the reference given away is the first one, and outputs are let go at the end only.
        if (built == 0)
        {
            VipsApi.vips_object_unref_outputs(operation);
            VipsApi.g_object_unref(operation);
            VipsApi.vips_error_clear();
            return null;
        }
        VipsApi.g_object_unref(operation);
        var output = new VipsApi.GValue();
        VipsApi.g_value_init(&output, VipsApi.vips_image_get_type());
        fixed (byte* key = "out\0"u8) VipsApi.g_object_get_property(built, key, &output);
        var image = new VipsImage(VipsApi.g_value_dup_object(&output));
        VipsApi.g_value_unset(&output);
        VipsApi.vips_object_unref_outputs(built);
        VipsApi.g_object_unref(built);
        return image;
    }

    static void Set(nint thing, ReadOnlySpan<byte> name, nuint type, Action<nint> fill)
    {
        var value = new VipsApi.GValue();
        VipsApi.g_value_init(&value, type);
        fill((nint)(&value));
        fixed (byte* key = name) VipsApi.g_object_set_property(thing, key, &value);
        VipsApi.g_value_unset(&value);
    }

    /// <summary>Makes the pixels; null where the picture is damaged.</summary>
    internal PixelMemory? ToMemory()
    {
        nuint bytes;
        var made = VipsApi.vips_image_write_to_memory(handle, &bytes);
        if (made is not null) return new PixelMemory((nint)made, (int)bytes);
        VipsApi.vips_error_clear();
        return null;
    }
}

/// <summary>Pixels that the library made.</summary>
internal sealed unsafe class PixelMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    readonly int bytes;

    internal PixelMemory(nint made, int bytes) : base(ownsHandle: true)
    {
        SetHandle(made);
        this.bytes = bytes;
    }

    internal ReadOnlySpan<byte> Span => new((void*)handle, bytes);

    protected override bool ReleaseHandle()
    {
        VipsApi.g_free((void*)handle);
        return true;
    }
}
