using Kumiki.Preprocessing;

namespace Kumiki.Tuning;

/// <summary>The rows that the trials of a study share. Test rows are in the frame, but their numbers are not known here: nothing that tries parameters can look at them.</summary>
/// <param name="Keys">[rows of the frame] what the split tells rows apart by.</param>
/// <param name="Train">Row numbers, rising.</param>
/// <param name="Validation">Row numbers, rising; may be empty.</param>
sealed record TrialRows(Frame Frame, int[] Keys, int[] Train, int[] Validation);
