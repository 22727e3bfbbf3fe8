using System.Runtime.InteropServices;
using Kumiki.Native.XGBoost;
using Xunit;

namespace Kumiki.Ground.Tests.XGBoost;

/// <summary>XGBoost says on request which parameters nobody took: so our list is held against the library itself.</summary>
public sealed class BoosterParametersTests
{
    /// <summary>Settings under which the parameters after them are taken.</summary>
    static readonly (string Settings, string Taken)[] Cases =
    [
        ("objective=reg:squarederror tree_method=hist",
            "disable_default_eval_metric=0 fail_on_invalid_gpu_id=0 gpu_id=-1 n_jobs=1 nthread=1 random_state=1 seed=1 seed_per_iteration=1 verbosity=1 "
            + "base_score=0.5 eval_metric=rmse num_target=1 objective=reg:squarederror scale_pos_weight=1 alpha=0 colsample_bylevel=1 colsample_bynode=1 "
            + "colsample_bytree=1 eta=.3 gamma=0 grow_policy=depthwise interaction_constraints=[] lambda=1 learning_rate=.3 max_bin=64 max_cat_threshold=64 "
            + "max_cat_to_onehot=4 max_delta_step=0 max_depth=3 max_leaves=0 min_child_weight=1 min_split_loss=0 monotone_constraints=(0,0) "
            + "num_parallel_tree=1 predictor=cpu_predictor process_type=default refresh_leaf=1 reg_alpha=0 reg_lambda=1 sampling_method=uniform "
            + "sketch_ratio=2 sparse_threshold=.2 subsample=1 tree_method=hist booster=gbtree validate_parameters=1 updater=grow_quantile_histmaker"),
        ("booster=dart tree_method=hist", "normalize_type=tree one_drop=0 rate_drop=0 sample_type=uniform skip_drop=0"),
        ("booster=gblinear", "max_row_perbatch=10 tolerance=0 updater=coord_descent"),
        ("booster=gblinear updater=coord_descent", "feature_selector=greedy"),
        ("booster=gblinear updater=coord_descent feature_selector=greedy", "top_k=1"),
        ("objective=reg:pseudohubererror", "huber_slope=1"),
        ("objective=reg:tweedie", "tweedie_variance_power=1.5"),
        ("objective=survival:aft", "aft_loss_distribution=normal aft_loss_distribution_scale=1"),
        ("objective=rank:pairwise", "num_pairsample=1 fix_list_weight=0"),
        ("objective=multi:softprob", "num_class=2"),
    ];

    [Fact]
    public void The_list_is_the_parameters_that_xgboost_takes()
    {
        foreach (var (settings, taken) in Cases)
            Assert.Equal("", Complaints(Pairs(settings).Concat(Pairs(taken)).Where(p => p.Name != "seed_per_iteration")));

        Assert.Equal(BoosterParameters.Known.Order(), Cases.SelectMany(c => Pairs(c.Taken)).Select(p => p.Name).Distinct().Order());
        Assert.Contains("nonsense", Complaints([("nonsense", "1")]), StringComparison.Ordinal);
        Assert.Contains("top_k", Complaints(Pairs("booster=gblinear top_k=1")), StringComparison.Ordinal);
    }

    static (string Name, string Value)[] Pairs(string text) => [.. text.Split(' ').Select(p => (p.Split('=', 2)[0], p.Split('=', 2)[1]))];

    delegate void Log(nint text);

    /// <summary>What XGBoost says about unused parameters while it trains one round with them.</summary>
    static string Complaints(IEnumerable<(string Name, string Value)> parameters)
    {
        var said = "";
        Log log = text => said += Marshal.PtrToStringUTF8(text) is { } line && line.Contains("are not used", StringComparison.Ordinal) ? line : "";
        XGBoostApi.Check(XGBoostApi.XGBRegisterLogCallback(Marshal.GetFunctionPointerForDelegate(log)), "listen");
        try
        {
            using var rows = DMatrix.Of([0f, 1f, 2f, 3f], 2).WithLabels([1, 0]).With("label_lower_bound", [1, 2]).With("label_upper_bound", [1, 2]);
            using var booster = Booster.Of([]);
            foreach (var (name, value) in parameters.Append(("validate_parameters", "1")))
                XGBoostApi.Check(XGBoostApi.XGBoosterSetParam(booster.Handle, name, value), $"set {name}");
            booster.Train(rows, 1, []);
        }
        finally
        {
            XGBoostApi.Check(XGBoostApi.XGBRegisterLogCallback(0), "stop listening");
            GC.KeepAlive(log);
        }
        return said;
    }
}
