using Kumiki.Making;
using Kumiki.Preprocessing;
using Kumiki.Training;

namespace Kumiki.Tuning;

/// <summary>The rows that the trials of a study share. Test rows are in the frame, but their numbers are not known here: nothing that tries parameters can look at them.</summary>
/// <param name="Keys">[rows of the frame] what the split tells rows apart by.</param>
/// <param name="Train">Row numbers, rising.</param>
/// <param name="Validation">Row numbers, rising; may be empty.</param>
sealed record TrialRows(Frame Frame, int[] Keys, int[] Train, int[] Validation)
{
    /// <summary>What a trial of an outer fold may look at: one that searches sees the fold's training rows alone, and where no folds judge it, a sixth of them,
    /// cut off in the way of the split, is its validation; one that judges trains on all of them, and its validation is what the fold tries.</summary>
    /// <param name="random">A draw by name; equal names are equal draws.</param>
    /// <exception cref="KumikiException">There are too few dates, groups or rows for so many folds.</exception>
    public TrialRows Within(OuterFold outer, bool byFolds, Split split, Algorithm algorithm, Func<string, Random> random)
    {
        int[] both = [.. Train.Concat(Validation).Order()];
        var known = TargetColumn.Of(algorithm, Frame, both);
        both = Array.FindAll(both, r => !double.IsNaN(known.Values[r]));
        var fold = split.Folds(both, Keys, outer.Of, random("outer"))[outer.Number - 1];
        if (outer.Judges) return this with { Train = fold.Train, Validation = fold.Try };
        if (byFolds) return this with { Train = fold.Train, Validation = [] };
        var held = split.Folds(fold.Train, Keys, 6, random("held"))[^1];
        return this with { Train = held.Train, Validation = held.Try };
    }
}
