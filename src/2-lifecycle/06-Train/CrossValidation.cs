namespace Kumiki;

/// <summary>Fits the learner again and again on a part of the rows that train and validate, and tries it on the others, in the way the split cuts: by time it goes on, groups stay whole, strata keep their shares.
/// Test rows take no part.</summary>
/// <remarks>Figures of folds overlap in what they were trained on, so their spread alone is too small: intervals are corrected (Nadeau and Bengio 2003, "Inference for the generalization error").</remarks>
public sealed record CrossValidation
{
    /// <param name="folds">2 or more.</param>
    /// <param name="repeats">How often the rows are cut anew; 1 or more. Folds by time are always the same and are not repeated.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer.</exception>
    public CrossValidation(int folds = 5, int repeats = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        (Folds, Repeats) = (folds, repeats);
    }

    public int Folds { get; }

    public int Repeats { get; }
}
