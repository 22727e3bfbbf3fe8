namespace Kumiki.Statistics;

/// <summary>How decided flags met the truth, by weight of rows (counts where no weights were given).</summary>
/// <remarks>A share of nothing (precision without a positive decision) is 0, as in scikit-learn; <see cref="CohenKappa"/> alone is NaN where truth and
/// decision are one class.</remarks>
public readonly record struct Confusion(double TruePositive, double FalsePositive, double FalseNegative, double TrueNegative)
{
    /// <summary>The weight of all rows.</summary>
    public double Total => TruePositive + FalsePositive + FalseNegative + TrueNegative;

    /// <summary>The share decided rightly.</summary>
    public double Accuracy => Share(TruePositive + TrueNegative, Total);

    /// <summary>The mean of <see cref="Recall"/> and <see cref="Specificity"/>; over the class that is there where only one is.</summary>
    public double BalancedAccuracy => (TruePositive + FalseNegative > 0, TrueNegative + FalsePositive > 0) switch
    {
        (true, false) => Recall,
        (false, true) => Specificity,
        _ => (Recall + Specificity) / 2,
    };

    /// <summary>Of those decided positive, the share that is.</summary>
    public double Precision => Share(TruePositive, TruePositive + FalsePositive);

    /// <summary>Of the positives, the share found (sensitivity, true positive rate).</summary>
    public double Recall => Share(TruePositive, TruePositive + FalseNegative);

    /// <summary>Of the negatives, the share left alone.</summary>
    public double Specificity => Share(TrueNegative, TrueNegative + FalsePositive);

    /// <summary>Of the negatives, the share decided positive.</summary>
    public double FalsePositiveRate => Share(FalsePositive, TrueNegative + FalsePositive);

    /// <summary>Of those decided negative, the share that is.</summary>
    public double NegativePredictiveValue => Share(TrueNegative, TrueNegative + FalseNegative);

    /// <summary>Harmonic mean of precision and recall.</summary>
    public double F1 => FBeta(1);

    /// <summary>Harmonic mean in which recall counts <paramref name="beta"/> times as much as precision; beta &gt; 0. van Rijsbergen 1979.</summary>
    public double FBeta(double beta)
    {
        Given.Between(beta, 0, double.PositiveInfinity, nameof(beta));
        var squared = beta * beta;
        return Share((1 + squared) * TruePositive, (1 + squared) * TruePositive + squared * FalseNegative + FalsePositive);
    }

    /// <summary>Matthews correlation in [-1, 1]; 0 where truth or decision is one class. Matthews 1975.</summary>
    public double MatthewsCorrelation
    {
        get
        {
            var squared = (TruePositive + FalsePositive) * (TruePositive + FalseNegative) * (TrueNegative + FalsePositive) * (TrueNegative + FalseNegative);
            return squared > 0 ? (TruePositive * TrueNegative - FalsePositive * FalseNegative) / Math.Sqrt(squared) : 0;
        }
    }

    /// <summary>Agreement beyond chance, at most 1; NaN where truth and decision are all of one class. Cohen 1960.</summary>
    public double CohenKappa
    {
        get
        {
            double decided = TruePositive + FalsePositive, positives = TruePositive + FalseNegative, total = Total;
            var chance = (decided * (total - positives) + (total - decided) * positives) / total;
            return 1 - (FalsePositive + FalseNegative) / chance;
        }
    }

    static double Share(double part, double whole) => whole > 0 ? part / whole : 0;
}
