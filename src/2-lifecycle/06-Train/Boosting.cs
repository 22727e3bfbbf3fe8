using System.Globalization;
using Kumiki.Native;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;

namespace Kumiki.Training;

/// <summary>Boosted trees on XGBoost's own losses, trained on bins that are cut from the features block by block.</summary>
static class Boosting
{
    /// <summary>Training rows whose loss is measured as often as that of validation rows.</summary>
    const int ManyRows = 100_000;

    /// <summary>Values that are kept as they are, 8 bytes each.</summary>
    const int FewValues = 4_000_000;

    public static Trained Train(BoostedTrees trees, TrainingRows rows, TrainingRows validation, int classes, TrainingCourse course)
    {
        // Few rows to measure on are taken as values, on which XGBoost predicts many times faster; and first, while there are no bins beside them.
        using var values = validation.Count == 0 || (long)validation.Count * validation.Features.Width > FewValues ? null : Values(validation, course);
        using var train = Train(trees, rows, course);
        using var bins = validation.Count == 0 || values is not null ? null : Bins(trees, validation, train, course);
        rows.Features.Release();
        validation.Features.Release();
        course.Taken();
        train.WithLabels(rows.Labels);
        var watched = (values ?? bins)?.WithLabels(validation.Labels);
        using var booster = Booster.Of([.. Common(trees, course), .. Own(trees, rows, classes)]);
        List<(string Name, DMatrix Rows)> both = [("train", train)], validated = [];
        if (watched is not null) both.Add(("validation", watched));
        if (watched is not null) validated.Add(("validation", watched));

        // The loss on a million training rows takes a fifth of a round's time, and is only looked at: of many rows it is taken 10 times.
        var every = trees.EarlyStopping is null ? Math.Max(1, trees.Rounds / 100) : 1;
        var everyTrain = rows.Count <= ManyRows ? every : Math.Max(every, trees.Rounds / 10 / every * every);
        var (best, bestLoss) = (trees.Rounds, double.PositiveInfinity);
        for (var done = 0; done < trees.Rounds;)
        {
            var step = Math.Min(every, trees.Rounds - done);
            booster.Train(train, step, [], null, course.Stop);
            done += step;
            var figures = booster.Measure(done - 1, done % everyTrain == 0 || done == trees.Rounds ? both : validated);
            foreach (var figure in figures) course.Metric($"{figure.Metric}.{figure.Rows}", figure.Value, done);
            course.Progress(done, trees.Rounds);
            if (trees.EarlyStopping is not { } patience) continue;
            if (figures[^1].Value < bestLoss) (best, bestLoss) = (done, figures[^1].Value);
            else if (done - best >= patience) break;
        }
        if (trees.EarlyStopping is null || best == booster.Rounds) return Kept(booster);
        using var kept = booster.Slice(0, best);
        return Kept(kept);

        Trained Kept(Booster kept)
        {
            if (trees.EarlyStopping is not null) course.Fact("rounds.best", kept.Rounds.ToString(CultureInfo.InvariantCulture));
            return new(Learners.XGBoost(kept.Save()), kept.Save(BoosterFormat.Ubj));
        }
    }

    /// <summary>The features of training rows as bins.</summary>
    internal static DMatrix Train(BoostedTrees trees, TrainingRows rows, TrainingCourse course)
    {
        var counting = rows.Weights?.Count(w => w > 0) ?? rows.Count;
        if (counting <= BinCuts.Rows) return Bins(trees, rows, null, course);
        var width = rows.Features.Width;
        var cuts = BinCuts.Of(rows, counting, trees.MaxBins, new Random(unchecked((int)(course.Seed ^ (course.Seed >> 32)))), course.Threads);
        // A matrix of just these values is cut at each of them, and lends its cuts.
        using var lender = DMatrix.Bins(trees.MaxBins, width, trees.MaxBins, (from, into) => cuts.AsMemory(from * width, into.Length).CopyTo(into), bins: trees.MaxBins);
        ProcessMemory.GiveBack();
        return Bins(trees, rows, lender, course);
    }

    static DMatrix Values(TrainingRows rows, TrainingCourse course)
    {
        var values = DMatrix.Of(rows.Features.ToArray(), rows.Features.Width, course.Threads);
        return rows.Weights is null ? values : values.WithWeights(rows.FloatWeights);
    }

