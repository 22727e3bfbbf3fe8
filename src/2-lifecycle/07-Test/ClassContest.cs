using System.Buffers;
using Kumiki.Statistics;

namespace Kumiki.Testing;

/// <summary>A probability for each of many classes, and the class decided by them: the likeliest, or the decision whose expected cost is least.</summary>
sealed class ClassContest : Contest
{
    /// <summary>Someone's answers, worked out once: the loss and the decided class of each row, and its cost; an array of one is the same for every row.</summary>
    sealed record Answers(double[] Loss, ushort[] Decided, double[] Cost)
    {
        /// <summary>[classes] the rows in the order of each class's scores; empty where there are too many, or none.</summary>
        public RankedScores[] Ranked { get; init; } = [];

        /// <summary>The areas on all rows, where there are too many to rank again; 0.5 where the same scores are given to every row; null: there are no
        /// scores.</summary>
        public (double Macro, double Weighted)? Areas { get; init; }
    }

    /// <summary>Scores, rows times classes, whose areas are measured on every resample: more are measured once, and have no interval.</summary>
    const int MostRanked = 1_000_000;

    readonly ushort[] truth;
    readonly double[]? weights;
    readonly int classes;
    readonly List<Answers> answers = [];
    readonly bool costed;

    /// <param name="prior">[classes] shares of the training rows.</param>
    /// <param name="costs">Its truths are the classes' names, in any order.</param>
    public ClassContest(Scored test, IReadOnlyList<string> names, double[]? weights, double[] prior, CostMatrix? costs, double? personCost, (string Name, double[] Scores)? existing, Random random)
    {
        (truth, this.weights, classes, costed) = (Array.ConvertAll(test.Truth, t => (ushort)t), weights, names.Count, costs is not null);
        int[] places = [.. names.Select(n => costs?.Truths.ToList().IndexOf(n) ?? -1)];
        if (costs is not null && Array.IndexOf(places, -1) is var lacking and >= 0)
            throw new KumikiException(Message.Of("report.costs-classes", ("class", names[lacking]), ("truths", string.Join(", ", costs.Truths))));
        Figures = ["log_loss", "accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1",
            "macro_roc_auc", "weighted_roc_auc", .. costed ? (string[])["cost_per_decision"] : []];
        var often = Array.IndexOf(prior, prior.Max());
        int[] rows = [.. Enumerable.Range(0, truth.Length)];
        var lots = Enumerable.Range(0, truth.Length).Select(_ => (ushort)random.Next(classes)).ToArray();
        List<Contestant> all = [new("model", ContestantKind.Model), new("random", ContestantKind.Random), new("prior", ContestantKind.ZeroRule)];
        answers.AddRange([Of(test.Scores), new([Math.Log(classes)], lots, CostOf(row => lots[row])) { Areas = (0.5, 0.5) }, Of(prior)]);
        if (costs is not null && personCost is { } person)
        {
            all.Add(new("people", ContestantKind.People));
            answers.Add(new([double.NaN], [], [.. truth.Select(t => person + costs.Costs[places[t]].Min())]));
        }
        if (existing is { } other)
        {
            all.Add(new(other.Name, ContestantKind.Existing));
            answers.Add(Of(other.Scores));
        }
        Contestants = all;
        Decided = answers[0].Decided;

        Answers Of(double[] scores)
        {
            var count = scores.Length == classes ? 1 : truth.Length;
            var (loss, decided, choices) = (new double[truth.Length], new ushort[count], new int[count]);
            for (var row = 0; row < count; row++)
            {
                var own = scores.AsSpan(row * classes, classes);
                decided[row] = (ushort)Best(own);
                choices[row] = costs is null ? decided[row] : Cheapest(own);
            }
            for (var row = 0; row < loss.Length; row++) loss[row] = -Math.Log(Math.Clamp(scores[(count == 1 ? 0 : row * classes) + truth[row]], 2.220446049250313e-16, 1));
            var answer = new Answers(loss, decided, costs is null ? [] : [.. truth.Select((t, row) => costs.Costs[places[t]][choices[count == 1 ? 0 : row]])]);
            if (scores.Length == classes && truth.Length > 1) return answer with { Areas = (0.5, 0.5) };
            return (long)truth.Length * classes <= MostRanked ? answer with { Ranked = Ranks(scores) } : answer with { Areas = Whole(scores) };
        }

        RankedScores[] Ranks(double[] scores) => [.. Enumerable.Range(0, classes).Select(c => RankedScores.Of(
            Array.ConvertAll(rows, row => scores[row * classes + c]), Array.ConvertAll(rows, row => truth[row] == c ? 1.0 : 0), weights))];

        (double, double) Whole(double[] scores)
        {
            var truths = Array.ConvertAll(truth, t => (int)t);
            if (Enumerable.Range(0, classes).Any(c => !truths.Where((t, row) => t == c && weights?[row] is not 0).Any())) return (double.NaN, double.NaN);
            return (MultiClass.RocAucOneVsRest(truths, scores, classes, Average.Macro, weights),
                MultiClass.RocAucOneVsRest(truths, scores, classes, Average.Weighted, weights));
        }

        int Cheapest(ReadOnlySpan<double> probabilities)
        {
            var (best, least) = (0, double.PositiveInfinity);
            for (var decision = 0; decision < costs!.Decisions.Count; decision++)
            {
                var expected = 0.0;
                for (var c = 0; c < classes; c++) expected += probabilities[c] * costs.Costs[places[c]][decision];
                if (expected < least) (best, least) = (decision, expected);
            }
            return best;
        }

        // By lot among the decisions.
        double[] CostOf(Func<int, ushort> drawn) => costs is null ? [] : [.. truth.Select((t, row) => costs.Costs[places[t]][drawn(row) % costs.Decisions.Count])];
    }

