using System.Collections.Concurrent;
using Kumiki.Statistics;

namespace Kumiki.Testing;

/// <summary>Probabilities of one of two classes, and what is decided by them.</summary>
/// <remarks>12 bytes a row for the model (20 with weights), as much for another model beside it, and one or two bytes a row and thread. Without another model the rows are resampled in the model's own rank order.</remarks>
sealed class BinaryContest : Contest
{
    static readonly string[] Ranking = ["roc_auc", "average_precision", "log_loss", "brier", "ks"];
    static readonly string[] Deciding = ["accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "mcc", "share_above", "share_reviewed"];

    readonly RankedScores model;
    readonly RankedScores? existing;
    readonly Choice? choice, existingChoice;
    readonly CostMatrix? costs;
    readonly double? personCost;
    readonly double prior;
    readonly (bool OfPrecision, double At)? held;
    readonly bool[] positive = [], lastOfTie = [];       // by rank, where a held figure is asked for
    readonly double[] rankedWeights = [];
    readonly int existingAt = -1;
    readonly ConcurrentBag<byte[]> idle = [];

    /// <param name="test">Truths are 1 and 0, scores probabilities.</param>
    /// <param name="prior">The share of the positive class among the training rows.</param>
    /// <param name="held">A figure at a share that is held.</param>
    public BinaryContest(Scored test, double[]? weights, double prior, Choice? choice, CostMatrix? costs, double? personCost, (bool OfPrecision, double At)? held, (string Name, double[] Scores, Choice? Choice)? existing)
    {
        (this.choice, this.costs, this.personCost, this.prior, this.held) = (choice, choice is null ? null : costs, personCost, prior, held);
        model = RankedScores.Of(test.Scores, test.Truth, weights);
        if (held is not null)
        {
            var (scores, truth) = (new double[test.Count], new double[test.Count]);
            model.ToRankOrder<double>(test.Scores, scores);
            model.ToRankOrder<double>(test.Truth, truth);
            (positive, lastOfTie) = (Array.ConvertAll(truth, t => t == 1), new bool[scores.Length]);
            for (var i = 0; i < scores.Length; i++) lastOfTie[i] = i == 0 || scores[i - 1] != scores[i];
            if (weights is not null) model.ToRankOrder<double>(weights, rankedWeights = new double[weights.Length]);
        }
        Figures = [.. Ranking, .. choice is null ? [] : Deciding, .. this.costs is null ? (string[])[] : ["cost_per_decision"], .. held is null ? (string[])[] : [held.Value.OfPrecision ? "precision_at_recall" : "recall_at_precision"]];
        var all = new List<Contestant> { new("model", ContestantKind.Model), new("random", ContestantKind.Random), new("prior", ContestantKind.ZeroRule) };
        if (choice is not null) all.AddRange([new("always-above", ContestantKind.ZeroRule), new("never-above", ContestantKind.ZeroRule)]);
        if (this.costs is not null && personCost is not null) all.Add(new("people", ContestantKind.People));
        if (existing is { } other)
        {
            (this.existing, existingChoice, existingAt) = (RankedScores.Of(other.Scores, test.Truth, weights), other.Choice ?? choice, all.Count);
            all.Add(new(other.Name, ContestantKind.Existing));
        }
        Contestants = all;
    }

    public override IReadOnlyList<Contestant> Contestants { get; }

    public override IReadOnlyList<string> Figures { get; }

    public override int Rows => model.Rows;

    /// <summary>The ranking of the model's scores, for curves.</summary>
    public RankedScores Ranked => model;

    public override void Measure(ReadOnlySpan<byte> counts, Span<double> into)
    {
        into.Fill(double.NaN);
        if (existing is null)
        {
            Rank(model, counts, into, choice);
            Constants(model.At(double.NegativeInfinity, counts), into);
        }
        else
        {
            var ranked = idle.TryTake(out var used) ? used : new byte[Rows];
            existing.ToRankOrder(counts, ranked);
            Rank(existing, ranked, into[(existingAt * Figures.Count)..], existingChoice);
            model.ToRankOrder(counts, ranked);
            Rank(model, ranked, into, choice);
            Constants(model.At(double.NegativeInfinity, ranked), into);
            idle.Add(ranked);
        }
    }

    void Rank(RankedScores scores, ReadOnlySpan<byte> ranked, Span<double> into, Choice? cut)
    {
        Fill(into, scores.RocAuc(ranked), scores.AveragePrecision(ranked), scores.LogLoss(ranked), scores.Brier(ranked), scores.KolmogorovSmirnov(ranked));
        if (held is { } share && ReferenceEquals(scores, model)) into[Figures.Count - 1] = Held(ranked, share.OfPrecision, share.At);
        if (cut is null) return;
        var above = scores.At(cut.Value, ranked);
        Decide(into[Ranking.Length..], above, cut.GreyFrom < cut.Value ? scores.At(cut.GreyFrom, ranked) : above, cut.ReviewCost);
    }

    static void Fill(Span<double> into, params ReadOnlySpan<double> values) => values.CopyTo(into);

    /// <param name="grey">What deciding from the lower end of the grey zone upwards would do.</param>
    void Decide(Span<double> into, Confusion above, Confusion grey, double review)
    {
        var (total, hits, alarms) = (above.Total, grey.TruePositive - above.TruePositive, grey.FalsePositive - above.FalsePositive);
        var reviewed = hits + alarms;
        // A reviewed row is decided rightly.
        var decided = reviewed == 0 ? above : new(above.TruePositive + hits, above.FalsePositive, grey.FalseNegative, above.TrueNegative);
        Fill(into, decided.Accuracy, decided.BalancedAccuracy, decided.Precision, decided.Recall, decided.Specificity, decided.F1, decided.MatthewsCorrelation, (above.TruePositive + above.FalsePositive) / total, reviewed / total);
        if (costs is null) return;
        var cost = above.TruePositive * costs.Of(true, true) + above.FalsePositive * costs.Of(false, true) + grey.FalseNegative * costs.Of(true, false) + grey.TrueNegative * costs.Of(false, false)
            + hits * costs.Right(true) + alarms * costs.Right(false) + reviewed * (review > 0 ? review : personCost ?? 0);
        into[Deciding.Length] = cost / total;
    }

    /// <param name="all">All rows decided as high.</param>
    void Constants(Confusion all, Span<double> into)
    {
        var (positives, negatives, total, decisions) = (all.TruePositive, all.FalsePositive, all.Total, Ranking.Length);
        var share = positives / total;
        for (var c = 1; c < Contestants.Count; c++)
        {
            var own = into.Slice(c * Figures.Count, Figures.Count);
            switch (Contestants[c].Name)
            {
                case "random":
                    Fill(own, positives > 0 && negatives > 0 ? 0.5 : double.NaN, positives > 0 ? share : double.NaN);
                    if (choice is null) break;
                    // As many rows as the model, by lot: what comes of it on average.
                    var drawn = into[decisions + Array.IndexOf(Deciding, "share_above")];
                    var lots = new Confusion(positives * drawn, negatives * drawn, positives * (1 - drawn), negatives * (1 - drawn));
                    Decide(own[decisions..], lots, lots, 0);
                    break;
                case "prior":
                    var p = Math.Clamp(prior, 2.220446049250313e-16, 1 - 2.220446049250313e-16);
                    Fill(own, positives > 0 && negatives > 0 ? 0.5 : double.NaN, positives > 0 ? share : double.NaN, -(share * Math.Log(p) + (1 - share) * Math.Log(1 - p)), share * (1 - prior) * (1 - prior) + (1 - share) * prior * prior);
                    break;
                case "always-above":
                    var yes = new Confusion(positives, negatives, 0, 0);
                    Decide(own[decisions..], yes, yes, 0);
                    break;
                case "never-above":
                    var no = new Confusion(0, 0, positives, negatives);
                    Decide(own[decisions..], no, no, 0);
                    break;
                case "people":
                    own[decisions + Deciding.Length] = personCost!.Value + share * costs!.Right(true) + (1 - share) * costs.Right(false);
                    break;
            }
        }
    }

    /// <summary>The best of one of precision and recall among thresholds that hold a share of the other.</summary>
    double Held(ReadOnlySpan<byte> ranked, bool ofPrecision, double at)
    {
        var all = model.At(double.NegativeInfinity, ranked);
        if (all.TruePositive == 0) return double.NaN;
        double hits = 0, above = 0, best = 0;
        for (var i = positive.Length - 1; i >= 0; i--)
        {
            var weight = rankedWeights.Length == 0 ? ranked[i] : ranked[i] * rankedWeights[i];
            above += weight;
            if (positive[i]) hits += weight;
            if (!lastOfTie[i] || above == 0) continue;
            var (precision, recall) = (hits / above, hits / all.TruePositive);
            if ((ofPrecision ? recall : precision) >= at) best = Math.Max(best, ofPrecision ? precision : recall);
        }
        return best;
    }
}