    static DMatrix Bins(BoostedTrees trees, TrainingRows rows, DMatrix? like, TrainingCourse course) =>
        // Blocks of very wide rows would be gigabytes; of others their size is part of what the bins are.
        DMatrix.Bins(rows.Count, rows.Features.Width, rows.Features.Width > 16_000 ? rows.Features.FewRows : FeatureRows.BlockRows, rows.Features.Fill,
            rows.FloatWeights, trees.MaxBins, like, course.Threads);

    /// <summary>What every loss has in common.</summary>
    internal static IEnumerable<(string, string)> Common(BoostedTrees trees, TrainingCourse course) =>
    [
        ("tree_method", "hist"), ("max_depth", Text(trees.Depth)), ("eta", Text(trees.LearningRate)), ("min_child_weight", Text(trees.MinChildWeight)),
            ("subsample", Text(trees.Subsample)),
        ("colsample_bytree", Text(trees.FeatureSample)), ("lambda", Text(trees.Lambda)), ("alpha", Text(trees.Alpha)), ("gamma", Text(trees.Gamma)),
            ("max_bin", Text(trees.MaxBins)),
        ("nthread", Text(course.Threads)), ("seed", Text(course.Seed & int.MaxValue)), ("verbosity", "0"),
    ];

    static IEnumerable<(string, string)> Own(BoostedTrees trees, TrainingRows rows, int classes)
    {
        var objective = trees.Loss switch
        {
            TreeLoss.Squared => "reg:squarederror",
            TreeLoss.Absolute => "reg:absoluteerror",
            TreeLoss.PseudoHuber => "reg:pseudohubererror",
            TreeLoss.Poisson => "count:poisson",
            TreeLoss.Gamma => "reg:gamma",
            TreeLoss.Tweedie => "reg:tweedie",
            TreeLoss.Logistic => "binary:logistic",
            TreeLoss.Softmax => "multi:softprob",
            _ => throw new System.Diagnostics.UnreachableException($"Name the objective of {trees.Loss}."),
        };
        yield return ("objective", objective);
        yield return ("base_score", Text(BaseScore(trees, rows)));
        // The last one stops.
        string[] metrics = trees.Loss switch
        {
            TreeLoss.Squared => trees.EarlyStopping is null ? ["mae"] : ["mae", "rmse"],
            TreeLoss.Absolute => ["mae"],
            TreeLoss.PseudoHuber => ["mphe"],
            TreeLoss.Poisson => ["poisson-nloglik"],
            TreeLoss.Gamma => ["gamma-deviance"],
            TreeLoss.Tweedie => [$"tweedie-nloglik@{Text(trees.TweediePower)}"],
            TreeLoss.Logistic => ["logloss"],
            _ => ["mlogloss"],
        };
        foreach (var metric in metrics) yield return ("eval_metric", metric);
        if (trees.Loss == TreeLoss.PseudoHuber) yield return ("huber_slope", Text(trees.HuberSlope));
        if (trees.Loss == TreeLoss.Tweedie) yield return ("tweedie_variance_power", Text(trees.TweediePower));
        if (trees.Loss == TreeLoss.Softmax) yield return ("num_class", Text(classes));
    }

    /// <summary>Where the first tree starts: the mean target, its median under an absolute loss, the share of positive rows; what the weights make of
    /// them. With an offset at the offset: a model that finds nothing answers with it.</summary>
    static float BaseScore(BoostedTrees trees, TrainingRows rows)
    {
        if (trees.Loss == TreeLoss.Softmax) return 0.5f;
        if (trees.Offset is not null) return 0;
        if (trees.Loss is TreeLoss.Absolute or TreeLoss.PseudoHuber) return (float)Quantile.Of(rows.Target.ToArray(), rows.Weights?.ToArray(), 0.5);
        var (sum, total) = (0.0, 0.0);
        for (var row = 0; row < rows.Count; row++)
        {
            var weight = rows.Weights?[row] ?? 1;
            (sum, total) = (sum + weight * rows.Target[row], total + weight);
        }
        var mean = sum / total;
        return (float)(trees.Loss switch
        {
            TreeLoss.Logistic => Math.Clamp(mean, 1e-6, 1 - 1e-6),
            TreeLoss.Poisson or TreeLoss.Gamma or TreeLoss.Tweedie => Math.Max(mean, 1e-6),
            _ => mean,
        });
    }

    static string Text<T>(T value) where T : IFormattable =>
        value is double or float ? value.ToString("R", CultureInfo.InvariantCulture) : value.ToString(null, CultureInfo.InvariantCulture);
}
