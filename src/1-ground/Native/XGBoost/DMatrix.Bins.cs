using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Kumiki.Native.XGBoost;

/// <summary>Gives the values of some rows.</summary>
/// <param name="from">The first row.</param>
/// <param name="into">[rows × columns] to be filled, row by row.</param>
public delegate void RowFiller(int from, Memory<float> into);

public sealed unsafe partial class DMatrix
{
    /// <summary>A matrix that keeps the bin of each value (a byte or two) instead of the value: what <c>tree_method=hist</c> trains on. XGBoost's
    /// QuantileDMatrix.</summary>
    /// <param name="rows">How many rows; 1 or more.</param>
    /// <param name="columns">How many columns; 1 or more.</param>
    /// <param name="blockRows">Rows asked for at once; only they are held as values.</param>
    /// <param name="fill">Gives a block; every block is asked for about four times, in order, and must be the same each time.</param>
    /// <param name="weights">[rows] how much each row counts, also in where the bins are cut; empty: all the same.</param>
    /// <param name="bins">Bins of a column at most; <c>max_bin</c> of the training must be the same.</param>
    /// <param name="like">A matrix whose cuts to use: that of the training rows, for rows to measure on.</param>
    /// <exception cref="NativeException">A value is infinite.</exception>
    /// <remarks>What <paramref name="fill"/> throws comes out of here.</remarks>
    public static DMatrix Bins(int rows, int columns, int blockRows, RowFiller fill, ReadOnlySpan<float> weights = default, int bins = 256,
        DMatrix? like = null, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockRows, 1);
        if (!weights.IsEmpty && weights.Length != rows) throw new ArgumentException($"There are {weights.Length} weights for {rows} rows.", nameof(weights));
        XGBoostApi.Check(XGBoostApi.XGProxyDMatrixCreate(out var proxy), "make a matrix to be filled");
        blockRows = Math.Min(blockRows, rows);
        using (proxy)
            fixed (float* weight = weights)
            {
                var values = GC.AllocateUninitializedArray<float>(checked(blockRows * columns), pinned: true);
                var feed = new Feed(proxy.DangerousGetHandle(), values, rows, columns, blockRows, weights.IsEmpty ? null : weight, fill);
                var self = GCHandle.Alloc(feed);
                try
                {
                    var config = string.Create(CultureInfo.InvariantCulture, $$"""{"missing": NaN, "nthread": {{threads}}, "max_bin": {{bins}}}""");
                    var result = XGBoostApi.XGQuantileDMatrixCreateFromCallback(
                        GCHandle.ToIntPtr(self), proxy, like?.Handle.DangerousGetHandle() ?? 0, &Reset, &Next, config, out var handle);
                    if (feed.Failure is not null)
                    {
                        handle.Dispose();
                        feed.Failure.Throw();
                    }
                    XGBoostApi.Check(result, $"cut {rows} rows and {columns} columns into bins");
                    return new(handle, rows, columns);
                }
                finally
                {
                    GC.KeepAlive(like);
                    self.Free();
                }
            }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Next(nint iterator) => ((Feed)GCHandle.FromIntPtr(iterator).Target!).Next() ? 1 : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Reset(nint iterator) => ((Feed)GCHandle.FromIntPtr(iterator).Target!).Reset();

    /// <summary>Where the callbacks are. Nothing may be thrown through XGBoost: after a failure the passes go on over what lies there, and the caller
    /// throws.</summary>
    sealed class Feed(nint proxy, float[] values, int rows, int columns, int blockRows, float* weights, RowFiller fill)
    {
        int at;
        bool seen;      // every row, once

        public ExceptionDispatchInfo? Failure { get; private set; }

        public void Reset() => at = 0;

        public bool Next()
        {
            if (at >= rows) return false;
            var count = Math.Min(blockRows, rows - at);
            var block = values.AsMemory(0, count * columns);
            try
            {
                if (Failure is null) fill(at, block);
                // XGBoost would take an infinite value here in silence.
                if (!seen && block.Span.IndexOfAny(float.PositiveInfinity, float.NegativeInfinity) is var infinite and >= 0)
                    throw new NativeException(NativeEngine.XGBoost, $"cut {rows} rows and {columns} columns into bins",
                        $"row {at + infinite / columns + 1} has an infinite value in column {infinite % columns + 1}");
                var data = string.Create(CultureInfo.InvariantCulture, $$"""{"data": [{{(nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(values))}}, true], "shape": [{{count}}, {{columns}}], "typestr": "<f4", "version": 3}""");
                fixed (byte* text = Encoding.UTF8.GetBytes(data + '\0'), field = "weight\0"u8)
                {
                    XGBoostApi.Check(XGBoostApi.XGProxyDMatrixSetDataDense(proxy, text), "read a block of rows");
                    if (weights is not null) XGBoostApi.Check(XGBoostApi.XGProxyDMatrixSetFloatInfo(proxy, field, weights + at, (ulong)count),
                        "set the weights of a block of rows");
                }
            }
            catch (Exception e)
            {
                if (Failure is null) block.Span.Fill(float.NaN);
                Failure ??= ExceptionDispatchInfo.Capture(e);
                if (at == 0 && e is NativeException) return false;
            }
            at += count;
            seen |= at == rows;
            return true;
        }
    }
}
