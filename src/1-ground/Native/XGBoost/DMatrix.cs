namespace Kumiki.Native.XGBoost;

/// <summary>Rows to train on or to predict, copied into XGBoost's own memory.</summary>
public sealed unsafe partial class DMatrix : IDisposable
{
    DMatrix(DMatrixHandle handle, int rows, int columns) => (Handle, Rows, Columns) = (handle, rows, columns);

    internal DMatrixHandle Handle { get; }

    public int Rows { get; }
    public int Columns { get; }

    /// <summary>A matrix from dense values; they are copied.</summary>
    /// <param name="values">[rows × columns] in row-major order; NaN is a missing value.</param>
    /// <param name="columns">How many columns; 1 or more.</param>
    /// <param name="threads">Threads to copy with.</param>
    /// <exception cref="ArgumentException">No rows, or a row is cut short.</exception>
    /// <exception cref="NativeException">A value is infinite.</exception>
    public static DMatrix Of(ReadOnlySpan<float> values, int columns, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (values.IsEmpty || values.Length % columns != 0)
            throw new ArgumentException($"{values.Length} values are no whole rows of {columns} columns.", nameof(values));
        var rows = values.Length / columns;
        fixed (float* data = values)
        {
            var result = XGBoostApi.XGDMatrixCreateFromMat_omp(data, (ulong)rows, (ulong)columns, float.NaN, out var handle, threads);
            XGBoostApi.Check(result, $"read a matrix of {rows} rows and {columns} columns");
            return new(handle, rows, columns);
        }
    }

    /// <summary>Sets what each row's answer is.</summary>
    /// <param name="labels">[rows] finite numbers.</param>
    public DMatrix WithLabels(ReadOnlySpan<float> labels) => With("label", labels);

    /// <summary>Sets how much each row counts.</summary>
    /// <param name="weights">[rows] numbers, none negative.</param>
    public DMatrix WithWeights(ReadOnlySpan<float> weights) => With("weight", weights);

    internal DMatrix With(string field, ReadOnlySpan<float> values)
    {
        if (values.Length != Rows) throw new ArgumentException($"There are {values.Length} values of {field} for {Rows} rows.", nameof(values));
        fixed (float* data = values)
            XGBoostApi.Check(XGBoostApi.XGDMatrixSetFloatInfo(Handle, field, data, (ulong)values.Length), $"set the {field} of {Rows} rows");
        return this;
    }

    public void Dispose() => Handle.Dispose();
}
