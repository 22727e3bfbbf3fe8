namespace Kumiki.Preparing;

/// <summary>One cut of a cross-validation: row numbers to train on and to try on, rising.</summary>
sealed record Fold(int[] Train, int[] Try);
