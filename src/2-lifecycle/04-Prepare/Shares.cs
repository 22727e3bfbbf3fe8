namespace Kumiki.Preparing;

/// <summary>The shares of rows that validate and test.</summary>
readonly record struct Shares(double Validation, double Test)
{
    /// <exception cref="ArgumentOutOfRangeException">A share is out of range, or nothing is left to train on.</exception>
    public static Shares Of(double validation, double test)
    {
        if (!(validation >= 0 && validation < 1)) throw new ArgumentOutOfRangeException(nameof(validation), validation, "The share of rows to validate is from 0 up to 1.");
        if (!(test > 0 && test < 1)) throw new ArgumentOutOfRangeException(nameof(test), test, "The share of rows to test is above 0 and below 1.");
        return validation + test < 1 ? new(validation, test) : throw new ArgumentOutOfRangeException(nameof(test), test, "Validation and test take all rows; leave some to train on.");
    }
}
