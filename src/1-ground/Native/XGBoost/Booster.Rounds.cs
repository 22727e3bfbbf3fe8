namespace Kumiki.Native.XGBoost;

// One round at a time: by a gradient of the caller's, and taken apart again.
public sealed unsafe partial class Booster
{
    /// <summary>Trains one round on a gradient of the caller's instead of an objective's.</summary>
    /// <param name="gradient">[rows × outputs] first derivative of the loss, row by row.</param>
    /// <param name="hessian">[rows × outputs] second derivative, none negative.</param>
    /// <exception cref="NativeException">The numbers do not fit the rows.</exception>
    public void Boost(DMatrix train, ReadOnlySpan<float> gradient, ReadOnlySpan<float> hessian)
    {
        if (gradient.Length != hessian.Length || gradient.Length == 0 || gradient.Length % train.Rows != 0)
            throw new ArgumentException($"{gradient.Length} gradients and {hessian.Length} hessians are no whole outputs of {train.Rows} rows.",
                nameof(gradient));
        if (hasTrees) CheckColumns(train);
        else XGBoostApi.Check(XGBoostApi.XGBoosterSetParam(Handle, "num_feature", $"{train.Columns}"), "set the number of columns");
        fixed (float* first = gradient, second = hessian)
        {
            var result = XGBoostApi.XGBoosterBoostOneIter(Handle, train.Handle, first, second, (ulong)gradient.Length);
            if (result != 0) XGBoostApi.Check(result, $"train a round with{settings}");
        }
        hasTrees = true;
    }

    /// <summary>A booster of some of the rounds.</summary>
    /// <param name="from">The first round, counted from 0.</param>
    /// <param name="to">The round after the last.</param>
    public Booster Slice(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(to, from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, Rounds);
        XGBoostApi.Check(XGBoostApi.XGBoosterSlice(Handle, from, to, 1, out var part), $"take the rounds {from + 1} to {to}");
        return new(part) { hasTrees = true };
    }
}
