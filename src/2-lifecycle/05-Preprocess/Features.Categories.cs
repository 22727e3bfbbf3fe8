using System.Linq.Expressions;

namespace Kumiki;

// Categories: texts, enums, whole numbers that are names, and crosses of them. What a column's missing value becomes is said at each.
public sealed partial class Features<TRow>
{
    /// <summary>One feature for each category seen in training; a missing one is all zeros, and so is an unseen one, which is counted.</summary>
    /// <remarks>Unless <paramref name="most"/> says more, a column has 1,024 features at most; for more categories take <see cref="Hash"/>,
    /// <see cref="Frequency"/> or <see cref="TargetMean"/>. Linear learners keep only what is not 0; trees and a batch that is scored have 4 bytes for each
    /// feature of a row.</remarks>
    /// <param name="most">Features at most: the most frequent categories keep their own, the rest and whatever is unseen share the last. 2 or more.</param>
    /// <param name="least">Training rows a category needs for a feature of its own.</param>
    /// <param name="missing">Makes missing a category of its own.</param>
    public Features<TRow> OneHot<TValue>(Expression<Func<TRow, TValue>> column, int? most = null, int least = 1, bool missing = false)
    {
        if (most < 2) throw Bad(nameof(most), most.Value, "2 …");
        return least >= 1 ? With(column, new StepPlan.OneHot(most, least, missing)) : throw Bad(nameof(least), least, "1 …");
    }

    /// <summary>The category's place, from 0: in the order given; without one in that of the enum, of whole numbers, or of the texts' code points. Missing
    /// stays missing.</summary>
    /// <param name="order">Every category, the first one 0; one that is not named is unseen.</param>
    /// <param name="unseen">For a category that training did not see; NaN makes it missing.</param>
    public Features<TRow> Ordinal<TValue>(Expression<Func<TRow, TValue>> column, IReadOnlyList<string>? order = null, double unseen = -1)
    {
        if (order is { Count: 0 }) throw Bad(nameof(order), "[]", "[\"S\", \"M\", \"L\"]");
        if (order?.GroupBy(o => o, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Bad(nameof(order), $"{twice.Key}, {twice.Key}", twice.Key);
        return With(column, new StepPlan.Ordinal(order, double.IsNaN(unseen) ? unseen : Finite(unseen, nameof(unseen))));
    }

    /// <summary>The category's share of the training rows; 0 for an unseen one, for a missing one the share of rows that miss it.</summary>
    public Features<TRow> Frequency<TValue>(Expression<Func<TRow, TValue>> column) => With(column, new StepPlan.Frequency());

    /// <summary>As many features as buckets, whatever the number of categories, and unseen ones too: a hash of the text chooses the bucket and the sign;
    /// scikit-learn's FeatureHasher. A missing one is all zeros.</summary>
    /// <param name="buckets">1 to 1024.</param>
    /// <param name="signed">Half of the categories count −1, so that collisions cancel on average (Weinberger et al. 2009).</param>
    public Features<TRow> Hash<TValue>(Expression<Func<TRow, TValue>> column, int buckets, uint seed = 0, bool signed = true) =>
        buckets is >= 1 and <= Preprocessing.Fitting.MostCategories
            ? With(column, new StepPlan.Hash(buckets, seed, signed)) : throw Bad(nameof(buckets), buckets, $"1 … {Preprocessing.Fitting.MostCategories}");

    /// <summary>The mean target of the category's training rows, drawn towards the mean of all: (sum + smoothing · mean) / (rows + smoothing). Missing is a
    /// category like another; an unseen one has the mean of all.</summary>
    /// <remarks>A training row's own target must not be in its feature, so each training row is given what the other folds say; all other rows what all
    /// training rows say. Micci-Barreca 2001; scikit-learn 1.3's TargetEncoder.</remarks>
    /// <param name="smoothing">Rows of the mean of all that are mixed in; 0 or more.</param>
    /// <param name="folds">2 to 100.</param>
    public Features<TRow> TargetMean<TValue>(Expression<Func<TRow, TValue>> column, double smoothing = 10, int folds = 5, int seed = 0)
    {
        if (!(smoothing >= 0) || !double.IsFinite(smoothing)) throw Bad(nameof(smoothing), smoothing, "0 …");
        return folds is >= 2 and <= 100 ? With(column, new StepPlan.TargetMean(smoothing, folds, seed)) : throw Bad(nameof(folds), folds, "2 … 100");
    }
}