    public override IReadOnlyList<Contestant> Contestants { get; }

    public override IReadOnlyList<string> Figures { get; }

    public override int Rows => truth.Length;

    /// <summary>[rows] the class the model decides for.</summary>
    public ushort[] Decided { get; }

    public override void Measure(ReadOnlySpan<byte> counts, Span<double> into)
    {
        into.Fill(double.NaN);
        var rented = ArrayPool<double>.Shared.Rent(3 * classes);
        var once = counts.IndexOfAnyExcept((byte)1) < 0;
        for (var c = 0; c < answers.Count; c++)
            Measure(answers[c], counts, once, rented.AsSpan(0, 3 * classes), into.Slice(c * Figures.Count, Figures.Count));
        ArrayPool<double>.Shared.Return(rented);
    }

    /// <param name="once">Whether every row was drawn once.</param>
    void Measure(Answers answer, ReadOnlySpan<byte> counts, bool once, Span<double> sums, Span<double> into)
    {
        sums.Clear();
        Span<double> hits = sums[..classes], truths = sums.Slice(classes, classes), decisions = sums[(2 * classes)..];
        double all = 0, loss = 0, cost = 0;
        for (var row = 0; row < truth.Length; row++)
        {
            if (counts[row] == 0) continue;
            var weight = weights is null ? counts[row] : counts[row] * weights[row];
            all += weight;
            loss += weight * answer.Loss[answer.Loss.Length == 1 ? 0 : row];
            if (costed) cost += weight * answer.Cost[row];
            if (answer.Decided.Length == 0) continue;
            var decided = answer.Decided[answer.Decided.Length == 1 ? 0 : row];
            truths[truth[row]] += weight;
            decisions[decided] += weight;
            if (decided == truth[row]) hits[decided] += weight;
        }
        if (all == 0) return;
        into[0] = loss / all;
        if (costed) into[^1] = cost / all;
        if (answer.Decided.Length == 0) return;
        double right = 0, balanced = 0, present = 0, occurring = 0, precision = 0, recall = 0, f = 0;
        for (var c = 0; c < classes; c++)
        {
            right += hits[c];
            if (truths[c] + decisions[c] == 0) continue;
            occurring++;
            var (p, r) = (decisions[c] > 0 ? hits[c] / decisions[c] : 0, truths[c] > 0 ? hits[c] / truths[c] : 0);
            if (truths[c] > 0) (balanced, present) = (balanced + r, present + 1);
            (precision, recall, f) = (precision + p, recall + r, f + (p + r > 0 ? 2 * p * r / (p + r) : 0));
        }
        (into[1], into[2], into[3], into[4], into[5]) = (right / all, balanced / present, precision / occurring, recall / occurring, f / occurring);
        if (occurring == classes && present == classes) (into[6], into[7]) = Areas(answer, counts, once, truths);
    }

    /// <summary>Areas under the ROC curves of each class against the rest: their mean, and that weighted by the classes' rows.</summary>
    /// <param name="truths">[classes] weight of the rows of each, all above 0.</param>
    (double Macro, double Weighted) Areas(Answers answer, ReadOnlySpan<byte> counts, bool once, ReadOnlySpan<double> truths)
    {
        if (answer.Ranked.Length == 0) return answer.Areas is { } known && (once || known == (0.5, 0.5)) ? known : (double.NaN, double.NaN);
        var ranked = ArrayPool<byte>.Shared.Rent(truth.Length);
        double macro = 0, weighted = 0, all = 0;
        for (var c = 0; c < classes; c++)
        {
            answer.Ranked[c].ToRankOrder(counts, ranked.AsSpan(0, truth.Length));
            var area = answer.Ranked[c].RocAuc(ranked.AsSpan(0, truth.Length));
            (macro, weighted, all) = (macro + area / classes, weighted + truths[c] * area, all + truths[c]);
        }
        ArrayPool<byte>.Shared.Return(ranked);
        return (macro, weighted / all);
    }

    static int Best(ReadOnlySpan<double> scores)
    {
        var best = 0;
        for (var c = 1; c < scores.Length; c++)
            if (scores[c] > scores[best]) best = c;
        return best;
    }
}
