using System.Collections.Frozen;

namespace Kumiki.Native.XGBoost;

/// <summary>The parameter names that XGBoost 1.7.4 knows. XGBoost itself takes any name in silence, so a typing error would train another model.</summary>
internal static class BoosterParameters
{
    internal static readonly FrozenSet<string> Known = new[]
    {
        // general
        "booster", "disable_default_eval_metric", "fail_on_invalid_gpu_id", "gpu_id", "n_jobs", "nthread", "random_state", "seed", "seed_per_iteration",
        "validate_parameters", "verbosity",
        // learning task
        "aft_loss_distribution", "aft_loss_distribution_scale", "base_score", "eval_metric", "fix_list_weight", "huber_slope", "num_class",
        "num_pairsample", "num_target", "objective", "scale_pos_weight", "tweedie_variance_power",
        // trees
        "alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma", "grow_policy", "interaction_constraints", "lambda",
        "learning_rate", "max_bin", "max_cat_threshold", "max_cat_to_onehot", "max_delta_step", "max_depth", "max_leaves", "min_child_weight",
        "min_split_loss", "monotone_constraints", "num_parallel_tree", "predictor", "process_type", "refresh_leaf", "reg_alpha", "reg_lambda",
        "sampling_method", "sketch_ratio", "sparse_threshold", "subsample", "tree_method", "updater",
        // dart
        "normalize_type", "one_drop", "rate_drop", "sample_type", "skip_drop",
        // linear
        "feature_selector", "max_row_perbatch", "tolerance", "top_k",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <exception cref="KumikiException">No such parameter; the sentence names the nearest one.</exception>
    internal static void Check(string name)
    {
        if (Known.Contains(name)) return;
        var nearest = Known.OrderBy(known => Distance(known, name)).ThenBy(known => known, StringComparer.Ordinal).First();
        throw new KumikiException(Message.Of("native.xgboost-parameter", ("name", name), ("nearest", nearest)));
    }

    /// <summary>Insertions, removals and changes between two words (Levenshtein).</summary>
    internal static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            (var diagonal, row[0]) = (row[0], i);
            for (var j = 1; j <= to.Length; j++)
            {
                var change = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[^1];
    }
}
